"""Suites that are made: from a corpus, and of questions that nobody taught."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import cycle, dropwhile
from pathlib import Path

import numpy as np

from dialog_s2s.dialogue.reply import UNKNOWN
from dialog_s2s.errors import DataError, UsageError
from dialog_s2s.evaluation import unknown_texts
from dialog_s2s.evaluation.assertions import Source
from dialog_s2s.evaluation.cases import Case, Step, Suite
from dialog_s2s.evaluation.text_assertions import Same
from dialog_s2s.memory.rows import NewRow, Row
from dialog_s2s.text.readers import read
from dialog_s2s.text.split import held_out_keys, key
from dialog_s2s.text.turns import Example, Origin, Role, Turn, examples, fold
from dialog_s2s.training import strangers_texts

FOLLOW_UP, UNTAUGHT, FITTED = "follow-up", "unknown", "fitted"
"""Tags: of a question after others; of one that nobody taught; of one that training's threshold
was fitted on, so that a pass tells nothing new."""

_UNTAUGHT = {
    "en": (unknown_texts.ENGLISH, strangers_texts.ENGLISH),
    "ko": (unknown_texts.KOREAN, strangers_texts.KOREAN),
}


def from_corpus(
    files: Sequence[str | Path],
    *,
    held_out: float | None = None,
    limit: int | None = None,
    seed: int = 1,
    format: str | None = None,
) -> Suite:
    """The pairs of a corpus of any format as cases that expect the reply, or any of the replies
    that the same question has.

    A follow-up is asked after the questions that came before it, of which nothing is expected.
    Pairs whose turns do not alternate cannot be asked again and are left out, as are those said
    twice. With `held_out`, only what training keeps aside that has this `text.held_out` and the
    seed as its `training.seed`. Of more than `limit` cases so many are drawn by the seed; they
    stand in the order of the corpus.

    Raises:
        UsageError: `limit` or `held_out` makes no sense, or as `readers.read` does.
        DataError: as `readers.read` does, or no case is left.
    """
    if limit is not None and limit < 1:
        raise UsageError(f"limit must be at least 1, not {limit}")
    if held_out is not None and not 0 < held_out < 1:
        raise UsageError(f"held_out must be a share between 0 and 1, not {held_out:g}")
    found = [each for dialogue in read(files, format) for each in examples(dialogue)]
    replies = _interchangeable(found)
    kept: Iterable[Example] = found
    if held_out is not None:
        openings = held_out_keys(found, held_out, seed)
        kept = (each for each in found if key(each) in openings)
    asked: dict[object, Example] = {}
    for each in kept:
        if _alternates(each.history):
            asked.setdefault(_history(each), each)
    chosen = list(asked)
    if limit is not None and len(chosen) > limit:
        drawn = np.random.default_rng(seed).permutation(len(chosen))[:limit]
        chosen = [chosen[place] for place in sorted(drawn.tolist())]
    if not chosen:
        why = "is held out" if held_out is not None else "can be asked again"
        raise DataError(f"no pair {why}; add pairs, or another share", str(files[0]))
    file = ", ".join(map(str, files))
    return Suite(file, tuple(_case(asked[each], replies[each], file) for each in chosen))


def unknown(language: str, count: int, seed: int = 1, taught: Iterable[Row | NewRow] = ()) -> Suite:
    """Everyday questions of many domains of which the bot must say that it does not know; none
    that is among the rows `taught`, which are those of a bundle's memory.

    At most as many as there are. First come those that no training sees; the others, tagged
    `fitted`, are what training fits the threshold on.

    Raises:
        UsageError: there are none in the language, `count` is below 1, or all are taught.
    """
    if language not in _UNTAUGHT:
        known = " or ".join(_UNTAUGHT)
        raise UsageError(f"there are no such questions in {language!r}; it must be {known}")
    if count < 1:
        raise UsageError(f"count must be at least 1, not {count}")
    random = np.random.default_rng(seed)
    held = {fold(row.question) for row in taught}
    where = Origin(f"unknown.{language}", 0)
    cases: list[Case] = []
    for texts, tags in zip(_UNTAUGHT[language], ((UNTAUGHT,), (UNTAUGHT, FITTED)), strict=True):
        for place in random.permutation(len(texts)):
            text = texts[place]
            if len(cases) < count and fold(text) not in held:
                step = Step(text, (Source((UNKNOWN,)),), where)
                cases.append(Case(text, tags, "", {}, (step,), where))
    if not cases:
        raise UsageError("all of the questions are taught; write a suite of your own")
    return Suite(where.file, tuple(cases))


def _case(example: Example, replies: tuple[str, ...], file: str) -> Case:
    where = example.origin or Origin(file, 0)
    asked = [turn.text for turn in example.history if turn.role is Role.USER]
    before = tuple(
        Step(turn.text, (), turn.origin or where)
        for turn in example.history[:-1]
        if turn.role is Role.USER
    )
    persona = " ".join(turn.text for turn in example.history if turn.role is Role.SYSTEM)
    return Case(
        name=" / ".join(asked),
        tags=(FOLLOW_UP,) if before else (),
        persona=persona,
        settings={},
        turns=(*before, Step(example.question, (Same(replies),), where)),
        origin=where,
    )


def _interchangeable(found: Sequence[Example]) -> dict[object, tuple[str, ...]]:
    """The replies of each question with its history, and those of the same intents."""
    of_intent: defaultdict[object, dict[str, None]] = defaultdict(dict)
    for each in found:
        if each.meaning is not None:
            of_intent[each.meaning][each.reply] = None
    replies: defaultdict[object, dict[str, None]] = defaultdict(dict)
    for each in found:
        own = replies[_history(each)]
        own[each.reply] = None
        if each.meaning is not None:
            own.update(of_intent[each.meaning])
    return {history: tuple(said) for history, said in replies.items()}


def _history(example: Example) -> object:
    """What makes two questions the same: what the user says, and the persona."""
    return tuple(
        (turn.role, fold(turn.text)) for turn in example.history if turn.role is not Role.BOT
    )


def _alternates(history: Sequence[Turn]) -> bool:
    """Whether the user and the bot speak by turns, below what a persona says."""
    spoken = dropwhile(lambda turn: turn.role is Role.SYSTEM, history)
    return all(
        turn.role is role for turn, role in zip(spoken, cycle((Role.USER, Role.BOT)), strict=False)
    )
