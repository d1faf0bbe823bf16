"""What a reply must be like: each assertion says whether one holds and, if not, what came.

Here those about where a reply came from; those about its text are in `text_assertions`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

from dialog_s2s.dialogue.reply import Reply
from dialog_s2s.evaluation.matching import contains
from dialog_s2s.evaluation.text_metrics import words
from dialog_s2s.text.fields import excerpt
from dialog_s2s.text.turns import fold


class Assertion(ABC):
    """Something that a reply must be like. A value: equal to another that asks for the same."""

    __slots__ = ()

    @property
    @abstractmethod
    def wanted(self) -> str:
        """What must come, in words."""

    @abstractmethod
    def holds(self, reply: Reply) -> bool:
        """Whether the reply is so."""

    def got(self, reply: Reply) -> str:
        """What came, in words."""
        return shown(reply.text)

    def check(self, reply: Reply) -> str | None:
        """None where it holds; else, in one line, what was wanted and what came.

        Raises:
            UsageError: a package that `chrf` needs is not installed.
        """
        return None if self.holds(reply) else f"wanted {self.wanted}; got {self.got(reply)}"


@dataclass(frozen=True, slots=True)
class Not(Assertion):
    """What may not hold."""

    assertion: Assertion

    @property
    def wanted(self) -> str:
        return f"anything but {self.assertion.wanted}"

    def holds(self, reply: Reply) -> bool:
        return not self.assertion.holds(reply)

    def got(self, reply: Reply) -> str:
        return self.assertion.got(reply)


@dataclass(frozen=True, slots=True)
class Source(Assertion):
    """From one of these of `reply.SOURCES`."""

    sources: tuple[str, ...]

    @property
    def wanted(self) -> str:
        return f"the source {' or '.join(self.sources)}"

    def holds(self, reply: Reply) -> bool:
        return reply.source in self.sources

    def got(self, reply: Reply) -> str:
        return f"{reply.source}, for {shown(reply.text)}"


@dataclass(frozen=True, slots=True)
class Within(Assertion):
    """A quantity within bounds, which count as within."""

    quantity: Literal["words", "confidence", "milliseconds"]
    least: float = 0
    most: float = math.inf

    @property
    def wanted(self) -> str:
        lower = f"{self.least:g} <= " if self.least and self.most < math.inf else ""
        upper = f" <= {self.most:g}" if self.most < math.inf else f" >= {self.least:g}"
        return f"{lower}{self.quantity}{upper}"

    def holds(self, reply: Reply) -> bool:
        return self.least <= self._amount(reply) <= self.most

    def got(self, reply: Reply) -> str:
        return f"{self._amount(reply):.4g}, for {shown(reply.text)}"

    def _amount(self, reply: Reply) -> float:
        if self.quantity == "words":
            return len(words(reply.text))
        return reply.confidence if self.quantity == "confidence" else reply.milliseconds


@dataclass(frozen=True, slots=True)
class Cites(Assertion):
    """Rests on a pair whose question or answer holds the text, or whose origin does in words."""

    text: str

    @property
    def wanted(self) -> str:
        return f"evidence that holds {shown(self.text)}"

    def holds(self, reply: Reply) -> bool:
        said = (text for each in reply.evidence for text in (each.question, each.answer))
        # whole words, lest faq.tsv:1 be found in faq.tsv:12
        origins = (f" {fold(each.origin)} " for each in reply.evidence)
        return any(contains(each, self.text) for each in said) or any(
            f" {fold(self.text)} " in origin for origin in origins
        )

    def got(self, reply: Reply) -> str:
        pairs = [f"{shown(each.question)} ({each.origin})" for each in reply.evidence]
        return f"{', '.join(pairs) or 'none'}, for {shown(reply.text)}"


def shown(text: str) -> str:
    """A text as messages show it: in one line, not long."""
    return excerpt(text, 120)
