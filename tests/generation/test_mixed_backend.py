"""Searches over memory and generator together against the definition by the whole reply."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
from fakes import SILENT as ROLES
from fakes import (
    VOCABULARY,
    WORDS,
    Fake,
    Table,
    every,
    exhaustive,
    greedy,
    log_probability,
    scrambled,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from dialog_s2s.config import GenerationConfig
from dialog_s2s.generation.mixed_backend import MixedBackend, MixedState
from dialog_s2s.generation.rules import log_softmax
from dialog_s2s.generation.search import Hypothesis, beam, one_by_one
from dialog_s2s.memory.mixture import NOTHING, SILENT, Pieces, Prior, Votes
from dialog_s2s.text.tokenizer import END, PADDING, START, UNKNOWN

COUNTS: dict[Pieces, int] = {(6, END): 4, (7, 7, END): 3, (8, 6, 7, END): 2, (8, 6, END): 1}
PRIOR = Prior(list(COUNTS), list(COUNTS.values()))
SOURCES = [(4, 6), (4, 7, 8), (4, 8), (5, 6, 6)]
VOTES = [
    Votes(((6, 7, END), (6, 7, 8, END), (8, END)), (0.3, 0.2, 0.1), 0.1, 0.3),
    Votes(((7, END),), (0.02,), 0.0, 0.98),
    Votes(((8, 8, 8, END), (7, 6, END)), (0.35, 0.25), 0.4, 0.0),
    SILENT,
]
"""A sure memory, a timid one, one that leaves nothing to the generator, and none."""

TOLD = dict(zip(SOURCES, VOTES, strict=True))
GREEDY = GenerationConfig(max_tokens=6)
WIDE = GenerationConfig(method="beam", beam=64, max_tokens=4)
FREE = GenerationConfig(method="sample", temperature=1.0, top_p=1.0, min_tokens=0, max_tokens=3)
LIMITS = [{}, {"min_tokens": 3}, {"min_tokens": 0}, {"no_repeat_ngram": 1}]
limited = pytest.mark.parametrize("limits", LIMITS, ids=str)
seeded = pytest.mark.parametrize("seed", range(4))
each_source = pytest.mark.parametrize("source", SOURCES, ids=str)


def changed(base: GenerationConfig, **changes: object) -> GenerationConfig:
    return GenerationConfig(**{**{name: getattr(base, name) for name in base.__slots__}, **changes})


def joined(table: Table, told: dict[tuple[int, ...], Votes] = TOLD) -> Table:
    """What comes next by the definition: of all that begins with `said`, how much goes on so."""

    table = cache(table)

    @cache
    def mass(source: tuple[int, ...], said: tuple[int, ...]) -> float:
        votes, depth = told[source], len(said)
        remembered = [
            weight
            for answer, weight in zip(votes.answers, votes.weights, strict=True)
            if answer[:depth] == said
        ]
        alike = sum(count for answer, count in COUNTS.items() if answer[:depth] == said)
        return (
            sum(remembered)
            + votes.prior * alike / sum(COUNTS.values())
            + votes.generator * math.exp(log_probability(table, source, said))
        )

    @cache
    def logits(source: tuple[int, ...], said: tuple[int, ...]) -> np.ndarray:
        whole = mass(source, said)
        if not whole:  # cannot be said: what comes next is nobody's concern
            return table(source, said)
        grown = np.array([mass(source, (*said, piece)) for piece in range(VOCABULARY)])
        with np.errstate(divide="ignore"):
            return np.log(grown / whole).astype(np.float32)

    return logits


def mixed(table: Table, sources: Sequence[tuple[int, ...]]) -> MixedBackend:
    return MixedBackend(Fake(table), [TOLD[source] for source in sources], PRIOR)


def searched(
    table: Table, sources: Sequence[tuple[int, ...]], chosen: GenerationConfig, seeds: Sequence[int]
) -> list[Hypothesis]:
    """What `one_by_one` finds with the memory's votes."""
    return gathered(mixed(table, sources), sources, chosen, seeds)


