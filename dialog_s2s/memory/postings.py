"""Which rows hold a term: an inverted list a term, all in one array, never changed once made.

Terms are 32-bit hashes, a row is a text's place in these lists. Everything works on
whole arrays: 10,000 texts become lists in about 0.1 s, and lists are joined by copying.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.memory.grams import HALF, LOW, distinct

GONE = -1
"""Stands for the id of a row that was removed."""


@dataclass(frozen=True, slots=True)
class Postings:
    """The rows of every term, rising: `rows[starts[i] : starts[i + 1]]` for `terms[i]`."""

    ids: NDArray[np.int64]
    """Of every row, or `GONE`."""
    terms: NDArray[np.uint32]
    """Rising, each once."""
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]

    def find(self, terms: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the rows of these terms start, and how many there are; 0 of an unknown term."""
        if not len(self.terms):
            return np.zeros(len(terms), np.int64), np.zeros(len(terms), np.int64)
        places = np.searchsorted(self.terms, terms)
        np.minimum(places, len(self.terms) - 1, out=places)
        starts = self.starts[places]
        known = self.terms[places] == terms
        return starts, (self.starts[places + 1] - starts) * known

    def counts(self) -> NDArray[np.int64]:
        """How many rows each term has."""
        return np.diff(self.starts)

    def without(self, ids: Sequence[int] | NDArray[np.int64]) -> Postings:
        """The same with these ids gone; itself where it holds none of them."""
        gone = np.isin(self.ids, ids)
        return replace(self, ids=np.where(gone, GONE, self.ids)) if gone.any() else self

    def compact(self) -> Postings:
        """The same without the rows that are gone."""
        stays = self.ids != GONE
        if stays.all():
            return self
        kept = stays[self.rows]
        terms = np.repeat(np.arange(len(self.terms)), self.counts())[kept]
        counts = np.bincount(terms, minlength=len(self.terms))
        used = counts > 0
        renumbered = np.cumsum(stays, dtype=np.int32) - np.int32(1)
        return Postings(
            self.ids[stays],
            self.terms[used],
            _ends(counts[used]),
            renumbered[self.rows[kept]],
        )


def postings(ids: Sequence[int], found: NDArray[np.uint32], starts: NDArray[np.int64]) -> Postings:
    """The lists of texts with these ids: the terms of text i, each once, are
    `found[starts[i] : starts[i + 1]]`."""
    rows = np.repeat(np.arange(len(ids), dtype=np.uint64), np.diff(starts))
    pairs = found.astype(np.uint64) << HALF | rows
    pairs.sort()
    terms = (pairs >> HALF).astype(np.uint32)
    firsts = np.flatnonzero(np.diff(terms, prepend=np.int64(-1)))
    return Postings(
        np.array(ids, dtype=np.int64),
        terms[firsts],
        np.append(firsts, len(terms)),
        (pairs & LOW).astype(np.int32),
    )


def joined(parts: Sequence[Postings]) -> Postings:
    """All rows of the parts, in their order, without those that are gone."""
    parts = [part.compact() for part in parts]
    terms = distinct(np.concatenate([part.terms for part in parts]))
    places = [np.searchsorted(terms, part.terms) for part in parts]
    counts = np.zeros(len(terms), dtype=np.int64)
    for part, place in zip(parts, places, strict=True):
        counts[place] += part.counts()
    starts = _ends(counts)
    rows = np.empty(starts[-1], dtype=np.int32)
    free, before = starts[:-1].copy(), 0
    for part, place in zip(parts, places, strict=True):
        moved = np.repeat(free[place] - part.starts[:-1], part.counts())
        rows[moved + np.arange(len(moved))] = part.rows + np.int32(before)
        free[place] += part.counts()
        before += len(part.ids)
    return Postings(np.concatenate([part.ids for part in parts]), terms, starts, rows)


def _ends(counts: NDArray[Any]) -> NDArray[np.int64]:
    """Where each of these many begins, and the end of all."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
