"""The answer memory's rows, question to answer: the truth that every index follows."""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dialog_s2s.errors import UsageError
from dialog_s2s.memory.database import APPEND, connect, create, make_private, told
from dialog_s2s.memory.records import (
    FIELDS,
    FIXED,
    KINDS,
    TAUGHT,
    TRAINED,
    NewRow,
    Row,
    answer_hash,
    clean,
    record_of,
    row_of,
)
from dialog_s2s.memory.sqlite_file import transaction
from dialog_s2s.text.turns import fold

__all__ = ["FIXED", "KINDS", "TAUGHT", "TRAINED", "NewRow", "Row", "Rows"]

BATCH = 1000
"""Rows that are read at a time: between batches others may write."""

READ = f"SELECT {FIELDS} FROM rows"
READ_THESE = f"""{READ} JOIN (SELECT key AS place, value AS wanted FROM json_each(?))
    ON id = wanted ORDER BY place"""
READ_KINDS = f"""{READ} WHERE kind IN (SELECT value FROM json_each(?))
    ORDER BY taught_at DESC, version DESC"""
WIPE = """UPDATE rows SET id = NULL, question = NULL, context = NULL, answer = NULL, kind = NULL,
    origin = NULL, intent = NULL, taught_at = NULL, answer_hash = ? WHERE id = ?"""
BLOCKED = """SELECT EXISTS (SELECT 1 FROM rows WHERE answer_hash = ? AND id IS NULL)
    AND NOT EXISTS (SELECT 1 FROM rows WHERE answer_hash = ? AND id IS NOT NULL)"""


