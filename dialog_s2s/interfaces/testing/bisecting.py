"""Which bundle of a row, oldest first, broke each case that the newest fails."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from dialog_s2s import bundle
from dialog_s2s.bundle import MANIFEST, open_bundle, write_bundle
from dialog_s2s.errors import BundleError, UsageError
from dialog_s2s.evaluation.compare import Bisection, bisect
from dialog_s2s.interfaces.lines import cleaned
from dialog_s2s.interfaces.listing import counted
from dialog_s2s.interfaces.sanitize import clean
from dialog_s2s.training.folder import CHECKPOINTS, RECORD, WEIGHTS, weights_kept

FOLDERS = ("checkpoints", "bundles")
"""Where bundles of a training may be kept, below its own folder."""

Passed = Mapping[str, bool]
"""Whether each case passed, by its key."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A case that the newest bundle fails."""

    key: str
    found: Bisection


def row_of(places: Sequence[str]) -> list[str]:
    """The bundles of a row, oldest first: the checkpoints of a training, those of one folder by
    when they were written, or several in the order given.

    Raises:
        UsageError: there are fewer than two.
    """
    found: list[str] = []
    for place in places:
        found += [place] if (Path(place) / MANIFEST).is_file() else _within(place)
    if len(found) < 2:
        raise UsageError(
            f"--bisect {places[0]}: needs two bundles or more. Give the folder of a training, "
            "runs/NAME, for its checkpoints (training.keep says how many are kept); a folder of "
            "bundles, which are taken by when they were written; or one --bisect for each, the "
            "oldest first"
        )
    return found


@contextmanager
def loadable(place: str) -> Iterator[str]:
    """A bundle for a place of a row: that place, or for a checkpoint the bot of its training, with
    the weights of then, for as long as the context lasts.

    Raises:
        BundleError: the bot is not where the training put it, or the checkpoint is damaged.
        DiskError: there is no room for the copy.
    """
    checkpoint = Path(place)
    if not (checkpoint / WEIGHTS).is_file():
        yield place
        return
    run = checkpoint.absolute().parent.parent
    bot = open_bundle(run.parent.parent / run.name)
    try:
        files = {name: (bot.path / name).read_bytes() for name in bot.files}
        files[bundle.WEIGHTS] = (checkpoint / WEIGHTS).read_bytes()
    except OSError as error:
        raise BundleError(f"{error.filename}: cannot be read ({error.strerror})") from None
    with tempfile.TemporaryDirectory(prefix="dialog-s2s-", ignore_cleanup_errors=True) as folder:
        yield str(write_bundle(Path(folder) / checkpoint.name, files).path)


def search(
    bundles: Sequence[str], ask: Callable[[str, Sequence[str] | None], Passed]
) -> list[Broken]:
    """The cases that the last bundle fails, each with where that begins.

    `ask` runs some cases by their keys, or all, on a bundle. It is called once for a bundle, with
    all cases that the last one fails, so no bot is loaded twice.

    Raises:
        UsageError: as `bisect` does.
    """
    last = ask(bundles[-1], None)
    failing = [key for key, passed in last.items() if not passed]
    known: dict[str, Passed] = {bundles[-1]: last}

    def passes(bundle: str, key: str) -> bool:
        if bundle not in known:
            known[bundle] = ask(bundle, failing)
        return known[bundle][key]

    return [
        Broken(key, bisect(bundles, lambda bundle, key=key: passes(bundle, key)))  # type: ignore[misc]
        for key in failing
    ]


def told(bundles: Sequence[str], broken: Sequence[Broken]) -> list[str]:
    """A line for each case."""
    if not broken:
        return [clean(f"Nothing to look for: all cases pass with the newest, {bundles[-1]}")]
    lines = [f"{counted(len(broken), 'case')} of the newest bundle, {bundles[-1]}, do not pass:"]
    for each in broken:
        place = each.found.first_failing
        assert place is not None  # the last fails
        if place == 0:
            lines.append(f"  {each.key}: fails with the oldest already, {bundles[0]}")
        else:
            lines.append(
                f"  {each.key}: passes with {bundles[place - 1]}, first fails with {bundles[place]}"
            )
    return [clean(line) for line in lines]


def written(bundles: Sequence[str], broken: Sequence[Broken], out: TextIO, as_json: bool) -> None:
    """The lines, or one JSON object: `bundles`, and `cases` with `case`, `first_failing` and
    `last_passing` (a bundle, or null) and `looked_at` (whether it passed, by bundle)."""
    if not as_json:
        for line in told(bundles, broken):
            out.write(f"{clean(line)}\n")
        return
    cases = []
    for each in broken:
        place = each.found.first_failing
        assert place is not None
        cases.append(
            {
                "case": each.key,
                "first_failing": bundles[place],
                "last_passing": bundles[place - 1] if place else None,
                "looked_at": {bundles[at]: passed for at, passed in each.found.passed.items()},
            }
        )
    tree = cleaned({"bundles": list(bundles), "cases": cases})
    out.write(json.dumps(tree, ensure_ascii=False, allow_nan=False) + "\n")


def _within(place: str) -> list[str]:
    """The checkpoints of a training, or else the bundles in a folder, or in folders below it, by
    when they were written."""
    folder = Path(place)
    if not folder.is_dir():
        raise UsageError(f"--bisect {place}: is no folder; give a bundle, or a folder of bundles")
    if (folder / RECORD).is_file():
        return [str(each) for each in weights_kept(folder / CHECKPOINTS)]
    within = [folder, *(folder / name for name in FOLDERS)]
    found = [file for each in within for file in each.glob(f"*/{MANIFEST}")]
    found.sort(key=lambda file: (file.stat().st_mtime_ns, str(file)))
    return [str(file.parent) for file in found]
