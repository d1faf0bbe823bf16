"""Texts compared but for case, width, punctuation and spacing."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from dialog_s2s.text.turns import fold

GRAM = 4
"""Words of a sequence that may not come twice."""

_SENTENCE_END = re.compile(r"[.!?…]+(?=\s|$)|[。！？؟।۔\n]+")


def contains(text: str, part: str) -> bool:
    """Whether `part` is somewhere in `text`."""
    return any(fold(part) in form for form in _forms(text))


def starts(text: str, part: str) -> bool:
    """Whether `text` starts with `part`."""
    return any(form.startswith(fold(part)) for form in _forms(text))


def ends(text: str, part: str) -> bool:
    """Whether `text` ends with `part`."""
    return any(form.endswith(fold(part)) for form in _forms(text))


def edit_distance(one: str, other: str) -> int:
    """Characters to be put in, left out or replaced to make one of the other (Levenshtein)."""
    row = list(range(len(other) + 1))
    for line, char in enumerate(one, start=1):
        above, row[0] = row[0], line
        for place, wanted in enumerate(other, start=1):
            replaced = above + (char != wanted)
            above = row[place]
            row[place] = min(replaced, above + 1, row[place - 1] + 1)
    return row[-1]


def repeated(text: str) -> str | None:
    """What comes twice: a sentence or, if none does, `GRAM` words in a row."""
    sentences = filter(None, map(fold, _SENTENCE_END.split(text)))
    # as spaced: four characters of Chinese, each a word to the metrics, come twice in good replies
    said = fold(text).split()
    grams = (" ".join(said[place : place + GRAM]) for place in range(len(said) - GRAM + 1))
    for parts in (Counter(sentences), Counter(grams)):
        for part, times in parts.items():
            if times > 1:
                return part
    return None


def _forms(text: str) -> tuple[str, str]:
    """Folded, and with its marks: a part of nothing but marks ("?!", an emoji) keeps them."""
    return fold(text), unicodedata.normalize("NFKC", text).casefold().strip()
