"""A chat that is ended: the terminal is as it was before, and what was said is kept."""

from __future__ import annotations

import os
import re
import select
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
import shell
from shell import CTRL_C, CTRL_D, ENTER, OnTerminal
from tiny import REPLIES

from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.errors import Stopped
from dialog_s2s.interfaces.chat import signals as module
from dialog_s2s.interfaces.chat.signals import ended_by_signals

pytest.importorskip("termios")

# The program in a terminal that outlives it, and what it left of that.
WATCHED = """
import signal, subprocess, sys, termios
signal.signal(signal.SIGINT, lambda *_: None)
before = termios.tcgetattr(0)
program = subprocess.Popen([sys.executable, "-c", *sys.argv[1:]])
print(f"process {program.pid}.", flush=True)
code = program.wait()
print(f"ended with {code}, terminal the same: {termios.tcgetattr(0) == before}.", flush=True)
"""

PROGRAM = "import sys; from dialog_s2s.interfaces.command import main; sys.exit(main())"

CRASHING = """
import sys
from dialog_s2s.interfaces.chat import terminal

def obey(*_):
    raise ZeroDivisionError("oh no")

terminal.obey = obey
from dialog_s2s.interfaces.command import main
sys.exit(main())
"""

ENDLESS = "method=sample temperature=9 threshold=0 min_tokens=8000 max_tokens=8192"
LONG = "method=sample temperature=9 threshold=0 min_tokens=300 max_tokens=300"


class Watched(OnTerminal):
    """A chat on a terminal, of which all is kept that was written to it."""

    def __init__(self, *words: object, program: str = PROGRAM):
        self.raw = ""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(shell, "PROGRAM", (sys.executable, "-c", WATCHED, program))
            super().__init__(*words)
        self._decoder = SimpleNamespace(decode=self._kept(self._decoder.decode))  # type: ignore[assignment]
        self.wait("process ")
        self.wait(".\r\n")
        self.pid = int(re.findall(r"process (\d+)", self.raw)[0])

    def _kept(self, decode: Callable[[bytes], str]) -> Callable[[bytes], str]:
        def kept(data: bytes) -> str:
            text = decode(data)
            self.raw += text
            return text

        return kept

    def ended(self) -> int:
        """Its exit code, the terminal being as it was."""
        self.wait("ended with ")
        self.wait("terminal the same: ")
        self.wait(".\r\n")
        found = re.findall(r"ended with (-?\d+), terminal the same: (\w+)\.", self.raw)
        ((code, same),) = found
        assert same == "True"
        for mode, wanted in (("?2004", "l"), ("?25", "h")):
            assert re.findall(rf"\x1b\[{re.escape(mode)}([hl])", self.raw)[-1] == wanted
        return int(code)


def said() -> list[list[str]]:
    with Sessions.open() as sessions:
        return [[turn.text for turn in sessions.turns(each.id)] for each in sessions.listed()]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_at_the_prompt(tiny_bundle: Path, number: signal.Signals) -> None:
    with Watched("chat", tiny_bundle) as chat:
        chat.wait("you>")
        chat.type("hello" + ENTER, REPLIES["hello"])
        chat.wait("you>")
        chat.type("half a li", "half a li")
        os.kill(chat.pid, number)
        assert chat.ended() == 128 + number
    assert "Traceback" not in chat.raw
    assert said() == [["hello", REPLIES["hello"]]]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_mid_reply(tiny_bundle: Path, number: signal.Signals) -> None:
    with Watched("chat", tiny_bundle) as chat:
        chat.wait("you>")
        chat.type("hello" + ENTER, REPLIES["hello"])
        chat.wait("you>")
        chat.type(f"/set {ENDLESS}{ENTER}", "8192\r\n")
        chat.type("do go on" + ENTER, "bot> ")
        os.kill(chat.pid, number)
        assert chat.ended() == 128 + number
    assert "Traceback" not in chat.raw
    assert said() == [["hello", REPLIES["hello"]]]


@pytest.mark.slow
def test_a_fault_of_ours(tiny_bundle: Path) -> None:
    with Watched("chat", tiny_bundle, program=CRASHING) as chat:
        chat.wait("you>")
        chat.type("hello" + ENTER, REPLIES["hello"])
        chat.wait("you>")
        chat.type("/help" + ENTER, "internal error (ZeroDivisionError: oh no); please report it")
        assert chat.ended() == 70
    assert "Traceback" not in chat.raw
    assert said() == [["hello", REPLIES["hello"]]]


