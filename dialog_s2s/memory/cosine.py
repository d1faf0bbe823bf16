"""Cosines of TF-IDF vectors by inverted lists: which rows are nearest to a text's terms.

A look-up adds up the lists of the text's terms, the rarest first. Where these are long, the
commonest terms are only looked up in the rows that are ahead by then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.memory.postings import GONE, Postings

BUDGET = 200_000
"""Entries of inverted lists after which a look-up adds up no further list."""

CANDIDATES = 256
"""Rows in which the terms beyond the budget are looked up."""

TERMS = 1000
"""Terms of a text that are looked up, the rarest; a text of 800 characters has as many."""

CHUNK = 1 << 22
"""Entries of inverted lists that are weighed at once."""


@dataclass(frozen=True, slots=True)
class Part:
    """Inverted lists, with 1 / the length of every row's vector; 0 where it is gone or empty."""

    lists: Postings
    scale: NDArray[np.float32]

    def without(self, ids: Sequence[int]) -> Part:
        """The same with these ids gone; itself where it holds none of them."""
        lists = self.lists.without(ids)
        if lists is self.lists:
            return self
        return Part(lists, np.where(lists.ids == GONE, np.float32(0), self.scale))


def weighed(lists: Postings, base: Postings) -> Part:
    """The lists with the lengths of their rows, by the terms' frequencies in the base."""
    weights, counts = _weights(base.find(lists.terms)[1], base), lists.counts()
    squares = np.zeros(len(lists.ids))
    cuts = np.searchsorted(lists.starts, np.arange(0, max(len(lists.rows), 1), CHUNK)).tolist()
    for first, last in zip(cuts, [*cuts[1:], len(counts)], strict=True):
        rows = lists.rows[lists.starts[first] : lists.starts[last]]
        squares += _summed(rows, weights[first:last], counts[first:last], len(squares))
    scale = np.zeros(len(squares), dtype=np.float32)
    there = (squares > 0) & (lists.ids != GONE)
    scale[there] = 1 / np.sqrt(squares[there])
    return Part(lists, scale)


def nearest(
    parts: Sequence[Part], terms: NDArray[np.uint32], count: int
) -> list[tuple[int, float]]:
    """The `count` ids nearest to a text of these terms, with their cosines, best first.

    Equal ones are in the order of their ids. The first part is the base.
    """
    if not parts or count < 1:
        return []
    found = [part.lists.find(terms) for part in parts]
    weights = _weights(found[0][1], parts[0].lists)
    total = np.sum([counts for _, counts in found], axis=0)
    order = np.argsort(total, kind="stable")
    order = order[total[order] > 0][:TERMS]
    if not len(order):
        return []
    # the list that goes over the budget is added up too: the rarer may be of a single row
    rare = int(np.searchsorted(np.cumsum(total[order]), BUDGET)) + 1
    ids, scores = [], []
    for part, (starts, counts) in zip(parts, found, strict=True):
        rows, each = _scored(part, starts[order], counts[order], weights[order], rare, count)
        ids.append(part.lists.ids[rows])
        scores.append(each)
    all_ids = np.concatenate(ids)
    all_scores = np.minimum(np.concatenate(scores) / np.sqrt(weights.sum()), 1)  # rounding
    best = np.lexsort((all_ids, -all_scores))[:count]
    return list(zip(all_ids[best].tolist(), all_scores[best].tolist(), strict=True))


def _scored(
    part: Part,
    starts: NDArray[np.int64],
    counts: NDArray[np.int64],
    weights: NDArray[np.float64],
    rare: int,
    count: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """At least the `count` best rows of a part and their scores; the first `rare` terms decide."""
    lists = [
        part.lists.rows[start : start + length]
        for start, length in zip(starts.tolist(), counts.tolist(), strict=True)
    ]
    rows = np.concatenate(lists[:rare])
    scores = _summed(rows, weights[:rare], counts[:rare], len(part.scale))
    scores *= part.scale
    if rare >= len(lists):
        best = _highest(scores, count)
        return best, scores[best]
    wanted = max(CANDIDATES, count)
    best = _highest(scores, wanted)
    best = np.sort(best[np.lexsort((part.lists.ids[best], -scores[best]))[:wanted]])
    chosen, scale = scores[best], part.scale[best]
    for held, weight in zip(lists[rare:], weights[rare:].tolist(), strict=True):
        if len(held):
            places = np.minimum(np.searchsorted(held, best), len(held) - 1)
            chosen += (held[places] == best) * (weight * scale)
    return best, chosen


def _summed(
    rows: NDArray[np.int32], weights: NDArray[np.float64], counts: NDArray[np.int64], length: int
) -> NDArray[np.float64]:
    """The sum of every row's weights, where the first of them is that of so many rows, ..."""
    sums = np.bincount(rows, np.repeat(weights, counts), minlength=length)
    return sums.astype(np.float64, copy=False)  # of no rows at all, bincount makes integers


def _highest(scores: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """The rows of the `count` highest scores above 0, their equals, and perhaps a few more.

    The `count`-th highest of the maxima of blocks is no higher than the `count`-th highest of all,
    so one pass and a small partition stand for a partition of everything, in a tenth of its time.
    """
    width = min(len(scores) // (4 * count), 512)
    heads = scores
    if width > 1:
        heads = scores[: len(scores) // width * width].reshape(-1, width).max(axis=1)
    least = np.partition(heads, -count)[-count] if len(heads) > count else 0.0
    return np.flatnonzero(scores >= least if least > 0 else scores > 0)


def _weights(counts: NDArray[np.int64], base: Postings) -> NDArray[np.float64]:
    """The squared inverse document frequencies of terms that so many rows of the base hold."""
    squares: NDArray[np.float64] = (np.log((len(base.ids) + 1) / (counts + 1)) + 1) ** 2
    return squares
