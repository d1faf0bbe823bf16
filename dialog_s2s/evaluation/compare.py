"""Is one variant better than another on the same cases; and which of many first fails a case.

N is paired cases.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.errors import UsageError
from dialog_s2s.evaluation.intervals import LEVEL, RESAMPLES, SEED, Interval
from dialog_s2s.evaluation.runs import Outcome

ALPHA = 0.05
"""Chance of a difference this large between equal bots, below which it counts as one."""

B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A second variant, or run, against a first, on cases that both were asked."""

    cases: int
    both: int
    """That passed with both."""
    lost: int
    """That passed with the first alone."""
    won: int
    """That passed with the second alone."""
    neither: int
    first: float
    """Pass rate of the first by the cases' weights, 0..1; of each case, the share of its attempts
    that passed."""
    second: float
    interval: Interval
    """Of `second - first`, at `LEVEL`."""
    p: float
    """Of the exact McNemar test."""

    @property
    def difference(self) -> float:
        """By how much the second's pass rate is higher."""
        return self.second - self.first

    @property
    def verdict(self) -> str:
        """One sentence."""
        cases = f"{self.cases} case{'' if self.cases == 1 else 's'}"
        counts = f"{self.won} won, {self.lost} lost of {cases}, {_shown(self.p)}"
        if self.p >= ALPHA:
            return f"No difference that could not be chance ({counts})."
        which = "better" if self.won > self.lost else "worse"
        return f"The second is {which} than the first ({counts})."


def compare(first: Sequence[Outcome], second: Sequence[Outcome]) -> Comparison:
    """Compares the outcomes of two variants, or of one in two runs, case by case.

    The cases are paired by their key; those that only one was asked are left out. Whether a case
    passed is as its outcome says; the rates, and their difference, count shares of attempts, by the
    weight that the case has in `second`.

    Raises:
        UsageError: they have no case in common, or one has a case twice.
    """
    one, other = _by_key(first), _by_key(second)
    pairs = [(one[key], each) for key, each in other.items() if key in one]
    if not pairs:
        raise UsageError("the two have no case in common; compare runs of the same suites")
    counts = [(before.passed, after.passed) for before, after in pairs]
    lost, won = counts.count((True, False)), counts.count((False, True))
    rate_N = np.array([before.rate for before, _ in pairs])
    other_N = np.array([after.rate for _, after in pairs])
    weight_N = np.array([after.case.weight for _, after in pairs])
    return Comparison(
        cases=len(pairs),
        both=counts.count((True, True)),
        lost=lost,
        won=won,
        neither=counts.count((False, False)),
        first=float(rate_N @ weight_N / weight_N.sum()),
        second=float(other_N @ weight_N / weight_N.sum()),
        interval=difference_interval(rate_N, other_N, weight_N),
        p=mcnemar(lost, won),
    )


def mcnemar(lost: int, won: int) -> float:
    """The chance of so uneven a split, or one more so, among cases that only one of two passed, if
    each of them were as likely to pass alone (McNemar 1947; two-sided, exact binomial)."""
    total = lost + won
    tail = sum(math.comb(total, count) for count in range(min(lost, won) + 1))
    return min(1.0, 2 * tail / (1 << total))


def difference_interval(
    first_N: NDArray[np.float64], second_N: NDArray[np.float64], weight_N: NDArray[np.float64]
) -> Interval:
    """Bootstrap percentile interval (Efron 1979) of the weighted mean of `second_N - first_N`:
    cases are drawn with replacement, in pairs; always the same ones."""
    random = np.random.default_rng(SEED)
    count = len(first_N)
    gain_N = (second_N - first_N) * weight_N
    means = np.empty(RESAMPLES)
    for place in range(RESAMPLES):
        drawn_N = random.integers(count, size=count)
        means[place] = gain_N[drawn_N].sum() / weight_N[drawn_N].sum()
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist()
    return low, high


@dataclass(frozen=True, slots=True)
class Bisection:
    """Where a case changes from passing to failing in a row of bundles."""

    first_failing: int | None
    """The place of the first that fails; None where the last passes."""
    monotone: bool
    """False where what was seen cannot be one change from passing to failing: the first fails and
    the last passes. Between the places that were looked at there may be other changes."""
    passed: dict[int, bool]
    """By place, all that was looked at, in the order in which it was."""


def bisect(bundles: Sequence[B], passes: Callable[[B], bool]) -> Bisection:
    """Finds the first bundle of a row, oldest first, that a case fails with: the ends, then by
    halves; of n bundles it looks at no more than 2 + ceil(log2(n)).

    It assumes that the case passes up to some bundle and fails from there on. Where the first fails
    it is the first that fails.

    Raises:
        UsageError: there are no bundles.
    """
    if not bundles:
        raise UsageError("there are no bundles to search; give them in order, the oldest first")
    passed: dict[int, bool] = {}

    def look(place: int) -> bool:
        if place not in passed:
            passed[place] = passes(bundles[place])
        return passed[place]

    low, high = 0, len(bundles) - 1
    started, ended = look(low), look(high)
    if not started or ended:
        return Bisection(None if ended else low, started or not ended, passed)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if look(middle) else (low, middle)
    return Bisection(high, True, passed)


def _by_key(outcomes: Sequence[Outcome]) -> dict[str, Outcome]:
    found: dict[str, Outcome] = {}
    for each in outcomes:
        if each.key in found:
            raise UsageError(f"{each.key}: the case is there twice; compare one variant at a time")
        found[each.key] = each
    return found


def _shown(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
