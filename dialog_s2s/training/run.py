"""A run's folder, `runs/NAME` beside the bot NAME: what it is, how it goes, and where it was saved.

    config.yaml      every setting, the number of updates among them
    run.json         the files it trains on, and what was made of them
    metrics.jsonl    what was measured, a line at a time; see `metrics_file`
    checkpoints/     the last few states, see `checkpoint`; their weights alone once it is finished,
                     but for the last one of a run that `torchrun` may still start anew
    curves.png       and report.txt, once it has ended; tensorboard/ where that is installed

While it runs, `lock` keeps a second run out.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from dialog_s2s.config import Config, config_text
from dialog_s2s.errors import BusyError, DiskError, UsageError
from dialog_s2s.files import write_whole
from dialog_s2s.training.checkpoint import (
    Checkpoint,
    from_bytes,
    leave_weights,
    read_checkpoint,
    thin,
    to_bytes,
    write_checkpoint,
)
from dialog_s2s.training.distributed import ALONE, World
from dialog_s2s.training.folder import (
    CHECKPOINTS,
    CONFIG,
    CURVES,
    EVENTS,
    LOCK,
    METRICS,
    RECORD,
    REPORT,
    Record,
    checkpoints,
    in_the_way,
    read_record,
    read_record_of,
    run_folder,
)
from dialog_s2s.training.learner import Learner

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


class Run:
    """An open run; in a `World` of several processes, the first one's folder counts."""

    def __init__(self, folder: Path, world: World = ALONE):
        self.folder = folder
        self.world = world
        self.resumed: Checkpoint | None = None
        """The state that is gone on from."""
        self._lock: IO[bytes] | None = None

    @classmethod
    def begin(cls, out: Path, config: Config, record: Record, world: World = ALONE) -> Run:
        """A new run, in the place of an old one.

        Raises:
            BusyError: another program is training the same bot.
            DiskError: the folder cannot be written.
        """
        run = cls(run_folder(out), world)
        if world.first:
            with run._locked():
                run._clear(CHECKPOINTS, METRICS, EVENTS, CURVES, REPORT)
                run._write(CONFIG, config_text(config))
                run._write(RECORD, json.dumps(dataclasses.asdict(record), indent=1))
        return run

    @classmethod
    def resume(cls, out: Path, record: Record, world: World = ALONE) -> Run:
        """The unfinished run of a bot, at its last sound checkpoint.

        Raises:
            UsageError: it was begun on other data.
            BusyError: another program is at it.
            BundleError: a checkpoint is damaged.
        """
        run = cls(run_folder(out), world)
        if world.first:
            with run._locked():
                begun = read_record(out)
                if begun is not None and begun.fingerprint != record.fingerprint:
                    raise UsageError(
                        f"{run.folder}: was begun on other data, or by another version of the "
                        "program; give it the same files, or begin anew with --force"
                    )
                saved = checkpoints(run.folder / CHECKPOINTS)
                if saved:
                    run.resumed = read_checkpoint(saved[-1])
        return run

    @classmethod
    def outdated(cls, out: Path) -> Run | None:
        """The run of a bot that is to be replaced by one of which no run is kept, locked; None
        where nothing could be gone on with.

        Raises:
            BusyError: another program is at it.
            DiskError: the folder cannot be written.
        """
        if not in_the_way(out):
            return None
        run = cls(run_folder(out))
        with run._locked():
            return run

    def take_up(self, learner: Learner) -> None:
        """Brings a learner that was just made to where the run was saved."""
        first = learner.good
        checkpoint = self._shared(self.resumed)
        if checkpoint is None:
            return
        learner.restore(checkpoint)
        good = checkpoint.state["good"]
        if good == checkpoint.update:
            learner.good = checkpoint
        elif good == 0:
            learner.good = first
        else:
            place = self.folder / CHECKPOINTS / f"{good:09}"
            learner.good = self._shared(self.world.by_the_first(lambda: read_checkpoint(place)))
        self.resumed = checkpoint

    def save(self, checkpoint: Checkpoint, keep: int) -> None:
        """Writes a checkpoint and removes old ones. Raises `DiskError`, on all processes."""
        self.world.by_the_first(lambda: self._saved(checkpoint, keep))

    def _saved(self, checkpoint: Checkpoint, keep: int) -> None:
        folder = self.folder / CHECKPOINTS
        write_checkpoint(folder, checkpoint)
        thin(folder, keep, [checkpoint.state["good"] or 0])

    def finish(self) -> None:
        """The bot is there: what only going on would need is removed."""
        self.world.by_the_first(self._finished)

    def _finished(self) -> None:
        record = read_record_of(self.folder)
        if record is not None:
            done = dataclasses.replace(record, finished=True)
            self._write(RECORD, json.dumps(dataclasses.asdict(done), indent=1))
        # where a process is lost before all have ended, all are started anew, and go on from it
        anew = record is not None and record.job != ""
        leave_weights(self.folder / CHECKPOINTS, whole=1 if anew else 0)

    def discard(self) -> None:
        """Removes what would be gone on with; `close` removes the rest. Raises `DiskError`."""
        self._clear(RECORD, CONFIG, CHECKPOINTS)

    def close(self) -> None:
        """Ends the lock; a run that saved nothing leaves no folder."""
        if self._lock is None:
            return
        if not any((self.folder / CHECKPOINTS).glob("*")):
            shutil.rmtree(self.folder, ignore_errors=True)
            with contextlib.suppress(OSError):  # other runs are there
                self.folder.parent.rmdir()
        self._lock.close()
        self._lock = None

    def _shared(self, checkpoint: Checkpoint | None) -> Checkpoint | None:
        """The first process's checkpoint on all of them."""
        if not self.world.same(checkpoint is not None):
            return None
        if self.world.size == 1:
            return checkpoint
        return from_bytes(
            self.world.same_bytes(b"" if checkpoint is None else to_bytes(checkpoint))
        )

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Locks the run for good; where what is done inside fails, until then."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / LOCK).open("wb")
        except OSError as error:
            raise DiskError(
                f"{self.folder}: cannot be written ({error.strerror}); choose another --out"
            ) from None
        try:
            if fcntl is not None:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise BusyError(
                f"{self.folder}: another program is training this bot; wait for it, or choose "
                "another --out"
            ) from None
        self._lock = lock
        try:
            yield
        except BaseException:
            self.close()
            raise

    def _clear(self, *names: str) -> None:
        try:
            for name in names:
                old = self.folder / name
                shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
        except OSError as error:
            raise DiskError(f"{self.folder}: cannot be cleared ({error.strerror})") from None

    def _write(self, name: str, text: str) -> None:
        write_whole(self.folder / name, text.encode())


def fingerprint(parts: Iterable[bytes | Path]) -> str:
    """sha256 of bytes and files, one after the other."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, bytes):
            digest.update(hashlib.sha256(part).digest())
        else:
            with part.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()
