"""`sessions` as a command: listed, shown, exported, deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from shell import Shell

from dialog_s2s.dialogue.sessions import Sessions, default_path
from dialog_s2s.text.readers import read
from dialog_s2s.text.turns import Role, Turn

SECRET = "quaggaphone"


@pytest.fixture
def ids() -> Iterator[list[str]]:
    """Two conversations of the user, the older one first."""
    with Sessions.open() as sessions:
        found = [sessions.start(f"bots/{name}").id for name in ("tiny", "evil\x1b[1m")]
        for id, text in zip(found, ("hello", f"a {SECRET}\x07"), strict=True):
            sessions.add(id, Turn(Role.USER, text))
            sessions.add(id, Turn(Role.BOT, f"You said {text}."))
        yield found


def test_none_yet(shell: Shell) -> None:
    code, out, err = shell("sessions")
    assert (code, out) == (0, "")
    assert "No conversation is kept yet" in err
    assert shell("sessions", "list", "--json") == (0, "", "")


@pytest.mark.parametrize("words", [["sessions"], ["sessions", "list"]], ids=" ".join)
def test_a_table(shell: Shell, ids: list[str], words: list[str]) -> None:
    code, out, err = shell(*words)
    assert (code, err) == (0, "")
    head, first, second = out.splitlines()
    assert head.split() == ["id", "bot", "turns", "changed", "title"]
    assert first.split()[:3] == [ids[1], "evil[1m", "2"]
    assert second.split()[:3] == [ids[0], "tiny", "2"]
    assert second.endswith("  hello")
    assert first.isprintable()


@pytest.mark.parametrize(
    "words", [["list", "--json"], ["--json"], ["--json", "list"]], ids=" ".join
)
def test_json(shell: Shell, ids: list[str], words: list[str]) -> None:
    code, out, err = shell("sessions", *words)
    assert (code, err) == (0, "")
    trees = [json.loads(line) for line in out.splitlines()]
    assert [tree["id"] for tree in trees] == [ids[1], ids[0]]
    assert trees[1]["bot"] == "bots/tiny"
    assert (trees[1]["turns"], trees[1]["title"], trees[1]["parent"]) == (2, "hello", None)
    assert all(datetime.fromisoformat(tree["changed"]).tzinfo for tree in trees)


def test_show(shell: Shell, ids: list[str]) -> None:
    code, out, err = shell("sessions", "show", ids[0][-4:])
    assert (code, err) == (0, "")
    assert out.endswith("\nyou> hello\nbot> You said hello.\n")
    assert "\x1b" not in shell("sessions", "show", ids[1])[1]


def test_export(shell: Shell, ids: list[str], tmp_path: Path) -> None:
    _, out, _ = shell("sessions", "export", ids[0])
    assert out == shell("sessions", "show", ids[0])[1]
    _, out, _ = shell("sessions", "export", ids[0], "--format", "json")
    assert json.loads(out)["id"] == ids[0]
    file = tmp_path / "more.jsonl"
    words = ("sessions", "export", ids[0], "--format", "corpus", "--out", file)
    assert shell(*words) == (0, "", f"wrote {file}\n")
    (dialogue,) = read([str(file)])
    assert [turn.text for turn in dialogue.turns] == ["hello", "You said hello."]
    code, out, err = shell(*words)
    assert (code, out) == (2, "")
    assert "exists already" in err


def test_delete(shell: Shell, ids: list[str]) -> None:
    code, out, err = shell("sessions", "delete", ids[1], "none")
    assert (code, out) == (2, "")
    assert "'none'" in err
    assert SECRET in shell("sessions")[1]
    deleted = shell("sessions", "delete", ids[1][-4:], ids[1])
    assert deleted == (0, "", "Deleted 1 conversation.\n")
    assert shell("sessions")[1].count("\n") == 2
    files = list(default_path().parent.iterdir())
    assert [file for file in files if SECRET.encode() in file.read_bytes()] == []


@pytest.mark.parametrize(
    ("words", "code", "word"),
    [
        (["show", "zzzz"], 2, "no conversation 'zzzz'"),
        (["export", "zzzz"], 2, "no conversation 'zzzz'"),
        (["export", "{}", "--format", "pdf"], 2, "text, markdown, json, corpus"),
        (["export", "{}", "--out", "{}/none/x"], 4, "cannot be written"),
        (["delete"], 2, "required: ID"),
        (["dance"], 2, "invalid choice"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else None,
)
def test_what_cannot_be_done(
    shell: Shell, ids: list[str], words: list[str], code: int, word: str
) -> None:
    found, out, err = shell("sessions", *(each.format(ids[0]) for each in words))
    assert (found, out) == (code, "")
    assert word in err


def test_a_damaged_store(shell: Shell) -> None:
    default_path().parent.mkdir(parents=True)
    default_path().write_bytes(b"not a database" * 100)
    code, out, err = shell("sessions")
    assert (code, out) == (3, "")
    assert str(default_path()) in err
