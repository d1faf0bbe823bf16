"""Text broken into lines at words as it comes, by the columns that a terminal gives it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from wcwidth import iter_graphemes, width

LEAST = 20
"""Columns below which a terminal breaks the lines itself."""

# Han and kana break anywhere, but not before a closing mark; all else breaks at blanks
_WIDE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CLOSING = "、。，．：；？！）」』】〉》〕・ー…,.:;?!)\\]}%"
_ATOM = re.compile(rf" +|[{_WIDE}][{_CLOSING}]*|[^ {_WIDE}]+")


class Wrapper:
    """Breaks a text that comes in parts; `indent` columns are left free on each line but the first,
    which `start` columns of are taken."""

    def __init__(self, columns: Callable[[], int], indent: int = 0, start: int = 0):
        self._columns = columns
        self._indent = indent
        self._held = ""
        self.column = start
        """Where the next character comes."""

    def feed(self, part: str) -> str:
        """What can be written of all parts so far; the last word waits for its end."""
        text = self._held + part
        atoms = _ATOM.findall(text)
        if not atoms:
            return ""
        self._held = atoms.pop()
        return "".join(map(self._placed, atoms))

    def end(self) -> str:
        """What is left."""
        left, self._held = self._held, ""
        return "".join(map(self._placed, _ATOM.findall(left)))

    def _placed(self, atom: str) -> str:
        columns = self._columns()
        wide = width(atom)
        if columns < LEAST or self.column + wide <= columns:
            self.column += wide
            return atom
        if atom.isspace():  # nothing is left of a blank at the end of a line
            self.column = columns + 1  # so that what comes next, however narrow, begins a line
            return ""
        broken = "" if self.column <= self._indent else self._broken()
        if self.column + wide <= columns:
            self.column += wide
            return broken + atom
        return broken + "".join(self._cut(atom, columns))

    def _broken(self) -> str:
        self.column = self._indent
        return "\n" + " " * self._indent

    def _cut(self, atom: str, columns: int) -> Iterator[str]:
        """A word longer than a line, over as many as it needs."""
        for cluster in iter_graphemes(atom):
            wide = width(cluster)
            if self.column + wide > columns:
                yield self._broken()
            self.column += wide
            yield cluster


def wrapped(text: str, columns: int, indent: int = 0, start: int = 0) -> str:
    """`text` of one line, broken at words."""
    wrapper = Wrapper(lambda: columns, indent, start)
    return wrapper.feed(text) + wrapper.end()


def fitted(text: str, columns: int) -> str:
    """`text` cut or filled with blanks to exactly so many columns."""
    if width(text) <= columns:
        return text + " " * (columns - width(text))
    cut, used = "", 0
    for cluster in iter_graphemes(text):
        wide = width(cluster)
        if used + wide > columns - 1:
            break
        cut, used = cut + cluster, used + wide
    return cut + "…" + " " * (columns - 1 - used) if columns else ""
