"""The file of an index: what was written or an error, whatever happened to it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from dialog_s2s.errors import DataError, DiskError
from dialog_s2s.memory.postings_file import ALIGNMENT, read, write

ARRAYS = {
    "ids": np.array([3, 1, 1 << 40]),
    "none": np.empty(0, dtype=np.float32),
    "terms": np.array([7], dtype=np.uint32),
    "scale": np.arange(100, dtype=np.float32) / 7,
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write(tmp_path / "x.index", ARRAYS)
    return tmp_path / "x.index"


def test_read_is_what_was_written(file: Path) -> None:
    found = read(file)
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        assert found[name].tolist() == array.tolist()
        assert not found[name].flags.writeable
        assert found[name].ctypes.data % ALIGNMENT == 0 or not len(array)
    assert os.listdir(file.parent) == [file.name]


def test_every_changed_byte_is_noticed(file: Path) -> None:
    data = file.read_bytes()
    for at in range(len(data)):
        file.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(DataError, match="the index is damaged") as caught:
            read(file)
        assert str(caught.value).startswith(f"{file}: ")


def test_every_cut_is_noticed(file: Path) -> None:
    data = file.read_bytes()
    for length in range(len(data)):
        file.write_bytes(data[:length])
        with pytest.raises(DataError, match="build it anew"):
            read(file)
    file.write_bytes(data + b"x")
    with pytest.raises(DataError, match="checksum"):
        read(file)


def test_what_is_not_there_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot be read \(No such file"):
        read(tmp_path / "none")
    with pytest.raises(DataError, match="build it anew"):
        read(tmp_path)


def test_a_map_outlives_its_replacement(file: Path) -> None:
    before = read(file)
    write(file, {"ids": np.array([9])})
    assert before["ids"].tolist() == ARRAYS["ids"].tolist()
    assert read(file)["ids"].tolist() == [9]


def test_a_full_disk_leaves_what_was_there(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskError, match=r"cannot be written \(No space left") as caught:
        write(file, {"ids": np.array([9])})
    assert caught.value.exit_code == 4
    assert os.listdir(file.parent) == [file.name]
    assert read(file)["ids"].tolist() == ARRAYS["ids"].tolist()
