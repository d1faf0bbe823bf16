"""A question put slightly differently, so that its reply should stay the same.

The invariance tests of CheckList (Ribeiro et al. 2020). Each gives the changed text, or None where
a text cannot be changed so; blanks in a row are taken for one, as a conversation does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping

import numpy as np

from dialog_s2s.text.misspell import misspelt
from dialog_s2s.text.turns import fold

_TRIES = 20
_MARKS = "?!.,;:…。？！，、"
_ENDS = ("", "?", "!", ".", "...", "??", "!!")
_HANGUL = "[\uac00-\ud7a3]"
_GAP = re.compile(rf"(?<={_HANGUL}) (?=\S)|(?<=\S) (?={_HANGUL})")
_WITHIN = re.compile(rf"(?<={_HANGUL})(?={_HANGUL})")

Frequency = Mapping[str, int]
"""How often a folded word occurs in the questions of a suite."""


def perturbed(
    text: str, kind: str, random: np.random.Generator, frequency: Frequency
) -> str | None:
    """`text` changed in the way that `kind`, of `TEXT_KINDS`, names.

    What only looks different (casing, punctuation) is the same folded; all else is not.
    """
    text = " ".join(text.split())
    for _ in range(_TRIES):
        made = TEXT_KINDS[kind](text, random, frequency)
        if made is None or not made.strip():
            return None
        if made != text and (fold(made) == fold(text)) == (kind in _LOOKS):
            return made
    return None


def frequencies(questions: list[str]) -> Frequency:
    """How often each word occurs in the questions, folded."""
    return Counter(fold(word) for question in questions for word in question.split())


def _typos(text: str, random: np.random.Generator, _: Frequency) -> str | None:
    return misspelt(text, random)


def _casing(text: str, random: np.random.Generator, _: Frequency) -> str | None:
    forms = {text.lower(), text.upper(), text.title(), text[:1].upper() + text[1:].lower()}
    return _one(forms - {text}, random)


def _punctuation(text: str, random: np.random.Generator, _: Frequency) -> str | None:
    bare = text.rstrip(_MARKS + " ")
    return _one({bare + end for end in _ENDS} - {text}, random) if bare else None


def _dropped_word(text: str, random: np.random.Generator, frequency: Frequency) -> str | None:
    """Without one of the words that most questions share: others are what is asked about."""
    words = text.split()
    if len(words) < 3:
        return None
    shared = [frequency.get(fold(word), 0) for word in words]
    places = [place for place, count in enumerate(shared) if count == max(shared)]
    place = places[int(random.integers(len(places)))]
    return " ".join(words[:place] + words[place + 1 :])


def _swapped_words(text: str, random: np.random.Generator, _: Frequency) -> str | None:
    bare = text.rstrip(_MARKS + " ")
    words = bare.split()
    places = [
        place for place in range(len(words) - 1) if fold(words[place]) != fold(words[place + 1])
    ]
    if not places:
        return None
    place = places[int(random.integers(len(places)))]
    words[place : place + 2] = words[place + 1], words[place]
    return " ".join(words) + text[len(bare) :]


def _spacing_removed(text: str, random: np.random.Generator, _: Frequency) -> str | None:
    """A blank of Korean text left out, or all."""
    gaps = [found.start() for found in _GAP.finditer(text)]
    if not gaps:
        return None
    chosen = gaps if random.random() < 0.5 else [gaps[int(random.integers(len(gaps)))]]
    return "".join(char for place, char in enumerate(text) if place not in chosen)


def _spacing_added(text: str, random: np.random.Generator, _: Frequency) -> str | None:
    """A blank within a word of Korean."""
    places = [found.start() for found in _WITHIN.finditer(text)]
    if not places:
        return None
    place = places[int(random.integers(len(places)))]
    return f"{text[:place]} {text[place:]}"


def _one(forms: set[str], random: np.random.Generator) -> str | None:
    return sorted(forms)[int(random.integers(len(forms)))] if forms else None


TEXT_KINDS: Mapping[str, Callable[[str, np.random.Generator, Frequency], str | None]] = {
    "typos": _typos,
    "casing": _casing,
    "punctuation": _punctuation,
    "dropped_word": _dropped_word,
    "swapped_words": _swapped_words,
    "spacing_removed": _spacing_removed,
    "spacing_added": _spacing_added,
}
_LOOKS = ("casing", "punctuation")
