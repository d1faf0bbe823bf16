"""What a remembered reply is found by: its question, with the turns that question needs."""

from __future__ import annotations

from collections.abc import Sequence

from dialog_s2s.text.turns import Role, Turn, fold

Key = tuple[object, ...]

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


def key(question: str, context: Sequence[Turn]) -> Key:
    """What makes two keys the same, case and punctuation aside."""
    return fold(question), *((turn.role, fold(turn.text)) for turn in context)


class Keyed:
    """Rows' ids by their keys."""

    def __init__(self) -> None:
        self._ids: dict[Key, dict[int, None]] = {}
        self._keys: dict[int, Key] = {}

    def add(self, id: int, key: Key) -> None:
        """Notes a row's key; once more is fine."""
        self._keys[id] = key
        self._ids.setdefault(key, {})[id] = None

    def remove(self, id: int) -> None:
        """Forgets a row; one that is not there is none to forget."""
        key = self._keys.pop(id, None)
        if key is not None:
            del self._ids[key][id]
            if not self._ids[key]:
                del self._ids[key]

    def of(self, key: Key) -> list[int]:
        """The rows with this key."""
        return list(self._ids.get(key, ()))
