"""A run's state on disk: whole or not at all, and the same to the bit when it is read."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from dialog_s2s.errors import BundleError, DiskError
from dialog_s2s.training import checkpoint as module
from dialog_s2s.training.checkpoint import (
    Checkpoint,
    from_bytes,
    leave_weights,
    read_checkpoint,
    thin,
    to_bytes,
    write_checkpoint,
)
from dialog_s2s.training.folder import DIGESTS, STATE, TENSORS, WEIGHTS, checkpoints, weights_kept

FILES = (WEIGHTS, TENSORS, STATE, DIGESTS)


def made(update: int = 7) -> Checkpoint:
    torch.manual_seed(update)
    return Checkpoint(
        update,
        {"counts": {"loss": 1 / 3, "best": math.nextafter(0.1, 1), "held_out": None}, "at": [1, 2]},
        {"a.b": torch.randn(3, 4), "c": torch.tensor(1e-42)},
        {
            "mean.c": torch.randn(5).double(),
            "step.c": torch.tensor(9.0),
            "half": torch.zeros(2).bfloat16(),
        },
    )


def same(one: Checkpoint, other: Checkpoint) -> bool:
    if (one.update, one.state) != (other.update, other.state):
        return False
    for mine, others in ((one.weights, other.weights), (one.tensors, other.tensors)):
        if mine.keys() != others.keys():
            return False
        if not all(
            torch.equal(mine[n], others[n]) and mine[n].dtype == others[n].dtype for n in mine
        ):
            return False
    return True


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    place = write_checkpoint(tmp_path / "checkpoints", made())
    assert place == tmp_path / "checkpoints" / "000000007"
    assert sorted(os.listdir(place)) == sorted(FILES)
    assert os.listdir(place.parent) == [place.name]
    assert same(read_checkpoint(place), made())
    assert same(from_bytes(to_bytes(made())), made())
    assert not same(read_checkpoint(place), made(8))


def test_it_takes_the_place_of_one_of_the_same_update(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, made())
    other = Checkpoint(7, {"at": [3]}, made(8).weights, made(8).tensors)
    assert same(read_checkpoint(write_checkpoint(tmp_path, other)), other)
    assert os.listdir(tmp_path) == ["000000007"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["missing", "cut", "changed", "empty", "a folder"])
def test_a_damaged_one_is_named(tmp_path: Path, name: str, damage: str) -> None:
    place = write_checkpoint(tmp_path, made())
    file = place / name
    data = bytearray(file.read_bytes())
    file.unlink()
    if damage == "cut":
        file.write_bytes(data[:-9])
    elif damage == "changed":
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
    elif damage == "empty":
        file.touch()
    elif damage == "a folder":
        file.mkdir()
    with pytest.raises(BundleError) as told:
        read_checkpoint(place)
    assert str(told.value).startswith(f"{place}: the checkpoint cannot be read (")
    assert str(told.value).endswith("remove it to go on from the one before")
    assert "\n" not in str(told.value)


def test_none_at_all(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="No such file"):
        read_checkpoint(tmp_path / "000000001")


@pytest.mark.parametrize("step", ["mkdir", "open", "fsync", "rename"])
def test_a_full_disk_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    folder = tmp_path / "checkpoints"

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    def failed(how: str) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(*((os, step) if step == "fsync" else (Path, step)), full)
            with pytest.raises(DiskError) as told:
                write_checkpoint(folder, made(9))
        assert str(told.value) == (
            f"{folder / '000000009'}: the checkpoint cannot be written (No space left on device); "
            f"free some space, then {how}"
        )
        assert told.value.exit_code == 4

    failed("train again")
    place = write_checkpoint(folder, made())
    failed("go on with --resume")
    assert os.listdir(folder) == [place.name]
    assert same(read_checkpoint(place), made())


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="other signals")
def test_a_kill_leaves_whole_ones_alone(tmp_path: Path) -> None:
    program = """
import sys, torch
from pathlib import Path
from dialog_s2s.training.checkpoint import Checkpoint, thin, write_checkpoint
folder = Path(sys.argv[1])
weights = {"a": torch.zeros(300_000)}
print("ready", flush=True)
for update in range(1, 10_000):
    write_checkpoint(folder, Checkpoint(update, {}, weights, weights))
    thin(folder, 2)
"""
    words = [sys.executable, "-c", program, str(tmp_path)]
    writing = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert writing.stdout is not None
    assert writing.stdout.readline() == "ready\n"
    while len(checkpoints(tmp_path)) < 2:
        assert writing.poll() is None
    writing.send_signal(signal.SIGKILL)
    writing.communicate()
    found = checkpoints(tmp_path)
    assert len(found) >= 2
    for each in found:
        read_checkpoint(each)
    thin(tmp_path, 2)
    assert sorted(os.listdir(tmp_path)) == [each.name for each in found[-2:]]


def test_old_ones_are_removed(tmp_path: Path) -> None:
    for update in (2, 4, 6, 8, 10):
        write_checkpoint(tmp_path, made(update))
    (tmp_path / ".000000012.1a2b3c4d.new").mkdir()
    (tmp_path / "mine").mkdir()

    def left() -> list[int]:
        return [int(each.name) for each in checkpoints(tmp_path)]

    assert left() == [2, 4, 6, 8, 10]
    thin(tmp_path, 3, [2])
    assert left() == [2, 6, 8, 10]
    assert sorted(os.listdir(tmp_path))[-1] == "mine"
    assert not any(name.endswith(".new") for name in os.listdir(tmp_path))
    thin(tmp_path, 1)
    assert left() == [10]


def test_what_is_torn_is_no_checkpoint(tmp_path: Path) -> None:
    place = write_checkpoint(tmp_path, made(3))
    shutil.copytree(place, tmp_path / ".000000004.1a2b3c4d.new")
    shutil.copytree(place, tmp_path / "5")
    shutil.copytree(place, tmp_path / "000000006")
    (tmp_path / "000000006" / STATE).unlink()
    assert checkpoints(tmp_path) == [place]
    assert checkpoints(tmp_path / "none") == []


def test_weights_alone_are_left(tmp_path: Path) -> None:
    place = write_checkpoint(tmp_path, made())
    leave_weights(tmp_path)
    assert sorted(os.listdir(place)) == sorted([WEIGHTS, DIGESTS])
    assert checkpoints(tmp_path) == []
    assert weights_kept(tmp_path) == [place]
    with pytest.raises(BundleError):
        read_checkpoint(place)


def test_nothing_in_it_is_a_pickle(tmp_path: Path) -> None:
    place = write_checkpoint(tmp_path, made())
    digests = json.loads((place / DIGESTS).read_text())
    assert digests.keys() == {WEIGHTS, TENSORS, STATE}
    for name in (WEIGHTS, TENSORS):
        data = (place / name).read_bytes()
        length = int.from_bytes(data[:8], "little")
        assert json.loads(data[8 : 8 + length])
    assert not hasattr(module, "pickle")
