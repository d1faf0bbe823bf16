"""Lessons: what a bot would know, had some of its answers been taught to it later."""

from __future__ import annotations

import numpy as np
import pytest
from tiny import dialogues

from dialog_s2s import Bot
from dialog_s2s.dialogue.confidence import FEATURES
from dialog_s2s.memory.rows import NewRow, Row
from dialog_s2s.text.turns import Turn, examples, fold
from dialog_s2s.training import teaching as module
from dialog_s2s.training.memory import rows_of
from dialog_s2s.training.teaching import Lesson, tried
from dialog_s2s.training.withholding import group

ROWS = rows_of([example for dialogue in dialogues() for example in examples(dialogue)], 4)
DOUBLED = [
    NewRow(f"{words} {row.question}", row.context, row.answer, row.kind, row.origin, row.intent)
    for row in ROWS
    for words in ("please", "now")
]


def drawn(seed: int = 1) -> Lesson:
    return Lesson.drawn(DOUBLED, np.random.default_rng(seed))


def test_one_wording_is_taught_and_another_asked() -> None:
    lesson = drawn()
    taught = {group(row): row for row in lesson.taught}
    assert len(taught) == len(lesson.taught)
    assert {known for _, known in lesson.asked} == {True, False}
    for row, known in lesson.asked:
        assert not row.context
        assert group(row) in lesson.names
        assert known == (group(row) in taught)
        assert not known or fold(taught[group(row)].question) != fold(row.question)
    assert taught.keys() < lesson.names


def test_where_there_is_one_wording_nothing_is_asked(tiny_bot: Bot) -> None:
    rows = [NewRow(str(n), (), f"Answer {n}.", "trained", "x") for n in range(9)]
    assert Lesson.drawn(rows, np.random.default_rng(1)) == Lesson(frozenset(), [], [])
    assert tiny_bot.memory is not None
    assert tried(tiny_bot.memory, rows, np.random.default_rng(1)).features == []


def test_a_part_of_the_answers_is_withheld() -> None:
    lesson = drawn()
    several = {group(row) for row in DOUBLED if not row.context}
    assert 0.4 < len(lesson.names) / len(several) < 0.6
    assert drawn() == lesson != drawn(2)


def test_a_memory_is_asked_that_was_not_trained_on_them(
    tiny_bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It knows of each answer what was taught, and no more."""
    memory = tiny_bot.memory
    assert memory is not None
    counts = memory.similarity.held_B.copy()
    lesson = Lesson.drawn(ROWS, np.random.default_rng(1))
    assert lesson.asked
    found: list[Row] = []
    real = type(memory).recall

    def recall(self: object, turns: list[Turn], without: object = None) -> object:
        assert self is not memory
        recalled = real(self, turns, without)  # type: ignore[arg-type]
        found.extend(each.row for each in recalled.candidates)
        return recalled

    monkeypatch.setattr(type(memory), "recall", recall)
    made = tried(memory, ROWS, np.random.default_rng(1))
    assert len(made.features) == len(made.right) == len(made.known) <= len(lesson.asked)
    assert all(each.shape == (len(FEATURES),) for each in made.features)
    assert not any(right and not known for right, known in zip(made.right, made.known, strict=True))
    told = {fold(row.question) for row in lesson.taught}
    assert all(fold(row.question) in told for row in found if group(row) in lesson.names)
    assert np.array_equal(memory.similarity.held_B, counts)


def test_no_more_than_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ASKED", 3)
    assert len(drawn().asked) == 3
