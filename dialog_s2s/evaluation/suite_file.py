"""Cases written to a suite: what was asked and answered, from now on expected."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from yaml.nodes import SequenceNode

from dialog_s2s.dialogue.reply import UNKNOWN
from dialog_s2s.errors import DataError, UsageError
from dialog_s2s.evaluation.case_reader import cases_of_file, read_case
from dialog_s2s.evaluation.cases import Case
from dialog_s2s.evaluation.placed import from_yaml
from dialog_s2s.evaluation.suite_text import HEADER, quoted
from dialog_s2s.evaluation.suites import YAML, cases_of
from dialog_s2s.files import replacing
from dialog_s2s.text.lines import Line, stream
from dialog_s2s.text.nodes import MAX_BYTES

_INDENT = 2
_DASH = re.compile(r"-(\s|$)")


def case_text(
    turns: Sequence[tuple[str, str, str]], name: str | None = None, persona: str = ""
) -> str:
    """YAML of one case, from questions, their replies and the sources of these.

    A reply is expected as it is; one of the source `unknown` only to be unknown again.

    Raises:
        UsageError: there are no turns, or a question or a reply is blank.
    """
    if not turns:
        raise UsageError("there is nothing to expect; ask something first")
    exchanges = []
    for ask, reply, source in turns:
        if not ask.strip() or not reply.strip():
            raise UsageError("a question or a reply is blank; it cannot be kept in a suite")
        expect = f"{{source: {UNKNOWN}}}" if source == UNKNOWN else quoted(reply)
        exchanges.append([f"ask: {quoted(ask)}", f"expect: {expect}"])
    lines = [f"name: {quoted(name)}"] if name else []
    lines += [f"persona: {quoted(persona)}"] if persona else []
    if len(exchanges) == 1:
        lines += exchanges[0]
    else:
        lines.append("turns:")
        for asked, expected in exchanges:
            lines += [f"  - {asked}", f"    {expected}"]
    return "- " + "\n  ".join(lines) + "\n"


def append_case(path: str | Path, text: str) -> int:
    """Adds a case, as `case_text` writes it, to the end of a suite in YAML; a file that is not
    there is made. What is in the file stays as it is, byte for byte.

    Returns how many cases the file has now.

    Raises:
        UsageError: the file's name does not end in .yaml or .yml, or the case is there already.
        DataError: the file is not a suite, or one to whose end nothing can be added; it is left
            as it is.
        DiskError: the file cannot be written; it is left as it is.
    """
    if Path(path).suffix.lower() not in YAML:
        raise UsageError(f"{path}: a case is added to a file that ends in {' or '.join(YAML)}")
    case = _one(text)
    place = Path(path)
    with replacing(path) as fresh:
        present = place.exists() and not (place.is_file() and place.stat().st_size == 0)
        old = _listed(place, str(path)) if present else _Listed()
        _check_new(case, old.cases)
        fresh.write(_extended(place.read_bytes() if present else b"", text, old.indent))
        fresh.flush()
        if _end(Path(fresh.name), str(path), old) != (*old.last, case):
            raise DataError("does not end with its list of cases; add the case by hand", path)
    return len(old.cases) + 1


def _one(text: str) -> Case:
    lines = (Line(*each) for each in enumerate(("cases:\n" + text).split("\n")))
    cases = cases_of(lines, "the case")
    if len(cases) != 1:
        raise UsageError(f"one case is added at a time, not {len(cases)}")
    return cases[0]


@dataclass(frozen=True, slots=True)
class _Listed:
    """The cases of a file and where its list ends."""

    cases: tuple[Case, ...] = ()
    last: tuple[Case, ...] = ()
    """Those of the last item."""
    indent: int = _INDENT
    """The column of the list."""
    line: int = 0
    """Where the last item's mapping begins, from 0."""


def _listed(place: Path, file: str) -> _Listed:
    listed = cases_of_file(from_yaml(stream(place), file))
    node = listed.node
    if listed.is_empty:
        return _Listed()
    if isinstance(node, SequenceNode) and node.flow_style:
        raise listed.fault(
            "cases is a list in brackets, to which nothing can be added; put each case in lines "
            "of its own after a -, or delete the brackets if they are empty"
        )
    groups = [read_case(item) for item in listed.items("cases")]
    return _Listed(
        tuple(case for group in groups for case in group),
        groups[-1],
        node.start_mark.column,
        node.value[-1].start_mark.line,
    )


def _check_new(case: Case, old: Sequence[Case]) -> None:
    for each in old:
        if _asked(each) == _asked(case):
            raise UsageError(f"the case is there already ({each.origin}); delete it there first")


def _asked(case: Case) -> object:
    """What makes cases the same, whatever they are called."""
    return case.turns, case.persona, case.settings, case.expect_all, case.expect_any


def _extended(before: bytes, text: str, indent: int) -> bytes:
    """What the file will hold."""
    head = before or (HEADER + "cases:\n").encode()
    end = "\r\n" if head.split(b"\n", 1)[0].endswith(b"\r") else "\n"
    if not head.endswith(b"\n"):
        head += end.encode()
    lines = (" " * indent + line if line else "" for line in text.rstrip("\n").split("\n"))
    return head + "".join(line + end for line in lines).encode()


def _end(fresh: Path, file: str, old: _Listed) -> tuple[Case, ...]:
    """The cases of the file's end, from the last item that it had; nothing where that is no list.

    YAML is read from its start to its end, so what is added cannot change what stood before: it
    is enough to read the last item, which may not have ended, and what was added.
    """
    if fresh.stat().st_size > MAX_BYTES:
        raise DataError(f"would be larger than {MAX_BYTES:,} bytes; begin another suite", file)
    lines = [line.text for line in stream(fresh)]
    if not old.last:
        tail = lines
    else:
        dash = old.line  # the - stands before its mapping, or on a line above
        while dash >= 0 and not _DASH.match(lines[dash].expandtabs(1), old.indent):
            dash -= 1
        if dash < 0 or lines[dash][: old.indent].strip():
            return ()
        tail = ["cases:", *lines[dash:]]
    try:
        return cases_of(map(Line._make, enumerate(tail, 1)), file)
    except DataError:  # the complaint would be about lines that are not in the file
        return ()
