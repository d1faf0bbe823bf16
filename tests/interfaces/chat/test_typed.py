"""What was typed, across chats: one private file that other chats write to as well."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest
from chat_fakes import drawn, drive, line
from shell import CTRL_C, CTRL_D, CTRL_J, CTRL_R, ENTER, ESCAPE, F2, UP

from dialog_s2s.dialogue import sessions
from dialog_s2s.errors import DiskError
from dialog_s2s.interfaces.chat import typed as module
from dialog_s2s.interfaces.chat.typed import LONGEST, Typed, default_path

modes = pytest.mark.skipif(sys.platform == "win32", reason="no modes")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file, which is not there yet, nor is its folder."""
    return tmp_path / "home" / "typed"


def entries(file: Path, most: int = 5000) -> list[str]:
    """What a new chat finds, the oldest first."""
    return [*Typed(file, most).load_history_strings()][::-1]


def put(file: Path, raw: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(raw)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_is_beside_the_conversations() -> None:
    assert default_path() == sessions.default_path().with_name("typed")


# Written


@pytest.mark.parametrize(
    ("steps", "kept"),
    [
        (["hello" + ENTER], ["hello"]),
        (["a" + ENTER + "b" + ENTER], ["a", "b"]),
        (["a" + CTRL_J + "b" + ENTER], ["a\nb"]),
        (["a" + CTRL_J + CTRL_J + "b" + ENTER], ["a\n\nb"]),
        (["/set" + ENTER], ["/set"]),
        (["//x" + ENTER], ["//x"]),
        (["안녕 🍵" + ENTER], ["안녕 🍵"]),
        (["a", b"\xff", ENTER], ["a\ufffd"]),
        (["\x1b[200~a\x1b[31mb\x1b[201~", ENTER], ["a[31mb"]),
        (["\x11\x1bx" + ENTER], ["x"]),
        (["+x" + ENTER, "#x" + ENTER, "# y" + ENTER], ["+x", "#x", "# y"]),
        (["a" + ENTER, UP, ENTER], ["a"]),
        (["a" + ENTER, "b" + ENTER, "a" + ENTER], ["a", "b", "a"]),
    ],
)
def test_what_is_sent_is_kept(steps: list[str | bytes], kept: list[str], file: Path) -> None:
    drive(*steps, typed=Typed(file))
    assert entries(file) == kept


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [CTRL_D],
        ["half"],
        ["half", CTRL_C],
        [ENTER],
        ["  " + ENTER],
        [CTRL_J + ENTER],
        [UP, CTRL_R, "x", ESCAPE],
        ["half", F2, ESCAPE],
    ],
)
def test_nothing_is_made_before_something_is_sent(steps: list[str], file: Path) -> None:
    chat = Typed(file)
    chat.cut()
    drive(*steps, typed=chat)
    assert not file.parent.exists()


