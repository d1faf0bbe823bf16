"""What words mean, as far as questions go: words and phrases that may stand for one another.

A corpus of a hundred pairs cannot teach that "send it back" is a return. A thesaurus can: a text
file that a person can read and add to,

    [returns]
    return, give back, send back, bring back
    refund, money back, reimburse

where a line is one meaning and a bracketed topic is what several meanings have in common. A text
becomes a bag of meanings, of its longest phrases first; a word that has none stands for itself. A word of
several meanings has them all: which is meant, the other words tell (cf. query expansion with word
senses, Voorhees 1994).

English words are met in their regular inflections, after Porter (1980) in spirit: the word as it
is, else without its ending. A Korean word (between spaces) is met by what it begins with, for its particles
and endings come last, and what is left of it is looked up once more, for people write words together.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from dialog_s2s.errors import DataError
from dialog_s2s.text.turns import fold

LONGEST_PHRASE = 5
"""Words."""

LONGEST_STEM = 10
"""Korean syllables of an entry that count."""

VOWELS = frozenset("aeiouy")

HANGUL = re.compile("[가-힣]")

TOPIC = re.compile(r"\[([^\[\],]+)\]")

Phrase = tuple[str, ...]


class Thesaurus:
    """Meanings of phrases. Immutable; threads may share it."""

    def __init__(self, lines: Iterable[tuple[str, Sequence[str]]]):
        """From (topic, phrases) a meaning."""
        self._phrases: dict[Phrase, list[int]] = {}
        self._stemmed: dict[Phrase, list[int]] = {}
        self._topics: dict[int, int] = {}
        for topic, entries in lines:
            phrases = [tuple(fold(entry).split()) for entry in entries]
            meaning = _hash(f"{topic}\0{' '.join(phrases[0])}")
            if topic:
                self._topics[meaning] = _hash(topic)
            for phrase in phrases:
                _note(self._phrases, phrase, meaning)
                if not HANGUL.search(phrase[-1]):
                    _note(self._stemmed, tuple(map(stem, phrase)), meaning)
        self._longest = max((len(phrase) for phrase in self._phrases), default=0)
        self.meanings = lru_cache(1 << 16)(self._meanings)
        self._of_word = lru_cache(1 << 16)(self._uncached)

    def __bool__(self) -> bool:
        return bool(self._phrases)

    def topic(self, meaning: int) -> int | None:
        return self._topics.get(meaning)

    def _meanings(self, folded: str) -> tuple[tuple[int, ...], ...]:
        """The meanings of each phrase of a folded text, those of one that has none: itself."""
        words = folded.split()
        found: list[tuple[int, ...]] = []
        place = 0
        while place < len(words):
            length, meant = self._at(words, place)
            found += meant
            place += length
        return tuple(found)

    def _at(self, words: Sequence[str], place: int) -> tuple[int, list[tuple[int, ...]]]:
        """The longest phrase there: its length and the meanings of its parts."""
        for length in range(min(self._longest, len(words) - place), 1, -1):
            phrase = tuple(words[place : place + length])
            meant = self._phrase(phrase)
            if meant:
                return length, [tuple(meant)]
        return 1, list(self._of_word(words[place]))

    def _phrase(self, phrase: Phrase) -> Sequence[int]:
        found = self._phrases.get(phrase)
        if found:
            return found
        if HANGUL.search(phrase[-1]):
            last = phrase[-1]
            for end in range(min(len(last), LONGEST_STEM), 0, -1):
                found = self._phrases.get((*phrase[:-1], last[:end]))
                if found:
                    return found
            return ()
        return self._stemmed.get(tuple(map(stem, phrase)), ())

    def _uncached(self, word: str) -> tuple[tuple[int, ...], ...]:
        if not HANGUL.search(word):
            for form in _forms(word):
                found = self._phrases.get((form,))
                if found:
                    return (tuple(found),)
            return (tuple(self._stemmed.get((stem(word),), ())) or (_hash(stem(word)),),)
        parts: list[tuple[int, ...]] = []
        rest, least = word, 1
        while rest:
            for end in range(min(len(rest), LONGEST_STEM), least - 1, -1):
                found = self._phrases.get((rest[:end],))
                if found:
                    parts.append(tuple(found))
                    rest = rest[end:]
                    break
            else:
                break
            least = 2
        return tuple(parts) or ((_hash(word),),)


def stem(word: str) -> str:
    """An English word without its regular ending; what comes of it need not be a word."""
    for form in _forms(word):
        word = form
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def _forms(word: str) -> Iterator[str]:
    """The word, and what it may be an inflection of."""
    yield word
    if len(word) < 4 or not word.isascii():
        return
    if word.endswith("ies") and len(word) > 4:
        yield f"{word[:-3]}y"
    elif word.endswith(("sses", "shes", "ches", "xes", "zes")):
        yield word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        yield word[:-1]
    elif word.endswith("ied") and len(word) > 4:
        yield f"{word[:-3]}y"
    else:
        for ending in ("ing", "ed"):
            rest = word.removesuffix(ending)
            if rest != word and len(rest) > 2 and VOWELS & set(rest):
                yield f"{rest}e"
                yield rest[:-1] if rest[-1] == rest[-2] and rest[-1] not in "lsz" else rest
                return


def parse(text: str, where: str) -> Iterator[tuple[str, list[str]]]:
    """(topic, phrases) of every line.

    Raises:
        DataError: a line holds a single phrase, or none that can be read.
    """
    topic = ""
    for number, line in enumerate(text.split("\n"), 1):
        line = line.partition("#")[0].strip()
        if not line:
            continue
        headed = TOPIC.fullmatch(line)
        if headed:
            topic = headed[1].strip()
            continue
        entries = [entry.strip() for entry in line.split(",")]
        if len(entries) < 2 or not all(fold(entry) for entry in entries):
            raise DataError(
                "a line must be words that mean the same, with commas between, or a [topic]",
                where,
                number,
            )
        yield topic, entries


def _note(table: dict[Phrase, list[int]], phrase: Phrase, meaning: int) -> None:
    meanings = table.setdefault(phrase, [])
    if meaning not in meanings:
        meanings.append(meaning)


def _hash(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))
