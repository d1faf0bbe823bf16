"""Bootstrap intervals: always the same, as wide as theory says, wider for whole dialogues."""

from __future__ import annotations

import math
from itertools import islice

import numpy as np
import pytest
from numpy.typing import NDArray

from dialog_s2s.evaluation.intervals import RESAMPLES, Interval, intervals, resamples

Floats = NDArray[np.float64]


def mean_interval(value_N: Floats, dialogue_N: NDArray[np.int64]) -> Interval:
    def figures(weights_N: Floats) -> dict[str, float]:
        return {"mean": float(weights_N @ value_N / weights_N.sum())}

    return intervals(figures, dialogue_N)["mean"]


def test_an_interval_is_that_of_the_normal_law() -> None:
    value_N = np.random.default_rng(2).normal(5.0, 2.0, 400)
    low, high = mean_interval(value_N, np.arange(400))
    assert low < value_N.mean() < high
    half = 1.96 * value_N.std() / math.sqrt(400)
    assert high - low == pytest.approx(2 * half, rel=0.12)


def test_nineteen_of_twenty_intervals_cover_the_truth() -> None:
    random = np.random.default_rng(4)
    covered = 0
    for _ in range(60):
        low, high = mean_interval((random.random(80) < 0.3).astype(np.float64), np.arange(80))
        covered += low <= 0.3 <= high
    assert 51 <= covered <= 60


def test_turns_of_one_dialogue_are_drawn_together() -> None:
    dialogue_N = np.repeat(np.arange(50), 8)
    for weights_N in islice(resamples(dialogue_N), 5):
        assert weights_N.reshape(50, 8).std(axis=1).max() == 0
        assert weights_N.sum() == 400
    value_N = np.repeat(np.random.default_rng(5).random(50), 8)
    low, high = mean_interval(value_N, dialogue_N)
    narrow_low, narrow_high = mean_interval(value_N, np.arange(400))
    assert high - low > 2 * (narrow_high - narrow_low)


def test_it_is_the_same_every_time() -> None:
    dialogue_N = np.arange(7)
    assert sum(1 for _ in resamples(dialogue_N)) == RESAMPLES
    once, again = (np.stack(list(islice(resamples(dialogue_N), 9))) for _ in range(2))
    assert (once == again).all()
    assert not (once[0] == once[1:]).all()


def test_what_cannot_be_measured_in_some_resamples_goes_by_the_others() -> None:
    def figures(weights_N: Floats) -> dict[str, float]:
        return {"first": 1.0 if weights_N[0] else math.nan, "never": math.nan}

    assert intervals(figures, np.arange(3)) == {"first": (1.0, 1.0)}
