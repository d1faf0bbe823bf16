"""Files that are replaced: whole or not at all, with nothing left beside them."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path

import pytest

from dialog_s2s.errors import DataError, DiskError
from dialog_s2s.files import replacing, write_whole

modes = pytest.mark.skipif(sys.platform == "win32", reason="no modes")
FAULTS = {
    "open": errno.EACCES,
    "fsync": errno.ENOSPC,
    "replace": errno.EROFS,
}
"""Calls of the system that may fail, and how."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    place = tmp_path / "a.txt"
    place.write_bytes(b"old")
    return place


def mode(place: Path) -> int:
    return stat.S_IMODE(place.stat().st_mode)


def test_new_and_replaced(tmp_path: Path) -> None:
    for data in (b"one", b"", b"\xff\0\r\n"):
        write_whole(tmp_path / "a", data)
        assert (tmp_path / "a").read_bytes() == data
    write_whole(str(tmp_path / ("x" * 250)), b"a name of almost any length")
    assert len(os.listdir(tmp_path)) == 2


@pytest.mark.parametrize("call", FAULTS)
def test_what_cannot_be_written_is_told_and_stays(
    call: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> int:
        raise OSError(FAULTS[call], os.strerror(FAULTS[call]))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fails)
        with pytest.raises(DiskError) as caught:
            write_whole(file, b"new")
    assert str(caught.value) == (
        f"{file}: cannot be written ({os.strerror(FAULTS[call])}); free some space, or see "
        "whether its folder may be written to"
    )
    assert caught.value.exit_code == 4
    assert file.read_bytes() == b"old"
    assert os.listdir(file.parent) == [file.name]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
def test_a_disk_that_fills_up(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", lambda path, flags, mode: real("/dev/full", os.O_WRONLY))
        with pytest.raises(DiskError, match="No space left on device"):
            write_whole(file.with_name("b"), b"x" * 100_000)
    assert os.listdir(file.parent) == [file.name]


def test_places_that_are_none(tmp_path: Path, file: Path) -> None:
    for place in (tmp_path / "none" / "a", file / "a", tmp_path / ("x" * 300), tmp_path):
        with pytest.raises(DiskError, match="cannot be written"):
            write_whole(place, b"new")
    assert os.listdir(tmp_path) == [file.name]


@modes
def test_a_device_or_a_pipe_is_not_replaced(file: Path) -> None:
    pipe = file.with_name("pipe")
    os.mkfifo(pipe)
    for place in (pipe, Path(os.devnull)):
        before = place.stat().st_mode
        with pytest.raises(DiskError, match="is a device or a pipe"):
            write_whole(place, b"new")
        assert place.stat().st_mode == before


@pytest.mark.parametrize("error", [DataError("no"), KeyboardInterrupt(), ValueError()])
def test_a_block_that_raises_changes_nothing(file: Path, error: BaseException) -> None:
    def half() -> None:
        with replacing(file) as stream:
            stream.write(b"ne")
            stream.flush()
            assert Path(stream.name).read_bytes() == b"ne"
            assert file.read_bytes() == b"old"
            raise error

    with pytest.raises(type(error)):
        half()
    assert file.read_bytes() == b"old"
    assert os.listdir(file.parent) == [file.name]


@modes
def test_links_stay_links(file: Path) -> None:
    link = file.with_name("link")
    link.symlink_to(file.name)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert file.read_bytes() == b"new"
    dangling = file.with_name("dangling")
    dangling.symlink_to("there")
    write_whole(dangling, b"x")
    assert dangling.is_symlink()
    assert file.with_name("there").read_bytes() == b"x"


@modes
def test_modes(file: Path) -> None:
    before = os.umask(0o027)
    try:
        for wanted in (0o600, 0o664, 0o755):
            file.chmod(wanted)
            write_whole(file, b"new")
            assert mode(file) == wanted
        write_whole(file, b"mine", 0o600)
        assert mode(file) == 0o600
        write_whole(file.with_name("b"), b"new")
        assert mode(file.with_name("b")) == 0o640
    finally:
        os.umask(before)


@modes
def test_nobody_else_may_read_a_private_file_while_it_is_written(file: Path) -> None:
    file.chmod(0o600)
    with replacing(file) as stream:
        assert mode(Path(stream.name)) == 0o600
