"""The chat as a process: killed, interrupted, and with pipes that are closed or full."""

from __future__ import annotations

import json
import os
import random
import re
import select
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import shell
from shell import CTRL_C, CTRL_D, ENTER, OnTerminal, process
from tiny import REPLIES

from dialog_s2s.bundle import MEMORY
from dialog_s2s.dialogue.sessions import Sessions, default_path
from dialog_s2s.interfaces.chat.preferences import default_path as own_settings
from dialog_s2s.memory.rows import Rows
from dialog_s2s.text.turns import Role, Turn

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


# Killed at any moment

SLOW = "method=sample temperature=9 min_tokens=300 max_tokens=300"

# One terminal for many chats, each a copy of a program that has imported all it needs.
MANY = """
import json, os, sys, termios
from dialog_s2s.interfaces.command import main
before = termios.tcgetattr(0)
while True:
    with open(sys.argv[1]) as orders:
        words = json.load(orders)
    termios.tcflush(0, termios.TCIFLUSH)
    child = os.fork()
    if not child:
        with open(sys.argv[1] + ".process", "w") as told:
            print(os.getpid(), file=told)
        os._exit(main(words))
    os.waitpid(child, 0)
    termios.tcsetattr(0, termios.TCSANOW, before)
    print("It is over.", flush=True)
"""


class Chats(OnTerminal):
    """Chats on one terminal, one after the other."""

    def __init__(self, orders: Path):
        self.orders = orders
        os.mkfifo(orders)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(shell, "PROGRAM", (sys.executable, "-c", MANY))
            super().__init__(orders)

    def begin(self, *words: object, wanted: str = "you>") -> int:
        """Begins a chat and waits for a text; its process."""
        self.orders.write_text(json.dumps(["chat", *map(str, words)]))
        self.wait(wanted)
        return int(Path(f"{self.orders}.process").read_text())

    def more(self, count: int) -> str:
        """As much as is shown until there are so many bytes more, or the next prompt."""
        found = b""
        while len(found) < count and b"you>" not in found.partition(b"bot>")[2]:
            assert select.select([self.terminal], [], [], 60)[0]
            found += os.read(self.terminal, 1)
        return re.sub(r"\x1b\[[0-?]*[@-~]", "", found.decode("utf-8", "ignore"))


def turns(id: str) -> list[Turn]:
    with Sessions.open() as sessions:
        return sessions.turns(id)


def listed() -> set[str]:
    with Sessions.open() as sessions:
        return {each.id for each in sessions.listed()}


@pytest.mark.slow
def test_killed_at_any_moment_what_was_shown_is_kept(tiny_bundle: Path, tmp_path: Path) -> None:
    chance = random.Random(3)
    asked = sorted(REPLIES)
    shown, waiting = 0, 0
    with Chats(tmp_path / "orders") as chat:
        for _ in range(12):
            before = listed()
            pid = chat.begin(tiny_bundle, "--set", "threshold=0")
            said: list[str] = []
            for question in chance.sample(asked, chance.randrange(3)):
                chat.type(question + ENTER, f"bot> {REPLIES[question]}")
                chat.wait("you>")
                said += [question, REPLIES[question]]
            last, slow = chance.choice(asked), chance.random() < 0.6
            if slow:
                chat.type(f"/set {SLOW}{ENTER}", "max_tokens=300")
                chat.wait("you>")
            os.write(chat.terminal, (last + ENTER).encode())
            seen = chat.more(chance.randrange(600))
            os.kill(pid, signal.SIGKILL)
            chat.wait("It is over.")
            assert sound(default_path())
            fresh = listed() - before
            found = turns(*fresh) if fresh else []
            kept = [turn.text for turn in found]
            assert kept[: len(said)] == said
            # beyond it there may be what was on its way, and must be what was shown
            rest = kept[len(said) :]
            assert len(rest) <= 2
            assert rest[:1] in ([], [last])
            if f"bot> {REPLIES[last]}" in seen or "you>" in seen.partition("bot>")[2]:
                shown += 1
                assert len(rest) == 2
                assert slow or rest[-1] == REPLIES[last]
            if found and found[-1].role is Role.USER:
                waiting += 1
                words = (tiny_bundle, "--set", "threshold=0", "--resume", *fresh)
                chat.begin(*words, wanted="the last question had no reply; it is at the prompt")
                chat.wait(f"you> {last}")
                chat.type(ENTER, f"bot> {REPLIES[last]}")
                chat.wait("you>")
                chat.type(CTRL_D, "It is over.")
                assert [turn.text for turn in turns(*fresh)] == [*said, last, REPLIES[last]]
    assert shown
    assert waiting


