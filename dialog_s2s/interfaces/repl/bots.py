"""Bots and conversations that can be called, as is handy at a prompt."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from dialog_s2s.dialogue.conversation import Conversation
from dialog_s2s.dialogue.manager import Bot
from dialog_s2s.errors import UsageError
from dialog_s2s.interfaces.listing import counted
from dialog_s2s.interfaces.repl.results import Answer, answer
from dialog_s2s.interfaces.sanitize import clean
from dialog_s2s.text.turns import Role, Turn

History = Sequence[Turn | str]
"""Turns; texts are by turns the user's and the bot's, the user's first."""


class CallableBot(Bot):
    """A bot that answers when it is called: `bot("When do you open?", temperature=0.9)`."""

    def __call__(self, question: str, history: History = (), **settings: object) -> Answer:
        """Raises as `Bot.reply` does."""
        return answer(self.reply(question, turns(history), **settings))

    def __repr__(self) -> str:
        known = [] if self.memory is None else [counted(len(self.memory.rows), "pair")]
        return clean(f"<{' '.join(['Bot', self.path.absolute().name, *known])}>")


class CallableConversation(Conversation):
    """A conversation that goes on when it is called: `talk("and on Sunday?")`."""

    def __call__(self, question: str, **settings: object) -> Answer:
        """Raises as `Conversation.reply` does."""
        return answer(self.reply(question, **settings))

    def __repr__(self) -> str:
        said = counted(len(self.turns), "turn")
        return clean(f"<Conversation with {self.bot.path.absolute().name}, {said}>")


def load_bots(paths: Sequence[str], settings: Mapping[str, object]) -> dict[str, CallableBot]:
    """The bots of some bundles by the names of their folders, or by their paths where two have the
    same; `settings` are from now on the bots' own.

    Raises:
        BundleError: a bundle is not there or not sound.
        UsageError: a bundle is given twice, or a setting is unknown or out of range.
    """
    names = _names(paths)
    bots = {}
    for name, path in zip(names, paths, strict=True):
        bot = CallableBot.load(path)
        assert isinstance(bot, CallableBot)
        bot.config = dataclasses.replace(bot.config, generation=bot.settings(**settings))
        bots[name] = bot
    return bots


def turns(history: History) -> tuple[Turn, ...]:
    """A history as turns. Raises `UsageError` where it is one text, or none of texts and turns."""
    if isinstance(history, str):
        raise UsageError('history: must be a list of turns or texts, such as ["Hello", "Hi!"]')
    found = []
    for place, each in enumerate(history):
        if not isinstance(each, Turn | str):
            raise UsageError(f"history: must hold turns or texts, not {type(each).__name__}")
        role = Role.BOT if place % 2 else Role.USER
        found.append(Turn(role, each) if isinstance(each, str) else each)
    return tuple(found)


def _names(paths: Sequence[str]) -> list[str]:
    """What the bots are called; all differ."""
    short = [Path(path).absolute().name for path in paths]
    real = [Path(path).absolute() for path in paths]
    for place, path in enumerate(real):
        if path in real[:place]:
            raise UsageError(f"{paths[place]}: is given twice; give it once")
    return [
        name if short.count(name) == 1 else path for name, path in zip(short, paths, strict=True)
    ]
