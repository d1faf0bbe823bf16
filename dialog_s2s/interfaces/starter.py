"""The starter bot: trained once from the corpora that come with the program."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import dialog_s2s
from dialog_s2s.bundle import FORMAT, MANIFEST, MEMORY
from dialog_s2s.config import Config, TrainingConfig
from dialog_s2s.errors import BundleError, BusyError, DataError, DiskError, UsageError
from dialog_s2s.interfaces.train import train_watched
from dialog_s2s.training.folder import in_the_way

PASSES = 5
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
    old, begun = _outdated(place), in_the_way(place)
    if old or begun or not (place / MANIFEST).is_file():
        sys.stderr.write("Training the starter bot, once; this takes about two minutes.\n")
        if not (begun and _gone_on_with(place, old)):
            files = [str(file) for file in corpora()]
            train_watched(files, place, starter_config(), replace=old or begun, resume=False)
    return place


def _gone_on_with(place: Path, old: bool) -> bool:
    """Whether the training that was interrupted could be brought to its end. It is not, where it is
    damaged, or was begun on other corpora, of an earlier version."""
    try:
        train_watched([], place, starter_config(), replace=old, resume=True)
    except BusyError:
        raise
    except (BundleError, DataError, UsageError):
        sys.stderr.write("What was begun cannot be gone on with, and is begun anew.\n")
        return False
    return True


def _outdated(place: Path) -> bool:
    """Whether an earlier version of this program made it, which nothing was taught to."""
    try:
        version = json.loads((place / MANIFEST).read_bytes())["format"]
    except (OSError, ValueError, KeyError, TypeError):
        return False  # not there, or damaged: opening it tells
    return isinstance(version, int) and version < FORMAT and not (place / MEMORY).exists()
