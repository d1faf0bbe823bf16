"""Subcommand `quality`: how likely the test split is after so many seconds of training.

Nats per character of the generator alone, trained without a memory: the negative log-likelihood of
the replies' pieces, end piece included, over the characters of the raw replies. A run of its own
for each time, for the learning rate falls to zero over the time given.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.quality.bots import read_examples
from benchmarks.quality.figures import table
from dialog_s2s import Bot, Display, train
from dialog_s2s.config import Config, MemoryConfig
from dialog_s2s.evaluation.metrics import likelihood

SECONDS = (15.0, 90.0, 600.0)


@dataclass(frozen=True, slots=True)
class Point:
    """A run."""

    given: float
    """Seconds of training asked for."""
    trained: float
    """Seconds of updates and held-out checks."""
    whole: float
    """Seconds from the file to the bot."""
    nats_per_char: float
    nats_per_token: float
    passes: float
    parameters: int


def measure(learnt: Path, asked: Path, times: Sequence[float], seed: int) -> list[Point]:
    """A run for each time."""
    test = read_examples(asked)
    points = []
    for seconds in times:
        with tempfile.TemporaryDirectory() as name:
            began = time.perf_counter()
            report = train(
                learnt,
                Path(name) / "bot",
                minutes=seconds / 60,
                seed=seed,
                config=Config(memory=MemoryConfig(enabled=False)),
                monitor=Display(),
                say=lambda line: print(line, file=sys.stderr),
            )
            whole = time.perf_counter() - began
            likely = likelihood(Bot.load(Path(name) / "bot"), test)
        points.append(
            Point(
                seconds,
                report.outcome.seconds,
                whole,
                likely.nats_per_char,
                likely.nats_per_token,
                report.outcome.pairs / report.survey.pairs,
                report.parameters,
            )
        )
    return points


def report(points: Sequence[Point]) -> str:
    """A table."""
    header = ("given", "trained", "all in", "nats/char", "nats/piece", "passes", "M parameters")
    return table(
        header,
        [
            (
                f"{each.given:.0f} s",
                f"{each.trained:.1f} s",
                f"{each.whole:.1f} s",
                f"{each.nats_per_char:.3f}",
                f"{each.nats_per_token:.3f}",
                f"{each.passes:.1f}",
                f"{each.parameters / 1e6:.1f}",
            )
            for each in points
        ],
    )
