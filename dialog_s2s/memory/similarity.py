"""How alike two questions are: by the terms they share, and by what training learnt of the terms.

A question is the bag of its terms (words and runs of three letters), hashed into B buckets.
`cosine` compares bags weighted by how rare a term is (TF-IDF; Salton & Buckley 1988). `vectors`
sums a learned vector of width D for each term (StarSpace, Wu et al. 2018; fastText, Bojanowski
et al. 2017), so that terms which lead to the same answers come to lie together. Both need no
torch and a fraction of a millisecond, and new questions have them as soon as they are taught.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.memory.grams import HALF, LOW, distinct, grams

Floats = NDArray[np.float32]

LEARNED = 1 << 13
"""Buckets that have a learned vector; more of them learn no better, and slower."""


@dataclass(frozen=True, slots=True)
class Bags:
    """Weighted terms of N texts, end to end; text i has `starts[i]` to `starts[i + 1]`."""

    buckets: NDArray[np.int64]
    weights: Floats
    """Of unit length for each text that has terms."""
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def rows(self, chosen: Sequence[int] | NDArray[np.int64]) -> Bags:
        """The bags of these texts, in this order; they may repeat."""
        chosen = np.asarray(chosen, dtype=np.int64)
        lengths = np.diff(self.starts)[chosen]
        ends = np.cumsum(lengths)
        starts = np.concatenate([[0], ends]).astype(np.int64)
        places = np.repeat(self.starts[chosen] - starts[:-1], lengths) + np.arange(starts[-1])
        return Bags(self.buckets[places], self.weights[places], starts)


class Similarity:
    """The buckets' weights `idf_B` and the learned vectors `table_LD`, which buckets share; B and L
    are powers of two."""

    def __init__(self, idf_B: Floats, table_LD: Floats):
        self.idf_B = idf_B
        self.table_LD = table_LD

    @classmethod
    def counted(cls, texts: Sequence[str], width: int = 0) -> Similarity:
        """Weights from how many of the texts hold a term; nothing learnt yet."""
        terms, starts = grams(texts)
        distinct = len(np.unique(terms))
        size = 1 << min(16, max(10, (4 * distinct - 1).bit_length()))
        buckets = terms.astype(np.int64) & (size - 1)
        rows = np.repeat(np.arange(len(texts)), np.diff(starts))
        pairs = np.unique(rows * size + buckets)
        held_B = np.bincount(pairs & (size - 1), minlength=size)
        idf_B = np.log((1 + len(texts)) / (1 + held_B)) + 1
        return cls(
            idf_B.astype(np.float32), np.zeros((min(size, LEARNED), width), dtype=np.float32)
        )

    def bags(self, texts: Sequence[str]) -> Bags:
        """The texts' terms with their weights."""
        terms, starts = grams(texts)
        rows = np.repeat(np.arange(len(texts), dtype=np.uint64), np.diff(starts))
        # terms of a text that share a bucket are one there, or a text were longer than it is
        pairs = distinct(rows << HALF | terms & np.uint64(len(self.idf_B) - 1))
        starts = np.searchsorted(pairs >> HALF, np.arange(len(texts) + 1, dtype=np.uint64))
        buckets = (pairs & LOW).astype(np.int64)
        weights = self.idf_B[buckets]
        squares = np.concatenate([[0.0], np.cumsum(weights.astype(np.float64) ** 2)])
        norms = np.sqrt(np.maximum(np.diff(squares[starts]), 1e-12))
        scaled = weights / np.repeat(norms, np.diff(starts))
        return Bags(buckets, scaled.astype(np.float32), starts.astype(np.int64))

    def cosine(self, one: Bags, many: Bags) -> Floats:
        """The likeness of one text to each of N, from 0 to 1."""
        dense_B = np.zeros(len(self.idf_B), dtype=np.float32)
        np.add.at(dense_B, one.buckets, one.weights)
        return _summed(dense_B[many.buckets] * many.weights, many.starts)

    def familiar(self, one: Bags) -> float:
        """The share of a text's weight that is in terms that were counted at all."""
        known = self.idf_B[one.buckets] < self.idf_B.max() - 1e-6
        return float((one.weights**2 * known).sum())

    def vectors(self, bags: Bags) -> Floats:
        """The learned vectors [N, D], of unit length (zero for a text without terms)."""
        weighted = self.table_LD[bags.buckets & (len(self.table_LD) - 1)] * bags.weights[:, None]
        sums = np.zeros((len(bags), self.table_LD.shape[1]), dtype=np.float32)
        np.add.at(sums, np.repeat(np.arange(len(bags)), np.diff(bags.starts)), weighted)
        norms = np.sqrt((sums**2).sum(1, keepdims=True))
        return np.asarray(sums / np.maximum(norms, 1e-6), dtype=np.float32)


def _summed(values: Floats, starts: NDArray[np.int64]) -> Floats:
    """Sums of the runs of `values` that `starts` marks."""
    below = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    return np.diff(below[starts]).astype(np.float32)
