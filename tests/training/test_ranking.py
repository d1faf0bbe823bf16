"""The ranker and the learned vectors: right by hand, better than they began, alike to the bit."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from stores import SHOP, row

from dialog_s2s.memory.ranker import FEATURES, GATES, Ranker
from dialog_s2s.memory.similarity import Bags, Similarity
from dialog_s2s.text.thesaurus import EMPTY, Thesaurus
from dialog_s2s.training import ranking as module
from dialog_s2s.training.neighbours import Neighbours, Query, Store, neighbours
from dialog_s2s.training.ranking import (
    LEARNED,
    LEAST,
    SMALL,
    TorchRanker,
    fit_ranker,
    joined,
    log_weights,
    refit_all,
    refit_gates,
    responsibilities,
    with_learned,
)
from dialog_s2s.training.withholding import groups_of

FRAMES = ("tell me about the {} please", "I would like to know more of your {}")
SYNONYMS = [
    *(("shoes", "boots", "sandals"), ("milk", "yoghurt", "cream"), ("car", "van", "truck")),
    *(("lamp", "candle", "torch"), ("apple", "pear", "quince"), ("gold", "ruby", "jewel")),
    *(("violin", "flute", "drum"), ("paper", "ink", "pencil"), ("rain", "snow", "hail")),
    *(("king", "queen", "prince"), ("bread", "muffin", "bagel"), ("dog", "wolf", "fox")),
]
"""Words that are asked about alike and share no letters to speak of."""

ALIKE = [
    row(frame.format(word), f"Answer number {topic}.")
    for topic, words in enumerate(SYNONYMS)
    for word in words
    for frame in FRAMES
]
seeds = st.integers(0, 10_000)


def some(seed: int, queries: int = 20, count: int = 6) -> tuple[Ranker, Neighbours, NDArray]:
    """A ranker, candidates, and what the generator makes of the replies, all at random."""
    random = np.random.default_rng(seed)
    there_QK = np.arange(count) < random.integers(0, count + 1, size=queries)[:, None]
    right_QK = there_QK & (random.random(there_QK.shape) < 0.3)
    features_QKF = random.random((*there_QK.shape, len(FEATURES))) * there_QK[:, :, None]
    gates_QG = random.random((queries, len(GATES)))
    gates_QG[:, 0] = 1.0
    ranker = Ranker(
        *(tuple(random.normal(0, 3, n).tolist()) for n in (len(FEATURES), len(GATES), len(GATES)))
    )
    near = Neighbours(
        Similarity.counted([], EMPTY).bags([""] * queries),
        np.zeros(there_QK.shape, np.int64),
        there_QK,
        features_QKF.astype(np.float32),
        gates_QG.astype(np.float32),
        right_QK,
        right_QK,
        np.where(random.random(queries) < 0.5, 0.0, random.random(queries)),
    )
    return ranker, near, -random.exponential(20, size=queries)


def coefficients(ranker: Ranker) -> tuple[torch.Tensor, ...]:
    return tuple(map(torch.tensor, (ranker.features, ranker.prior, ranker.generator)))


def likelihood(ranker: Ranker, near: Neighbours, features_QKF: NDArray, given_Q: NDArray) -> float:
    """The mean log-probability of the replies, in the runtime's own terms."""
    nats = 0.0
    for place, likely in enumerate(given_Q):
        there = near.there_QK[place]
        weights_K, prior, generator = ranker.weights(
            features_QKF[place, there].astype(float), np.zeros(there.sum()), near.gates_QG[place]
        )
        known = weights_K[near.right_QK[place, there]].sum() + prior * near.prior_Q[place]
        nats -= np.logaddexp(
            math.log(known) if known > 0 else -math.inf, math.log(generator) + likely
        )
    return -nats / len(given_Q)


