"""Lines of a UTF-8 file, numbered, as a stream whose memory does not grow with the file.

Lines end at LF alone: U+0085, U+2028 and a lone CR are ordinary characters. One CR before the LF
and a byte order mark at the start are dropped. A file whose name ends in `.gz` is decompressed
on the way.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from dialog_s2s.errors import DataError

MAX_LINE_BYTES = 1_000_000

_BOM = b"\xef\xbb\xbf"
_FOREIGN = {
    b"\xff\xfe": "is UTF-16; save as UTF-8",
    b"\xfe\xff": "is UTF-16; save as UTF-8",
    b"\x1f\x8b": "is compressed; give its name the ending .gz",
    b"PK\x03\x04": "is a zip archive or a spreadsheet; unpack it, or export the sheet as CSV UTF-8",
}


class Line(NamedTuple):
    """One line without its end; `number` counts from 1."""

    number: int
    text: str


def stream(path: str | Path) -> Iterator[Line]:
    """Every line of the file, blank ones included.

    Raises DataError, with the line where there is one: no such file, a folder, no permission, a
    damaged `.gz`, bytes that are not UTF-8, a NUL, a line of more than MAX_LINE_BYTES, and, at
    the end, a file in which every line was blank.
    """
    path = Path(path)
    number, blank = 0, True
    try:
        with _open(path) as file:
            while raw := file.readline(MAX_LINE_BYTES + 1):
                number += 1
                text = _decode(raw, path, number)
                blank = blank and not text.strip()
                yield Line(number, text)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"is not a whole gzip file ({error}); copy or compress it again", path, number + 1
        ) from error
    except OSError as error:
        raise DataError(_refusal(path, error), path) from error
    if blank:
        raise DataError("is empty; it must hold at least one line that is not blank", path)


def _open(path: Path) -> IO[bytes] | gzip.GzipFile:
    """The file's bytes, decompressed if need be."""
    if path.is_dir():
        raise DataError("is a folder; name the files in it", path)
    if "\0" in str(path):
        raise DataError("is not a file name: it holds a NUL character", repr(str(path)))
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rb")
    return path.open("rb")


def _decode(raw: bytes, path: Path, number: int) -> str:
    """The text of a line's bytes, without its end."""
    if number == 1:
        for magic, what in _FOREIGN.items():
            if raw.startswith(magic):
                raise DataError(what, path, 1)
    if len(raw) > MAX_LINE_BYTES:
        raise DataError(
            f"the line is longer than {MAX_LINE_BYTES:,} bytes; put one entry on a line",
            path,
            number,
        )
    if number == 1:
        raw = raw.removeprefix(_BOM)
    if b"\0" in raw:
        raise DataError(
            "the line holds a NUL byte: not a text file, or UTF-16; save as UTF-8", path, number
        )
    try:
        return raw.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
    except UnicodeDecodeError as error:
        column = len(raw[: error.start].decode("utf-8")) + 1
        raise DataError(
            f"byte 0x{raw[error.start]:02x} at column {column} is not UTF-8; save as UTF-8 "
            "(in an editor, or: iconv -f WINDOWS-1252 -t UTF-8)",
            path,
            number,
        ) from error


def _refusal(path: Path, error: OSError) -> str:
    """Why the system would not let the file be read, and what to do."""
    if isinstance(error, FileNotFoundError):
        return "does not exist; check the name"
    if isinstance(error, PermissionError):
        return "may not be read; check its permissions"
    return f"cannot be read: {error.strerror or error}"
