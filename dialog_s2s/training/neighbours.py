"""What the answer memory knows of each training example with the example itself left out.

Features of its nearest neighbours, computed once; the ranker and the learned vectors are fitted
on them, and the generator learns what they leave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.memory.embeddings import SentenceEncoder
from dialog_s2s.memory.keys import context_text, indexed
from dialog_s2s.memory.lexical import LexicalIndex
from dialog_s2s.memory.ranker import FEATURES, GATES
from dialog_s2s.memory.recall import NEAREST
from dialog_s2s.memory.similarity import Bags, Similarity
from dialog_s2s.memory.vectors import VectorIndex
from dialog_s2s.text.turns import Turn, fold

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


@dataclass(frozen=True, slots=True)
class Store:
    """The rows that queries are compared with, in parallel lists, and the indexes over them."""

    questions: list[str]
    contexts: list[tuple[Turn, ...]]
    answers: list[str]
    intents: list[int]
    similarity: Similarity
    lexical: LexicalIndex
    asked: Bags
    answered: Bags
    before: Bags
    sentences: tuple[SentenceEncoder, VectorIndex] | None

    @classmethod
    def of(
        cls,
        questions: list[str],
        contexts: list[tuple[Turn, ...]],
        answers: list[str],
        intents: list[int],
        width: int,
        encoder: SentenceEncoder | None = None,
    ) -> Store:
        """Counts terms and builds the indexes; `width` is that of the vectors to be learnt."""
        similarity = Similarity.counted(questions + answers, width)
        texts = [indexed(q, context) for q, context in zip(questions, contexts, strict=True)]
        sentences = None
        if encoder is not None:
            sentences = (
                encoder,
                VectorIndex.build(range(len(questions)), encoder.encode(questions)),
            )
        return cls(
            questions,
            contexts,
            answers,
            intents,
            similarity,
            LexicalIndex.build(enumerate(texts)),
            similarity.bags(questions),
            similarity.bags(answers),
            similarity.bags([context_text(context) for context in contexts]),
            sentences,
        )

    @property
    def keys(self) -> list[tuple[str, ...]]:
        """What makes two rows' questions the same."""
        return [
            key(question, context)
            for question, context in zip(self.questions, self.contexts, strict=True)
        ]


def key(question: str, context: Sequence[Turn]) -> tuple[str, ...]:
    """A question with the turns it needs, case and punctuation aside."""
    return (fold(question), *(fold(turn.text) for turn in context))


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


def neighbours(store: Store, queries: Sequence[Query]) -> Neighbours:
    """Looks every query up; rows with its very key are left out, as if it had never been given."""
    keys = store.keys
    found = _candidates(store, queries, keys)
    rows_QK = np.zeros((len(queries), NEAREST), dtype=np.int64)
    there_QK = np.zeros(rows_QK.shape, dtype=bool)
    for place, chosen in enumerate(found):
        rows_QK[place, : len(chosen)] = chosen
        there_QK[place, : len(chosen)] = True
    features_QKF = np.zeros((*rows_QK.shape, len(FEATURES)), dtype=np.float32)
    asked = store.similarity.bags([query.question for query in queries])
    before = store.similarity.bags([context_text(query.context) for query in queries])
    needs = np.array([bool(context) for context in store.contexts], dtype=np.float32)[rows_QK]
    alone = np.array([not query.context for query in queries], dtype=np.float32)
    named = {
        "lexical": _compared(store.similarity, asked, store.asked, rows_QK),
        "answer": _compared(store.similarity, asked, store.answered, rows_QK),
        "context": _compared(store.similarity, before, store.before, rows_QK),
        "needs": needs,
        "astray": needs * alone[:, None],
    }
    if store.sentences is not None:
        encoder, index = store.sentences
        meant = encoder.encode([query.question for query in queries])
        for place in range(len(queries)):
            features_QKF[place, :, FEATURES.index("pretrained")] = (
                index.get(rows_QK[place]) @ meant[place]
            )
    for name, values in named.items():
        features_QKF[:, :, FEATURES.index(name)] = values
    features_QKF *= there_QK[:, :, None]
    answers = np.array([hash(answer) for answer in store.answers])
    intents = np.array(store.intents)
    wanted = np.array([hash(query.answer) for query in queries])
    intent = np.array([query.intent for query in queries])
    right_QK = (answers[rows_QK] == wanted[:, None]) & there_QK
    same_QK = (intents[rows_QK] == intent[:, None]) & (intent[:, None] > 0) & there_QK
    used = Counter(store.answers)
    prior_Q = np.array(
        [(used[query.answer] - (query.row >= 0)) / len(store.answers) for query in queries]
    )
    return Neighbours(
        rows_QK,
        there_QK,
        features_QKF,
        _gates(named["lexical"] * there_QK, np.diff(asked.starts)),
        right_QK,
        right_QK | same_QK,
        np.maximum(prior_Q, 0.0),
    )


def _candidates(
    store: Store, queries: Sequence[Query], keys: Sequence[tuple[str, ...]]
) -> list[list[int]]:
    """At most NEAREST rows for each query, those of its own key left out."""
    spare = 8
    found = store.lexical.search_all([query.question for query in queries], NEAREST + spare)
    later = [place for place, query in enumerate(queries) if query.context]
    texts = [indexed(queries[place].question, queries[place].context) for place in later]
    after = dict(zip(later, store.lexical.search_all(texts, NEAREST // 2 + spare), strict=True))
    by_meaning: list[list[int]] = [[] for _ in queries]
    if store.sentences is not None:
        encoder, index = store.sentences
        vectors = encoder.encode([query.question for query in queries])
        ids_QK, _ = index.search_all(vectors, NEAREST // 2 + spare)
        by_meaning = ids_QK.tolist()
    chosen = []
    for place, query in enumerate(queries):
        own = key(query.question, query.context) if query.row < 0 else keys[query.row]
        merged = dict.fromkeys(row for row, _ in after.get(place, ()))
        merged |= dict.fromkeys(by_meaning[place])
        merged |= dict.fromkeys(row for row, _ in found[place])
        kept = [row for row in merged if keys[row] != own]
        chosen.append(kept[:NEAREST])
    return chosen


def _compared(
    similarity: Similarity, queries: Bags, rows: Bags, rows_QK: NDArray[np.int64]
) -> NDArray[np.float32]:
    """The cosine of each query with each of its candidates."""
    size = len(similarity.idf_B)
    out = np.zeros(rows_QK.shape, dtype=np.float32)
    dense_QB = np.zeros((CHUNK, size), dtype=np.float32)
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
