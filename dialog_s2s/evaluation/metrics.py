"""Measures of a bot's replies against those wanted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dialog_s2s.dialogue.manager import Bot
from dialog_s2s.generation.rules import log_softmax
from dialog_s2s.text.tokenizer import END, START
from dialog_s2s.text.turns import Example

TOGETHER = 64
"""Replies scored at once."""


@dataclass(frozen=True, slots=True)
class Likelihood:
    """How likely replies are, end pieces included."""

    nats: float
    """Summed negative log-likelihood."""
    tokens: int
    characters: int
    """Of the raw replies."""

    @property
    def nats_per_char(self) -> float:
        """Comparable between tokenizers."""
        return self.nats / self.characters if self.characters else math.nan

    @property
    def nats_per_token(self) -> float:
        """Not comparable between tokenizers."""
        return self.nats / self.tokens if self.tokens else math.nan


def likelihood(bot: Bot, examples: Sequence[Example]) -> Likelihood:
    """The likelihood of the whole of every reply, uncut, under the bot's generator."""
    order = sorted(examples, key=lambda example: len(example.reply))
    nats, tokens = 0.0, 0
    for start in range(0, len(order), TOGETHER):
        part = order[start : start + TOGETHER]
        targets = [[*bot.format.tokenizer.encode(each.reply), END] for each in part]
        state = bot.engine.backend.encode([bot.format.pieces(each.history) for each in part])
        fed = [START] * len(part)
        alive = list(range(len(part)))
        for place in range(max(map(len, targets))):
            logits_RV, state = bot.engine.backend.step(fed, state)
            wanted = [targets[row][place] for row in alive]
            nats -= float(log_softmax(logits_RV)[np.arange(len(alive)), wanted].sum())
            tokens += len(alive)
            stay = [spot for spot, row in enumerate(alive) if place + 1 < len(targets[row])]
            if not stay:
                break
            state = bot.engine.backend.select(state, stay)
            fed = [wanted[spot] for spot in stay]
            alive = [alive[spot] for spot in stay]
    return Likelihood(nats, tokens, sum(len(each.reply) for each in examples))
