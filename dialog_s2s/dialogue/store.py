"""The SQLite file that conversations are kept in: opened, locked, erased, its troubles explained.

A rollback journal rather than a WAL: until SQLite 3.51.3 (2026) a WAL with several writers could
lose what was committed (sqlite.org/wal.html, "the WAL-reset bug"), a WAL keeps deleted text until
its next checkpoint, and the few writes of a chat do not need its speed.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dialog_s2s.dialogue.rows import SCHEMA
from dialog_s2s.errors import DataError, DiskError

FORMAT = 1
APPLICATION = 0x64325331
"""`application_id` of the file: "d2S1"."""
BUSY_SECONDS = 30.0
"""How long to wait for other processes before giving up."""

_SETTINGS = (
    "journal_mode = DELETE",
    "synchronous = EXTRA",  # FULL, and the folder too when the journal has left it
    "secure_delete = ON",
    "foreign_keys = ON",
    "temp_store = MEMORY",  # VACUUM then writes no copy of what was said to another folder
)
_SCHEMA = (
    *SCHEMA,
    # holds a row while deleted text may still be in the file
    "CREATE TABLE traces (left INTEGER NOT NULL)",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {FORMAT}",
)

_BUSY = "another program is using it; try again, or close that program"
_PERMISSIONS = "check the permissions of the file and its folder"
_TROUBLES = {
    sqlite3.SQLITE_FULL: "there is no space left; free some",
    sqlite3.SQLITE_IOERR: "the disk refuses; free some space, or check the disk",
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_READONLY: f"it is read-only; {_PERMISSIONS}",
    sqlite3.SQLITE_PERM: f"it is read-only; {_PERMISSIONS}",
    sqlite3.SQLITE_CANTOPEN: f"it cannot be opened; {_PERMISSIONS}",
    sqlite3.SQLITE_NOMEM: "there is no memory left; close other programs",
    sqlite3.SQLITE_TOOBIG: "the text is too long to be kept; shorten it",
}


class Store:
    """One connection to the file at `path`, made if need be; safe to share between threads.

    Only the user may read the file, and its folder where that is made here or is `private`.

    Raises, here and from every transaction:
        DataError: a file of something else, a damaged one, or one of a newer version.
        DiskError: no space, no permission, or another process held it for BUSY_SECONDS.
    """

    def __init__(self, path: Path, private: bool):
        self.path = path
        self._lock = threading.RLock()
        with _explained(path):
            _make(path, private)
            self._connection = sqlite3.connect(
                path.absolute(), BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A transaction that sees one state of the file throughout."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is on the disk when the block ends, or, after an error, undone."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def erasing(self) -> Iterator[sqlite3.Connection]:
        """As `writing`; what the block deletes is also overwritten."""
        with self.writing() as connection:
            yield connection
            connection.execute("INSERT INTO traces VALUES (1)")
        try:
            self._purge()
        except DiskError as error:
            raise DiskError(
                f"{error}. It is deleted all the same; its traces are overwritten when the file "
                "is opened next"
            ) from None

    def close(self) -> None:
        """Lets the file go; no transaction can follow."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._lock, _explained(self.path):
            try:
                self._connection.execute(begin)
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _prepare(self) -> None:
        made = self._recognised()
        if stat.S_IMODE(self.path.stat().st_mode) & 0o077:
            self.path.chmod(0o600)  # side files take their mode from it
        for setting in _SETTINGS:
            self._connection.execute(f"PRAGMA {setting}")
        if not made:
            with self.writing() as connection:
                if not self._recognised():  # nor has another process made it meanwhile
                    for statement in _SCHEMA:
                        connection.execute(statement)
        if self._connection.execute("SELECT 1 FROM traces LIMIT 1").fetchone():
            with suppress(DiskError):
                self._purge()

    def _recognised(self) -> bool:
        """Whether the file is ours; False if it is still empty. Raises `DataError` otherwise."""
        application, version, tables = self._connection.execute(
            "SELECT * FROM pragma_application_id, pragma_user_version, "
            "(SELECT count(*) FROM sqlite_master)"
        ).fetchone()
        if application != APPLICATION:
            if application or version or tables:
                raise DataError(
                    "is a file of another program; move it away, or choose another", self.path
                )
            return False
        if version != FORMAT:
            advice = "update dialog_s2s" if version > FORMAT else "move it away"
            raise DataError(
                f"has format version {version}, this program reads {FORMAT}; {advice}", self.path
            )
        return True

    def _purge(self) -> None:
        # secure_delete is not enough: when pages are balanced, copies of cells that moved stay
        # behind in the gaps (1 to 4 of 3,400 deleted texts were still found)
        with self._lock, _explained(self.path):
            self._connection.execute("VACUUM")
            self._connection.execute("DELETE FROM traces")


def _make(path: Path, private: bool) -> None:
    """An empty file that only the user may read, unless there is one."""
    folder = path.absolute().parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if private and stat.S_IMODE(folder.stat().st_mode) & 0o077:
        folder.chmod(0o700)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    if not stat.S_ISREG(path.stat().st_mode):
        raise DataError("is not a file; choose another", path)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turns the system's and SQLite's errors into ours."""
    try:
        yield
    except OSError as error:
        raise DiskError(f"{path}: {error.strerror}; {_PERMISSIONS}") from error
    except sqlite3.ProgrammingError:  # a mistake of ours, such as a call after `close`
        raise
    except (sqlite3.Error, UnicodeDecodeError) as error:  # SQLite may quote what is damaged
        code = getattr(error, "sqlite_errorcode", None)
        if code is not None and code & 0xFF in _TROUBLES:
            raise DiskError(f"{path}: {_TROUBLES[code & 0xFF]}") from error
        raise DataError(
            "is damaged, or is no file of conversations; move it away, and a new one is made", path
        ) from error
