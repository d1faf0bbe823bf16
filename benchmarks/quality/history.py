"""Part `history`: what the turns before a question are worth, on DailyDialog.

Only replies with at least two turns before their question: as they are, in another order, and
without them. Turns that the bot would not read anyway stay where they are. All three are asked of
the same bot, which learnt with history.
"""

from __future__ import annotations

import dataclasses
import random

from benchmarks.quality.bots import Bots, read_examples
from benchmarks.quality.figures import Found, Row, at_least, found
from dialog_s2s.evaluation.metrics import joint_likelihood, likelihood
from dialog_s2s.text.turns import Example

CORPUS = "dailydialog"


def measure(bots: Bots) -> Found:
    """Trains on DailyDialog and measures on --test."""
    trained = bots.corpus(CORPUS)
    read = trained.bot.format.history_turns
    test = [
        example
        for example in read_examples(bots.file(CORPUS, bots.options.test))
        if len(example.history) >= 3
    ]
    rows = [
        Row("replies", len(test), "count"),
        Row("earlier turns that it reads at most", read, "count"),
    ]
    figures: dict[str, float] = {}
    for name, asked in (
        ("as it is", test),
        ("shuffled", [shuffled(each, read, bots.options.seed) for each in test]),
        ("removed", [dataclasses.replace(each, history=each.history[-1:]) for each in test]),
    ):
        alone = likelihood(trained.bot, asked)
        joint = joint_likelihood(trained.bot, asked, alone)
        figures[name] = joint.nats_per_char
        rows += [
            Row(f"nats per character, history {name}", joint.nats_per_char, "nats"),
            Row(f"its generator alone, history {name}", alone.nats_per_char, "nats"),
        ]
    rows += [
        Row(
            f"what it costs that history is {name}",
            figures[name] - figures["as it is"],
            "nats",
            None,
            at_least(0.0),
        )
        for name in ("shuffled", "removed")
    ]
    return found(rows)


def shuffled(example: Example, read: int, seed: int) -> Example:
    """With the last `read` turns before the question in another order, if there is one."""
    start = max(0, len(example.history) - 1 - read)
    before = list(example.history[start:-1])
    said = [turn.text for turn in before]
    dice = random.Random(f"{seed}:{example.history}")
    while len(set(said)) > 1 and [turn.text for turn in before] == said:
        dice.shuffle(before)
    return dataclasses.replace(
        example, history=(*example.history[:start], *before, example.history[-1])
    )
