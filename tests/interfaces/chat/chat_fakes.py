"""A chat without a model: a bot that says back what it is asked, and keys that come one by one."""

from __future__ import annotations

import asyncio
import functools
import io
import select
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from prompt_toolkit.application import Application, create_app_session, get_app
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.key_binding.defaults import load_key_bindings
from prompt_toolkit.output import DummyOutput

from dialog_s2s.config import GenerationConfig, with_settings
from dialog_s2s.interfaces.chat.commands import completer, keys
from dialog_s2s.interfaces.chat.display import Display
from dialog_s2s.interfaces.chat.prompt import FullPrompt
from dialog_s2s.interfaces.chat.talk import Talk
from dialog_s2s.interfaces.chat.terminal import TerminalChat

Step = str | bytes | Callable[[Any], object]
"""Keys; or what is called with the running application until it is not false."""

_BINDINGS = functools.cache(load_key_bindings)
"""The same for all applications, and slow to make."""

_PART = 8192
_PATIENCE = 20_000


class FakeConversation:
    """Says back what it is asked, and keeps what it was asked."""

    last = None
    session = None
    turns = ()
    memory = None
    speaks = None

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, object]]] = []
        self.interrupts = False
        self.fails: Exception | None = None
        self.config = SimpleNamespace(
            generation=GenerationConfig(), text=SimpleNamespace(max_source_tokens=64)
        )
        # reads the last four turns, and a piece is a word
        self.format = SimpleNamespace(
            read=lambda turns: turns[-4:], pieces=lambda turns: " ".join(turns).split()
        )

    def settings(self, **changes: object) -> GenerationConfig:
        return with_settings(self.config.generation, changes)

    def stream(self, question: str, **settings: object) -> Iterator[str]:
        self.asked.append((question, settings))
        if self.fails is not None:
            raise self.fails
        yield "You said\x1b[31m "
        if self.interrupts:
            raise KeyboardInterrupt
        yield f"{question}."

    def conversation(self, **_: object) -> FakeConversation:
        return self


class FakeLoading:
    """A bot that is there at once."""

    path = Path("some/tiny")
    error = None
    ready = False

    def __init__(self) -> None:
        self.bot = FakeConversation()
        self.starts = 0

    def start(self) -> None:
        self.starts += 1

    def get(self) -> FakeConversation:
        return self.bot


@dataclass
class Driven:
    """A chat that was driven by keys."""

    shown: str
    """What it wrote above the prompt."""
    talk: Talk
    asked: list[str]
    """The questions that reached the bot."""


class Screen(DummyOutput):
    """A terminal of so many columns and rows, which shows nothing."""

    def __init__(self, columns: int, rows: int):
        self._size = Size(rows=rows, columns=columns)

    def get_size(self) -> Size:
        return self._size


def drive(
    *steps: Step,
    loading: FakeLoading | None = None,
    settings: dict[str, object] | None = None,
    columns: int = 80,
    rows: int = 12,
    **more: Any,
) -> Driven:
    """A chat in which each step comes once the one before has been acted on, as it is with a user
    who looks at what happens. After the last it is over, whatever is open then."""
    loading, out = loading or FakeLoading(), io.StringIO()
    screen = Screen(columns, rows)
    with (
        patch("prompt_toolkit.application.application.load_key_bindings", _BINDINGS),
        create_pipe_input() as pipe,
        create_app_session(input=pipe, output=screen),
    ):
        _Hands(pipe, steps)
        talk = Talk(
            loading,  # type: ignore[arg-type]
            settings or {},
            display=Display(out, marks=False, columns=200),
            **more,
        )
        prompt = FullPrompt(talk, completer(talk), lambda: keys(talk))
        talk.confirmed = prompt.confirm
        TerminalChat(talk, prompt).run()
    return Driven(out.getvalue(), talk, [question for question, _ in loading.bot.asked])


def line(*steps: Step, **more: Any) -> str:
    """The text at the prompt after these steps, the cursor in it as a bar."""
    found: list[str] = []

    def look(app: Application[Any]) -> None:
        document = app.current_buffer.document
        found.append(f"{document.text_before_cursor}|{document.text_after_cursor}")

    drive(*steps, look, **more)
    return found[0]


def drawn(app: Application[Any]) -> str:
    """What the application shows, line by line."""
    screen = app.renderer.last_rendered_screen
    assert screen is not None
    lines = []
    for row in range(screen.height):
        cells = screen.data_buffer[row]
        lines.append("".join(cells[column].char for column in range(max(cells, default=-1) + 1)))
    return "\n".join(text.rstrip() for text in lines).rstrip()


def menu(app: Application[Any]) -> list[str] | None:
    """The completions that are offered; None as long as none are."""
    state = app.current_buffer.complete_state
    return [each.text for each in state.completions] if state else None


def offered(app: Application[Any]) -> bool:
    """Whether any completions are."""
    return bool(menu(app))


class _Hands:
    """Feeds a pipe of prompt_toolkit's, from within the loop of whichever application reads it."""

    def __init__(self, pipe: Any, steps: tuple[Step, ...]):
        self._pipe = pipe
        self._steps = list(steps)
        self._left = b""
        self._sent = False
        self._pressed = 0
        self._idle = 0
        self._waited = 0
        attach = pipe.attach

        def attached(callback: Callable[[], None]) -> Any:
            app = get_app()
            app.timeoutlen = app.ttimeoutlen = 0.02  # how long an Escape waits for what follows
            app.key_processor.after_key_press += self._count
            self._sent, self._idle = False, 0
            asyncio.get_running_loop().call_soon(self._next, app)
            return attach(callback)

        pipe.attach = attached

    def _count(self, _: object) -> None:
        self._pressed += 1

    def _next(self, app: Application[Any]) -> None:
        if app.is_done or not app.is_running:
            return  # the next application attaches the pipe anew
        try:
            self._idle = 0 if self._busy(app) else self._idle + 1
            if self._idle > 3:  # what a key began has had its turn
                self._idle = 0
                self._step(app)
            self._waited += 1
            assert self._waited < _PATIENCE, f"nothing comes of it; left: {self._steps}"
        except BaseException as error:
            app.exit(exception=error)
            return
        # at once, but not before what is drawn when the loop has nothing else to do
        wait = 0.0 if self._idle else 0.001
        asyncio.get_running_loop().call_later(wait, self._next, app)

    def _busy(self, app: Application[Any]) -> bool:
        unread = bool(select.select([self._pipe.fileno()], [], [], 0)[0])
        if self._left and not unread:
            part, self._left = self._left[:_PART], self._left[_PART:]
            self._pipe.send_bytes(part)
            return True
        if self._sent and self._pressed:
            self._sent = False
        keys = app.key_processor
        return bool(
            unread
            or self._sent
            or app.invalidated
            or app._running_in_terminal
            or keys.input_queue
            or keys.key_buffer
        )

    def _step(self, app: Application[Any]) -> None:
        if not self._steps:
            app.exit(exception=EOFError())
            return
        step = self._steps[0]
        if callable(step):
            if step(app) is False:
                return
        else:
            self._left = step.encode() if isinstance(step, str) else step
            self._sent, self._pressed = True, 0
        self._steps.pop(0)
        self._waited = 0
