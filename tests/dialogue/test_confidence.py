"""How sure a bot is: what it goes by, and one number from it."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s import Bot
from dialog_s2s.dialogue.confidence import CLEAR, FEATURES, Confidence, reply_features
from dialog_s2s.generation.search import Hypothesis
from dialog_s2s.memory.mixture import Votes
from dialog_s2s.memory.recall import NOTHING_RECALLED, Candidate, Recalled
from dialog_s2s.memory.rows import TRAINED, Row
from dialog_s2s.text.turns import Role, Turn

COUNT = len(FEATURES)
SAID, OTHER = (9, 8, 3), (7, 3)
FITTED = Confidence(
    tuple(number / 7 for number in range(COUNT)), 0.4, ((0.0, 1.0, 0.5), (0.5, 0.25, 1.0)), 0.03
)
numbers = st.floats(-1e6, 1e6)
lists = st.lists(numbers, min_size=COUNT, max_size=COUNT)


def features(
    found: Hypothesis, recalled: Recalled, pieces: tuple[int, ...] = SAID
) -> dict[str, float]:
    return dict(zip(FEATURES, reply_features(found, recalled, pieces).tolist(), strict=True))


def candidate(id: int, context: tuple[Turn, ...] = ()) -> Candidate:
    row = Row(id, "q", context, "a", TRAINED, "f:1", 0, None)
    return Candidate(row, 0.5, 0.8, 0.55, 0.35, 0.6, 0.4, 0.7, False)


def recalled(weight: float, against: float, *candidates: Candidate) -> Recalled:
    votes = Votes((SAID, OTHER), (weight, against), 0.0, 1 - weight - against)
    return Recalled(votes, votes, candidates, {}, {}, (0.9, 0.75), 12)


@given(lists, lists, st.booleans())
def test_it_is_a_probability(coefficients: list[float], values: list[float], exact: bool) -> None:
    sure = Confidence(tuple(coefficients), 0.5).of(values, exact)
    assert 0 < sure <= 1
    assert not exact or sure >= CLEAR


def test_it_is_the_logistic_of_a_sum() -> None:
    values = [1.0, 2.0] + [0.0] * (COUNT - 2)
    sure = Confidence((0.5, -1.0, *[9.0] * (COUNT - 2)), 0.5)
    assert sure.of(values, False) == pytest.approx(1 / (1 + math.exp(1.5)))
    assert sure.of(values, True) == CLEAR
    assert Confidence((40.0,) * COUNT, 0.5).of([1.0] * COUNT, True) > CLEAR


def test_it_is_stored_in_full() -> None:
    tree = json.loads(json.dumps(FITTED.tree()))
    assert Confidence.from_tree(tree) == FITTED
    assert list(tree["features"]) == list(FEATURES)
    assert tree["curve"][1] == {"threshold": 0.5, "answered": 0.25, "right": 1.0}
    bare = Confidence((0.0,) * COUNT, 0.5)
    assert Confidence.from_tree(json.loads(json.dumps(bare.tree()))) == bare


@pytest.mark.parametrize(
    "change",
    [
        {"features": {}},
        {"features": dict.fromkeys(FEATURES[:-1], 0.0)},
        {"features": dict.fromkeys(FEATURES[::-1], 0.0)},
        {"features": dict.fromkeys(FEATURES)},
        {"features": dict.fromkeys(FEATURES, "much")},
        {"features": 3},
        {"threshold": None},
        {"curve": [{}]},
        {"curve": 1},
    ],
)
def test_another_version_is_refused(change: dict[str, object]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        Confidence.from_tree(FITTED.tree() | change)
    for name in FITTED.tree():
        with pytest.raises(KeyError):
            Confidence.from_tree({each: v for each, v in FITTED.tree().items() if each != name})


def test_what_it_goes_by() -> None:
    found = Hypothesis(SAID[:-1], math.log(0.8), "stop")
    known = features(found, recalled(0.6, 0.1, candidate(1), candidate(2)))
    expected = {"constant": 1, "weight": 0.6, "joint": math.log(0.8) / 3, "lexical": 0.8}
    expected |= {"meaning": 0.55, "named": 0.35, "learned": 0.6, "pretrained": 0.4}
    expected |= {"lead": 0.5, "familiar": 0.9, "understood": 0.75}
    expected |= {"length": math.log(13), "generated": 0, "needs": 0, "before": 0}
    assert known == pytest.approx(expected)


def test_a_follow_up_and_a_generated_reply() -> None:
    found = Hypothesis(SAID[:-1], math.log(0.8), "stop")
    context = (Turn(Role.USER, "x"),)
    known = features(found, recalled(0.3, 0.1, candidate(1, context), candidate(2)))
    assert (known["needs"], known["before"], known["generated"]) == (1, 0.7, 1)
    known = features(found, recalled(0.3, 0.4, candidate(1)))
    assert known["lead"] == pytest.approx(-0.1)


def test_nothing_recalled() -> None:
    found = Hypothesis((), -900.0, "stop")
    known = features(found, NOTHING_RECALLED, (3,))
    assert known["joint"] == -5
    assert all(math.isfinite(value) for value in known.values())
    assert known["lead"] == known["weight"] == known["lexical"] == 0


def test_a_fitted_one_tells_right_from_wrong(tiny_bot: Bot) -> None:
    assert tiny_bot.confidence is not None
    assert 0 <= tiny_bot.confidence.threshold <= 1
    thresholds, answered, right = np.array(tiny_bot.confidence.curve).T
    assert (np.diff(thresholds) > 0).all()
    assert (np.diff(answered) <= 1e-9).all()
    assert ((right >= 0) & (right <= 1)).all()
    known = [tiny_bot.reply(each, threshold=0).confidence for each in ("hello", "where are you")]
    reworded = [tiny_bot.reply(each, threshold=0).confidence for each in ("hello hello", "tea")]
    strange = [tiny_bot.reply(each, threshold=0).confidence for each in ("xyzzy", "zq xv wj")]
    assert min(known) >= CLEAR > max(reworded)
    assert min(reworded) > max(strange)
