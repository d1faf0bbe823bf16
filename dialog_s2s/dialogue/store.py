"""The SQLite file that conversations are kept in: made, recognised, locked, erased."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from dialog_s2s.dialogue.rows import SCHEMA
from dialog_s2s.errors import DataError, DiskError
from dialog_s2s.memory import sqlite_file
from dialog_s2s.memory.sqlite_file import cut, explained, set_up, transaction

FORMAT = 2
APPLICATION = 0x64325331
"""`application_id` of the file: "d2S1"."""

_SCHEMA = (
    *SCHEMA,
    # holds a row while deleted text may still be in the file
    "CREATE TABLE traces (left INTEGER NOT NULL)",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {FORMAT}",
)


class Store:
    """One connection to the file at `path`, made if need be; safe to share between threads.

    Only the user may read the file, and its folder where that is made here or is `private`.

    Raises, here and from every transaction:
        DataError: a file of something else, a damaged one, or one of a newer version.
        DiskError: no space, no permission, or another process held it for too long.
    """

    def __init__(self, path: Path, private: bool):
        self.path = path
        self._lock = threading.RLock()
        with _explained(path):
            _make(path, private)
            self._connection = sqlite3.connect(
                path.absolute(), sqlite_file.PATIENCE, isolation_level=None, check_same_thread=False
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
        with self._lock, _explained(self.path), transaction(self._connection, begin):
            yield self._connection

    def _prepare(self) -> None:
        made = self._recognised()
        if stat.S_IMODE(self.path.stat().st_mode) & 0o077:
            self.path.chmod(0o600)  # side files take their mode from it
        set_up(self._connection)
        if not made:
            with self.writing() as connection:
                if not self._recognised():  # nor has another process made it meanwhile
                    for statement in _SCHEMA:
                        connection.execute(statement)
        cut(self._connection, self.path)
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
            advice = "move it away, and a new one is made"
            if version > FORMAT:
                advice = "update dialog_s2s"
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


def _explained(path: Path) -> AbstractContextManager[None]:
    """Turns the system's and SQLite's errors into ours."""
    return explained(
        path,
        lambda _: DataError(
            "is damaged, or is no file of conversations; move it away, and a new one is made", path
        ),
    )
