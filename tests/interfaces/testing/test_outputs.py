"""Reports in files: whole or not at all, and refused before anything is run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dialog_s2s.errors import DiskError, UsageError
from dialog_s2s.interfaces.testing.outputs import check_places, write_whole


def test_places(tmp_path: Path) -> None:
    check_places([str(tmp_path / "a.xml"), str(tmp_path / "b.html")])
    with pytest.raises(UsageError, match="is not there; make it first"):
        check_places([str(tmp_path / "none" / "a.xml")])
    with pytest.raises(UsageError, match="is a folder"):
        check_places([str(tmp_path)])
    with pytest.raises(UsageError, match="two reports"):
        check_places([str(tmp_path / "a"), f"{tmp_path}/./a"])


def test_a_file_is_replaced_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.xml"
    write_whole(str(file), "old")
    file.chmod(0o600)
    link = tmp_path / "link"
    link.symlink_to(file)
    write_whole(str(link), "é\ud800")
    assert file.read_text() == "é?"
    assert link.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o600

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskError, match="No space left"):
        write_whole(str(file), "new")
    assert file.read_text() == "é?"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.xml", "link"]
