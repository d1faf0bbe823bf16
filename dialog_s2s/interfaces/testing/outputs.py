"""Whether reports could be written where they are wanted."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from dialog_s2s.errors import UsageError


def check_places(files: Iterable[str]) -> None:
    """Asked before the tests are run, not after.

    Raises:
        UsageError: a file's folder is not there, a folder or a device is in the way, or two files
            are one.
    """
    seen: set[Path] = set()
    for file in files:
        place = Path(os.path.realpath(file))
        if not place.parent.is_dir():
            raise UsageError(f"{file}: the folder {place.parent} is not there; make it first")
        if place.is_dir():
            raise UsageError(f"{file}: is a folder; give the name of a file")
        if place.exists() and not place.is_file():  # which would be replaced by one
            raise UsageError(f"{file}: is a device or a pipe; give the name of a file")
        if place in seen:
            raise UsageError(f"{file}: is given for two reports; give each a file of its own")
        seen.add(place)
