"""The mixture by the piece against the mixture by the whole reply, in numbers of 50 digits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import accumulate, product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dialog_s2s.memory import mixture
from dialog_s2s.memory.mixture import NOTHING, SILENT, Pieces, Prior, Share, Votes

END, WORDS = 0, (1, 2, 3)
VOCABULARY = 4
FAINT = math.log(1e-300)


@dataclass(frozen=True)
class Generator:
    """Log-probabilities after each prefix: drawn from the seed, some pieces all but impossible."""

    seed: int
    faint: float = 0.0
    """The share of pieces of which the generator thinks `least`."""
    least: float = FAINT

    def after(self, said: Pieces) -> NDArray[np.float64]:
        random = np.random.default_rng([self.seed, 99, *said])
        logits = random.normal(0, 2, VOCABULARY)
        faint = random.random(VOCABULARY) < self.faint
        faint[random.integers(VOCABULARY)] = False
        logits[faint] = self.least
        return logits - np.logaddexp.reduce(logits)

    def of(self, said: Pieces) -> Decimal:
        """The probability of these pieces in a row."""
        total = Decimal(1)
        for depth, piece in enumerate(said):
            total *= Decimal(float(self.after(said[:depth])[piece])).exp()
        return total


class NeverEnding(Generator):
    """Gives the end piece 1e-300, always."""

    def after(self, said: Pieces) -> NDArray[np.float64]:
        logits = np.array([FAINT, 0.0, 0.0, 0.0])
        return logits - np.logaddexp.reduce(logits)


@dataclass(frozen=True)
class Case:
    votes: Votes
    counts: dict[Pieces, int]
    generator: Generator

    @property
    def prior(self) -> Prior:
        return Prior(list(self.counts), list(self.counts.values()))

    @property
    def start(self) -> Share:
        return Share.start(self.votes, self.prior)

    def at_once(self, reply: Pieces) -> float:
        """The log-probability of a whole reply, from the generator's log-probability of it."""
        likely = math.fsum(
            self.generator.after(reply[:depth])[piece] for depth, piece in enumerate(reply)
        )
        return self.votes.joined(reply, likely, self.prior)

    def of(self, said: Pieces) -> Decimal:
        """The probability that a reply is, or begins with, `said`: the definition, word for word.

        It need not be told which, as no reply is the beginning of another.
        """
        weights = self.votes.weights
        total = Decimal(self.votes.generator) * self.generator.of(said)
        for answer, weight in zip(self.votes.answers, weights, strict=True):
            total += Decimal(weight) * (answer[: len(said)] == said)
        alike = sum(count for each, count in self.counts.items() if each[: len(said)] == said)
        if alike:
            total += Decimal(self.votes.prior) * alike / sum(self.counts.values())
        return total

    def by_the_piece(self, reply: Pieces) -> float:
        """The log-probability of the pieces of a reply, one after another."""
        share, total = self.start, 0.0
        for depth, piece in enumerate(reply):
            likely_V = self.generator.after(reply[:depth])
            total += float(share.mixed(likely_V)[piece])
            share = share.fed(piece, float(likely_V[piece]))
        return total


def same(found: float, wanted: Decimal) -> bool:
    """Of the log-probability `found` and the probability `wanted`."""
    if not wanted:
        return found == -math.inf
    return math.isclose(found, float(wanted.ln()), rel_tol=1e-9, abs_tol=1e-12)


@pytest.fixture(autouse=True)
def _fifty_digits() -> Iterator[None]:
    with localcontext() as context:
        context.prec = 50
        yield


