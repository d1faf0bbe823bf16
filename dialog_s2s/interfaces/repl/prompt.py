"""The prompt of the playground: several lines with indentation, history, completion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Condition, has_selection, is_searching
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import ColorDepth

from dialog_s2s.interfaces.chat.preferences import ChatPreferences
from dialog_s2s.interfaces.chat.theme import COLOURLESS, Theme
from dialog_s2s.interfaces.chat.typed import Typed
from dialog_s2s.interfaces.repl.completion import PythonCompleter
from dialog_s2s.interfaces.repl.interpreter import indentation, is_complete
from dialog_s2s.interfaces.sanitize import clean_lines

try:
    import readline  # gives input() a line to edit
except ImportError:
    readline = None  # type: ignore[assignment]

FIRST = ">>> "
MORE = "... "
INDENT = 4


class Prompt(Protocol):
    """Where Python comes from."""

    def ask(self) -> str:
        """One statement, or several.

        Raises:
            EOFError: Ctrl-D on an empty line.
            KeyboardInterrupt: Ctrl-C.
        """


class LinePrompt:
    """The terminal's own lines, without redrawing: for screen readers and dumb terminals."""

    def __init__(self, typed: Typed | None):
        self._typed = typed
        if readline is not None and typed is not None:
            for entry in reversed([*typed.load_history_strings()]):
                for line in entry.split("\n"):
                    readline.add_history(line)

    def ask(self) -> str:
        """See `Prompt`."""
        text = input(FIRST)
        while not is_complete(text):
            text += "\n" + input(MORE)
        if self._typed is not None:
            self._typed.store_string(text.rstrip("\n"))
        return text


class FullPrompt:
    """Lines of prompt_toolkit's."""

    def __init__(
        self,
        namespace: Mapping[str, Any],
        typed: Typed | None,
        theme: Theme,
        preferences: ChatPreferences,
    ):
        history: History = typed or InMemoryHistory()
        self._session: PromptSession[str] = PromptSession(
            [("class:you", FIRST)],
            multiline=True,
            history=history,
            completer=PythonCompleter(namespace),
            complete_while_typing=False,
            key_bindings=bindings(),
            prompt_continuation=_continued,
            auto_suggest=AutoSuggestFromHistory() if preferences.suggestions else None,
            editing_mode=EditingMode.VI if preferences.vi else EditingMode.EMACS,
            style=theme.prompt_style(),
            color_depth=ColorDepth.DEPTH_1_BIT if theme is COLOURLESS else None,
            search_ignore_case=True,
            reserve_space_for_menu=6,
        )

    def ask(self) -> str:
        """See `Prompt`."""
        return self._session.prompt()


def _continued(width: int, line: int, wrapped: int) -> StyleAndTextTuples:
    """What stands before a line; blanks before the rest of one that is too long."""
    return [("class:hint", " " * width if wrapped else MORE)]


def bindings() -> KeyBindings:
    """The keys beside those of Emacs or vi that prompt_toolkit brings."""
    keys = KeyBindings()
    typing = ~is_searching

    @Condition
    def blank_before() -> bool:
        line = get_app().current_buffer.document.current_line_before_cursor
        return not line.strip()

    @Condition
    def indented() -> bool:
        return bool(get_app().current_buffer.document.current_line_before_cursor)

    # a line feed is Enter too: it is what a terminal sends of what was typed while a line ran
    @keys.add("enter", filter=typing)
    @keys.add("c-j", filter=typing)
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state is not None and buffer.complete_state.current_completion:
            buffer.complete_state = None  # chosen from the menu; the next Enter runs
        elif buffer.document.on_last_line and is_complete(buffer.text):
            buffer.validate_and_handle()
        else:
            _new_line(event)

    @keys.add("escape", "enter", filter=typing)
    def _(event: KeyPressEvent) -> None:
        _new_line(event)

    @keys.add("tab", filter=typing & blank_before & ~has_selection)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text(" " * INDENT)

    @keys.add("backspace", filter=typing & blank_before & indented & ~has_selection)
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        at = len(buffer.document.current_line_before_cursor)
        buffer.delete_before_cursor((at - 1) % INDENT + 1)

    @keys.add(Keys.BracketedPaste)
    def _(event: KeyPressEvent) -> None:
        text = event.data.replace("\r\n", "\n").replace("\r", "\n")
        event.current_buffer.insert_text(clean_lines(text.expandtabs(INDENT)))

    return keys


def _new_line(event: KeyPressEvent) -> None:
    buffer = event.current_buffer
    buffer.insert_text("\n" + indentation(buffer.document.text_before_cursor))
