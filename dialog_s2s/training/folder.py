"""Where a training is kept, `runs/NAME` beside the bot NAME, and what can be told without torch."""

from __future__ import annotations

import json
import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dialog_s2s.config import Config, config_from_text
from dialog_s2s.errors import BundleError, ConfigError

CONFIG, RECORD, METRICS, CHECKPOINTS, LOCK, CURVES, REPORT, EVENTS = (
    "config.yaml",
    "run.json",
    "metrics.jsonl",
    "checkpoints",
    "lock",
    "curves.png",
    "report.txt",
    "tensorboard",
)


WEIGHTS, TENSORS, STATE, DIGESTS = (
    "weights.safetensors",
    "state.safetensors",
    "state.json",
    "sha256.json",
)

_NAME = re.compile(r"\d{9}")


@dataclass(frozen=True, slots=True)
class Record:
    """What a run was told, and of what data it is."""

    files: tuple[str, ...]
    """That it trains on, as they were named; none where the pairs were given from Python."""
    folder: str
    """From where they were named."""
    format: str | None
    base: str | None
    """The bot that it goes on from."""
    fingerprint: str = ""
    """sha256 of the prepared data: a run goes on with the same only."""
    finished: bool = False
    job: str = ""
    """Of which `torchrun`, that goes on with it by itself; see `distributed`."""
    asked: str = ""
    """sha256 of what was asked for; of pairs from Python, nothing."""

    def named(self, file: str) -> str:
        """A file's name from here: as it was, or, where that was another folder, its full one."""
        return file if os.path.abspath(".") == self.folder else os.path.join(self.folder, file)


def run_folder(out: str | Path) -> Path:
    """Where the run of the bot at `out` is kept."""
    place = Path(os.path.abspath(out))
    return place.parent / "runs" / place.name


def unfinished(out: str | Path) -> bool:
    """Whether a run of the bot at `out` was left with something to go on from. Raises
    `BundleError`."""
    record = read_record(out)
    return record is not None and not record.finished and bool(saved(out))


def in_the_way(out: str | Path) -> bool:
    """Whether a run of the bot at `out` is unfinished, or may be, for its record is damaged."""
    try:
        return unfinished(out)
    except BundleError:
        return bool(saved(out))


def saved(out: str | Path) -> list[Path]:
    """The checkpoints that the bot at `out` can be gone on from, the oldest first."""
    return checkpoints(run_folder(out) / CHECKPOINTS)


def read_record(out: str | Path) -> Record | None:
    """What the run of the bot at `out` is of; None where there is none."""
    return read_record_of(run_folder(out))


def read_record_of(folder: Path) -> Record | None:
    """What is in a run's folder; None where there is no run. Raises `BundleError`."""
    try:
        tree: dict[str, Any] = json.loads((folder / RECORD).read_bytes())
        return Record(**{**tree, "files": tuple(tree["files"])})
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError, KeyError):
        raise _damaged(folder / RECORD) from None


def config_of(out: str | Path) -> Config:
    """The settings of the run of the bot at `out`. Raises `BundleError`."""
    file = run_folder(out) / CONFIG
    try:
        raw = file.read_bytes()
        config = config_from_text(raw, str(file))
    except OSError:
        raise _damaged(file) from None
    except ConfigError as error:
        told = str(error).splitlines()[0]
        raise BundleError(f"{told}; mend it, or begin anew with --force") from None
    # the beginning of such a file may be good YAML
    if not raw.endswith(b"\n") or config.training.steps is None:
        raise _damaged(file)
    return config


def _damaged(file: Path) -> BundleError:
    return BundleError(f"{file}: is damaged; begin anew with --force")


def how_to_resume(out: str | Path) -> str:
    """The command that goes on with a run."""
    return f"dialog-s2s train --resume --out {shlex.quote(str(out))}"


def checkpoints(folder: Path) -> list[Path]:
    """Those in a folder that can be gone on from, the oldest first."""
    return [each for each in weights_kept(folder) if (each / STATE).is_file()]


def weights_kept(folder: Path) -> list[Path]:
    """All in a folder whose weights are there, the oldest first."""
    try:
        found = sorted(each for each in folder.iterdir() if _NAME.fullmatch(each.name))
    except FileNotFoundError:
        return []
    return [each for each in found if (each / WEIGHTS).is_file()]
