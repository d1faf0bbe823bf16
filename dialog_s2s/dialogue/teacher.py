"""What a bot is taught in mid-chat: added to its memory, corrected, forgotten, taken back."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

from dialog_s2s.dialogue.reply import UNKNOWN, Reply
from dialog_s2s.errors import UsageError
from dialog_s2s.memory.keys import NEEDED, context_of
from dialog_s2s.memory.recall import Memory
from dialog_s2s.memory.rows import FIXED, TAUGHT, NewRow, Row
from dialog_s2s.text.turns import Turn

MAX_QUESTION = 20_000
"""Characters of a question that are read; a source's token budget is far below."""


class Teacher:
    """Changes the memory of the bot at `path`, one thread at a time; see `Bot` for what each does.

    Raises:
        UsageError: the bot has no memory, or what it shall learn is empty.
        DiskError: the memory cannot be written.
    """

    def __init__(
        self, path: Path, memory: Memory | None, history_turns: int, teaching: threading.Lock
    ):
        self._path = path
        self._given = memory
        self._history_turns = history_turns
        self._teaching = teaching

    def teach(
        self, question: str, answer: str, history: Sequence[Turn], kind: str, origin: str
    ) -> Row:
        """Adds a pair; what was taught for this very question before is replaced."""
        memory = self._memory
        asked, said = spaced(question), answer.strip()
        if not said:
            raise UsageError("the answer is empty; give the words the bot shall say")
        context = context_of(self.needed(history))
        bare = tuple(Turn(turn.role, turn.text) for turn in context)
        row = NewRow(asked, bare, said, kind, origin, 0, time.time())
        with self._teaching:
            old = memory.taught(asked, context)
            added = memory.rows.add(row)
            if old:
                memory.rows.remove([row.id for row in old])
        return added

    def fix(self, reply: Reply, answer: str, origin: str) -> Row:
        """Adds a better answer to what was asked."""
        needed = reply.turns[:-1] if self._needs_context(reply) else ()
        kind = TAUGHT if reply.source == UNKNOWN else FIXED
        return self.teach(reply.question, answer, needed, kind, origin)

    def forget(self, pattern: str) -> list[Row]:
        """Removes all pairs that hold a pattern."""
        rows = self._memory.rows
        with self._teaching:
            return rows.remove([row.id for row in rows.matching(pattern)])

    def remove(self, rows: Sequence[Row]) -> list[Row]:
        """Removes these pairs."""
        with self._teaching:
            return self._memory.rows.remove([row.id for row in rows])

    def restore(self, rows: Sequence[Row]) -> list[Row]:
        """Takes removed pairs back."""
        with self._teaching:
            return self._memory.rows.restore(rows)

    def needed(self, history: Sequence[Turn]) -> Sequence[Turn]:
        """The turns before a question that the memory looks at: as many as the bot learnt with.
        One that learnt single pairs may still be taught follow-ups."""
        most = self._history_turns or NEEDED
        return history[max(0, len(history) - most) :]

    def _needs_context(self, reply: Reply) -> bool:
        """Whether the pair that answered best was a follow-up's."""
        if self._given is None or not reply.nearest:
            return False
        best = self._given.rows.get([reply.nearest[0].row])
        return bool(best and best[0].context)

    @property
    def _memory(self) -> Memory:
        if self._given is None:
            raise UsageError(f"{self._path}: has no answer memory; train the bot again")
        return self._given


def spaced(question: str) -> str:
    """A question as it is read. Raises `UsageError` where nothing is left."""
    text = " ".join(question[:MAX_QUESTION].split())
    if not text:
        raise UsageError("the question is empty; type some words")
    return text
