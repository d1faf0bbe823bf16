"""Encoded examples on disk, memory-mapped: a corpus of any size costs no memory to train on.

A folder of three files: `tokens.bin` (pieces of source and target, end to end), `rows.bin` (one
`ROW` an example: where its pieces are and where it was read) and `meta.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.errors import DiskError
from dialog_s2s.text.turns import Origin

ROW = np.dtype(
    [("start", "<i8"), ("source", "<i4"), ("target", "<i4"), ("file", "<i4"), ("line", "<i4")]
)
"""Offset of an example's first piece, pieces of its source and target, and its origin."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """One example as pieces; `target` ends in the end piece."""

    source: list[int]
    target: list[int]
    origin: Origin | None = None


class Shard:
    """Examples by index. Raises `DiskError` where a file is missing or unreadable."""

    def __init__(self, folder: Path):
        try:
            meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
            self.files: list[str] = meta["files"]
            self.rows = _mapped(folder / "rows.bin", ROW)
            self.tokens = _mapped(folder / "tokens.bin", np.dtype(meta["dtype"]))
        except (OSError, ValueError, KeyError) as error:
            raise DiskError(f"{folder}: the prepared corpus cannot be read ({error})") from None

    def __len__(self) -> int:
        return len(self.rows)

    def source(self, index: int) -> list[int]:
        """The source pieces of an example."""
        row = self.rows[index]
        start = int(row["start"])
        pieces: list[int] = self.tokens[start : start + int(row["source"])].tolist()
        return pieces

    def target(self, index: int) -> list[int]:
        """The target pieces of an example, the end piece included."""
        row = self.rows[index]
        start = int(row["start"]) + int(row["source"])
        pieces: list[int] = self.tokens[start : start + int(row["target"])].tolist()
        return pieces

    def some(self, places: NDArray[np.int64]) -> Shard:
        """These examples alone, in this order, by their new places."""
        chosen = copy(self)
        chosen.rows = self.rows[places]
        return chosen

    def origin(self, index: int) -> Origin | None:
        """Where an example was read."""
        row = self.rows[index]
        file = int(row["file"])
        return None if file < 0 else Origin(self.files[file], int(row["line"]))


def write_shard(folder: Path, encodings: Iterable[Encoding], vocabulary: int) -> Shard:
    """Writes a stream of examples; memory does not grow with it.

    Raises:
        DiskError: the folder cannot be written; what was begun is of no use.
    """
    dtype = np.dtype("<u2") if vocabulary <= 1 << 16 else np.dtype("<u4")
    files: dict[str, int] = {}
    start = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "tokens.bin").open("wb") as tokens, (folder / "rows.bin").open("wb") as rows:
            for item in encodings:
                file, line = -1, 0
                if item.origin is not None:
                    file, line = files.setdefault(item.origin.file, len(files)), item.origin.line
                row = np.array((start, len(item.source), len(item.target), file, line), dtype=ROW)
                rows.write(row.tobytes())
                tokens.write(np.array(item.source + item.target, dtype=dtype).tobytes())
                start += len(item.source) + len(item.target)
        meta = {"dtype": dtype.str, "files": list(files)}
        (folder / "meta.json").write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")
    except OSError as error:
        raise DiskError(
            f"{folder}: {error.strerror}; free some space or set TMPDIR to a roomier disk"
        ) from None
    return Shard(folder)


def _mapped(file: Path, dtype: np.dtype[Any]) -> NDArray[Any]:
    if file.stat().st_size == 0:  # an empty file cannot be mapped
        return np.zeros(0, dtype=dtype)
    # a plain view of the map: the memmap class itself costs microseconds at every index
    return np.asarray(np.memmap(file, dtype=dtype, mode="r"))
