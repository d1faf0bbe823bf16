"""What a user sees of a run: one line, never wider than a terminal, and what happened above it."""

from __future__ import annotations

import errno
import io
import math
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.training import monitor
from dialog_s2s.training.monitor import (
    BLOCKS,
    CHECKED,
    HALVED,
    JOINERS,
    KINDS,
    ROLLED_BACK,
    SAVED,
    SKIPPED,
    Display,
    Event,
    Monitor,
    Pace,
    Progress,
    Several,
    Silent,
    clock,
    count,
    line,
)

HALF = Progress(50, 100, 1234, 2.345, 0.001, None, None, 60.0, 9000.0)


class Terminal(io.StringIO):
    """A terminal of so many columns; what is on its screen is told by `screen`."""

    encoding = "utf-8"

    def __init__(self, columns: int = 80):
        super().__init__()
        self.columns = columns

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return -self.columns

    def screen(self) -> list[str]:
        """The lines that are left, without those that are blank."""
        rows, row = [""], 0
        for part in re.findall(r"\x1b\[\d*[AKJ]|[\r\n]|[^\x1b\r\n]+", self.getvalue()):
            if part == "\n":
                row += 1
                rows[row:] = rows[row:] or [""]
            elif part == "\r":
                continue
            elif part.endswith("A"):
                row = max(0, row - int(part[2:-1]))
            elif part == "\x1b[2K":
                rows[row] = ""
            elif part == "\x1b[J":
                rows[row:] = [""]
            else:
                rows[row] = part
        return [each for each in rows if each]


