"""English words without regular endings, so that "closing" is found under "close".

The first steps of Porter's stemmer (1980): plurals, -ed and -ing, and the final e, which stays
where a word without it would be another one ("note" is not "not"). His later steps, which take
"relational" for "relate", would make too many words one.
"""

from __future__ import annotations

import re
from functools import lru_cache

SHORTEST = 4
"""Letters of a word that may have an ending."""

ENGLISH = re.compile("[a-z]+")
VOWELLED = re.compile("[aeiouy]")
CHANGES = re.compile("[aeiouy]+[^aeiouy]+")
"""Vowels and the consonants after them: what Porter measures a word by."""

SHORT = re.compile("[^aeiouy]*[aeiouy][^aeiouwxy]")
"""One vowel between consonants, as in "hop": with an ending such a word doubles its last letter,
and one that does not ("hoping") had an e."""

TINY = re.compile("[aeiou][^aeiou]|.i")
"""What is left of "using" and "tied"; but "going" leaves a word."""

DOUBLED = ("bb", "dd", "gg", "mm", "nn", "pp", "rr", "tt")
DOUBLING = re.compile("[^aeiou][aeiou][lmrt]$")

SIBILANT = ("sses", "xes", "zzes", "shes", "ches")


@lru_cache(1 << 16)
def stem(word: str) -> str:
    """What all regular inflections of a word have in common; it need not be a word."""
    if len(word) < 3 or not ENGLISH.fullmatch(word):
        return word
    if len(word) >= SHORTEST:
        word = _infinitive(_singular(word))
    if word.endswith("y") and word[-2] not in "aeiou":
        return f"{word[:-1]}i"
    if word.endswith("ll") and len(CHANGES.findall(word)) > 1:
        return word[:-1]
    rest = word.removesuffix("e")
    if rest != word and len(word) >= SHORTEST:
        changes = len(CHANGES.findall(rest))
        if changes > 1 or (changes == 1 and not SHORT.fullmatch(rest)):
            return rest
    return word


def inflected(word: str) -> list[str]:
    """The regular inflections of a word, whatever kind of word it is."""
    if len(word) < 3 or not ENGLISH.fullmatch(word):
        return []
    if word.endswith("y") and word[-2] not in "aeiou":
        return [f"{word[:-1]}ies", f"{word[:-1]}ied", f"{word}ing"]
    if word.endswith("ee"):
        return [f"{word}s", f"{word}d", f"{word}ing"]
    if word.endswith("e"):
        return [f"{word}s", f"{word}d", f"{word[:-1]}ing"]
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return [f"{word}es", f"{word}ed", f"{word}ing"]
    last = word[-1] if SHORT.fullmatch(word) else ""
    made = [f"{word}s", f"{word}{last}ed", f"{word}{last}ing"]
    if not last and DOUBLING.search(word):  # "submitted" and "visited": both are made
        made += [f"{word}{word[-1]}ed", f"{word}{word[-1]}ing"]
    return made


def _singular(word: str) -> str:
    if word.endswith(("ies", "ied")) and len(word) > SHORTEST:
        return f"{word[:-3]}i"
    if word.endswith(SIBILANT):
        return word[:-2]
    if word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


def _infinitive(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if CHANGES.search(word[:-3]) else word
    ending = next((each for each in ("ing", "ed") if word.endswith(each)), "")
    rest = word.removesuffix(ending)
    if not ending or len(rest) < 2 or not VOWELLED.search(rest):
        return word
    if rest.endswith(DOUBLED) and len(rest) > 3:
        return rest[:-1]
    if TINY.fullmatch(rest) or rest.endswith(("at", "bl", "iz")) or SHORT.fullmatch(rest):
        return f"{rest}e"
    return rest
