"""What the answer memory knows of each training example with the example itself left out.

Features of its nearest neighbours, computed once; the ranker and the learned vectors are fitted
on them, and the generator learns what they leave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, fields
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.memory.embeddings import SentenceEncoder
from dialog_s2s.memory.indexes import Indexes
from dialog_s2s.memory.keys import context_text, indexed, key
from dialog_s2s.memory.ranker import FEATURES, gates
from dialog_s2s.memory.rows import NewRow
from dialog_s2s.memory.similarity import Bags, Similarity
from dialog_s2s.memory.vectors import VectorIndex
from dialog_s2s.text.thesaurus import Thesaurus
from dialog_s2s.text.turns import Turn

MOST = 48
"""Candidates of a query."""

FOUND = 24
"""Rows that each look-up of a query brings, but for its own."""


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
    indexes: Indexes
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
        thesaurus: Thesaurus,
        encoder: SentenceEncoder | None = None,
        prior: bool = True,
    ) -> Store:
        """Counts terms and builds the indexes; `width` is that of the vectors to be learnt."""
        questions, answers = [row.question for row in rows], [row.answer for row in rows]
        similarity = Similarity.counted(questions, thesaurus, width)
        sentences = None
        if encoder is not None:
            vectors_ND = encoder.encode(questions)
            sentences = (encoder, VectorIndex.build(range(len(rows)), vectors_ND))
        return cls(
            rows,
            similarity,
            Indexes.build(thesaurus, enumerate(indexed(row.question, row.context) for row in rows)),
            similarity.bags(questions),
            similarity.bags(answers),
            similarity.bags([context_text(row.context) for row in rows]),
            Counter(answers if prior else ()),
            sentences,
        )


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Q queries, each with K candidates (fewer: `there_QK` is False)."""

    asked: Bags
    """The queries' questions."""
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
        arrays = [getattr(self, item.name)[queries] for item in fields(self)[1:]]
        return Neighbours(self.asked.rows(queries), *arrays)


def neighbours(store: Store, queries: Sequence[Query]) -> Neighbours:
    """Looks every query up; rows with its very key are left out, as if it had never been given."""
    meant_QD = None
    if store.sentences is not None:
        meant_QD = _meant(store.sentences[0], [each.meaning or each.question for each in queries])
    rows_QK = np.zeros((len(queries), MOST), dtype=np.int64)
    there_QK = np.zeros(rows_QK.shape, dtype=bool)
    spelt = [store.indexes.spelt(query.question) for query in queries]
    for place, chosen in enumerate(_candidates(store, queries, spelt, meant_QD)):
        rows_QK[place, : len(chosen)] = chosen
        there_QK[place, : len(chosen)] = True
    asked = store.similarity.asked([query.question for query in queries], spelt)
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
        asked,
        rows_QK,
        there_QK,
        features_QKF,
        gates(
            features_QKF[:, :, FEATURES.index("lexical")],
            features_QKF[:, :, FEATURES.index("meaning")],
            asked.counts(store.similarity.half),
        ).astype(np.float32),
        right_QK,
        right_QK | same_QK,
        np.maximum(np.array(others_Q) / len(store.rows), 0.0),
    )


def _meant(encoder: SentenceEncoder, texts: Sequence[str]) -> NDArray[np.float32]:
    """The texts' vectors; one that comes twice is encoded once."""
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    return encoder.encode(list(places))[[places[text] for text in texts]]


def _candidates(
    store: Store,
    queries: Sequence[Query],
    spelt: Sequence[str],
    meant_QD: NDArray[np.float32] | None,
) -> list[list[int]]:
    """At most MOST rows for each query, those of its own key left out: the first of every look-up,
    then the second of every one, and so on."""
    spare = 8
    asked = [
        (query.question, meant, query.context) for query, meant in zip(queries, spelt, strict=True)
    ]
    looked = store.indexes.search(asked, FOUND + spare)
    if store.sentences is not None and meant_QD is not None:
        ids_QK, _ = store.sentences[1].search_all(meant_QD, FOUND + spare)
        for place, ids in enumerate(ids_QK.tolist()):
            looked[place].append(ids)
    keys = [key(row.question, row.context) for row in store.rows]
    chosen = []
    for query, several in zip(queries, looked, strict=True):
        own = key(query.question, query.context) if query.row < 0 else keys[query.row]
        merged = dict.fromkeys(
            row for ranked in zip_longest(*several) for row in ranked if row is not None
        )
        chosen.append([row for row in merged if keys[row] != own][:MOST])
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
    questions = store.similarity.alike(asked, store.asked, rows_QK)
    answers = store.similarity.alike(asked, store.answered, rows_QK)
    named = {
        "lexical": questions.lexical_QK,
        "meaning": questions.meaning_QK,
        "named": questions.named_QK,
        "answer": answers.lexical_QK,
        "told": answers.meaning_QK,
        "context": store.similarity.alike(before, store.before, rows_QK).lexical_QK,
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
