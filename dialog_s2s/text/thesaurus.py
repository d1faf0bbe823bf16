"""What words mean, as far as questions go: words and phrases that may stand for one another.

A corpus of a hundred pairs cannot teach that "send it back" is a return. A thesaurus can: a text
file that a person can read and add to,

    [returns]
    return, give back, send back, bring back
    refund, money back, reimburse

where a line is one meaning, and the topic in brackets is what several meanings have in common.
Lines of one topic that begin with the same phrase are one meaning. A text is read as its longest
phrases; one of several meanings has them all, for which is meant, the other words tell; a word that
has none stands for itself (cf. query expansion, Voorhees 1994).

English words are met in their regular inflections. A Korean word is met by what it begins with, for
its particles and endings come last; what is left of it is looked up once more, for people write
words together.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from importlib import resources
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.errors import DataError
from dialog_s2s.text.inflection import inflected, stem
from dialog_s2s.text.lines import Line, stream
from dialog_s2s.text.turns import fold

LONGEST = 20_000
"""Characters of a text that count; what comes after them does not."""

SYLLABLES = 10
"""Of an entry of one Korean word, at most, and so of what is looked up."""

KEPT = 1 << 15
"""Words and texts whose meanings are kept."""

LIGHT = 0.3
"""Strength of a common word. The smaller a corpus, the rarer such words seem in it."""

LANGUAGES = ("en", "ko")
"""Thesauri that come with the program: the files of `dialog_s2s/words`."""

HANGUL = re.compile("[가-힣]")
PLAIN = re.compile("[a-z0-9가-힣]+(?: [a-z0-9가-힣]+)*")
"""What folding leaves as it is."""

TOPIC = re.compile(r"\[([^\[\]]+)\]")

Meaning = int
"""A 32-bit hash of a topic and the first phrase of a line, of a topic, or of a word."""


class Thesaurus:
    """Meanings of phrases. Immutable; threads may share it."""

    def __init__(
        self,
        phrases: Mapping[str, Sequence[Meaning]],
        topics: Mapping[Meaning, Meaning],
        common: Iterable[str] = (),
    ):
        """From folded phrases, their words with one blank between; the topic of each meaning that
        has one; and words that carry little of what a text says."""
        self.phrases = phrases
        self.topics = topics
        self.common = frozenset(common)
        self._light = frozenset(map(word_hash, self.common))
        self._stemmed: dict[str, list[Meaning]] = {}
        self._longest: dict[str, int] = {}
        for phrase, several in phrases.items():
            count = 1 + phrase.count(" ")
            if not HANGUL.search(phrase):
                phrase = _stems(phrase.split(" ")) if count > 1 else stem(phrase)
                known = self._stemmed.setdefault(phrase, [])
                known += [each for each in several if each not in known]
            if count > 1:
                first = phrase[: phrase.index(" ")]
                self._longest[first] = max(count, self._longest.get(first, 0))
        self.meanings = lru_cache(KEPT)(self._meanings)
        """The meanings of each phrase of a folded text, in order."""
        self._word = lru_cache(KEPT)(self._looked_up)

    @classmethod
    def parse(cls, text: str, where: str = "thesaurus") -> Thesaurus:
        """From lines as above.

        Raises:
            DataError: a line that is neither a topic nor two phrases or more; with `where`:line.
        """
        return cls._of(_read(_lines(text), where))

    @classmethod
    def known(cls, own: str | Path | None = None, shipped: bool = True) -> Thesaurus:
        """The one that comes with the program, unless it is not wanted, with a user's `own` file.

        Raises:
            DataError: the file cannot be read, or a line of it; with file:line.
        """
        if own is None:
            return _shipped() if shipped else EMPTY
        theirs = _read(_lines(_shipped_text()), "words") if shipped else ()
        return cls._of(chain(theirs, _read(stream(own), str(own))))

    @classmethod
    def _of(cls, lines: Iterable[tuple[str, Sequence[str]]]) -> Thesaurus:
        table: dict[str, list[Meaning]] = {}
        topics: dict[Meaning, Meaning] = {}
        for topic, phrases in lines:
            meaning = _hash(f"{topic}\0{phrases[0]}")
            if topic:
                topics[meaning] = _hash(f"{topic}\0")
            for phrase in phrases:
                several = table.setdefault(phrase, [])
                if meaning not in several:
                    several.append(meaning)
        return cls(table, topics, _common() if table else ())

    @classmethod
    def from_json(cls, data: bytes) -> Thesaurus:
        """What `json` made. Raises `ValueError`, `KeyError` or `TypeError` where it is not that."""
        tree = json.loads(data)
        phrases, topics, common = tree["phrases"], tree["topics"], tree["common"]
        if not isinstance(phrases, dict) or not isinstance(topics, dict):
            raise ValueError("it is no thesaurus")
        meanings = [each for several in phrases.values() for each in several]
        if not all(isinstance(each, int) and 0 <= each < 1 << 32 for each in meanings):
            raise ValueError("a meaning must be a number of 32 bits")
        numbers = {int(key): int(topic) for key, topic in topics.items()}
        if not all(0 <= each < 1 << 32 for each in numbers.values()):
            raise ValueError("a topic must be a number of 32 bits")
        return cls(phrases, numbers, common)

    def json(self) -> bytes:
        """As a file, which is read many times faster than the lines it was made from."""
        tree = {"phrases": self.phrases, "topics": self.topics, "common": sorted(self.common)}
        return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    def __len__(self) -> int:
        return len(self.phrases)

    def read(
        self, texts: Sequence[str]
    ) -> tuple[NDArray[np.uint32], NDArray[np.float32], NDArray[np.int64]]:
        """The meanings and topics of every text, each once, end to end: those of text i are
        `found[starts[i] : starts[i + 1]]`; with each its strength, which is less for a phrase that
        has several. No meanings at all where the thesaurus is empty.
        """
        found: list[Meaning] = []
        strengths: list[float] = []
        ends = [0]
        for text in texts:
            strong: dict[Meaning, float] = {}
            for several in self.meanings(fold(text[:LONGEST])) if self.phrases else ():
                strength = len(several) ** -0.5
                if several[0] in self._light:
                    strength = LIGHT
                for each in several:
                    strong[each] = max(strength, strong.get(each, 0.0))
                    topic = self.topics.get(each)
                    if topic is not None:
                        strong[topic] = max(strength, strong.get(topic, 0.0))
            found += strong
            strengths += strong.values()
            ends.append(len(found))
        return np.array(found, np.uint32), np.array(strengths, np.float32), np.array(ends, np.int64)

    def terms(self, texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """What `read` finds, without strengths."""
        found, _, starts = self.read(texts)
        return found, starts

    def reworded(self, text: str, random: np.random.Generator, share: float = 0.5) -> str:
        """The text, folded, with about `share` of its phrases of one meaning put in other words
        of the same script."""
        words = fold(text).split()
        said: list[str] = []
        place = 0
        while place < len(words):
            length, several = self._at(words, place)
            phrase = " ".join(words[place : place + length])
            place += length
            sure = several[0] if len(several) == 1 and len(several[0]) == 1 else ()
            others = [
                other
                for meaning in sure
                for other in self._members.get(meaning, ())
                if other != phrase and bool(HANGUL.search(other)) == bool(HANGUL.search(phrase))
            ]
            if others and random.random() < share:
                phrase = others[int(random.integers(len(others)))]
            said.append(phrase)
        return " ".join(said)

    def knows(self, word: str) -> bool:
        """Whether a folded word is one of an entry's, in some inflection, or a common one. Of a
        Korean one, a beginning of one syllable does not say so: many words begin alike."""
        if word in self._spellings:
            return True
        return word[:2] in self._openings and any(
            word[:end] in self._spellings for end in range(2, min(len(word), SYLLABLES) + 1)
        )

    def known_of(self, words: Sequence[str]) -> set[str]:
        """Those of some folded words of one language that it `knows`."""
        if words and words[0].isascii():
            return set(self._spellings.intersection(words))
        return set(filter(self.knows, words))

    @cached_property
    def _spellings(self) -> frozenset[str]:
        """The common words, the words of all entries, and what English ones may become."""
        words = {word for phrase in self.phrases for word in phrase.split(" ")}
        words |= self.common
        return frozenset(words.union(*map(inflected, words)))

    @cached_property
    def _openings(self) -> frozenset[str]:
        """What Korean words begin with."""
        return frozenset(word[:2] for word in self._spellings if HANGUL.match(word))

    @cached_property
    def _members(self) -> dict[Meaning, list[str]]:
        members: dict[Meaning, list[str]] = {}
        for phrase, several in self.phrases.items():
            for meaning in several:
                members.setdefault(meaning, []).append(phrase)
        return members

    def _meanings(self, folded: str) -> tuple[tuple[Meaning, ...], ...]:
        words = folded.split()
        found: list[tuple[Meaning, ...]] = []
        place = 0
        while place < len(words):
            length, several = self._at(words, place)
            found += several
            place += length
        return tuple(found)

    def _at(self, words: Sequence[str], place: int) -> tuple[int, Sequence[tuple[Meaning, ...]]]:
        """The longest phrase there: how many words it has, and its meanings; those of each part
        of a Korean word that is several."""
        word = words[place]
        longest = max(self._longest.get(word, 0), self._longest.get(stem(word), 0))
        for length in range(min(longest, len(words) - place), 1, -1):
            several = self._phrase(words[place : place + length])
            if several:
                return length, [tuple(several)]
        return 1, self._word(word)

    def _phrase(self, words: Sequence[str]) -> Sequence[Meaning]:
        last = words[-1]
        if not HANGUL.search(last):
            return self.phrases.get(" ".join(words), ()) or self._stemmed.get(_stems(words), ())
        before = " ".join(words[:-1])
        for end in range(min(len(last), SYLLABLES), 0, -1):
            several = self.phrases.get(f"{before} {last[:end]}")
            if several:
                return several
        return ()

    def _looked_up(self, word: str) -> tuple[tuple[Meaning, ...], ...]:
        """The meanings of a word, or of each of its parts."""
        if not HANGUL.search(word):
            several = self.phrases.get(word, ()) or self._stemmed.get(stem(word), ())
            return (tuple(several) or (word_hash(word),),)
        parts: list[tuple[Meaning, ...]] = []
        rest, least = word, 1
        while rest:
            for end in range(min(len(rest), SYLLABLES), least - 1, -1):
                if rest[:end] in self.phrases:
                    parts.append(tuple(self.phrases[rest[:end]]))
                    rest = rest[end:]
                    break
            else:
                break
            least = 2  # one syllable of a rest is an ending
        return tuple(parts) or ((word_hash(word),),)


def word_hash(word: str) -> Meaning:
    """What a word stands for that has no meaning: itself, in all inflections."""
    return _hash(word if HANGUL.search(word) else stem(word))


def _read(lines: Iterable[Line], where: str) -> Iterator[tuple[str, list[str]]]:
    """(topic, folded phrases) of every meaning."""
    topic = ""
    for number, line in lines:
        line = line.partition("#")[0].strip()
        if not line:
            continue
        headed = TOPIC.fullmatch(line)
        if headed:
            topic = headed[1].strip()
            continue
        phrases = [_folded(entry.strip()) for entry in line.split(",")]
        if line.startswith("[") or len(phrases) < 2 or not all(phrases):
            raise DataError(
                "must be words or phrases of one meaning with commas between, or a [topic], but is "
                f"{line[:60]!r}",
                where,
                number,
            )
        yield topic, phrases


def _folded(entry: str) -> str:
    return entry if PLAIN.fullmatch(entry) else fold(entry)


def _lines(text: str) -> Iterator[Line]:
    return (Line(number, line) for number, line in enumerate(text.split("\n"), 1))


def _stems(words: Sequence[str]) -> str:
    return " ".join(map(stem, words))


def _hash(text: str) -> Meaning:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def _shipped_text() -> str:
    return "\n".join(_file(name) for name in LANGUAGES)


def _file(name: str) -> str:
    return (resources.files("dialog_s2s") / "words" / f"{name}.txt").read_text(encoding="utf-8")


@cache
def _common() -> frozenset[str]:
    lines = _file("common").split("\n")
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


@cache
def _shipped() -> Thesaurus:
    return Thesaurus.parse(_shipped_text(), "words")


EMPTY = Thesaurus({}, {})
"""Knows no words; reads no meanings."""
