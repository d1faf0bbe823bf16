"""How likely a reply is to be right: one calibrated number, and the bar below which a bot abstains.

A logistic regression (Platt 1999, with several features) fitted when a bot is trained, on
questions kept out of training and on ones nobody taught it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.generation.search import Hypothesis
from dialog_s2s.memory.recall import Recalled

FEATURES = (
    "constant",
    "weight",
    "joint",
    "lexical",
    "meaning",
    "named",
    "learned",
    "pretrained",
    "lead",
    "familiar",
    "understood",
    "length",
    "generated",
    "needs",
    "before",
)
"""What is known of a reply: the memory's weight on it; its mean log-probability a piece; how alike
its best row's question is (see `ranker.FEATURES`); how far it is ahead of the next answer; the
shares of the question's words and of their meanings that were ever met; the logarithm of the number
of its terms; whether the generator made it; whether its best row is a follow-up, and if so, how
alike the turns before are."""

CLEAR = 0.995
"""Confidence in what was asked in the very words it was given in."""


@dataclass(frozen=True, slots=True)
class Confidence:
    """The fitted coefficients, the bar, and how it was fitted."""

    coefficients: tuple[float, ...]
    threshold: float
    curve: tuple[tuple[float, float, float], ...] = ()
    """Coverage-accuracy curve: (threshold, share answered, share of the answered right)."""
    error: float | None = None
    """Expected calibration error on questions that were not fitted to."""

    def of(self, features: Sequence[float], exact: bool) -> float:
        """The probability that a reply is right."""
        score = float(np.dot(self.coefficients, features))
        probability = 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, score))))
        return max(probability, CLEAR) if exact else probability

    def tree(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "features": dict(zip(FEATURES, self.coefficients, strict=True)),
            "threshold": self.threshold,
            "expected_calibration_error": self.error,
            "curve": [
                {"threshold": bar, "answered": answered, "right": right}
                for bar, answered, right in self.curve
            ],
        }

    @classmethod
    def from_tree(cls, tree: Mapping[str, Any]) -> Confidence:
        """From JSON. Raises `ValueError`, `KeyError` or `TypeError` where it does not fit."""
        features = tree["features"]
        if tuple(features) != FEATURES:
            raise ValueError("the confidence's features are of another version")
        curve = tuple(
            (float(point["threshold"]), float(point["answered"]), float(point["right"]))
            for point in tree["curve"]
        )
        error = tree["expected_calibration_error"]
        return cls(
            tuple(float(number) for number in features.values()),
            float(tree["threshold"]),
            curve,
            None if error is None else float(error),
        )


def reply_features(
    found: Hypothesis, recalled: Recalled, pieces: tuple[int, ...]
) -> NDArray[np.float64]:
    """See FEATURES; `pieces` are the reply's with the end piece."""
    weight = recalled.decided.of(pieces)
    others = [
        other
        for answer, other in zip(recalled.decided.answers, recalled.decided.weights, strict=True)
        if answer != pieces
    ]
    best = recalled.candidates[0] if recalled.candidates else None
    joint = found.log_probability / max(1, len(pieces))
    generated = 2 * weight < math.exp(found.log_probability)
    return np.array(
        [
            1.0,
            weight,
            max(joint, -5.0),
            best.lexical if best else 0.0,
            best.meaning if best else 0.0,
            best.named if best else 0.0,
            best.learned if best else 0.0,
            best.pretrained if best else 0.0,
            weight - max(others, default=0.0),
            *recalled.familiar,
            math.log1p(recalled.terms),
            float(generated),
            float(bool(best and best.row.context)),
            best.before if best and best.row.context else 0.0,
        ]
    )
