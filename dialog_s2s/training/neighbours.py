"""What the answer memory knows of each training example with the example itself left out.

Features of its nearest neighbours, computed once; the ranker and the learned vectors are fitted
on them, and the generator learns what they leave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.memory.embeddings import SentenceEncoder
from dialog_s2s.memory.keys import context_text, indexed, key
from dialog_s2s.memory.lexical import LexicalIndex
from dialog_s2s.memory.ranker import FEATURES, GATES
from dialog_s2s.memory.recall import NEAREST
from dialog_s2s.memory.rows import NewRow
from dialog_s2s.memory.similarity import Bags, Similarity
from dialog_s2s.memory.vectors import VectorIndex
from dialog_s2s.text.turns import Turn

CHUNK = 64
"""Queries compared at once."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question as it might be asked: the row it came from (-1: none) is left out."""

    question: str
    context: tuple[Turn, ...]
    row: int
    answer: str
    intent: int = 0
    meaning: str = ""
    """What a sentence encoder reads in place of the question; empty: the question."""


@dataclass(frozen=True, slots=True)
class Store:
    """The rows that queries are compared with, and the indexes over them by their places."""

    rows: Sequence[NewRow]
    similarity: Similarity
    lexical: LexicalIndex
    asked: Bags
    answered: Bags
    before: Bags
    used: Counter[str]
    """How often each answer is given; empty where there is no prior."""
    sentences: tuple[SentenceEncoder, VectorIndex] | None

    @classmethod
    def of(
        cls,
        rows: Sequence[NewRow],
        width: int,
        encoder: SentenceEncoder | None = None,
        prior: bool = True,
    ) -> Store:
        """Counts terms and builds the indexes; `width` is that of the vectors to be learnt."""
        questions, answers = [row.question for row in rows], [row.answer for row in rows]
        similarity = Similarity.counted(questions, width)
        sentences = None
        if encoder is not None:
            vectors_ND = encoder.encode(questions)
            sentences = (encoder, VectorIndex.build(range(len(rows)), vectors_ND))
        return cls(
            rows,
            similarity,
            LexicalIndex.build(enumerate(indexed(row.question, row.context) for row in rows)),
            similarity.bags(questions),
            similarity.bags(answers),
            similarity.bags([context_text(row.context) for row in rows]),
            Counter(answers if prior else ()),
            sentences,
        )


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Q queries, each with K candidates (fewer: `there_QK` is False)."""

    rows_QK: NDArray[np.int64]
    there_QK: NDArray[np.bool_]
    features_QKF: NDArray[np.float32]
    """`learned` is left 0: it changes while it is learnt."""
    gates_QG: NDArray[np.float32]
    right_QK: NDArray[np.bool_]
    """Where the candidate's answer is the query's."""
    alike_QK: NDArray[np.bool_]
    """Where it is, or is interchangeable with it."""
    prior_Q: NDArray[np.float64]
    """How likely the answer is whatever the question, the example left out."""

    def part(self, queries: NDArray[np.int64]) -> Neighbours:
        """Those of these queries."""
        return Neighbours(*(getattr(self, item.name)[queries] for item in fields(self)))


def neighbours(store: Store, queries: Sequence[Query]) -> Neighbours:
    """Looks every query up; rows with its very key are left out, as if it had never been given."""
    meant_QD = None
    if store.sentences is not None:
        meant_QD = _meant(store.sentences[0], [each.meaning or each.question for each in queries])
    rows_QK = np.zeros((len(queries), NEAREST), dtype=np.int64)
    there_QK = np.zeros(rows_QK.shape, dtype=bool)
    for place, chosen in enumerate(_candidates(store, queries, meant_QD)):
        rows_QK[place, : len(chosen)] = chosen
        there_QK[place, : len(chosen)] = True
    asked = store.similarity.bags([query.question for query in queries])
    features_QKF = _features(store, queries, asked, rows_QK, meant_QD)
    features_QKF *= there_QK[:, :, None]
    right_QK = there_QK & _equal(
        [row.answer for row in store.rows], [query.answer for query in queries], rows_QK
    )
    same_QK = there_QK & _equal(
        [row.intent for row in store.rows], [query.intent for query in queries], rows_QK
    )
    same_QK &= np.array([query.intent > 0 for query in queries], dtype=bool)[:, None]
    # the example itself is one of those that give its answer
    others_Q = [store.used[query.answer] - (query.row >= 0) for query in queries]
    return Neighbours(
        rows_QK,
        there_QK,
        features_QKF,
        _gates(features_QKF[:, :, FEATURES.index("lexical")], np.diff(asked.starts)),
        right_QK,
        right_QK | same_QK,
        np.maximum(np.array(others_Q) / len(store.rows), 0.0),
    )


def _meant(encoder: SentenceEncoder, texts: Sequence[str]) -> NDArray[np.float32]:
    """The texts' vectors; one that comes twice is encoded once."""
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    return encoder.encode(list(places))[[places[text] for text in texts]]


