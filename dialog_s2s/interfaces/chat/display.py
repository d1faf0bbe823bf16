"""What a chat writes: replies as they come, with their marks, and lines of our own.

This is the one way out, and everything is cleaned here; only the codes of a theme are added.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

from wcwidth import width

from dialog_s2s.dialogue.reply import EXACT, GENERATED, REMEMBERED, TAUGHT, UNKNOWN, Reply
from dialog_s2s.interfaces.chat.theme import COLOURLESS, Theme
from dialog_s2s.interfaces.chat.wrapping import LEAST, Wrapper, wrapped
from dialog_s2s.interfaces.sanitize import clean

BOT = "bot> "
COLUMNS = 80
"""Where the terminal does not tell."""

BELOW = 4
"""Blanks before what a name means, where it stands below."""

SIGNS = {EXACT: "=", REMEMBERED: "~", TAUGHT: "+", GENERATED: "*", UNKNOWN: "?"}
"""Of one column in every terminal, which prettier ones are not."""

Fragments = Iterable[tuple[str, str]]
"""Names of styles, each with a text."""


class Display:
    """Writes to `out`, a terminal or what stands for one."""

    def __init__(
        self,
        out: TextIO = sys.stdout,
        theme: Theme = COLOURLESS,
        *,
        marks: bool = True,
        stream: bool = True,
        wrap: bool = True,
        columns: int | None = None,
    ):
        self.out = out
        self.theme = theme
        self.marks = marks
        self.stream = stream
        self.wrap = wrap
        self._fixed = columns
        self._column = 0

    def columns(self) -> int:
        """The width of the terminal, as it is now."""
        if self._fixed is not None:
            return self._fixed
        try:
            return os.get_terminal_size(self.out.fileno()).columns or COLUMNS
        except (OSError, ValueError):
            return COLUMNS

    def begin(self, name: str = BOT) -> Wrapper:
        """The head of a reply, and what breaks its lines."""
        self.fresh()
        self._write(self.theme.painted("bot", clean(name)))
        self._column = width(name)
        return Wrapper(self.columns if self.wrap else lambda: 0, width(name), width(name))

    def reply(self, pieces: Iterable[str]) -> None:
        """A reply as it comes, on a line of its own."""
        wrapper = self.begin()
        for piece in pieces if self.stream else ["".join(pieces)]:
            self._write(wrapper.feed(clean(piece)))
            self._column = wrapper.column
        self._write(wrapper.end())
        self._column = wrapper.column

    def mark(self, reply: Reply | None) -> None:
        """Where a reply came from and how sure the bot is, behind it; ends its line."""
        if reply is not None and self.marks:
            told = marked(reply)
            # what does not fit behind the reply goes below it
            fits = not self.wrap or self._column + 2 + width(told) <= self.columns()
            gap = "  " if fits else "\n" + " " * len(BOT)
            self._write(gap + self.theme.painted(reply.source, clean(told)))
        self._write("\n")
        self._column = 0

    def tell(self, text: str, style: str = "", indent: int = 0) -> None:
        """Lines of our own, broken at words; what is broken goes on after `indent` blanks."""
        self.fresh()
        room = self.columns() if self.wrap else 0
        for line in text.split("\n"):
            for part in wrapped(clean(line), room, indent).split("\n"):
                self._write(self.theme.painted(style, part) + "\n")

    def hint(self, text: str) -> None:
        """A line that stands back."""
        self.tell(f"  {text}", "hint", 2)

    def error(self, text: str) -> None:
        """What went wrong."""
        self.tell(text, "error")

    def line(self, fragments: Fragments) -> None:
        """One line of parts in several styles."""
        self.fresh()
        painted = (self.theme.painted(style, clean(text)) for style, text in fragments)
        self._write("".join(painted) + "\n")

    def table(
        self, rows: Sequence[tuple[str, str]], style: str = "command", *, least: int = 0
    ) -> None:
        """Names with what they mean beside them, in columns; the first of at least so many. Where
        the terminal is narrow, what they mean stands below."""
        if not rows:
            return
        left = max(least, *(width(clean(name)) + 2 for name, _ in rows))
        below = self.wrap and self.columns() < left + 2 + LEAST
        for name, meaning in rows:
            first = clean(name)
            gap = "\n" + " " * BELOW if below else " " * (left - width(first))
            body = clean(meaning)
            if self.wrap:
                indent = BELOW if below else left + 2
                body = wrapped(body, self.columns(), indent, indent)
            self.fresh()
            self._write(f"  {self.theme.painted(style, first)}{gap}{body}\n")

    def fresh(self) -> None:
        """Ends a line that was left open."""
        if self._column:
            self._write("\n")
            self._column = 0

    def _write(self, text: str) -> None:
        if text:
            self.out.write(text)
            self.out.flush()


def marked(reply: Reply) -> str:
    """Where a reply came from and how sure the bot is of it."""
    sign = SIGNS.get(reply.source, "?")
    # of an unknown one, the confidence is that of what was withheld
    told = "" if reply.source == UNKNOWN else f" {sure(reply)}"
    return f"{sign} {reply.source}{told}"


def sure(reply: Reply) -> str:
    """The confidence in percent; never 100 of what is not certain."""
    return f"{min(reply.confidence, 0.99 if reply.confidence < 1 else 1.0):.0%}"
