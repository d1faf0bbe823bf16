"""Part `unknown`: whether the starter bot knows what it does not know.

Wordings held back and fresh ones (`known`) against 600 questions nobody taught it, each side
counting half. A reply to an unknown question is never right. N is questions.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.bots import Bots, greedy, texts
from benchmarks.quality.figures import Found, Row, at_least, at_most, found
from benchmarks.quality.held_back import hits, replies_by_intent, user, wordings_held_back
from benchmarks.questions import fresh_wordings, unknown
from dialog_s2s.evaluation.calibration import calibration_error, roc_area

PRECISION = 0.95

Floats = NDArray[np.float64]


def measure(bots: Bots) -> Found:
    """Asks the starter bot both kinds of questions."""
    bot = bots.starter().bot
    by_intent = replies_by_intent()
    asked = [
        *wordings_held_back(bots.intents),
        *((each.ask, by_intent[each.file, each.intents[0]]) for each in fresh_wordings()),
    ]
    strange = unknown()
    replies = greedy(bot, [[user(question)] for question, _ in asked])
    others = greedy(bot, [[user(each.ask)] for each in strange])
    correct = hits(texts(replies), [wanted for _, wanted in asked])
    confidence = np.array([reply.confidence for reply in [*replies, *others]])
    known = np.arange(len(confidence)) < len(replies)
    right = np.array([*correct, *([False] * len(others))], dtype=np.float64)
    weights = halves(known)

    def area(kept: NDArray[np.bool_]) -> float:
        each = confidence[kept]
        return roc_area(each, known[kept].astype(np.float64), halves(known[kept]))

    groups = np.array([""] * len(replies) + [each.group for each in strange])
    bar = at_precision(confidence, right, weights, PRECISION)
    own = bot.bar(bot.settings())
    whole = area(np.ones_like(known))
    rows = [Row("ROC area, known against unknown", whole, "ratio", None, at_least(0.93))]
    rows += [
        Row(f"ROC area, against {name.replace('_', ' ')}", area(known | (groups == name)), "ratio")
        for name in dict.fromkeys(each.group for each in strange)
    ]
    for name, threshold, share in (
        (f"at {PRECISION:.0%} precision", bar, at_least(0.7)),
        ("at its own bar", own, None),
    ):
        given = confidence >= threshold
        told = weights[given].sum()
        precision = float((weights * right)[given].sum() / told) if told else math.nan
        rows += [
            Row(f"{name}: known questions answered", given[known].mean(), "share", None, share),
            Row(f"{name}: unknown ones answered", given[~known].mean()),
            Row(f"{name}: right of those answered", precision),
        ]
    error = calibration_error(confidence, right, weights)
    rows += [
        Row("ROC area, right against wrong", roc_area(confidence, right, weights), "ratio"),
        Row("its own bar", own, "ratio"),
        Row("calibration error", error, "ratio", None, at_most(0.05)),
    ]
    return found(rows)


def halves(known_N: NDArray[np.bool_]) -> Floats:
    """Weights by which known and unknown questions are mixed 1:1; they make 1."""
    weights_N: Floats = np.where(
        known_N, 0.5 / max(1, known_N.sum()), 0.5 / max(1, (~known_N).sum())
    )
    return weights_N


def at_precision(
    confidence_N: Floats, right_N: Floats, weights_N: Floats, precision: float
) -> float:
    """The lowest threshold at which this share of the answers is right; infinite if none is."""
    order = np.argsort(-confidence_N, kind="stable")
    shares = np.cumsum((weights_N * right_N)[order]) / np.cumsum(weights_N[order])
    last = np.diff(confidence_N[order], append=-np.inf) < 0  # of those of the same confidence
    reached = np.flatnonzero(last & (shares >= precision))
    return float(confidence_N[order[reached[-1]]]) if len(reached) else math.inf
