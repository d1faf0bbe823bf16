"""The terminal chat: a prompt on a terminal, line by line elsewhere."""

from __future__ import annotations

import difflib
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.history import InMemoryHistory

import dialog_s2s
from dialog_s2s.bundle import open_bundle
from dialog_s2s.config import GenerationConfig, with_settings
from dialog_s2s.dialogue.conversation import Conversation
from dialog_s2s.dialogue.manager import Bot
from dialog_s2s.errors import DialogError, UsageError
from dialog_s2s.interfaces.lines import converse, lines_of
from dialog_s2s.interfaces.sanitize import clean

COMMANDS = {
    "/help": "this list",
    "/reset": "forget the conversation so far",
    "/undo": "take the last exchange back",
    "/set name=value": "a setting: method=sample temperature=0.8 seed=7 beam=4 ...",
    "/exit": "leave (also Ctrl-D)",
}


class LoadingBot:
    """A bot that loads in a thread of its own, so that the prompt need not wait for it."""

    def __init__(self, path: Path):
        self.path = path
        self._bot: Bot | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._load, daemon=True)

    def start(self) -> None:
        """Begins loading; further calls do nothing."""
        if self._thread.ident is None:
            self._thread.start()

    def get(self) -> Bot:
        """The bot, waited for. Raises what loading raised."""
        self.start()
        self._thread.join()
        if self._error is not None:
            raise self._error
        assert self._bot is not None
        return self._bot

    def _load(self) -> None:
        try:
            self._bot = dialog_s2s.Bot.load(self.path)
        except BaseException as error:  # handed to whoever asks for the bot
            self._error = error


def chat(path: Path, settings: dict[str, object]) -> None:
    """Chats with the bundle at `path` until the input ends.

    Raises:
        BundleError, ConfigError: no sound bundle, or a wrong setting; known before the prompt.
    """
    with_settings(GenerationConfig(), settings)
    open_bundle(path)
    loading = LoadingBot(path)
    if sys.stdin.isatty() and sys.stdout.isatty():
        TerminalChat(loading, settings).run()
    else:
        conversation = loading.get().conversation()
        converse(lines_of(sys.stdin.buffer, "stdin"), sys.stdout, _replier(conversation, settings))


def _replier(conversation: Conversation, settings: dict[str, object]) -> Callable[[str], str]:
    return lambda question: conversation.reply(question, **settings).text


class TerminalChat:
    """The conversation on a terminal."""

    def __init__(self, loading: LoadingBot, settings: dict[str, object], out: TextIO = sys.stdout):
        self.loading = loading
        self.settings = dict(settings)
        self.out = out
        self.session: PromptSession[str] = PromptSession(history=InMemoryHistory())
        self._conversation: Conversation | None = None

    @property
    def conversation(self) -> Conversation:
        """The conversation with the loaded bot."""
        if self._conversation is None:
            self._conversation = self.loading.get().conversation()
        return self._conversation

    def run(self) -> None:
        """Until Ctrl-D, /exit, or Ctrl-C twice on an empty prompt."""
        self._tell(f"Chatting with {self.loading.path.name}. /help lists commands, Ctrl-D leaves.")
        leaving = False
        while True:
            try:
                line = self.session.prompt("you> ", pre_run=self.loading.start)
            except EOFError:
                return
            except KeyboardInterrupt:
                if leaving:
                    return
                leaving = True
                self._tell("(Ctrl-C again to leave)")
                continue
            leaving = False
            if not self.answer(clean(line).strip()):
                return

    def answer(self, line: str) -> bool:
        """Obeys a command or answers a question; False when the chat is over."""
        if line.startswith("//"):
            line = line[1:]
        elif line.startswith("/"):
            return self._command(line)
        if line:
            self._reply(line)
        return True

    def _reply(self, question: str) -> None:
        conversation = self.conversation
        self.out.write("bot> ")
        try:
            for text in conversation.stream(question, **self.settings):
                self.out.write(clean(text))
                self.out.flush()
            self.out.write("\n")
        except KeyboardInterrupt:
            self.out.write(" (stopped)\n")
        self.out.flush()

    def _command(self, line: str) -> bool:
        name, _, rest = line.partition(" ")
        known = [command.split()[0] for command in COMMANDS]
        if name == "/exit":
            return False
        if name == "/help":
            for command, meaning in COMMANDS.items():
                self._tell(f"  {command:<16} {meaning}")
        elif name == "/reset":
            self.conversation.reset()
            self._tell("Forgotten.")
        elif name == "/undo":
            question = self.conversation.undo()
            self._tell("Nothing to undo." if question is None else f"Took back: {question}")
        elif name == "/set":
            self._set(rest)
        else:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
            self._tell(f"Unknown command {name}; did you mean {close}? (// sends a slash)")
        return True

    def _set(self, rest: str) -> None:
        try:
            changed = {**self.settings, **parse_settings(rest.split())}
            self.conversation.bot.settings(**changed)
        except DialogError as error:
            self._tell(str(error))
            return
        self.settings = changed
        shown = " ".join(f"{name}={value}" for name, value in changed.items())
        self._tell(shown or "Settings as the bot was trained with; /set name=value changes one.")

    def _tell(self, text: str) -> None:
        self.out.write(clean(text) + "\n")
        self.out.flush()


def parse_settings(words: Iterable[str]) -> dict[str, object]:
    """`name=value` words as settings. Raises `UsageError` for any other word."""
    settings: dict[str, object] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise UsageError(f"{word!r} is not name=value, such as temperature=0.8")
        settings[name] = value
    return settings
