"""Results as text: blocks of clean lines, and tables aligned by the columns of a terminal."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from wcwidth import width

from dialog_s2s.interfaces.chat.wrapping import LEAST, wrapped
from dialog_s2s.interfaces.sanitize import clean

COLUMNS = 80
"""Where no terminal tells."""

GAP = "  "


class Shown(ABC):
    """What people read as lines; its `repr` and `str` are all of them."""

    __slots__ = ()

    @abstractmethod
    def lines(self, columns: int = COLUMNS) -> list[str]:
        """Clean lines for so many columns, each without a line feed."""

    def __repr__(self) -> str:
        return "\n".join(self.lines())


@dataclass(frozen=True, slots=True, repr=False)
class Text(Shown):
    """Plain words, in lines that are broken where they are too long."""

    text: str

    def lines(self, columns: int = COLUMNS) -> list[str]:
        """See `Shown`."""
        return [
            part.rstrip()
            for line in self.text.split("\n")
            for part in wrapped(clean(line), columns, _indent(line)).split("\n")
        ]


@dataclass(frozen=True, slots=True, repr=False)
class Drawing(Shown):
    """A plot of characters, which `draw` makes for so many columns."""

    draw: Callable[[int], Sequence[str]]

    def lines(self, columns: int = COLUMNS) -> list[str]:
        """See `Shown`."""
        return [clean(line) for line in self.draw(columns)]


@dataclass(frozen=True, slots=True, repr=False)
class Table(Shown):
    """Rows of cells under heads. Long cells are broken at words; where the columns would become
    too narrow for that, each row is a block of its own."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def lines(self, columns: int = COLUMNS) -> list[str]:
        """See `Shown`."""
        heads = [clean(head) for head in self.heads]
        rows = [[clean(cell) for cell in row] for row in self.rows]
        widths = _fitting([heads, *rows], columns)
        if widths is None:
            return list(_blocks(heads, rows, columns))
        return [line for row in [heads, *rows] for line in _aligned(row, widths)]


def _fitting(rows: Sequence[Sequence[str]], columns: int) -> list[int] | None:
    """The columns of each cell, the widest cut first; None where that leaves too few."""
    widths = [min(columns, max(map(width, cells))) for cells in zip(*rows, strict=True)]
    room = columns - len(GAP) * (len(widths) - 1)
    while sum(widths) > room:
        widest = max(range(len(widths)), key=widths.__getitem__)
        if widths[widest] <= LEAST:
            return None
        widths[widest] -= 1
    return widths


def _aligned(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    broken = [
        # a cell that is not cut may be narrower than words can be broken for
        [cell] if width(cell) <= wide else wrapped(cell, wide).split("\n")
        for cell, wide in zip(row, widths, strict=True)
    ]
    for parts in zip_longest(*broken, fillvalue=""):
        padded = (
            part + " " * (wide - width(part)) for part, wide in zip(parts, widths, strict=True)
        )
        yield GAP.join(padded).rstrip()


def _blocks(heads: Sequence[str], rows: Sequence[Sequence[str]], columns: int) -> Iterator[str]:
    for number, row in enumerate(rows):
        if number:
            yield ""
        for head, cell in zip(heads, row, strict=True):
            if cell:
                told = f"{head}: {cell}" if head else cell
                yield from wrapped(told, columns, len(GAP)).split("\n")


def _indent(line: str) -> int:
    """Where what is broken goes on."""
    return len(line) - len(line.lstrip(" "))
