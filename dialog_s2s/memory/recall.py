"""The answer memory at work: from a question to the remembered answers, each with its weight."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.memory.embeddings import SentenceEncoder
from dialog_s2s.memory.indexes import Indexes
from dialog_s2s.memory.keys import Key, Keyed, context_of, context_text, indexed, key
from dialog_s2s.memory.mixture import SILENT, Pieces, Prior, Votes
from dialog_s2s.memory.ranker import CORRECTED, EXACT, Ranker, gates, vectors
from dialog_s2s.memory.rows import TRAINED, Row, Rows
from dialog_s2s.memory.similarity import Bags, Similarity, Terms
from dialog_s2s.memory.vectors import VectorIndex
from dialog_s2s.text.turns import Turn, fold

NEAREST = 32
"""Rows that are looked at: by the question alone, and as many again by what went before it."""

IN_CONTEXT = 2.0
"""Added where such a row is a follow-up: it fits better than one that fits everywhere."""

ASTRAY = 12.0
"""Taken from what was taught for a context where the turns before do not fit it: a bot that learnt
single pairs has not learnt how much that matters."""

FITTING = (0.4, 0.8)
"""Likeness of the turns before, from which on they begin to fit and fit: unrelated turns of a small
corpus are alike by up to 0.4, and a reworded question with the same reply by more than 0.6."""

KEPT = 20_000
"""Rows whose terms are kept, about 1 kB each; they are most of the work of a look-up."""

IDENTICAL = 0.999
"""Likeness of the turns before, from which on they are the same."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that may answer, its weight in the mixture, and how like its question is; see
    `ranker.FEATURES`."""

    row: Row
    weight: float
    lexical: float
    meaning: float
    named: float
    learned: float
    pretrained: float
    before: float
    """How alike the turns before are."""
    exact: bool
    """The very question, in its context, case and punctuation aside."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """What a memory says of a question; the candidates with the greatest weight first."""

    votes: Votes
    decided: Votes
    """The same, but rows with interchangeable answers vote for one of them, and no prior: what a
    reply is chosen by."""
    candidates: tuple[Candidate, ...]
    spoken: Mapping[int, Pieces]
    """What each candidate, by its row's id, votes for in `decided`."""
    texts: Mapping[Pieces, str]
    """The candidates' answers as they were given: pieces do not tell "mc²" from "mc2"."""
    familiar: tuple[float, float]
    """Shares of the question's words and of their meanings, by weight, that are in the memory's
    questions."""
    terms: int
    """Of the question."""

    def answers(self, count: int) -> list[str]:
        """The weightiest different answers."""
        return list(dict.fromkeys(each.row.answer for each in self.candidates))[:count]


NOTHING_RECALLED = Recalled(SILENT, SILENT, (), {}, {}, (0.0, 0.0), 0)