def gathered(
    backend: MixedBackend | Fake,
    sources: Sequence[tuple[int, ...]],
    chosen: GenerationConfig,
    seeds: Sequence[int],
) -> list[Hypothesis]:
    pieces: list[list[int]] = [[] for _ in sources]
    likely, finish = [0.0] * len(sources), [""] * len(sources)
    for said in one_by_one(backend, sources, chosen, seeds, ROLES):
        likely[said.source] += said.log_probability
        finish[said.source] = said.finish or ""
        if said.piece is not None:
            pieces[said.source].append(said.piece)
    return [
        Hypothesis(tuple(one), each, end)
        for one, each, end in zip(pieces, likely, finish, strict=True)
    ]


def close(found: Hypothesis, wanted: Hypothesis) -> bool:
    return (found.pieces, found.finish) == (wanted.pieces, wanted.finish) and math.isclose(
        found.log_probability, wanted.log_probability, abs_tol=1e-4
    )


# --- searches ------------------------------------------------------------------------------------


@limited
@seeded
@each_source
def test_greedy_takes_the_likeliest_piece_of_the_mixture(
    source: tuple[int, ...], seed: int, limits: dict[str, int]
) -> None:
    chosen = changed(GREEDY, **limits)
    (found,) = searched(scrambled(seed), [source], chosen, [0])
    assert close(found, greedy(joined(scrambled(seed)), source, chosen))


@limited
@seeded
@each_source
@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_a_wide_beam_finds_the_best_of_the_mixture(
    source: tuple[int, ...], seed: int, penalty: float, limits: dict[str, int]
) -> None:
    chosen = changed(WIDE, length_penalty=penalty, **limits)
    found = [
        each
        for each in beam(mixed(scrambled(seed), [source]), source, chosen, ROLES)
        if len(each.pieces) >= chosen.min_tokens  # shorter where nothing allowed was possible
    ]
    wanted = [
        (score, each)
        for score, each in exhaustive(joined(scrambled(seed)), source, chosen)
        if score > -math.inf
    ]
    assert found
    assert len(found) == min(64, len(wanted))
    by_pieces = {(each.pieces, each.finish): each for _, each in wanted}
    for one, (score, _) in zip(found, wanted, strict=False):  # the equally good in any order
        length = len(one.pieces) + (one.finish == "stop")
        assert one.log_probability / max(1, length) ** penalty == pytest.approx(score, abs=1e-4)
        assert close(one, by_pieces[one.pieces, one.finish])


@seeded
@each_source
@pytest.mark.parametrize("width", [1, 2, 3])
def test_a_narrow_beam_takes_the_same_way(source: tuple[int, ...], seed: int, width: int) -> None:
    """As over a backend that was told the probabilities of the mixture; rows are reordered."""
    chosen = changed(GREEDY, method="beam", beam=width)
    found = beam(mixed(scrambled(seed), [source]), source, chosen, ROLES)
    wanted = beam(Fake(joined(scrambled(seed))), source, chosen, ROLES)
    assert len(found) == len(wanted) > 0
    for one, other in zip(found, wanted, strict=True):
        assert close(one, other)


@seeded
def test_sampling_draws_the_same_pieces(seed: int) -> None:
    """As over a backend that was told the probabilities of the mixture."""
    sources = SOURCES * 20
    seeds = list(range(100 * seed, 100 * seed + len(sources)))
    chosen = changed(FREE, max_tokens=6, temperature=0.8, top_p=0.95)
    found = searched(scrambled(seed), sources, chosen, seeds)
    wanted = gathered(Fake(joined(scrambled(seed))), sources, chosen, seeds)
    assert len({each.pieces for each in found}) > 10
    for one, other in zip(found, wanted, strict=True):
        assert close(one, other)


