"""Vectors and their ids in a file: two arrays in .npy format, one after the other.

The ids (int64, [N]) are read, the vectors (float32, [N, D]) mapped. Never a pickle.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from dialog_s2s.errors import DataError
from dialog_s2s.files import replacing

IDS, VECTORS = np.dtype("<i8"), np.dtype("<f4")

_HEADER_BYTES = 128
_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00v\x00"
    rb"\{'descr': '(<i8|<f4)', 'fortran_order': False, 'shape': \((\d+,(?: \d+)?)\), \} *\n"
)


def write(
    file: str | Path, ids: NDArray[np.int64], blocks: Iterable[NDArray[np.float32]], width: int
) -> None:
    """Writes beside the file, then renames: it is replaced whole or not at all.

    Raises:
        DiskError: it cannot be written; nothing is left behind.
    """
    header = {"descr": VECTORS.str, "fortran_order": False, "shape": (len(ids), width)}
    with replacing(file) as stream:
        # not np.save: told of a full disk by a file, it does not say that it is full
        npy.write_array_header_1_0(
            stream, {"descr": IDS.str, "fortran_order": False, "shape": ids.shape}
        )
        stream.write(ids.astype(IDS, copy=False).tobytes())
        npy.write_array_header_1_0(stream, header)
        for block_ND in blocks:
            stream.write(block_ND.astype(VECTORS, copy=False).tobytes())


def read(file: str | Path) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The ids and the vectors of a file.

    Raises:
        DataError: it cannot be read, or is not what `write` writes.
    """
    try:
        with open(file, "rb") as stream:
            (count,) = _shape(stream, IDS, 1)
            ids_at = stream.tell()
            stream.seek(ids_at + count * IDS.itemsize)
            shape = _shape(stream, VECTORS, 2)
            at = stream.tell()
            size = at + shape[0] * shape[1] * VECTORS.itemsize
            if shape[0] != count or size != os.fstat(stream.fileno()).st_size:
                raise ValueError("its size is wrong")
            stream.seek(ids_at)
            ids = np.frombuffer(stream.read(count * IDS.itemsize), dtype=IDS)
            if size == at:  # nothing cannot be mapped
                return ids, np.empty(shape, dtype=VECTORS)
            mapped = np.memmap(stream, dtype=VECTORS, mode="r", offset=at, shape=shape)
    except OSError as error:
        raise DataError(
            f"the index cannot be read ({error.strerror}); build it anew", file
        ) from None
    except (ValueError, OverflowError) as error:
        raise DataError(f"the index is damaged ({error}); build it anew", file) from None
    return ids, np.asarray(mapped)


def _shape(stream: BinaryIO, dtype: np.dtype[Any], dimensions: int) -> tuple[int, ...]:
    """Reads the header of an array, which must be of this kind."""
    # as NumPy writes it, to the letter: NumPy itself evaluates what it reads, and tries to mend it
    found = _HEADER.fullmatch(stream.read(_HEADER_BYTES))
    shape = () if found is None else tuple(int(each) for each in found[2].split(b",") if each)
    if found is None or found[1] != dtype.str.encode() or len(shape) != dimensions:
        raise ValueError("it holds something else")
    return shape
