"""How alike two questions are: by the terms they share, and by what training learnt of the terms.

A question is the bag of its terms (words and runs of three letters), hashed into B buckets.
`cosine` compares bags weighted by how rare a term is among the questions that are remembered
(TF-IDF; Salton & Buckley 1988). `vectors` sums a learned vector of width D for each term
(StarSpace, Wu et al. 2018; fastText, Bojanowski et al. 2017), so that terms which lead to the same
answers come to lie together. Both need no torch and a fraction of a millisecond, and new questions
have them as soon as they are taught.

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

Floats = NDArray[np.float32]
Integers = NDArray[np.integer]

LEARNED = 1 << 13
"""Buckets that have a learned vector; more of them learn no better, and slower."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of N texts, end to end; text i has `starts[i]` to `starts[i + 1]`."""

    buckets: NDArray[np.int64]
    """Rising in each text, each once."""
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def each(self) -> list[NDArray[np.int32]]:
        """Those of every text by itself."""
        return np.split(self.buckets.astype(np.int32), self.starts[1:-1])

    @classmethod
    def of(cls, texts: Sequence[Integers]) -> Terms:
        """From what `each` gives."""
        ends = np.cumsum([0, *map(len, texts)])
        flat = np.concatenate([np.empty(0, np.int64), *texts])
        return cls(flat.astype(np.int64), ends.astype(np.int64))


@dataclass(frozen=True, slots=True)
class Bags(Terms):
    """Weighted terms of N texts."""

    weights: Floats
    """Of unit length for each text that has terms."""
    trained: Floats
    """As they were in training, before any were scaled: learned vectors are summed by these."""

    def rows(self, chosen: Sequence[int] | NDArray[np.int64]) -> Bags:
        """The bags of these texts, in this order; they may repeat."""
        chosen = np.asarray(chosen, dtype=np.int64)
        lengths = np.diff(self.starts)[chosen]
        ends = np.cumsum(lengths)
        starts = np.concatenate([[0], ends]).astype(np.int64)
        places = np.repeat(self.starts[chosen] - starts[:-1], lengths) + np.arange(starts[-1])
        return Bags(self.buckets[places], starts, self.weights[places], self.trained[places])


