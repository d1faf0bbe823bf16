"""How alike two questions are: by spelling, by what the words mean, and by what training learnt.

A question is the bag of its terms, hashed into 2 B buckets: in the lower half words and runs of
three letters, in the upper half meanings of the thesaurus and their topics. Terms weigh by how rare
they are among the questions that are remembered (TF-IDF; Salton & Buckley 1988).

- `lexical`, `meaning`: the cosines of the two halves;
- `named`: how much of the question's meanings, rare ones before all, is in the other text: a name
  must be there, whatever else is alike;
- `learned`: the cosine of the sums of vectors of width D, one learnt for each term (StarSpace, Wu
  et al. 2018; fastText, Bojanowski et al. 2017), so that terms which lead to the same answers come
  to lie together.

All need no torch and a fraction of a millisecond, and new questions have them as soon as they are
taught.

A term that was never trained weighs by how many questions taught since hold it, so that their names
weigh much and their phrases little. The trained ones weigh what they did, so that other answers
stay the same. A term that was never trained has no learned vector; it lies in a dimension of its
own, at a length of 1, and is like itself alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.memory.grams import HALF, LOW, distinct, grams
from dialog_s2s.text.thesaurus import Thesaurus

Floats = NDArray[np.float32]
Integers = NDArray[np.integer]

LEARNED = 1 << 13
"""Buckets of each half that have a learned vector; more of them learn no better, and slower."""

SHARPNESS = 1.5
"""Power of a term's rarity in `named`: where a cosine has two shared words for a rare one, this
holds to the rare one."""

TOGETHER = 64
"""Queries compared at once."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of N texts, end to end; text i has `starts[i]` to `starts[i + 1]`."""

    buckets: NDArray[np.int32]
    """Rising in each text, each once."""
    strengths: Floats
    """1, and less for each of several meanings."""
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def each(self) -> list[Terms]:
        """Those of every text by itself."""
        if not len(self):
            return []
        return [
            Terms(buckets, strengths, np.array([0, len(buckets)]))
            for buckets, strengths in zip(
                np.split(self.buckets, self.starts[1:-1]),
                np.split(self.strengths, self.starts[1:-1]),
                strict=True,
            )
        ]

    @classmethod
    def of(cls, texts: Sequence[Terms]) -> Terms:
        """From what `each` gives."""
        ends = np.cumsum([0, *(len(each.buckets) for each in texts)])
        return cls(
            np.concatenate([np.empty(0, np.int32), *(each.buckets for each in texts)]),
            np.concatenate([np.empty(0, np.float32), *(each.strengths for each in texts)]),
            ends.astype(np.int64),
        )


@dataclass(frozen=True, slots=True)
class Bags:
    """Weighted terms of N texts; see `Terms`."""

    buckets: NDArray[np.int32]
    starts: NDArray[np.int64]
    weights: Floats
    """Of unit length in each half, for a text that has terms there."""
    names: Floats
    """Of meanings that some question holds: their shares of what a text that names the same
    should have in common with this one; they make 1, or there are none."""
    trained: Floats
    """As they were in training, before any were scaled: learned vectors are summed by these."""

    def __len__(self) -> int:
        return len(self.starts) - 1

    def counts(self, half: int) -> NDArray[np.int64]:
        """How many terms of the lower half, of buckets below `half`, each text has."""
        below = np.concatenate([[0], np.cumsum(self.buckets < half)])
        counts: NDArray[np.int64] = np.diff(below[self.starts])
        return counts

    def rows(self, chosen: Sequence[int] | NDArray[np.int64]) -> Bags:
        """The bags of these texts, in this order; they may repeat."""
        chosen = np.asarray(chosen, dtype=np.int64)
        lengths = np.diff(self.starts)[chosen]
        ends = np.cumsum(lengths)
        starts = np.concatenate([[0], ends]).astype(np.int64)
        places = np.repeat(self.starts[chosen] - starts[:-1], lengths) + np.arange(starts[-1])
        return Bags(
            self.buckets[places],
            starts,
            self.weights[places],
            self.names[places],
            self.trained[places],
        )


@dataclass(frozen=True, slots=True)
class Alike:
    """How alike Q questions are to K texts each; every one from 0 to 1."""

    lexical_QK: Floats
    meaning_QK: Floats
    named_QK: Floats


