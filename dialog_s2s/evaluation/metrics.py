"""How likely a bot finds the replies wanted, each for itself.

N is examples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.dialogue.manager import Bot
from dialog_s2s.memory.recall import Recalled
from dialog_s2s.text.tokenizer import END
from dialog_s2s.text.turns import Example


@dataclass(frozen=True, slots=True)
class Likelihood:
    """How likely replies are, end pieces included, in the order of the examples."""

    nats_N: NDArray[np.float64]
    """Negative log-likelihood of each reply."""
    tokens_N: NDArray[np.int64]
    characters_N: NDArray[np.int64]
    """Of the raw replies."""

    @property
    def nats(self) -> float:
        """Summed."""
        return float(self.nats_N.sum())

    @property
    def tokens(self) -> int:
        """Summed."""
        return int(self.tokens_N.sum())

    @property
    def characters(self) -> int:
        """Summed."""
        return int(self.characters_N.sum())

    @property
    def nats_per_char(self) -> float:
        """Comparable between tokenizers."""
        return self.nats / self.characters if self.characters else math.nan

    @property
    def nats_per_token(self) -> float:
        """Not comparable between tokenizers."""
        return self.nats / self.tokens if self.tokens else math.nan

    def part(self, rows: NDArray[np.int64]) -> Likelihood:
        """Of these examples alone."""
        return Likelihood(self.nats_N[rows], self.tokens_N[rows], self.characters_N[rows])


def likelihood(
    bot: Bot, examples: Sequence[Example], recalled: Sequence[Recalled] | None = None
) -> Likelihood:
    """The likelihood of the whole of every reply, uncut, under the bot's generator alone, which
    reads what was `recalled` (looked up here if not given)."""
    if recalled is None:
        recalled = [bot.recall(example.history) for example in examples]
    sources = [
        bot.source(example.history, known)
        for example, known in zip(examples, recalled, strict=True)
    ]
    targets = [(*bot.format.tokenizer.encode(each.reply), END) for each in examples]
    likely = bot.engine.likelihood(sources, targets)
    return Likelihood(
        -np.array(likely, dtype=np.float64),
        np.array([len(each) for each in targets], dtype=np.int64),
        np.array([len(each.reply) for each in examples], dtype=np.int64),
    )


def joint_likelihood(
    bot: Bot,
    examples: Sequence[Example],
    generator: Likelihood | None = None,
    recalled: Sequence[Recalled] | None = None,
) -> Likelihood:
    """The likelihood under memory and generator together; `generator` is what `likelihood` gave,
    if it is known already.

    The mixture is summed over whole replies, which equals its product over pieces.
    """
    if recalled is None:
        recalled = [bot.recall(example.history) for example in examples]
    alone = likelihood(bot, examples, recalled) if generator is None else generator
    if bot.memory is None:
        return alone
    nats_N = np.zeros(len(examples))
    for place, (example, known_to) in enumerate(zip(examples, recalled, strict=True)):
        reply = (*bot.format.tokenizer.encode(example.reply), END)
        likely = -float(alone.nats_N[place])
        nats_N[place] = -known_to.votes.joined(reply, likely, bot.memory.prior)
    return Likelihood(nats_N, alone.tokens_N, alone.characters_N)


def concatenated(parts: Sequence[Likelihood]) -> Likelihood:
    """Parts as one."""
    return Likelihood(
        np.concatenate([part.nats_N for part in parts]),
        np.concatenate([part.tokens_N for part in parts]),
        np.concatenate([part.characters_N for part in parts]),
    )
