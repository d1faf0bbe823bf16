"""The indexes over a memory's rows: by words and runs of letters, and by meanings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from dialog_s2s.memory.grams import grams
from dialog_s2s.memory.keys import indexed
from dialog_s2s.memory.mending import Mender
from dialog_s2s.memory.term_index import ENDING, Read, TermIndex
from dialog_s2s.text.thesaurus import Thesaurus
from dialog_s2s.text.turns import Turn

Asked = tuple[str, str, Sequence[Turn]]
"""A question as it was typed and as its words may be meant to be spelt, and the turns before it."""


class Indexes:
    """Rows by id. Threads may share them."""

    def __init__(self, thesaurus: Thesaurus, lexical: TermIndex, meaning: TermIndex | None):
        self.lexical = lexical
        self.meaning = meaning
        """None without a thesaurus."""
        self._mender = (
            None if meaning is None else Mender(thesaurus, lexical.counted, meaning.counted)
        )

    @classmethod
    def build(
        cls, thesaurus: Thesaurus, items: Iterable[tuple[int, str]], folder: Path | None = None
    ) -> Indexes:
        """Indexes of texts by id, in memory or in files of a folder.

        Raises:
            ValueError: an id is negative.
            DiskError: the folder cannot be written.
        """
        kept = list(items)

        def built(name: str, read: Read) -> TermIndex:
            return TermIndex.build(read, kept, None if folder is None else _file(folder, name))

        lexical = built("lexical", grams)
        meaning = built("meaning", thesaurus.terms) if len(thesaurus) else None
        return cls(thesaurus, lexical, meaning)

    @classmethod
    def open(cls, thesaurus: Thesaurus, folder: Path) -> Indexes:
        """Those that were built in a folder.

        Raises:
            DataError: one is missing or damaged; they hold nothing that cannot be made again.
        """
        lexical = TermIndex.open(grams, _file(folder, "lexical"))
        meaning = None
        if len(thesaurus):
            meaning = TermIndex.open(thesaurus.terms, _file(folder, "meaning"))
        return cls(thesaurus, lexical, meaning)

    def spelt(self, question: str) -> str:
        """The question as it may be meant to be spelt; see `Mender`."""
        return question if self._mender is None else self._mender.spelt(question)

    def add(self, items: Sequence[tuple[int, str]]) -> None:
        """Adds texts, or replaces those whose ids are known."""
        for each in self._each():
            each.add(items)

    def remove(self, ids: Sequence[int]) -> None:
        """Removes texts; an id that is not there is none to remove."""
        for each in self._each():
            each.remove(ids)

    def search(self, asked: Sequence[Asked], count: int) -> list[list[list[int]]]:
        """For every question the `count` nearest rows of each look-up: by words and by meanings,
        alone, and where there were turns before it, together with them."""
        found: list[list[list[int]]] = [[] for _ in asked]
        later = [place for place, (_, _, context) in enumerate(asked) if context]
        for index in self._each():
            typed = index is self.lexical
            texts = [question if typed else spelt for question, spelt, _ in asked]
            texts += [indexed(texts[place], asked[place][2]) for place in later]
            for place, nearest in zip(
                (*range(len(asked)), *later), index.search_all(texts, count), strict=True
            ):
                found[place].append([row for row, _ in nearest])
        return found

    def _each(self) -> list[TermIndex]:
        return [self.lexical] if self.meaning is None else [self.lexical, self.meaning]


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}{ENDING}"
