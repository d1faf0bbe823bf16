"""`dialog-s2s repl`: bots at a Python prompt; where the input is no terminal, a script."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from dialog_s2s.bundle import open_bundle
from dialog_s2s.config import GenerationConfig, with_settings
from dialog_s2s.dialogue.reply import Reply
from dialog_s2s.errors import DialogError, Stopped
from dialog_s2s.interfaces.chat.display import Display
from dialog_s2s.interfaces.chat.preferences import read_preferences
from dialog_s2s.interfaces.chat.signals import ended_by_signals, kept_terminal
from dialog_s2s.interfaces.chat.theme import theme_for
from dialog_s2s.interfaces.chat.typed import Typed, default_path
from dialog_s2s.interfaces.repl.bots import load_bots
from dialog_s2s.interfaces.repl.guide import Exit, Help
from dialog_s2s.interfaces.repl.interpreter import Interpreter, told
from dialog_s2s.interfaces.repl.playground import Playground
from dialog_s2s.interfaces.repl.prompt import FullPrompt, LinePrompt, Prompt
from dialog_s2s.interfaces.repl.rendering import MOST, render
from dialog_s2s.interfaces.repl.results import answer
from dialog_s2s.interfaces.repl.tables import Text
from dialog_s2s.text.turns import Role, Turn

FAILED = 1
"""Exit code where a test failed, or a script's own code."""

TYPED = "typed_python"
"""The file of what was typed, beside that of the chat."""


class Shell:
    """A playground that runs Python."""

    def __init__(self, playground: Playground, display: Display, most: int | None):
        self.playground = playground
        self.display = display
        self.namespace: dict[str, Any] = {
            **playground.at_hand(),
            "why": why,
            "Turn": Turn,
            "Role": Role,
            "help": Help(),
            "exit": Exit(),
            "quit": Exit(),
        }
        self._interpreter = Interpreter(
            self.namespace, lambda value: render(value, self.display, most)
        )

    def interact(self, prompt: Prompt, typed: Typed | None = None) -> int:
        """Runs what is typed until the user leaves; the exit code.

        Raises:
            Stopped: a signal ended it.
        """
        names = ", ".join(self.playground.bots)
        self.display.tell(f"At hand: {names}. help() teaches, Ctrl-D leaves.")
        while True:
            try:
                self._obeyed(prompt.ask())
            except KeyboardInterrupt:
                self.display.hint("exit() or Ctrl-D leaves")
            except EOFError:
                return self._code(None)
            except SystemExit as left:
                return self._code(left.code)
            if typed is not None and typed.error:
                self.display.error(typed.error)
                typed = None

    def script(self, source: str) -> int:
        """Runs a whole script, which the first error ends; the exit code.

        Raises:
            DialogError: as what it calls does.
            KeyboardInterrupt, BrokenPipeError: as they come.
        """
        try:
            self._interpreter.run(source, "<stdin>")
        except (DialogError, KeyboardInterrupt, BrokenPipeError):
            raise
        except SystemExit as left:
            return self._code(left.code)
        except BaseException as error:
            Display(sys.stderr, wrap=False).error(told(error))
            return FAILED
        return self._code(None)

    def _obeyed(self, source: str) -> None:
        """Runs one input; what goes wrong is told, and the prompt comes again."""
        try:
            self._interpreter.run(source)
        except (Stopped, SystemExit):
            raise
        except KeyboardInterrupt:
            self.display.fresh()
            self.display.tell("(stopped)")
        except DialogError as error:
            self.display.error(str(error))
        except BaseException as error:
            self.display.error(told(error))

    def _code(self, given: object) -> int:
        """What a `SystemExit` means, or the end of the input."""
        if given is None:
            return FAILED if self.playground.failed else 0
        if isinstance(given, int):
            return given & 0xFF
        Display(sys.stderr, wrap=False).tell(str(given))
        return FAILED


def why(reply: Reply) -> Text:
    """Where a reply came from, how sure the bot is, and what it looked at.

    why(talk.last)
    """
    return answer(reply).why


def repl(bundles: Sequence[str], settings: Mapping[str, object], plain: bool) -> int:
    """The playground with the bots of some bundles; its exit code.

    Raises:
        BundleError, ConfigError: no sound bundle, or a wrong setting; known before the prompt.
        DialogError: what a script does not catch.
        Stopped: ended by a signal.
    """
    with_settings(GenerationConfig(), settings)
    for bundle in bundles:
        open_bundle(bundle)
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())  # the user's own modules; last, so that they hide none of ours
    with ended_by_signals():
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            source = sys.stdin.buffer.read().decode("utf-8", "replace").removeprefix("\ufeff")
            playground = Playground(load_bots(bundles, settings))
            return Shell(playground, Display(sys.stdout, wrap=False), None).script(source)
        return _on_terminal(bundles, settings, plain)


def _on_terminal(bundles: Sequence[str], settings: Mapping[str, object], plain: bool) -> int:
    preferences = read_preferences().chat
    plain = plain or preferences.plain or os.environ.get("TERM", "dumb") == "dumb"
    theme = theme_for(sys.stdout, "none" if plain else preferences.theme)
    display = Display(sys.stdout, theme, wrap=preferences.wrap)
    shell = Shell(Playground(load_bots(bundles, settings)), display, MOST)
    typed = None
    if preferences.keep:
        typed = Typed(default_path().with_name(TYPED), preferences.typed)
        typed.cut()
    lines = LinePrompt(typed) if plain else None
    prompt = lines or FullPrompt(shell.namespace, typed, theme, preferences)
    with kept_terminal(quiet=False):
        return shell.interact(prompt, typed)
