"""A text written in the user's own editor, from the prompt with Ctrl-G."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path

import pytest
from chat_fakes import drive, line
from shell import CTRL_C, CTRL_G, CTRL_J, ENTER, ESCAPE, LEFT

from dialog_s2s.errors import DiskError, UsageError
from dialog_s2s.interfaces.chat import editor as module
from dialog_s2s.interfaces.chat.editor import EDITORS, command, edited
from dialog_s2s.interfaces.chat.preferences import ChatPreferences, Preferences

VI = Preferences(ChatPreferences(vi=True))
UNDO = "\x1f"


@pytest.fixture(autouse=True)
def rooms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the temporary files are made; no editor is named."""
    place = tmp_path / "rooms"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    return place


def script(folder: Path, body: str, name: str = "own editor") -> str:
    """An editor that runs `body`, in which `$1` is the file; its words for the environment."""
    file = folder / name
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o700)
    return f"'{file}'"


def written(octal: str) -> str:
    return f"printf '{octal}' > \"$1\""


# What is written

WRITTEN = [
    ("hello", "hello"),
    ("hello\\n", "hello"),
    ("hello\\n\\n\\n", "hello"),
    ("one\\ntwo\\n", "one\ntwo"),
    ("one\\r\\ntwo\\r\\n", "one \ntwo "),
    ("a\\tb\\n", "a b"),
    ("", ""),
    ("\\n", ""),
    ("a\\377b\\n", "a\ufffdb"),
    ("\\355\\240\\200", "\ufffd\ufffd\ufffd"),
    ("\\303", "\ufffd"),
    ("a\\033[31mb", "a[31mb"),
    ("a\\033]52;c;aGk=\\007b", "a]52;c;aGk=b"),
    ("a\\302\\2335nb", "a5nb"),
    ("a\\000b", "ab"),
    ("a\\342\\200\\256b", "ab"),
    ("\\357\\273\\277a", "a"),
    ("\\354\\225\\210\\353\\205\\225", "안녕"),
    ("\\360\\237\\215\\265", "🍵"),
    ("/exit\\n", "/exit"),
]


