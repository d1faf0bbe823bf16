"""Conversations written to files: the format, the place, and what is in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialog_s2s.errors import DiskError, UsageError
from dialog_s2s.interfaces.exports import chosen, write_new


@pytest.mark.parametrize(
    ("words", "format", "file"),
    [
        ("", "text", None),
        ("json", "json", None),
        ("corpus my talk.x", "corpus", "my talk.x"),
        ("markdown a.txt", "markdown", "a.txt"),
        (" my talk.md ", "markdown", "my talk.md"),
        ("a.TXT", "text", "a.TXT"),
        ("~/a.json", "json", "~/a.json"),
        ("talk.jsonl", "corpus", "talk.jsonl"),
    ],
)
def test_the_format(words: str, format: str, file: str | None) -> None:
    assert chosen(words) == (format, file)


@pytest.mark.parametrize("words", ["jsn", "jsn a.x", "a.pdf", ".md"])
def test_no_format(words: str) -> None:
    with pytest.raises(UsageError, match="text, markdown, json, corpus"):
        chosen(words)


def test_a_file_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tmp_path / "a.txt"
    assert write_new("~/a.txt", "가\n") == file
    assert file.read_bytes() == "가\n".encode()
    with pytest.raises(UsageError, match=r"a\.txt: exists already"):
        write_new(str(file), "b")
    assert file.read_bytes() == "가\n".encode()


def test_a_file_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DiskError, match="No such file"):
        write_new(str(tmp_path / "none" / "a.txt"), "a")
    with pytest.raises(DiskError, match="name too long"):
        write_new(str(tmp_path / ("a" * 300)), "a")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.open

    def opened(self: Path, mode: str) -> object:
        real(self, mode).close()
        return real(Path("/dev/full"), "wb")

    monkeypatch.setattr(Path, "open", opened)
    with pytest.raises(DiskError, match="No space left"):
        write_new(str(tmp_path / "a.txt"), "a")
    assert list(tmp_path.iterdir()) == []
