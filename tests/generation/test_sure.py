"""Remembered answers that greedy search cannot but find: no step, and the same reply as step by
step; and those that are cut."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest
from fakes import SILENT as ROLES
from fakes import Fake, Table, log_probability, scrambled
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.config import GenerationConfig
from dialog_s2s.generation.engine import SLOTS, SURE, Engine
from dialog_s2s.generation.mixed_backend import MixedBackend
from dialog_s2s.generation.search import Hypothesis, Said, one_by_one
from dialog_s2s.memory.mixture import Pieces, Votes
from dialog_s2s.text.tokenizer import END, START

GREEDY = GenerationConfig(max_tokens=6)
SOURCE = (4, 7, 8)
ANSWERS: tuple[Pieces, ...] = ((6, 7, END), (6, 7, 8, END), (8, END), (7, 7, 6, 8, END))
LONG = (6, 7, 8, 6, 7, 8, 6, 7, END)


class Roles(NamedTuple):
    """As much of a tokenizer as an engine needs."""

    openers: tuple[int, ...] = ROLES


def engine(table: Table) -> Engine:
    made: Any = Roles()
    return Engine(Fake(table), made)


def steps(made: Engine) -> list[int]:
    """All that the backend was fed."""
    assert isinstance(made.backend, Fake)
    return made.backend.fed


def voted(answers: Sequence[Pieces], shares: Sequence[float], known: float) -> Votes:
    """For these answers, in proportion to `shares`; all together `known`."""
    total = math.fsum(shares)
    return Votes(tuple(answers), tuple(known * each / total for each in shares), 0.0, 1 - known)


def collected(said: Sequence[Said]) -> Hypothesis:
    pieces = tuple(each.piece for each in said if each.piece is not None)
    assert [each.finish for each in said[:-1]] == [None] * (len(said) - 1)
    likely = sum(each.log_probability for each in said)
    return Hypothesis(pieces, likely, said[-1].finish or "")


def decisive(table: Table, votes: Votes, settings: GenerationConfig = GREEDY) -> Hypothesis:
    """What plain greedy search finds that sees the weightiest answer with the weight of all."""
    backend = MixedBackend(Fake(table), [votes.decisive()])
    return collected(list(one_by_one(backend, [SOURCE], settings, [0], ROLES)))


def stepwise(table: Table, votes: Votes, reply: Pieces) -> float:
    """The log-probability of a reply under memory and generator together, piece by piece."""
    backend = MixedBackend(Fake(table), [votes])
    state = backend.encode([SOURCE])
    fed, total = START, 0.0
    for piece in reply:
        logits_RV, state = backend.step([fed], state)
        total += float(logits_RV[0, piece])
        fed = piece
    return total


shares = st.lists(st.floats(0.01, 1.0), min_size=len(ANSWERS), max_size=len(ANSWERS))
seeds = st.integers(0, 10_000)


@given(seeds, shares, st.floats(SURE + 1e-6, 1.0), st.sampled_from([0.5, 2.0, 6.0]))
def test_a_sure_answer_is_what_greedy_search_would_find(
    seed: int, shares: list[float], known: float, spread: float
) -> None:
    """However sharp the generator is, and however little the answer is ahead of the next."""
    table, votes = scrambled(seed, spread), voted(ANSWERS, shares, known)
    made = engine(table)
    (found,) = made.replies([SOURCE], GREEDY, [0], [votes])
    assert steps(made) == []
    wanted = decisive(table, votes)
    assert (found.pieces, found.finish) == (wanted.pieces, wanted.finish)
    assert (*found.pieces, END) == votes.best
    likely = stepwise(table, votes, votes.best)
    assert found.log_probability == pytest.approx(likely, abs=1e-4)
    # and that is what the search gave it, but for the weights of the others
    joint = math.exp(wanted.log_probability) - known + votes.of(votes.best)
    assert found.log_probability == pytest.approx(math.log(joint), abs=1e-4)


@given(seeds, shares, st.floats(0.02, SURE - 1e-6))
def test_an_answer_that_is_not_sure_is_searched(
    seed: int, shares: list[float], known: float
) -> None:
    """It is found where it is likelier than what the search finds; the probability is right."""
    table, votes = scrambled(seed), voted(ANSWERS, shares, known)
    made = engine(table)
    (found,) = made.replies([SOURCE], GREEDY, [0], [votes])
    assert steps(made)[0] == START
    plain = decisive(table, votes)
    ended = (*found.pieces, END) if found.finish == "stop" else found.pieces
    assert found.pieces == plain.pieces or ended in votes.answers
    if found.finish == "stop":
        likely = stepwise(table, votes, ended)
        assert found.log_probability == pytest.approx(likely, abs=1e-4)
        assert likely >= math.log(votes.of(votes.best)) - 1e-4


@pytest.mark.parametrize(
    ("known", "expected"), [(0.49, [START]), (0.5, [START]), (0.502, []), (1.0, [])]
)
def test_more_than_half_of_all_is_sure(known: float, expected: list[int]) -> None:
    made = engine(scrambled(1))
    made.replies([SOURCE], GREEDY, [0], [voted(ANSWERS, (4, 3, 2, 1), known)])
    assert steps(made)[:1] == expected


@pytest.mark.parametrize("method", ["sample", "beam"])
def test_other_methods_are_never_sure(method: str) -> None:
    made = engine(scrambled(1))
    made.replies([SOURCE], GenerationConfig(method=method), [0], [voted(ANSWERS[:1], (1,), 1.0)])
    assert steps(made)[0] == START


@pytest.mark.parametrize(
    ("answer", "limits"),
    [
        ((6, 7, 6, 7, END), {"no_repeat_ngram": 2}),
        ((6, 6, END), {"no_repeat_ngram": 1}),
        ((6, 7, END), {"min_tokens": 3}),
        ((END,), {}),
    ],
)
def test_what_the_rules_forbid_is_not_sure(answer: Pieces, limits: dict[str, int]) -> None:
    """The search goes another way, as without the short cut."""
    table, votes = scrambled(3), voted([answer, (8, 7, END)], (3, 1), 0.9)
    settings = GenerationConfig(max_tokens=6, **limits)  # type: ignore[arg-type]
    made = engine(table)
    (found,) = made.replies([SOURCE], settings, [0], [votes])
    assert steps(made)[0] == START
    assert found.pieces == decisive(table, votes, settings).pieces != answer[:-1]


@pytest.mark.parametrize(
    ("answer", "limits"),
    [
        ((6, 7, 6, 8, END), {"no_repeat_ngram": 2}),
        ((6, 7, 8, END), {"no_repeat_ngram": 1, "min_tokens": 3}),
        ((END,), {"min_tokens": 0}),
    ],
)
def test_what_the_rules_allow_is(answer: Pieces, limits: dict[str, int]) -> None:
    made = engine(scrambled(3))
    settings = GenerationConfig(max_tokens=6, **limits)  # type: ignore[arg-type]
    (found,) = made.replies([SOURCE], settings, [0], [voted([answer, (8, 7, END)], (3, 1), 0.9)])
    assert steps(made) == []
    assert (found.pieces, found.finish) == (answer[:-1], "stop")


def test_sure_ones_and_others_keep_the_order() -> None:
    count = 2 * SLOTS + 5
    sources = [(4, *range(6, 6 + place % 3), place) for place in range(count)]
    votes = [
        voted(ANSWERS, (1 + place % 4, 2, 2, 1), (0.1, 0.4, 0.8)[place % 3])
        for place in range(count)
    ]
    table = scrambled(2)
    together = engine(table).replies(sources, GREEDY, range(count), votes)
    for place, found in enumerate(together):
        (alone,) = engine(table).replies([sources[place]], GREEDY, [place], [votes[place]])
        assert (found.pieces, found.finish) == (alone.pieces, alone.finish)
        assert found.log_probability == pytest.approx(alone.log_probability)


# --- probabilities of given replies --------------------------------------------------------------


def test_likelihoods_of_many_keep_the_order() -> None:
    random = np.random.default_rng(1)
    count = 2 * SLOTS + 5
    sources = [(4, place) for place in range(count)]
    replies = [
        (*random.integers(6, 9, size=random.integers(0, 6)).tolist(), END) for _ in range(count)
    ]
    table = scrambled(6)
    made = engine(table)
    alone = [
        log_probability(table, source, reply)
        for source, reply in zip(sources, replies, strict=True)
    ]
    assert made.likelihood(sources, replies) == pytest.approx(alone)
    votes = [voted(ANSWERS, (1, 2, 3, 4), 0.1 * (place % 10)) for place in range(count)]
    joint = [
        math.log(each.of(reply) + each.generator * math.exp(own))
        for each, reply, own in zip(votes, replies, alone, strict=True)
    ]
    assert made.likelihood(sources, replies, votes) == pytest.approx(joint)
    assert steps(made) == []
    assert made.likelihood([], []) == []


# --- cut at the limit ----------------------------------------------------------------------------


@pytest.mark.parametrize("known", [0.3, 0.9, 1.0])
@pytest.mark.parametrize("method", ["greedy", "sample", "beam"])
def test_a_remembered_answer_is_said_whole_however_long(method: str, known: float) -> None:
    """As one reply, among many, and streamed."""
    settings = GenerationConfig(method=method, beam=2, max_tokens=3, length_penalty=0.0)
    table = scrambled(1, 0.1)
    votes = voted([LONG], (1,), known)
    whole = 0
    for seed in range(8):
        found = engine(table).candidates(SOURCE, settings, seed, votes)[0]
        assert found == engine(table).replies([SOURCE], settings, [seed], [votes])[0]
        streamed = collected(list(engine(table).stream(SOURCE, settings, seed, votes)))
        assert (streamed.pieces, streamed.finish) == (found.pieces, found.finish)
        assert streamed.log_probability == pytest.approx(found.log_probability)
        if found.pieces == LONG[:-1]:
            assert found.finish == "stop"
            assert found.log_probability == pytest.approx(math.log(known), abs=1e-3)
            whole += 1
        else:
            assert len(found.pieces) <= 3
    assert whole == 8 or (method == "sample" and known < 1.0 and whole > 0)


@pytest.mark.parametrize("method", ["greedy", "sample", "beam"])
def test_what_the_generator_makes_up_is_cut(method: str) -> None:
    """Though a remembered answer begins so."""

    def certain(source: tuple[int, ...], said: tuple[int, ...]) -> np.ndarray:
        logits = np.full(9, -20.0, dtype=np.float32)
        logits[LONG[len(said)]] = 0.0
        return logits

    settings = GenerationConfig(method=method, beam=1, max_tokens=3)
    votes = voted([LONG], (1,), 0.2)
    for found in (
        engine(certain).candidates(SOURCE, settings, 1, votes)[0],
        collected(list(engine(certain).stream(SOURCE, settings, 1, votes))),
    ):
        if method == "greedy":  # which compares it with the answer, whole, that it begins
            assert (found.pieces, found.finish) == (LONG[:-1], "stop")
            assert found.log_probability == pytest.approx(0.0, abs=1e-3)
        else:
            assert (found.pieces, found.finish) == (LONG[:3], "length")
    (cut,) = engine(certain).replies([SOURCE], settings, [1])
    assert (cut.pieces, cut.finish) == (LONG[:3], "length")