replies = st.lists(st.sampled_from(WORDS), max_size=4).map(lambda words: (*words, END))
parts = st.sampled_from([0.0, 1e-12, 1e-3, 0.3, 1.0, 7.0])
generators = st.builds(
    Generator,
    seed=st.integers(0, 999),
    faint=st.sampled_from([0.0, 0.0, 0.5, 1.0]),
    least=st.sampled_from([FAINT, -math.inf]),
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    answers = draw(st.lists(replies, max_size=5))
    counts = draw(st.dictionaries(replies, st.integers(1, 9), max_size=6))
    weights = [draw(parts) for _ in answers]
    prior = draw(parts) if counts else 0.0
    generator = draw(parts)
    total = sum(weights) + prior + generator
    if not total:
        total = generator = 1.0
    votes = Votes(
        tuple(answers),
        tuple(weight / total for weight in weights),
        prior / total,
        generator / total,
    )
    return Case(votes, counts, draw(generators))


KNOWN = ((1, 2, END), (1, 2, 3, END), (3, END), (END,))
"""An answer that goes on where another ends, and one that says nothing."""

COUNTS = {(1, 2, END): 2, (1, 1, END): 3, (2, END): 5}


def case(parts: Sequence[float], generator: Generator) -> Case:
    *weights, prior, own = parts
    return Case(Votes(KNOWN, tuple(weights), prior, own), COUNTS, generator)


MIXED = [0.1, 0.2, 0.05, 0.05, 0.25, 0.35]
WITHOUT_GENERATOR = [0.3, 0.2, 0.1, 0.1, 0.3, 0.0]
given_case = given(case=cases(), data=st.data())


def near(case: Case, data: st.DataObject) -> Pieces:
    """A reply that is remembered, or begins like one, or is new."""
    known = [*case.votes.answers, *case.counts] or [(END,)]
    begun = data.draw(st.sampled_from(known))
    kept = data.draw(st.integers(0, len(begun)))
    if kept == len(begun):
        return begun
    return (*begun[:kept], *data.draw(replies))


@settings(max_examples=300, deadline=None)
@given_case
def test_after_any_prefix_the_probabilities_sum_to_1(case: Case, data: st.DataObject) -> None:
    share, reply = case.start, near(case, data)
    for depth, piece in enumerate(reply):
        likely_V = case.generator.after(reply[:depth])
        before = likely_V.copy()
        mixed_V = share.mixed(likely_V)
        assert math.fsum(np.exp(mixed_V)) == pytest.approx(1, abs=1e-9)
        assert mixed_V.dtype == np.float64
        assert np.array_equal(likely_V, before)  # not changed in place
        coarse_V = likely_V.astype(np.float32)
        assert np.array_equal(share.mixed(coarse_V), share.mixed(coarse_V.astype(np.float64)))
        share = share.fed(piece, float(likely_V[piece]))


@settings(max_examples=400, deadline=None)
@given_case
def test_by_the_piece_is_by_the_whole_reply(case: Case, data: st.DataObject) -> None:
    reply = near(case, data)
    assert same(case.by_the_piece(reply), case.of(reply))
    assert same(case.at_once(reply), case.of(reply))


@pytest.mark.parametrize("parts", [MIXED, WITHOUT_GENERATOR, [0.0] * 5 + [1.0]], ids=str)
@pytest.mark.parametrize(
    "generator",
    [
        Generator(1),
        Generator(2, faint=1.0),
        Generator(3, faint=0.6, least=-math.inf),
        NeverEnding(0),
    ],
    ids=repr,
)
@pytest.mark.parametrize(
    "reply",
    [*KNOWN, *COUNTS, (1, 2, 1, END), (1, 2, 3, 3, END), (2, 3, END), (3, 3, 3, 3, 3, 3, END)],
    ids=str,
)
def test_replies_known_half_known_and_new(
    reply: Pieces, generator: Generator, parts: list[float]
) -> None:
    chosen = case(parts, generator)
    assert same(chosen.by_the_piece(reply), chosen.of(reply))
    assert chosen.at_once(reply) == pytest.approx(chosen.by_the_piece(reply), rel=1e-9)


@pytest.mark.parametrize(
    "generator", [Generator(1), Generator(2, faint=1.0), NeverEnding(0)], ids=repr
)
def test_what_the_generator_finds_impossible_is_still_remembered(generator: Generator) -> None:
    """Its share falls below the smallest float on the way, and nothing is lost."""
    long = (*(3, 2) * 8, END)
    votes = Votes((long, (3, END)), (1e-5, 0.0), 0.0, 1 - 1e-5)
    chosen = Case(votes, {}, generator)
    assert same(chosen.by_the_piece(long), chosen.of(long))
    assert same(chosen.at_once(long), chosen.of(long))
    other = (*(3, 2) * 8, 1, END)
    assert same(chosen.by_the_piece(other), chosen.of(other))


LONGEST = 3


def spread(case: Case) -> tuple[float, float]:
    """The mass of all replies of up to `LONGEST` words, and of all that is longer."""
    ended, open_ = [], []
    paths = [((), case.start, 0.0)]
    while paths:
        said, share, total = paths.pop()
        if len(said) > LONGEST:
            open_.append(math.exp(total))
            continue
        likely_V = case.generator.after(said)
        grown_V = total + share.mixed(likely_V)
        ended.append(math.exp(grown_V[END]))
        paths += [
            ((*said, word), share.fed(word, float(likely_V[word])), float(grown_V[word]))
            for word in WORDS
        ]
    assert len(ended) == sum(len(WORDS) ** length for length in range(LONGEST + 1))
    return math.fsum(ended), math.fsum(open_)


@settings(max_examples=60, deadline=None)
@given(case=cases())
@example(case=case(MIXED, Generator(7)))
@example(case=case(WITHOUT_GENERATOR, Generator(7)))
def test_what_all_short_replies_lack_is_the_mass_of_longer_ones(case: Case) -> None:
    longer = sum((case.of(said) for said in product(WORDS, repeat=LONGEST + 1)), start=Decimal(0))
    ended, open_ = spread(case)
    assert ended == pytest.approx(1 - float(longer), abs=1e-9)
    assert open_ == pytest.approx(float(longer), abs=1e-9)


# --- the prior -----------------------------------------------------------------------------------

told = st.lists(st.tuples(replies, st.integers(0, 9)), max_size=12)
"""Answers and their counts; the same answer may come twice."""


def known(told: Sequence[tuple[Pieces, int]]) -> dict[Pieces, float]:
    """The probability of each answer."""
    total = sum(count for _, count in told) or 1
    found: dict[Pieces, float] = {}
    for answer, count in told:
        found[answer] = found.get(answer, 0.0) + count / total
    return found


def ranges(prior: Prior, said: Pieces) -> tuple[int, int]:
    low, high = 0, len(prior)
    for depth, piece in enumerate(said):
        low, high = prior.narrowed(low, high, depth, piece)
    return low, high


def agrees(prior: Prior, naive: dict[Pieces, float], said: Pieces) -> None:
    """Everything that can be asked of what begins with `said`."""
    low, high = ranges(prior, said)
    depth = len(said)
    alike = {answer: p for answer, p in naive.items() if answer[:depth] == said}
    assert set(prior.answers[low:high]) == alike.keys()
    assert prior.mass(low, high) == pytest.approx(sum(alike.values()), abs=1e-12)
    if said in naive:
        return
    wanted: dict[int, float] = {}
    for answer, p in alike.items():
        wanted[answer[depth]] = wanted.get(answer[depth], 0.0) + p
    for _ in range(2):  # the second time from what was kept
        pieces, masses = prior.after(low, high, depth)
        assert pieces.tolist() == sorted(wanted)
        assert masses.tolist() == pytest.approx([wanted[piece] for piece in sorted(wanted)])


@settings(max_examples=200, deadline=None)
@given(told=told, wide=st.sampled_from([0, 1, 2, 4, 512]), data=st.data())
def test_the_prior_is_what_a_dictionary_is(
    told: list[tuple[Pieces, int]], wide: int, data: st.DataObject
) -> None:
    naive = known(told)
    begun = {said for answer in naive for said in accumulate(((p,) for p in answer), initial=())}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mixture, "WIDE", wide)
        prior = Prior([answer for answer, _ in told], [count for _, count in told])
        assert len(prior) == len(told)
        for said in data.draw(st.permutations(sorted(begun | {(3, 3), (1,), (END,)}))):
            agrees(prior, naive, said)
    for answer in [*naive, *data.draw(st.lists(replies, max_size=3))]:
        assert prior.of(answer) == pytest.approx(naive.get(answer, 0.0), abs=1e-12)


