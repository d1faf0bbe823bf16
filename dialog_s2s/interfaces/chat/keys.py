"""The keys of the prompt, beside those of Emacs or vi that prompt_toolkit brings."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from prompt_toolkit.application import get_app, run_in_terminal
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition, has_selection, is_searching
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys

from dialog_s2s.errors import DialogError
from dialog_s2s.interfaces.chat.editor import edited
from dialog_s2s.interfaces.sanitize import clean_lines

KEYS = (
    ("Enter", "send"),
    ("Alt-Enter, Ctrl-J", "a new line"),
    ("Tab", "complete a command, a setting, a conversation or a file"),
    ("Up, Down, Ctrl-R", "what was typed before, in other chats too; Ctrl-R searches it"),
    ("Right, Ctrl-E", "take the suggestion"),
    ("Ctrl-G", "write in $EDITOR"),
    ("Ctrl-C", "stop a reply; clear the line; twice on an empty line leaves"),
    ("Ctrl-D", "leave"),
    ("F1, F2", "help; settings"),
)
"""What the help tells of."""


class Pressed(NamedTuple):
    """A key that is for the chat, not for the line: what was being typed goes on afterwards."""

    key: str
    text: str


def bindings(
    help: Callable[[], None], tell: Callable[[str], None], cleared: Callable[[], None]
) -> KeyBindings:
    """All of them; `help` and `tell` write above the prompt, `cleared` is called once Ctrl-C has
    cleared the line."""
    keys = KeyBindings()
    typing = ~is_searching
    written = Condition(lambda: bool(get_app().current_buffer.text))

    @keys.add("enter", filter=typing)
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state is not None and buffer.complete_state.current_completion:
            buffer.complete_state = None  # chosen from the menu; the next Enter sends
        else:
            buffer.validate_and_handle()

    @keys.add("escape", "enter", filter=typing)
    @keys.add("c-j", filter=typing)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    @keys.add(Keys.BracketedPaste)
    def _(event: KeyPressEvent) -> None:
        text = event.data.replace("\r\n", "\n").replace("\r", "\n")
        event.current_buffer.insert_text(clean_lines(text))

    @keys.add("c-c", filter=typing & written)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.reset()
        event.app.vi_state.reset()  # as at a new prompt
        cleared()

    @keys.add("c-g", filter=typing & ~has_selection)
    async def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer

        def edit() -> str | None:
            try:
                return edited(buffer.text)
            except DialogError as error:
                tell(str(error))
                return None

        text = await run_in_terminal(edit, in_executor=True)
        if text is not None:
            buffer.document = Document(text, len(text))

    @keys.add("f1")
    def _(event: KeyPressEvent) -> None:
        run_in_terminal(help)

    @keys.add("f2", filter=typing)
    def _(event: KeyPressEvent) -> None:
        event.app.erase_when_done = True
        event.app.exit(result=Pressed("f2", event.current_buffer.text))

    return keys
