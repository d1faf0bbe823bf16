"""Corpora in many formats, to dialogues: streamed, strict, each turn with its file and line.

A mistake in a file is a DataError that begins with `file:line`; nothing is skipped in silence.
Files are read as a stream, so memory does not grow with them (YAML excepted, which is capped).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from pathlib import Path

from dialog_s2s.errors import DataError, UsageError
from dialog_s2s.text import delimited, intents, jsonl, lines
from dialog_s2s.text.fields import fault, kind, pair
from dialog_s2s.text.lines import Line
from dialog_s2s.text.turns import Dialogue, Origin

FORMATS: tuple[str, ...] = ("csv", "tsv", "jsonl", "yaml", "parallel")

_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".yaml": "yaml",
    ".yml": "yaml",
}
_LANGUAGE = re.compile(r"(?!txt|log|dat|out|raw)[a-z]{2,3}([-_][a-z]{2,4})?", re.IGNORECASE)


def read(paths: Sequence[str | Path], format: str | None = None) -> Iterator[Dialogue]:
    """The dialogues of all files, in order; `.gz` files are decompressed on the way.

    `format` is one of FORMATS, or None to choose for each file, by its suffix or else by its
    first line. "parallel" takes pairs of text files (source1 target1 source2 target2 ...): line
    i of the second answers line i of the first.

    Raises UsageError at once for a call that makes no sense, and DataError, on the way, for a
    file that cannot be read or that breaks a rule of its format.
    """
    if isinstance(paths, str | Path):
        raise UsageError(f"the paths must be a list; write [{str(paths)!r}]")
    if not paths:
        raise UsageError("no files to read; name at least one")
    if format is not None and format not in FORMATS:
        near = difflib.get_close_matches(format, FORMATS, 1, 0.5)
        hint = f"is {near[0]} meant? " if near else ""
        raise UsageError(f"unknown format {format!r}; {hint}It must be one of {', '.join(FORMATS)}")
    files = [Path(path) for path in paths]
    if format == "parallel":
        if len(files) % 2:
            raise UsageError(
                f"parallel text takes an even number of files, not {len(files)}: "
                "source1 target1 source2 target2 ..."
            )
        return chain.from_iterable(
            _parallel(*both) for both in zip(files[::2], files[1::2], strict=True)
        )
    if format is None:
        _suggest_parallel(files)
    return chain.from_iterable(_file(file, format) for file in files)


def from_items(items: Iterable[object]) -> Iterator[Dialogue]:
    """Dialogues from Python data; an item's origin is `<items>` and its number, from 1.

    An item is a (question, answer) tuple, a mapping of one of the shapes of `jsonl`, or a
    Dialogue, which passes as it is. Raises DataError for any other item, and for no items.
    """
    index = 0
    for index, item in enumerate(items, 1):
        where = Origin("<items>", index)
        if isinstance(item, Dialogue):
            yield item
        elif isinstance(item, Mapping):
            yield jsonl.dialogue(item, where)
        elif isinstance(item, list | tuple):
            if len(item) != 2:
                raise fault(f"{len(item)} values; there must be two: question, answer", where)
            yield pair(item[0], item[1], where)
        else:
            raise fault(
                f"{kind(item)}; it must be a (question, answer) tuple, a mapping or a Dialogue",
                where,
            )
    if not index:
        raise DataError("is empty; it must hold at least one question and answer", "<items>")


def _file(path: Path, format: str | None) -> Iterator[Dialogue]:
    """The dialogues of one file."""
    source, file = lines.stream(path), str(path)
    format = format or _SUFFIXES.get(_plain(path).suffix.lower())
    if format is None:
        format, source = _by_content(source, file)
    match format:
        case "csv":
            return delimited.read(source, file)
        case "tsv":
            return delimited.read(source, file, "\t")
        case "jsonl":
            return jsonl.read(source, file)
        case _:
            return intents.read(source, file)


def _plain(path: Path) -> Path:
    """`path` without `.gz`."""
    return path.with_suffix("") if path.suffix.lower() == ".gz" else path


def _by_content(source: Iterator[Line], file: str) -> tuple[str, Iterator[Line]]:
    """The format that the first line that is not blank shows, and all the lines."""
    line = next(line for line in source if line.text.strip())
    text = line.text.strip()
    # Only what is left to see is put back: blank lines mean nothing to these formats.
    source = chain([line], source)
    if text.startswith(("{", "[{")) or text == "[":
        return "jsonl", source
    if "\t" in text:
        return "tsv", source
    if "," in text or ";" in text:
        return "csv", source
    raise DataError(
        f"neither name nor first line tells the format; give --format ({', '.join(FORMATS)})",
        file,
        line.number,
    )


def _suggest_parallel(files: list[Path]) -> None:
    """Raise UsageError if two plain files' names differ only in a language (train.de train.en)."""
    seen: dict[tuple[str, ...], Path] = {}
    for path in dict.fromkeys(files):
        if _plain(path).suffix.lower() in _SUFFIXES:
            continue
        parts = _plain(path).name.split(".")
        for place in range(1, len(parts)):
            if not _LANGUAGE.fullmatch(parts[place]):
                continue
            rest = (str(path.parent), *parts[:place], "*", *parts[place + 1 :])
            other = seen.setdefault(rest, path)
            if _plain(other).name != _plain(path).name:
                raise UsageError(
                    f"{other} and {path} look like the two sides of a translation; "
                    "give --format parallel, with each source before its target"
                )


def _parallel(source: Path, target: Path) -> Iterator[Dialogue]:
    """Line i of `source` as the question, line i of `target` as the answer."""
    for asked, answered in zip_longest(lines.stream(source), lines.stream(target)):
        if asked is None or answered is None:
            longer, shorter = (target, source) if asked is None else (source, target)
            number = (asked or answered).number
            raise DataError(
                f"{shorter} has only {number - 1} lines; both files must have the same number",
                longer,
                number,
            )
        if asked.text.strip() or answered.text.strip():
            yield pair(
                asked.text,
                answered.text,
                Origin(str(source), asked.number),
                Origin(str(target), answered.number),
            )
