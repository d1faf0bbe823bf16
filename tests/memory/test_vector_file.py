"""The file of vectors: it comes back as it was, damage is told of, and a failure leaves the old."""

from __future__ import annotations

import errno
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dialog_s2s.errors import DataError, DiskError
from dialog_s2s.memory.vector_file import read, write

IDS = np.array([2, 3, 9], dtype=np.int64)
ROWS = np.arange(12, dtype=np.float32).reshape(3, 4)


def same(file: Path, ids: NDArray[np.int64], rows: NDArray[np.float32]) -> bool:
    read_ids, read_rows = read(file)
    return np.array_equal(read_ids, ids) and np.array_equal(read_rows, rows)


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    write(tmp_path / "a", IDS, [ROWS[:2], ROWS[2:]], 4)
    assert same(tmp_path / "a", IDS, ROWS)
    assert isinstance(read(tmp_path / "a")[1].base, np.memmap)
    write(tmp_path / "a", IDS[:0], [], 4)
    assert same(tmp_path / "a", IDS[:0], ROWS[:0])
    assert os.listdir(tmp_path) == ["a"]


def test_it_is_plain_npy_twice(tmp_path: Path) -> None:
    write(tmp_path / "a", IDS, [ROWS], 4)
    with (tmp_path / "a").open("rb") as stream:
        assert np.array_equal(np.load(stream, allow_pickle=False), IDS)
        assert np.array_equal(np.load(stream, allow_pickle=False), ROWS)
        assert stream.read() == b""


def test_every_damage_to_the_form_is_told_of(tmp_path: Path) -> None:
    file = tmp_path / "a"
    write(file, IDS, [ROWS], 4)
    whole = file.read_bytes()
    wrong = [whole[:end] for end in range(len(whole))] + [whole + b"\0"]
    headers = [*range(128), *range(128 + IDS.nbytes, 256 + IDS.nbytes)]
    wrong += [
        whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :]
        for at in headers
        for flip in (1, 128)
    ]
    told = []
    for data in wrong:
        file.write_bytes(data)
        try:
            assert same(file, IDS, ROWS)  # a blank made another blank, say
        except DataError as error:
            told.append(str(error))
    assert len(told) > len(whole) + 400
    assert all(each.startswith(f"{file}: the index is damaged (") for each in told)
    assert all(each.endswith("); build it anew") for each in told)


@pytest.mark.parametrize("kind", ["objects", "pickle", "archive", "doubles"])
def test_nothing_else_is_read(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "a.npz"
    if kind == "objects":
        with file.open("wb") as stream:
            np.save(stream, np.array([{}, 1], dtype=object), allow_pickle=True)
    elif kind == "pickle":
        file.write_bytes(pickle.dumps(IDS))
    elif kind == "archive":
        np.savez(file, IDS, ROWS)
    else:
        with file.open("wb") as stream:
            np.save(stream, IDS)
            np.save(stream, ROWS.astype(np.float64))
    with pytest.raises(DataError, match="damaged"):
        read(file)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot be read .*build it anew"):
        read(tmp_path / "none")


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_a_failure_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    write(tmp_path / "a", IDS, [ROWS], 4)

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, fails, fail)
    with pytest.raises(DiskError, match="No space left") as caught:
        write(tmp_path / "a", IDS[:1], [ROWS[:1]], 4)
    assert str(caught.value).startswith(f"{tmp_path / 'a'}: cannot be written")
    assert os.listdir(tmp_path) == ["a"]
    assert same(tmp_path / "a", IDS, ROWS)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "no" / "a", tmp_path / "file" / "a"):
        with pytest.raises(DiskError) as caught:
            write(place, IDS, [ROWS], 4)
        assert str(caught.value).startswith(f"{place}: ")
