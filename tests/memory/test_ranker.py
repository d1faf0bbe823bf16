"""From what is known of candidates to weights that make 1."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dialog_s2s.memory.ranker import CORRECTED, EXACT, FEATURES, GATES, Ranker, gates, vectors

RANKER = Ranker(
    (4.0, 3.0, 2.5, 1.0, 2.0, 0.5, 0.7, 1.5, -1.0, -3.0),
    (0.5, -1.0, 0.0, -0.3, 0.1),
    (1.0, 2.0, -0.5, -0.6, 0.2),
    4.0,
)
PLAIN = Ranker((1.0,) + (0.0,) * (len(FEATURES) - 1), (0.0,) * len(GATES), (0.0,) * len(GATES))

numbers = st.floats(-1e4, 1e4)


@given(
    arrays(np.float64, st.tuples(st.integers(0, 9), st.just(len(FEATURES))), elements=numbers),
    arrays(np.float64, len(GATES), elements=numbers),
)
def test_all_weights_make_one(features_KF: np.ndarray, gates_G: np.ndarray) -> None:
    bonus = np.arange(len(features_KF), dtype=np.float64)
    weights_K, prior, generator = RANKER.weights(features_KF, bonus, gates_G)
    everything = np.array([*weights_K, prior, generator])
    assert len(weights_K) == len(features_KF)
    assert (everything >= 0).all()
    assert everything.sum() == pytest.approx(1)


def gated(lexical: list[float], meaning: list[float], terms: int) -> np.ndarray:
    """The gates of one question."""
    return gates(np.array([lexical]), np.array([meaning]), np.array([terms]))[0]


def test_a_weight_is_a_softmax_of_scores() -> None:
    features = vectors(
        {
            "lexical": np.array([1.0, 0.25]),
            "meaning": np.array([0.5, 0.75]),
            "named": np.array([0.0, 0.4]),
            "told": np.array([0.1, 0.0]),
            "needs": np.array([0.0, 1.0]),
        },
        2,
    )
    weights_K, prior, generator = RANKER.weights(
        features, np.array([0.0, 3.0]), gated([1.0, 0.25], [0.5, 0.75], 3)
    )
    scores = [
        4.0 + 3.0 * 0.5 + 0.7 * 0.1,
        4.0 * 0.25 + 3.0 * 0.75 + 2.5 * 0.4 - 1.0 + 3.0,
        0.5 - 1.0 - 0.3 * 0.75 + 0.1 * math.log(4),
        1.0 + 2.0 - 0.5 * 0.25 - 0.6 * 0.75 + 0.2 * math.log(4),
    ]
    shares = np.exp(scores) / np.exp(scores).sum()
    assert [*weights_K, prior, generator] == pytest.approx(shares)


def test_what_was_asked_verbatim_and_what_was_taught_outweigh_the_rest() -> None:
    bonus = np.array([0.0, EXACT, EXACT + CORRECTED])
    weights_K, prior, generator = PLAIN.weights(
        np.ones((3, len(FEATURES))), bonus, np.zeros(len(GATES))
    )
    assert weights_K[2] > 0.99
    assert weights_K[1] > 100 * weights_K[0]
    assert prior == generator < 0.01


def test_no_candidates() -> None:
    weights_K, prior, generator = RANKER.weights(vectors({}, 0), np.zeros(0), gated([], [], 0))
    assert len(weights_K) == 0
    assert (prior, generator) == pytest.approx((1 / (1 + math.exp(0.5)), 1 / (1 + math.exp(-0.5))))


@pytest.mark.parametrize(
    ("likenesses", "best", "second"),
    [([], 0, 0), ([0.4], 0.4, 0), ([0.1, 0.9, 0.3], 0.9, 0.3), ([0.5, 0.5], 0.5, 0.5)],
)
def test_gates(likenesses: list[float], best: float, second: float) -> None:
    found = gated(likenesses, [each / 2 for each in likenesses[::-1]], 6)
    assert found == pytest.approx([1.0, best, second, best / 2, math.log(7)])
    assert len(found) == len(GATES)


likenesses = st.floats(0, 1, width=32)


@given(
    st.integers(0, 4).flatmap(
        lambda width: st.lists(
            st.tuples(
                st.lists(likenesses, min_size=width, max_size=width),
                st.lists(likenesses, min_size=width, max_size=width),
                st.integers(0, 99),
            ),
            min_size=1,
            max_size=5,
        )
    )
)
def test_gates_of_many_questions_are_those_of_each(
    several: list[tuple[list[float], list[float], int]],
) -> None:
    lexical, meaning, terms = zip(*several, strict=True)
    shape = (len(several), len(lexical[0]))
    together = gates(
        np.array(lexical).reshape(shape), np.array(meaning).reshape(shape), np.array(terms)
    )
    assert together.shape == (len(several), len(GATES))
    for found, each in zip(together, several, strict=True):
        assert found.tolist() == gated(*each).tolist()


def test_a_taught_row_has_the_square_root_of_the_votes_of_a_trained_answer() -> None:
    assert PLAIN.alone == 0
    one = np.zeros((1, len(FEATURES)))
    (plain,), _, rest = RANKER.weights(one, np.zeros(1), np.zeros(len(GATES)))
    (taught,), _, left = RANKER.weights(one, np.array([RANKER.alone]), np.zeros(len(GATES)))
    assert RANKER.wordings > 1
    assert (taught / left) / (plain / rest) == pytest.approx(RANKER.wordings**0.5)


def test_features_by_name() -> None:
    table = vectors({"astray": np.array([1, 2, 3]), "answer": np.array([0.5, 0, 0])}, 3)
    assert table.shape == (3, len(FEATURES))
    assert table[:, FEATURES.index("astray")].tolist() == [1, 2, 3]
    assert table.sum() == 6.5
    with pytest.raises(ValueError, match="not in tuple"):
        vectors({"nonsense": np.zeros(3)}, 3)


def test_it_is_stored_in_full() -> None:
    odd = Ranker(
        (0.1 + 0.2,) * len(FEATURES), (1e-17,) * len(GATES), (-1e30,) * len(GATES), 1 + 1e-15
    )
    for each in (RANKER, odd):
        assert Ranker.from_tree(json.loads(json.dumps(each.tree()))) == each


@pytest.mark.parametrize(
    "change",
    [
        {"features": [1.0] * (len(FEATURES) - 1)},
        {"features": [1.0] * (len(FEATURES) + 1)},
        {"prior": []},
        {"prior": [1.0] * (len(GATES) - 1)},
        {"generator": [1.0] * (len(GATES) + 1)},
        {"generator": ["much"] * len(GATES)},
        {"prior": [None] * len(GATES)},
        {"prior": 3},
        {"wordings": 0.5},
        {"wordings": None},
        {"wordings": "many"},
    ],
)
def test_another_version_is_refused(change: dict) -> None:
    assert Ranker.from_tree(RANKER.tree()) == RANKER
    with pytest.raises((ValueError, TypeError)):
        Ranker.from_tree(RANKER.tree() | change)
    for name in RANKER.tree():
        with pytest.raises(KeyError):
            Ranker.from_tree({each: v for each, v in RANKER.tree().items() if each != name})
