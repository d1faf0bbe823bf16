"""A trained bot's folder: what is in it, written all at once, verified on every load.

`manifest.json` names the format version and the sha256 of every other file, so that a changed
byte is found before a library that would accept it sees it. The answer memory alone may change:
it has checks of its own. Nothing in a bundle is a pickle.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from dialog_s2s.config import Config, config_from_text
from dialog_s2s.errors import BundleError, ConfigError, DialogError, DiskError

FORMAT = 4
MANIFEST = "manifest.json"
CONFIG, WEIGHTS, TOKENIZER, CARD = (
    "config.yaml",
    "model.safetensors",
    "tokenizer.model",
    "README.md",
)
REQUIRED = (CONFIG, WEIGHTS, TOKENIZER, CARD)
WORDS = "words.txt"
"""Where there are slots: the words that are no names, a line each."""

MEMORY, RECALL, RECALL_TENSORS, THESAURUS = (
    "memory.db",
    "memory.json",
    "memory.safetensors",
    "thesaurus.json",
)
"""The answer memory: its rows, the coefficients it is read by, the learned vectors of terms, and
which words may stand for one another."""

LIVING = (MEMORY,)
"""Files that change as the bot is used: the manifest tells how they were made, and no more."""

TRIES = 20
"""Times that a bundle is read which is replaced meanwhile."""

PATIENCE = 1.0
"""Seconds that are waited, in all, for a bundle that is just being put in its place."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A verified bundle: every file is there and is what the manifest says."""

    path: Path
    files: Mapping[str, str]
    """Name to sha256."""

    def read(self, name: str) -> bytes:
        """A file's bytes, checked once more, so that what is used is what was verified.

        Raises:
            BundleError: the file is gone or has changed.
        """
        return _checked(self.path / name, self.files[name])

    def config(self) -> Config:
        """The bot's settings. Raises `BundleError` where they are not sound."""
        try:
            return config_from_text(self.read(CONFIG), str(self.path / CONFIG))
        except ConfigError as error:
            raise BundleError(f"{error}; train the bot again") from None


def open_bundle(path: str | Path) -> Bundle:
    """Opens and verifies a bundle; one that is replaced meanwhile is opened anew.

    Raises:
        BundleError: there is none, a file is missing or changed, or its format is not ours.
    """
    return steady(path, lambda: verified(path))


def steady(
    path: str | Path, work: Callable[[], T], discard: Callable[[T], object] = lambda _: None
) -> T:
    """What `work` makes of the bundle at `path`, which was one and the same throughout.

    If the bundle was replaced meanwhile, the work is done again, and what it had made is given to
    `discard`.

    Raises:
        BundleError: it was replaced TRIES times.
        DialogError: what `work` raises of a bundle that stays as it is.
    """
    place, until = Path(os.path.abspath(path)), time.monotonic() + PATIENCE
    failure: Exception | None = None
    for _ in range(TRIES):
        before = _awaited(place, until)
        try:
            made = work()
        except (DialogError, OSError) as error:
            if _stamp(place) == before:
                raise
            failure = error
        else:
            if _stamp(place) == before:
                return made
            discard(made)
    raise BundleError(
        f"{path}: was replaced {TRIES} times while it was read; try again when it is trained"
    ) from failure


def verified(path: str | Path) -> Bundle:
    """As `open_bundle`, once: for work that is `steady` as a whole.

    Raises:
        BundleError: there is none, a file is missing or changed, or its format is not ours.
    """
    folder = Path(path)
    if not os.path.isdir(folder):  # which does not mind a path that is too long
        raise BundleError(
            f"{folder}: there is no bot here; train one with: dialog-s2s train FILE --out {folder}"
        )
    manifest = folder / MANIFEST
    try:
        tree = json.loads(manifest.read_bytes())
        version, files = tree["format"], tree["files"]
    except FileNotFoundError:
        raise BundleError(
            f"{folder}: has no {MANIFEST}, so it is not a trained bot; give the folder that "
            "`dialog-s2s train --out` wrote"
        ) from None
    except OSError as error:
        raise BundleError(f"{manifest}: {error.strerror}; check its permissions") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BundleError(f"{manifest}: is damaged; train the bot again") from None
    if version != FORMAT:
        newer = isinstance(version, int) and version > FORMAT
        advice = "update dialog_s2s" if newer else "train the bot again"
        raise BundleError(
            f"{manifest}: has format version {version!r}, this program reads {FORMAT}; {advice}"
        )
    if not isinstance(files, dict) or not all(
        _plain(name) and isinstance(digest, str) for name, digest in files.items()
    ):
        raise BundleError(f"{manifest}: is damaged; train the bot again")
    for name in REQUIRED:
        if name not in files:
            raise BundleError(f"{manifest}: does not list {name}; train the bot again")
    for name, digest in files.items():
        if name in LIVING:  # never opened here: closing it would end another's locks on it
            if not (folder / name).is_file():
                raise BundleError(_missing(folder / name))
        else:
            _checked(folder / name, digest)
    return Bundle(folder, files)


