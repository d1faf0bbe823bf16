"""Files watched by their times, so that tests run again when one changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

PERIOD = 0.5
"""Seconds between looks."""

Stamps = Mapping[Path, tuple[int, int] | None]
"""When each file changed last, and its size; None where it is not there."""


def stamps(files: Iterable[Path]) -> Stamps:
    """How the files are now."""
    return {file: _stamp(file) for file in files}


def changed(before: Stamps, sleep: Callable[[float], object] = time.sleep) -> list[Path]:
    """Waits until files are unlike `before`, and then until they stay as they are for one look: a
    bundle is written file by file. Those that changed."""
    while stamps(before) == before:
        sleep(PERIOD)
    now = stamps(before)
    while True:
        sleep(PERIOD)
        later = stamps(before)
        if later == now:
            return [file for file, stamp in now.items() if stamp != before[file]]
        now = later


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except (OSError, ValueError):  # a name may hold what no name can
        return None
    return found.st_mtime_ns, found.st_size