# Pipes


def piped(*words: object, **options: Any) -> subprocess.Popen[str]:
    """With output that is not written at once, as a user has it."""
    return process("chat", *words, env={"PYTHONUNBUFFERED": ""}, **options)


@pytest.mark.slow
def test_each_line_is_answered_before_the_next_one(tiny_bundle: Path) -> None:
    chat = piped(tiny_bundle)
    assert chat.stdin is not None
    assert chat.stdout is not None
    for question in ("hello", "bye"):
        chat.stdin.write(f"{question}\n")
        chat.stdin.flush()
        assert chat.stdout.readline() == f"{REPLIES[question]}\n"
    out, err = chat.communicate()
    assert (chat.returncode, out, err) == (0, "", "")


@pytest.mark.slow
def test_nobody_reads_on(tiny_bundle: Path) -> None:
    chat = piped(tiny_bundle)
    assert chat.stdin is not None
    assert chat.stdout is not None
    assert chat.stderr is not None
    chat.stdin.write("hello\n")
    chat.stdin.flush()
    assert chat.stdout.readline() == f"{REPLIES['hello']}\n"
    chat.stdout.close()
    chat.stdin.write("hello\n" * 3)
    chat.stdin.close()
    assert chat.stderr.read() == ""
    chat.stderr.close()
    assert chat.wait() == 0


@pytest.mark.slow
@pytest.mark.parametrize("handle", [1, 2])
def test_what_was_closed_before_is_as_dev_null(tiny_bundle: Path, handle: int) -> None:
    chat = piped(tiny_bundle, "-q", "hello", preexec_fn=lambda: os.close(handle))
    out, err = chat.communicate()
    assert chat.returncode == 0
    assert (out, err) == ("" if handle == 1 else f"{REPLIES['hello']}\n", "")


@pytest.mark.slow
def test_without_stdin_nothing_is_asked(tiny_bundle: Path) -> None:
    chat = piped(tiny_bundle, stdin=None, preexec_fn=lambda: os.close(0))
    out, err = chat.communicate()
    assert (chat.returncode, out, err) == (0, "", "")


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
@pytest.mark.parametrize("words", [["-q", "hello"], ["--json", "-q", "hello"], []], ids=str)
def test_a_full_disk(tiny_bundle: Path, words: list[str]) -> None:
    with open("/dev/full", "w") as full:
        chat = piped(tiny_bundle, *words, stdout=full)
        _, err = chat.communicate("hello\n")
    assert chat.returncode == 4
    assert err == "dialog-s2s: No space left on device; free some space, then try again\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code", "told"),
    [
        (signal.SIGINT, 130, "dialog-s2s: interrupted\n"),
        (signal.SIGTERM, 143, ""),
        (signal.SIGHUP, 129, ""),
    ],
)
def test_a_signal(tiny_bundle: Path, number: signal.Signals, code: int, told: str) -> None:
    with Sessions.open() as sessions:
        id = sessions.start("bot").id
    chat = piped(tiny_bundle, "--resume", id)
    assert chat.stdin is not None
    assert chat.stdout is not None
    chat.stdin.write("hello\n")
    chat.stdin.flush()
    assert chat.stdout.readline() == f"{REPLIES['hello']}\n"
    chat.send_signal(number)
    out, err = chat.communicate()
    assert (chat.returncode, out, err) == (code, "", told)
    assert [turn.text for turn in turns(id)] == ["hello", REPLIES["hello"]]
    assert sound(default_path())


@pytest.mark.slow
def test_a_broken_file_of_settings_stops_a_chat_on_a_terminal(tiny_bundle: Path) -> None:
    place = own_settings()
    place.parent.mkdir(parents=True)
    place.write_text("chat: {them: dark, typed: -1}")
    with OnTerminal("chat", tiny_bundle) as chat:
        chat.wait(f"dialog-s2s: {place}: chat.them: unknown setting; did you mean 'theme'?\r\n")
        chat.wait(f"dialog-s2s: {place}: chat.typed: must be ")
        assert chat.process.wait() == 2
    chat = piped(tiny_bundle, "-q", "hello")
    assert chat.communicate() == (f"{REPLIES['hello']}\n", "")
    assert chat.returncode == 0
