"""Named arrays in one file, mapped when read: sixteen bytes, a line of JSON, then the arrays.

The sixteen bytes are a mark and the CRC-32 of everything else. Reading checks it, since a changed
byte here would not fail but find the wrong rows. One file, so that replacing it is one rename.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.errors import DataError
from dialog_s2s.files import replacing

MARK = b"s2s-lex1"
"""Of this format and version."""

ALIGNMENT = 64
"""Every array begins at a multiple of this."""


def write(file: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Writes beside the file, then renames: it is replaced whole or not at all.

    Raises:
        DiskError: it cannot be written; nothing is left behind, and what was there stays.
    """
    stored = {
        name: np.ascontiguousarray(each, each.dtype.newbyteorder("<"))
        for name, each in arrays.items()
    }
    header = json.dumps({name: [each.dtype.str, len(each)] for name, each in stored.items()})
    blocks: list[bytes | memoryview] = [_filled(header.encode() + b"\n", len(MARK) + 8)]
    for each in stored.values():
        blocks += [each.data.cast("B") if len(each) else b"", _filled(b"", each.nbytes)]
    check = zlib.crc32(MARK)
    for block in blocks:
        check = zlib.crc32(block, check)
    with replacing(file) as stream:
        for block in (MARK, check.to_bytes(8, "little"), *blocks):
            stream.write(block)


def read(file: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a file, mapped and read-only.

    Raises:
        DataError: it cannot be read, or is not what `write` wrote.
    """
    try:
        if file.stat().st_size == 0:  # cannot be mapped
            raise ValueError("it is empty")
        data = np.asarray(np.memmap(file, dtype=np.uint8, mode="r"))
        head, check = data[: len(MARK)].tobytes(), data[len(MARK) : len(MARK) + 8].tobytes()
        at = len(MARK) + 8
        if head != MARK:
            raise ValueError("it is of another format or version")
        if zlib.crc32(data[at:].data, zlib.crc32(MARK)) != int.from_bytes(check, "little"):
            raise ValueError("its checksum differs")
    except OSError as error:
        raise DataError(
            f"the index cannot be read ({error.strerror}); build it anew", file
        ) from None
    except ValueError as error:
        raise DataError(f"the index is damaged ({error}); build it anew", file) from None
    line = data[at : at + 1000].tobytes().split(b"\n", 1)[0]
    at += len(line) + 1
    arrays = {}
    for name, (kind, length) in json.loads(line).items():
        at += -at % ALIGNMENT
        dtype = np.dtype(kind)
        arrays[name] = data[at : at + length * dtype.itemsize].view(dtype)
        at += arrays[name].nbytes
    return arrays


def _filled(data: bytes, before: int) -> bytes:
    """`data` with zeros after it up to where an array may begin, `before` bytes being there."""
    return data + bytes(-(before + len(data)) % ALIGNMENT)
