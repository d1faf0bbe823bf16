"""The chat as a process on a terminal: killed, and interrupted with Ctrl-C."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from shell import CTRL_C, CTRL_D, ENTER, OnTerminal
from tiny import REPLIES

from dialog_s2s.bundle import MEMORY
from dialog_s2s.dialogue.sessions import Sessions, default_path
from dialog_s2s.memory.rows import Rows

pytest.importorskip("pty")

STRANGE, ANSWER = "do you repair bicycles", "Yes, on Mondays."


def sound(file: Path) -> bool:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.slow
def test_kill_9_after_an_acknowledgement_loses_nothing(own_bundle: Path) -> None:
    with OnTerminal("chat", own_bundle, "--set", "threshold=1") as chat:
        chat.wait("you>")
        chat.type(STRANGE + ENTER, "I don't know")
        chat.type(f"/teach {ANSWER}{ENTER}", "Taught: ")
        chat.process.kill()
        chat.process.wait()
    with OnTerminal("chat", own_bundle, "--set", "threshold=1") as chat:
        chat.wait("you>")
        chat.type(STRANGE + ENTER, f"bot> {ANSWER}")
        chat.type(f"/forget {ANSWER}{ENTER}", "(y/n)")
        chat.type("y", "Forgot 1 pair")
        chat.process.kill()
        chat.process.wait()
    with Rows.open(own_bundle / MEMORY) as rows:
        assert rows.listed() == []
    with Sessions.open() as sessions:
        said = [[turn.text for turn in sessions.turns(each.id)] for each in sessions.listed()]
    assert said == [[STRANGE, ANSWER]] * 2
    assert sound(own_bundle / MEMORY)
    assert sound(default_path())
    left = [file for file in own_bundle.rglob("*") if file.is_file()]
    assert [file for file in left if b"Mondays" in file.read_bytes()] == []


@pytest.mark.slow
def test_ctrl_c_stops_a_reply_and_the_chat_goes_on(tiny_bundle: Path) -> None:
    endless = "method=sample temperature=9 threshold=0 min_tokens=8000 max_tokens=8192"
    with OnTerminal("chat", tiny_bundle) as chat:
        chat.wait("you>")
        chat.type("hello" + ENTER, REPLIES["hello"])
        chat.type(f"/set {endless}{ENTER}", "8192\r\n")
        chat.type("do go on" + ENTER, "bot> ")
        chat.type(CTRL_C, "(stopped)")
        chat.type(f"/set method=greedy min_tokens=1 threshold=0{ENTER}", "min_tokens=1 ")
        chat.type("bye" + ENTER, REPLIES["bye"])
        chat.wait("you>")
        chat.type(CTRL_D, "Kept.")
        assert chat.process.wait() == 0
    with Sessions.open() as sessions:
        (session,) = sessions.listed()
        said = [turn.text for turn in sessions.turns(session.id)]
    assert said == ["hello", REPLIES["hello"], "bye", REPLIES["bye"]]
