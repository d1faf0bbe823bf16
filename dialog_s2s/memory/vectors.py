"""Nearest vectors by cosine: exact, in NumPy, over a matrix mapped from a file.

A look-up is one matrix product and a partition: on one core 20 ms at 200,000 rows of width 384
or at 1,000,000 of width 64. float16 rows would take half the room and three to seven times as
long, for NumPy widens them before every product.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dialog_s2s.errors import DataError
from dialog_s2s.memory.vector_file import read, write

GONE = -1
"""Stands for the id of a row that was removed."""

CELLS = 1 << 24
"""Scores held at once by `search_all`."""

BLOCK = 4096
"""Rows handled at once where all of them would take too much memory."""

SLACK = 1e-3
"""How far from 1 the squared length of a unit vector may be."""


class VectorIndex:
    """Unit vectors by id; a vector of zeros, as unlike all others as can be, is allowed too.

    Rows that came from a file or from `build` are never written to; those added since are kept
    apart in an array that doubles when it is full, so adding one never copies the others. Not for
    a thread that searches while another adds or removes.
    """

    def __init__(self, ids: NDArray[np.int64], vectors_ND: NDArray[np.float32]):
        self._base_ND = vectors_ND
        self._tail_ND = np.empty((0, vectors_ND.shape[1]), dtype=np.float32)
        self._ids = ids
        self._rows = len(ids)
        """Rows in use, removed ones included."""
        self._removed = 0

    @classmethod
    def build(cls, ids: Sequence[int] | NDArray[np.int64], vectors_ND: ArrayLike) -> VectorIndex:
        """An index of these vectors, which it keeps without a copy where they are float32.

        Raises:
            ValueError: an id is negative or there twice; a vector's length is neither 1 nor 0.
        """
        numbers, rows_ND = _numbers(ids), _units(vectors_ND)
        _check_pairs(numbers, rows_ND)
        return cls(numbers, rows_ND)

    @classmethod
    def load(cls, file: str | Path) -> VectorIndex:
        """The index of a file, its vectors mapped, not read.

        Raises:
            DataError: there is no such file, or it is not what `save` writes.
        """
        ids, vectors_ND = read(file)
        try:
            return cls(_numbers(ids), vectors_ND)
        except ValueError as error:
            raise DataError(f"the index is damaged ({error}); build it anew", file) from None

    def save(self, file: str | Path) -> None:
        """Writes all rows by rising id; nothing of a removed one is in the file.

        Raises:
            DiskError: it cannot be written; a file that was there stays.
        """
        order = np.argsort(self._ids[: self._rows], kind="stable")[self._removed :]
        write(file, self._ids[order], self._blocks(order), self.width)

    def __len__(self) -> int:
        return self._rows - self._removed

    @property
    def width(self) -> int:
        """Numbers in a vector."""
        return int(self._base_ND.shape[1])

    @property
    def ids(self) -> NDArray[np.int64]:
        """All ids, rising."""
        return np.sort(self._ids[: self._rows], kind="stable")[self._removed :]

    def get(self, ids: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float32]:
        """The vectors of `ids`, in that order. Raises KeyError where one is not there."""
        return self._take(self._known(np.asarray(ids, dtype=np.int64)))

    def add(self, ids: Sequence[int] | NDArray[np.int64], vectors_ND: ArrayLike) -> None:
        """Adds vectors. Raises ValueError as `build` does, or where an id is there already."""
        numbers, rows_ND = _numbers(ids), _units(vectors_ND, self.width)
        _check_pairs(numbers, rows_ND)
        if (there := numbers[self._find(numbers) >= 0]).size:
            raise ValueError(f"id {there[0]} is in the index already")
        start, end = self._rows, self._rows + len(numbers)
        self._ids = _grown(self._ids, start, end)
        self._ids[start:end] = numbers
        start, end = start - len(self._base_ND), end - len(self._base_ND)
        self._tail_ND = _grown(self._tail_ND, start, end)
        self._tail_ND[start:end] = rows_ND
        self._rows += len(numbers)

    def remove(self, ids: Sequence[int] | NDArray[np.int64]) -> None:
        """Removes vectors; a file keeps them until it is saved anew. Raises KeyError as `get`."""
        numbers = _numbers(ids)
        self._ids[self._known(numbers)] = GONE
        self._removed += len(numbers)
        if 2 * self._removed > self._rows:
            kept = np.flatnonzero(self._ids[: self._rows] != GONE)
            self._base_ND, self._tail_ND = self._take(kept), self._tail_ND[:0]
            self._ids = self._ids[kept]
            self._rows, self._removed = len(kept), 0

    def search(self, vector_D: ArrayLike, count: int) -> list[tuple[int, float]]:
        """(id, cosine) of the `count` nearest, nearest first; of equals the lower id first."""
        ids_QK, cosines_QK = self.search_all(np.asarray(vector_D, dtype=np.float32)[None], count)
        return list(zip(ids_QK[0].tolist(), cosines_QK[0].tolist(), strict=True))

    def search_all(
        self, vectors_QD: ArrayLike, count: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """`search` for many at once: ids and cosines, [Q, K] with K the lesser of count and len.

        Raises:
            ValueError: a vector is not of this width, or its length is neither 1 nor 0.
        """
        queries_QD = _units(vectors_QD, self.width)
        count = min(count, len(self))
        ids_QK = np.empty((len(queries_QD), count), dtype=np.int64)
        cosines_QK = np.empty((len(queries_QD), count))
        if count == 0:
            return ids_QK, cosines_QK
        together = max(1, CELLS // self._rows)
        for start in range(0, len(queries_QD), together):
            part_QD = queries_QD[start : start + together]
            for place, scores_N in enumerate(self._scores(part_QD), start):
                rows, cosines_QK[place] = self._best(scores_N, queries_QD[place], count)
                ids_QK[place] = self._ids[rows]
        return ids_QK, cosines_QK

    def _scores(self, queries_QD: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosines with every row, but for rounding."""
        used, base = self._rows, len(self._base_ND)
        scores_QN = np.empty((len(queries_QD), used), dtype=np.float32)
        np.matmul(queries_QD, self._base_ND.T, out=scores_QN[:, :base])
        np.matmul(queries_QD, self._tail_ND[: used - base].T, out=scores_QN[:, base:])
        if self._removed:
            scores_QN[:, self._ids[:used] == GONE] = -np.inf
        return scores_QN

    def _best(
        self, scores_N: NDArray[np.float32], query_D: NDArray[np.float32], count: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Rows and cosines of the nearest.

        A product's rounding depends on where in the matrix a row stands, so that equal vectors
        score unequally. All that may belong to the nearest, by the bound on that rounding, are
        scored again in double precision, each by itself.
        """
        edge = np.partition(scores_N, -count)[-count]
        rows = np.flatnonzero(scores_N >= edge - self.width * np.finfo(np.float32).eps)
        query_D64 = query_D.astype(np.float64)
        parts = [(part_ND * query_D64).sum(axis=1) for part_ND in self._blocks(rows)]
        cosines = np.concatenate(parts)
        order = np.lexsort((self._ids[rows], -cosines))[:count]
        return rows[order], cosines[order]

    def _find(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows of ids, -1 where there is none."""
        if not self._rows:
            return np.full(len(ids), -1)
        known = self._ids[: self._rows]
        order = np.argsort(known, kind="stable")  # as good as sorted already: about a pass over it
        place = np.searchsorted(known, ids, sorter=order)
        rows = order[np.minimum(place, self._rows - 1)]
        return np.where((known[rows] == ids) & (ids != GONE), rows, -1)

    def _known(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        rows = self._find(ids)
        if (missing := ids[rows < 0]).size:
            raise KeyError(int(missing[0]))
        return rows

    def _take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        taken_ND = np.empty((len(rows), self.width), dtype=np.float32)
        base = rows < len(self._base_ND)
        taken_ND[base] = self._base_ND[rows[base]]
        taken_ND[~base] = self._tail_ND[rows[~base] - len(self._base_ND)]
        return taken_ND

    def _blocks(self, rows: NDArray[np.int64]) -> Iterator[NDArray[np.float32]]:
        for start in range(0, len(rows), BLOCK):
            yield self._take(rows[start : start + BLOCK])


def _numbers(ids: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Ids as an array of one's own."""
    numbers = np.array(ids, dtype=np.int64)
    ordered = np.sort(numbers, kind="stable")
    if len(ordered) and ordered[0] < 0:
        raise ValueError(f"id {ordered[0]} is negative")
    if (twice := ordered[1:][ordered[1:] == ordered[:-1]]).size:
        raise ValueError(f"id {twice[0]} is given twice")
    return numbers


def _units(vectors_ND: ArrayLike, width: int | None = None) -> NDArray[np.float32]:
    """Vectors that are sound: of this width, each of length 1 or 0."""
    rows_ND = np.ascontiguousarray(vectors_ND, dtype=np.float32)
    if rows_ND.ndim != 2 or width not in (None, rows_ND.shape[1]):
        raise ValueError(f"vectors must be of shape [N, {width or 'D'}], but are {rows_ND.shape}")
    squared_N = np.einsum("nd,nd->n", rows_ND, rows_ND)
    if not np.all((np.abs(squared_N - 1) < SLACK) | (squared_N == 0)):
        raise ValueError("vectors must be of length 1 (or 0), but some are not")
    return rows_ND


def _check_pairs(ids: NDArray[np.int64], vectors_ND: NDArray[np.float32]) -> None:
    if len(ids) != len(vectors_ND):
        raise ValueError(f"there are {len(ids)} ids for {len(vectors_ND)} vectors")


def _grown(array: NDArray[Any], used: int, wanted: int) -> NDArray[Any]:
    """The array if it has room for `wanted` rows, else one of at least twice the size."""
    if wanted <= len(array):
        return array
    grown = np.empty((max(wanted, 2 * len(array)), *array.shape[1:]), dtype=array.dtype)
    grown[:used] = array[:used]
    return grown
