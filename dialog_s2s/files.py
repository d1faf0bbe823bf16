"""Files that are replaced whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dialog_s2s.errors import DiskError


@contextmanager
def replacing(file: str | Path, mode: int | None = None) -> Iterator[BinaryIO]:
    """A file beside `file`, to write to and look at, which takes its place when the block ends.

    Where the block raises, Ctrl-C too, what was there stays as it is and nothing is left beside
    it. A link stays a link: the file that it names is replaced. Without a `mode` the file has that
    of the one before it, else that of any new file.

    Raises:
        DiskError: it cannot be written, or something other than a file is there.
    """
    place = Path(os.path.realpath(file))
    # cut, or it would be too long where the name itself just is not
    fresh = place.parent / f".{place.name[:32]}.{secrets.token_hex(4)}.new"
    try:
        if place.exists() and not (place.is_file() or place.is_dir()):
            raise DiskError(f"{file}: is a device or a pipe; choose the name of a file")
        try:
            known = _mode(place) if mode is None else mode

            def opener(name: str, flags: int) -> int:
                return os.open(name, flags, 0o666 if known is None else known)

            with open(fresh, "xb", opener=opener) as stream:
                if known is not None:
                    fresh.chmod(known)  # what the process's mask took from it
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(fresh, place)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as error:
        raise DiskError(
            f"{file}: cannot be written ({error.strerror or error}); free some space, or see "
            "whether its folder may be written to"
        ) from None


def write_whole(file: str | Path, data: bytes, mode: int | None = None) -> None:
    """Writes a file, or replaces the one that is there. Raises as `replacing` does."""
    with replacing(file, mode) as stream:
        stream.write(data)


def _mode(place: Path) -> int | None:
    """The mode of what is there, if anything is."""
    return stat.S_IMODE(place.stat().st_mode) if place.exists() else None