def write_bundle(path: str | Path, files: Mapping[str, bytes], replace: bool = False) -> Bundle:
    """Writes a bundle beside `path`, then renames it into place: it is there whole or not at all.

    Raises:
        DiskError: it cannot be written; nothing is left behind and an old bundle is untouched.
        BundleError: something that may not be replaced is in the way (see `check_place`).
    """
    place = Path(path)
    check_place(place, replace)
    whole = Path(os.path.abspath(place))  # "." has no name
    fresh = _beside(whole, "new")
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    manifest = json.dumps({"format": FORMAT, "files": digests}, indent=1).encode()
    try:
        whole.parent.mkdir(parents=True, exist_ok=True)
        fresh.mkdir()
        for name, data in {**files, MANIFEST: manifest}.items():
            with (fresh / name).open("xb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
        _sync(fresh)
        _swap(fresh, whole)
        _sync(whole.parent)
    except OSError as error:
        raise DiskError(
            f"{place}: cannot be written ({error.strerror}); free some space or choose "
            "another --out"
        ) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return Bundle(place, digests)


def check_place(path: str | Path, replace: bool = False) -> None:
    """Whether a bundle could be written here; asked before training, not after.

    Raises:
        BundleError: something is there that is not a bundle, or a bundle and `replace` is False.
        DiskError: the folder above cannot be written.
    """
    place = Path(path)
    if place.is_symlink() or place.exists():
        if not (place / MANIFEST).is_file():
            if place.is_symlink() or not place.is_dir() or any(place.iterdir()):
                raise BundleError(f"{place}: exists and is not a trained bot; choose another --out")
        elif not replace:
            raise BundleError(
                f"{place}: a bot is there already; add --force to replace it, or choose another "
                "--out"
            )
    above = place.absolute().parent
    while not above.exists():
        above = above.parent
    if not above.is_dir():
        raise DiskError(f"{place}: {above} is not a folder; choose another --out")
    if not os.access(above, os.W_OK | os.X_OK):
        raise DiskError(f"{place}: {above} may not be written to; choose another --out")
    try:
        os.rmdir(tempfile.mkdtemp(prefix=".dialog-s2s-", dir=above))
    except OSError as error:  # permissions do not tell all: a read-only or special file system
        raise DiskError(
            f"{place}: {above} cannot be written to ({error.strerror}); choose another --out"
        ) from None


def _stamp(place: Path) -> tuple[int, int] | None:
    """What tells one bundle at a place from the next; None where there is none."""
    try:
        found = (place / MANIFEST).stat()
    except (OSError, ValueError):  # a name may hold what no name can
        return None
    return found.st_ino, found.st_mtime_ns


def _awaited(place: Path, until: float) -> tuple[int, int] | None:
    """The stamp of a place; while its bundle is being swapped for another, that is waited for."""
    while _stamp(place) is None and _swapped(place) and time.monotonic() < until:
        time.sleep(0.005)
    return _stamp(place)


def _swapped(place: Path) -> bool:
    """Whether something that stood at a place was moved aside; see `_swap`."""
    try:
        names = os.listdir(place.parent)
    except (OSError, ValueError):
        return False
    head = f".{place.name[:32]}."
    return any(name.startswith(head) and name.endswith(".old") for name in names)


def _plain(name: str) -> bool:
    """Whether it names a file in a folder, and nothing else."""
    return name.isprintable() and name not in ("", "..") and name == Path(name).name


def _missing(file: Path) -> str:
    return f"{file}: is missing; copy the whole folder, or train again"


def _checked(file: Path, digest: str) -> bytes:
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        raise BundleError(_missing(file)) from None
    except OSError as error:
        raise BundleError(f"{file}: {error.strerror}; check its permissions") from None
    if hashlib.sha256(data).hexdigest() != digest:
        raise BundleError(
            f"{file}: has changed since it was written (sha256 differs); copy it again, or train "
            "again"
        )
    return data


def _swap(fresh: Path, place: Path) -> None:
    """Renames `fresh` to `place`; what was there is moved aside first and removed last."""
    if not place.exists():
        fresh.rename(place)
        return
    old = _beside(place, "old")
    place.rename(old)
    try:
        _put(fresh, place)
    except BaseException:  # Ctrl-C too
        _put(old, place)
        raise
    if old.is_symlink():
        old.unlink()
    else:
        shutil.rmtree(old, ignore_errors=True)


def _put(folder: Path, place: Path) -> None:
    """Renames a folder to a place where nothing was a moment ago."""
    try:
        folder.rename(place)
    except OSError:
        # a bot that was loaded from there may have made the folder again, for its index
        if not place.is_dir() or (place / MANIFEST).exists():
            raise
        aside = _beside(place, "old")
        place.rename(aside)
        folder.rename(place)
        shutil.rmtree(aside, ignore_errors=True)


def _beside(place: Path, ending: str) -> Path:
    # cut, or it would be too long where the name itself just is not
    return place.with_name(f".{place.name[:32]}.{secrets.token_hex(4)}.{ending}")


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
