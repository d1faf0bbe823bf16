"""Subcommand `predicted`: the time that training says it will take, and what it takes.

Made-up pairs, every setting left open. The prediction is the one in what `train` says before the
first update; it is compared with the updates' time, and the time from file to bot is given beside.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.quality.figures import Row, Wanted, at_most, table
from benchmarks.training.data import write_made_up
from dialog_s2s import train

COUNTS = (100, 1_000, 10_000, 100_000)

WITHIN = 0.25

ABOUT = re.compile(r"about ([\d,.]+) s\b")
ALLOWED = re.compile(r"updates in ([\d,.]+) min\b")


@dataclass(frozen=True, slots=True)
class Told:
    """A run."""

    pairs: int
    predicted: float | None
    """Seconds; None where none was told."""
    took: float
    whole: float
    """From file to bot."""

    @property
    def off(self) -> float:
        """By which share it took more or less; infinite where nothing was told."""
        return abs(self.took / self.predicted - 1) if self.predicted else float("inf")


def seconds_told(lines: Sequence[str]) -> float | None:
    """The prediction in what was said."""
    for line in lines:
        if "training.steps" not in line:
            continue
        found = ABOUT.search(line)
        if found:
            return float(found[1].replace(",", ""))
        found = ALLOWED.search(line)
        if found:
            return 60 * float(found[1].replace(",", ""))
    return None


def measure(counts: Sequence[int], minutes: float | None, seed: int) -> list[Told]:
    """A run for each number of pairs."""
    made = []
    for count in counts:
        with tempfile.TemporaryDirectory() as name:
            file = Path(name) / "pairs.jsonl"
            write_made_up(file, count)
            said: list[str] = []
            began = time.perf_counter()
            result = train(file, Path(name) / "bot", minutes=minutes, seed=seed, say=said.append)
            whole = time.perf_counter() - began
        print("\n".join(said), file=sys.stderr, flush=True)
        made.append(Told(count, seconds_told(said), result.outcome.seconds, whole))
    return made


def rows(made: Sequence[Told]) -> list[Row]:
    """What is wanted."""
    wanted: Wanted = at_most(WITHIN)
    return [Row(f"{each.pairs:,} pairs: off by", each.off, wanted=wanted) for each in made]


def report(made: Sequence[Told]) -> str:
    """A table."""
    header = ("pairs", "predicted", "took", "off by", "from file to bot")
    return table(
        header,
        [
            (
                f"{each.pairs:,}",
                "–" if each.predicted is None else f"{each.predicted:.1f} s",
                f"{each.took:.1f} s",
                f"{each.off:.0%}" if each.predicted else "–",
                f"{each.whole:.1f} s",
            )
            for each in made
        ],
    )
