"""A run's state on disk: weights, optimizer, position, all that the next update depends on.

A folder of `weights.safetensors` (of the model, and of its best check), `state.safetensors` (the
rest of the tensors), `state.json` (the numbers) and `sha256.json`. It is written beside its place,
synced and renamed, so that it is there whole or not at all; nothing in it is a pickle.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
from torch import Tensor

from dialog_s2s.errors import BundleError, DiskError
from dialog_s2s.training.folder import DIGESTS, STATE, TENSORS, WEIGHTS, checkpoints


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a run was at an update."""

    update: int
    state: Mapping[str, Any]
    """What JSON can hold, floating-point numbers to the bit."""
    weights: Mapping[str, Tensor]
    """Of the model, by name."""
    tensors: Mapping[str, Tensor]


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Writes a checkpoint into a folder of them, in the place of one of the same update.

    Raises:
        DiskError: it cannot be written; nothing is left behind.
    """
    place = folder / f"{checkpoint.update:09}"
    fresh = folder / f".{place.name}.{secrets.token_hex(4)}.new"
    files = {
        WEIGHTS: safetensors.torch.save(dict(checkpoint.weights)),
        TENSORS: safetensors.torch.save(dict(checkpoint.tensors)),
        STATE: json.dumps({"update": checkpoint.update, **checkpoint.state}, indent=1).encode(),
    }
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    files[DIGESTS] = json.dumps(digests, indent=1).encode()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh.mkdir()
        for name, data in files.items():
            with (fresh / name).open("xb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
        _sync(fresh)
        if place.exists():
            shutil.rmtree(place)
        fresh.rename(place)
        _sync(folder)
    except OSError as error:
        how = "go on with --resume" if checkpoints(folder) else "train again"
        raise DiskError(
            f"{place}: the checkpoint cannot be written ({error.strerror}); free some space, then "
            f"{how}"
        ) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return place


def read_checkpoint(place: Path) -> Checkpoint:
    """A checkpoint, verified.

    Raises:
        BundleError: it is not there, or damaged.
    """
    try:
        digests = json.loads((place / DIGESTS).read_bytes())
        files = {name: (place / name).read_bytes() for name in (WEIGHTS, TENSORS, STATE)}
        if any(hashlib.sha256(data).hexdigest() != digests[name] for name, data in files.items()):
            raise ValueError("sha256 differs")
        state = json.loads(files[STATE])
        return Checkpoint(
            state.pop("update"),
            state,
            safetensors.torch.load(files[WEIGHTS]),
            safetensors.torch.load(files[TENSORS]),
        )
    except Exception as error:  # safetensors documents no narrower class
        told = error.strerror if isinstance(error, OSError) else error
        raise BundleError(
            f"{place}: the checkpoint cannot be read ({told}); remove it to go on from the one "
            "before"
        ) from None


def to_bytes(checkpoint: Checkpoint) -> bytes:
    """A checkpoint as one string of bytes, for other processes."""
    tensors = {f"weights/{name}": each for name, each in checkpoint.weights.items()}
    tensors |= {f"tensors/{name}": each for name, each in checkpoint.tensors.items()}
    state = json.dumps({"update": checkpoint.update, **checkpoint.state})
    return safetensors.torch.save(tensors, metadata={"state": state})


def from_bytes(data: bytes) -> Checkpoint:
    """What `to_bytes` made bytes of."""
    length = int.from_bytes(data[:8], "little")
    state = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["state"])
    parts: dict[str, dict[str, Tensor]] = {"weights": {}, "tensors": {}}
    for name, each in safetensors.torch.load(data).items():
        kind, _, rest = name.partition("/")
        parts[kind][rest] = each
    return Checkpoint(state.pop("update"), state, parts["weights"], parts["tensors"])


def thin(folder: Path, last: int, keep: Iterable[int] = ()) -> None:
    """Removes all checkpoints but the `last` few and those of the updates to `keep`, and what a
    kill left half written."""
    kept = {f"{update:09}" for update in keep}
    for old in checkpoints(folder)[:-last]:
        if old.name not in kept:
            with contextlib.suppress(OSError):  # then it is removed the next time
                old.rename(folder / f".{old.name}.old.new")  # never there in part
    for torn in folder.glob(".*.new"):
        shutil.rmtree(torn, ignore_errors=True)


def leave_weights(folder: Path, whole: int = 0) -> None:
    """Removes from a finished run's checkpoints what only going on would need, but for the last
    few, which stay `whole`."""
    saved = checkpoints(folder)
    for place in saved[: len(saved) - whole]:
        for name in (STATE, TENSORS):
            (place / name).unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
