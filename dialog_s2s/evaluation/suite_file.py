"""Cases written to a suite: what was asked and answered, from now on expected."""

from __future__ import annotations

import json
import os
import re
import secrets
import stat
from collections.abc import Sequence
from pathlib import Path

from yaml.nodes import SequenceNode

from dialog_s2s.dialogue.reply import UNKNOWN
from dialog_s2s.errors import DataError, DiskError, UsageError
from dialog_s2s.evaluation.placed import from_yaml
from dialog_s2s.evaluation.suites import YAML, Case, cases_of
from dialog_s2s.text.lines import Line, stream

HEADER = """\
# Replies that the bot is expected to give.
# A case has "ask" and "expect", or "turns", a list of those.
# An "expect" is a reply, a list of replies, or a mapping of assertions; see docs/suites.md.
"""

_INDENT = 2
# Beyond what JSON escapes: what YAML may not hold or takes for a line end, what reorders a line.
_HIDDEN = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")


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
        expect = f"{{source: {UNKNOWN}}}" if source == UNKNOWN else _quoted(reply)
        exchanges.append([f"ask: {_quoted(ask)}", f"expect: {expect}"])
    lines = [f"name: {_quoted(name)}"] if name else []
    lines += [f"persona: {_quoted(persona)}"] if persona else []
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
    place = Path(os.path.realpath(path))  # or a link would be replaced by a file
    fresh = place.with_name(f".{place.name[:32]}.{secrets.token_hex(4)}.new")
    try:
        present = place.exists() and not (place.is_file() and place.stat().st_size == 0)
        old, indent = _listed(place, str(path)) if present else ((), _INDENT)
        before = place.read_bytes() if present else b""
        _check_new(case, old)
        try:
            _write(fresh, _extended(before, text, indent), place)
            if _reread(fresh, str(path)) != (*old, case):
                raise DataError("does not end with its list of cases; add the case by hand", path)
            os.replace(fresh, place)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as error:
        raise DiskError(
            f"{path}: cannot be written ({error.strerror}); choose another place, or see whether "
            "its folder may be written to"
        ) from None
    return len(old) + 1


def _one(text: str) -> Case:
    lines = (Line(*each) for each in enumerate(("cases:\n" + text).split("\n")))
    cases = cases_of(lines, "the case")
    if len(cases) != 1:
        raise UsageError(f"one case is added at a time, not {len(cases)}")
    return cases[0]


def _listed(place: Path, file: str) -> tuple[tuple[Case, ...], int]:
    """The cases of a file, and the column of its list."""
    listed = from_yaml(stream(place), file).entries("the file", ("cases",))["cases"]
    node = listed.node
    if listed.is_empty:
        return (), _INDENT
    if isinstance(node, SequenceNode) and node.flow_style:
        raise listed.fault(
            "cases is a list in brackets, to which nothing can be added; put each case in lines "
            "of its own after a -, or delete the brackets if they are empty"
        )
    return cases_of(stream(place), file), node.start_mark.column


def _check_new(case: Case, old: Sequence[Case]) -> None:
    for each in old:
        same = (each.turns, each.persona, each.settings) == (
            case.turns,
            case.persona,
            case.settings,
        )
        if same:
            raise UsageError(f"the case is there already ({each.origin}); delete it there first")


def _extended(before: bytes, text: str, indent: int) -> bytes:
    """What the file will hold."""
    head = before or (HEADER + "cases:\n").encode()
    end = "\r\n" if head.split(b"\n", 1)[0].endswith(b"\r") else "\n"
    if not head.endswith(b"\n"):
        head += end.encode()
    lines = (" " * indent + line if line else "" for line in text.rstrip("\n").split("\n"))
    return head + "".join(line + end for line in lines).encode()


def _write(fresh: Path, data: bytes, place: Path) -> None:
    with fresh.open("xb") as stream:
        if place.exists():
            fresh.chmod(stat.S_IMODE(place.stat().st_mode))
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _reread(fresh: Path, file: str) -> tuple[Case, ...]:
    try:
        return cases_of(stream(fresh), file)
    except DataError:  # the complaint would be about lines that are not in the file
        return ()


def _quoted(text: str) -> str:
    """A text as YAML reads it back, on one line."""
    return _HIDDEN.sub(lambda char: f"\\u{ord(char[0]):04x}", json.dumps(text, ensure_ascii=False))
