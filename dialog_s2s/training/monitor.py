"""Watching a run: what is told after every update and when something happens, and a display of it.

A class of your own with `update`, `event` and `close` watches too; `Silent` is one to begin with.
"""

from __future__ import annotations

import math
import os
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Protocol, TextIO

CHECKED, SAVED, RESUMED, SKIPPED, ROLLED_BACK, HALVED, STOPPING = KINDS = (
    "checked",
    "saved",
    "resumed",
    "skipped",
    "rolled_back",
    "halved",
    "stopping",
)
"""What happens: measured on what is held out; written to the disk; gone on with; an update without
a finite gradient; gone back to an earlier state; out of memory; ending before the last update."""

COLUMNS = 80
"""Where no terminal tells."""

RECENT = 30.0
"""Seconds after which what an update took counts less than half in the time that is left."""

CELLS, FEWEST = 24, 6
"""Of the bar, at most and at least; where there is no room for that, it is left out."""

BLOCKS, PLAIN = ("█", "░"), ("#", "-")
"""The bar, also where the terminal has no blocks."""


JOINERS = "\u200c\u200d"
"""Of characters to one; they are not printed, but harmless."""


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
    norm: float = 0.0
    """Of the gradient, before it is clipped."""
    skipped: int = 0
    """Updates left out so far."""
    scale: float = 1.0
    """Of the learning rate, after going back to an earlier state."""

    @property
    def remaining(self) -> float:
        """Seconds left at the pace so far."""
        return self.elapsed / max(1, self.update) * (self.updates - self.update)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at an update; `text` is one plain sentence."""

    update: int
    kind: str
    """One of KINDS."""
    text: str


class Monitor(Protocol):
    """Told after every update; anything else that watches a run implements this."""

    def update(self, progress: Progress) -> None:
        """Called after each update."""

    def event(self, event: Event) -> None:
        """Called when something happens."""

    def close(self) -> None:
        """Called once, after the last update or an interruption."""


class Silent:
    """Watches without a word."""

    def update(self, progress: Progress) -> None:
        """Nothing."""

    def event(self, event: Event) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class Several:
    """Tells several monitors, in order."""

    def __init__(self, *monitors: Monitor):
        self.monitors = monitors

    def update(self, progress: Progress) -> None:
        """To each."""
        for each in self.monitors:
            each.update(progress)

    def event(self, event: Event) -> None:
        """To each."""
        for each in self.monitors:
            each.event(event)

    def close(self) -> None:
        """Each, even where one fails."""
        with ExitStack() as closing:
            for each in reversed(self.monitors):
                closing.callback(each.close)


class Pace:
    """How long updates take of late: the longer ago, the less it counts."""

    def __init__(self) -> None:
        self._last: Progress | None = None
        self._seconds = 0.0
        self._updates = 0.0

    def left(self, progress: Progress) -> float:
        """Seconds left after this progress, at the pace of the last ones it was asked of."""
        last, self._last = self._last, progress
        if last is not None and progress.update > last.update:
            passed = max(0.0, progress.elapsed - last.elapsed)
            fading = 0.5 ** (passed / RECENT)
            self._seconds = fading * self._seconds + passed
            self._updates = fading * self._updates + progress.update - last.update
        if not self._updates:
            return progress.remaining
        return self._seconds / self._updates * (progress.updates - progress.update)


@dataclass
class Display:
    """A line that stays in place on a terminal, under what happened; elsewhere, and where `TERM` is
    `dumb`, a plain line every `every` seconds.

    What was saved is not told, and what happens often not each time. Where nobody reads any more it
    falls silent: that is no reason to end a training.
    """

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    every: float = 10.0
    _next: float = -math.inf
    _last: Progress | None = None
    _shown: Progress | None = None
    _wide: int = 0
    """Columns of the line in place."""
    _told: dict[str, float] = field(default_factory=dict)
    """When each kind of event was told last."""
    _pace: Pace = field(default_factory=Pace)
    _gone: bool = False

    def update(self, progress: Progress) -> None:
        """Shows the progress, at most ten times a second."""
        self._last = progress
        now = time.monotonic()
        if now < self._next and progress.update < progress.updates:
            return
        self._next = now + (0.1 if self._inplace() else self.every)
        self._show(progress)

    def event(self, event: Event) -> None:
        """Says what happened, above the line."""
        now = time.monotonic()
        often = event.kind in (CHECKED, SKIPPED)
        if event.kind == SAVED:
            return
        if often and now < self._told.get(event.kind, -math.inf) + self.every:
            return
        self._told[event.kind] = now
        inplace = self._inplace()
        self._write(f"{self._cleared() if inplace else ''}  {one_line(event.text)}\n")
        self._wide = 0
        if inplace and self._last is not None:
            self._show(self._last)

    def close(self) -> None:
        """Leaves the last line standing."""
        if self._last is None:
            return
        inplace = self._inplace()
        if inplace or self._shown is not self._last:
            self._show(self._last)
        if inplace:
            self._write("\n")
        self._last = None

    def _show(self, progress: Progress) -> None:
        self._shown = progress
        left = self._pace.left(progress)
        if not self._inplace():
            self._write(line(progress, COLUMNS, left) + "\n")
            return
        cleared = self._cleared()
        text = line(progress, self._columns(), left, BLOCKS if self._writable("█░") else PLAIN)
        self._wide = len(text)
        self._write(cleared + text)

    def _cleared(self) -> str:
        """Takes the line away, also where the terminal became narrower and broke it."""
        broken = (self._wide - 1) // max(1, self._columns()) if self._wide else 0
        return f"\r\x1b[{broken}A\x1b[J" if broken > 0 else "\r\x1b[2K"

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self.stream.fileno()).columns or COLUMNS
        except (OSError, ValueError, AttributeError):
            return COLUMNS

    def _inplace(self) -> bool:
        if os.environ.get("TERM") == "dumb":
            return False
        try:
            return self.stream.isatty()
        except ValueError:  # it was closed
            return False

    def _writable(self, text: str) -> bool:
        try:
            text.encode(self.stream.encoding or "utf-8")
        except UnicodeEncodeError:
            return False
        return True

    def _write(self, text: str) -> None:
        if self._gone:
            return
        if not self._writable(text):
            text = text.encode("ascii", "replace").decode("ascii")
        try:
            self.stream.write(text)
            self.stream.flush()
        except (OSError, ValueError):
            self._gone = True


def line(
    progress: Progress,
    columns: int = COLUMNS,
    left: float | None = None,
    bar: tuple[str, str] | None = None,
) -> str:
    """Progress in less than so many columns: where they are few, what matters least gives way.

    `left` are the seconds that are, else those at the pace so far; `bar` is what it is drawn with.
    """
    left = progress.remaining if left is None else left
    done = progress.update / progress.updates
    held, best = "", ""
    if progress.held_out is not None:
        held = f"held-out {_loss(progress.held_out)}"
        best = " (best)" if progress.held_out == progress.best else ""
    parts = {
        "done": f"{int(100 * done):3}%",
        "pairs": f"{count(progress.pairs)} pairs",
        "loss": f"loss {_loss(progress.loss)}",
        "held": held + best,
        "pace": f"{count(round(progress.tokens_per_second))} tokens/s",
        "left": f"{clock(left)} left",
    }
    shorter = (
        ("pace", ""),
        ("pairs", ""),
        ("held", held),
        ("left", clock(left)),
        ("held", held.replace("held-out", "held")),
        ("left", ""),
        ("held", ""),
        ("loss", ""),
    )
    indent = "  " if columns >= 60 else ""
    room = max(0, columns - 1 - len(indent))
    for name, text in shorter:
        if len(_joined(parts)) <= room:
            break
        parts[name] = text
    told = _joined(parts)[:room]
    cells = min(CELLS, room - len(told) - 1)
    if bar is None or cells < FEWEST:
        return indent + told
    filled = int(cells * done)
    return f"{indent}{bar[0] * filled}{bar[1] * (cells - filled)} {told}"


def _joined(parts: dict[str, str]) -> str:
    return "  ".join(text for text in parts.values() if text)


def _loss(loss: float) -> str:
    return f"{loss:.2f}" if loss < 1e4 else f"{loss:.1e}"


def one_line(text: str) -> str:
    """`text` with nothing in it that ends a line or that a terminal would obey."""
    kept = (char if char.isprintable() or char in JOINERS else " " for char in text)
    return " ".join("".join(kept).split())


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
