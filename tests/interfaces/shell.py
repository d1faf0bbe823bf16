"""The command line as a user calls it: in this process, in one of its own, on a terminal."""

from __future__ import annotations

import codecs
import io
import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.interfaces.chat.commands import completer
from dialog_s2s.interfaces.chat.commands import keys as helped
from dialog_s2s.interfaces.chat.display import Display
from dialog_s2s.interfaces.chat.prompt import FullPrompt
from dialog_s2s.interfaces.chat.talk import Talk
from dialog_s2s.interfaces.chat.terminal import TerminalChat
from dialog_s2s.interfaces.command import main

PROGRAM = (sys.executable, "-m", "dialog_s2s.interfaces.command")
CTRL_C, CTRL_D, ENTER = "\x03", "\x04", "\r"
TAB, CTRL_J, CTRL_R, CTRL_G = "\t", "\n", "\x12", "\x07"
ESCAPE, UP, DOWN, RIGHT, LEFT = "\x1b", "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
F1, F2, DELETE, BACKSPACE = "\x1bOP", "\x1bOQ", "\x1b[3~", "\x7f"


@dataclass
class Shell:
    """Runs commands in this process: exit code, stdout, stderr."""

    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def __call__(self, *words: object, stdin: str | bytes = b"") -> tuple[int, str, str]:
        raw = stdin.encode() if isinstance(stdin, str) else stdin
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), "utf-8"))
        self.capsys.readouterr()
        try:
            code = main([str(word) for word in words])
        except SystemExit as left:  # how the argument parser ends
            code = int(left.code or 0)
        shown = self.capsys.readouterr()
        return code, shown.out, shown.err


def process(*words: object, **options: Any) -> subprocess.Popen[str]:
    """A command in a process of its own, with pipes to and from it."""
    pipes = {name: subprocess.PIPE for name in ("stdin", "stdout", "stderr")}
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", **options.pop("env", {})}
    return subprocess.Popen(
        [*PROGRAM, *map(str, words)],
        text=True,
        encoding="utf-8",
        env=environment,
        **{**pipes, **options},
    )


def typed(
    loading: Any,
    *keys: str,
    sessions: Sessions | None = None,
    resume: str | None = None,
    settings: dict[str, object] | None = None,
    marks: bool = False,
    columns: int = 200,
    questions: Sequence[str] = (),
    **more: Any,
) -> str:
    """What a chat writes after these keys; Ctrl-D ends what they leave open. Without the marks
    behind replies, and in lines that are not broken, unless they are asked for."""
    out = io.StringIO()
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        pipe.send_text("".join(keys) + CTRL_D)
        display = Display(out, marks=marks, columns=columns)
        talk = Talk(loading, settings or {}, sessions, resume, display, **more)
        prompt = FullPrompt(talk, completer(talk), lambda: helped(talk))
        talk.confirmed = prompt.confirm
        TerminalChat(talk, prompt).run(questions)
    return out.getvalue()


class OnTerminal:
    """A command in a process of its own, on a terminal of its own."""

    def __init__(self, *words: object, term: str = "xterm"):
        import pty

        ours, theirs = pty.openpty()
        self.terminal = ours
        self.shown = ""
        self.written = b""
        """All that was written to the terminal."""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        # it would ask the terminal where its cursor is, and wait for an answer
        environment = {**os.environ, "PROMPT_TOOLKIT_NO_CPR": "1", "TERM": term}
        self.process = subprocess.Popen(
            [*PROGRAM, *map(str, words)],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment,
            start_new_session=True,
            preexec_fn=_controlling,
        )
        os.close(theirs)

    def __enter__(self) -> OnTerminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)

    def type(self, text: str, wanted: str) -> None:
        """Sends keys, then waits for a text."""
        os.write(self.terminal, text.encode())
        self.wait(wanted)

    def wait(self, wanted: str, seconds: float = 60.0) -> None:
        """Reads on until a text is shown. What comes after it is for the next call.

        After a reply, wait for the prompt before keys that are not characters: until the prompt
        is there, the terminal itself would act on them.
        """
        end = time.monotonic() + seconds
        while wanted not in self.shown:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.terminal], [], [], left)[0]:
                raise AssertionError(f"{wanted!r} was not shown, but {self.shown!r}")
            read = os.read(self.terminal, 65536)
            self.written += read
            self.shown += self._decoder.decode(read)
            self.shown = re.sub(r"\x1b\[[0-?]*[@-~]", "", self.shown)
        self.shown = self.shown.split(wanted, 1)[1]


def _controlling() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
