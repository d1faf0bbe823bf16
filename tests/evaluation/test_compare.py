"""Comparisons: McNemar's test by hand, intervals, sentences; bisection."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from outcomes import passing

from dialog_s2s.errors import UsageError
from dialog_s2s.evaluation import compare as module
from dialog_s2s.evaluation.compare import (
    Bisection,
    Comparison,
    bisect,
    compare,
    difference_interval,
    mcnemar,
)
from dialog_s2s.evaluation.runs import Outcome


@pytest.mark.parametrize(
    ("lost", "won", "p"),
    [
        (0, 0, 1.0),
        (0, 1, 1.0),
        (1, 0, 1.0),
        (1, 1, 1.0),
        (0, 2, 0.5),
        (0, 5, 2 / 32),
        (0, 6, 2 / 64),
        (6, 0, 2 / 64),
        (1, 8, 2 * (1 + 9) / 512),
        (2, 8, 2 * (1 + 10 + 45) / 1024),
        (5, 5, 1.0),
        (4, 5, 1.0),
        (3, 5, 2 * (1 + 8 + 28 + 56) / 256),
    ],
)
def test_mcnemar(lost: int, won: int, p: float) -> None:
    assert mcnemar(lost, won) == pytest.approx(p, abs=1e-15)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_a_probability_and_has_no_side(lost: int, won: int) -> None:
    p = mcnemar(lost, won)
    assert 0 < p <= 1
    assert p == mcnemar(won, lost)
    tail = [
        math.comb(lost + won, count) / 2 ** (lost + won)
        for count in range(lost + won + 1)
        if abs(2 * count - lost - won) >= abs(lost - won)
    ]
    assert p == pytest.approx(sum(tail), rel=1e-9)


def test_mcnemar_of_very_many() -> None:
    assert mcnemar(3000, 3000) == 1.0
    assert 0 < mcnemar(2800, 3200) < 1e-6


def outcomes(passed: str, asked: int = 1) -> list[Outcome]:
    """A case for each character, called by its place: so many of its attempts passed."""
    return [passing(int(count), asked, str(place)) for place, count in enumerate(passed)]


def test_the_four_counts() -> None:
    found = compare(outcomes("1110000"), outcomes("1101110"))
    assert (found.cases, found.both, found.lost, found.won, found.neither) == (7, 2, 1, 3, 1)
    assert (found.first, found.second) == (3 / 7, 5 / 7)
    assert found.difference == pytest.approx(2 / 7)
    assert found.p == mcnemar(1, 3) == 0.625
    low, high = found.interval
    assert low < found.difference < high
    assert found.verdict == (
        "No difference that could not be chance (3 won, 1 lost of 7 cases, p = 0.625)."
    )


def test_cases_that_passed_with_neither_are_counted() -> None:
    found = compare(outcomes("110000"), outcomes("011000"))
    assert (found.cases, found.both, found.lost, found.won, found.neither) == (6, 1, 1, 1, 3)


def test_one_case() -> None:
    found = compare(outcomes("0"), outcomes("1"))
    assert found == Comparison(1, 0, 0, 1, 0, 0.0, 1.0, (1.0, 1.0), 1.0)
    same = compare(outcomes("1"), outcomes("1"))
    assert same == Comparison(1, 1, 0, 0, 0, 1.0, 1.0, (0.0, 0.0), 1.0)


@pytest.mark.parametrize(
    ("lost", "won", "sentence"),
    [
        (0, 6, "The second is better than the first (6 won, 0 lost of 10 cases, p = 0.031)."),
        (6, 0, "The second is worse than the first (0 won, 6 lost of 10 cases, p = 0.031)."),
        (5, 0, "No difference that could not be chance (0 won, 5 lost of 10 cases, p = 0.062)."),
        (0, 10, "The second is better than the first (10 won, 0 lost of 10 cases, p = 0.002)."),
    ],
)
def test_sentences(lost: int, won: int, sentence: str) -> None:
    first = "1" * lost + "0" * won + "1" * (10 - lost - won)
    second = "0" * lost + "1" * won + "1" * (10 - lost - won)
    assert compare(outcomes(first), outcomes(second)).verdict == sentence


@pytest.mark.parametrize(
    ("p", "sentence"),
    [
        (0.05, "No difference that could not be chance (2 won, 1 lost of 3 cases, p = 0.050)."),
        (0.0499, "The second is better than the first (2 won, 1 lost of 3 cases, p = 0.050)."),
        (0.001, "The second is better than the first (2 won, 1 lost of 3 cases, p = 0.001)."),
        (0.0009, "The second is better than the first (2 won, 1 lost of 3 cases, p < 0.001)."),
    ],
)
def test_borders_of_the_sentence(p: float, sentence: str) -> None:
    assert Comparison(3, 0, 1, 2, 0, 0.0, 1.0, (0.0, 1.0), p).verdict == sentence


def test_rates_count_attempts_and_passes_go_by_the_threshold() -> None:
    found = compare(outcomes("23", 4), outcomes("44", 4))
    assert (found.first, found.second) == (5 / 8, 1.0)
    assert (found.both, found.won) == (0, 2)


def test_cases_are_paired_by_key_whatever_their_order() -> None:
    first = [passing(1, name="a"), passing(0, name="b"), passing(0, name="only first")]
    second = [passing(0, name="only second"), passing(1, name="b"), passing(1, name="a")]
    found = compare(first, second)
    assert (found.cases, found.both, found.won, found.lost) == (2, 1, 1, 0)


def test_weights() -> None:
    first = [passing(1, name="a", weight=9.0), passing(0, name="b")]
    second = [passing(0, name="a", weight=3.0), passing(1, name="b")]
    found = compare(first, second)
    assert (found.first, found.second) == (0.75, 0.25)
    assert found.interval == (-1.0, 1.0)
    assert (found.won, found.lost, found.p) == (1, 1, 1.0)


def test_what_cannot_be_compared() -> None:
    with pytest.raises(UsageError, match=r"^the two have no case in common; compare runs"):
        compare([passing(1, name="a")], [passing(1, name="b")])
    with pytest.raises(UsageError, match="no case in common"):
        compare([], [])
    twice = [passing(1, name="a"), passing(1, name="a")]
    for one, other in ((twice, twice[:1]), (twice[:1], twice)):
        with pytest.raises(UsageError, match=r"^replies\.suite\.yaml: a: the case is there twice"):
            compare(one, other)


def test_the_interval_is_that_of_the_normal_law() -> None:
    random = np.random.default_rng(3)
    first_N = (random.random(400) < 0.5).astype(np.float64)
    second_N = (random.random(400) < 0.6).astype(np.float64)
    low, high = difference_interval(first_N, second_N, np.ones(400))
    gain_N = second_N - first_N
    half = 1.96 * gain_N.std() / math.sqrt(400)
    assert low == pytest.approx(gain_N.mean() - half, abs=0.012)
    assert high == pytest.approx(gain_N.mean() + half, abs=0.012)
    assert (low, high) == difference_interval(first_N, second_N, np.ones(400))
    swapped = difference_interval(second_N, first_N, np.ones(400))
    assert swapped == pytest.approx((-high, -low), abs=0.01)


def test_pairs_are_drawn_together() -> None:
    rate_N = np.random.default_rng(4).random(50)
    assert difference_interval(rate_N, rate_N, np.ones(50)) == (0.0, 0.0)
    shifted = difference_interval(rate_N, rate_N + 0.25, np.arange(1.0, 51.0))
    assert shifted == pytest.approx((0.25, 0.25))


def test_a_weight_counts_as_so_many_cases() -> None:
    first_N, second_N = np.array([0.0, 1.0, 0.5]), np.array([1.0, 0.0, 0.5])
    _, high = difference_interval(first_N, second_N, np.array([1.0, 1e-9, 1e-9]))
    assert high == pytest.approx(1.0)
    one = difference_interval(first_N, second_N, np.array([1.0, 2.0, 3.0]))
    assert one == pytest.approx(difference_interval(first_N, second_N, np.array([2.0, 4.0, 6.0])))


def test_an_interval_goes_by_the_outer_fortieths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RESAMPLES", 5)
    random = np.random.default_rng(module.SEED)
    gain_N = np.array([1.0, 0.03, -1.0, 0.2])
    means = [gain_N[random.integers(4, size=4)].mean() for _ in range(5)]
    assert len(set(means)) == 5
    found = difference_interval(np.zeros(4), gain_N, np.ones(4))
    assert found == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])))


@pytest.mark.parametrize(
    ("row", "first", "monotone", "looked"),
    [
        ("+", None, True, [0]),
        ("-", 0, True, [0]),
        ("++", None, True, [0, 1]),
        ("+-", 1, True, [0, 1]),
        ("--", 0, True, [0, 1]),
        ("-+", None, False, [0, 1]),
        ("++-", 2, True, [0, 2, 1]),
        ("+--", 1, True, [0, 2, 1]),
        ("+----", 1, True, [0, 4, 2, 1]),
        ("++++-", 4, True, [0, 4, 2, 3]),
    ],
)
def test_bisect(row: str, first: int | None, monotone: bool, looked: list[int]) -> None:
    seen = []

    def passes(bundle: tuple[int, str]) -> bool:
        seen.append(bundle[0])
        return bundle[1] == "+"

    found = bisect(list(enumerate(row)), passes)
    assert (found.first_failing, found.monotone) == (first, monotone)
    assert seen == looked == list(found.passed)
    assert found.passed == {place: row[place] == "+" for place in looked}


@given(st.integers(1, 200), st.data())
def test_bisect_finds_the_one_change_with_few_looks(count: int, data: st.DataObject) -> None:
    change = data.draw(st.integers(0, count))
    found = bisect(range(count), lambda place: place < change)
    assert found.first_failing == (change if change < count else None)
    assert found.monotone
    assert len(found.passed) <= 2 + math.ceil(math.log2(count))


def test_bisect_of_nothing() -> None:
    with pytest.raises(UsageError, match=r"^there are no bundles to search; give them in order"):
        bisect([], bool)
    assert bisect([True], bool) == Bisection(None, True, {0: True})