def test_a_chat_that_keeps_nothing_writes_nothing(tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert line("hello" + ENTER, "/set" + ENTER, UP, typed=None) == "/set|"
    assert sorted(tmp_path.rglob("*")) == before


def test_nor_does_one_that_keeps_no_lines(file: Path) -> None:
    assert line("hello" + ENTER, UP, typed=Typed(file, 0)) == "hello|"
    assert not file.parent.exists()


@modes
@pytest.mark.parametrize("umask", [0, 0o022, 0o077])
def test_only_the_user_may_read_it(umask: int, file: Path) -> None:
    before = os.umask(umask)
    try:
        drive("secret" + ENTER, typed=Typed(file))
    finally:
        os.umask(before)
    assert mode(file) == 0o600
    assert mode(file.parent) == 0o700


@modes
@pytest.mark.parametrize("loose", [0o644, 0o666, 0o620, 0o604, 0o777])
def test_a_mode_that_was_loosened_is_tightened(loose: int, file: Path) -> None:
    put(file, b"\n# then\n+old\n")
    file.chmod(loose)
    drive("new" + ENTER, typed=Typed(file))
    assert mode(file) == 0o600
    assert entries(file) == ["old", "new"]


@modes
def test_what_is_written_anew_is_private_too(file: Path) -> None:
    chat = Typed(file)
    for text in "abc":
        chat.append_string(text)
    file.chmod(0o644)
    chat.remove(["a"])
    assert mode(file) == 0o600


def test_chats_at_once_keep_each_others_entries(file: Path) -> None:
    one, other = Typed(file), Typed(file)
    assert [*one.load_history_strings()] == [*other.load_history_strings()] == []
    one.append_string("one")
    other.append_string("other")
    one.append_string("one\nmore")
    assert entries(file) == ["one", "other", "one\nmore"]


def test_a_file_of_prompt_toolkit_s_own_kind_is_read(file: Path) -> None:
    put(file, b"\n# 2026-01-01 10:00:00.1\n+one\n\n# 2026-01-01 10:00:01\n+two\n+lines\n")
    assert entries(file) == ["one", "two\nlines"]


# Read


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"", []),
        (b"\n\n\n", []),
        (b"no entry at all", []),
        (b"+one", ["one"]),
        (b"+one\n+two", ["one\ntwo"]),
        (b"+one\n\n+two\n", ["one", "two"]),
        (b"# x\n+one\n# y\n+two\n", ["one", "two"]),
        (b"+a\x1b[31mb\n", ["a[31mb"]),
        (b"+a\x1b]52;c;aGk=\x07b\n", ["a]52;c;aGk=b"]),
        (b"+a\xc2\x9b2Jb\n", ["a2Jb"]),
        (b"+a\xffb\n", ["a\ufffdb"]),
        (b"+\xed\xa0\x80\n", ["\ufffd\ufffd\ufffd"]),
        (b"+a\x00b\n", ["ab"]),
        (b"+a\r\n+b\r\n", ["a \nb "]),
        (b"+a\xe2\x80\xaeb\n", ["ab"]),
        (b"+a\xe2\x80\xa8b\n", ["a b"]),
        (b"\xff\xfe+x\n\x00\x01\n+one\n", ["one"]),
        (b"++one\n", ["+one"]),
        (b"+one\n half a line", ["one"]),
    ],
)
def test_a_file_that_others_wrote_is_cleaned(raw: bytes, found: list[str], file: Path) -> None:
    put(file, raw)
    assert entries(file) == found


def test_nothing_that_a_terminal_obeys_comes_to_the_prompt(file: Path) -> None:
    put(file, b"+a\x1b]0;owned\x07\x1b[2J\xc2\x9b31m\xe2\x80\xaeb\n")
    seen: list[str] = []
    drive("a", lambda app: seen.append(drawn(app)), UP, ENTER, typed=Typed(file))
    assert "a]0;owned[2J31mb" in seen[0]
    assert line(UP, typed=Typed(file)) == "a]0;owned[2J31mb|"


def test_the_newest_come_first_and_no_more_than_are_wanted(file: Path) -> None:
    chat = Typed(file)
    for number in range(10):
        chat.append_string(str(number))
    assert [*Typed(file, 3).load_history_strings()] == ["9", "8", "7"]
    assert entries(file, 0) == []
    assert line(UP * 9, typed=Typed(file, 2)) == "8|"


def test_an_entry_that_is_too_long_is_cut(file: Path) -> None:
    chat = Typed(file)
    chat.append_string("x" * (LONGEST + 5))
    assert entries(file) == ["x" * LONGEST]
    put(file, b"+" + b"y" * (LONGEST + 5) + b"\n")
    assert entries(file) == ["y" * LONGEST]


# What goes wrong


