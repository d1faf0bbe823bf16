"""A reply, and where it came from."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.config import GenerationConfig
from dialog_s2s.generation.search import Hypothesis
from dialog_s2s.memory.recall import Candidate, Recalled
from dialog_s2s.memory.rows import TRAINED
from dialog_s2s.text.turns import Role, Turn, fold

SOURCES = EXACT, REMEMBERED, GENERATED, TAUGHT, UNKNOWN = (
    "exact",
    "remembered",
    "generated",
    "taught",
    "unknown",
)
"""Asked in the words it was given in; remembered, for another wording or from what the user said in
this conversation; made by the generator;
taught while chatting; not known."""

SHOWN = 5
"""Pieces of evidence kept."""

NEAR = 0.35
"""Likeness from which on a known question is offered as what may have been meant."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A pair that a reply rests on."""

    question: str
    answer: str
    origin: str
    """`file:line`, or where it was taught."""
    weight: float
    """Its share of the reply's probability."""
    row: int
    """Its id in the memory; 0 where it is not in it."""
    after: str = ""
    """What was asked before, where the pair is a follow-up."""

    def tree(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "question": self.question,
            "answer": self.answer,
            "origin": self.origin,
            "weight": round(self.weight, 6),
        }


@dataclass(frozen=True, slots=True)
class Attended:
    """What the generator looked at, piece by piece of the reply."""

    source: tuple[str, ...]
    """S pieces of the turns that were read, as written."""
    reply: tuple[str, ...]
    """T pieces of the reply, and its end."""
    weights_TS: NDArray[np.float32]
    turns: tuple[tuple[Turn, float], ...]
    """The turns that were read, and the share of the attention that each had."""
    probabilities_T: tuple[float, ...] = ()
    """Of each piece of `reply` after those before it, under memory and generator together."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer and how it came about."""

    text: str
    source: str
    """One of SOURCES."""
    confidence: float
    """The probability that the reply is right, calibrated; of an unknown one, that what was
    withheld would have been."""
    evidence: tuple[Evidence, ...]
    """Pairs the reply rests on, the weightiest first; none for a generated one."""
    finish: str
    """`stop`, or `length` where the reply was cut at `max_tokens`."""
    seed: int
    milliseconds: float
    turns: tuple[Turn, ...]
    """The conversation up to the question."""
    turns_read: int
    """Turns that reached the encoder, the question included."""
    settings: GenerationConfig
    log_probability: float = 0.0
    """Of the reply under memory and generator together."""
    withheld: str | None = None
    """What an unknown reply would have been."""
    suggestions: tuple[str, ...] = ()
    """Known questions near one that is unknown."""
    nearest: tuple[Evidence, ...] = ()
    """The pairs whose questions were nearest, whether or not the reply rests on them."""
    _look: Callable[[], Attended] | None = field(default=None, repr=False, compare=False)

    @property
    def question(self) -> str:
        """What was asked."""
        return self.turns[-1].text

    @property
    def attention(self) -> Attended | None:
        """The attention over the turns and their pieces, made when asked for; None where the reply
        is not the model's."""
        return None if self._look is None else self._look()

    def tree(self) -> dict[str, Any]:
        """As JSON, in the shape of `ask --json`."""
        return {
            "question": self.question,
            "reply": self.text,
            "source": self.source,
            "confidence": round(self.confidence, 6),
            "evidence": [each.tree() for each in self.evidence],
            "milliseconds": round(self.milliseconds, 3),
            "finish": self.finish,
            "seed": self.seed,
        }


def provenance(
    found: Hypothesis, recalled: Recalled, pieces: tuple[int, ...]
) -> tuple[str, tuple[Evidence, ...], bool]:
    """The source of a reply by the posterior at its end, its evidence, and whether its question is
    one that was given."""
    joint = math.exp(min(0.0, found.log_probability))
    weight = recalled.decided.of(pieces)
    if not weight or 2 * weight < joint:
        return GENERATED, (), False
    backing = supporters(recalled, pieces)
    share = weight / max(weight, joint)
    total = sum(each.weight for each in backing)
    evidence = tuple(
        Evidence(
            each.row.question,
            each.row.answer,
            each.row.origin,
            share * each.weight / total,
            each.row.id,
        )
        for each in backing[:SHOWN]
    )
    exact = any(each.exact for each in backing)
    if backing and backing[0].row.kind != TRAINED:
        return TAUGHT, evidence, exact
    return (EXACT if exact else REMEMBERED), evidence, exact


def supporters(recalled: Recalled, pieces: tuple[int, ...]) -> list[Candidate]:
    """The candidates whose answers, or ones interchangeable with them, are the reply."""
    return [each for each in recalled.candidates if recalled.spoken.get(each.row.id) == pieces]


def nearest(recalled: Recalled) -> tuple[Evidence, ...]:
    """The weightiest candidates, as evidence."""
    return tuple(_evidence(each, each.weight) for each in recalled.candidates[:SHOWN])


def suggested(recalled: Recalled, question: str) -> tuple[str, ...]:
    """Known questions with other answers each, near the one asked."""
    found: dict[str, str] = {}
    for each in recalled.candidates:
        near = max(
            each.lexical,
            each.meaning + 0.1,
            each.learned * (each.learned > 0.5),
            each.pretrained - 0.2,
        )
        if near >= NEAR and not each.row.context and fold(each.row.question) != fold(question):
            found.setdefault(each.row.answer, each.row.question)
    return tuple(found.values())[:2]


def _evidence(found: Candidate, weight: float) -> Evidence:
    row = found.row
    after = next((turn.text for turn in row.context if turn.role is Role.USER), "")
    return Evidence(row.question, row.answer, row.origin, weight, row.id, after)