@pytest.mark.slow
def test_what_is_typed_during_a_reply_is_for_the_next_prompt(tiny_bundle: Path) -> None:
    with Watched("chat", tiny_bundle, "--set", "seed=1") as chat:
        chat.wait("you>")
        chat.type(f"/set {LONG}{ENTER}", "tokens=300")
        chat.wait("you>")
        chat.type("do go on" + ENTER, "bot> ")
        keys = f"/set method=greedy min_tokens=1{ENTER}bye{ENTER}"
        os.write(chat.terminal, keys.encode())
        chat.wait("you>")  # all before it is the reply, into which nothing was typed
        reply = chat.raw.rpartition("bot> ")[2].partition("you>")[0]
        assert "/set" not in reply
        chat.wait(REPLIES["bye"])
        chat.wait("you>")
        chat.type(CTRL_D, "Kept.")
        assert chat.ended() == 0
    ((first, _, second, last),) = said()
    assert (first, second, last) == ("do go on", "bye", REPLIES["bye"])


@pytest.mark.slow
def test_ctrl_c_stops_a_reply_and_twice_leaves(tiny_bundle: Path) -> None:
    with Watched("chat", tiny_bundle) as chat:
        chat.wait("you>")
        chat.type(f"/set {ENDLESS}{ENTER}", "8192\r\n")
        chat.type("do go on" + ENTER, "bot> ")
        chat.wait(" ")  # by now the question is kept
        chat.type(CTRL_C, "(stopped)")
        chat.wait("you>")
        chat.type(CTRL_C, "(Ctrl-C again to leave)")
        chat.wait("you>")
        os.write(chat.terminal, CTRL_C.encode())
        assert chat.ended() == 0
    assert said() == []


# In this process


@contextmanager
def as_before() -> Iterator[None]:
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    assert [signal.getsignal(number) for number in numbers] == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_end_what_is_done(number: signal.Signals) -> None:
    with as_before(), pytest.raises(Stopped) as caught, ended_by_signals():
        signal.raise_signal(number)
    assert caught.value.exit_code == 128 + number


def test_signals_are_as_before_afterwards() -> None:
    with as_before(), ended_by_signals():
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    with as_before(), pytest.raises(ZeroDivisionError), ended_by_signals():
        raise ZeroDivisionError


@contextmanager
def own_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, int]]:
    import pty

    ours, theirs = pty.openpty()
    monkeypatch.setattr(module.sys, "stdin", SimpleNamespace(fileno=lambda: theirs))
    try:
        with os.fdopen(os.dup(theirs), "w") as out:
            monkeypatch.setattr(module.sys, "stdout", out)
            yield ours, theirs
        monkeypatch.undo()
    finally:
        os.close(ours)
        os.close(theirs)


def written(handle: int) -> bytes:
    found = b""
    while select.select([handle], [], [], 0)[0]:
        found += os.read(handle, 4096)
    return found


@pytest.mark.parametrize("error", [None, KeyboardInterrupt(), Stopped(15), ZeroDivisionError()])
@pytest.mark.parametrize("quiet", [True, False])
def test_the_terminal_is_set_back_however_it_ends(
    monkeypatch: pytest.MonkeyPatch, quiet: bool, error: BaseException | None
) -> None:
    import termios
    import tty

    with own_terminal(monkeypatch) as (ours, theirs):
        before = termios.tcgetattr(theirs)
        raises = nullcontext() if error is None else pytest.raises(type(error))
        with raises, module.kept_terminal(quiet):
            within = termios.tcgetattr(theirs)
            tty.setraw(theirs)
            if error is not None:
                raise error
        assert termios.tcgetattr(theirs) == before
        flags = bool(within[3] & termios.ECHO), bool(within[0] & termios.ICRNL)
        assert flags == (not quiet, not quiet)
        assert within[3] & termios.ISIG  # so that Ctrl-C stops a reply
        shown = written(ours)
    assert (b"\x1b[?2004l" in shown, b"\x1b[?25h" in shown) == (quiet, quiet)


def test_without_a_terminal_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with (tmp_path / "file").open("w+") as file:
        for stdin in (file, None, SimpleNamespace()):
            monkeypatch.setattr(module.sys, "stdin", stdin)
            with module.kept_terminal(quiet=True):
                pass
    assert capsys.readouterr().out == ""