@given(seeds)
def test_weights_are_those_that_a_memory_answers_by(seed: int) -> None:
    ranker, near, _ = some(seed)
    found = log_weights(
        coefficients(ranker),
        torch.from_numpy(near.features_QKF),
        torch.from_numpy(near.there_QK),
        torch.from_numpy(near.gates_QG),
    ).exp()
    for place, there in enumerate(near.there_QK):
        weights_K, prior, generator = ranker.weights(
            near.features_QKF[place, there].astype(float),
            np.zeros(there.sum()),
            near.gates_QG[place].astype(float),
        )
        wanted = np.zeros(there.size + 2)
        wanted[:-2][there] = weights_K
        wanted[-2:] = prior, generator
        assert found[place].tolist() == pytest.approx(wanted.tolist(), rel=1e-3, abs=1e-6)


def test_the_mixture_by_hand() -> None:
    weights = torch.tensor([[0.2, 0.3, 0.1, 0.15, 0.25]] * 3).log()
    right = torch.tensor([[True, False, True], [False, False, False], [True, True, True]])
    prior = torch.tensor([0.01, 0.5, 1e-30]).log()
    generator = torch.tensor([0.1, 0.2, 1e-30]).log()
    wanted = [0.3 + 0.0015 + 0.025, 0.075 + 0.05, 0.6]
    assert joined(weights, right, prior, generator).exp().tolist() == pytest.approx(wanted)


PARTS = (2.0, FEATURES), (0.5, GATES), (1.0, GATES)


def test_responsibilities_by_hand() -> None:
    ranker = Ranker(*((first, *[0.0] * (len(names) - 1)) for first, names in PARTS))
    _, near, _ = some(1, queries=1, count=2)
    near.there_QK[:] = True
    near.features_QKF[0, :, 0] = [1.0, 0.25]
    near.right_QK[0] = [False, True]
    near.prior_Q[0] = 0.1
    whole = math.exp(2) + math.exp(0.5) + math.exp(0.5) + math.exp(1)
    known, left = responsibilities(ranker, near.features_QKF, near)
    assert known.tolist() == pytest.approx([math.log(1.1 * math.exp(0.5) / whole)], rel=1e-5)
    assert left.tolist() == pytest.approx([math.log(math.exp(1) / whole)], rel=1e-5)
    near.right_QK[:] = False
    near.prior_Q[:] = 0.0
    assert responsibilities(ranker, near.features_QKF, near)[0][0] < -500


@settings(deadline=None)
@given(seeds)
def test_responsibilities_are_the_parts_of_the_likelihood(seed: int) -> None:
    ranker, near, given_Q = some(seed)
    known, left = responsibilities(ranker, near.features_QKF, near)
    mean = float(np.logaddexp(known, left + given_Q).mean())
    assert mean == pytest.approx(likelihood(ranker, near, near.features_QKF, given_Q), rel=1e-3)


def learnt(rows: list, width: int, seed: int = 1) -> tuple[Ranker, Similarity, Store, Neighbours]:
    """All that is learnt from rows asked of one another."""
    store = Store.of(rows, width, EMPTY)
    queries = [Query(x.question, x.context, i, x.answer, x.intent) for i, x in enumerate(rows)]
    near = neighbours(store, queries)
    ranker, similarity = fit_ranker(
        store.similarity,
        store.asked,
        near,
        np.full(len(rows), -12.0),
        groups_of(rows),
        seed,
    )
    return ranker, similarity, store, near


@pytest.mark.parametrize("width", [0, 16])
@pytest.mark.parametrize("rows", [SHOP, ALIKE], ids=["shop", "alike"])
def test_learning_raises_the_likelihood(rows: list, width: int) -> None:
    ranker, similarity, store, near = learnt(rows, width)
    given_Q = np.full(len(rows), -12.0)
    torch.manual_seed(1)
    start = TorchRanker(store.similarity)
    before = Ranker(*(tuple(each.tolist()) for each in start.coefficients))
    table_LD = (start.table.weight / start.length).detach().numpy()[:, :width]
    fresh = Similarity(store.similarity.trained_B, store.similarity.trained_texts, table_LD, EMPTY)
    features = [with_learned(each, store.asked, near) for each in (fresh, similarity)]
    near = replace(near, right_QK=near.alike_QK)  # it learns from what is interchangeable too
    first = likelihood(before, near, features[0], given_Q)
    # without vectors, letters say little here
    assert likelihood(ranker, near, features[1], given_Q) > first + (0.1 if width else 0.02)