@pytest.mark.parametrize("code", [13, 28, 30])
def test_a_file_that_cannot_be_written_is_told_once_and_the_chat_goes_on(
    code: int, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(file, b"+old\n")

    def fails(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    chat = Typed(file)
    monkeypatch.setattr(module.os, "open", fails)
    driven = drive("a" + ENTER, "b" + ENTER, UP, UP, UP, "!" + ENTER, typed=chat)
    assert driven.asked == ["a", "b", "old!"]
    told = f"{file}: {os.strerror(code)}; what is typed is not kept\n"
    assert driven.shown.count(told) == driven.shown.count("not kept") == 1
    assert file.read_bytes() == b"+old\n"


def test_a_folder_in_its_place(file: Path) -> None:
    file.mkdir(parents=True)
    driven = drive("a" + ENTER, "b" + ENTER, typed=Typed(file))
    assert driven.asked == ["a", "b"]
    assert driven.shown.count("Is a directory; what is typed is not kept\n") == 1


def test_a_file_in_the_place_of_its_folder(file: Path) -> None:
    file.parent.write_text("a file")
    driven = drive("a" + ENTER, "b" + ENTER, typed=Typed(file))
    assert driven.asked == ["a", "b"]
    assert driven.shown.count("; what is typed is not kept\n") == 1


def test_a_file_that_cannot_be_read_has_no_entries(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(file, b"+old\n")

    def fails(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", fails)
        chat = Typed(file)
        chat.cut()
        assert line(UP, typed=chat) == "|"
        assert drive("hello" + ENTER, typed=chat).asked == ["hello"]
    assert entries(file) == ["old", "hello"]


# Shortened


@pytest.mark.parametrize(
    ("count", "most", "left"),
    [(6, 3, 6), (7, 3, 3), (100, 10, 10), (2, 1, 2), (3, 1, 1), (1, 0, 0), (0, 0, 0)],
)
def test_a_file_with_far_more_than_is_wanted_is_shortened(
    count: int, most: int, left: int, file: Path
) -> None:
    chat = Typed(file)
    for number in range(count):
        chat.append_string(f"entry\n{number}")
    Typed(file, most).cut()
    assert entries(file) == [f"entry\n{number}" for number in range(count)][count - left :]
    assert file.exists() == bool(count)
    if count:
        assert os.listdir(file.parent) == ["typed"]


@pytest.mark.parametrize("call", ["open", "replace", "fsync"])
def test_what_cannot_be_shortened_stays_and_is_no_reason_to_stop(
    call: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(file, b"+a\n\n+b\n\n+c\n")

    def fails(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(module.os, call, fails)
        Typed(file, 1).cut()
    assert entries(file) == ["a", "b", "c"]
    assert os.listdir(file.parent) == ["typed"]


# Removed


@pytest.mark.parametrize(
    ("texts", "left"),
    [
        (["b"], ["a", "c\nd", "//x", "/teach b"]),
        (["c d"], ["a", "b", "//x", "/teach b"]),
        (["/x"], ["a", "b", "c\nd", "/teach b"]),
        (["a", "b"], ["c\nd", "//x", "/teach b"]),
        (["zebra"], ["a", "b", "c\nd", "//x", "/teach b"]),
        ([], ["a", "b", "c\nd", "//x", "/teach b"]),
        (["B"], ["a", "b", "c\nd", "//x", "/teach b"]),
    ],
)
def test_questions_are_removed_however_they_were_typed(
    texts: list[str], left: list[str], file: Path
) -> None:
    chat = Typed(file)
    for text in ("a", "b", "c\nd", "//x", "/teach b"):
        chat.append_string(text)
    chat.remove(texts)
    assert entries(file) == left
    assert chat.get_strings() == left


def test_what_is_removed_is_not_found_again(file: Path) -> None:
    chat = Typed(file)
    drive("my secret" + ENTER, "again" + ENTER, "my secret" + ENTER, typed=chat)
    chat.remove(["my secret"])
    assert b"secret" not in file.read_bytes()
    assert line(UP, typed=chat) == "again|"
    assert line(CTRL_R, "secret", ENTER, typed=chat) == "|"


def test_an_entry_that_was_cut_is_removed_too(file: Path) -> None:
    chat, text = Typed(file), "word " * LONGEST
    chat.append_string(text)
    chat.append_string("other")
    chat.remove([text.strip()])
    assert entries(file) == ["other"]


def test_nothing_to_remove_leaves_the_file_alone(file: Path) -> None:
    Typed(file).remove(["a"])
    assert not file.parent.exists()
    put(file, b"+old")
    Typed(file).remove(["a"])
    assert file.read_bytes() == b"+old"


def test_what_cannot_be_removed_is_told_and_stays(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = Typed(file)
    chat.append_string("a")

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(module.os, "fsync", fails)
        with pytest.raises(DiskError, match=r"typed: cannot be written \(No space left"):
            chat.remove(["a"])
    assert entries(file) == chat.get_strings() == ["a"]
    assert os.listdir(file.parent) == ["typed"]
