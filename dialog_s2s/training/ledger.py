"""Where time goes: seconds by the part of the work that they were spent on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

OTHER = "all else"
"""What was spent outside of every part."""

LEAST = 0.005
"""Share of the time below which there is no line for it."""


class Ledger:
    """Begins to count when it is made; for one thread."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter):
        self._clock = clock
        self._began = self._since = clock()
        self._open: list[str] = []
        self._seconds: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """What is done inside is this part of the work; a part within another is not counted to
        that one too."""
        self._book()
        self._open.append(name)
        self._seconds.setdefault(name, 0.0)
        try:
            yield
        finally:
            self._book()
            self._open.pop()

    @property
    def seconds(self) -> dict[str, float]:
        """By part, in the order they were first begun; what was in none of them is the last."""
        self._book()
        found = dict(self._seconds)
        found[OTHER] = max(0.0, self._since - self._began - sum(found.values()))
        return found

    def shares(self) -> dict[str, float]:
        """The same as shares of all; they sum to 1."""
        seconds = self.seconds
        total = sum(seconds.values())
        return {name: each / total if total else 0.0 for name, each in seconds.items()}

    def lines(self) -> list[str]:
        """A small table, the longest first."""
        seconds = self.seconds
        total = sum(seconds.values())
        kept = [name for name, each in seconds.items() if total and each >= LEAST * total]
        kept.sort(key=lambda name: -seconds[name])
        wide = max(map(len, kept), default=0)
        return [
            f"{name:<{wide}} {seconds[name]:9,.1f} s {seconds[name] / total:5.0%}" for name in kept
        ]

    def _book(self) -> None:
        """Counts the time since it was last asked to what is open."""
        now = self._clock()
        if self._open:
            self._seconds[self._open[-1]] += now - self._since
        self._since = now
