"""A chat in the terminal, apart from its prompt: the bot, the conversation, and what is shown."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from typing import TextIO

from prompt_toolkit.shortcuts import confirm

from dialog_s2s.dialogue.conversation import Conversation
from dialog_s2s.dialogue.manager import Bot
from dialog_s2s.dialogue.reply import UNKNOWN
from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.errors import UsageError
from dialog_s2s.interfaces.chat.loading import LoadingBot
from dialog_s2s.interfaces.sanitize import clean, clean_lines
from dialog_s2s.memory.rows import Row, Rows

HINT = "/teach ANSWER teaches me"


class Talk:
    """What the commands of a chat work on."""

    def __init__(
        self,
        loading: LoadingBot,
        settings: dict[str, object],
        sessions: Sessions | None = None,
        resume: str | None = None,
        out: TextIO = sys.stdout,
        confirmed: Callable[[str], bool] = confirm,
    ):
        self.loading = loading
        self.settings = dict(settings)
        self.sessions = sessions
        self.out = out
        self.confirmed = confirmed
        """Asks on the terminal, y or n."""
        self.forgotten: list[list[Row]] = []
        """What /forget removed in this chat, the latest last."""
        self._resume = resume
        self._conversation: Conversation | None = None
        self._hinted = False
        self._open = False

    @property
    def bot(self) -> Bot:
        """The bot, waited for."""
        return self.loading.get()

    @property
    def name(self) -> str:
        """What the bot's folder is called."""
        return self.loading.path.absolute().name

    @property
    def rows(self) -> Rows:
        """What the bot remembers. Raises `UsageError` where it has no memory."""
        if self.bot.memory is None:
            raise UsageError(f"{self.loading.path}: has no answer memory; train the bot again")
        return self.bot.memory.rows

    @property
    def conversation(self) -> Conversation:
        """The conversation with the loaded bot."""
        if self._conversation is None:
            self.conversation = self.bot.conversation(sessions=self.sessions, resume=self._resume)
        assert self._conversation is not None
        return self._conversation

    @conversation.setter
    def conversation(self, conversation: Conversation) -> None:
        self._conversation = conversation

    @property
    def session(self) -> str | None:
        """The id that the conversation is kept under, if anything was said and is kept."""
        if self._conversation is None:
            return self._resume
        return None if self._conversation.session is None else self._conversation.session.id

    @property
    def kept(self) -> Sessions:
        """The store of conversations. Raises `UsageError` where this chat keeps nothing."""
        if self.sessions is None:
            raise UsageError("this chat is not kept, nor are others at hand; leave out --no-save")
        return self.sessions

    def show(self, pieces: Iterable[str]) -> None:
        """Writes a reply as it comes."""
        self._write("bot> ")
        for text in pieces:
            self._write(clean(text))
        self._write("\n")
        reply = self.conversation.last
        if reply is not None and reply.source == UNKNOWN and not self._hinted:
            self._hinted = True
            self.hint(HINT)

    def tell(self, text: str) -> None:
        """Writes lines of our own."""
        self._write("\n" * self._open + clean_lines(text) + "\n")

    def hint(self, text: str) -> None:
        """Writes a line that stands back."""
        dim = "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
        line = clean(f"  {text}")
        self._write(f"\x1b[2m{line}\x1b[0m\n" if dim else f"{line}\n")

    def _write(self, text: str) -> None:
        self.out.write(text)
        self.out.flush()
        if text:
            self._open = not text.endswith("\n")


def parse_settings(words: Iterable[str]) -> dict[str, object]:
    """`name=value` words as settings. Raises `UsageError` for any other word."""
    settings: dict[str, object] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise UsageError(f"{word!r} is not name=value, such as temperature=0.8")
        settings[name] = value
    return settings
