"""Subcommand `memory`: the most memory that training holds, for a real corpus and a large one.

Each run is a process of its own, a whole `train` from file to bot with every setting left open but
the minutes; its peak is what the system reports of it, libraries included.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.quality.figures import Row, at_most, table
from benchmarks.training.data import write_made_up
from benchmarks.training.peers.job import peak_megabytes
from dialog_s2s import train

MOST = 600.0
MORE = 150.0


@dataclass(frozen=True, slots=True)
class Peak:
    """A run."""

    corpus: str
    pairs: int
    megabytes: float
    imported: float
    """Megabytes before the first line was read."""
    seconds: float
    made_up: bool


def measure(real: Path | None, counts: Sequence[int], minutes: float, seed: int) -> list[Peak]:
    """A run for each corpus. Raises `RuntimeError` where one fails."""
    peaks = []
    if real is not None:
        peaks.append(_run(real, real.parent.name, minutes, seed, made_up=False))
    for count in counts:
        with tempfile.TemporaryDirectory() as name:
            file = Path(name) / "pairs.jsonl"
            write_made_up(file, count)
            peaks.append(_run(file, f"{count:,} made up", minutes, seed, made_up=True))
    return peaks


def _run(file: Path, corpus: str, minutes: float, seed: int, made_up: bool) -> Peak:
    command = [sys.executable, "-m", __name__, str(file), str(minutes), str(seed)]
    made = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, env=os.environ)
    if made.returncode:
        raise RuntimeError(f"{corpus}: training failed; its message is above")
    tree = json.loads(made.stdout.rstrip().rpartition("\n")[2])
    return Peak(corpus, made_up=made_up, **tree)


def rows(peaks: Sequence[Peak]) -> list[Row]:
    """What is wanted."""
    real = next((each for each in peaks if not each.made_up), None)
    if real is None:
        return []
    made = [
        Row(f"{real.corpus}: MB", real.megabytes, "count", None, at_most(MOST)),
    ]
    return made + [
        Row(
            f"{each.corpus}: MB more", each.megabytes - real.megabytes, "count", None, at_most(MORE)
        )
        for each in peaks
        if each.made_up
    ]


def report(peaks: Sequence[Peak]) -> str:
    """Tables."""
    header = ("corpus", "pairs", "peak MB", "of it imports", "file to bot")
    text = table(
        header,
        [
            (
                each.corpus,
                f"{each.pairs:,}",
                f"{each.megabytes:,.0f}",
                f"{each.imported:,.0f}",
                f"{each.seconds:.0f} s",
            )
            for each in peaks
        ],
    )
    wanted = [(row.cells()[0], row.cells()[1], *row.cells()[3:]) for row in rows(peaks)]
    if wanted:
        text += "\n\n" + table(("", "measured", "wanted", "holds"), wanted)
    return text


def main() -> None:
    """One run, in this process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("minutes", type=float)
    parser.add_argument("seed", type=int)
    options = parser.parse_args()
    imported = peak_megabytes()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        made = train(
            options.file,
            Path(name) / "bot",
            minutes=options.minutes,
            seed=options.seed,
            say=lambda line: print(line, file=sys.stderr),
        )
    tree = {
        "pairs": made.survey.pairs,
        "megabytes": peak_megabytes(),
        "imported": imported,
        "seconds": time.perf_counter() - began,
    }
    print(json.dumps(tree))


if __name__ == "__main__":
    main()
