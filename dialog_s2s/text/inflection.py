"""English words without their regular endings, so that "opening" is found under "open".

Far less than a stemmer does (Porter 1980): plurals, -ed and -ing. What a word means is looked up as
it is first; this is for what is not found, so it may be crude, but it must not make two words one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

SHORTEST = 4
"""Letters of a word that may have an ending."""

VOWELS = frozenset("aeiouy")

HISSING = ("sses", "shes", "ches", "xes", "zes")


def forms(word: str) -> Iterator[str]:
    """The word, and what it may be an inflection of."""
    yield word
    if len(word) < SHORTEST or not word.isascii():
        return
    if word.endswith(("ies", "ied")) and len(word) > SHORTEST:
        yield f"{word[:-3]}y"
    elif word.endswith(HISSING):
        yield word[:-2]
    elif word.endswith("s"):
        if not word.endswith(("ss", "us", "is")):
            yield word[:-1]
    else:
        for ending in ("ing", "ed"):
            rest = word.removesuffix(ending)
            if rest != word and len(rest) > 2 and VOWELS & set(rest):
                yield f"{rest}e"
                yield rest[:-1] if rest[-1] == rest[-2] and rest[-1] not in "lsz" else rest


@lru_cache(1 << 16)
def stem(word: str) -> str:
    """What all inflections of a word have in common; it need not be a word."""
    *_, last = forms(word)
    return last[:-1] if len(last) >= SHORTEST and last.endswith("e") else last