def test_a_prior_over_thousands_keeps_what_is_asked_often() -> None:
    random = np.random.default_rng(4)
    told = [
        ((*random.integers(1, 6, random.integers(0, 7)).tolist(), END), int(random.integers(1, 9)))
        for _ in range(6000)
    ]
    naive = known(told)
    prior = Prior([answer for answer, _ in told], [count for _, count in told])
    before = prior.after(0, len(prior), 0)
    for said in [(), (2,), (1,), (1, 4), (1, 4, 2), (5, 5, 5, 5), (9,), (1, END), (END,), (2,)]:
        agrees(prior, naive, said)
    assert prior.after(0, len(prior), 0) is before
    assert math.fsum(before[1]) == pytest.approx(1, abs=1e-12)
    low, high = ranges(prior, (1, 4, 2, 5))
    assert 0 < high - low < mixture.WIDE < len(prior)


def test_small_masses_stay_exact_beside_large_ones() -> None:
    """By sums of whole counts; sums of probabilities would lose seven digits here."""
    answers = [(word, other, END) for word in WORDS for other in WORDS]
    counts = [10**9, 1, 10**9, 1, 1, 1, 10**9, 3, 10**9]
    prior = Prior(answers, counts)
    for answer, count in zip(answers, counts, strict=True):
        assert prior.of(answer) == pytest.approx(count / sum(counts), rel=1e-15, abs=0)


@pytest.mark.parametrize("prior", [NOTHING, Prior([], [])])
def test_an_empty_prior(prior: Prior) -> None:
    assert len(prior) == 0
    assert prior.of((1, END)) == 0.0
    assert prior.mass(0, 0) == 0.0
    assert prior.narrowed(0, 0, 0, 1) == (0, 0)
    pieces, masses = prior.after(0, 0, 0)
    assert (pieces.tolist(), masses.tolist()) == ([], [])