def test_words_that_share_answers_come_together() -> None:
    """Asked by other words than any that is remembered, where letters say nothing."""
    _, similarity, _, _ = learnt(ALIKE, 32)
    asked = similarity.bags([FRAMES[0].format(words[2]) for words in SYNONYMS])
    stored = similarity.bags([FRAMES[0].format(words[0]) for words in SYNONYMS])
    truth = np.arange(len(SYNONYMS))
    each_QK = np.tile(truth, (len(truth), 1))
    lexical = similarity.alike(asked, stored, each_QK).lexical_QK.argmax(1)
    learned = similarity.learned(asked, stored, each_QK).argmax(1)
    assert (lexical == truth).mean() < 0.4
    assert (learned == truth).mean() > 0.9


def test_what_is_learnt_is_counted_on() -> None:
    """And only where there is something to learn by."""
    assert learnt(ALIKE, 32)[0].features[LEARNED] > 4.0
    ranker, similarity, store, _ = learnt(ALIKE, 0)
    assert ranker.features[LEARNED] == 0.0
    assert similarity is store.similarity


def test_the_seed_alone_decides() -> None:
    made = [learnt(ALIKE, 8, seed) for seed in (1, 1, 2)]
    assert made[0][0] == made[1][0] != made[2][0]
    assert np.array_equal(made[0][1].table_LD, made[1][1].table_LD)
    assert made[0][1].table_LD.dtype == np.float32


def test_threads_change_nothing() -> None:
    """Which a run has as many of as there are cores."""
    rows = [
        replace(each, question=f"{each.question} {number}")
        for number in range(20)
        for each in ALIKE
    ]
    before = torch.get_num_threads()
    try:
        tables = []
        for threads in (1, 3):
            torch.set_num_threads(threads)
            tables.append(learnt(rows, 32)[1].table_LD)
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert all(np.array_equal(tables[0], table) for table in tables)


def test_interchangeable_answers_are_right_to_learn_from() -> None:
    rows = [
        row(frame.format(word), f"{topic} in the words of {word}.", intent=intent * (topic + 1))
        for intent in (0, 1)
        for topic, words in enumerate(SYNONYMS)
        for word in words
        for frame in FRAMES[:1]
    ]
    apart, alike = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    sure = [responsibilities(learnt(each, 16)[0], *_of(each))[1].mean() for each in (apart, alike)]
    assert sure[0] > -0.3  # the generator's weight is near 1
    assert sure[1] < sure[0] - 1.0


def _of(rows: list) -> tuple[NDArray, Neighbours]:
    _, similarity, store, near = learnt(rows, 16)
    return with_learned(similarity, store.asked, near), near


ASTRAY = Thesaurus.parse(
    "shoes, milk, car, lamp, apple, gold, violin, paper, rain, king, bread, dog"
)
"""Says that what is asked about different things means the same."""