class Rows:
    """The rows of one file. Every change is on the disk when its method returns.

    Safe for many processes and many threads: one connection with a lock round it, since a second
    one could not read during a commit either. Not to be taken through a fork; and not to be read
    as a plain file by the same process meanwhile, since closing that would end SQLite's locks.

    Raises:
        BundleError: any method, where the file turns out to be damaged.
        DiskError: any method, where the disk refuses or another process does not end its change.
        UsageError: any method, once closed.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection):
        self.path = path
        self._connection = connection
        self._lock = threading.Lock()
        self._process = os.getpid()

    @classmethod
    def create(cls, path: str | Path, rows: Iterable[NewRow]) -> None:
        """Writes a fresh file, streamed; the same rows give the same bytes.

        Raises:
            UsageError: a row is not sound, or something is at `path` already.
            DiskError: it cannot be written; nothing is left behind.
        """
        create(Path(path).absolute(), map(record_of, rows))

    @classmethod
    def open(cls, path: str | Path) -> Rows:
        """Opens a file that `create` wrote; where it cannot be written, for reading alone.

        Raises:
            BundleError: there is none, or it is damaged, not ours, or of another version.
            DiskError: it may not be read.
        """
        place = Path(path).absolute()
        return cls(place, connect(place))

    def add(self, row: NewRow) -> Row:
        """Remembers a row. Raises `UsageError` where it is not sound."""
        return self.add_all([row])[0]

    def add_all(self, rows: Iterable[NewRow]) -> list[Row]:
        """Remembers rows, all or none. Raises `UsageError` where one is not sound."""
        return self._append([(0, record_of(row)) for row in rows])

    def restore(self, rows: Iterable[Row]) -> list[Row]:
        """Remembers removed rows again, under their old ids unless these are in use."""
        return self._append([(row.id, record_of(row)) for row in rows])

    def remove(self, ids: Iterable[int]) -> list[Row]:
        """Forgets rows: no file holds their text when this returns. Unknown ids are passed over.

        Returns:
            The rows that were removed, in the order asked, for `restore`.
        """
        with self._writing() as connection:
            rows = _read(connection, READ_THESE, _listed(dict.fromkeys(ids)))
            if rows and not _key(connection):
                connection.execute("INSERT INTO secret VALUES (?)", (secrets.token_bytes(32),))
            key = _key(connection)
            for row in rows:
                connection.execute(WIPE, (answer_hash(row.answer, key), row.id))
                connection.execute("INSERT INTO rows (removed) VALUES (?)", (row.id,))
        return rows

    def get(self, ids: Iterable[int]) -> list[Row]:
        """Rows by id, in the order asked; those that are no more are left out."""
        with self._reading() as connection:
            return _read(connection, READ_THESE, _listed(ids))

    def matching(self, pattern: str) -> list[Row]:
        """Rows that hold `pattern` in their question, answer or the turns before them, all folded
        (`text.turns.fold`): what is to be forgotten.

        Raises:
            UsageError: the pattern is empty, so every row would hold it.
        """
        sought = fold(clean(pattern))
        if not sought:
            raise UsageError("the pattern is empty; give a word of what is to be forgotten")
        return [
            row
            for row in self
            if any(
                sought in fold(text)
                for text in (row.question, row.answer, *(turn.text for turn in row.context))
            )
        ]

    def listed(self, kinds: Sequence[str] = (TAUGHT, FIXED)) -> list[Row]:
        """Rows of these kinds, newest first."""
        with self._reading() as connection:
            return _read(connection, READ_KINDS, json.dumps(kinds))

    def __len__(self) -> int:
        with self._reading() as connection:
            return int(connection.execute("SELECT count(id) FROM rows").fetchone()[0])

    def __iter__(self) -> Iterator[Row]:
        """All rows by id, streamed; what changes meanwhile may be seen or not."""
        last = 0
        while True:
            with self._reading() as connection:
                rows = _read(connection, f"{READ} WHERE id > ? ORDER BY id LIMIT {BATCH}", last)
            if not rows:
                return
            yield from rows
            last = rows[-1].id

    @property
    def version(self) -> int:
        """A number that grows with every change by any process."""
        with self._reading() as connection:
            return _version(connection)

    def since(self, version: int) -> tuple[int, list[Row], list[int]]:
        """What was done after `version`: the version now, the rows added, the ids removed.

        To be applied removals first: what was removed and restored is in both. Ids may be among
        the removed that the caller never saw.

        Raises:
            UsageError: the memory has not come to `version`, which is another file's.
        """
        with self._reading() as connection:
            found = connection.execute(
                f"SELECT version, removed, {FIELDS} FROM rows WHERE version > ? ORDER BY version",
                (version,),
            ).fetchall()
            if not found and _version(connection) < version:
                raise UsageError(
                    f"{self.path}: has no version {version}; begin again from version 0"
                )
            added = [row_of(*fields) for _, _, *fields in found if fields[0] is not None]
        removed = [id for _, id, *_ in found if id is not None]
        return (found[-1][0] if found else version), added, removed

    def blocks(self, answer: str) -> bool:
        """Whether the last row with this answer, folded, was removed: it must not be said."""
        with self._reading() as connection:
            hashes = (answer_hash(answer, _key(connection)), answer_hash(answer))
            return bool(connection.execute(BLOCKED, hashes).fetchone()[0])

    def close(self) -> None:
        """Closes the file; twice is fine."""
        with self._lock:
            if self._process == os.getpid():
                self._connection.close()
            self._process = 0

    def __enter__(self) -> Rows:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _append(self, records: Sequence[tuple[int, tuple[Any, ...]]]) -> list[Row]:
        """Adds records: under the id beside one where that is free, else under a fresh one."""
        rows = []
        with self._writing() as connection:
            for version, (id, record) in enumerate(records, _version(connection) + 1):
                # an id is the version it was first added at: one beyond the log was not given yet
                if not 0 < id < version or _read(connection, READ_THESE, _listed([id])):
                    id = version
                connection.execute(APPEND, (version, id, *record))
                rows.append(row_of(id, *record[:-1]))
            if any(row.kind != TRAINED for row in rows):
                make_private(self.path)
        return rows

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, told(self.path):
            if self._process != os.getpid():
                raise UsageError(f"{self.path}: is closed, or was opened before a fork; open it")
            yield self._connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction."""
        with self._reading() as connection, transaction(connection):
            yield connection


def _read(connection: sqlite3.Connection, query: str, value: Any) -> list[Row]:
    return [row_of(*fields) for fields in connection.execute(query, (value,))]


def _listed(ids: Iterable[int]) -> str:
    return json.dumps([int(id) for id in ids])  # NumPy's integers too


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT max(version) FROM rows").fetchone()[0] or 0)


def _key(connection: sqlite3.Connection) -> bytes:
    """The key of removed answers' hashes; empty before the first removal."""
    (key,) = connection.execute("SELECT key FROM secret").fetchone() or (b"",)
    if not isinstance(key, bytes) or len(key) > 64:
        raise sqlite3.DatabaseError("its key is not sound")
    return key
