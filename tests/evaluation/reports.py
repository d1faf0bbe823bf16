"""Evaluations made by hand, for what shows them."""

from __future__ import annotations

import math

from dialog_s2s.evaluation.calibration import Bin, Coverage
from dialog_s2s.evaluation.evaluate import Evaluation, Part

TEXT = {"chrf": 32.04, "bleu": 12.5, "token_f1": 0.3, "exact": 0.25, "repetition": 0.0}
FIGURES = {
    "nats_per_char": 1.2,
    "generator_nats_per_char": 1.7,
    "nats_per_token": 2.5,
    **TEXT,
    "answered": 0.8,
    "precision_answered": 0.9,
    "ece": 0.04,
    "roc_area": 0.93,
}
DIVERSITY = {"distinct_1": 0.5, "distinct_2": 0.75}
NAN = dict.fromkeys(FIGURES, math.nan)


def part(n: int, low: int | None = None, high: int | None = None) -> Part:
    """A part whose figures are FIGURES, each with an interval around it."""
    around = {name: (0.9 * value, 1.1 * value) for name, value in FIGURES.items()}
    return Part(n, FIGURES, around, low, high)


def evaluation(known: bool = True) -> Evaluation:
    """All there can be; or what there is without training pairs, of a bot that never answers."""
    if not known:
        silent = {**FIGURES, **DIVERSITY, "precision_answered": math.nan, "ece": math.nan}
        one = Part(5, silent | {"answered": 0.0, "roc_area": math.nan}, {}, 3, 3)
        return Evaluation(one, None, None, None, DIVERSITY, [one], [one], [], [], {})
    whole = part(1234)
    return Evaluation(
        Part(1234, {**FIGURES, **DIVERSITY}, whole.intervals),
        part(1234),
        Part(0, NAN, {}),
        {
            "most_frequent_answer": Part(1234, {**TEXT, **DIVERSITY}, {"chrf": (1.0, 2.0)}),
            "nearest_question": Part(1234, {**TEXT, "chrf": 29.2, **DIVERSITY}, {}),
        },
        {**DIVERSITY, "repetition": 0.01},
        [part(600, 2, 5), part(634, 6, 6)],
        [part(1000, 1, 1), part(200, 2, 2), part(34, 3, 7)],
        [Bin(0.3, 0.4, 200, 0.35, 0.4), Bin(0.9, 1.0, 700, 0.97, 0.95)],
        [Coverage(0.97, 0.5, 0.99), Coverage(0.9, 0.7, 0.95), Coverage(0.3, 0.8, 0.9)],
        {"chrf": "nrefs:1|case:mixed", "bleu": "nrefs:1|tok:13a"},
    )
