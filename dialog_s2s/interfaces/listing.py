"""Pairs, turns and conversations as lines for people; all of it clean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from prompt_toolkit.utils import get_cwidth

from dialog_s2s.dialogue.sessions import Session
from dialog_s2s.interfaces.sanitize import clean
from dialog_s2s.memory.rows import Row
from dialog_s2s.text.turns import Role, Turn

_NAMES = {Role.USER: "you", Role.BOT: "bot", Role.SYSTEM: "system"}


SHOWN = 20
"""Lines of a list that are shown in a chat."""


def counted(count: int, what: str) -> str:
    """`1 pair`, `2 pairs`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def shortened(lines: Sequence[str]) -> list[str]:
    """The first lines, and how many more there are."""
    more = len(lines) - SHOWN
    return [*lines[:SHOWN], *([f"... and {more:,} more"] if more > 0 else [])]


def moment(seconds: float) -> str:
    """A time in the local zone, to the minute."""
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")


def pair(row: Row) -> str:
    """A question, the turns that it needs before it if any, and the answer."""
    before = ", ".join(f'"{turn.text}"' for turn in row.context)
    after = f" (after {before})" if before else ""
    return clean(f'"{row.question}"{after} -> "{row.answer}"')


def taught_line(row: Row) -> str:
    """A row with how it came about: taught or fixed, when, and where."""
    when = "" if row.taught_at is None else f"{moment(row.taught_at)}  "
    return f"{when}{row.kind}  {pair(row)}  [{clean(row.origin)}]"


def numbered(turns: Sequence[Turn]) -> list[str]:
    """Turns, each exchange with its number."""
    lines, number = [], 0
    for turn in turns:
        asked = turn.role is Role.USER
        number += asked
        head = f"{number:3} " if asked else " " * 4
        lines.append(f"{head}{_NAMES[turn.role]}> {clean(turn.text)}")
    return lines


def sessions_table(sessions: Iterable[Session], current: str | None = None) -> list[str]:
    """A line a conversation, under a line of heads; the `current` one is marked."""
    heads = ("id", "bot", "turns", "changed", "title")
    rows = [
        (
            each.id + "*" * (each.id == current),
            clean(Path(each.bot).name),
            str(each.turns),
            moment(each.changed),
            clean(f"[{each.name}] {each.title}" if each.name else each.title),
        )
        for each in sessions
    ]
    widths = [max(map(get_cwidth, column)) for column in zip(heads, *rows, strict=True)]
    return ["  ".join(map(_padded, row, widths)).rstrip() for row in [heads, *rows]]


def _padded(text: str, width: int) -> str:
    return text + " " * (width - get_cwidth(text))
