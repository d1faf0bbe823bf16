"""Reports written to files: each whole, or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from dialog_s2s.errors import DiskError, UsageError


def check_places(files: Iterable[str]) -> None:
    """Asked before the tests are run, not after.

    Raises:
        UsageError: a file's folder is not there, a folder is in the way, or two files are one.
    """
    seen: set[Path] = set()
    for file in files:
        place = Path(os.path.realpath(file))
        if not place.parent.is_dir():
            raise UsageError(f"{file}: the folder {place.parent} is not there; make it first")
        if place.is_dir():
            raise UsageError(f"{file}: is a folder; give the name of a file")
        if place in seen:
            raise UsageError(f"{file}: is given for two reports; give each a file of its own")
        seen.add(place)


def write_whole(file: str, text: str) -> None:
    """Writes a file, or replaces the one that is there.

    Raises:
        DiskError: it cannot be written; what was there is as it was.
    """
    place = Path(os.path.realpath(file))  # or a link would be replaced by a file
    fresh = place.with_name(f".{place.name[:32]}.{secrets.token_hex(4)}.new")
    try:
        try:
            with fresh.open("xb") as stream:
                stream.write(text.encode("utf-8", "replace"))
                stream.flush()
                os.fsync(stream.fileno())
            if place.exists():
                fresh.chmod(place.stat().st_mode & 0o7777)
            os.replace(fresh, place)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as error:
        raise DiskError(
            f"{file}: cannot be written ({error.strerror}); choose another place"
        ) from None