class Memory:
    """Rows and the indexes over them. Safe to share between threads.

    `encode` turns an answer into pieces that end in the end piece; `indexes` hold the rows by their
    words, and by what these mean. `later` are ids of trained rows that similarity and ranker were
    not fitted to: they are read as taught ones are, but do not overrule others.
    """

    def __init__(
        self,
        rows: Rows,
        indexes: Indexes,
        similarity: Similarity,
        ranker: Ranker,
        prior: Prior,
        encode: Callable[[str], Pieces],
        sentences: tuple[SentenceEncoder, VectorIndex] | None = None,
        version: int | None = None,
        later: range = range(0),
    ):
        self.rows = rows
        self.prior = prior
        self.similarity = similarity.fresh()
        self.ranker = ranker
        self._indexes = indexes
        self._encode = encode
        self._sentences = sentences
        self._version = rows.version if version is None else version
        self._lock = threading.RLock()
        self._taught = Keyed()
        self._as_taught: frozenset[Key] = frozenset()
        self._counted: dict[int, Terms] = {}
        self._terms: dict[int, tuple[Terms, ...]] = {}
        self._later = later
        self._learn([*rows.listed(), *rows.get(later)])

    def recall(
        self, turns: Sequence[Turn], without: Callable[[Row], bool] | None = None
    ) -> Recalled:
        """The remembered answers to the last of `turns`, after those before it; as if the rows
        that `without` holds for were not there."""
        question, context = turns[-1].text, context_of(turns[:-1])
        with self._lock:
            self._follow()
            spelt = self._indexes.spelt(question)
            (looked,) = self._indexes.search([(question, spelt, context)], NEAREST)
            found = dict.fromkeys(row for several in looked for row in several)
            vector = None
            if self._sentences is not None:
                encoder, known = self._sentences
                vector = encoder.encode([question])[0]
                found |= dict.fromkeys(row for row, _ in known.search(vector, NEAREST))
            # however many trained rows have the same key, which would fill the look-up
            for needed in {(): None, context: None}:
                found |= dict.fromkeys(self._taught.of(key(question, needed)))
            rows = self.rows.get(list(found))
            if without is not None:
                rows = [row for row in rows if not without(row)]
            meant = None
            if self._sentences is not None and rows:
                assert vector is not None
                meant = self._sentences[1].get([row.id for row in rows]) @ vector
            bags = self.similarity.weighed(self._termed(question, spelt, context, rows))
            familiar = self.similarity.familiar(bags.rows([0]))
        return self._weighed(question, context, rows, bags, familiar, meant)

    def alike_by(self, similarity: Similarity, taught: Iterable[Key]) -> Memory:
        """One of the same rows that goes by another likeness, as if those with the keys `taught`
        had not been trained; not to be taught anything."""
        other = copy(self)
        other.similarity, other._terms = similarity.fresh(), {}
        other._as_taught = frozenset(taught)
        return other

    def _taught_later(self, row: Row) -> bool:
        return (
            row.kind != TRAINED
            or row.id in self._later
            or (bool(self._as_taught) and key(row.question, row.context) in self._as_taught)
        )

    def taught(self, question: str, context: Sequence[Turn]) -> list[Row]:
        """What was taught or corrected for this very key, case and punctuation aside."""
        with self._lock:
            self._follow()
            found = self.rows.get(self._taught.of(key(question, context)))
            return [row for row in found if row.kind != TRAINED]

    def _follow(self) -> None:
        """Takes in what this or another process has changed since."""
        if self.rows.version == self._version:
            return
        version, added, removed = self.rows.since(self._version)
        for id in (*removed, *(row.id for row in added)):
            self._taught.remove(id)
            self._terms.pop(id, None)
            if id in self._counted:
                self.similarity.count(self._counted.pop(id), -1)
        self._learn([row for row in added if row.kind != TRAINED or row.id in self._later])
        self._indexes.remove(removed)
        self._indexes.add([(row.id, indexed(row.question, row.context)) for row in added])
        if self._sentences is not None:
            encoder, index = self._sentences
            index.remove(removed)
            if added:
                index.add(
                    [row.id for row in added], encoder.encode([row.question for row in added])
                )
        self._version = version  # last: what an interrupt left out is taken in the next time

    def _learn(self, rows: Sequence[Row]) -> None:
        """Takes in rows that training did not count."""
        terms = self.similarity.terms([row.question for row in rows]).each()
        for row, each in zip(rows, terms, strict=True):
            self._taught.add(row.id, key(row.question, row.context))
            self._counted[row.id] = each
            self.similarity.count(self._counted[row.id])

    def _termed(
        self, question: str, spelt: str, context: Sequence[Turn], rows: Sequence[Row]
    ) -> Terms:
        """The terms of a question and what was said before it, and of the rows' questions, answers
        and what was said before them."""
        new = [row for row in rows if row.id not in self._terms]
        texts = [question, context_text(context)]
        for row in new:
            texts += [row.question, row.answer, context_text(row.context)]
        found = self.similarity.terms(texts, [spelt, *texts[1:]]).each()
        for place, row in enumerate(new):
            self._terms[row.id] = tuple(found[2 + 3 * place : 5 + 3 * place])
        of_rows = [self._terms[row.id] for row in rows]
        while len(self._terms) > KEPT:
            del self._terms[next(iter(self._terms))]
        return Terms.of([*found[:2], *(each[part] for part in range(3) for each in of_rows)])

    def _weighed(
        self,
        question: str,
        context: Sequence[Turn],
        rows: Sequence[Row],
        bags: Bags,
        familiar: tuple[float, float],
        meant: NDArray[np.float32] | None,
    ) -> Recalled:
        count = len(rows)
        asked = bags.rows([0])
        each_1K = np.arange(count)[None]
        questions = bags.rows(range(2, 2 + count))
        alike = self.similarity.alike(asked, questions, each_1K)
        answered = self.similarity.alike(asked, bags.rows(range(2 + count, 2 + 2 * count)), each_1K)
        like_before = self.similarity.alike(
            bags.rows([1]), bags.rows(range(2 + 2 * count, 2 + 3 * count)), each_1K
        ).lexical_QK[0]
        verbatim = [fold(row.question) == fold(question) for row in rows]
        exact = [
            same and (not row.context or fitting >= IDENTICAL)
            for same, row, fitting in zip(verbatim, rows, like_before, strict=True)
        ]
        # of the very question after the very turns, the bonus says all that these could
        inexact = ~np.array(exact, dtype=bool)
        needs = np.array([bool(row.context) for row in rows], dtype=np.float64) * inexact
        learned: NDArray[np.floating] = np.zeros(count)
        if self.similarity.table_LD.shape[1] and count:
            learned = self.similarity.learned(asked, questions, each_1K)[0]
        pretrained = np.zeros(count) if meant is None else meant
        table = vectors(
            {
                "lexical": alike.lexical_QK[0],
                "meaning": alike.meaning_QK[0],
                "named": alike.named_QK[0],
                "learned": learned,
                "pretrained": pretrained,
                "answer": answered.lexical_QK[0],
                "told": answered.meaning_QK[0],
                "context": like_before * inexact,
                "needs": needs,
                "astray": needs * (not context),
            },
            count,
        )
        bonus = np.array(
            [
                _bonus(row, same, float(fitting)) + self.ranker.alone * self._taught_later(row)
                for same, row, fitting in zip(verbatim, rows, like_before, strict=True)
            ]
        )
        terms_1 = asked.counts(self.similarity.half)
        gates_1G = gates(alike.lexical_QK, alike.meaning_QK, terms_1)
        weights_K, prior, generator = self.ranker.weights(table, bonus, gates_1G[0])
        if not len(self.prior):
            prior, generator = 0.0, prior + generator
        candidates = [
            Candidate(
                row,
                weight=float(weights_K[place]),
                lexical=float(alike.lexical_QK[0, place]),
                meaning=float(alike.meaning_QK[0, place]),
                named=float(alike.named_QK[0, place]),
                learned=float(learned[place]),
                pretrained=float(pretrained[place]),
                before=float(like_before[place]),
                exact=exact[place],
            )
            for place, row in enumerate(rows)
        ]
        candidates.sort(key=lambda each: (-each.weight, each.row.id))
        said = [self._encode(each.row.answer) for each in candidates]
        spoken = _spoken(candidates, said)
        return Recalled(
            self._votes(candidates, said, prior, generator),
            self._votes(candidates, spoken, 0.0, generator / (1.0 - prior)),
            tuple(candidates),
            {each.row.id: pieces for each, pieces in zip(candidates, spoken, strict=True)},
            _texts(candidates, said),
            familiar,
            int(terms_1[0]),
        )

    def _votes(
        self,
        candidates: Sequence[Candidate],
        said: Sequence[Pieces],
        prior: float,
        generator: float,
    ) -> Votes:
        """The candidates' weights on what each says."""
        if not candidates:
            return Votes((), (), prior, 1.0 - prior)
        total = sum(each.weight for each in candidates)
        scale = (1.0 - prior - generator) / total  # without rounding errors they make 1
        shares: dict[Pieces, float] = defaultdict(float)
        for each, pieces in zip(candidates, said, strict=True):
            shares[pieces] += each.weight * scale
        return Votes(tuple(shares), tuple(shares.values()), prior, generator)


