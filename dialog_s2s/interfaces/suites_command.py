"""`dialog-s2s suite`: suites that are made from what is there, and checked before they are asked.

Nothing here loads a model, and no function that a suite names is run.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import dialog_s2s
from dialog_s2s.bundle import open_bundle
from dialog_s2s.errors import DataError, UsageError
from dialog_s2s.evaluation import suite_schema
from dialog_s2s.evaluation.cases import Case, Suite
from dialog_s2s.evaluation.custom import Custom
from dialog_s2s.evaluation.derived import FITTED, from_corpus, unknown
from dialog_s2s.evaluation.leaks import Leak, leaks
from dialog_s2s.evaluation.robust import robust
from dialog_s2s.evaluation.suite_text import suite_text
from dialog_s2s.evaluation.suites import YAML, read_suite
from dialog_s2s.files import write_whole
from dialog_s2s.interfaces.exports import write_new
from dialog_s2s.interfaces.lines import cleaned
from dialog_s2s.interfaces.listing import counted
from dialog_s2s.interfaces.pairs import open_rows
from dialog_s2s.interfaces.sanitize import clean, clean_lines
from dialog_s2s.memory.rows import Row

HEADLINE = "# yaml-language-server: $schema="
"""How the first line of a suite begins that names its schema to editors."""


def suite(options: argparse.Namespace) -> None:
    """Does one action. Raises as that action does."""
    _ACTIONS[options.action](options)


def _from_corpus(options: argparse.Namespace) -> None:
    if options.bundle and not options.held_out:
        raise UsageError("--bundle tells what a bot kept aside; give --held-out with it")
    share, seed = None, 1 if options.seed is None else options.seed
    if options.held_out and not options.bundle:
        share = dialog_s2s.plan(options.files, format=options.format).text.held_out
    elif options.bundle:
        if options.seed is not None:
            raise UsageError("--seed is that of the bundle's training; leave out one of the two")
        opened = open_bundle(options.bundle)
        config = opened.config()
        share, seed = config.text.held_out, config.training.seed
        if not share:
            raise UsageError(f"{opened.path}: its training kept nothing aside; ask another file")
    made = from_corpus(
        options.files, held_out=share, limit=options.limit, seed=seed, format=options.format
    )
    _write(made, options)


def _robust(options: argparse.Namespace) -> None:
    read = read_suite(options.suite)
    _write(robust(read, options.seed, options.kinds), options)
    place = Path(options.out or ".")
    if _calls(read) and (place.parent if options.out else place).resolve() != _folder(read):
        _say(f"warning: names functions relative to {_folder(read)}; keep the new suite there")


def _unknown(options: argparse.Namespace) -> None:
    wanted = {options.language: options.count}
    if options.language == "all":
        wanted = {"en": (options.count + 1) // 2, "ko": options.count // 2}
    cases: list[Case] = []
    with _rows(options.bundle) as rows:
        for language, count in wanted.items():
            if count:
                cases += unknown(language, count, options.seed, rows).cases
    _write(Suite(f"unknown.{options.language}", tuple(cases)), options)
    fitted = sum(FITTED in case.tags for case in cases)
    if fitted:
        _say(f"{fitted} of them are tagged {FITTED}: training sets its threshold by these")
    if len(cases) < options.count:
        _say(f"there are no more than {counted(len(cases), 'such question')}")


def _check(options: argparse.Namespace) -> None:
    told = _as_json if options.json else _as_lines
    mistakes, leaking, expecting = [], 0, 0
    with _rows(options.bundle) as rows:
        for file in options.suites:
            try:
                read = read_suite(file)
            except DataError as error:
                mistakes.append(str(error))
                continue
            found = leaks(read, rows)
            leaking += len(found)
            expecting += _expecting(read)
            told(read, found, sys.stdout, options.bundle is not None)
    if leaking:
        _say(
            f"warning: {leaking} of {counted(expecting, 'question')} with expectations "
            f"{'was' if leaking == 1 else 'were'} trained on, word for word: a pass tells that the "
            "bot keeps what it was taught, not how it takes other wordings"
        )
    if mistakes:
        raise DataError("\n".join(mistakes))


def _schema(options: argparse.Namespace) -> None:
    if options.out is None:
        sys.stdout.write(clean_lines(suite_schema.text()))
        place = suite_schema.FILE
    else:
        place = _save(options.out, suite_schema.text(), options.force)
        _say(f"wrote {place}")
    _say(f"the first line of a suite, for editors: {HEADLINE}{place}")


_ACTIONS: Mapping[str, Callable[[argparse.Namespace], None]] = {
    "from-corpus": _from_corpus,
    "robust": _robust,
    "unknown": _unknown,
    "check": _check,
    "schema": _schema,
}


@contextmanager
def _rows(bundle: str | None) -> Iterator[Iterable[Row]]:
    """What a bot remembers; nothing without a bot."""
    if bundle is None:
        yield ()
    else:
        with open_rows(bundle) as rows:
            yield rows


def _as_lines(read: Suite, found: Sequence[Leak], out: TextIO, compared: bool) -> None:
    asked = sum(len(case.turns) for case in read.cases)
    line = f"{read.file}: {counted(len(read.cases), 'case')}, {counted(asked, 'question')}, "
    line += f"{_expecting(read)} with expectations"
    out.write(clean(line + (f"; {len(found)} trained on" if compared else "")) + "\n")
    for leak in found:
        text = json.dumps(leak.step.ask, ensure_ascii=False)
        out.write(clean(f"  {leak.step.origin}: {text} was trained on ({leak.origin})") + "\n")


def _as_json(read: Suite, found: Sequence[Leak], out: TextIO, compared: bool) -> None:
    tree: dict[str, object] = {
        "suite": read.file,
        "cases": len(read.cases),
        "questions": sum(len(case.turns) for case in read.cases),
        "expecting": _expecting(read),
        "tags": dict(Counter(tag for case in read.cases for tag in case.tags)),
    }
    if compared:
        tree["leaks"] = [
            {"case": case.name, "question": step.ask, "at": str(step.origin), "origin": origin}
            for case, step, origin in found
        ]
    out.write(json.dumps(cleaned(tree), ensure_ascii=False) + "\n")


def _expecting(read: Suite) -> int:
    """The questions of whose replies something is expected."""
    return sum(
        bool(step.expected or case.expect_all or case.expect_any)
        for case in read.cases
        for step in case.turns
    )


def _calls(read: Suite) -> bool:
    """Whether a case names a function."""
    return any(
        isinstance(each, Custom)
        for case in read.cases
        for expected in (case.expect_all, case.expect_any, *(step.expected for step in case.turns))
        for each in expected
    )


def _folder(read: Suite) -> Path:
    return Path(read.file).resolve().parent


def _write(made: Suite, options: argparse.Namespace) -> None:
    """A suite to `--out`, else to stdout.

    Raises:
        UsageError: the file's name does not tell YAML, or as `_save` does.
        DiskError: as `_save` does.
    """
    if options.out is None:
        sys.stdout.write(clean_lines(_shown(suite_text(made))))
        return
    if Path(options.out).suffix.lower() not in YAML:
        raise UsageError(f"{options.out}: suites are written as YAML; end its name in {YAML[0]}")
    place = _save(options.out, suite_text(made), options.force)
    _say(f"{place}: {counted(len(made.cases), 'case')}")


def _shown(text: str) -> str:
    """A suite as a terminal may show it, and read back the same: every text in it is quoted, so
    what a terminal would obey can be written as an escape."""
    return "".join(
        char if char == "\n" or clean(char) == char else f"\\u{ord(char):04x}" for char in text
    )


def _save(file: str, text: str, over: bool) -> Path:
    """Writes a file, whole or not at all.

    Raises:
        UsageError: it is there, and may not be written `over`.
        DiskError: it cannot be written.
    """
    place = Path(os.path.expanduser(file))
    if not over or not place.exists():
        if place.exists():
            raise UsageError(f"{place}: exists already; choose another name, or give --force")
        return write_new(file, text)
    write_whole(place, text.encode())
    return place


def _say(line: str) -> None:
    sys.stderr.write(f"{clean(line)}\n")
