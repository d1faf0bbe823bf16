"""A bundle that cannot be written: nothing is left behind, and what was there stays."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dialog_s2s import bundle
from dialog_s2s.bundle import REQUIRED, check_place, open_bundle, write_bundle
from dialog_s2s.errors import DiskError

FILES = {name: name.encode() * 20 for name in REQUIRED}
OTHER = {name: data[::-1] for name, data in FILES.items()}


def left(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@pytest.fixture(params=[False, True], ids=["new", "replacing"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A place with nothing at it, or with a bundle to replace."""
    if request.param:
        write_bundle(tmp_path / "x", FILES)
    return tmp_path / "x"


def refuses(place: Path, reason: str) -> None:
    """Writing must fail for this reason, and leave all as it was."""
    before = left(place.parent)
    with pytest.raises(DiskError, match=reason) as caught:
        write_bundle(place, OTHER, replace=True)
    assert caught.value.exit_code == 4
    assert str(caught.value).startswith(f"{place}: cannot be written")
    assert left(place.parent) == before
    if before:
        assert open_bundle(place).read(REQUIRED[0]) == FILES[REQUIRED[0]]


@pytest.mark.parametrize("after", range(len(FILES) + 2))
def test_a_full_disk_at_any_file(place: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    synced = 0
    real = os.fsync

    def fsync(handle: int) -> None:
        nonlocal synced
        synced += 1
        if synced > after:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    refuses(place, "No space left")
    assert synced == after + 1


def test_a_failure_between_the_two_renames(tmp_path: Path, monkeypatch) -> None:
    place = tmp_path / "x"
    write_bundle(place, FILES)
    real = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if self.name.endswith(".new"):
            assert not place.exists()
            raise OSError(errno.EIO, "broken")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    refuses(place, "broken")


def test_an_interruption_between_the_two_renames(tmp_path: Path, monkeypatch) -> None:
    place = tmp_path / "x"
    write_bundle(place, FILES)
    real = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if self.name.endswith(".new"):
            raise KeyboardInterrupt
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(KeyboardInterrupt):
        write_bundle(place, OTHER, replace=True)
    assert left(tmp_path) == ["x"]
    assert open_bundle(place).read(REQUIRED[0]) == FILES[REQUIRED[0]]


LIMITED = """
import resource, sys
from dialog_s2s.bundle import REQUIRED, write_bundle
from dialog_s2s.errors import DiskError
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    write_bundle(sys.argv[1], {name: b"x" * 5000 for name in REQUIRED})
except DiskError as error:
    sys.exit(error.exit_code)
"""


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    pytest.importorskip("resource")
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "x")], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (4, b"")
    assert left(tmp_path) == []


def test_a_file_where_the_folder_above_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for place in (tmp_path / "file" / "x", tmp_path / "file" / "y" / "x"):
        with pytest.raises(DiskError, match="file is not a folder"):
            write_bundle(place, FILES)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_that_may_not_be_written(tmp_path: Path, monkeypatch) -> None:
    asked = []

    def access(path: Path, mode: int) -> bool:
        asked.append((path, mode))
        return False

    monkeypatch.setattr(bundle.os, "access", access)
    with pytest.raises(DiskError, match="may not be written to"):
        check_place(tmp_path / "not yet" / "x")
    assert asked == [(tmp_path, os.W_OK | os.X_OK)]
    assert left(tmp_path) == []


def test_asking_changes_nothing(tmp_path: Path) -> None:
    check_place(tmp_path / "a" / "x")
    assert left(tmp_path) == []
