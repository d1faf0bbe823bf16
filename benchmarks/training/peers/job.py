"""What a peer is asked, and what it answers: a file of pairs in, one line of JSON out.

Nothing but the standard library, for it runs in every environment.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

WARM_UP = 1 / 3
"""Seconds before the measured ones, as a share of these."""

BATCH = 64
"""Pairs in a peer's update."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs as pieces; targets end in the end piece, sources do not."""

    sources: list[list[int]]
    targets: list[list[int]]
    vocabulary: int
    padding: int
    unknown: int
    start: int
    end: int
    openers: list[int]
    """Pieces that begin a turn."""

    @staticmethod
    def read(file: Path) -> Pairs:
        """What `write` wrote."""
        return Pairs(**json.loads(file.read_text(encoding="utf-8")))

    def write(self, file: Path) -> None:
        """As JSON."""
        tree = {name: getattr(self, name) for name in self.__slots__}
        file.write_text(json.dumps(tree), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Job:
    """Pairs, how to train on them, and for how long to measure."""

    pairs: Pairs
    variant: str
    seconds: float
    folder: Path
    """For files of the peer's own."""

    @staticmethod
    def given() -> Job:
        """The command line's."""
        parser = argparse.ArgumentParser()
        parser.add_argument("pairs", type=Path)
        parser.add_argument("--variant", default="")
        parser.add_argument("--seconds", type=float, default=60.0)
        options = parser.parse_args()
        folder = options.pairs.parent
        return Job(Pairs.read(options.pairs), options.variant, options.seconds, folder)


class Clock:
    """Counts targets, padding left out, from the end of the warm-up on.

    The rate is per second of processor time: on one core that is what an idle machine gives, and
    a busy one delays without changing it. `core` tells how much of the core there was.
    """

    def __init__(self, seconds: float):
        self._begin = time.perf_counter() + seconds * WARM_UP
        self._length = seconds
        self._since: tuple[float, float] | None = None
        self._now = (0.0, 0.0)
        self._targets = self._updates = 0

    def update(self, targets: int, now: tuple[float, float] | None = None) -> bool:
        """An update was made, with so many targets, at this wall and processor time; whether time
        is up."""
        self._now = now or (time.perf_counter(), time.process_time())
        if self._since is not None:
            self._targets += targets
            self._updates += 1
        elif self._now[0] >= self._begin:
            self._since = self._now
        return self._since is not None and self._now[0] - self._since[0] >= self._length

    def answer(self, parameters: int, **more: float | str) -> None:
        """Prints what was measured, as the last line."""
        tree = self.measured() | {"parameters": parameters, "megabytes": peak_megabytes(), **more}
        sys.stdout.write("\n" + json.dumps(tree) + "\n")
        sys.stdout.flush()

    def measured(self) -> dict[str, float]:
        """Rates and counts."""
        if self._since is None or not self._updates:
            raise RuntimeError("time was up before an update was made; give --seconds more")
        wall, busy = (now - since for now, since in zip(self._now, self._since, strict=True))
        return {
            "rate": self._targets / busy,
            "wall_rate": self._targets / wall,
            "core": busy / wall,
            "targets": self._targets / self._updates,
            "updates": self._updates,
        }


def peak_megabytes() -> float:
    """The most memory this process held at once; 0 where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)
