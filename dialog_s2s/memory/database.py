"""The file that the answer memory is kept in: made, opened, recognised.

The table is a log. A row is appended and never moved; removing it wipes its text where it stands
and appends a mark. `PRAGMA secure_delete` alone is not enough: a DELETE can make SQLite merge or
split pages, and a row that was copied to another page stays readable on the old one, even once it
is deleted (a few in ten thousand, measured). Appending and wiping copies nothing. And pages that
became free are cut off (`auto_vacuum`): what is written to a free page is not in the journal, so
a change that was killed and undone would leave its text there.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from dialog_s2s.errors import BundleError, DiskError, UsageError
from dialog_s2s.memory import sqlite_file
from dialog_s2s.memory.records import TRAINED
from dialog_s2s.memory.sqlite_file import cut, explained, set_up

FORMAT = 1
APPLICATION = int.from_bytes(b"ds2s", "big")
"""What the file says of itself in `PRAGMA user_version` and `PRAGMA application_id`."""

TABLES = (
    # `version` is the place in the log. What is removed has no id; its mark names it in `removed`.
    """CREATE TABLE rows (version INTEGER PRIMARY KEY, id INTEGER, removed INTEGER,
    question TEXT, context TEXT, answer TEXT, kind TEXT, origin TEXT, intent INTEGER,
    taught_at REAL, answer_hash INTEGER) STRICT""",
    "CREATE TABLE secret (key BLOB) STRICT",
)
INDEXES = (
    "CREATE UNIQUE INDEX ids ON rows (id)",
    "CREATE INDEX answers ON rows (answer_hash)",
)
APPEND = "INSERT INTO rows VALUES (?, ?, NULL, ?, ?, ?, ?, ?, ?, ?, ?)"


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turns SQLite's errors into `DiskError` and `BundleError`."""

    def damaged(error: Exception) -> BundleError:
        return BundleError(
            f"{path}: the answer memory is damaged ({error}); copy it again, or train the bot again"
        )

    with explained(path, damaged):
        yield


def create(path: Path, records: Iterable[tuple[Any, ...]]) -> None:
    """Writes a fresh file of the records; the same ones give the same bytes.

    Raises:
        UsageError: something is there already.
        DiskError: it cannot be written; nothing is left behind.
    """
    try:
        with path.open("xb"):
            pass
    except FileExistsError:
        raise UsageError(f"{path}: exists already; choose another place") from None
    except OSError as error:
        raise DiskError(
            f"{path}: cannot be written ({error.strerror}); choose another place"
        ) from None
    try:
        mode = path.stat().st_mode
        make_private(path)
        with told(path), closing(_connected(path)) as connection:
            _fill(connection, records)
            query = "SELECT EXISTS (SELECT 1 FROM rows WHERE kind <> ?)"
            private = connection.execute(query, (TRAINED,)).fetchone() == (1,)
        if not private:
            path.chmod(mode)
        for each in (path, path.parent):
            _sync(each)
    except BaseException:  # Ctrl-C too
        path.unlink(missing_ok=True)
        raise


def connect(path: Path) -> sqlite3.Connection:
    """A connection to a file of ours, for any thread, one at a time.

    Raises:
        BundleError: there is none, or it is damaged, not ours, or of another version.
        DiskError: it may not be read.
    """
    try:
        there = path.is_file()
    except OSError as error:
        raise DiskError(f"{path}: {error.strerror}; check its permissions") from None
    if not there:
        raise BundleError(f"{path}: there is no answer memory; train the bot again")
    with told(path):
        connection = _connected(path)
        try:
            _check(connection, path)
            cut(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def make_private(path: Path) -> None:
    """Takes the file from all but its owner, where it is ours to take."""
    with suppress(PermissionError):
        path.chmod(path.stat().st_mode & 0o700)


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode=rw",  # never makes one; falls back to reading
        uri=True,
        timeout=sqlite_file.PATIENCE,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        set_up(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Raises `BundleError` unless the file is a memory of our version, tables and all."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION:
        raise BundleError(f"{path}: is not an answer memory; train the bot again")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version != FORMAT:
        advice = "update dialog_s2s" if version > FORMAT else "train the bot again"
        raise BundleError(
            f"{path}: has format version {version}, this program reads {FORMAT}; {advice}"
        )
    schema = connection.execute("SELECT sql FROM sqlite_master ORDER BY rowid").fetchall()
    if tuple(sql for (sql,) in schema) != TABLES + INDEXES:
        raise BundleError(f"{path}: has other tables than ours; train the bot again")


def _fill(connection: sqlite3.Connection, records: Iterable[tuple[Any, ...]]) -> None:
    """Writes all of a fresh file: without a journal, since a failure is to leave no file at all."""
    # page size and encoding are the usual ones, but a build of SQLite may have others
    layout = ("page_size=4096", "encoding='UTF-8'", "auto_vacuum=FULL")
    for setting in ("journal_mode=OFF", "synchronous=OFF", *layout):
        connection.execute(f"PRAGMA {setting}")
    for statement in ("BEGIN", *TABLES):
        connection.execute(statement)
    numbered = ((version, version, *record) for version, record in enumerate(records, 1))
    connection.executemany(APPEND, numbered)
    for statement in (*INDEXES, "COMMIT"):
        connection.execute(statement)
    # last, so that what was cut short is not taken for ours
    connection.execute(f"PRAGMA user_version={FORMAT}")
    connection.execute(f"PRAGMA application_id={APPLICATION}")


def _sync(path: Path) -> None:
    """Waits until a file or a folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
