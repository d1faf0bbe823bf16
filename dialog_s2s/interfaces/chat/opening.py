"""A chat begun: on a terminal with all that belongs to it, elsewhere line by line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from dialog_s2s.bundle import open_bundle
from dialog_s2s.config import GenerationConfig, with_settings
from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.errors import DialogError, Stopped
from dialog_s2s.interfaces.chat.commands import completer, keys, obey
from dialog_s2s.interfaces.chat.display import Display
from dialog_s2s.interfaces.chat.loading import LoadingBot
from dialog_s2s.interfaces.chat.preferences import Preferences, read_preferences, with_preferences
from dialog_s2s.interfaces.chat.prompt import FullPrompt, LinePrompt, Prompt, is_plain
from dialog_s2s.interfaces.chat.signals import ended_by_signals, kept_terminal
from dialog_s2s.interfaces.chat.talk import Talk, place
from dialog_s2s.interfaces.chat.terminal import TerminalChat
from dialog_s2s.interfaces.chat.typed import Typed, default_path
from dialog_s2s.interfaces.lines import lines_of, shown
from dialog_s2s.interfaces.sanitize import clean


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks of a chat."""

    settings: Mapping[str, object]
    resume: str | None = None
    """The id of a conversation to go on with."""
    keep: bool = True
    """Whether what is said on a terminal is kept."""
    questions: Sequence[str] = ()
    """Asked before anything that is typed."""
    stay: bool = False
    """Whether the chat goes on after `questions`."""
    as_json: bool = False
    plain: bool = False
    """No colours, and nothing drawn again."""


def chat(bundle: str | None, starter: Callable[[], Path], wanted: Wanted) -> bool:
    """Chats until the input ends; whether every test that was run passed.

    Without `bundle`, with the bot that the user prefers, else with the `starter`. On a terminal
    with the user's preferences; elsewhere, or for JSON, line by line and with none of them.

    Raises:
        BundleError, ConfigError: no sound bundle, or a wrong setting; known before the prompt.
        UsageError: no such conversation, or nowhere to go on with it.
        Stopped: ended by a signal.
    """
    with_settings(GenerationConfig(), wanted.settings)
    terminal = sys.stdin.isatty() and sys.stdout.isatty() and not wanted.as_json
    with ended_by_signals():
        if not terminal or (wanted.questions and not wanted.stay):
            path = Path(bundle) if bundle else starter()
            return _line_by_line(path, wanted)
        preferences = read_preferences()
        if wanted.plain:
            preferences = with_preferences(preferences, {"plain": True})
        if not wanted.keep:
            preferences = with_preferences(preferences, {"keep": False})
        preferred = place(preferences.chat.bot) if preferences.chat.bot else None
        path = Path(bundle) if bundle else preferred or starter()
        return _on_terminal(path, wanted, preferences)


def _on_terminal(path: Path, wanted: Wanted, preferences: Preferences) -> bool:
    open_bundle(path)
    settings = {**preferences.generation, **wanted.settings}
    with ExitStack() as stack:
        keep = preferences.chat.keep or wanted.resume is not None
        sessions = _store(needed=wanted.resume is not None) if keep else None
        found = None
        if sessions is not None and wanted.resume is not None:
            found = sessions.find(wanted.resume).id
        typed = Typed(default_path(), preferences.chat.typed) if preferences.chat.keep else None
        talk = Talk(LoadingBot(path), settings, sessions, found, Display(sys.stdout))
        stack.callback(_close, talk)
        talk.typed = typed
        talk.prefer(preferences)
        plain = is_plain(talk)
        prompt: Prompt
        if plain:
            prompt = LinePrompt(talk)
        else:
            prompt = FullPrompt(talk, completer(talk), lambda: keys(talk))
        talk.confirmed = prompt.confirm
        stack.enter_context(kept_terminal(quiet=not plain))
        if typed is not None:
            typed.cut()
        TerminalChat(talk, prompt).run(wanted.questions)
        return not talk.failed


def _close(talk: Talk) -> None:
    if talk.sessions is not None:
        talk.sessions.close()


def _store(needed: bool) -> Sessions | None:
    try:
        return Sessions.open()
    except DialogError as error:
        if needed or isinstance(error, Stopped):
            raise
        sys.stderr.write(clean(f"dialog-s2s: this chat is not kept: {error}") + "\n")
        return None


def _line_by_line(path: Path, wanted: Wanted) -> bool:
    """One line out for each line in: a reply, or an empty line for an empty one (in JSON, none).

    Lines of `wanted.questions` may be commands; what is read from the input never is.
    """
    open_bundle(path)
    with ExitStack() as stack:
        sessions = found = None
        if wanted.resume is not None:
            sessions = stack.enter_context(Sessions.open())
            found = sessions.find(wanted.resume).id
        display = Display(sys.stdout, marks=False, wrap=False)
        talk = Talk(LoadingBot(path), dict(wanted.settings), sessions, found, display)
        talk.confirmed = lambda _: False  # nobody is there to be asked
        for line in wanted.questions:
            line = clean(line).strip()
            if line.startswith("/") and not line.startswith("//"):
                try:
                    obey(talk, line)
                except EOFError:  # /exit
                    return not talk.failed
            else:
                _answered(talk, line.removeprefix("/"), wanted.as_json)
        if not wanted.questions or wanted.stay:
            for line, _ in lines_of(sys.stdin.buffer, "stdin"):
                _answered(talk, line, wanted.as_json)
        return not talk.failed


def _answered(talk: Talk, line: str, as_json: bool) -> None:
    if line:
        reply = talk.conversation.reply(line, **talk.settings)
        talk.sources[reply.question, reply.text] = reply.source
        talk.display.out.write(shown(reply, as_json) + "\n")
    elif not as_json:
        talk.display.out.write("\n")
    talk.display.out.flush()