def test_an_answer_is_quoted_whole_with_its_weight() -> None:
    """A generator that knows nothing of it notwithstanding."""
    answer = (6, 8, 6, 7, 8)
    logits = np.zeros(VOCABULARY, dtype=np.float32)
    logits[list({*answer})] = -690.0
    backend = MixedBackend(
        Fake(lambda *_: logits), [Votes(((*answer, END),), (0.9,), 0.0, 0.1)], PRIOR
    )
    for found in (
        gathered(backend, [SOURCES[0]], GREEDY, [0])[0],
        beam(backend, SOURCES[0], changed(GREEDY, method="beam", beam=3), ROLES)[0],
    ):
        assert (found.pieces, found.finish) == (answer, "stop")
        assert found.log_probability == pytest.approx(math.log(0.9), abs=1e-5)


# --- rows ----------------------------------------------------------------------------------------


def distributions(backend: MixedBackend | Fake, fed: Sequence[int], state: object) -> np.ndarray:
    return np.exp(log_softmax(backend.step(fed, state)[0]).astype(np.float64))


@settings(max_examples=80, deadline=None)
@given(data=st.data(), seed=st.integers(0, 99))
def test_select_never_changes_a_row(data: st.DataObject, seed: int) -> None:
    """Rows are reordered, repeated and dropped before the first step and after every other."""
    sources = data.draw(st.lists(st.sampled_from(SOURCES), min_size=1, max_size=4))
    backend, table = mixed(scrambled(seed), sources), joined(scrambled(seed))
    state: MixedState = backend.encode(sources)
    said: list[tuple[int, ...]] = [()] * len(sources)
    kept = []
    for _ in range(data.draw(st.integers(1, 5))):
        places = st.lists(st.integers(0, len(sources) - 1), min_size=1, max_size=5)
        rows = data.draw(places, label="rows")
        state = backend.select(state, rows)
        sources, said = [sources[row] for row in rows], [said[row] for row in rows]
        fed = [each[-1] if each else START for each in said]
        kept.append((state, fed, distributions(backend, fed, state)))
        for source, each, found_V in zip(sources, said, kept[-1][2], strict=True):
            wanted_V = np.exp(log_softmax(table(source, each)))
            assert found_V == pytest.approx(wanted_V, abs=1e-5)
        _, state = backend.step(fed, state)
        said = [(*each, data.draw(st.sampled_from(WORDS))) for each in said]
    for state, fed, before in kept:  # a state is never changed in place
        assert np.array_equal(distributions(backend, fed, state), before)


@pytest.mark.parametrize("method", ["greedy", "sample"])
@seeded
def test_each_source_has_its_own_votes_as_if_alone(seed: int, method: str) -> None:
    sources = [SOURCES[place] for place in (2, 0, 3, 1, 0, 2, 1)]
    seeds = [11 * place + seed for place in range(len(sources))]
    chosen = changed(FREE, method=method, max_tokens=6)
    together = searched(scrambled(seed), sources, chosen, seeds)
    for source, one, found in zip(sources, seeds, together, strict=True):
        (alone,) = searched(scrambled(seed), [source], chosen, [one])
        assert close(found, alone)
    assert len({each.pieces for each in together}) > 2


@seeded
def test_without_votes_it_is_the_generator_exactly(seed: int) -> None:
    inner = Fake(scrambled(seed))
    backend = MixedBackend(inner, [SILENT] * len(SOURCES), PRIOR)
    state, inner_state = backend.encode(SOURCES), inner.encode(SOURCES)
    for fed in ([START] * 4, [6, 7, 8, 6], [8, 7, 7, 6]):
        mixed_RV, state = backend.step(fed, state)
        logits_RV, inner_state = inner.step(fed, inner_state)
        assert np.array_equal(mixed_RV, log_softmax(logits_RV))
        assert mixed_RV.dtype == np.float32
    for chosen in (GREEDY, changed(FREE, max_tokens=6)):
        for found, wanted in zip(
            gathered(backend, SOURCES, chosen, [1, 2, 3, 4]),
            gathered(inner, SOURCES, chosen, [1, 2, 3, 4]),
            strict=True,
        ):
            assert close(found, wanted)


