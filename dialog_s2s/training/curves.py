"""The curves of a run: as a picture, which needs matplotlib, and as characters for a terminal."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.files import replacing
from dialog_s2s.training.metrics_file import Metrics
from dialog_s2s.training.monitor import (
    HALVED,
    ROLLED_BACK,
    SKIPPED,
    STOPPING,
    Event,
)

BLUE, ORANGE, GREEN, RED, GREY = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#777777"
"""Told apart by colour-blind eyes (Okabe and Ito 2008)."""

MARKED = {
    SKIPPED: ("update left out", RED),
    ROLLED_BACK: ("went back", RED),
    HALVED: ("out of memory", GREEN),
    STOPPING: ("stopped", GREY),
}
"""Events with a mark in the picture."""

USUAL = 98
"""Percentile of the losses up to which they are drawn; a leap above would flatten all else."""

ROWS, LEAST = 10, 24
"""Of the drawing for a terminal; columns below which there is none."""

MORE = "curves.png needs matplotlib, which is not installed: pip install 'dialog-s2s[plots]'"


def write_curves(metrics: Metrics, path: Path) -> str | None:
    """The picture as a PNG file; where there is none, a line that says why.

    Raises:
        DiskError: it cannot be written.
    """
    try:
        figure = import_module("matplotlib.figure").Figure
    except ImportError:
        return MORE
    if not len(metrics.update_N):
        return "curves.png was not drawn: no update was measured."
    # without pyplot: no window system, and nothing left open
    drawn = figure(figsize=(8.0, 5.2), layout="constrained")
    with replacing(path) as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whatever it warns of, the run is well
        _draw(drawn, metrics)
        drawn.savefig(stream, dpi=120, format="png")
    return None


def _draw(figure: Any, metrics: Metrics) -> None:
    losses, rates = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    ticker = import_module("matplotlib.ticker")
    update_N, finite_N = metrics.update_N, np.isfinite(metrics.loss_N)
    mark = "o" if finite_N.sum() == 1 else ""
    training = {"color": BLUE, "linewidth": 1.5, "marker": mark, "label": "training, smoothed"}
    losses.plot(update_N, metrics.loss_N, **training)
    if not finite_N.any():
        losses.text(0.5, 0.5, "no finite loss", transform=losses.transAxes, ha="center")
    checks = _finite(metrics.checks)
    if checks:
        best = min(checks, key=lambda check: check[1])
        losses.plot(*zip(*checks, strict=True), "o-", color=ORANGE, markersize=4, label="held out")
        losses.plot(*best, "*", color=ORANGE, markersize=14, label=f"best: {best[1]:.3f}")
    _mark(losses, metrics.events)
    low, high = _span(metrics.loss_N, [loss for _, loss in checks])
    losses.set_ylim(low - 0.06 * (high - low), high + 0.06 * (high - low))
    losses.set_ylabel("loss, nats a piece")
    rates.plot(update_N, metrics.rate_N, color=GREEN, linewidth=1.5, marker=mark)
    rates.set_ylabel("learning rate")
    rates.set_ylim(bottom=0)
    rates.ticklabel_format(axis="y", style="sci", scilimits=(-2, 3))
    rates.set_xlabel("updates")
    rates.set_xlim(0, max(2.0, 1.01 * float(update_N[-1])))
    rates.xaxis.set_major_locator(ticker.MaxNLocator(8, integer=True, steps=[1, 2, 5, 10]))
    rates.xaxis.set_major_formatter(ticker.StrMethodFormatter("{x:,.0f}"))
    for axis in (losses, rates):
        axis.grid(axis="y", alpha=0.3)
        axis.set_axisbelow(True)
        axis.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=4, frameon=False)


def _mark(axis: Any, events: Sequence[Event]) -> None:
    """Lines where something happened; ticks for what may happen often."""
    for kind, (label, colour) in MARKED.items():
        at = sorted({event.update for event in events if event.kind == kind})
        if kind == SKIPPED and at:
            below = {"transform": axis.get_xaxis_transform(), "clip_on": False}
            axis.plot(at, [0.0] * len(at), "|", color=colour, markersize=10, label=label, **below)
            continue
        style = "--" if kind == ROLLED_BACK else ":"
        for place, update in enumerate(at):
            named = "_" if place else label  # which is left out of the legend
            axis.axvline(update, color=colour, linestyle=style, linewidth=1, label=named)


def _finite(checks: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    return [(update, loss) for update, loss in checks if math.isfinite(loss)]


def _span(loss_N: NDArray[np.float64], others: Sequence[float]) -> tuple[float, float]:
    """From where to where losses are drawn."""
    finite = loss_N[np.isfinite(loss_N)]
    values = [*others, *([finite.min(), np.percentile(finite, USUAL)] if finite.size else [])]
    if not values:
        return 0.0, 1.0
    low, high = float(min(values)), float(max(values))
    around = max(0.5, abs(high) / 2)  # where all are the same
    return (low, high) if high > low else (low - around, high + around)


def curve(metrics: Metrics, columns: int, blocks: bool = True) -> list[str]:
    """The losses as characters, in lines of less than so many columns; nothing where there is none,
    or no room. Without `blocks` they are ASCII."""
    checks = _finite(metrics.checks)
    finite_N = np.isfinite(metrics.loss_N)
    if not finite_N.any() or columns < LEAST:
        return []
    low, high = _span(metrics.loss_N, [loss for _, loss in checks])
    names = {
        row: f"{loss:.2f}" if loss < 1e4 else f"{loss:.1e}"
        for row, loss in ((0, high), (ROWS - 1, low))
    }
    left = max(map(len, names.values()))
    wide = columns - left - 3
    first, last = int(metrics.update_N[0]), int(metrics.update_N[-1])
    cells = [[" "] * wide for _ in range(ROWS)]

    def place(update_N: NDArray[Any], loss_N: NDArray[Any], across: int, down: int) -> Any:
        x_N = np.round((update_N - first) / max(1, last - first) * (wide * across - 1))
        y_N = np.round((high - np.clip(loss_N, low, high)) / (high - low) * (ROWS * down - 1))
        return x_N.astype(int), y_N.astype(int)

    across, down = (2, 4) if blocks else (1, 1)
    x_N, y_N = place(metrics.update_N[finite_N], metrics.loss_N[finite_N], across, down)
    for y, x in _joined(x_N, y_N):
        cell = cells[y // down][x // across]
        cells[y // down][x // across] = _dotted(cell, x % 2, y % 4) if blocks else "."
    if checks:
        updates, losses = zip(*checks, strict=True)
        x_N, y_N = place(np.array(updates), np.array(losses), 1, 1)
        for x, y in zip(x_N.tolist(), y_N.tolist(), strict=True):
            cells[y][x] = "●" if blocks else "o"
    bar, corner, flat = ("│", "└", "─") if blocks else ("|", "+", "-")
    lines = [
        f"{names.get(row, ''):>{left}} {bar}{''.join(cells[row])}".rstrip() for row in range(ROWS)
    ]
    ends = f"{first:,}", f"{last:,} update{'s' * (last > 1)}"
    gap = wide - len(ends[0]) - len(ends[1])
    lines.append(f"{'':>{left}} {corner}{flat * wide}")
    lines.append(f"{'':>{left}}  {ends[0]}{' ' * gap}{ends[1]}" if gap > 0 else ends[1])
    training, held = ("⠒⠒", "●") if blocks else ("..", "o")
    lines.append(f"{'':>{left}}  {training} training" + (f"  {held} held out" if checks else ""))
    return [each[: columns - 1] for each in lines]


def _joined(x_N: NDArray[np.int64], y_N: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Rows and columns of a curve: the mean where several points share a column, and a line from
    each column to the next."""
    columns = np.unique(x_N)
    rows = [round(float(y_N[x_N == column].mean())) for column in columns.tolist()]
    found = list(zip(rows, columns.tolist(), strict=True))
    for (y, x), (end, after) in pairwise(found.copy()):
        steps = max(after - x, abs(end - y))
        found += [
            (y + round((end - y) * step / steps), x + round((after - x) * step / steps))
            for step in range(1, steps)
        ]
    return found


_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""Of a Braille character, by column and row."""


def _dotted(cell: str, across: int, down: int) -> str:
    before = 0 if cell == " " else ord(cell) - 0x2800
    return chr(0x2800 + (before | _DOTS[across][down]))
