"""What is measured of every reply of a bot, and the figures of any part of them. N is examples."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.dialogue.manager import Bot
from dialog_s2s.dialogue.reply import Reply
from dialog_s2s.evaluation.calibration import calibration_error, roc_area
from dialog_s2s.evaluation.metrics import (
    Likelihood,
    concatenated,
    joint_likelihood,
    likelihood,
)
from dialog_s2s.evaluation.questions import Questions
from dialog_s2s.evaluation.text_metrics import TextScores, text_scores
from dialog_s2s.text.turns import Example

TOGETHER = 256
"""Examples between two words of progress."""

Watch = Callable[[str, int, int], None]
"""Told what is being done, how many are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of each reply.

    Confidence is judged on the replies given: where the bot said that it does not know, what it
    would have said is not known here either.
    """

    text: TextScores
    joint: Likelihood
    """Under the bot as it answers."""
    generator: Likelihood
    """Under its generator alone."""
    answered_N: NDArray[np.float64]
    confidence_N: NDArray[np.float64]

    def figures(self, weights_N: NDArray[np.float64]) -> dict[str, float]:
        """All measures of replies that occur so many times each; NaN where there are none."""
        given_N = weights_N * self.answered_N
        right_N = self.text.exact_N

        def total(values_N: NDArray[Any]) -> float:
            return float(weights_N @ values_N)

        characters = total(self.joint.characters_N)
        return {
            "nats_per_char": _ratio(total(self.joint.nats_N), characters),
            "generator_nats_per_char": _ratio(total(self.generator.nats_N), characters),
            "nats_per_token": _ratio(total(self.joint.nats_N), total(self.joint.tokens_N)),
            **self.text.figures(weights_N),
            "answered": _ratio(total(self.answered_N), float(weights_N.sum())),
            "precision_answered": _ratio(total(self.answered_N * right_N), total(self.answered_N)),
            "ece": calibration_error(self.confidence_N, right_N, given_N),
            "roc_area": roc_area(self.confidence_N, right_N, given_N),
        }

    def part(self, rows: NDArray[np.int64]) -> Measured:
        """Of these examples alone."""
        return Measured(
            self.text.part(rows),
            self.joint.part(rows),
            self.generator.part(rows),
            self.answered_N[rows],
            self.confidence_N[rows],
        )


def measure(
    bot: Bot, asked: Questions, settings: Mapping[str, object], watch: Watch
) -> tuple[Measured, list[Reply]]:
    """Asks every question, with its history; also the replies themselves.

    Raises:
        ConfigError: a setting of the reply is unknown or out of range.
        UsageError: sacrebleu is not installed.
    """
    generator: list[Likelihood] = []
    joint: list[Likelihood] = []
    replies: list[Reply] = []
    for part in _parts(asked.examples, "likelihood", watch):
        recalled = [bot.recall(example.history) for example in part]
        generator.append(likelihood(bot, part, recalled))
        joint.append(joint_likelihood(bot, part, generator[-1], recalled))
    for part in _parts(asked.examples, "replies", watch):
        replies += bot.replies([each.history for each in part], **settings)
    measured = Measured(
        text_scores([reply.text for reply in replies], asked.references),
        concatenated(joint),
        concatenated(generator),
        np.array([reply.source != "unknown" for reply in replies], dtype=np.float64),
        np.clip([reply.confidence for reply in replies], 0.0, 1.0),
    )
    return measured, replies


def _parts(examples: Sequence[Example], what: str, watch: Watch) -> Iterator[Sequence[Example]]:
    """Examples a few at a time, telling how many are done after each."""
    for start in range(0, len(examples), TOGETHER):
        yield examples[start : start + TOGETHER]
        watch(what, min(start + TOGETHER, len(examples)), len(examples))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
