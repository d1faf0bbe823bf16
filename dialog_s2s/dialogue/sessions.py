"""Conversations on disk: begun, continued, taken back, branched, listed, found, deleted for real.

What `Sessions` was told is on the disk when the call returns. What was said is kept unchanged,
save that half a surrogate pair, which no UTF-8 text can hold, becomes U+FFFD.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from dialog_s2s.dialogue import rows
from dialog_s2s.dialogue.store import Store
from dialog_s2s.dialogue.transcript import Said, Session, Spoken, Transcript
from dialog_s2s.errors import UsageError
from dialog_s2s.text.turns import Turn

__all__ = ["Said", "Session", "Sessions", "Spoken", "default_path"]


def default_path() -> Path:
    """The user's own file of conversations. Raises `UsageError` where no home is known."""
    windows = sys.platform == "win32"
    given = os.environ.get("APPDATA" if windows else "XDG_DATA_HOME", "")
    below = "AppData/Roaming" if windows else ".local/share"
    try:
        # the XDG specification says to ignore a relative folder
        base = Path(given) if os.path.isabs(given) else Path.home() / below
    except RuntimeError:
        raise UsageError("no home folder is known; set XDG_DATA_HOME") from None
    return base / "dialog_s2s" / "sessions.db"


class Sessions:
    """The conversations of one file, for many threads and processes at once.

    Every method may raise:
        UsageError: no such conversation, or a wrong argument; nothing has changed.
        DataError: the file is damaged.
        DiskError: it cannot be read or written, or another process held it for too long.
    """

    def __init__(self, store: Store):
        self._store = store

    @classmethod
    def open(cls, path: str | Path | None = None) -> Sessions:
        """The conversations at `path`, else at `default_path`; a new file if there is none.

        Raises:
            DataError: a file of something else, a damaged one, or one of a newer version.
        """
        file = default_path() if path is None else Path(path)
        return cls(Store(file, private=path is None))

    @property
    def path(self) -> Path:
        """The file."""
        return self._store.path

    def start(
        self,
        bot: str,
        persona: str = "",
        parent: str | None = None,
        said: Iterable[Said] = (),
    ) -> Session:
        """A new conversation, without turns or with all those that were `said`."""
        noted = [(each, _dumped(each.detail)) for each in said]
        with self._store.writing() as connection:
            above = None if parent is None else rows.number_of(connection, parent)
            number = rows.insert(connection, bot, persona, above)
            for each, detail in noted:
                rows.append(connection, number, each.turn, detail)
                for key, value in each.facts.items():
                    rows.note(connection, number, key, value)
            return rows.session(connection, number)

    def update(
        self, session_id: str, *, name: str | None = None, persona: str | None = None
    ) -> Session:
        """Gives a conversation a name, or with "" none, and another persona; what is None stays.

        The file holds nothing of the old ones.

        Raises:
            UsageError: the name is another's (the message tells whose), has more than 60
                characters or more than one line, or is like an id.
        """
        with self._store.erasing() as connection:
            number = rows.number_of(connection, session_id)
            if name is not None:
                rows.name(connection, number, name)
            if persona is not None:
                rows.persona(connection, number, persona)
            return rows.session(connection, number)

    def add(self, session_id: str, turn: Turn, detail: Mapping[str, Any] | None = None) -> int:
        """Keeps the role and text of one more turn; its number in the conversation, from 1.

        `detail` is anything that JSON can hold: a reply's source, confidence, seed.
        """
        noted = _dumped(detail or {})
        with self._store.writing() as connection:
            return rows.append(connection, rows.number_of(connection, session_id), turn, noted)

    def replace(self, session_id: str, turn: Turn, detail: Mapping[str, Any] | None = None) -> None:
        """Puts another turn in the place of the last, of which the file then holds nothing."""
        noted = _dumped(detail or {})
        with self._store.erasing() as connection:
            rows.replace(connection, rows.number_of(connection, session_id), turn, noted)

    def undo(self, session_id: str, count: int) -> list[Turn]:
        """Takes back the last `count` turns and the facts that came with them; those turns.

        As after `delete`, the file holds nothing of them.
        """
        with self._store.erasing() as connection:
            number = rows.number_of(connection, session_id)
            turns = [each.turn for each in rows.spoken(connection, number)]
            kept = len(turns) - count
            if not 0 <= kept <= len(turns):
                raise UsageError(f"{session_id} has {len(turns)} turns to take back, not {count}")
            rows.cut(connection, number, kept)
        return turns[kept:]

    def turns(self, session_id: str) -> list[Turn]:
        """The turns so far, oldest first."""
        return [each.turn for each in self.detailed(session_id)]

    def detailed(self, session_id: str) -> list[Spoken]:
        """The turns so far, each with its detail and its time."""
        with self._store.reading() as connection:
            return rows.spoken(connection, rows.number_of(connection, session_id))

    def branch(self, session_id: str, upto: int | None = None) -> Session:
        """A copy under a new id: the first `upto` turns, or all, and the facts until then."""
        with self._store.writing() as connection:
            number = rows.number_of(connection, session_id)
            old = rows.session(connection, number)
            upto = old.turns if upto is None else upto
            if not 0 <= upto <= old.turns:
                raise UsageError(f"{session_id} has {old.turns} turns to branch after, not {upto}")
            new = rows.insert(connection, old.bot, old.persona, number)
            rows.copy(connection, number, new, upto)
            return rows.session(connection, new)

    def listed(self, bot: str | None = None) -> list[Session]:
        """All conversations, or those with `bot`; the one that changed last comes first."""
        with self._store.reading() as connection:
            return rows.sessions(connection, bot)

    def find(self, prefix: str) -> Session:
        """The one conversation with this id or, case aside, this name; else the one whose id, or
        its part after the date, begins with `prefix`.

        Raises:
            UsageError: there is none (the message names near ones), or more than one.
        """
        with self._store.reading() as connection:
            return rows.session(connection, rows.search(connection, prefix))

    def delete(self, ids: Iterable[str]) -> int:
        """Removes conversations, all of `ids` or none; how many.

        Their text is overwritten: the file holds nothing of it. Branches of them stay.
        """
        if isinstance(ids, str):
            raise UsageError(f"the ids must be a list; write [{ids!r}]")
        with self._store.erasing() as connection:
            numbers = {rows.number_of(connection, id) for id in ids}
            for number in numbers:
                rows.delete(connection, number)
        return len(numbers)

    def facts(self, session_id: str) -> dict[str, str]:
        """What was remembered in this conversation: the newest value of each key."""
        with self._store.reading() as connection:
            return rows.facts(connection, rows.number_of(connection, session_id))

    def remember(self, session_id: str, key: str, value: str) -> None:
        """Notes a fact beside the newest turn; if that is taken back, so is the fact."""
        with self._store.writing() as connection:
            rows.note(connection, rows.number_of(connection, session_id), key, value)

    def export(self, session_id: str, format: str) -> str:
        """The conversation as text, markdown, json or corpus; see `Transcript.written`."""
        with self._store.reading() as connection:
            number = rows.number_of(connection, session_id)
            transcript = Transcript(
                rows.session(connection, number),
                rows.spoken(connection, number),
                rows.facts(connection, number),
            )
        return transcript.written(format)

    def close(self) -> None:
        """Lets the file go; no call can follow."""
        self._store.close()

    def __enter__(self) -> Sessions:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _dumped(detail: Mapping[str, Any]) -> str:
    try:
        return json.dumps(dict(detail), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"the detail of a turn must be JSON ({error})") from None
