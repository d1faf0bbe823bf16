"""Environments of peers, made from the package registry where they are not there yet."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

DONE = "installed.txt"


def default_folder() -> Path:
    """In the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "dialog-s2s" / "peers"


def python_of(folder: Path, name: str, packages: Sequence[str]) -> Path:
    """The interpreter of an environment with these packages.

    Raises:
        RuntimeError: they cannot be installed.
    """
    place = folder / name
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = "\n".join(packages)
    done = place / DONE
    if done.is_file() and done.read_text() == wanted:
        return python
    print(f"Installing {', '.join(packages)} in {place} ...", file=sys.stderr)
    for command in (
        [sys.executable, "-m", "venv", "--clear", place],
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages],
    ):
        made = subprocess.run(command, stdout=sys.stderr, check=False)
        if made.returncode:
            raise RuntimeError(f"{name} cannot be installed: {' '.join(map(str, command))} failed")
    done.write_text(wanted)
    return python
