"""The prompt of a chat: a line to edit, completion, history, keys and the status bar."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Protocol

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.auto_suggest import AutoSuggest, AutoSuggestFromHistory, DummyAutoSuggest
from prompt_toolkit.completion import Completer
from prompt_toolkit.document import Document
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.shortcuts import confirm

from dialog_s2s.interfaces.chat.keys import Pressed, bindings
from dialog_s2s.interfaces.chat.talk import Talk
from dialog_s2s.interfaces.chat.theme import COLOURLESS
from dialog_s2s.interfaces.chat.toolbar import fields, shown
from dialog_s2s.interfaces.sanitize import clean, clean_lines

try:
    import readline  # gives input() a line to edit
except ImportError:
    readline = None  # type: ignore[assignment]

YOU = "you> "


class Prompt(Protocol):
    """Where lines come from."""

    def ask(self, talk: Talk, default: str = "") -> str | Pressed:
        """One line, or a key that is for the chat.

        Raises:
            EOFError: Ctrl-D on an empty line.
            KeyboardInterrupt: Ctrl-C on an empty line.
        """

    def confirm(self, question: str) -> bool:
        """Whether the user says yes."""


class LinePrompt:
    """The terminal's own line, without redrawing: for screen readers and dumb terminals."""

    def __init__(self, talk: Talk):
        self._history = talk.typed
        if readline is not None and talk.typed is not None:
            for entry in reversed([*talk.typed.load_history_strings()]):
                readline.add_history(entry.replace("\n", " "))

    def ask(self, talk: Talk, default: str = "") -> str | Pressed:
        """See `Prompt`. What the line should begin with is told, as it cannot be edited."""
        talk.loading.start()
        if default:
            talk.hint(f"Not sent yet: {default}")
        line = input(YOU)
        if self._history is not None and line.strip():
            self._history.store_string(line)
        return line

    def confirm(self, question: str) -> bool:
        """See `Prompt`."""
        try:
            return input(f"{clean(question)} (y/N) ").strip().lower() in ("y", "yes")
        except EOFError:  # Ctrl-D at a question is a no, not the end of the chat
            return False


class FullPrompt:
    """A line of prompt_toolkit's."""

    def __init__(self, talk: Talk, completer: Completer, help: Callable[[], None]):
        self.talk = talk
        self._bar: list[str] = []
        self._session: PromptSession[str | Pressed] = PromptSession(
            multiline=True,
            history=talk.typed or InMemoryHistory(),
            completer=completer,
            complete_while_typing=Condition(lambda: get_app().current_buffer.text.startswith("/")),
            complete_in_thread=True,
            key_bindings=bindings(help, talk.tell, talk.spare),
            prompt_continuation=" " * len(YOU),
            search_ignore_case=True,
            reserve_space_for_menu=6,
            color_depth=ColorDepth.DEPTH_1_BIT if talk.display.theme is COLOURLESS else None,
        )
        talk.loading.done = self._session.app.invalidate

    def ask(self, talk: Talk, default: str = "") -> str | Pressed:
        """See `Prompt`."""
        chosen = talk.preferences.chat
        session = self._session
        session.app.erase_when_done = False
        session.bottom_toolbar = self._toolbar if chosen.toolbar else None
        self._bar = fields(talk)
        return session.prompt(
            [("class:you", YOU)],
            default=Document(clean_lines(default)),
            pre_run=talk.loading.start,
            style=talk.display.theme.prompt_style(),
            editing_mode=EditingMode.VI if chosen.vi else EditingMode.EMACS,
            auto_suggest=_suggesting(chosen.suggestions),
        )

    def confirm(self, question: str) -> bool:
        """See `Prompt`."""
        try:
            return confirm(clean(question))
        except EOFError:  # Ctrl-D at a question is a no, not the end of the chat
            return False

    def _toolbar(self) -> str:
        if not self._bar or self._bar[-1].endswith("..."):
            self._bar = fields(self.talk)
        return shown(self._bar, get_app().output.get_size().columns)


def _suggesting(wanted: bool) -> AutoSuggest:
    return AutoSuggestFromHistory() if wanted else DummyAutoSuggest()


def is_plain(talk: Talk) -> bool:
    """Whether the terminal, or its user, wants no redrawing."""
    return talk.preferences.chat.plain or os.environ.get("TERM", "dumb") == "dumb"
