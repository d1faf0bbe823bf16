"""How a question comes to its reply, told apart from who asks the bot: one conversation that waits
for it, or many whose questions are put to the bot together.

An `Asking` yields the turns whose last the bot is to answer, is sent the bot's reply, and returns
the reply that stands.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing

from dialog_s2s.config import GenerationConfig
from dialog_s2s.dialogue.facts import Fact, Facts
from dialog_s2s.dialogue.recollected import recollected
from dialog_s2s.dialogue.reply import UNKNOWN, Reply
from dialog_s2s.text.turns import Role, Turn

Asking = Generator[tuple[Turn, ...], Reply, Reply]


def answering(
    asked: str,
    facts: Facts,
    heard: Sequence[Fact],
    history: Sequence[Turn],
    settings: GenerationConfig,
    began: float,
) -> Asking:
    """The reply from what the user said, or else the bot's.

    `heard` is what `facts` found in the question itself; `began` is of `time.perf_counter`.
    """
    known = facts.answer(asked)
    turns = (*history, Turn(Role.USER, asked))
    if known is None:
        reply = yield turns
        if reply.source == UNKNOWN:
            known = facts.acknowledged(asked, heard)
        if known is None:
            return reply
    return recollected(known, turns, settings, began)


def driven(asking: Asking, ask: Callable[[tuple[Turn, ...]], Reply]) -> Reply:
    """The reply that stands, where `ask` answers whatever is asked. What `ask` raises ends the
    asking too."""
    with closing(asking):
        try:
            turns = next(asking)
            while True:
                reply = ask(turns)
                turns = asking.send(reply)
        except StopIteration as done:
            stands: Reply = done.value
            return stands
