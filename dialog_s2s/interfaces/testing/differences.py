"""Replies side by side, with the words marked that the first has not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import groupby, zip_longest

from wcwidth import width

from dialog_s2s.interfaces.chat.theme import Theme
from dialog_s2s.interfaces.chat.wrapping import LEAST, fitted, wrapped
from dialog_s2s.interfaces.sanitize import clean

GAP = "  "

MOST_WORDS = 2_000
"""Of a text whose words are compared; comparing takes the square of them."""

# Han and kana have no blanks between words, so each is one
_WIDE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORD = re.compile(rf" +|[{_WIDE}]|[^ {_WIDE}]+")


def unlike(first: str, second: str) -> list[tuple[bool, str]]:
    """`second` in parts, each with whether `first` lacks it; they join to `second`."""
    one, other = _WORD.findall(first), _WORD.findall(second)
    if max(len(one), len(other)) > MOST_WORDS:
        return [(first != second, second)] if second else []
    found: list[tuple[bool, str]] = []
    for what, _, _, start, end in SequenceMatcher(None, one, other, False).get_opcodes():
        if start < end:
            found.append((what != "equal", "".join(other[start:end])))
    return _joined(found)


def _joined(parts: Sequence[tuple[bool, str]]) -> list[tuple[bool, str]]:
    """Blanks between words that are new are new too, so that these are marked as one."""
    found: list[tuple[bool, str]] = []
    for place, (new, text) in enumerate(parts):
        within = 0 < place < len(parts) - 1 and parts[place - 1][0] and parts[place + 1][0]
        flag = new or (within and not text.strip())
        if found and found[-1][0] == flag:
            found[-1] = flag, found[-1][1] + text
        else:
            found.append((flag, text))
    return found


def beside(
    heads: Sequence[str], texts: Sequence[str], columns: int, theme: Theme, reference: int = 0
) -> list[str]:
    """Texts below their heads, beside each other as far as there is room; what those after the
    reference have that it lacks is coloured or, without colours, in brackets."""
    count = max(1, min(len(texts), (columns + len(GAP)) // (LEAST + 4 + len(GAP))))
    wide = (columns - len(GAP) * (count - 1)) // count
    first = clean(texts[reference])
    cells = [
        _cell(unlike(first, clean(text)), wide, theme)
        if place != reference
        else _cell([(False, first)], wide, theme)
        for place, text in enumerate(texts)
    ]
    lines = []
    for start in range(0, len(texts), count):
        shown = [
            theme.painted("hint", fitted(clean(h), wide)) for h in heads[start : start + count]
        ]
        lines.append(GAP.join(shown))
        for parts in zip_longest(*cells[start : start + count], fillvalue=" " * wide):
            lines.append(GAP.join(parts))
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


def _bracketed(text: str) -> str:
    inner = text.strip(" ")
    before, after = text[: len(text) - len(text.lstrip(" "))], text[len(text.rstrip(" ")) :]
    return f"{before}[{inner}]{after}"