def _bonus(row: Row, verbatim: bool, alike: float) -> float:
    """What is added to a row's score for a verbatim match, if the turns before are `alike` to those
    it needs; and what is taken from it where a taught one's are not."""
    taught = row.kind != TRAINED
    bonus = (EXACT + CORRECTED * taught + IN_CONTEXT * bool(row.context)) * verbatim
    if not row.context:
        return bonus
    if not taught:
        return bonus * alike
    low, high = FITTING
    fitting = min(1.0, max(0.0, (alike - low) / (high - low)))
    return bonus * fitting - ASTRAY * (1.0 - fitting)


def _texts(candidates: Sequence[Candidate], said: Sequence[Pieces]) -> dict[Pieces, str]:
    """The text of each answer; of several with the same pieces, the weightiest's."""
    texts: dict[Pieces, str] = {}
    for each, pieces in zip(candidates, said, strict=True):
        texts.setdefault(pieces, each.row.answer)
    return texts


def _spoken(candidates: Sequence[Candidate], said: Sequence[Pieces]) -> list[Pieces]:
    """What each candidate says, if every intent speaks with the voice of its weightiest row."""
    voices: dict[int, Pieces] = {}
    for each, pieces in zip(candidates, said, strict=True):
        if each.row.intent:
            voices.setdefault(each.row.intent, pieces)
    return [
        voices.get(each.row.intent, pieces) for each, pieces in zip(candidates, said, strict=True)
    ]