class Similarity:
    """The learned vectors `table_LD`, which buckets share, and how many texts hold a bucket: of the
    `trained_texts` that were trained `trained_B`, and with those counted since, `texts` in all,
    `held_B`. B and L are twice a power of two; meanings are looked up in `thesaurus`.
    """

    def __init__(
        self, trained_B: Integers, trained_texts: int, table_LD: Floats, thesaurus: Thesaurus
    ):
        self.table_LD = table_LD
        self.trained_B = trained_B.astype(np.int32)
        self.trained_texts = trained_texts
        self.thesaurus = thesaurus
        self.held_B = self.trained_B.copy()
        self.texts = trained_texts
        self.half = len(trained_B) // 2
        idf_B = np.log1p(trained_texts) + 1 - np.log1p(self.trained_B)
        self._trained_idf_B = idf_B.astype(np.float32)

    @classmethod
    def counted(cls, texts: Sequence[str], thesaurus: Thesaurus, width: int = 0) -> Similarity:
        """One that was trained on these texts; nothing learnt yet."""
        different = len(np.unique(grams(texts)[0]))
        half = 1 << min(16, max(10, (4 * different - 1).bit_length()))
        blank = cls(
            np.zeros(2 * half, dtype=np.int32),
            0,
            np.zeros((2 * min(half, LEARNED), width), dtype=np.float32),
            thesaurus,
        )
        held_B = np.bincount(blank.terms(texts).buckets, minlength=2 * half)
        return cls(held_B, len(texts), blank.table_LD, thesaurus)

    def fresh(self) -> Similarity:
        """The same as it came from training, to count by itself."""
        return Similarity(self.trained_B, self.trained_texts, self.table_LD, self.thesaurus)

    def untaught(self, texts: Sequence[str]) -> Similarity:
        """As if these, which it was trained on, had not been among them."""
        gone_B = np.bincount(self.terms(texts).buckets, minlength=self.size)
        left = self.trained_B - gone_B
        return Similarity(left, self.trained_texts - len(texts), self.table_LD, self.thesaurus)

    @property
    def size(self) -> int:
        """Buckets."""
        return len(self.trained_B)

    def places(self, buckets: Integers) -> NDArray[np.int64]:
        """The rows of `table_LD` that buckets have."""
        half = len(self.table_LD) // 2
        found: NDArray[np.int64] = (buckets & (half - 1)) + half * (buckets >= self.half)
        return found

    def count(self, terms: Terms, times: int = 1) -> None:
        """Counts texts in, or with -1 out again."""
        np.add.at(self.held_B, terms.buckets, times)
        self.texts += times * len(terms)

    def terms(self, texts: Sequence[str], spelt: Sequence[str] | None = None) -> Terms:
        """The texts' terms; what they mean is read from how they are meant to be `spelt`, if that
        is given. Terms of a text that share a bucket are one."""
        found, starts = grams(texts)
        low = np.uint64(self.half - 1)
        pairs = distinct(_numbered(starts) << HALF | found & low)
        meant, strengths, starts = self.thesaurus.read(texts if spelt is None else spelt)
        keys = _numbered(starts) << HALF | (meant & low) + np.uint64(self.half)
        order = np.lexsort((-strengths, keys))  # of meanings in one bucket, the strongest
        keys, strengths = keys[order], strengths[order]
        first = np.concatenate([np.ones(min(1, len(keys)), bool), keys[1:] != keys[:-1]])
        every = np.concatenate([pairs, keys[first]])
        strong = np.concatenate([np.ones(len(pairs), np.float32), strengths[first]])
        order = np.argsort(every, kind="stable")
        every, strong = every[order], strong[order]
        ends = np.searchsorted(every >> HALF, np.arange(len(texts) + 1, dtype=np.uint64))
        return Terms((every & LOW).astype(np.int32), strong, ends.astype(np.int64))

    def weighed(self, terms: Terms) -> Bags:
        """The terms with their weights as of now."""
        trained = self._trained_idf_B[terms.buckets]
        novel = np.log1p(self.texts) + 1 - np.log1p(self.held_B[terms.buckets])
        known = self.trained_B[terms.buckets] > 0
        weights = np.where(known, trained, novel).astype(np.float32)
        upper = terms.buckets >= self.half
        names = weights ** (2 * SHARPNESS) * terms.strengths**2
        names *= upper & (self.held_B[terms.buckets] > 0)
        weights *= terms.strengths
        squares = weights**2
        lengths = np.diff(terms.starts)
        scale = np.where(
            upper,
            np.repeat(_summed(squares * upper, terms.starts), lengths),
            np.repeat(_summed(squares * ~upper, terms.starts), lengths),
        )
        total = np.repeat(_summed(names, terms.starts), lengths)
        return Bags(
            terms.buckets,
            terms.starts,
            (weights / np.sqrt(np.maximum(scale, 1e-12))).astype(np.float32),
            (names / np.maximum(total, 1e-12)).astype(np.float32),
            trained * terms.strengths,
        )

    def bags(self, texts: Sequence[str]) -> Bags:
        """The texts' terms with their weights."""
        return self.weighed(self.terms(texts))

    def asked(self, questions: Sequence[str], spelt: Sequence[str]) -> Bags:
        """The same of questions that may be misspelt, and as they are meant to be `spelt`."""
        return self.weighed(self.terms(questions, spelt))

    def alike(self, asked: Bags, rows: Bags, rows_QK: NDArray[np.int64]) -> Alike:
        """How alike each question is to each of its K rows."""
        found = Alike(*(np.zeros(rows_QK.shape, dtype=np.float32) for _ in range(3)))
        weights_QB = np.zeros((min(TOGETHER, len(rows_QK)), self.size), dtype=np.float32)
        names_QB = np.zeros((len(weights_QB), self.half), dtype=np.float32)
        for start in range(0, len(rows_QK), TOGETHER):
            part = rows_QK[start : start + TOGETHER]
            some = asked.rows(range(start, start + len(part)))
            owner = np.repeat(np.arange(len(part)), np.diff(some.starts))
            weights_QB[owner, some.buckets] = some.weights
            upper = some.buckets >= self.half
            names_QB[owner[upper], some.buckets[upper] - self.half] = some.names[upper]
            theirs = rows.rows(part.ravel())
            query = np.repeat(np.arange(part.size) // part.shape[1], np.diff(theirs.starts))
            shared = weights_QB[query, theirs.buckets] * theirs.weights
            above = theirs.buckets >= self.half
            named = names_QB[query, np.maximum(theirs.buckets - self.half, 0)] * above
            for out_QK, values in (
                (found.lexical_QK, shared * ~above),
                (found.meaning_QK, shared * above),
                (found.named_QK, named),
            ):
                out_QK[start : start + TOGETHER] = _summed(values, theirs.starts).reshape(
                    part.shape
                )
            weights_QB[owner, some.buckets] = 0.0
            names_QB[owner[upper], some.buckets[upper] - self.half] = 0.0
        return found

    def familiar(self, one: Bags) -> tuple[float, float]:
        """The share of a text's weight that is in terms which some question holds: of how it is
        spelt, and of what it means."""
        squares = one.weights**2 * (self.held_B[one.buckets] > 0)
        upper = one.buckets >= self.half
        return float(squares[~upper].sum()), float(squares[upper].sum())

    def learned(self, asked: Bags, rows: Bags, rows_QK: NDArray[np.int64]) -> Floats:
        """The likeness of each question to each of its K rows by their vectors, and by the terms
        never trained that they share; from -1 to 1."""
        mine, lengths = self._sums(asked)
        unique, places = np.unique(rows_QK, return_inverse=True)
        several = rows.rows(unique)
        theirs, their_lengths = self._sums(several)
        places = places.reshape(rows_QK.shape)
        dots_QK = np.empty(rows_QK.shape, dtype=np.float32)
        for start in range(0, len(places), TOGETHER):
            part = slice(start, start + TOGETHER)
            dots_QK[part] = np.einsum("qd,qkd->qk", mine[part], theirs[places[part]])
        novel = self._novel(several)
        if novel.any():
            dots_QK = dots_QK + self._shared(asked, several, novel, places)
        scale_QK = lengths[:, None] * their_lengths[places]
        return np.asarray(dots_QK / scale_QK, dtype=np.float32)

    def _sums(self, bags: Bags) -> tuple[Floats, Floats]:
        """The sums of the terms' vectors [N, D], and the lengths of these with what is novel."""
        known = bags.trained * (self.trained_B[bags.buckets] > 0)
        weighted = self.table_LD[self.places(bags.buckets)] * known[:, None]
        below = np.zeros((len(weighted) + 1, weighted.shape[1]))
        np.cumsum(weighted, axis=0, out=below[1:])
        sums = np.diff(below[bags.starts], axis=0)
        squares = (sums**2).sum(1) + _summed(self._novel(bags) ** 2, bags.starts)
        return sums.astype(np.float32), np.sqrt(np.maximum(squares, 1e-12)).astype(np.float32)

    def _novel(self, bags: Bags) -> Floats:
        """The weights of the terms never trained, 0 for the others."""
        return np.where(self.trained_B[bags.buckets] > 0, np.float32(0), bags.trained)

    def _shared(
        self, asked: Bags, rows: Bags, novel: Floats, places_QK: NDArray[np.int64]
    ) -> Floats:
        """The sums of the products of their weights, over terms never trained that both have."""
        mine = self._novel(asked)
        out_QK = np.zeros(places_QK.shape, dtype=np.float32)
        dense_B = np.zeros(self.size, dtype=np.float32)
        for query in np.flatnonzero(_summed(mine, asked.starts)):
            own = slice(asked.starts[query], asked.starts[query + 1])
            dense_B[asked.buckets[own]] = mine[own]
            sums = _summed(dense_B[rows.buckets] * novel, rows.starts)
            out_QK[query] = sums[places_QK[query]]
            dense_B[asked.buckets[own]] = 0.0
        return out_QK


def _numbered(starts: NDArray[np.int64]) -> NDArray[np.uint64]:
    """The number of its text for every term."""
    return np.repeat(np.arange(len(starts) - 1, dtype=np.uint64), np.diff(starts))


def _summed(values: NDArray[np.floating], starts: NDArray[np.int64]) -> Floats:
    """Sums of the runs of `values` that `starts` marks."""
    below = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    return np.diff(below[starts]).astype(np.float32)
