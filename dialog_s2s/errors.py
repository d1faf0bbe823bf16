"""The one family of errors a user can meet, each with the exit code it ends a command with.

Grammar of a message: where (file:line), what was found, what it must be, what to do. One line.
"""

from __future__ import annotations

from pathlib import Path

INTERNAL_ERROR = 70
"""Exit code where the fault is ours."""


class DialogError(Exception):
    """Base of every error raised on purpose; `exit_code` is what the command line returns."""

    exit_code = 1


class UsageError(DialogError):
    """The call itself is wrong: an unknown option, a bad value, an impossible combination."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration with mistakes; the message lists all of them, one per line."""


class BusyError(UsageError):
    """Another program is at what only one may be at."""


class DataError(DialogError):
    """A corpus that cannot be read as it stands. The message begins with `file:line`."""

    exit_code = 3

    def __init__(self, message: str, file: str | Path | None = None, line: int | None = None):
        self.file = None if file is None else str(file)
        self.line = line
        where = "" if file is None else (f"{file}: " if line is None else f"{file}:{line}: ")
        super().__init__(where + message)


class BundleError(DialogError):
    """A trained bot's folder that is incomplete, changed, or of another format version."""

    exit_code = 3


class DiskError(DialogError):
    """Something could not be written: no space, no permission, no such place."""

    exit_code = 4


class Stopped(DialogError):
    """A signal ended the work early, in good order."""

    def __init__(self, signal_number: int):
        super().__init__("stopped")
        self.exit_code = 128 + signal_number
