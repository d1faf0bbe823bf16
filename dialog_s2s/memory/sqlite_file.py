"""SQLite as the answer memory and the conversations need it: a change that is done is on the disk,
what was removed is in no file, and errors are ours.

The journal is the rollback journal, not WAL: the data stay one plain file that can be copied, and
that can be read where nothing can be written. A WAL keeps removed text until its next checkpoint,
which another process that reads puts off; and until SQLite 3.51.3 (2026) one with several writers
could lose what was committed (sqlite.org/wal.html, "the WAL-reset bug"). The price: a change syncs
the disk five times instead of once (18 ms instead of 4, at 3.6 ms a sync).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dialog_s2s.errors import DialogError, DiskError

SETTINGS = (
    "journal_mode=DELETE",
    "synchronous=EXTRA",  # the folder too: a journal that a power cut brings back undoes its change
    "secure_delete=ON",
    "temp_store=MEMORY",  # no text in temporary files
    "foreign_keys=ON",
)

PATIENCE = 30.0
"""Seconds that one change waits for another process's to end."""

PERMISSIONS = "check the permissions of the file and of its folder"
_BUSY = "another program is using it; try again, or close that program"
_TROUBLES = {
    sqlite3.SQLITE_FULL: "there is no space left; free some",
    sqlite3.SQLITE_IOERR: "the disk refuses; free some space, or check the disk",
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_READONLY: f"it is read-only; {PERMISSIONS}",
    sqlite3.SQLITE_PERM: f"it is read-only; {PERMISSIONS}",
    sqlite3.SQLITE_CANTOPEN: f"it cannot be opened; {PERMISSIONS}",
    sqlite3.SQLITE_NOMEM: "there is no memory left; close other programs",
    sqlite3.SQLITE_TOOBIG: "the text is too long to be kept; shorten it",
}
"""The errors that are not the file's; any other means that it is damaged."""


@contextmanager
def explained(path: Path, damaged: Callable[[Exception], DialogError]) -> Iterator[None]:
    """Turns the system's and SQLite's errors into `DiskError`, or into what `damaged` makes."""
    try:
        yield
    except OSError as error:
        raise DiskError(f"{path}: {error.strerror}; {PERMISSIONS}") from error
    except sqlite3.ProgrammingError:  # a mistake of ours, such as a call after `close`
        raise
    except (sqlite3.Error, UnicodeDecodeError) as error:  # SQLite may quote what is damaged
        code = getattr(error, "sqlite_errorcode", None)
        if code is not None and code & 0xFF in _TROUBLES:
            raise DiskError(f"{path}: {_TROUBLES[code & 0xFF]}") from error
        raise damaged(error) from error


def set_up(connection: sqlite3.Connection) -> None:
    """Gives a connection our settings."""
    for setting in SETTINGS:
        connection.execute(f"PRAGMA {setting}")


@contextmanager
def transaction(connection: sqlite3.Connection, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    """What the block does is on the disk when it ends or, after an error, undone.

    It takes the file's turn at once: two that both read first and then write would wait for each
    other.
    """
    try:
        connection.execute(begin)
        yield
        connection.execute("COMMIT")
    except BaseException:  # Ctrl-C too
        if connection.in_transaction:  # some errors have undone it already
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
        raise


def cut(connection: sqlite3.Connection, path: Path) -> None:
    """Cuts off what lies beyond the end of the data.

    SQLite shortens a file once a change is done: a process that is killed between the two leaves
    what it removed in the file. Where that cannot be cut off now, it is at the next opening.
    """
    if path.stat().st_size <= _end(connection):
        return
    exclusive = transaction(connection, "BEGIN EXCLUSIVE")
    with suppress(sqlite3.OperationalError, OSError), exclusive:
        # asked anew, for now no other process changes it; and nothing is taken from a damaged file
        end = _end(connection)
        if path.stat().st_size > end and _sound(connection):
            os.truncate(path, end)  # by its name: closing a file would end SQLite's locks on it


def _end(connection: sqlite3.Connection) -> int:
    """Bytes of the data, by the file's own count."""
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    return int(pages * size)


def _sound(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
