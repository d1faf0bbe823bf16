"""A text written in the user's own editor."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from dialog_s2s.errors import DiskError, UsageError
from dialog_s2s.interfaces.sanitize import clean_lines

EDITORS = ("editor", "nano", "pico", "vi", "emacs")
"""Looked for where neither $VISUAL nor $EDITOR names one."""


def command() -> list[str]:
    """The editor's words. Raises `UsageError` where there is none."""
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if named:
        try:
            words = shlex.split(named)
        except ValueError:
            words = []
        if not words:
            raise UsageError(f"$EDITOR is {named!r}, which is no command; set it to an editor")
        return words
    found = next(filter(None, map(shutil.which, EDITORS)), None)
    if found is None:
        raise UsageError("no editor was found; set EDITOR to one, such as EDITOR=nano")
    return [found]


def edited(text: str) -> str | None:
    """`text` as the user leaves it, cleaned; None where the editor gives up.

    Raises:
        UsageError: there is no editor, or it cannot be started.
        DiskError: there is no room for the text.
    """
    words = command()
    try:
        handle, name = tempfile.mkstemp(prefix="dialog-s2s-", suffix=".txt")  # mode 0600
    except OSError as error:
        raise DiskError(f"no temporary file can be made ({error.strerror})") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            # bytes that were typed but are no UTF-8 are half surrogates until they are cleaned
            stream.write(clean_lines(text) + "\n")
        try:
            code = subprocess.call([*words, name])
        except OSError as error:
            raise UsageError(f"{words[0]}: {error.strerror}; set EDITOR to an editor") from None
        if code:
            return None
        return clean_lines(Path(name).read_bytes().decode("utf-8", "replace")).rstrip("\n")
    except OSError as error:
        raise DiskError(f"{name}: {error.strerror}; free some space") from None
    finally:
        with suppress(OSError):
            os.unlink(name)
