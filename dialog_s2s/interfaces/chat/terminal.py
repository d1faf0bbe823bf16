"""The terminal chat: questions and commands from a prompt, replies as they come."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from contextlib import closing

from dialog_s2s.errors import DialogError, Stopped
from dialog_s2s.interfaces.chat.commands import obey
from dialog_s2s.interfaces.chat.commands_settings import choose
from dialog_s2s.interfaces.chat.commands_talk import resumed
from dialog_s2s.interfaces.chat.keys import Pressed
from dialog_s2s.interfaces.chat.prompt import YOU, Prompt
from dialog_s2s.interfaces.chat.talk import Talk
from dialog_s2s.interfaces.sanitize import clean


class TerminalChat:
    """Lines from a prompt, until the user leaves."""

    def __init__(self, talk: Talk, prompt: Prompt):
        self.talk = talk
        self.prompt = prompt

    def run(self, questions: Iterable[str] = ()) -> None:
        """First `questions`, then what is typed: until Ctrl-D, /exit, or Ctrl-C twice on an empty
        line.

        Raises:
            BundleError: there is no bot to answer.
            Stopped: a signal ended it.
        """
        talk = self.talk
        talk.tell(f"Chatting with {talk.name}. /help lists commands, F1 the keys, Ctrl-D leaves.")
        if talk.session is not None:
            resumed(talk)
        try:
            self._given(questions)
            self._typed()
        except EOFError:
            pass
        self._leave()

    def answer(self, line: str) -> None:
        """Obeys a command or answers a question; what goes wrong is told, and the chat goes on.

        Raises:
            BundleError: there is no bot to answer.
            EOFError: the chat is over.
            Stopped: a signal ended it.
        """
        talk = self.talk
        replaces, talk.replaces = talk.replaces, False
        try:
            if line.startswith("/") and not line.startswith("//"):
                obey(talk, line)
            elif line:
                if replaces:
                    talk.conversation.undo()
                question = line.removeprefix("/")
                with closing(talk.conversation.stream(question, **talk.settings)) as pieces:
                    talk.show(pieces)
        except KeyboardInterrupt:
            talk.tell("(stopped)")
            talk.draft = line if replaces else talk.draft
        except Stopped:
            raise
        except DialogError as error:
            if error is talk.loading.error:
                raise
            talk.display.error(str(error))

    def _given(self, questions: Iterable[str]) -> None:
        for question in questions:
            self.talk.display.line([("you", YOU), ("", question)])
            self.answer(clean(question).strip())

    def _typed(self) -> None:
        talk, leaving = self.talk, False
        while True:
            draft, talk.draft = talk.draft, ""
            try:
                entered = self.prompt.ask(talk, draft)
                leaving = False
                if isinstance(entered, Pressed):
                    talk.draft = entered.text
                    self._menu()
                else:
                    self.answer(clean(entered).strip())
                    self._warn()
            except KeyboardInterrupt:
                talk.spare()
                if leaving:
                    return
                leaving = True
                talk.tell("(Ctrl-C again to leave)")

    def _menu(self) -> None:
        try:
            choose(self.talk)
        except Stopped:
            raise
        except DialogError as error:
            if error is self.talk.loading.error:
                raise
            self.talk.display.error(str(error))

    def _warn(self) -> None:
        """Tells, once, that what is typed cannot be kept."""
        typed = self.talk.typed
        if typed is not None and typed.error:
            self.talk.display.error(typed.error)
            self.talk.typed = None

    def _leave(self) -> None:
        """Says how to come back; a conversation without a word is not worth keeping."""
        talk, session = self.talk, self.talk.session
        if session is None:
            return
        if talk.kept.find(session).turns:
            words = ["dialog-s2s", "chat", str(talk.loading.path), "--resume", session]
            # not broken at words, so that it can be copied
            talk.display.line([("", f"Kept. To go on: {shlex.join(words)}")])
        else:
            talk.kept.delete([session])