@pytest.mark.parametrize("prior", [NOTHING, Prior([(1, END), (2, END)], [0, 0])])
def test_the_weight_of_a_prior_that_knows_nothing_goes_to_the_others(prior: Prior) -> None:
    likely_V = Generator(1).after(())
    alone = Share.start(Votes((), (), 0.5, 0.5), prior)
    assert np.allclose(alone.mixed(likely_V), likely_V, atol=1e-12)
    with_an_answer = Share.start(Votes(((1, END),), (0.3,), 0.4, 0.3), prior)
    wanted = Share.start(Votes(((1, END),), (0.5,), 0.0, 0.5), NOTHING).mixed(likely_V)
    assert np.allclose(with_an_answer.mixed(likely_V), wanted, atol=1e-12)


def test_every_answer_has_one_count() -> None:
    with pytest.raises(ValueError, match="shorter"):
        Prior([(1, END), (2, END)], [1])


# --- votes ---------------------------------------------------------------------------------------


def test_without_memory_it_is_the_generator() -> None:
    prior = Prior(list(COUNTS), list(COUNTS.values()))
    share = Share.start(SILENT, prior)
    for said in [(), (1,), (1, 2)]:
        likely_V = Generator(5).after(said)
        mixed_V = share.mixed(likely_V)
        assert np.array_equal(mixed_V, likely_V)
        assert not np.shares_memory(mixed_V, likely_V)
        share = share.fed(1, float(likely_V[1]))


def test_the_weight_of_an_answer() -> None:
    votes = Votes(((1, END), (2, END), (1, END)), (0.2, 0.1, 0.3), 0.0, 0.4)
    assert votes.of((1, END)) == pytest.approx(0.5)
    assert votes.of((2, END)) == pytest.approx(0.1)
    assert votes.of((3, END)) == 0.0


def test_a_whole_reply_without_a_prior_or_a_memory() -> None:
    votes = Votes(((1, END),), (0.25,), 0.5, 0.25)
    assert votes.joined((1, END), math.log(0.5)) == pytest.approx(math.log(0.375))
    assert votes.joined((2, END), math.log(0.5)) == pytest.approx(math.log(0.125))
    assert votes.joined((2, END), -math.inf) == -math.inf
    assert votes.joined((1, END), -math.inf) == pytest.approx(math.log(0.25))
    told = Prior([(2, END), (1, END)], [3, 1])
    assert votes.joined((2, END), -math.inf, told) == pytest.approx(math.log(0.375))
    assert SILENT.joined((2, END), -7.0) == -7.0
    sure = Votes(((1, END),), (1.0,), 0.0, 0.0)
    assert sure.joined((1, END), -700.0) == 0.0
    assert sure.joined((2, END), 0.0) == -math.inf


def test_the_best_answer_is_the_first_of_the_weightiest() -> None:
    votes = Votes(((9, 3), (7, 8, 3), (7, 3)), (0.2, 0.3, 0.3), 0.1, 0.1)
    assert votes.best == (7, 8, 3)
    assert votes.decisive().best == votes.best
    assert Votes(((1, END),), (0.0,), 0.0, 1.0).best == (1, END)


def test_sure_votes_leave_nothing_to_others() -> None:
    share = Share.start(Votes(((1, 2, END),), (1.0,), 0.0, 0.0), NOTHING)
    for piece in (1, 2, END):
        likely_V = Generator(5, faint=1.0).after(())
        assert share.mixed(likely_V).tolist() == [
            0.0 if other == piece else -math.inf for other in range(VOCABULARY)
        ]
        share = share.fed(piece, float(likely_V[piece]))


def test_answers_that_disagree_drop_out() -> None:
    share = Share.start(Votes(KNOWN, (0.1, 0.2, 0.3, 0.1), 0.0, 0.3), NOTHING)
    for piece, alive in ((1, (0, 1)), (2, (0, 1)), (3, (1,)), (2, ())):
        share = share.fed(piece, -1.0)
        assert share.alive == alive
    assert share.depth == 4
    assert share.generator == pytest.approx(math.log(0.3) - 4)


def test_decisive_votes_are_all_for_the_weightiest_answer() -> None:
    votes = Votes(((9, 3), (7, 8, 3), (7, 3)), (0.2, 0.25, 0.15), 0.1, 0.3)
    found = votes.decisive()
    assert (found.answers, found.prior, found.generator) == (((7, 8, 3),), 0.1, 0.3)
    assert found.weights == pytest.approx((0.6,))
    assert found.decisive() == found
    assert SILENT.decisive() is SILENT