@pytest.mark.parametrize(("octal", "text"), WRITTEN)
def test_what_the_editor_writes_is_cleaned_and_put_at_the_prompt(
    octal: str, text: str, tmp_path: Path, rooms: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", script(tmp_path, written(octal)))
    assert line("half", CTRL_G) == f"{text}|"
    assert [*rooms.iterdir()] == []


@pytest.mark.parametrize(
    "text", ["", "hello", "one\ntwo", "안녕 🍵", "a'b\"c $HOME", "-n", "a" * 100_000]
)
def test_the_editor_gets_the_text_so_far(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy"
    monkeypatch.setenv("EDITOR", script(tmp_path, f"cp \"$1\" '{copy}'"))
    assert edited(text) == text
    assert copy.read_text(encoding="utf-8") == text + "\n"


@pytest.mark.parametrize("raw", [b"a\xffb", b"\xed\xa0\x80"])
def test_bytes_that_are_no_utf_8_reach_the_editor_marked(
    raw: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy"
    monkeypatch.setenv("EDITOR", script(tmp_path, f"cp \"$1\" '{copy}'"))
    left = line(raw, CTRL_G)
    assert "\ufffd" in left
    assert copy.read_text(encoding="utf-8") == left.replace("|", "\n")


def test_the_text_may_be_typed_on_sent_and_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", script(tmp_path, 'echo "and more" >> "$1"'))
    assert drive("one", CTRL_G, "!" + ENTER).asked == ["one and more!"]
    assert line("one", CTRL_G, UNDO) == "one|"
    assert line("one", CTRL_G, CTRL_G) == "one\nand more\nand more|"
    assert line("a" + CTRL_J + "b", CTRL_G) == "a\nb\nand more|"


def test_it_is_not_sent_by_the_editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", script(tmp_path, written("/exit\\n")))
    driven = drive("half", CTRL_G, CTRL_C, "hello" + ENTER)
    assert driven.asked == ["hello"]


@pytest.mark.parametrize("steps", [["hello", CTRL_G], ["hello", ESCAPE, CTRL_G]])
def test_vi_has_it_in_both_modes(
    steps: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", script(tmp_path, written("new")))
    assert line(*steps, preferences=VI).replace("|", "") == "new"


# What goes wrong


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("/no/such editor", "/no/such: No such file or directory; set EDITOR to an editor\n"),
        ("no-such-editor -x", "no-such-editor: No such file or directory; set EDITOR"),
        ("/", "/: Permission denied; set EDITOR to an editor\n"),
        ("'nano", '$EDITOR is "\'nano", which is no command; set it to an editor\n'),
        ('nano "', "which is no command"),
        ("nano \\", "which is no command"),
        ("   ", "$EDITOR is '   ', which is no command"),
        ("/no/\x1b[31mred", "/no/[31mred: No such file"),
    ],
)
def test_an_editor_that_cannot_be_started_is_told_and_the_text_stays(
    value: str, told: str, rooms: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", value)
    driven = drive("hello", LEFT, CTRL_G, "!" + ENTER)
    assert told in driven.shown
    assert driven.asked == ["hell!o"]
    assert [*rooms.iterdir()] == []


@pytest.mark.parametrize("body", ["exit 1", "echo lost > $1; exit 3", "kill -9 $$"])
def test_an_editor_that_fails_changes_nothing(
    body: str, tmp_path: Path, rooms: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", script(tmp_path, body))
    assert line("hello", LEFT, CTRL_G) == "hell|o"
    assert [*rooms.iterdir()] == []


def test_an_editor_that_removes_the_file_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", script(tmp_path, 'rm "$1"'))
    driven = drive("hello", CTRL_G, ENTER)
    assert "No such file or directory; free some space\n" in driven.shown
    assert driven.asked == ["hello"]


def test_an_editor_that_replaces_the_file_is_read(
    tmp_path: Path, rooms: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = 'echo new > "$1.swap"; mv "$1.swap" "$1"'
    monkeypatch.setenv("EDITOR", script(tmp_path, body))
    assert line("hello", CTRL_G) == "new|"
    assert [*rooms.iterdir()] == []


def test_no_room_for_the_text_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    driven = drive("hello", CTRL_G, ENTER)
    assert "no temporary file can be made (No such file or directory)\n" in driven.shown
    assert driven.asked == ["hello"]
    with pytest.raises(DiskError):
        edited("hello")


@pytest.mark.skipif(sys.platform == "win32", reason="no modes")
def test_only_the_user_may_read_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def call(words: list[str]) -> int:
        seen.append(stat.S_IMODE(os.stat(words[-1]).st_mode))
        return 0

    monkeypatch.setenv("EDITOR", "any")
    monkeypatch.setattr(module.subprocess, "call", call)
    before = os.umask(0)
    try:
        edited("secret")
    finally:
        os.umask(before)
    assert seen == [0o600]


# Which editor


@pytest.mark.parametrize(
    ("visual", "editor", "words"),
    [
        ("code --wait", "nano", ["code", "--wait"]),
        ("", "nano -w", ["nano", "-w"]),
        (None, "nano", ["nano"]),
        ("'/my editor/run' -x", None, ["/my editor/run", "-x"]),
        ("a\\ b", "", ["a b"]),
    ],
)
def test_visual_goes_before_editor(
    visual: str | None, editor: str | None, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("VISUAL", visual), ("EDITOR", editor)):
        if value is not None:
            monkeypatch.setenv(name, value)
    assert command() == words


@pytest.mark.parametrize("name", EDITORS)
def test_without_either_one_is_found(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path, "true", name)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert command() == [str(tmp_path / name)]


def test_the_first_that_is_found_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in reversed(EDITORS):
        script(tmp_path, "true", name)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert command() == [str(tmp_path / EDITORS[0])]


def test_where_there_is_none_it_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="no editor was found; set EDITOR to one"):
        command()
    driven = drive("hello", CTRL_G, ENTER)
    assert "no editor was found" in driven.shown
    assert driven.asked == ["hello"]
