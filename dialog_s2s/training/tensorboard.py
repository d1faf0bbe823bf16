"""A run's measurements as TensorBoard reads them, where it is installed: an extra."""

from __future__ import annotations

import time
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from dialog_s2s.training.metrics_file import due
from dialog_s2s.training.monitor import CHECKED, Event, Progress

FOLDER = "tensorboard"
"""Of a run, where the events are."""


class TensorBoard:
    """A monitor that writes the same updates as `metrics.jsonl`, and what happened as text.

    It is an addition: where it can no longer be written, the training goes on without.
    """

    def __init__(self, stream: BinaryIO, at: int = 0):
        proto = "tensorboard.compat.proto"
        self._event = import_module(f"{proto}.event_pb2")
        self._summary = import_module(f"{proto}.summary_pb2").Summary
        self._tensor = import_module(f"{proto}.tensor_pb2").TensorProto
        self._shape = import_module(f"{proto}.tensor_shape_pb2").TensorShapeProto
        self._text = import_module("tensorboard.plugins.text.metadata")
        records = import_module("tensorboard.summary.writer.record_writer")
        self._stream: BinaryIO | None = stream
        # not its `EventFileWriter`, whose thread dies with a traceback where the disk is full
        self._records = records.RecordWriter(stream)
        self._checked = 0
        self._write(0, file_version="brain.Event:2")
        if at:
            log = self._event.SessionLog
            self._write(at + 1, session_log=log(status=log.START))

    def update(self, progress: Progress) -> None:
        """A point on each curve."""
        update, checked = progress.update, progress.update == self._checked
        if not due(update, progress.updates) and not checked:
            return
        points = {
            "loss/training": progress.loss,
            "rate": progress.rate,
            "gradient/norm": progress.norm,
            "gradient/skipped updates": progress.skipped,
            "speed/tokens per second": progress.tokens_per_second,
        }
        if checked and progress.held_out is not None:
            points["loss/held-out"] = progress.held_out
        values = [
            self._summary.Value(tag=name, simple_value=value) for name, value in points.items()
        ]
        self._write(update, summary=self._summary(value=values))

    def event(self, event: Event) -> None:
        """A text, by its kind."""
        if event.kind == CHECKED:
            self._checked = event.update
        shape = self._shape(dim=[self._shape.Dim(size=1)])
        text = event.text.encode("utf-8", "replace")
        value = self._summary.Value(
            tag=f"events/{event.kind}",
            metadata=self._text.create_summary_metadata(event.kind, ""),
            tensor=self._tensor(dtype="DT_STRING", string_val=[text], tensor_shape=shape),
        )
        self._write(event.update, summary=self._summary(value=[value]))

    def close(self) -> None:
        """Nothing more comes; once more is fine."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def _write(self, update: int, **what: Any) -> None:
        if self._stream is None:
            return
        event = self._event.Event(wall_time=time.time(), step=update, **what)
        try:
            self._records.write(event.SerializeToString())
        except OSError:
            self.close()


def tensorboard(run: Path, at: int = 0) -> TensorBoard | None:
    """A monitor that writes into the folder of a `run`; None where TensorBoard is not installed, or
    the folder cannot be written. `at` is the update that the run goes on from: TensorBoard then
    forgets what came after it."""
    try:
        import_module("tensorboard.summary.writer.record_writer")
    except ImportError:
        return None
    try:
        folder = run / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{time.time_ns()}"  # which TensorBoard reads in this order
        return TensorBoard((folder / name).open("xb", buffering=0), at)
    except OSError:
        return None
