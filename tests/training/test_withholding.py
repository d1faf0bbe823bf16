"""Answers that are as if they had been taught: which rows and terms are left."""

from __future__ import annotations

import dataclasses

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from stores import SHOP, SYNONYMS, row

from dialog_s2s.memory.ranker import FEATURES, GATES, gates
from dialog_s2s.training.neighbours import Query, Store, neighbours
from dialog_s2s.training.withholding import groups_of, left, withheld

LENGTH = GATES.index("length")
seeds = st.integers(0, 10_000)
STORE = Store.of(SHOP, 0, SYNONYMS)
NEAR = neighbours(STORE, [Query(x.question, x.context, -1, x.answer, x.intent) for x in SHOP])
GROUPS = groups_of(SHOP)


def test_a_group_is_an_intent_or_else_an_answer() -> None:
    assert GROUPS.tolist() == [0, 0, 1, 1, 2, 3, 0, 4, 4]
    assert groups_of([]).tolist() == []
    rows = [row("a", "x"), row("b", "x"), row("c", "x", intent=1), row("d", "y", intent=1)]
    assert groups_of(rows).tolist() == [0, 0, 1, 1]


@given(seeds)
def test_of_an_answer_that_is_withheld_one_row_is_left(seed: int) -> None:
    found = withheld(GROUPS, STORE.asked, STORE.similarity.size, np.random.default_rng(seed))
    for group in set(GROUPS.tolist()):
        alive = int(found.alive_N[group == GROUPS].sum())
        assert alive in (1, int((group == GROUPS).sum()))
    whole = [group for group in set(GROUPS.tolist()) if found.alive_N[group == GROUPS].all()]
    kept = np.isin(GROUPS, whole)
    for place, known in enumerate(kept.tolist()):
        if not known:  # it was withheld, so its terms are new unless another row has them
            theirs = STORE.asked.rows([place]).buckets
            others = STORE.asked.rows(np.flatnonzero(kept)).buckets
            assert found.novel_B[np.setdiff1d(theirs, others)].all()
    assert found.novel_B[~np.isin(np.arange(len(found.novel_B)), STORE.asked.buckets)].all()


def test_how_much_is_withheld_differs() -> None:
    random = np.random.default_rng(1)
    shares = [
        withheld(GROUPS, STORE.asked, STORE.similarity.size, random).novel_B.mean()
        for _ in range(50)
    ]
    all_novel, none_novel = max(shares), min(shares)
    assert all_novel == 1.0
    assert none_novel < 0.95


@given(seeds)
def test_what_is_left_is_what_a_memory_would_find(seed: int) -> None:
    alive_N = np.random.default_rng(seed).random(len(SHOP)) < 0.5
    found = left(NEAR, alive_N)
    for place, there in enumerate(found.there_QK):
        wanted = NEAR.there_QK[place] & alive_N[NEAR.rows_QK[place]]
        robbed = NEAR.alike_QK[place].any() and not (NEAR.alike_QK[place] & wanted).any()
        assert there.tolist() == (NEAR.there_QK[place] if robbed else wanted).tolist()
        lexical, meaning = (
            NEAR.features_QKF[None, place, there, FEATURES.index(name)]
            for name in ("lexical", "meaning")
        )
        (wanted_G,) = gates(lexical, meaning, np.zeros(1, np.int64))
        wanted_G[LENGTH] = NEAR.gates_QG[place, LENGTH]
        assert np.allclose(found.gates_QG[place], wanted_G)


def test_where_all_are_left_nothing_changes() -> None:
    found = left(NEAR, np.ones(len(SHOP), dtype=bool))
    assert found.asked is NEAR.asked
    for item in dataclasses.fields(NEAR)[1:]:
        assert np.allclose(getattr(found, item.name), getattr(NEAR, item.name))


def test_what_is_not_there_is_not_right() -> None:
    found = left(NEAR, np.arange(len(SHOP)) != 6)
    assert NEAR.alike_QK[~found.there_QK].any()
    assert not found.right_QK[~found.there_QK].any()
    assert not found.alike_QK[~found.there_QK].any()
