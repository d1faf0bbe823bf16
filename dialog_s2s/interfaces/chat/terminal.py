"""The terminal chat: a prompt on a terminal, line by line elsewhere."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.history import InMemoryHistory

from dialog_s2s.bundle import open_bundle
from dialog_s2s.config import GenerationConfig, with_settings
from dialog_s2s.dialogue.conversation import Conversation
from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.errors import DialogError, UsageError
from dialog_s2s.interfaces.chat.commands import obey
from dialog_s2s.interfaces.chat.commands_talk import resumed
from dialog_s2s.interfaces.chat.loading import LoadingBot
from dialog_s2s.interfaces.chat.talk import Talk
from dialog_s2s.interfaces.lines import converse, lines_of
from dialog_s2s.interfaces.sanitize import clean


def chat(
    path: Path, settings: dict[str, object], resume: str | None = None, keep: bool = True
) -> None:
    """Chats with the bundle at `path` until the input ends.

    A chat on a terminal is kept among the user's conversations, unless `keep` is False or they
    cannot be opened; `resume` is the id of one to go on with. Lines from elsewhere are not kept.

    Raises:
        BundleError, ConfigError: no sound bundle, or a wrong setting; known before the prompt.
        UsageError: no such conversation, or nowhere to go on with it.
    """
    with_settings(GenerationConfig(), settings)
    open_bundle(path)
    loading = LoadingBot(path)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        if resume is not None:
            raise UsageError("--resume needs a terminal: what is piped in is not kept")
        conversation = loading.get().conversation()
        converse(lines_of(sys.stdin.buffer, "stdin"), sys.stdout, _replier(conversation, settings))
        return
    sessions = _store(needed=resume is not None) if keep else None
    try:
        found = None if resume is None or sessions is None else sessions.find(resume).id
        TerminalChat(Talk(loading, settings, sessions, found)).run()
    finally:
        if sessions is not None:
            sessions.close()


def _replier(conversation: Conversation, settings: dict[str, object]) -> Callable[[str], str]:
    return lambda question: conversation.reply(question, **settings).text


def _store(needed: bool) -> Sessions | None:
    try:
        return Sessions.open()
    except DialogError as error:
        if needed:
            raise
        sys.stderr.write(clean(f"dialog-s2s: this chat is not kept: {error}") + "\n")
        return None


class TerminalChat:
    """Lines from the prompt: questions and commands."""

    def __init__(self, talk: Talk):
        self.talk = talk
        self.prompt: PromptSession[str] = PromptSession(history=InMemoryHistory())

    def run(self) -> None:
        """Until Ctrl-D, /exit, or Ctrl-C twice on an empty prompt."""
        talk = self.talk
        talk.tell(f"Chatting with {talk.name}. /help lists commands, Ctrl-D leaves.")
        if talk.session is not None:
            resumed(talk)
        leaving = False
        while True:
            try:
                line = self.prompt.prompt("you> ", pre_run=talk.loading.start)
                leaving = False
                self.answer(clean(line).strip())
            except EOFError:
                break
            except KeyboardInterrupt:
                if leaving:
                    break
                leaving = True
                talk.tell("(Ctrl-C again to leave)")
        self._leave()

    def answer(self, line: str) -> None:
        """Obeys a command or answers a question; what goes wrong is told, and the chat goes on.

        Raises:
            BundleError: there is no bot to answer.
            EOFError: the chat is over.
        """
        talk = self.talk
        try:
            if line.startswith("/") and not line.startswith("//"):
                obey(talk, line)
            elif line:
                question = line.removeprefix("/")
                with closing(talk.conversation.stream(question, **talk.settings)) as pieces:
                    talk.show(pieces)
        except KeyboardInterrupt:
            talk.tell("(stopped)")
        except DialogError as error:
            if error is talk.loading.error:
                raise
            talk.tell(str(error))

    def _leave(self) -> None:
        """Says how to come back; a conversation without a word is not worth keeping."""
        talk, session = self.talk, self.talk.session
        if session is None:
            return
        if talk.kept.find(session).turns:
            words = ["dialog-s2s", "chat", str(talk.loading.path), "--resume", session]
            talk.tell(f"Kept. To go on: {shlex.join(words)}")
        else:
            talk.kept.delete([session])