class Similarity:
    """The learned vectors `table_LD`, which buckets share, and how many texts hold a bucket: of the
    `trained_texts` that were trained `trained_B`, and with those counted since, `texts` in all,
    `held_B`. B and L are powers of two."""

    def __init__(self, trained_B: Integers, trained_texts: int, table_LD: Floats):
        self.table_LD = table_LD
        self.trained_B = trained_B.astype(np.int32)
        self.trained_texts = trained_texts
        self.held_B = self.trained_B.copy()
        self.texts = trained_texts
        idf_B = np.log1p(trained_texts) + 1 - np.log1p(self.trained_B)
        self._trained_idf_B = idf_B.astype(np.float32)

    @classmethod
    def counted(cls, texts: Sequence[str], width: int = 0) -> Similarity:
        """One that was trained on these texts; nothing learnt yet."""
        different = len(np.unique(grams(texts)[0]))
        size = 1 << min(16, max(10, (4 * different - 1).bit_length()))
        blank = cls(
            np.zeros(size, dtype=np.int32),
            0,
            np.zeros((min(size, LEARNED), width), dtype=np.float32),
        )
        held_B = np.bincount(blank.terms(texts).buckets, minlength=size)
        return cls(held_B, len(texts), blank.table_LD)

    def fresh(self) -> Similarity:
        """The same as it came from training, to count by itself."""
        return Similarity(self.trained_B, self.trained_texts, self.table_LD)

    def untaught(self, texts: Sequence[str]) -> Similarity:
        """As if these, which it was trained on, had not been among them."""
        gone_B = np.bincount(self.terms(texts).buckets, minlength=self.size)
        return Similarity(self.trained_B - gone_B, self.trained_texts - len(texts), self.table_LD)

    @property
    def size(self) -> int:
        """Buckets."""
        return len(self.trained_B)

    def count(self, terms: Terms, times: int = 1) -> None:
        """Counts texts in, or with -1 out again."""
        np.add.at(self.held_B, terms.buckets, times)
        self.texts += times * len(terms)

    def terms(self, texts: Sequence[str]) -> Terms:
        """The texts' terms. Terms of a text that share a bucket are one."""
        found, starts = grams(texts)
        rows = np.repeat(np.arange(len(texts), dtype=np.uint64), np.diff(starts))
        pairs = distinct(rows << HALF | found & np.uint64(self.size - 1))
        starts = np.searchsorted(pairs >> HALF, np.arange(len(texts) + 1, dtype=np.uint64))
        return Terms((pairs & LOW).astype(np.int64), starts.astype(np.int64))

    def weighed(self, terms: Terms) -> Bags:
        """The terms with their weights as of now."""
        trained = self._trained_idf_B[terms.buckets]
        novel = np.log1p(self.texts) + 1 - np.log1p(self.held_B[terms.buckets])
        known = self.trained_B[terms.buckets] > 0
        weights = np.where(known, trained, novel).astype(np.float32)
        norms = np.sqrt(np.maximum(_summed(weights**2, terms.starts), 1e-12))
        return Bags(
            terms.buckets,
            terms.starts,
            weights / np.repeat(norms, np.diff(terms.starts)),
            trained,
        )

    def bags(self, texts: Sequence[str]) -> Bags:
        """The texts' terms with their weights."""
        return self.weighed(self.terms(texts))

    def cosine(self, one: Bags, many: Bags) -> Floats:
        """The likeness of one text to each of N, from 0 to 1."""
        return self._shared(one, one.weights, many, many.weights)

    def familiar(self, one: Bags) -> float:
        """The share of a text's weight that is in terms which some text holds."""
        return float((one.weights**2 * (self.held_B[one.buckets] > 0)).sum())

    def learned(self, one: Bags, many: Bags) -> Floats:
        """The likeness of one text to each of N by their vectors, and by the terms never trained
        that they share; from -1 to 1."""
        (mine,), (length,) = self._sums(one)
        theirs, lengths = self._sums(many)
        shared = self._shared(one, self._novel(one), many, self._novel(many))
        return np.asarray((theirs @ mine + shared) / (lengths * length), dtype=np.float32)

    def vectors(self, bags: Bags) -> Floats:
        """The learned vectors [N, D]; shorter than 1 by what is never trained."""
        sums, lengths = self._sums(bags)
        return np.asarray(sums / lengths[:, None], dtype=np.float32)

    def _sums(self, bags: Bags) -> tuple[Floats, Floats]:
        """The sums of the terms' vectors [N, D], and the lengths of these with what is novel."""
        known = bags.trained * (self.trained_B[bags.buckets] > 0)
        weighted = self.table_LD[bags.buckets & (len(self.table_LD) - 1)] * known[:, None]
        below = np.zeros((len(weighted) + 1, weighted.shape[1]))
        np.cumsum(weighted, axis=0, out=below[1:])
        sums = np.diff(below[bags.starts], axis=0)
        squares = (sums**2).sum(1) + _summed(self._novel(bags) ** 2, bags.starts)
        return sums.astype(np.float32), np.sqrt(np.maximum(squares, 1e-12)).astype(np.float32)

    def _novel(self, bags: Bags) -> Floats:
        """The weights of the terms never trained, 0 for the others."""
        return np.where(self.trained_B[bags.buckets] > 0, np.float32(0), bags.trained)

    def _shared(self, one: Bags, mine: Floats, many: Bags, theirs: Floats) -> Floats:
        """The sums of the products of their weights, over the terms that both have."""
        dense_B = np.zeros(self.size, dtype=np.float32)
        dense_B[one.buckets] = mine
        return _summed(dense_B[many.buckets] * theirs, many.starts)


def _summed(values: Floats, starts: NDArray[np.int64]) -> Floats:
    """Sums of the runs of `values` that `starts` marks."""
    below = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    return np.diff(below[starts]).astype(np.float32)
