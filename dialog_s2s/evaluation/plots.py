"""An evaluation as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dialog_s2s.errors import DiskError
from dialog_s2s.evaluation.calibration import Bin, Coverage
from dialog_s2s.evaluation.evaluate import Evaluation, Part
from dialog_s2s.evaluation.extra import load
from dialog_s2s.evaluation.report import PRECISION, span

BLUE, ORANGE, GREEN, GREY = "#0072b2", "#e69f00", "#009e73", "#777777"
"""Told apart by colour-blind eyes (Okabe and Ito 2008)."""


def plots_folder(folder: str | Path) -> Path:
    """The folder, made if need be; asked before the bot is, not after.

    Raises:
        DiskError: it cannot be made.
        UsageError: matplotlib is not installed.
    """
    load("matplotlib.figure")
    place = Path(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(place, error) from None
    return place


def write_plots(found: Evaluation, folder: Path) -> list[Path]:
    """Four PNG files; their names.

    Raises:
        DiskError: they cannot be written.
        UsageError: matplotlib is not installed.
    """
    figures = {
        "quality_by_source_length": _quality(found.by_source_length, "pieces of the source"),
        "quality_by_turn_depth": _quality(found.by_turn_depth, "user turns so far"),
        "reliability": _reliability(found.bins),
        "coverage_accuracy": _coverage(found.curve),
    }
    written = []
    for name, figure in figures.items():
        file = folder / f"{name}.png"
        try:
            figure.savefig(file, dpi=110)
        except OSError as error:
            raise _unwritable(file, error) from None
        written.append(file)
    return written


def _quality(parts: Sequence[Part], title: str) -> Any:
    figure, (left, right) = _drawing(2)
    places = list(range(len(parts)))
    curves = (
        (left, "nats_per_char", "bot", 1, BLUE),
        (left, "generator_nats_per_char", "its generator alone", 1, ORANGE),
        (right, "chrf", "chrF", 1, BLUE),
        (right, "token_f1", "token F1, %", 100, ORANGE),
        (right, "exact", "exact match, %", 100, GREEN),
    )
    # a bot without an answer memory is its generator
    alone = all(
        part.figures["nats_per_char"] == part.figures["generator_nats_per_char"] for part in parts
    )
    for number, (axis, name, label, scale, colour) in enumerate(curves):
        values = [scale * part.figures[name] for part in parts]
        if name == "generator_nats_per_char" and alone:
            continue
        # the intervals of different curves side by side, not one over the other
        aside = [place + (number - 2.5) * 0.05 for place in places]
        around = [[scale * end for end in part.intervals.get(name, ())] for part in parts]
        axis.plot(aside, values, "o-", color=colour, linewidth=2, label=label)
        for place, ends in zip(aside, around, strict=True):
            axis.plot([place] * len(ends), ends, color=colour, linewidth=1, alpha=0.6)
    left.set_ylabel("nats a character (lower is better)")
    right.set_ylabel("score (higher is better)")
    right.set_ylim(-3, 103)
    left.set_ylim(bottom=0)
    for axis in (left, right):
        axis.set_xticks(places, [f"{span(part)}\nn = {part.n:,}" for part in parts])
        axis.set_xlim(-0.5, len(parts) - 0.5)
        axis.set_xlabel(title)
        axis.legend(frameon=False)
    return figure


def _reliability(bins: Sequence[Bin]) -> Any:
    figure, (left, right) = _drawing(2)
    left.plot([0, 100], [0, 100], "--", color=GREY, linewidth=1, label="calibrated")
    shown = [100 * each.confidence for each in bins]
    left.plot(shown, [100 * each.accuracy for each in bins], "o-", color=BLUE, label="bot")
    left.set_ylabel("replies that are right, %")
    left.set_ylim(-3, 103)
    left.legend(frameon=False)
    middles = [50 * (each.low + each.high) for each in bins]
    widths = [95 * (each.high - each.low) for each in bins]
    right.bar(middles, [each.count for each in bins], widths, color=BLUE)
    right.set_ylim(0, 1.05 * max((each.count for each in bins), default=1))
    right.set_ylabel("replies")
    for axis in (left, right):
        axis.set_xlim(-3, 103)
        axis.set_xlabel("confidence, %")
    return figure


def _coverage(curve: Sequence[Coverage]) -> Any:
    figure, (axis,) = _drawing(1)
    coverage = [100 * each.coverage for each in curve]
    axis.plot(coverage, [100 * each.accuracy for each in curve], color=BLUE, linewidth=2)
    axis.axhline(100 * PRECISION, linestyle="--", color=GREY, linewidth=1)
    axis.set_xlabel("questions answered, the surest first, %")
    axis.set_ylabel("answers that are right, %")
    axis.set_xlim(-3, 103)
    axis.set_ylim(-3, 103)
    return figure


def _drawing(panels: int) -> tuple[Any, Any]:
    # without pyplot: no window system, and nothing left open
    figure = load("matplotlib.figure").Figure(figsize=(5.6 * panels, 4.2), layout="constrained")
    axes = [figure.add_subplot(1, panels, place + 1) for place in range(panels)]
    for axis in axes:
        axis.grid(axis="y", alpha=0.3)
        axis.set_axisbelow(True)
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _unwritable(place: Path, error: OSError) -> DiskError:
    return DiskError(f"{place}: cannot be written ({error.strerror}); choose another --plots")
