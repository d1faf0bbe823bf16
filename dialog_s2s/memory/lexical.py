"""The nearest stored questions by what they are spelt with: the cosine of TF-IDF vectors.

The terms are words and trigrams (see `grams`), each counted once a text and weighted by its
inverse document frequency (Spärck Jones 1972), so a text has 1 with itself. The base, on disk or
not, is never changed; what is added or removed later is kept in memory beside it, so any number of
processes may read the same folder. Terms' frequencies are those of the base, until what was added
has grown to a quarter of it and the two are joined, in memory.

One thread does it all: two are no faster, since NumPy keeps the interpreter's lock in most of this.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from dialog_s2s.errors import DiskError
from dialog_s2s.memory.cosine import Part, nearest, weighed
from dialog_s2s.memory.grams import LONGEST, grams
from dialog_s2s.memory.postings import GONE, Postings, joined, postings
from dialog_s2s.memory.postings_file import read, write

FILE = "lexical.index"

LETTERS = 1 << 21
"""Characters of texts that are indexed at once, at about 60 bytes of memory each."""

QUESTIONS = 256
"""Texts whose terms are made at once when they are looked up."""

SMALL = 1024
"""Rows that are joined with new ones at every addition, which takes milliseconds."""


class LexicalIndex:
    """Texts by id, looked up by their words and trigrams. Threads may share it."""

    def __init__(self, parts: Sequence[Part] = ()):
        self._parts = tuple(parts)
        self._writing = threading.Lock()

    @classmethod
    def build(cls, items: Iterable[tuple[int, str]], folder: Path | None = None) -> LexicalIndex:
        """An index of these texts, in memory or, given a folder, in a file there.

        An id that comes twice keeps its last text.

        Raises:
            ValueError: an id is negative.
            DiskError: the folder cannot be written; an index that was there stays.
        """
        done: list[Postings] = []
        for ids, texts in _batches(items):
            done = [each.without(ids) for each in done]
            done.append(postings(ids, texts))
        lists = joined(done or [postings([], [])])
        part = weighed(lists, lists)
        if folder is None:
            return cls([part])
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DiskError(
                f"{folder}: cannot be made ({error.strerror}); free some space, or see whether "
                "the folder above may be written to"
            ) from None
        write(
            folder / FILE,
            {
                "ids": lists.ids,
                "terms": lists.terms,
                "starts": lists.starts,
                "rows": lists.rows,
                "scale": part.scale,
            },
        )
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> LexicalIndex:
        """The index that was built in a folder, mapped and not read; nothing there is locked.

        Raises:
            DataError: there is none, or it is damaged. It holds nothing that `build` cannot make
                again.
        """
        arrays = read(folder / FILE)
        scale = arrays.pop("scale")
        return cls([Part(Postings(**arrays), scale)])

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
                lists = postings(ids, texts)
                while parts and len(parts[-1].lists.ids) < max(4 * len(lists.ids), SMALL):
                    lists = joined([parts.pop().lists, lists])
                parts.append(weighed(lists, parts[0].lists if parts else lists))
                self._parts = tuple(parts)

    def remove(self, ids: Sequence[int]) -> None:
        """Removes texts; an id that is not there is none to remove."""
        with self._writing:
            self._parts = tuple(part.without(ids) for part in self._parts)

    def search(self, text: str, count: int = 32) -> list[tuple[int, float]]:
        """The ids of the nearest texts and their cosines, best first, equal ones by id.

        Only texts that share a word or a trigram are found, so there may be fewer than `count`.
        """
        return self.search_all([text], count)[0]

    def search_all(self, texts: Sequence[str], count: int) -> list[list[tuple[int, float]]]:
        """`search` for many texts, whose terms are made together."""
        parts = self._parts
        found = []
        for first in range(0, len(texts), QUESTIONS):
            terms, starts = grams(texts[first : first + QUESTIONS])
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
