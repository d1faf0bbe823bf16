"""Events for TensorBoard: what it reads, and what happens where it is not installed."""

from __future__ import annotations

import errno
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dialog_s2s.training.monitor import CHECKED, SKIPPED, Event, Progress
from dialog_s2s.training.tensorboard import FOLDER, TensorBoard, tensorboard

pytest.importorskip("tensorboard")
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

FIRST = Progress(1, 20, 8, 2.5, 0.001, None, None, 0.5, 900.0, norm=1.5)


def run(place: Path, start: int, end: int) -> None:
    """The updates after `start` up to `end`."""
    watching = tensorboard(place, start)
    assert watching is not None
    for update in range(start + 1, end + 1):
        progress = replace(FIRST, update=update, loss=10.0 * update)
        if update % 5 == 0:
            watching.event(Event(update, CHECKED, "재었어요."))
            progress = replace(progress, held_out=float(update))
        watching.update(progress)
    watching.event(Event(end, SKIPPED, "x"))
    watching.close()
    watching.close()


def read(place: Path) -> EventAccumulator:
    found = EventAccumulator(str(place / FOLDER), {"scalars": 0, "tensors": 0})
    found.Reload()
    return found


def points(found: EventAccumulator, name: str) -> list[tuple[int, float]]:
    return [(each.step, each.value) for each in found.Scalars(name)]


def test_curves_and_texts(tmp_path: Path) -> None:
    run(tmp_path, 0, 12)
    found = read(tmp_path)
    assert points(found, "loss/training") == [(n, 10.0 * n) for n in range(1, 13)]
    assert points(found, "loss/held-out") == [(5, 5.0), (10, 10.0)]
    assert points(found, "gradient/norm")[0] == (1, 1.5)
    (_, ten) = found.Tensors(f"events/{CHECKED}")
    assert ten.step == 10
    assert ten.tensor_proto.string_val[0].decode() == "재었어요."


@pytest.mark.filterwarnings("default")
def test_a_resumed_run_takes_the_place_of_what_came_after(tmp_path: Path) -> None:
    run(tmp_path, 0, 14)
    run(tmp_path, 10, 20)
    assert [step for step, _ in points(read(tmp_path), "loss/training")] == list(range(1, 21))


def test_without_tensorboard_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in sys.modules if each.split(".")[0] == "tensorboard"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    assert tensorboard(tmp_path) is None
    assert not list(tmp_path.iterdir())


def test_no_place_for_it(tmp_path: Path) -> None:
    (tmp_path / FOLDER).touch()
    assert tensorboard(tmp_path) is None


def test_on_a_full_disk_it_ends_in_silence(tmp_path: Path) -> None:
    class Full:
        closed = 0

        def write(self, data: bytes) -> int:
            if len(written) > 4:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            written.append(data)
            return len(data)

        def close(self) -> None:
            self.closed += 1

    written: list[bytes] = []
    stream = Full()
    watching = TensorBoard(stream)  # type: ignore[arg-type]
    for update in range(1, 20):
        watching.update(replace(FIRST, update=update))
    watching.event(Event(19, SKIPPED, "x"))
    watching.close()
    assert len(written) == 5
    assert stream.closed == 1
