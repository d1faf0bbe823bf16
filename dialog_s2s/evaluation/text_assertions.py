"""What the text of a reply must be like.

All but `Matches` compare folded texts: case, width, punctuation and spacing do not count.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dialog_s2s.dialogue.reply import Reply
from dialog_s2s.dialogue.unknown import language_of
from dialog_s2s.evaluation.assertions import Assertion, shown
from dialog_s2s.evaluation.extra import load
from dialog_s2s.evaluation.matching import contains, edit_distance, ends, repeated, starts
from dialog_s2s.evaluation.text_metrics import exact, token_f1
from dialog_s2s.text.turns import fold


@dataclass(frozen=True, slots=True)
class Same(Assertion):
    """Equal to one of the texts."""

    texts: tuple[str, ...]

    @property
    def wanted(self) -> str:
        return ("one of " if len(self.texts) > 1 else "") + _listed(self.texts)

    def holds(self, reply: Reply) -> bool:
        return exact(reply.text, self.texts)


@dataclass(frozen=True, slots=True)
class Contains(Assertion):
    """Holds all of the texts, or any of them."""

    texts: tuple[str, ...]
    any: bool = False

    @property
    def wanted(self) -> str:
        some = "one of " if self.any and len(self.texts) > 1 else ""
        return f"a reply that contains {some}{_listed(self.texts)}"

    def holds(self, reply: Reply) -> bool:
        lacking = self._lacking(reply)
        return len(lacking) < len(self.texts) if self.any else not lacking

    def got(self, reply: Reply) -> str:
        lacking = self._lacking(reply)
        if not lacking or len(lacking) == len(self.texts):
            return shown(reply.text)
        return f"{shown(reply.text)}, without {_listed(lacking)}"

    def _lacking(self, reply: Reply) -> list[str]:
        return [each for each in self.texts if not contains(reply.text, each)]


@dataclass(frozen=True, slots=True)
class Starts(Assertion):
    """Begins with the text."""

    text: str

    @property
    def wanted(self) -> str:
        return f"a reply that starts with {shown(self.text)}"

    def holds(self, reply: Reply) -> bool:
        return starts(reply.text, self.text)


@dataclass(frozen=True, slots=True)
class Ends(Assertion):
    """Ends with the text."""

    text: str

    @property
    def wanted(self) -> str:
        return f"a reply that ends with {shown(self.text)}"

    def holds(self, reply: Reply) -> bool:
        return ends(reply.text, self.text)


@dataclass(frozen=True, slots=True)
class Matches(Assertion):
    """Has a part that the pattern matches, as written."""

    pattern: re.Pattern[str]

    @property
    def wanted(self) -> str:
        return f"a reply that matches {shown(self.pattern.pattern)}"

    def holds(self, reply: Reply) -> bool:
        return self.pattern.search(reply.text) is not None


@dataclass(frozen=True, slots=True)
class EditDistance(Assertion):
    """So many characters put in, left out or replaced, at most."""

    text: str
    most: int

    @property
    def wanted(self) -> str:
        return f"edit distance <= {self.most} from {shown(self.text)}"

    def holds(self, reply: Reply) -> bool:
        return self._distance(reply) <= self.most

    def got(self, reply: Reply) -> str:
        return f"{self._distance(reply)}, for {shown(reply.text)}"

    def _distance(self, reply: Reply) -> int:
        return edit_distance(fold(reply.text), fold(self.text))


@dataclass(frozen=True, slots=True)
class Scores(Assertion):
    """As near as that to the best of the references; 0..1."""

    measure: Literal["token_f1", "chrf"]
    references: tuple[str, ...]
    least: float

    @property
    def wanted(self) -> str:
        best = "the best of " if len(self.references) > 1 else ""
        return f"{self.measure} >= {self.least:g} with {best}{_listed(self.references)}"

    def holds(self, reply: Reply) -> bool:
        return self._score(reply) >= self.least

    def got(self, reply: Reply) -> str:
        return f"{self._score(reply):.3f}, for {shown(reply.text)}"

    def _score(self, reply: Reply) -> float:
        if self.measure == "token_f1":
            return token_f1(reply.text, self.references)
        chrf = load("sacrebleu", "chrf").CHRF()
        return float(chrf.sentence_score(reply.text, list(self.references)).score) / 100


@dataclass(frozen=True, slots=True)
class Language(Assertion):
    """In the language of that ISO 639-1 code."""

    code: str

    @property
    def wanted(self) -> str:
        return f"a reply in the language {self.code}"

    def holds(self, reply: Reply) -> bool:
        return language_of(reply.text) == self.code

    def got(self, reply: Reply) -> str:
        return f"{language_of(reply.text) or 'no clear language'}, for {shown(reply.text)}"


@dataclass(frozen=True, slots=True)
class NoRepetition(Assertion):
    """No sentence comes twice, nor `GRAM` words in a row."""

    @property
    def wanted(self) -> str:
        return "no repetition"

    def holds(self, reply: Reply) -> bool:
        return not repeated(reply.text)

    def got(self, reply: Reply) -> str:
        twice = repeated(reply.text)
        return f"{shown(twice)} twice, in {shown(reply.text)}" if twice else shown(reply.text)


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(map(shown, texts))
