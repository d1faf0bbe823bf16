"""Training as a command: a display on stderr, and a clean stop on Ctrl-C or SIGTERM."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import dialog_s2s
from dialog_s2s.config import Config
from dialog_s2s.errors import Stopped
from dialog_s2s.interfaces.sanitize import clean
from dialog_s2s.training.folder import how_to_resume, read_record, unfinished
from dialog_s2s.training.monitor import Progress, Several, Silent
from dialog_s2s.training.stopping import FINISH, GO_ON, LEAVE


class StopSignal(Silent):
    """Ends a training by Ctrl-C or SIGTERM. Between its first update and its last the first one of
    them asks it to stop, so that it can save; otherwise, or a second time, it ends the program at
    once, for what was learnt is saved already. A monitor too, for that is how it knows."""

    def __init__(self) -> None:
        self.number = 0
        self._learning = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> StopSignal:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._caught)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def __call__(self) -> int:
        """Ctrl-C makes a bot of what was learnt so far; SIGTERM leaves no time for that. It is
        asked between updates, also by the processes that tell no monitor."""
        self._learning = True
        return {0: GO_ON, signal.SIGTERM: LEAVE}.get(self.number, FINISH)

    def update(self, progress: Progress) -> None:
        """It is learning."""
        self._learning = True

    def close(self) -> None:
        """It has learnt."""
        self._learning = False

    def _caught(self, number: int, _: FrameType | None) -> None:
        again, self.number = self.number, number
        if again or not self._learning:
            raise KeyboardInterrupt


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
    resume: bool = False,
) -> None:
    """Trains and says so on stderr; see `dialog_s2s.train` for what it raises.

    Raises:
        Stopped: interrupted; what was learnt is kept in the run, and after Ctrl-C while it learnt
            the best weights so far are in `out`.
    """
    learn = dialog_s2s.train  # loads torch: what is loaded by halves heeds no signal
    with StopSignal() as stop, _as_begun(out if resume else None) as named:
        data, out = [named(each) for each in data], named(str(out))
        try:
            report = learn(
                data,
                out,
                base=base,
                minutes=minutes,
                seed=seed,
                config=config,
                format=format,
                replace=replace,
                resume=resume,
                monitor=Several(stop, dialog_s2s.Display()),
                say=_say,
                stop=stop,
            )
        except KeyboardInterrupt:
            if unfinished(out):
                _say(f"What was learnt is kept. Go on with it: {how_to_resume(out)}")
            raise Stopped(stop.number or signal.SIGINT) from None
    outcome = report.outcome
    held = "" if outcome.held_out is None else f", held-out loss {outcome.held_out:.2f}"
    _say(
        f"{'Stopped' if outcome.interrupted else 'Trained'} after {outcome.pairs:,} pairs in "
        f"{outcome.seconds:.0f} s{held}. The bot is in {report.path}"
    )
    for line in report.summary:
        _say(line)
    if outcome.skipped:
        _say(f"{outcome.skipped:,} updates had no finite gradient and were left out.")
    if stop():
        raise Stopped(stop.number)


@contextmanager
def _as_begun(out: str | Path | None) -> Iterator[Callable[[str], str]]:
    """In the folder where the run of a bot was begun, for its data, and a file that a setting
    names, are called as they were then; how what is named from here is called there."""
    record = None if out is None else read_record(out)
    here = os.getcwd()
    if record is None or record.folder == here or not Path(record.folder).is_dir():
        yield lambda path: path
        return
    with chdir(record.folder):
        yield lambda path: os.path.join(here, path)


def _say(line: str) -> None:
    sys.stderr.write(clean(line) + "\n")
    sys.stderr.flush()
