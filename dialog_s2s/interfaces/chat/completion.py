"""Completion at the prompt: commands, and what may follow them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document

from dialog_s2s.errors import DialogError
from dialog_s2s.interfaces.sanitize import clean


class Choice(NamedTuple):
    """What may come next, and what it means."""

    text: str
    meaning: str = ""


Choices = Callable[[list[str]], Iterable[Choice]]
"""What may follow the words so far, the last of which is begun, or empty."""


class CommandCompleter(Completer):
    """Completes lines that begin with one slash; others are for the bot."""

    def __init__(
        self,
        commands: Callable[[], Iterable[Choice]],
        arguments: Mapping[str, Choices],
        files: Iterable[str] = (),
    ):
        self._commands = commands
        self._arguments = arguments
        self._files = frozenset(files)
        """Commands whose last word is a file's name."""
        self._paths = PathCompleter(expanduser=True)

    def get_completions(self, document: Document, event: CompleteEvent) -> Iterable[Completion]:
        """See `Completer`."""
        line = document.text_before_cursor
        if not line.startswith("/") or line.startswith("//") or "\n" in line:
            return
        name, blank, rest = line.partition(" ")
        if not blank:
            yield from _matching(name, self._commands())
            return
        words = rest.split(" ")
        if name in self._arguments:
            try:
                yield from _matching(words[-1], self._arguments[name](words))
            except DialogError:
                return  # a list that cannot be had is no reason to disturb the typing
        if name in self._files:
            last = Document(words[-1])
            for each in self._paths.get_completions(last, event):
                if clean(each.text) == each.text:
                    yield each


def _matching(begun: str, choices: Iterable[Choice]) -> Iterable[Completion]:
    """Those that begin with what was typed; then those that hold it."""
    found = [each for each in choices if clean(each.text) == each.text]
    first = [each for each in found if each.text.startswith(begun)]
    bare = begun.lstrip("/")
    inside = [each for each in found if each not in first and len(bare) > 1 and bare in each.text]
    for each in [*first, *inside]:
        yield Completion(each.text, -len(begun), display_meta=clean(each.meaning))
