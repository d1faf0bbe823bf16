"""Training as a command: a display on stderr, and a clean stop on Ctrl-C or SIGTERM."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import dialog_s2s
from dialog_s2s.config import Config
from dialog_s2s.errors import Stopped
from dialog_s2s.interfaces.sanitize import clean


class StopSignal:
    """The first Ctrl-C or SIGTERM asks training to stop; a second one ends the program."""

    def __init__(self) -> None:
        self.number = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> StopSignal:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._caught)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def __call__(self) -> bool:
        return bool(self.number)

    def _caught(self, number: int, _: FrameType | None) -> None:
        if self.number:
            raise KeyboardInterrupt
        self.number = number


def train_watched(
    data: Sequence[str],
    out: str | Path,
    config: Config | None,
    *,
    base: str | Path | None = None,
    minutes: float | None = None,
    seed: int | None = None,
    format: str | None = None,
    replace: bool = False,
) -> None:
    """Trains and says so on stderr; see `dialog_s2s.train` for what it raises.

    Raises:
        Stopped: interrupted; the best weights so far are in `out`.
    """
    with StopSignal() as stop:
        report = dialog_s2s.train(
            data,
            out,
            base=base,
            minutes=minutes,
            seed=seed,
            config=config,
            format=format,
            replace=replace,
            monitor=dialog_s2s.Display(),
            say=_say,
            stop=stop,
        )
    outcome = report.outcome
    held = "" if outcome.held_out is None else f", held-out loss {outcome.held_out:.2f}"
    _say(
        f"{'Stopped' if outcome.interrupted else 'Trained'} after {outcome.pairs:,} pairs in "
        f"{outcome.seconds:.0f} s{held}. The bot is in {report.path}"
    )
    if outcome.skipped:
        _say(f"{outcome.skipped:,} updates had no finite gradient and were left out.")
    if stop():
        raise Stopped(stop.number)


def _say(line: str) -> None:
    sys.stderr.write(clean(line) + "\n")
    sys.stderr.flush()
