"""Each rule against the plainest way to say the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dialog_s2s.generation.rules import forbid, log_softmax, min_p, repeated, top_k, top_p

NUMBERS = st.floats(-30, 30, width=32)
LOGITS = (
    st.integers(1, 12)
    .flatmap(lambda size: arrays(np.float32, size, elements=st.one_of(NUMBERS, st.just(-np.inf))))
    .filter(lambda logits: np.isfinite(logits).any())
)
SPREAD = arrays(np.float32, 12, elements=NUMBERS, unique=True)
"""Without ties."""


def chances(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits.astype(np.float64) - logits.max())
    return powers / powers.sum()


def kept(logits: np.ndarray) -> set[int]:
    return set(np.flatnonzero(np.isfinite(logits)).tolist())


def unchanged(before: np.ndarray, after: np.ndarray) -> bool:
    """Whether what is left has the logits that it had."""
    left = np.isfinite(after)
    return after.dtype == np.float32 and np.array_equal(after[left], before[left])


@given(LOGITS, st.sets(st.integers(0, 11)))
def test_forbid(logits: np.ndarray, pieces: set[int]) -> None:
    before = logits.copy()
    pieces = {piece for piece in pieces if piece < len(logits)}
    after = forbid(logits, list(pieces))
    assert kept(after) == kept(logits) - pieces
    assert unchanged(logits, after)
    assert np.array_equal(logits, before)


@given(st.lists(st.integers(0, 3), max_size=14), st.integers(0, 5))
def test_repeated(said: list[int], size: int) -> None:
    seen = {tuple(said[at : at + size]) for at in range(len(said) - size + 1)} if size else set()
    for piece in range(4):
        grown = (*said, piece)
        again = 0 < size <= len(grown) and grown[len(grown) - size :] in seen
        assert (piece in repeated(said, size)) is again


@given(arrays(np.float32, (3, 7), elements=NUMBERS))
def test_log_softmax(logits: np.ndarray) -> None:
    for row, made in zip(logits, log_softmax(logits), strict=True):
        assert np.exp(made.astype(np.float64)) == pytest.approx(chances(row), abs=1e-6)
        assert log_softmax(row) == pytest.approx(made, abs=1e-6)


def test_log_softmax_of_large_and_missing_numbers() -> None:
    made = log_softmax(np.array([1e4, 1e4, -np.inf], dtype=np.float32))
    assert made.tolist() == [pytest.approx(np.log(0.5)), pytest.approx(np.log(0.5)), -np.inf]


@given(SPREAD, st.integers(0, 14))
def test_top_k(logits: np.ndarray, k: int) -> None:
    wanted = sorted(range(12), key=lambda piece: -logits[piece])[: k or 12]
    after = top_k(logits, k)
    assert kept(after) == set(wanted)
    assert unchanged(logits, after)


def test_top_k_keeps_ties_with_the_last() -> None:
    assert kept(top_k(np.array([3, 1, 2, 1, 0], dtype=np.float32), 3)) == {0, 1, 2, 3}


@given(LOGITS, st.integers(1, 14))
def test_top_k_never_leaves_nothing(logits: np.ndarray, k: int) -> None:
    assert int(logits.argmax()) in kept(top_k(logits, k)) <= kept(logits)


@given(SPREAD, st.floats(0.01, 1.0))
def test_top_p(logits: np.ndarray, p: float) -> None:
    after = top_p(logits, p)
    order = sorted(range(12), key=lambda piece: -logits[piece])
    held = np.cumsum(chances(logits)[order])
    size = len(kept(after))
    assert kept(after) == set(order[:size])
    assert unchanged(logits, after)
    assert size == 12 or held[size - 1] >= p - 1e-5  # enough
    assert p == 1 or size == 1 or held[size - 2] < p + 1e-5  # and no more


def test_top_p_is_as_if_the_whole_vocabulary_were_sorted() -> None:
    chance = np.random.default_rng(3)
    for _ in range(300):
        spread, size, p = chance.uniform(0.1, 9), int(chance.integers(1, 400)), chance.uniform()
        logits = (chance.normal(size=size) * spread).astype(np.float32)
        order = np.argsort(-logits, kind="stable")
        held = np.exp(log_softmax(logits)[order]).cumsum()
        wanted = order[: int(np.searchsorted(held, p)) + 1]
        assert kept(top_p(logits, float(p))) == set(wanted.tolist())


@given(LOGITS, st.floats(0.01, 1.0))
def test_top_p_never_leaves_nothing(logits: np.ndarray, p: float) -> None:
    assert int(logits.argmax()) in kept(top_p(logits, p)) <= kept(logits)


@given(LOGITS, st.floats(0.0, 1.0))
def test_min_p(logits: np.ndarray, share: float) -> None:
    after = min_p(logits, share)
    assert unchanged(logits, after)
    assert int(logits.argmax()) in kept(after) <= kept(logits)
    ratio = np.exp(logits.astype(np.float64) - logits.max())
    assert kept(after) >= {piece for piece in kept(logits) if ratio[piece] > share * 1.0001}
    assert not kept(after) & {piece for piece in kept(logits) if ratio[piece] < share * 0.9999}


@pytest.mark.parametrize("rule", [top_k, top_p, min_p])
def test_rules_leave_their_argument_alone(rule) -> None:
    logits = np.array([0.0, 1.0, 2.0, 3.0], dtype=np.float32)
    after = rule(logits, 1) if rule is top_k else rule(logits, 0.5)
    assert len(kept(after)) < 4
    assert logits.tolist() == [0.0, 1.0, 2.0, 3.0]