def _candidates(
    store: Store, queries: Sequence[Query], meant_QD: NDArray[np.float32] | None
) -> list[list[int]]:
    """At most NEAREST rows for each query, those of its own key left out."""
    spare = 8
    found = store.lexical.search_all([query.question for query in queries], NEAREST + spare)
    later = [place for place, query in enumerate(queries) if query.context]
    texts = [indexed(queries[place].question, queries[place].context) for place in later]
    after = dict(zip(later, store.lexical.search_all(texts, NEAREST // 2 + spare), strict=True))
    by_meaning: list[list[int]] = [[] for _ in queries]
    if store.sentences is not None and meant_QD is not None:
        ids_QK, _ = store.sentences[1].search_all(meant_QD, NEAREST // 2 + spare)
        by_meaning = ids_QK.tolist()
    keys = [key(row.question, row.context) for row in store.rows]
    chosen = []
    for place, query in enumerate(queries):
        own = key(query.question, query.context) if query.row < 0 else keys[query.row]
        merged = dict.fromkeys(row for row, _ in after.get(place, ()))
        merged |= dict.fromkeys(by_meaning[place])
        merged |= dict.fromkeys(row for row, _ in found[place])
        kept = [row for row in merged if keys[row] != own]
        chosen.append(kept[:NEAREST])
    return chosen


def _features(
    store: Store,
    queries: Sequence[Query],
    asked: Bags,
    rows_QK: NDArray[np.int64],
    meant_QD: NDArray[np.float32] | None,
) -> NDArray[np.float32]:
    """What `recall.Memory` makes of the same rows, for all queries at once."""
    before = store.similarity.bags([context_text(query.context) for query in queries])
    needs_QK = np.array([bool(row.context) for row in store.rows], dtype=np.float32)[rows_QK]
    alone_Q = np.array([not query.context for query in queries], dtype=np.float32)
    named = {
        "lexical": _compared(store.similarity, asked, store.asked, rows_QK),
        "answer": _compared(store.similarity, asked, store.answered, rows_QK),
        "context": _compared(store.similarity, before, store.before, rows_QK),
        "needs": needs_QK,
        "astray": needs_QK * alone_Q[:, None],
    }
    if store.sentences is not None and meant_QD is not None:
        known = store.sentences[1]
        named["pretrained"] = np.stack(
            [known.get(rows) @ meant for rows, meant in zip(rows_QK, meant_QD, strict=True)]
        )
    features_QKF = np.zeros((*rows_QK.shape, len(FEATURES)), dtype=np.float32)
    for name, values_QK in named.items():
        features_QKF[:, :, FEATURES.index(name)] = values_QK
    return features_QKF


def _equal(
    given: Sequence[Hashable], wanted: Sequence[Hashable], rows_QK: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Where what is given for a row is what a query wants."""
    numbers = {each: number for number, each in enumerate(given)}
    rows = np.array([numbers[each] for each in given])
    queries_Q = np.array([numbers.get(each, -1) for each in wanted])
    equal_QK: NDArray[np.bool_] = rows[rows_QK] == queries_Q[:, None]
    return equal_QK


def _compared(
    similarity: Similarity, queries: Bags, rows: Bags, rows_QK: NDArray[np.int64]
) -> NDArray[np.float32]:
    """The cosine of each query with each of its candidates."""
    out = np.zeros(rows_QK.shape, dtype=np.float32)
    dense_QB = np.zeros((CHUNK, similarity.size), dtype=np.float32)
    for start in range(0, len(rows_QK), CHUNK):
        part = rows_QK[start : start + CHUNK]
        some = queries.rows(range(start, start + len(part)))
        owner = np.repeat(np.arange(len(part)), np.diff(some.starts))
        dense_QB[:] = 0.0
        np.add.at(dense_QB, (owner, some.buckets), some.weights)
        theirs = rows.rows(part.ravel())
        query = np.repeat(np.arange(part.size) // part.shape[1], np.diff(theirs.starts))
        values = dense_QB[query, theirs.buckets] * theirs.weights
        below = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
        out[start : start + CHUNK] = np.diff(below[theirs.starts]).reshape(part.shape)
    return out


def _gates(lexical_QK: NDArray[np.float32], terms_Q: NDArray[np.int64]) -> NDArray[np.float32]:
    """See `ranker.GATES`."""
    ordered = -np.sort(-lexical_QK, 1)
    gates_QG = np.ones((len(lexical_QK), len(GATES)), dtype=np.float32)
    gates_QG[:, 1:3] = ordered[:, :2]
    gates_QG[:, 3] = np.log1p(terms_Q)
    return gates_QG
