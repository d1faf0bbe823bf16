"""Which words of a text another has not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

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
