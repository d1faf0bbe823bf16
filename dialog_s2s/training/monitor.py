"""Watching a run: what is told after every update, and a display of it."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import Protocol, TextIO


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands; losses are nats per token, `held_out` the latest measured."""

    update: int
    updates: int
    pairs: int
    loss: float
    rate: float
    held_out: float | None
    best: float | None
    elapsed: float
    """Seconds since the first update."""
    tokens_per_second: float
    """Source and target pieces learnt from."""

    @property
    def remaining(self) -> float:
        """Seconds left at the pace so far."""
        return self.elapsed / max(1, self.update) * (self.updates - self.update)


class Monitor(Protocol):
    """Told after every update; anything else that watches a run implements this."""

    def update(self, progress: Progress) -> None:
        """Called after each update."""

    def close(self) -> None:
        """Called once, after the last update or an interruption."""


class Silent:
    """Watches without a word."""

    def update(self, progress: Progress) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


@dataclass
class Display:
    """A line that stays in place on a terminal; elsewhere a plain line every `every` seconds."""

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    every: float = 10.0
    _next: float = 0.0
    _last: Progress | None = None

    def update(self, progress: Progress) -> None:
        """Shows the progress, at most ten times a second."""
        self._last = progress
        now = time.monotonic()
        if now < self._next and progress.update < progress.updates:
            return
        inplace = self.stream.isatty()
        self._next = now + (0.1 if inplace else self.every)
        self._write(progress, inplace)

    def close(self) -> None:
        """Leaves the last line standing."""
        if self._last is not None and self.stream.isatty():
            self._write(self._last, True)
            self.stream.write("\n")
            self.stream.flush()

    def _write(self, progress: Progress, inplace: bool) -> None:
        text = line(progress, 20 if inplace else 0)
        self.stream.write(f"\r\x1b[2K{text}" if inplace else f"{text}\n")
        self.stream.flush()


def line(progress: Progress, bar: int = 0) -> str:
    """Progress in under 80 columns; the bar gives way where the numbers are long."""
    done = progress.update / progress.updates
    held = "" if progress.held_out is None else f"  held-out {progress.held_out:.2f}"
    told = (
        f"{done:4.0%}  {count(progress.pairs)} pairs  loss {progress.loss:.2f}{held}"
        f"  {clock(progress.remaining)} left"
    )
    bar = max(0, min(bar, 76 - len(told)))
    filled = round(bar * done)
    drawn = "█" * filled + "░" * (bar - filled) + " " if bar else ""
    return f"  {drawn}{told}"


def count(number: int) -> str:
    """1234567 as 1.2M, 65432 as 65k."""
    if number >= 1_000_000:
        return f"{number / 1e6:.1f}M"
    return f"{number / 1e3:.0f}k" if number >= 10_000 else str(number)


def clock(seconds: float) -> str:
    """Seconds as 0:07, 12:34 or 1:02:03."""
    whole = max(0, round(seconds))
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
