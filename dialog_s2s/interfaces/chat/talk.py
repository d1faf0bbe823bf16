"""A chat in the terminal, apart from its prompt: the bot, the conversation, the settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from prompt_toolkit.shortcuts import confirm

from dialog_s2s.dialogue.conversation import Conversation
from dialog_s2s.dialogue.manager import Bot
from dialog_s2s.dialogue.reply import UNKNOWN, Reply
from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.errors import UsageError
from dialog_s2s.interfaces.chat.display import Display
from dialog_s2s.interfaces.chat.loading import LoadingBot
from dialog_s2s.interfaces.chat.preferences import Preferences
from dialog_s2s.interfaces.chat.theme import theme_for
from dialog_s2s.interfaces.chat.typed import Typed
from dialog_s2s.memory.rows import Row, Rows

HINT = "/teach ANSWER teaches me"


@dataclass
class Stats:
    """What was said in this chat, and how fast."""

    replies: dict[str, int] = field(default_factory=dict)
    """By source."""
    milliseconds: list[float] = field(default_factory=list)

    def count(self, reply: Reply) -> None:
        """One more reply."""
        self.replies[reply.source] = self.replies.get(reply.source, 0) + 1
        self.milliseconds.append(reply.milliseconds)


class Talk:
    """What the commands of a chat work on."""

    def __init__(
        self,
        loading: LoadingBot,
        settings: dict[str, object],
        sessions: Sessions | None = None,
        resume: str | None = None,
        display: Display | None = None,
        preferences: Preferences | None = None,
        typed: Typed | None = None,
        confirmed: Callable[[str], bool] = confirm,
    ):
        self.loading = loading
        self.settings = dict(settings)
        self.sessions = sessions
        self.display = display or Display()
        self.preferences = preferences or Preferences()
        self.typed = typed
        """What was typed, in this chat and before; None where nothing is kept."""
        self.confirmed = confirmed
        """Asks on the terminal, y or n."""
        self.draft = ""
        """What the next prompt begins with."""
        self.replaces = False
        """Whether what is sent next takes the place of the last exchange."""
        self.failed = False
        """Whether a test failed."""
        self.stats = Stats()
        self.sources: dict[tuple[str, str], str] = {}
        """Where replies came from, by question and reply."""
        self.others: dict[Path, LoadingBot] = {}
        """Bots that this one was compared with."""
        self._forgotten: dict[Path, list[list[Row]]] = {}
        self._resume = resume
        self._conversation: Conversation | None = None
        self._hinted = False

    @property
    def bot(self) -> Bot:
        """The bot, waited for."""
        return self.loading.get()

    @property
    def name(self) -> str:
        """What the bot's folder is called."""
        return self.loading.path.absolute().name

    @property
    def forgotten(self) -> list[list[Row]]:
        """What /forget removed from this bot in this chat, the latest last."""
        return self._forgotten.setdefault(self.loading.path.absolute(), [])

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
    def last(self) -> Reply | None:
        """The latest reply, without waiting for a bot that is still loading."""
        return None if self._conversation is None else self._conversation.last

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
            raise UsageError("this chat is not kept, nor are others at hand; /save keeps it")
        return self.sessions

    def replied(self) -> Reply:
        """The latest reply. Raises `UsageError` where there is none."""
        reply = self.conversation.last
        if reply is None:
            raise UsageError("there is no reply yet; ask something first")
        return reply

    def show(self, pieces: Iterable[str]) -> None:
        """Writes a reply as it comes, and its mark."""
        self.display.reply(pieces)
        reply = self.conversation.last
        self.display.mark(reply)
        if reply is None:
            return
        self.stats.count(reply)
        self.sources[reply.question, reply.text] = reply.source
        if reply.source == UNKNOWN and not self._hinted:
            self._hinted = True
            self.hint(HINT)

    def tell(self, text: str) -> None:
        """Writes lines of our own."""
        self.display.tell(text)

    def hint(self, text: str) -> None:
        """Writes a line that stands back."""
        self.display.hint(text)

    def spare(self) -> None:
        """The last exchange is left as it is, whatever is sent next."""
        self.replaces = False

    def prefer(self, preferences: Preferences) -> None:
        """Takes up what the user wants of the chat."""
        self.preferences = preferences
        chosen, display = preferences.chat, self.display
        display.marks, display.stream, display.wrap = chosen.marks, chosen.stream, chosen.wrap
        display.theme = theme_for(display.out, "none" if chosen.plain else chosen.theme)

    def switch(self, path: Path) -> None:
        """Goes on with another bot, once it is loaded; the conversation stays.

        Raises:
            BundleError: there is no sound bot; the old one stays.
        """
        loading = LoadingBot(path)
        bot = loading.get()
        bot.settings(**self.settings)
        bot.speaks = self.bot.speaks
        if self._conversation is not None:
            self.conversation = self._conversation.moved(bot)
        self.loading = loading


def place(word: str) -> Path:
    """The path that a word names; `~` is the user's home. Raises `UsageError` where there can be
    none of that name."""
    path = Path(os.path.expanduser(word))
    try:
        path.exists()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); give another path") from None
    return path


def whole(word: str) -> int | None:
    """The number that a few plain digits are; None of anything else."""
    return int(word) if word.isascii() and word.isdigit() and len(word) < 10 else None


def parse_settings(words: Iterable[str]) -> dict[str, object]:
    """`name=value` words as settings. Raises `UsageError` for any other word."""
    settings: dict[str, object] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise UsageError(f"{word!r} is not name=value, such as temperature=0.8")
        settings[name] = value
    return settings
