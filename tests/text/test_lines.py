"""The line stream: what a line is, and every file that is not a UTF-8 text."""

from __future__ import annotations

import gzip
import os
import tracemalloc
from pathlib import Path

import pytest

from dialog_s2s.errors import DataError
from dialog_s2s.text import lines


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "corpus.txt"


def texts(path: Path) -> list[str]:
    return [line.text for line in lines.stream(path)]


def refusal(path: Path) -> str:
    """The message with which the file is refused: one line that begins with its name."""
    with pytest.raises(DataError) as caught:
        texts(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message.removeprefix(str(path))


def test_lines_are_numbered_from_one_and_blank_ones_kept(file: Path) -> None:
    file.write_bytes(b"one\n\nthree")
    assert list(lines.stream(file)) == [(1, "one"), (2, ""), (3, "three")]


def test_only_line_feed_ends_a_line(file: Path) -> None:
    text = "a\x85b\u2028c\u2029d\re\x0bf\x0cg\x1ch"
    file.write_bytes(text.encode() + b"\nnext\n")
    assert texts(file) == [text, "next"]


def test_one_carriage_return_before_the_line_feed_is_dropped(file: Path) -> None:
    file.write_bytes(b"a\r\nb\r\r\nc\r")
    assert texts(file) == ["a", "b\r", "c"]


def test_byte_order_mark_is_dropped_at_the_start_alone(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n")
    assert texts(file) == ["a", "\ufeffb"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_is_refused_with_the_remedy(file: Path, encoding: str) -> None:
    file.write_bytes("hello\tyou\n".encode(encoding))
    assert refusal(file).startswith(":1: ")
    assert "save as UTF-8" in refusal(file)


@pytest.mark.parametrize(
    ("start", "remedy"), [(b"\x1f\x8b\x08", "ending .gz"), (b"PK\x03\x04", "export the sheet")]
)
def test_archives_are_named(file: Path, start: bytes, remedy: str) -> None:
    file.write_bytes(start + b"\xff" * 10)
    assert remedy in refusal(file)


def test_undecodable_byte_is_told_with_line_and_column_in_characters(file: Path) -> None:
    file.write_bytes("fine\näöü caf".encode() + b"\xe9 au lait\nfine\n")
    message = refusal(file)
    assert message.startswith(":2: byte 0xe9 at column 8 ")
    assert "save as UTF-8" in message


def test_lines_before_the_bad_one_are_read(file: Path) -> None:
    file.write_bytes(b"a\nb\n\xff\n")
    stream = lines.stream(file)
    assert [next(stream).text, next(stream).text] == ["a", "b"]


def test_nul_is_refused(file: Path) -> None:
    file.write_bytes(b"a\nb\0c\n")
    assert refusal(file).startswith(":2: the line holds a NUL")


def test_longest_line_is_read_and_a_longer_one_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 10)
    file.write_bytes(b"123456789\n123456789\n")
    assert texts(file) == ["123456789", "123456789"]
    file.write_bytes(b"ok\n1234567890\n")
    assert refusal(file).startswith(":2: the line is longer than 10 bytes")


def test_byte_order_mark_does_not_hide_a_line_too_long(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 10)
    file.write_bytes(b"\xef\xbb\xbf" + b"x" * 10 + b"\n")
    assert refusal(file).startswith(":1: the line is longer")


@pytest.mark.parametrize("name", ["long.txt", "long.txt.gz"])
def test_a_line_too_long_is_never_held(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 1000)
    path = tmp_path / name
    with gzip.open(path, "wb") if name.endswith(".gz") else path.open("wb") as out:
        for _ in range(100):
            out.write(b"x" * 100_000)
    tracemalloc.start()
    message = refusal(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert message.startswith(":1: the line is longer")
    assert peak < 1_000_000


def test_memory_does_not_grow_with_the_file(file: Path) -> None:
    with file.open("wb") as out:
        out.writelines(b"%d,answer\n" % number for number in range(50_000))
    tracemalloc.start()
    count = sum(1 for _ in lines.stream(file))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 50_000
    assert peak < 1_000_000


def test_gz_is_decompressed(tmp_path: Path) -> None:
    path = tmp_path / "corpus.csv.GZ"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbfa\r\nb\n"))
    assert texts(path) == ["a", "b"]


def test_damaged_gz_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(os.urandom(5000).hex().encode() + b"\n")
    path = tmp_path / "corpus.txt.gz"
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0xFF
    for raw in (whole[:-20], whole[:200], b"plain text", bytes(damaged)):
        path.write_bytes(raw)
        assert "not a whole gzip file" in refusal(path)


@pytest.mark.parametrize("raw", [b"", b"\n\n", b" \t\r\n", b"\xef\xbb\xbf"])
def test_nothing_but_blank_is_refused(file: Path, raw: bytes) -> None:
    file.write_bytes(raw)
    assert refusal(file) == ": is empty; it must hold at least one line that is not blank"


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "none.csv")
    assert "does not exist" in refusal(tmp_path / "none.csv.gz")
    assert "is a folder" in refusal(tmp_path)


def test_file_without_permission_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    file.write_text("a\n")
    monkeypatch.setattr(Path, "open", deny)
    assert "permissions" in refusal(file)


def test_any_other_refusal_of_the_system_is_passed_on(file: Path) -> None:
    file.write_text("a\n")
    assert "cannot be read" in refusal(file / "below")
    assert "cannot be read" in refusal(file.with_name("x" * 300))


def test_name_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(DataError, match="NUL"):
        texts(Path("a\0b"))
