"""Whether confidence says how often replies are right. N is replies, all of them answered."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 10

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bin:
    """Replies of like confidence: in a calibrated bot, `accuracy` is `confidence`."""

    low: float
    high: float
    count: int
    confidence: float
    """Mean."""
    accuracy: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """What happens where only replies of at least this confidence are given."""

    threshold: float
    coverage: float
    """Share of all questions that are answered."""
    accuracy: float
    """Share of those answers that are right."""


def calibration_error(confidence_N: Floats, right_N: Floats, weights_N: Floats) -> float:
    """Expected calibration error over BINS bins of equal width (Naeini et al. 2015); 0..1.

    `weights_N` says how often each reply occurs. NaN for no replies.
    """
    total = weights_N.sum()
    if not total:
        return math.nan
    gaps = np.bincount(_bins(confidence_N), weights_N * (confidence_N - right_N))
    return float(np.abs(gaps).sum() / total)


def reliability(confidence_N: Floats, right_N: Floats) -> list[Bin]:
    """The bins of `calibration_error` that are not empty."""
    bin_N = _bins(confidence_N)
    return [
        Bin(
            number / BINS,
            (number + 1) / BINS,
            int((bin_N == number).sum()),
            float(confidence_N[bin_N == number].mean()),
            float(right_N[bin_N == number].mean()),
        )
        for number in np.unique(bin_N).tolist()
    ]


def roc_area(confidence_N: Floats, right_N: Floats, weights_N: Floats) -> float:
    """Chance that a right reply has the higher confidence of a right and a wrong one; 0..1.

    Ties count half. NaN unless there are both right and wrong replies.
    """
    _, place_N = np.unique(confidence_N, return_inverse=True)
    right_T = np.bincount(place_N, weights_N * right_N)
    wrong_T = np.bincount(place_N, weights_N * (1 - right_N))
    pairs = right_T.sum() * wrong_T.sum()
    below_T = wrong_T.cumsum() - wrong_T / 2
    return float(right_T @ below_T / pairs) if pairs else math.nan


def coverage_curve(confidence_N: Floats, right_N: Floats, questions: int) -> list[Coverage]:
    """Coverage and accuracy at every threshold that changes them, the highest first.

    `questions` counts those not answered too, so the last coverage is the share answered.
    """
    order = np.argsort(-confidence_N, kind="stable")
    last = np.flatnonzero(np.diff(confidence_N[order], append=-1.0))
    right = right_N[order].cumsum()
    return [
        Coverage(
            float(confidence_N[order[place]]),
            (place + 1) / questions,
            float(right[place] / (place + 1)),
        )
        for place in last.tolist()
    ]


def coverage_at(curve: Sequence[Coverage], precision: float) -> float:
    """The most questions that can be answered with this share right; 0..1."""
    return max((each.coverage for each in curve if each.accuracy >= precision), default=0.0)


def _bins(confidence_N: Floats) -> NDArray[np.int64]:
    number_N: NDArray[np.int64] = np.minimum((confidence_N * BINS).astype(np.int64), BINS - 1)
    return number_N
