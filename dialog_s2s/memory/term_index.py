"""The nearest stored questions by the terms they share: the cosine of TF-IDF vectors.

The terms are whatever `read` makes of texts: words and trigrams (`grams`), or meanings
(`Thesaurus.read`). Each is counted once a text and weighted by its inverse document frequency
(Spärck Jones 1972), so a text has 1 with itself. The base, on disk or
not, is never changed; what is added or removed later is kept in memory beside it, so any number of
processes may read the same folder. Terms' frequencies are those of the base, until what was added
has grown to a quarter of it and the two are joined, in memory.

One thread does it all: two are no faster, since NumPy keeps the interpreter's lock in most of this.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.errors import DiskError
from dialog_s2s.memory.cosine import Part, nearest, weighed
from dialog_s2s.memory.grams import LONGEST
from dialog_s2s.memory.postings import GONE, Postings, joined, postings
from dialog_s2s.memory.postings_file import read as mapped
from dialog_s2s.memory.postings_file import write

ENDING = ".index"
"""Of the name of an index's file."""

Read = Callable[[Sequence[str]], tuple[NDArray[np.uint32], NDArray[np.int64]]]
"""Makes texts into terms: those of text i, each once, are `terms[starts[i] : starts[i + 1]]`."""

LETTERS = 1 << 21
"""Characters of texts that are indexed at once, at about 60 bytes of memory each."""

QUESTIONS = 256
"""Texts whose terms are made at once when they are looked up."""

SMALL = 1024
"""Rows that are joined with new ones at every addition, which takes milliseconds."""


class TermIndex:
    """Texts by id, looked up by their terms. Threads may share it."""

    def __init__(self, read: Read, parts: Sequence[Part] = ()):
        self._read = read
        self._parts = tuple(parts)
        self._writing = threading.Lock()

    @classmethod
    def build(
        cls, read: Read, items: Iterable[tuple[int, str]], file: Path | None = None
    ) -> TermIndex:
        """An index of these texts, in memory or in a file.

        An id that comes twice keeps its last text.

        Raises:
            ValueError: an id is negative.
            DiskError: the file cannot be written; an index that was there stays.
        """
        done: list[Postings] = []
        for ids, texts in _batches(items):
            done = [each.without(ids) for each in done]
            done.append(postings(ids, *read(texts)))
        lists = joined(done or [postings([], *read([]))])
        part = weighed(lists, lists)
        if file is None:
            return cls(read, [part])
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DiskError(
                f"{file.parent}: cannot be made ({error.strerror}); free some space, or see "
                "whether the folder above may be written to"
            ) from None
        write(
            file,
            {
                "ids": lists.ids,
                "terms": lists.terms,
                "starts": lists.starts,
                "rows": lists.rows,
                "scale": part.scale,
            },
        )
        return cls.open(read, file)

    @classmethod
    def open(cls, read: Read, file: Path) -> TermIndex:
        """The index that was built in a file, mapped and not read; nothing is locked.

        Raises:
            DataError: there is none, or it is damaged. It holds nothing that `build` cannot make
                again.
        """
        arrays = mapped(file)
        scale = arrays.pop("scale")
        return cls(read, [Part(Postings(**arrays), scale)])

    def __len__(self) -> int:
        return sum(int(np.count_nonzero(part.lists.ids != GONE)) for part in self._parts)

    def add(self, items: Sequence[tuple[int, str]]) -> None:
        """Adds texts, or replaces those whose ids are known; the next look-up finds them.

        Raises:
            ValueError: an id is negative.
        """
        with self._writing:
            for ids, texts in _batches(items):
                parts = [part.without(ids) for part in self._parts]
                lists = postings(ids, *self._read(texts))
                while parts and len(parts[-1].lists.ids) < max(4 * len(lists.ids), SMALL):
                    lists = joined([parts.pop().lists, lists])
                parts.append(weighed(lists, parts[0].lists if parts else lists))
                self._parts = tuple(parts)

    def remove(self, ids: Sequence[int]) -> None:
        """Removes texts; an id that is not there is none to remove."""
        with self._writing:
            self._parts = tuple(part.without(ids) for part in self._parts)

    def counted(self, terms: Sequence[int]) -> NDArray[np.int64]:
        """How many texts hold each of these terms, those counted in that were removed of late."""
        asked = np.asarray(terms, dtype=np.uint32)
        found = np.zeros(len(asked), dtype=np.int64)
        for part in self._parts:
            found += part.lists.find(asked)[1]
        return found

    def search(self, text: str, count: int = 32) -> list[tuple[int, float]]:
        """The ids of the nearest texts and their cosines, best first, equal ones by id.

        Only texts that share a term are found, so there may be fewer than `count`.
        """
        return self.search_all([text], count)[0]

    def search_all(self, texts: Sequence[str], count: int) -> list[list[tuple[int, float]]]:
        """`search` for many texts, whose terms are made together."""
        parts = self._parts
        found = []
        for first in range(0, len(texts), QUESTIONS):
            terms, starts = self._read(texts[first : first + QUESTIONS])
            found += [
                nearest(parts, terms[start:end], count) for start, end in pairwise(starts.tolist())
            ]
        return found


def _batches(items: Iterable[tuple[int, str]]) -> Iterator[tuple[list[int], list[str]]]:
    """Ids, each once, and texts, so many at once as memory should hold."""
    batch: dict[int, str] = {}
    letters = 0
    for number, text in items:
        if number < 0:
            raise ValueError(f"an id must not be negative, and one is {number}")
        batch[number] = text
        letters += min(len(text), LONGEST)
        if letters >= LETTERS:
            yield list(batch), list(batch.values())
            batch, letters = {}, 0
    if batch:
        yield list(batch), list(batch.values())
