"""What a remembered reply is found by: its question, with the turns that question needs."""

from __future__ import annotations

from collections.abc import Sequence

from dialog_s2s.text.turns import Role, Turn, fold

NEEDED = 2
"""Turns before a question that belong to its key: what was asked before, and the reply."""


def context_of(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """The turns before a question that its key holds; `turns` are those before the question.

    A persona or other system line is no part of it: it does not change from turn to turn.
    """
    spoken = [turn for turn in turns if turn.role is not Role.SYSTEM]
    return tuple(spoken[-NEEDED:])


def context_text(context: Sequence[Turn]) -> str:
    """A context as one text; empty where there is none."""
    return " ".join(turn.text for turn in context)


def indexed(question: str, context: Sequence[Turn]) -> str:
    """The text a key is indexed by: a follow-up together with what was asked before it."""
    return f"{question} {context_text(context)}" if context else question


def same(question: str, context: Sequence[Turn], other: str, others: Sequence[Turn]) -> bool:
    """Whether two keys are equal, case and punctuation aside."""
    return fold(question) == fold(other) and (
        [(turn.role, fold(turn.text)) for turn in context]
        == [(turn.role, fold(turn.text)) for turn in others]
    )
