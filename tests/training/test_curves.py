"""The curves of a run, for every run that there may be."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialog_s2s.errors import DiskError
from dialog_s2s.training import curves
from dialog_s2s.training.curves import LEAST, MORE, ROWS, curve, write_curves
from dialog_s2s.training.metrics_file import Metrics
from dialog_s2s.training.monitor import CHECKED, KINDS, Event

PNG = b"\x89PNG\r\n\x1a\n"


def metrics(
    losses: list[float], held_out: dict[int, float] | None = None, events: tuple[Event, ...] = ()
) -> Metrics:
    """Of updates from 1, some of which are checks."""
    count, held = len(losses), held_out or {}
    column = np.full(count, np.nan)
    for update, loss in held.items():
        column[update - 1 :] = loss
    some = np.arange(1, count + 1)
    checked = tuple(Event(update, CHECKED, "x") for update in held)
    return Metrics(
        some,
        some * 8,
        np.array(losses, float),
        column,
        1e-3 / some,
        np.ones(count),
        some / 10,
        np.full(count, 900.0),
        (*checked, *events),
    )


FALLING = [5 * 0.97**n for n in range(200)]
LOSSES = st.one_of(st.floats(0, 20), st.sampled_from([np.nan, np.inf, -np.inf, 1e30]))


@given(
    st.lists(LOSSES, max_size=300),
    st.dictionaries(st.integers(1, 300), LOSSES, max_size=20),
    st.integers(0, 200),
    st.booleans(),
)
def test_a_curve_fits_its_columns(
    losses: list[float], held: dict[int, float], columns: int, blocks: bool
) -> None:
    checks = {update: loss for update, loss in held.items() if update <= len(losses)}
    lines = curve(metrics(losses, checks), columns, blocks)
    drawn = columns >= LEAST and bool(np.isfinite(losses).any())
    assert len(lines) == (ROWS + 3 if drawn else 0)
    assert all(len(each) < columns and each.isprintable() for each in lines)
    assert blocks or all(each.isascii() for each in lines)


@pytest.mark.parametrize("blocks", [True, False])
def test_a_falling_curve_falls(blocks: bool) -> None:
    lines = curve(metrics(FALLING), 60, blocks)
    bar = "│" if blocks else "|"
    drawn = [each.split(bar)[1] for each in lines[:ROWS]]
    starts = [len(each) - len(each.lstrip(" ")) for each in drawn]
    assert starts == sorted(starts)
    assert all(each.strip() for each in drawn)  # without a gap
    assert lines[0].startswith(f"{np.percentile(FALLING, curves.USUAL):.2f} ")
    assert lines[ROWS - 1].startswith("0.01 ")
    assert lines[-2].split() == ["1", "200", "updates"]
    assert "held out" not in lines[-1]


def test_checks_are_marked() -> None:
    lines = curve(metrics(FALLING, {50: 3.0, 100: 2.0, 150: 2.5}), 60, False)
    assert sum(each.count("o") for each in lines[:ROWS]) == 3
    assert lines[-1].split() == ["..", "training", "o", "held", "out"]


def test_one_update() -> None:
    lines = curve(metrics([2.5], {1: 3.0}), 40, False)
    assert lines[0] == "3.00 |o"
    assert lines[ROWS - 1] == "2.50 |."
    assert lines[-2].endswith("1 update")


def test_a_leap_does_not_flatten_the_rest() -> None:
    lines = curve(metrics([*FALLING, 500.0, *FALLING]), 60)
    assert float(lines[0].split()[0]) < 10


@settings(max_examples=6)
@given(
    st.sampled_from([FALLING, [2.5], [np.nan] * 5, [1.0, np.nan, np.inf, 0.5], [0.0, 0.0], [1e30]]),
    st.booleans(),
)
def test_a_picture(
    tmp_path_factory: pytest.TempPathFactory, losses: list[float], held: bool
) -> None:
    pytest.importorskip("matplotlib")
    events = tuple(Event(1, kind, "x") for kind in (*KINDS, "skipped"))
    path = tmp_path_factory.mktemp("run") / "curves.png"
    assert write_curves(metrics(losses, {1: 2.0} if held else {}, events), path) is None
    assert path.read_bytes().startswith(PNG)
    assert [each.name for each in path.parent.iterdir()] == ["curves.png"]


def test_what_a_picture_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure()
    events = (Event(120, "rolled_back", "x"), Event(150, "rolled_back", "x"))
    curves._draw(figure, metrics(FALLING, {50: 3.0, 100: 2.0, 150: 2.5}, events))
    losses, rates = figure.axes
    shown = {each.get_label(): each for each in losses.get_lines()}
    assert {"training, smoothed", "held out", "best: 2.000", "went back"} <= shown.keys()
    assert shown["held out"].get_xydata().tolist() == [[50, 3.0], [100, 2.0], [150, 2.5]]
    (legend,) = figure.legends
    assert [each.get_text() for each in legend.get_texts()].count("went back") == 1
    assert len(rates.get_lines()) == 1


def test_nothing_measured_is_no_picture(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    told = write_curves(metrics([]), tmp_path / "curves.png")
    assert told == "curves.png was not drawn: no update was measured."
    assert not list(tmp_path.iterdir())


def test_without_matplotlib_there_is_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert write_curves(metrics(FALLING), tmp_path / "curves.png") == MORE
    assert "pip install" in MORE
    assert not list(tmp_path.iterdir())


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure

    def full(self: object, stream: BinaryIO, **_: object) -> None:
        stream.write(PNG)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "curves.png"
    path.write_bytes(b"old")
    monkeypatch.setattr(figure, "savefig", full)
    with pytest.raises(DiskError, match="No space left on device") as caught:
        write_curves(metrics(FALLING), path)
    assert str(caught.value).startswith(f"{path}: cannot be written")
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1
