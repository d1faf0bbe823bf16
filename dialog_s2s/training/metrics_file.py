"""What was measured in a run, as a file: `metrics.jsonl`, one JSON object a line.

After an update: `update` (from 1), `pairs` (examples so far), `loss` (of training, smoothed) and
`held_out` (the latest measured), both nats per token, `rate` (of learning), `norm` (of the
gradient, before it is clipped), `seconds` and `tokens_per_second` (source and target pieces) since
the first update. When something happened: `update`, `event` (its kind) and `text`. A number that is
not finite, or not measured, is `null`.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.errors import DataError, DiskError
from dialog_s2s.training.monitor import CHECKED, Event, Progress

LINES = 2000
"""Updates of which there is a line, roughly; of more, only some have one."""


def due(update: int, updates: int) -> bool:
    """Whether one of so many updates is kept; the first and the last are."""
    return update in (1, updates) or update % max(1, updates // LINES) == 0


class MetricsFile:
    """A monitor that writes the file. Nothing waits in memory: a kill costs no line.

    With `at`, the update that a run goes on from, the lines of later ones are removed first.

    Raises:
        DiskError: it cannot be written; from every method.
    """

    def __init__(self, path: str | Path, updates: int, at: int = 0):
        self.path = Path(path)
        self.updates = updates
        self._checked = 0
        self._handle: int | None = None
        try:
            self._begin(at)
            self._handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        except OSError as error:
            raise self._unwritable(error) from None

    def update(self, progress: Progress) -> None:
        """A line for some of the updates, and for each with a check."""
        if not due(progress.update, self.updates) and progress.update != self._checked:
            return
        self._write(
            {
                "update": progress.update,
                "pairs": progress.pairs,
                "loss": _number(progress.loss),
                "held_out": _number(progress.held_out),
                "rate": _number(progress.rate),
                "norm": _number(progress.norm),
                "seconds": round(progress.elapsed, 3),
                "tokens_per_second": _number(progress.tokens_per_second),
            }
        )

    def event(self, event: Event) -> None:
        """A line."""
        if event.kind == CHECKED:
            self._checked = event.update
        self._write({"update": event.update, "event": event.kind, "text": event.text})

    def close(self) -> None:
        """Nothing more comes; once more is fine."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _begin(self, at: int) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        kept = [each for each in _records(self.path) if each["update"] <= at] if at else []
        fresh = self.path.with_name(f".{self.path.name}.new")
        try:
            with fresh.open("w", encoding="utf-8", newline="\n") as stream:
                stream.writelines(map(_line, kept))
                stream.flush()
                os.fsync(stream.fileno())
            fresh.replace(self.path)
        except OSError:
            with contextlib.suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise

    def _write(self, record: dict[str, Any]) -> None:
        if self._handle is None:
            return
        data = _line(record).encode()
        try:
            while data:  # a disk that is nearly full takes a part first
                data = data[os.write(self._handle, data) :]
        except OSError as error:
            raise self._unwritable(error) from None

    def _unwritable(self, error: OSError) -> DiskError:
        return DiskError(
            f"{self.path}: cannot be written ({error.strerror}); free some space, then go on with "
            "--resume"
        )


@dataclass(frozen=True, slots=True)
class Metrics:
    """What is in a `metrics.jsonl`: N updates of which there is a line, and what happened. What was
    not measured, or no finite number, is NaN."""

    update_N: NDArray[np.int64]
    pairs_N: NDArray[np.int64]
    loss_N: NDArray[np.float64]
    held_out_N: NDArray[np.float64]
    """The latest measured; `checks` tells the updates at which it was."""
    rate_N: NDArray[np.float64]
    norm_N: NDArray[np.float64]
    seconds_N: NDArray[np.float64]
    tokens_per_second_N: NDArray[np.float64]
    events: tuple[Event, ...]

    @property
    def checks(self) -> list[tuple[int, float]]:
        """The updates after which the held-out loss was measured, each with it."""
        checked = {event.update for event in self.events if event.kind == CHECKED}
        both = zip(self.update_N.tolist(), self.held_out_N.tolist(), strict=True)
        return [(update, loss) for update, loss in both if update in checked]


def read_metrics(path: str | Path) -> Metrics:
    """The file; a last line that was cut off by a kill is left out.

    Raises:
        DataError: it is not there, or cannot be read.
    """
    place = Path(path)
    try:
        found = list(_records(place, there=True))
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror}); give a run's file", place) from None
    measured = [each for each in found if "event" not in each]

    def column(name: str) -> NDArray[np.float64]:
        values = [each.get(name) for each in measured]
        return np.array([v if isinstance(v, int | float) else math.nan for v in values], float)

    return Metrics(
        update_N=np.array([each["update"] for each in measured], np.int64),
        pairs_N=np.nan_to_num(column("pairs")).astype(np.int64),
        loss_N=column("loss"),
        held_out_N=column("held_out"),
        rate_N=column("rate"),
        norm_N=column("norm"),
        seconds_N=column("seconds"),
        tokens_per_second_N=column("tokens_per_second"),
        events=tuple(
            Event(each["update"], str(each["event"]), str(each.get("text", "")))
            for each in found
            if "event" in each
        ),
    )


def _records(path: Path, there: bool = False) -> Iterator[dict[str, Any]]:
    """What is in a file, without what is torn; nothing where it need not be `there` and is not."""
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        if there:
            raise
        return
    with stream:
        for data in stream:
            try:
                record = json.loads(data)
            except ValueError:
                continue
            if not data.endswith(b"\n") or not isinstance(record, dict):
                continue
            update = record.get("update")
            if type(update) is int and 0 <= update < 2**63:
                yield record


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, allow_nan=False) + "\n"


def _number(number: float | None) -> float | None:
    """To six digits."""
    return float(f"{number:.6g}") if number is not None and math.isfinite(number) else None
