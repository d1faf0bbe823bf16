"""How far figures could be off by the chance of which dialogues were asked.

N is examples, D dialogues.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
SEED = 1
LEVEL = 0.95

Interval = tuple[float, float]


def resamples(dialogue_N: NDArray[np.int64]) -> Iterator[NDArray[np.float64]]:
    """How often each example occurs in each of RESAMPLES resamples; always the same ones.

    Whole dialogues are drawn, with replacement: the turns of one are not independent, and drawn
    one by one they would make intervals too narrow.
    """
    random = np.random.default_rng(SEED)
    found, place_N = np.unique(dialogue_N, return_inverse=True)
    for _ in range(RESAMPLES):
        drawn = random.integers(len(found), size=len(found))
        times_D = np.bincount(drawn, minlength=len(found)).astype(np.float64)
        yield times_D[place_N]


def intervals(
    figures: Callable[[NDArray[np.float64]], Mapping[str, float]],
    dialogue_N: NDArray[np.int64],
) -> dict[str, Interval]:
    """Bootstrap percentile intervals (Efron 1979) of what `figures` makes of weights_N.

    A figure that is NaN in some resamples (no such example was drawn) goes by the others; one
    that is NaN in all of them has no interval.
    """
    found = [figures(weights_N) for weights_N in resamples(dialogue_N)]
    kept: dict[str, Interval] = {}
    for name in found[0]:
        values = np.array([each[name] for each in found])
        values = values[~np.isnan(values)]
        if len(values):
            low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist()
            kept[name] = (low, high)
    return kept