def test_without_a_prior_only_the_answers_are_remembered() -> None:
    backend = MixedBackend(Fake(scrambled(1)), [Votes(((7, END),), (0.6,), 0.0, 0.4)], NOTHING)
    (first_V,) = distributions(backend, [START], backend.encode(SOURCES[:1]))
    own_V = np.exp(log_softmax(scrambled(1)(SOURCES[0], ())))
    assert first_V == pytest.approx(0.4 * own_V + 0.6 * (np.arange(VOCABULARY) == 7), abs=1e-6)


def test_the_rest_is_the_generators() -> None:
    inner = Fake(scrambled(1))
    backend = MixedBackend(inner, VOTES, PRIOR)
    assert backend.vocabulary == inner.vocabulary
    _, state = backend.step([START] * 4, backend.encode(SOURCES))
    assert np.array_equal(backend.attention(state), inner.attention(state.inner))
    assert backend.attention(state).shape == (4, 3)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 99),
    replies=st.lists(
        st.lists(st.sampled_from(WORDS), max_size=5).map(lambda said: (*said, END)),
        min_size=len(SOURCES),
        max_size=len(SOURCES),
    ),
)
def test_the_likelihood_of_whole_replies_is_that_of_their_steps(
    seed: int, replies: list[Pieces]
) -> None:
    """Of remembered ones, of usual ones, and of ones the generator alone makes."""
    replies = [*replies, *(votes.answers[0] for votes in VOTES[:3]), *COUNTS]
    sources = [*SOURCES, *SOURCES[:3], *SOURCES]
    found = mixed(scrambled(seed), sources).likelihood(sources, replies)
    for source, reply, likely in zip(sources, replies, found, strict=True):
        backend = mixed(scrambled(seed), [source])
        state, fed, wanted = backend.encode([source]), START, 0.0
        for piece in reply:
            logits_RV, state = backend.step([fed], state)
            wanted += float(logits_RV[0, piece])
            fed = piece
            if wanted == -math.inf:
                break
        assert likely == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("count", [1, 3])
def test_as_many_votes_as_sources(count: int) -> None:
    with pytest.raises(ValueError, match=r"shorter|longer"):
        MixedBackend(Fake(scrambled(1)), VOTES[:2], PRIOR).encode(SOURCES[:count])


# --- sampling ------------------------------------------------------------------------------------

DRAWS = 4000


@each_source
def test_sampled_replies_are_as_frequent_as_they_are_likely(source: tuple[int, ...]) -> None:
    """Pearson's chi-square over all replies; the rare ones are counted together."""

    def table(source: tuple[int, ...], said: tuple[int, ...]) -> np.ndarray:
        logits = scrambled(5, 1.0)(source, said)
        logits[[PADDING, UNKNOWN, START, *ROLES]] = -np.inf  # else the rules would change it
        return logits

    found = Counter(
        (each.pieces, each.finish) for each in searched(table, [source] * DRAWS, FREE, range(DRAWS))
    )
    wanted = {
        (said, finish): DRAWS * whole(table, source, said, finish) for said, finish in every(FREE)
    }
    assert sum(wanted.values()) == pytest.approx(DRAWS, rel=1e-5)
    assert all(wanted[each] > 0 for each in found)
    rare = [each for each, expected in wanted.items() if expected < 5]
    cells = [(found[each], wanted[each]) for each in wanted if each not in rare]
    cells.append((sum(found[each] for each in rare), sum(wanted[each] for each in rare)))
    squares = sum((count - mean) ** 2 / mean for count, mean in cells if mean > 0)
    freedom = len(cells) - 1
    assert freedom >= 5
    assert squares < freedom + 4 * math.sqrt(2 * freedom)


def whole(table: Table, source: tuple[int, ...], said: tuple[int, ...], finish: str) -> float:
    """The probability of a reply, or of all that begin so, where it was cut."""
    votes = TOLD[source]
    reply = (*said, END) if finish == "stop" else said
    counted = [(answer, votes.prior * n / sum(COUNTS.values())) for answer, n in COUNTS.items()]
    remembered = [*zip(votes.answers, votes.weights, strict=True), *counted]
    return votes.generator * math.exp(log_probability(table, source, reply)) + sum(
        weight for answer, weight in remembered if answer[: len(reply)] == reply
    )