def test_some_coefficients_are_held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though the corpus would teach that they are worth less."""
    rows = [
        each for each in ALIKE if ASTRAY.knows(each.question.removesuffix(" please").split()[-1])
    ]
    assert len(rows) == 2 * len(SYNONYMS)

    def held() -> dict[str, float]:
        store = Store.of(rows, 0, ASTRAY)
        queries = [Query(each.question, (), place, each.answer) for place, each in enumerate(rows)]
        near = neighbours(store, queries)
        groups, likely = groups_of(rows), np.full(len(rows), -12.0)
        ranker, _ = fit_ranker(store.similarity, store.asked, near, likely, groups, 1)
        return {name: ranker.features[FEATURES.index(name)] for name in LEAST}

    least = dict(LEAST)
    found = held()
    assert all(found[name] >= least[name] for name in least)
    monkeypatch.setattr(module, "LEAST", {})
    free = held()
    assert any(free[name] < least[name] for name in least)
    assert all(
        found[name] == pytest.approx(least[name]) for name in least if free[name] < least[name]
    )


def test_fitting_anew_keeps_how_many_wordings_there_are() -> None:
    ranker, near, given_Q = some(1)
    ranker = replace(ranker, wordings=4.5)
    features = near.features_QKF
    assert refit_gates(ranker, features, near, given_Q).wordings == 4.5
    assert refit_all(ranker, features, near, given_Q).wordings == 4.5


def test_two_rows_are_enough() -> None:
    ranker, similarity, _, _ = learnt([row("one", "1"), row("two", "2")], 4)
    assert all(map(math.isfinite, (*ranker.features, *ranker.prior, *ranker.generator)))
    assert np.isfinite(similarity.table_LD).all()


def summed(similarity: Similarity, bags: Bags) -> NDArray[np.float64]:
    """The vectors of texts whose terms were all trained, term by term."""
    vectors = np.zeros((len(bags), similarity.table_LD.shape[1]))
    for text, (start, end) in enumerate(pairwise(bags.starts.tolist())):
        for term in range(start, end):
            bucket = bags.buckets[term : term + 1]
            assert similarity.trained_B[bucket] > 0
            (place,) = similarity.places(bucket)
            vectors[text] += bags.trained[term] * similarity.table_LD[place]
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_the_learned_likeness_is_that_of_vectors() -> None:
    _, similarity, store, near = learnt(SHOP, 8)
    features = with_learned(similarity, store.asked, near)
    vectors = summed(similarity, store.asked)
    for place, rows in enumerate(near.rows_QK):
        wanted = vectors[rows] @ vectors[place] * near.there_QK[place]
        assert features[place, :, LEARNED].tolist() == pytest.approx(wanted.tolist(), abs=1e-6)
    others = [place for place in range(len(FEATURES)) if place != LEARNED]
    assert np.array_equal(features[:, :, others], near.features_QKF[:, :, others])
    assert not near.features_QKF[:, :, LEARNED].any()


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_fitting_anew_never_makes_it_worse(seed: int) -> None:
    ranker, near, given_Q = some(seed)
    again = refit_gates(ranker, near.features_QKF, near, given_Q)
    before, after = (likelihood(each, near, near.features_QKF, given_Q) for each in (ranker, again))
    assert after >= before - 1e-4


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_fitting_all_anew_makes_it_no_worse(seed: int) -> None:
    ranker, near, given_Q = some(seed)
    features = near.features_QKF
    fitted = refit_all(ranker, features, near, given_Q)

    def cost(each: Ranker) -> float:
        return SMALL * sum(float((part**2).sum()) for part in coefficients(each)) - likelihood(
            each, near, features, given_Q
        )

    assert cost(fitted) <= cost(ranker) + 1e-4
    assert fitted == refit_all(ranker, features, near, given_Q)


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_fitting_anew_keeps_the_ranking(seed: int) -> None:
    ranker, near, given_Q = some(seed)
    again = refit_gates(ranker, near.features_QKF, near, given_Q)
    assert again.prior[1:] == pytest.approx(ranker.prior[1:])
    assert again.generator[1:] == pytest.approx(ranker.generator[1:])
    ratios = np.array(again.features) / np.array(ranker.features)
    assert ratios.min() > 0
    assert ratios.tolist() == pytest.approx([ratios[0]] * len(FEATURES), rel=1e-4)


def test_fitting_anew_gives_a_better_generator_more_weight() -> None:
    ranker, near, _ = some(3, queries=200)
    shares = [
        refit_gates(ranker, near.features_QKF, near, np.full(200, likely)).generator[0]
        for likely in (-40.0, -2.0)
    ]
    assert shares[0] < shares[1] - 1.0
