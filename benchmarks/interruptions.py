"""Trainings that are interrupted, killed, signalled and spoilt: nothing is lost, nothing differs.

    python -m benchmarks.interruptions [--points 30] [--events 25] [--kills 50] [--signals 40]

A small corpus is learnt again and again. Interrupted at random updates and gone on with, a run is
compared with one that was not, byte by byte. Gradients that are no numbers and memory that runs out
are injected at random updates, and every checkpoint is looked at. `dialog-s2s train` is killed at
random moments, and gone on with; and it is sent SIGINT or SIGTERM at random moments from its start
to its end. Exits with 1 where anything is not as it must be.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import math
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch

from dialog_s2s import train
from dialog_s2s.config import Config, MemoryConfig, ModelConfig, TextConfig, TrainingConfig
from dialog_s2s.config import config_text as text_of
from dialog_s2s.errors import DialogError, Stopped
from dialog_s2s.training.checkpoint import read_checkpoint
from dialog_s2s.training.folder import (
    CHECKPOINTS,
    METRICS,
    checkpoints,
    read_record,
    run_folder,
    unfinished,
)
from dialog_s2s.training.lanes import Heard, Lanes
from dialog_s2s.training.monitor import SAVED, Event, Progress, Silent
from dialog_s2s.training.run import Run
from dialog_s2s.training.stopping import FINISH, GO_ON, LEAVE

ROOT = Path(__file__).parent.parent
PATIENCE = 5.0
"""Seconds after a signal within which all must be saved."""

EVERY = 10
STARTING = 0.25
"""Seconds in which Python itself starts, and knows no signals yet."""

CACHE = "torchinductor_"
"""A folder that torch keeps for the next time."""

KEYS = (signal.SIGINT, signal.SIGTERM)

PAIRS = [
    (f"{asked} {thing}{after}", f"The {thing} {told}.")
    for thing in ("shop", "station", "museum", "garden", "library", "market")
    for asked, told in (("when opens the", "opens at nine"), ("where is the", "is near"))
    for after in ("", " today", " please")
]

SETTINGS = Config(
    text=TextConfig(vocabulary=340, fold_sources=True, history_turns=2, held_out=0.1),
    model=ModelConfig(
        core="gru",
        attention="general",
        heads=1,
        embedding=32,
        width=32,
        encoder_layers=1,
        decoder_layers=1,
        dropout=0.1,
        keep=0.0,
        copy=True,
    ),
    training=TrainingConfig(
        steps=100,
        batch_tokens=600,
        learning_rate=0.01,
        label_smoothing=0.1,
        subword_noise=0.3,
        word_drop=0.05,
        stray_history=0.2,
        precision="float32",
        threads=2,
        checks=9,
        save_updates=EVERY,
    ),
    memory=MemoryConfig(neighbours=0, learned=8),
)


class Wrong(Counter[str]):
    """What was counted; all but what was `tried` must be none."""

    def __init__(self, *kinds: str):
        super().__init__({"tried": 0, **dict.fromkeys(kinds, 0)})

    @property
    def fine(self) -> bool:
        """Whether all is as it must be."""
        return not any(count for kind, count in self.items() if kind != "tried")


def points(folder: Path, count: int, dice: random.Random) -> Wrong:
    """Interrupts at random updates, some runs more than once, and compares their ends: the
    numbers are of bytes that differ."""
    found = Wrong("weights", "optimizer", "losses", "bundles")
    steps = SETTINGS.training.steps or 0
    whole = folder / "whole"
    with patch.object(Run, "finish", lambda _: None):  # which would remove the optimizer's state
        train(PAIRS, whole, config=SETTINGS)
        while found["tried"] < count:
            out = folder / f"part {found['tried']}"
            more = min(dice.randint(1, 3), count - found["tried"])
            for at in sorted(dice.sample(range(1, steps), more)):
                found["tried"] += 1
                _interrupted(out, at, dice)
            train(PAIRS, out, config=SETTINGS, resume=unfinished(out), replace=True)
            for kind, files in (("weights", "weights.safetensors"), ("optimizer", "state.*s")):
                found[kind] += _differing(*(_last(each, files) for each in (whole, out)))
            found["losses"] += _differing(*(_losses(each) for each in (whole, out)))
            found["bundles"] += digest(whole) != digest(out)
    return found


def _interrupted(out: Path, at: int, dice: random.Random) -> None:
    """A run that is stopped after an update or, as by Ctrl-C that nobody handles, within it."""
    how = dice.choice((FINISH, LEAVE, None))
    seen = 0

    class Watch(Silent):
        def update(self, progress: Progress) -> None:
            nonlocal seen
            seen = progress.update
            if how is None and seen >= at:
                raise KeyboardInterrupt

    def stop() -> int:
        return (how or GO_ON) if seen >= at else GO_ON

    going_on = unfinished(out)
    with suppress(KeyboardInterrupt, Stopped):
        train(
            PAIRS,
            out,
            config=SETTINGS,
            resume=going_on,
            replace=not going_on,
            monitor=Watch(),
            stop=stop,
        )


def events(folder: Path, count: int, dice: random.Random) -> Wrong:
    """Spoils random updates, a few of them in a row, and looks at everything that is saved."""
    found = Wrong("not finite", "not finished")
    steps = SETTINGS.training.steps or 0
    number = 0
    while found["tried"] < count:
        number += 1
        spoilt: dict[int, str] = {}
        for _ in range(min(5, count - found["tried"])):
            first, kind = dice.randrange(steps - 4), dice.choice(("nan", "inf", "memory"))
            found["tried"] += 1
            spoilt |= {first + more: kind for more in range(dice.choice((1, 1, 2, 3, 4)))}
        out = folder / f"spoilt {number}"

        class Watch(Silent):
            def event(self, event: Event) -> None:
                if event.kind == SAVED:
                    found["not finite"] += not _finite(out)  # noqa: B023 - it is used at once

        with _spoiling(spoilt):
            report = train(PAIRS, out, config=SETTINGS, monitor=Watch())
        found["not finished"] += report.outcome.updates != steps or report.outcome.interrupted
    return found


@contextmanager
def _spoiling(which: dict[int, str]) -> Iterator[None]:
    real, share = Lanes.gradients, Lanes._share

    def gradients(
        self: Lanes, batch: Any, weight_B: Any = None, update: int = 0, *given: Any
    ) -> Heard:
        made = real(self, batch, weight_B, update, *given)
        kind = which.get(update)
        if kind in ("nan", "inf"):
            for parameter in self.parameters:
                assert parameter.grad is not None
                parameter.grad.view(-1)[0] = float(kind)
        return made

    def shared(self: Lanes, *given: Any) -> Any:
        *_, update, pieces = given
        short = which.get(update) == "memory" and pieces < 4
        return None if short else share(self, *given)

    with patch.object(Lanes, "gradients", gradients), patch.object(Lanes, "_share", shared):
        yield


def kills(folder: Path, count: int, dice: random.Random) -> Wrong:
    """Kills the program at random moments, and goes on with what there is."""
    found = Wrong("unreadable", "lost too much", "not finished", "other bots")
    whole = folder / "whole"
    seconds = _whole(folder, whole)
    for attempt in itertools.count():
        if found["tried"] == count:
            break
        out = folder / f"killed {attempt}"
        process = _started(folder, out)
        time.sleep(dice.uniform(STARTING, seconds))
        process.kill()
        process.communicate()
        if process.returncode != -signal.SIGKILL:
            continue  # it had ended before
        found["tried"] += 1
        try:
            saved = checkpoints(run_folder(out) / CHECKPOINTS)
            at = read_checkpoint(saved[-1]).update if saved else 0
            found["lost too much"] += not _finished(out) and _made(out) - at > EVERY
        except DialogError:
            found["unreadable"] += 1
        more = ["--resume"] if unfinished(out) else ["--force"]
        process = _started(folder, out, *more)
        process.communicate()
        found["not finished"] += process.returncode != 0
        found["other bots"] += process.returncode == 0 and digest(out) != digest(whole)
    return found


def signals(folder: Path, count: int, dice: random.Random) -> Wrong:
    """Sends signals at random moments from the start to the end."""
    found = Wrong("not saved", "too late", "wrong code", "tracebacks", "files left")
    seconds = _whole(folder, folder / "whole")
    for attempt in itertools.count():
        if found["tried"] == count:
            break
        number = dice.choice(KEYS)
        out = folder / f"signalled {attempt}"
        process = _started(folder, out)
        time.sleep(dice.uniform(STARTING, seconds))
        sent = time.time()
        process.send_signal(number)
        _, said = process.communicate()
        if process.returncode == 0:
            continue  # it had ended before
        found["tried"] += 1
        saved = checkpoints(run_folder(out) / CHECKPOINTS)
        at = int(saved[-1].name) if saved else 0
        before = +found
        found["not saved"] += not _finished(out) and _made(out) > at
        found["too late"] += bool(saved) and saved[-1].stat().st_mtime > sent + PATIENCE
        found["too late"] += number == signal.SIGTERM and time.time() > sent + PATIENCE
        found["wrong code"] += process.returncode not in (128 + number, -number)
        found["tracebacks"] += "Traceback" in said or "Exception ignored" in said
        left = [each.name for each in (folder / "tmp").iterdir()]
        found["files left"] += any(not each.startswith(CACHE) for each in left)
        found["files left"] += any(each.name.endswith(".new") for each in folder.rglob(".*"))
        if +found != before:
            kind = ", ".join((found - before).keys())
            print(f"{kind}: {number.name}, {process.returncode}\n{said}", file=sys.stderr)
    return found


def _whole(folder: Path, out: Path) -> float:
    """Makes the corpus, and a bot without interruptions: the seconds that took."""
    (folder / "tmp").mkdir()
    rows = "".join(f"{question},{answer}\n" for question, answer in PAIRS)
    (folder / "pairs.csv").write_text("question,answer\n" + rows, encoding="utf-8")
    (folder / "settings.yaml").write_text(text_of(SETTINGS), encoding="utf-8")
    began = time.monotonic()
    process = _started(folder, out)
    _, said = process.communicate()
    if process.returncode:
        raise RuntimeError(said)
    return time.monotonic() - began


def _started(folder: Path, out: Path, *more: str) -> subprocess.Popen[str]:
    words = ["train", "--out", str(out), *more]
    if "--resume" not in more:
        words += [str(folder / "pairs.csv"), "--config", str(folder / "settings.yaml")]
    return subprocess.Popen(
        [sys.executable, "-m", "dialog_s2s", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder / "tmp"), "TERM": "dumb"},
    )


def digest(bundle: Path) -> str:
    """sha256 of all files of a bot."""
    found = hashlib.sha256()
    for file in sorted(each for each in bundle.rglob("*") if each.is_file()):
        found.update(f"{file.relative_to(bundle)} ".encode() + file.read_bytes())
    return found.hexdigest()


def _finished(out: Path) -> bool:
    record = read_record(out)
    return record is not None and record.finished


def _made(out: Path) -> int:
    """The last update that was told."""
    return max((each["update"] for each in _lines(out) if "event" not in each), default=0)


def _losses(out: Path) -> bytes:
    """What was logged, without the clock."""
    kept = ("update", "pairs", "loss", "held_out", "rate", "norm")
    lines = [{name: each[name] for name in kept} for each in _lines(out) if "event" not in each]
    return json.dumps(lines).encode()


def _lines(out: Path) -> list[dict[str, Any]]:
    try:
        text = (run_folder(out) / METRICS).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def _last(out: Path, pattern: str) -> bytes:
    """A file of the last checkpoint."""
    place = checkpoints(run_folder(out) / CHECKPOINTS)[-1]
    (file,) = place.glob(pattern)
    return file.read_bytes()


def _differing(one: bytes, other: bytes) -> int:
    """Bytes that are not the same."""
    both = zip(one, other, strict=False)
    return abs(len(one) - len(other)) + sum(first != second for first, second in both)


def _finite(out: Path) -> bool:
    """Whether all numbers of the last checkpoint are."""
    saved = read_checkpoint(checkpoints(run_folder(out) / CHECKPOINTS)[-1])
    tensors = [*saved.weights.values(), *saved.tensors.values()]
    loss = saved.state["counts"]["loss"]
    fine = all(bool(torch.isfinite(each).all()) for each in tensors)
    return fine and (loss is None or math.isfinite(loss))


def table(results: dict[str, tuple[Wrong, float]]) -> str:
    """A line a run: how often it was tried, and what was found."""
    lines = []
    for name, (found, seconds) in results.items():
        told = ", ".join(f"{count} {kind}" for kind, count in found.items() if kind != "tried")
        lines.append(f"{name:14}{found['tried']:5} {told} ({seconds:.0f} s)")
    return "\n".join(lines)


RUNS: dict[str, tuple[int, Callable[[Path, int, random.Random], Wrong]]] = {
    "points": (30, points),
    "events": (25, events),
    "kills": (50, kills),
    "signals": (40, signals),
}


def main(arguments: list[str] | None = None) -> int:
    """Runs them all; 0 leaves one out."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name, (count, run) in RUNS.items():
        parser.add_argument(f"--{name}", type=int, default=count, help=(run.__doc__ or "").strip())
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    results: dict[str, tuple[Wrong, float]] = {}
    for name, (_, run) in RUNS.items():
        count = getattr(options, name)
        if count:
            began = time.monotonic()
            with tempfile.TemporaryDirectory() as folder:
                found = run(Path(folder), count, random.Random(options.seed))
            results[name] = found, time.monotonic() - began
            print(table({name: results[name]}), flush=True)
    return 0 if all(found.fine for found, _ in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
