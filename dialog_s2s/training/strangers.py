"""Questions that almost no bot was taught, from which one learns what not knowing looks like."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dialog_s2s.text.turns import fold
from dialog_s2s.training.strangers_texts import ENGLISH, KOREAN

_TRIES = 20
_KEYS = (
    *("qwertyuiop", "asdfghjkl", "zxcvbnm"),
    *("ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ", "ㅁㄴㅇㄹㅎㅗㅓㅏㅣ", "ㅋㅌㅊㅍㅠㅜㅡ"),
)
_FIRST_SYLLABLE, _SYLLABLES = 0xAC00, 11172
_MARKS = "?!.,;:…。？！，、 "


def strangers(random: np.random.Generator, count: int, korean_share: float) -> list[str]:
    """Questions and remarks of many domains, each once, in random order.

    Fewer than `count` where a language has no more of them.
    """
    korean = round(count * korean_share)
    chosen = _drawn(KOREAN, random, korean) + _drawn(ENGLISH, random, count - korean)
    return _drawn(chosen, random, len(chosen))


def scrambled(questions: Sequence[str], random: np.random.Generator, count: int) -> list[str]:
    """As long as one of `questions`, each word from another of them; never one of them itself.

    Text without blanks is mixed by pairs of characters. Fewer than `count` where there is too
    little to mix.
    """
    known = {fold(question) for question in questions}
    every = [_Words.of(question) for question in questions]
    groups: dict[tuple[str, bool], list[_Words]] = defaultdict(list)
    for each in every:
        groups[each.alike].append(each)
    made: dict[str, str] = {}
    for _ in range(_TRIES * count if every else 0):
        if len(made) == count:
            break
        shape = every[int(random.integers(len(every)))]
        group = groups[shape.alike]
        size = len(shape.words)
        places = random.choice(len(group), size, replace=len(group) < size)
        text = shape.joint.join(_one(group[place].words, random) for place in places.tolist())
        if shape.capital:
            text = text[:1].upper() + text[1:]
        text += shape.end
        if fold(text) not in known:
            made.setdefault(fold(text), text)
    return list(made.values())


def mashed(random: np.random.Generator, count: int) -> list[str]:
    """What is no language: neighbouring keys, stray syllables, numbers, halves of words."""
    halves = [half for text in ENGLISH + KOREAN for half in _halves(text)]
    made: dict[str, None] = {}
    while len(made) < count:
        kind = int(random.integers(4))
        words = []
        for _ in range(int(random.integers(1, 4))):
            length = int(random.integers(4, 9))
            if kind == 0:
                keys = _one(_KEYS, random)
                words.append("".join(_one(keys, random) for _ in range(length)))
            elif kind == 1:
                places = random.integers(_SYLLABLES, size=length // 2)
                words.append("".join(chr(_FIRST_SYLLABLE + place) for place in places.tolist()))
            elif kind == 2:
                words.append(str(random.integers(10 ** (length // 2), 10**length)))
            else:
                words += [_one(halves, random), _one(halves, random)]
        made[" ".join(words)] = None
    return list(made)


@dataclass(frozen=True, slots=True)
class _Words:
    """A question taken apart; `joint` stands between its words, `end` after them."""

    words: list[str]
    joint: str
    end: str
    capital: bool
    ascii: bool

    @property
    def alike(self) -> tuple[str, bool]:
        """What questions must share to be mixed: a rough sign of one language."""
        return self.joint, self.ascii

    @classmethod
    def of(cls, question: str) -> _Words:
        text = question.rstrip(_MARKS)
        words, joint = [word.rstrip(_MARKS) or word for word in text.split()], " "
        capital = text[:1].isupper()
        if len(words) < 2:
            words, joint = [text[place : place + 2] for place in range(0, len(text), 2)], ""
        if capital and not re.match(r"I\b", text):  # a capital within would give it away
            words[0] = words[0][:1].lower() + words[0][1:]
        return cls(words or [question], joint, question[len(text) :], capital, text.isascii())


def _halves(text: str) -> list[str]:
    """The first half of some words and the second of others, by their length."""
    words = re.findall(r"\w{4,}", text)
    return [
        word[: len(word) // 2 + 1] if len(word) % 2 else word[len(word) // 2 :] for word in words
    ]


def _one(items: Sequence[str], random: np.random.Generator) -> str:
    return items[int(random.integers(len(items)))]


def _drawn(items: Sequence[str], random: np.random.Generator, count: int) -> list[str]:
    return [items[place] for place in random.permutation(len(items))[:count].tolist()]