@pytest.fixture(autouse=True)
def _sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A `Terminal` has the size that it says, and TERM is no dumb one."""
    real = monitor.os.get_terminal_size

    def size(handle: int) -> tuple[int, int]:
        return monitor.os.terminal_size((-handle, 24)) if handle < 0 else real(handle)

    monkeypatch.setattr(monitor.os, "get_terminal_size", size)
    monkeypatch.setenv("TERM", "xterm")


class Clock:
    """The time, as tests tell it."""

    now = 1000.0


@pytest.fixture
def clocked(monkeypatch: pytest.MonkeyPatch) -> Clock:
    told = Clock()
    monkeypatch.setattr(monitor.time, "monotonic", lambda: told.now)
    return told


LOSSES = st.one_of(st.floats(0, 50), st.sampled_from([math.nan, math.inf, 12345.678]))
PROGRESS = st.builds(
    lambda update, more, pairs, loss, held, left, pace: Progress(
        update, update + more, pairs, loss, 0.001, held, held, left * update / more, pace
    ),
    st.integers(1, 10**9),
    st.integers(1, 10**9),
    st.integers(0, 10**12),
    LOSSES,
    st.one_of(st.none(), LOSSES),
    st.floats(0, 1e8),
    st.floats(0, 1e9),
)


@given(PROGRESS, st.integers(0, 300), st.sampled_from([None, BLOCKS]))
def test_a_line_is_narrower_than_the_terminal(
    progress: Progress, columns: int, bar: tuple[str, str] | None
) -> None:
    shown = line(progress, columns, bar=bar)
    assert len(shown) <= max(0, columns - 1)
    assert shown == "" or shown.isprintable()
    assert columns < 5 or "%" in shown
    assert columns < 100 or ("pairs" in shown and "tokens/s" in shown and "left" in shown)


def test_a_line_says_how_far_and_how_long() -> None:
    shown = line(HALF, 100, bar=BLOCKS)
    assert "50%" in shown
    assert "1234 pairs" in shown
    assert "loss 2.35" in shown or "loss 2.34" in shown
    assert "9000 tokens/s" in shown
    assert shown.endswith("1:00 left")
    assert shown.count("█") == shown.count("░") == 12
    assert "held-out" not in shown
    assert "█" not in line(HALF)
    assert line(HALF, 100, left=7).endswith("0:07 left")


def test_the_best_is_marked() -> None:
    assert "held-out 1.25 (best)" in line(replace(HALF, held_out=1.25, best=1.25))
    assert "held-out 1.25  " in line(replace(HALF, held_out=1.25, best=1.2))
    assert "(best)" not in line(replace(HALF, held_out=math.nan, best=math.nan))


def test_40_columns_hold_what_matters() -> None:
    shown = line(replace(HALF, held_out=1.25, best=1.25), 40, bar=BLOCKS)
    assert re.fullmatch(r" 50%  loss 2\.3\d  held-out 1\.25  1:00", shown)


def test_all_is_done_only_at_the_end() -> None:
    assert " 99%" in line(replace(HALF, update=9_999, updates=10_000))
    assert "100%" in line(replace(HALF, update=10_000, updates=10_000))


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


def told(pace: Pace, update: int, elapsed: float) -> float:
    return pace.left(replace(HALF, update=update, updates=1000, elapsed=elapsed))


@given(st.floats(0.001, 100), st.lists(st.integers(1, 50), min_size=1, max_size=15))
def test_an_even_pace_is_found(seconds: float, steps: list[int]) -> None:
    pace, update = Pace(), 0
    for step in steps:
        update += step
        left = told(pace, update, update * seconds)
        assert left == pytest.approx((1000 - update) * seconds)


def test_the_pace_of_late_counts() -> None:
    pace = Pace()
    for update in range(1, 101):
        told(pace, update, update * 1.0)
    for update in range(101, 301):
        left = told(pace, update, 100 + (update - 100) * 2.0)
    assert left == pytest.approx(700 * 2.0, rel=0.01)


def test_one_long_pause_is_soon_forgotten() -> None:
    pace = Pace()
    told(pace, 100, 100.0)
    told(pace, 101, 131.0)
    for update in range(102, 302):
        left = told(pace, update, update + 30.0)
    assert left == pytest.approx(1000 - 301, rel=0.03)


def test_after_a_resumption_the_pace_is_that_of_all(clocked: Clock) -> None:
    assert told(Pace(), 500, 50.0) == pytest.approx(50.0)
    assert told(Pace(), 500, 0.0) == 0.0


def watched(stream: io.StringIO, clocked: Clock, seconds: float) -> str:
    """100 updates of so many seconds each."""
    display = Display(stream, every=10.0)
    for update in range(1, 101):
        clocked.now += seconds
        display.update(replace(HALF, update=update))
    display.close()
    display.close()
    return stream.getvalue()


def test_off_a_terminal_it_is_plain_lines(clocked: Clock) -> None:
    shown = watched(io.StringIO(), clocked, 1.0)
    assert re.findall(r"(\d+)%", shown) == [*(str(n) for n in range(1, 100, 10)), "100"]
    assert shown.endswith("left\n")
    assert all(each.isprintable() for each in shown.splitlines())
    assert "█" not in shown


def test_a_dumb_terminal_is_none(clocked: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert watched(Terminal(), clocked, 1.0) == watched(io.StringIO(), clocked, 1.0)


def test_on_a_terminal_it_stays_in_place(clocked: Clock) -> None:
    terminal = Terminal()
    shown = watched(terminal, clocked, 0.0625)
    assert shown.count("\n") == 1
    assert shown.endswith("\n")
    drawn = shown.rstrip("\n").split("\r\x1b[2K")
    assert drawn[0] == ""
    assert all(each.isprintable() for each in drawn[1:])
    assert len(drawn) == 1 + 50 + 2  # every second update is 0.125 s on; the last; the end
    assert "100%" in drawn[-1]
    assert len(terminal.screen()) == 1


@pytest.mark.parametrize("columns", [40, 200])
def test_it_fits_the_terminal_as_it_is_now(clocked: Clock, columns: int) -> None:
    terminal = Terminal(120)
    display = Display(terminal)
    display.update(replace(HALF, held_out=1.25))
    before = len(terminal.screen()[0])
    assert 80 < before < 120  # three rows of 40
    terminal.columns = columns
    clocked.now += 1
    display.update(replace(HALF, update=51, held_out=1.25))
    (shown,) = (each for each in terminal.screen() if "51%" in each)
    assert len(shown) < columns
    # which the old line breaks into, the cursor being in the last one
    up = terminal.getvalue().split(shown)[0]
    assert ("\x1b[2A\x1b[J" in up) == (columns == 40)


def test_an_interruption_leaves_the_last_line(clocked: Clock) -> None:
    for stream in (Terminal(), io.StringIO()):
        display = Display(stream)
        for update in (1, 2, 3):
            display.update(replace(HALF, update=update))
        assert "3%" not in stream.getvalue()
        display.close()
        assert stream.getvalue().endswith("\n")
        assert stream.getvalue().count("  3%") == 1


def test_what_happens_is_above_the_line(clocked: Clock) -> None:
    terminal = Terminal()
    display = Display(terminal)
    display.event(Event(0, HALVED, "Memory ran out."))
    display.update(replace(HALF, held_out=1.25))
    display.event(Event(50, ROLLED_BACK, "Went back."))
    rows = terminal.screen()
    assert rows[:2] == ["  Memory ran out.", "  Went back."]
    assert "50%" in rows[2]
    display.close()
    assert len(terminal.screen()) == 3


def test_off_a_terminal_what_happens_is_a_line() -> None:
    stream = io.StringIO()
    Display(stream).event(Event(5, ROLLED_BACK, "Went back."))
    assert stream.getvalue() == "  Went back.\n"


@given(st.text())
def test_no_text_does_more_than_stand_there(text: str) -> None:
    stream = io.StringIO()
    Display(stream).event(Event(1, HALVED, text))
    written = stream.getvalue().removesuffix("\n")
    assert all(char.isprintable() or char in JOINERS for char in written)


def test_what_happens_often_is_told_now_and_then(clocked: Clock) -> None:
    stream = io.StringIO()
    display = Display(stream, every=10.0)
    for update in range(25):
        for kind in (CHECKED, SKIPPED, SAVED, ROLLED_BACK):
            display.event(Event(update, kind, f"{kind} {update}."))
        clocked.now += 1
    shown = stream.getvalue().split("\n")
    assert [each for each in shown if CHECKED in each] == [f"  checked {n}." for n in (0, 10, 20)]
    assert sum(SKIPPED in each for each in shown) == 3
    assert sum(ROLLED_BACK in each for each in shown) == 25
    assert not any(SAVED in each for each in shown)


def test_a_terminal_without_blocks(clocked: Clock) -> None:
    terminal = Terminal()
    terminal.encoding = "ascii"
    display = Display(terminal)
    display.update(replace(HALF, held_out=1.25))
    display.event(Event(50, HALVED, "Speicher läuft über."))
    assert terminal.getvalue().isascii()
    assert "####" in terminal.getvalue()
    assert "l?uft" in terminal.getvalue()


@pytest.mark.parametrize("number", [errno.EPIPE, errno.EIO, errno.ENOSPC])
def test_where_nobody_reads_it_falls_silent(clocked: Clock, number: int) -> None:
    class Broken(Terminal):
        tried = 0

        def write(self, text: str) -> int:
            self.tried += 1
            raise OSError(number, "no")

    stream = Broken()
    display = Display(stream)
    for update in range(1, 50):
        clocked.now += 1
        display.update(replace(HALF, update=update))
        display.event(Event(update, HALVED, "x"))
    display.close()
    assert stream.tried == 1


def test_a_closed_stream_is_nobody() -> None:
    stream = io.StringIO()
    display = Display(stream)
    stream.close()
    display.update(HALF)
    display.event(Event(1, HALVED, "x"))
    display.close()


def test_nothing_told_nothing_shown() -> None:
    stream = Terminal()
    Display(stream).close()
    assert stream.getvalue() == ""


def test_silence(capsys: pytest.CaptureFixture[str]) -> None:
    silent = Silent()
    silent.update(HALF)
    silent.event(Event(1, SAVED, "x"))
    silent.close()
    assert capsys.readouterr() == ("", "")


def test_it_is_stderr_that_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    display = Display()
    display.update(HALF)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "50%" in shown.err


class Noted(Silent):
    """Notes what it is told; `close` may fail."""

    def __init__(self, notes: list[object], name: str, fails: bool = False):
        self.notes, self.name, self.fails = notes, name, fails

    def update(self, progress: Progress) -> None:
        self.notes.append((self.name, progress))

    def event(self, event: Event) -> None:
        self.notes.append((self.name, event))

    def close(self) -> None:
        self.notes.append((self.name, "closed"))
        if self.fails:
            raise OSError("no")


def test_several_are_all_told_in_order() -> None:
    notes: list[object] = []
    several: Monitor = Several(Noted(notes, "a"), Noted(notes, "b"))
    event = Event(1, SAVED, "x")
    several.update(HALF)
    several.event(event)
    several.close()
    assert notes == [(name, what) for what in (HALF, event, "closed") for name in "ab"]


def test_all_are_closed_even_where_one_fails() -> None:
    notes: list[object] = []
    with pytest.raises(OSError, match="no"):
        Several(Noted(notes, "a", True), Noted(notes, "b")).close()
    assert notes == [("a", "closed"), ("b", "closed")]


def test_kinds_differ() -> None:
    assert len(set(KINDS)) == len(KINDS) == 7
