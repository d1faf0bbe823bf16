"""What a fresh bot would know of answers that were taught to it, had it not been trained on them.

Some of its answers are taken for such: their terms count as never trained, and of all the wordings
of an answer one is taught, and another asked. The generator, which does know them, is not asked.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.dialogue.confidence import reply_features
from dialog_s2s.generation.search import Hypothesis
from dialog_s2s.memory.keys import key
from dialog_s2s.memory.recall import Memory, Recalled
from dialog_s2s.memory.rows import NewRow, Row
from dialog_s2s.text.turns import Role, Turn, fold
from dialog_s2s.training.withholding import group, groups_of

SHARE = 0.5
"""Of the answers that have two wordings or more: taken for not trained."""

ASKED = 60
"""Answers that are asked for at most; they are hard, and many would raise the bar for all."""

UNTAUGHT = 0.25
"""Share of those that are not taught either."""


@dataclass(frozen=True, slots=True)
class Tried:
    """Features of replies (`confidence.FEATURES`), which were right, and which had been taught."""

    features: list[NDArray[np.float64]]
    right: list[bool]
    known: list[bool]


@dataclass(frozen=True, slots=True)
class Lesson:
    """Answers that were not trained."""

    names: frozenset[int | str]
    """Their groups."""
    taught: list[NewRow]
    asked: list[tuple[NewRow, bool]]
    """Rows with the wordings that are asked; whether their answer was taught, in another."""

    @classmethod
    def drawn(cls, rows: Sequence[NewRow], random: np.random.Generator) -> Lesson:
        """From the answers that have several wordings which need no turns before."""
        wordings: dict[int, dict[str, NewRow]] = defaultdict(dict)
        for number, row in zip(groups_of(rows).tolist(), rows, strict=True):
            if not row.context:
                wordings[number].setdefault(fold(row.question), row)
        several = [list(each.values()) for each in wordings.values() if len(each) > 1]
        chosen = random.permutation(len(several))[: math.ceil(SHARE * len(several))].tolist()
        taught, asked = [], []
        for turn, place in enumerate(chosen):
            one, other = random.choice(len(several[place]), 2, replace=False).tolist()
            known = turn >= UNTAUGHT * len(chosen)
            if known:
                taught.append(several[place][one])
            asked.append((several[place][other], known))
        names = frozenset(group(row) for row, _ in asked)
        order = random.permutation(len(asked))[:ASKED].tolist()
        return cls(names, taught, [asked[place] for place in order])


def tried(memory: Memory, rows: Sequence[NewRow], random: np.random.Generator) -> Tried:
    """Asks a memory of `rows`, which were trained, for some as if they had been taught."""
    lesson = Lesson.drawn(rows, random)
    told = {key(row.question, row.context) for row in lesson.taught}
    untrained = [row.question for row in rows if group(row) in lesson.names]
    later = memory.alike_by(memory.similarity.untaught(untrained), told)
    later.similarity.count(later.similarity.terms([row.question for row in lesson.taught]))
    replies: dict[int | str, set[str]] = defaultdict(set)
    for row in rows:
        replies[group(row)].add(fold(row.answer))

    def without(row: Row) -> bool:
        return group(row) in lesson.names and key(row.question, row.context) not in told

    found = Tried([], [], [])
    for row, known in lesson.asked:
        recalled = later.recall([Turn(Role.USER, row.question)], without)
        best = _best(recalled)
        if best is None:
            continue
        pieces, weight = best
        reply = Hypothesis(pieces[:-1], math.log(weight), "stop")
        found.features.append(reply_features(reply, recalled, pieces))
        found.right.append(fold(recalled.texts[pieces]) in replies[group(row)])
        found.known.append(known)
    return found


def _best(recalled: Recalled) -> tuple[tuple[int, ...], float] | None:
    """The weightiest answer, unless the generator is before it."""
    votes = recalled.decided
    place = int(np.argmax(votes.weights)) if votes.answers else -1
    if place < 0 or votes.weights[place] <= max(votes.generator, 1e-9):
        return None
    return votes.answers[place], votes.weights[place]
