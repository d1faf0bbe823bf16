"""A bot measured on dialogues that it should be able to continue. N is examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.dialogue.manager import Bot
from dialog_s2s.evaluation.baselines import Pair, most_frequent, nearest
from dialog_s2s.evaluation.calibration import Bin, Coverage, coverage_curve, reliability
from dialog_s2s.evaluation.intervals import Interval, intervals
from dialog_s2s.evaluation.measured import Measured, Watch, measure
from dialog_s2s.evaluation.questions import Group, Questions, by_depth, by_length
from dialog_s2s.evaluation.text_metrics import diversity, repetition, text_scores


@dataclass(frozen=True, slots=True)
class Part:
    """The figures of some of the examples; `low` and `high` where they share a range."""

    n: int
    figures: Mapping[str, float]
    intervals: Mapping[str, Interval]
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All figures of a bot. Shares are 0..1, chrF and BLEU 0..100; NaN is "not measurable"."""

    whole: Part
    seen: Part | None
    """Examples whose reply is in training; None where the training pairs are not known."""
    unseen: Part | None
    baselines: Mapping[str, Part] | None
    references: Mapping[str, float]
    """Diversity and repetition of the replies wanted."""
    by_source_length: Sequence[Part]
    """Length is in pieces that the encoder reads."""
    by_turn_depth: Sequence[Part]
    """Depth is in user turns, the question included."""
    bins: Sequence[Bin]
    curve: Sequence[Coverage]
    signatures: Mapping[str, str]
    """Of the scores that sacrebleu computes."""


def evaluate_bot(
    bot: Bot,
    asked: Questions,
    pairs: Sequence[Pair] | None = None,
    settings: Mapping[str, object] | None = None,
    watch: Watch = lambda what, done, total: None,
) -> Evaluation:
    """Measures a bot; `pairs` are those it was trained on, where they are known.

    Raises:
        ConfigError: a setting of the reply is unknown or out of range.
        UsageError: a package that evaluation uses is not installed.
    """
    measured, replies = measure(bot, asked, settings or {}, watch)
    whole = _part(measured, asked, np.arange(len(replies)))
    seen = unseen = baselines = None
    if pairs is not None:
        answers = {answer for _, answer in pairs}
        known_N = np.array([each.reply in answers for each in asked.examples])
        seen = _part(measured, asked, np.flatnonzero(known_N))
        unseen = _part(measured, asked, np.flatnonzero(~known_N))
        baselines = _baselines(asked, pairs, watch)
    wanted = [each.reply for each in asked.examples]
    lengths = np.array([len(bot.format.pieces(each.history)) for each in asked.examples])
    given = np.flatnonzero(measured.answered_N)
    confidence, right = measured.confidence_N[given], measured.text.exact_N[given]
    return Evaluation(
        whole=Part(
            whole.n,
            {**whole.figures, **diversity([reply.text for reply in replies])},
            whole.intervals,
        ),
        seen=seen,
        unseen=unseen,
        baselines=baselines,
        references={**diversity(wanted), "repetition": float(np.mean([*map(repetition, wanted)]))},
        by_source_length=_grouped(measured, asked, by_length(lengths)),
        by_turn_depth=_grouped(measured, asked, by_depth(asked.depth_N)),
        bins=reliability(confidence, right),
        curve=coverage_curve(confidence, right, whole.n),
        signatures={"chrf": measured.text.chrf.signature, "bleu": measured.text.bleu.signature},
    )


def _baselines(asked: Questions, pairs: Sequence[Pair], watch: Watch) -> dict[str, Part]:
    total = len(asked.examples)

    def told(done: int) -> None:
        watch("nearest questions", done, total)

    answers = {
        "most_frequent_answer": [most_frequent(pairs)] * total,
        "nearest_question": nearest(pairs, [each.question for each in asked.examples], told),
    }
    found = {}
    for name, replies in answers.items():
        scores = text_scores(replies, asked.references)
        figures = {**scores.figures(np.ones(total)), **diversity(replies)}
        found[name] = Part(total, figures, intervals(scores.figures, asked.dialogue_N))
    return found


def _grouped(measured: Measured, asked: Questions, groups: Sequence[Group]) -> list[Part]:
    return [
        replace(_part(measured, asked, group.rows), low=group.low, high=group.high)
        for group in groups
    ]


def _part(measured: Measured, asked: Questions, rows: NDArray[np.int64]) -> Part:
    part = measured.part(rows)
    figures = part.figures(np.ones(len(rows)))
    if not len(rows):
        return Part(0, figures, {})
    return Part(len(rows), figures, intervals(part.figures, asked.dialogue_N[rows]))
