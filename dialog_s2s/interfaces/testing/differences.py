"""Replies side by side, with the words marked that the first has not."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, zip_longest

from wcwidth import width

from dialog_s2s.evaluation.unlike import unlike
from dialog_s2s.interfaces.chat.theme import Theme
from dialog_s2s.interfaces.chat.wrapping import LEAST, fitted, wrapped
from dialog_s2s.interfaces.sanitize import clean

GAP = "  "


def beside(
    heads: Sequence[str],
    texts: Sequence[str],
    columns: int,
    theme: Theme,
    most: int | None = None,
) -> list[str]:
    """Texts below their heads, beside each other as far as there is room, each of `most` lines at
    most; what the others have that the first lacks is coloured or, without colours, in brackets."""
    count = max(1, min(len(texts), (columns + len(GAP)) // (LEAST + 4 + len(GAP))))
    wide = (columns - len(GAP) * (count - 1)) // count
    first = clean(texts[0])
    parts = [[(False, first)], *(unlike(first, clean(text)) for text in texts[1:])]
    cells = [_cut(_cell(each, wide, theme), most, wide, theme) for each in parts]
    lines = []
    for start in range(0, len(texts), count):
        shown = [
            theme.painted("hint", fitted(clean(h), wide)) for h in heads[start : start + count]
        ]
        lines.append(GAP.join(shown))
        for row in zip_longest(*cells[start : start + count], fillvalue=" " * wide):
            lines.append(GAP.join(row))
    return [line.rstrip() for line in lines]


def _cell(parts: Sequence[tuple[bool, str]], wide: int, theme: Theme) -> list[str]:
    """Lines of exactly so many columns, coloured."""
    marked = [(new and bool(text.strip()), text) for new, text in parts]
    if not theme.styles:
        marked = [(False, _bracketed(text) if new else text) for new, text in marked]
    text = "".join(part for _, part in marked)
    new = [flag for flag, part in marked for _ in part]
    lines, place = [], 0
    for line in wrapped(text, wide).split("\n"):
        # wrapping leaves out blanks and nothing else
        kept = []
        for character in line:
            while text[place] != character:
                place += 1
            kept.append((new[place], character))
            place += 1
        painted = "".join(
            theme.painted("added" if flag else "", "".join(each for _, each in run))
            for flag, run in groupby(kept, key=lambda pair: pair[0])
        )
        lines.append(painted + " " * max(0, wide - width(line)))
    return lines


def _cut(lines: list[str], most: int | None, wide: int, theme: Theme) -> list[str]:
    """The first lines, and how many more there are."""
    if most is None or len(lines) <= most:
        return lines
    told = f"... {len(lines) - most + 1} more lines; -v has all"
    return [*lines[: most - 1], theme.painted("hint", fitted(told, wide))]


def _bracketed(text: str) -> str:
    inner = text.strip(" ")
    before, after = text[: len(text) - len(text.lstrip(" "))], text[len(text.rstrip(" ")) :]
    return f"{before}[{inner}]{after}"
