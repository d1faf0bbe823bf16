"""What a user sees of a run: one line, never wider than a terminal."""

from __future__ import annotations

import io
import math
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.training import monitor
from dialog_s2s.training.monitor import Display, Progress, Silent, clock, count, line

HALF = Progress(50, 100, 1234, 2.345, 0.001, None, None, 60.0, 9000.0)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


LOSSES = st.one_of(st.floats(0, 50), st.sampled_from([math.nan, math.inf, 12345.678]))
PROGRESS = st.builds(
    lambda update, more, pairs, loss, held, left: Progress(
        update, update + more, pairs, loss, 0.001, held, held, left * update / more, 9000.0
    ),
    st.integers(1, 10**9),
    st.integers(1, 10**9),
    st.integers(0, 10**12),
    LOSSES,
    st.one_of(st.none(), LOSSES),
    st.floats(0, 1e8),
)


@given(PROGRESS, st.sampled_from([0, 20]))
def test_a_line_is_under_80_columns(progress: Progress, bar: int) -> None:
    shown = line(progress, bar)
    assert len(shown) < 80
    assert shown.isprintable()


def test_a_line_says_how_far_and_how_long() -> None:
    shown = line(HALF, 20)
    assert "50%" in shown
    assert "1234 pairs" in shown
    assert "loss 2.35" in shown or "loss 2.34" in shown
    assert shown.endswith("1:00 left")
    assert shown.count("█") == shown.count("░") == 10
    assert "held-out" not in shown
    assert "held-out 1.25" in line(replace(HALF, held_out=1.25))
    assert "█" not in line(HALF)


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0"), (9999, "9999"), (10_000, "10k"), (65_432, "65k"), (1_234_567, "1.2M")],
)
def test_count(number: int, shown: str) -> None:
    assert count(number) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-3, "0:00"), (7.4, "0:07"), (59.6, "1:00"), (754, "12:34"), (3723, "1:02:03")],
)
def test_clock(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


def watched(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch, seconds: float) -> str:
    """100 updates of so many seconds each."""
    now = 1000.0
    monkeypatch.setattr(monitor.time, "monotonic", lambda: now)
    display = Display(stream, every=10.0)
    for update in range(1, 101):
        now += seconds
        display.update(replace(HALF, update=update))
    display.close()
    return stream.getvalue()


def test_off_a_terminal_it_is_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = watched(io.StringIO(), monkeypatch, 1.0)
    assert re.findall(r"(\d+)%", shown) == [*(str(n) for n in range(1, 100, 10)), "100"]
    assert shown.endswith("left\n")
    assert all(each.isprintable() for each in shown.splitlines())
    assert "█" not in shown


def test_on_a_terminal_it_stays_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = watched(Terminal(), monkeypatch, 0.0625)
    assert shown.count("\n") == 1
    assert shown.endswith("\n")
    drawn = shown.rstrip("\n").split("\r\x1b[2K")
    assert drawn[0] == ""
    assert all(each.isprintable() for each in drawn)
    assert len(drawn) == 1 + 50 + 2  # every second update is 0.125 s on; the last; the end
    assert "100%" in drawn[-1]


def test_an_interruption_leaves_the_last_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitor.time, "monotonic", lambda: 5.0)
    stream = Terminal()
    display = Display(stream)
    for update in (1, 2, 3):
        display.update(replace(HALF, update=update))
    assert "3%" not in stream.getvalue()
    display.close()
    assert stream.getvalue().endswith("\n")
    assert "3%" in stream.getvalue()


def test_nothing_told_nothing_shown() -> None:
    stream = Terminal()
    Display(stream).close()
    assert stream.getvalue() == ""


def test_silence(capsys: pytest.CaptureFixture[str]) -> None:
    silent = Silent()
    silent.update(HALF)
    silent.close()
    assert capsys.readouterr() == ("", "")


def test_it_is_stderr_that_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    display = Display()
    display.update(HALF)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "50%" in shown.err
