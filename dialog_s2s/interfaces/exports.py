"""A conversation written to a file."""

from __future__ import annotations

import os
from pathlib import Path

from dialog_s2s.dialogue.transcript import FORMATS
from dialog_s2s.errors import DiskError, UsageError

ENDINGS = {".txt": "text", ".md": "markdown", ".json": "json", ".jsonl": "corpus"}
"""The format that a file's name tells of."""


def chosen(words: str) -> tuple[str, str | None]:
    """The format and the file of `[FORMAT] [FILE]`; the file's name may tell the format.

    Raises:
        UsageError: the first word is neither.
    """
    first, _, rest = words.strip().partition(" ")
    if not first:
        return "text", None
    if first in FORMATS:
        return first, rest.strip() or None
    ending = Path(words.strip()).suffix.lower()
    if ending in ENDINGS:
        return ENDINGS[ending], words.strip()
    raise UsageError(
        f"unknown format {first!r}; it must be one of {', '.join(FORMATS)}, or a file that ends "
        f"in one of {' '.join(ENDINGS)}"
    )


def write_new(file: str, text: str) -> Path:
    """Writes a file that is not there yet.

    Raises:
        UsageError: it is.
        DiskError: it cannot be written.
    """
    place = Path(os.path.expanduser(file))
    try:
        with place.open("xb") as stream:
            try:
                stream.write(text.encode())
                stream.flush()
            except BaseException:  # Ctrl-C too
                place.unlink()
                raise
    except FileExistsError:
        raise UsageError(f"{place}: exists already; choose another name") from None
    except OSError as error:
        raise DiskError(
            f"{place}: cannot be written ({error.strerror}); choose another place"
        ) from None
    return place
