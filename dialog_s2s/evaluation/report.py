"""An evaluation for `--json` and as a table for people."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict

from dialog_s2s.evaluation.calibration import coverage_at
from dialog_s2s.evaluation.evaluate import Evaluation, Part

PRECISION = 0.95
"""The share right at which it is told how many questions can be answered."""

CURVE_POINTS = 100
"""Points of the coverage-accuracy curve in JSON."""

IN_PARTS = (
    *("nats_per_char", "generator_nats_per_char", "chrf", "token_f1", "exact"),
    *("answered", "precision_answered"),
)
"""Figures that are told of parts of the examples, too."""


def as_mapping(found: Evaluation) -> dict[str, object]:
    """All figures by name, ready for `json.dumps`; what cannot be measured is None."""
    whole = found.whole
    every = max(1, math.ceil(len(found.curve) / CURVE_POINTS))
    return {
        "n": whole.n,
        **_figures(whole.figures),
        "coverage_at_95_precision": coverage_at(found.curve, PRECISION),
        "seen": found.seen and _part(found.seen),
        "unseen": found.unseen and _part(found.unseen),
        "baselines": found.baselines
        and {
            name: {**_figures(part.figures), "intervals": part.intervals}
            for name, part in found.baselines.items()
        },
        "references": _figures(found.references),
        "intervals": whole.intervals,
        "by_source_length": [_part(part) for part in found.by_source_length],
        "by_turn_depth": [_part(part) for part in found.by_turn_depth],
        "reliability": [asdict(each) for each in found.bins],
        "coverage_accuracy": [asdict(each) for each in reversed(found.curve[::-every])],
        "signatures": dict(found.signatures),
    }


def _part(part: Part) -> dict[str, object]:
    span = {} if part.low is None else {"low": part.low, "high": part.high}
    return {
        **span,
        "n": part.n,
        **_figures({name: part.figures[name] for name in IN_PARTS}),
        "intervals": {name: part.intervals[name] for name in IN_PARTS if name in part.intervals},
    }


def _figures(figures: Mapping[str, float]) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in figures.items()}


def _plain(value: float) -> str:
    return f"{value:.3f}"


def _score(value: float) -> str:
    return f"{value:.1f}"


def _share(value: float) -> str:
    return f"{value:.1%}"


_ROWS: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("nats_per_char", "nats per character", _plain),
    ("generator_nats_per_char", "  its generator alone", _plain),
    ("nats_per_token", "nats per token", _plain),
    ("chrf", "chrF", _score),
    ("bleu", "BLEU", _score),
    ("token_f1", "token F1", _share),
    ("exact", "exact match", _share),
    ("distinct_1", "distinct-1", _share),
    ("distinct_2", "distinct-2", _share),
    ("repetition", "repeated word pairs", _share),
    ("answered", "answered", _share),
    ("precision_answered", "  right of those", _share),
    ("ece", "calibration error", _plain),
    ("roc_area", "ROC area", _plain),
)
_SHOWN = {name: shown for name, _, shown in _ROWS}

_COLUMNS = (
    ("nats_per_char", "nats/char"),
    ("generator_nats_per_char", "generator"),
    ("chrf", "chrF"),
    ("token_f1", "token F1"),
    ("exact", "exact"),
    ("answered", "answered"),
    ("precision_answered", "right"),
)


def table(found: Evaluation) -> str:
    """Figures with their 95 % intervals beside the baselines', then by part; lines of text."""
    whole = found.whole
    beside = {
        name.replace("_", " "): part.figures for name, part in (found.baselines or {}).items()
    } | {"replies wanted": found.references}
    main = [["", "bot", "95 % interval", *beside]]
    for name, label, shown in _ROWS:
        others = [_cell(figures, name, shown) for figures in beside.values()]
        around = " – ".join(map(shown, whole.intervals.get(name, ())))
        main.append([label, _cell(whole.figures, name, shown), around, *others])
    covered = f"{coverage_at(found.curve, PRECISION):.1%}"
    main.append([f"answers at {PRECISION:.0%} right", covered, *([""] * (len(beside) + 1))])
    sections = [f"{whole.n:,} replies", _aligned(main)]
    if found.seen and found.unseen:
        sides = {"yes": found.seen, "no": found.unseen}
        sections.append(_by("reply in training", sides.items()))
    for title, parts in (
        ("pieces of the source", found.by_source_length),
        ("user turns so far", found.by_turn_depth),
    ):
        sections.append(_by(title, ((span(part), part) for part in parts)))
    sections.append("\n".join(f"{name}  {text}" for name, text in found.signatures.items()))
    return "\n\n".join(sections) + "\n"


def span(part: Part) -> str:
    """3–8, or 3 where it is but one value."""
    return f"{part.low}" if part.low == part.high else f"{part.low}–{part.high}"


def _by(title: str, parts: Iterable[tuple[str, Part]]) -> str:
    rows = [[title, "replies", *(label for _, label in _COLUMNS)]]
    for name, part in parts:
        cells = [_cell(part.figures, column, _SHOWN[column]) for column, _ in _COLUMNS]
        rows.append([name, f"{part.n:,}", *cells])
    return _aligned(rows)


def _cell(figures: Mapping[str, float], name: str, shown: Callable[[float], str]) -> str:
    if name not in figures:
        return ""
    return "–" if math.isnan(figures[name]) else shown(figures[name])


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
