"""What was typed in chats, across sessions: for the arrow keys, Ctrl-R and suggestions.

One file that only the user may read, in the format of prompt_toolkit's own history: each entry a
line of its time, then its lines, each behind a plus sign.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

from prompt_toolkit.history import History

from dialog_s2s.dialogue import sessions
from dialog_s2s.errors import DiskError
from dialog_s2s.files import write_whole
from dialog_s2s.interfaces.sanitize import clean_lines

LONGEST = 20_000
"""Characters of an entry that are kept."""


def default_path() -> Path:
    """Beside the conversations."""
    return sessions.default_path().with_name("typed")


class Typed(History):
    """The newest `most` entries of the file at `path`, which is made when something is typed."""

    def __init__(self, path: Path, most: int = 5000):
        self.path = path
        self.most = most
        self.error: str | None = None
        """Why nothing is written any more."""
        super().__init__()

    def load_history_strings(self) -> Iterable[str]:
        """The entries, the newest first; a file that cannot be read has none."""
        if not self.most:
            return []
        return reversed(self._read()[-self.most :])

    def store_string(self, string: str) -> None:
        """Adds one entry to the file; where that fails the chat goes on, and `error` tells."""
        text = clean_lines(string)[:LONGEST]
        if not text.strip() or not self.most or self.error:
            return
        lines = "".join(f"+{line}\n" for line in text.split("\n"))
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                if stat.S_IMODE(os.fstat(handle).st_mode) & 0o077:
                    os.fchmod(handle, 0o600)
                # in one go, so that another chat's entry cannot come in between
                os.write(handle, f"\n# {time.strftime('%Y-%m-%d %H:%M:%S')}\n{lines}".encode())
            finally:
                os.close(handle)
        except OSError as error:
            self.error = f"{self.path}: {error.strerror}; what is typed is not kept"

    def cut(self) -> None:
        """Shortens a file that holds more than twice the entries that are wanted, if it can."""
        entries = self._read()
        if len(entries) > 2 * self.most:
            with suppress(DiskError):
                self._write(entries[-self.most :] if self.most else [])

    def remove(self, texts: Collection[str]) -> None:
        """Removes entries that ask these questions, of which the file then holds nothing.

        Raises:
            DiskError: the file cannot be written; it is as it was.
        """
        gone = {_question(clean_lines(text)[:LONGEST]) for text in texts}
        entries = self._read()
        left = [entry for entry in entries if _asked(entry) not in gone]
        if len(left) < len(entries):
            self._write(left)
        self._loaded_strings = [each for each in self._loaded_strings if _asked(each) not in gone]

    def _read(self) -> list[str]:
        entries: list[str] = []
        lines: list[str] = []
        try:
            raw = self.path.read_bytes()
        except OSError:
            return []
        for line in [*raw.decode("utf-8", "replace").split("\n"), ""]:
            if line.startswith("+"):
                lines.append(clean_lines(line[1:]))
            elif lines:
                entries.append("\n".join(lines)[:LONGEST])
                lines = []
        return entries

    def _write(self, entries: Iterable[str]) -> None:
        text = "".join(
            "\n# kept\n" + "".join(f"+{line}\n" for line in entry.split("\n")) for entry in entries
        )
        write_whole(self.path, text.encode(), 0o600)


def _question(text: str) -> str:
    """A question as a conversation has it, on one line and with single blanks."""
    return " ".join(text.split())


def _asked(entry: str) -> str:
    """The question that is asked by an entry, of which two slashes are one."""
    text = _question(entry)
    return text.removeprefix("/") if text.startswith("//") else text
