"""The ranker beside a sentence encoder: it counts on the encoder where words are of no use."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray
from stores import Meanings, row

from dialog_s2s.memory.ranker import FEATURES, Ranker
from dialog_s2s.memory.similarity import Similarity
from dialog_s2s.text.thesaurus import EMPTY
from dialog_s2s.training import beside as module
from dialog_s2s.training.beside import disguised, fit_beside
from dialog_s2s.training.neighbours import Neighbours, Query, Store, neighbours
from dialog_s2s.training.ranking import fit_ranker, with_learned
from dialog_s2s.training.withholding import groups_of

PRETRAINED = FEATURES.index("pretrained")
FRAMES = ("please", "what of", "now then", "I want", "could it", "they said", "do you", "and if")
ROWS = [
    row(f"{frame} {word}", f"It is about {topic}.", intent=topic + 1)
    for topic, words in enumerate((("open", "start"), ("close", "end"), ("tea", "chai")))
    for word in words
    for frame in FRAMES
]
QUERIES = [
    Query(each.question, (), place, each.answer, each.intent) for place, each in enumerate(ROWS)
]


def fitted(width: int, seed: int = 1) -> tuple[Store, Similarity, Ranker, Ranker]:
    """A store, its learned vectors, and the ranker before and after."""
    store = Store.of(ROWS, width, EMPTY, Meanings())
    near = neighbours(store, QUERIES)
    generator_Q = np.full(len(QUERIES), -30.0)
    ranker, similarity = fit_ranker(
        store.similarity, store.asked, near, generator_Q, groups_of(ROWS), seed
    )
    after = fit_beside(ranker, store, QUERIES, near, generator_Q, seed)
    return store, similarity, ranker, after


def right(store: Store, similarity: Similarity, ranker: Ranker, queries: list[Query]) -> float:
    """Share of queries whose weightiest candidate has the answer."""
    near = neighbours(store, queries)
    scores_QK = with_learned(similarity, store.asked, near) @ np.array(ranker.features)
    best_Q = np.where(near.there_QK, scores_QK, -np.inf).argmax(1)
    return float(near.alike_QK[np.arange(len(queries)), best_Q].mean())


def test_a_disguised_question_keeps_its_meaning_alone() -> None:
    query = Query("when do you open", (), 3, "At nine.", 2)
    made = disguised(query, ["tea", "chai"], np.random.default_rng(1))
    assert made.meaning == query.question
    assert len(made.question.split()) == 4
    assert set(made.question.split()) <= {"tea", "chai"}
    assert dataclasses.replace(made, question=query.question, meaning="") == query


@pytest.mark.parametrize("width", [0, 16])
def test_the_encoder_is_trusted_where_the_words_mislead(width: int) -> None:
    store, similarity, before, after = fitted(width)
    assert after.features[PRETRAINED] > before.features[PRETRAINED]
    random = np.random.default_rng(5)
    words = [word for each in ROWS for word in each.question.split()]
    strange = [disguised(query, words, random) for query in QUERIES]
    assert right(store, similarity, after, strange) > 0.9
    assert right(store, similarity, before, strange) < 0.9
    assert right(store, similarity, after, QUERIES) > 0.9


def test_the_vectors_are_learnt_without_what_is_kept_aside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[tuple[int, NDArray[np.int64], NDArray[np.bool_]]] = []

    def listened(*given: object) -> tuple[Ranker, Similarity]:
        near = given[2]
        assert isinstance(near, Neighbours)
        heard.append((len(near.rows_QK), near.rows_QK, near.there_QK))
        assert not near.features_QKF[~near.there_QK].any()
        assert not (near.alike_QK & ~near.there_QK).any()
        return fit_ranker(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "fit_ranker", listened)
    fitted(8)
    ((count, rows_QK, there_QK),) = heard
    assert count == len(ROWS) - len(ROWS) // 4
    assert len(set(rows_QK[there_QK].tolist())) <= count


def test_without_learned_vectors_there_are_none_to_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(module, "fit_ranker")
    fitted(0)


def test_two_rows_stay_as_they_are() -> None:
    store = Store.of(ROWS[:2], 0, EMPTY, Meanings())
    near = neighbours(store, QUERIES[:2])
    generator_Q = np.full(2, -30.0)
    ranker, _ = fit_ranker(store.similarity, store.asked, near, generator_Q, groups_of(ROWS[:2]), 1)
    assert fit_beside(ranker, store, QUERIES[:2], near, generator_Q, 1) is ranker


def test_the_seed_alone_decides() -> None:
    assert fitted(8)[3] == fitted(8)[3]
    assert fitted(8)[3] != fitted(8, seed=2)[3]
