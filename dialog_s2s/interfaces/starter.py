"""The starter bot: trained once from the corpora that come with the program."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import dialog_s2s
from dialog_s2s.bundle import FORMAT, MANIFEST, MEMORY
from dialog_s2s.config import Config, TrainingConfig
from dialog_s2s.errors import DataError, DiskError, UsageError
from dialog_s2s.interfaces.train import train_watched
from dialog_s2s.training.folder import unfinished

PASSES = 7
"""Over the corpora: enough to answer well, in under a minute on two quiet cores."""

MINUTES = 4.0
"""At most, on a slow or busy machine: better late than a bot that talks nonsense."""


def starter_config() -> Config:
    """What the starter bot is trained with; the rest is chosen as for any corpus."""
    return Config(training=TrainingConfig(minutes=MINUTES, epochs=PASSES))


def corpora() -> list[Path]:
    """The starter corpora: in a checkout beside the package, once installed inside it.

    Raises:
        DiskError: this installation lacks them.
    """
    package = Path(dialog_s2s.__file__).parent
    for folder in (package / "corpora", package.parent / "corpora"):
        files = sorted(folder.glob("*.yaml"))
        if files:
            return files
    raise DiskError(f"{package}: the starter corpora are missing; install dialog_s2s again")


def starter_path() -> Path:
    """The starter bot: in a checkout under `bots/`, else in the user's data folder."""
    checkout = Path(dialog_s2s.__file__).parent.parent
    if (checkout / "corpora").is_dir() and (checkout / "pyproject.toml").is_file():
        return checkout / "bots" / "starter"
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "dialog_s2s" / "starter"


def starter_bot() -> Path:
    """The starter bot's bundle, trained in front of the user if it is not there yet."""
    place = starter_path()
    old, going_on = _outdated(place), unfinished(place)
    if old or going_on or not (place / MANIFEST).is_file():
        sys.stderr.write("Training the starter bot, once; this takes about two minutes.\n")
        files, config = [str(file) for file in corpora()], starter_config()
        try:
            train_watched([] if going_on else files, place, config, replace=old, resume=going_on)
        except (UsageError, DataError):
            if not going_on:
                raise
            # it was begun on other corpora, of an earlier version
            train_watched(files, place, config, replace=True)
    return place


def _outdated(place: Path) -> bool:
    """Whether an earlier version of this program made it, which nothing was taught to."""
    try:
        version = json.loads((place / MANIFEST).read_bytes())["format"]
    except (OSError, ValueError, KeyError, TypeError):
        return False  # not there, or damaged: opening it tells
    return isinstance(version, int) and version < FORMAT and not (place / MEMORY).exists()
