"""The blessed baseline: what came of a suite when its replies were last looked at and found good.

`replies.baseline.yaml` stands beside `replies.suite.yaml`, in version control. One fact a line:

    cases:
      - case: "replies.suite.yaml: Sunday"
        variants:
          - variant: "bots/shop method=sample"
            passed: 2                 # of so many attempts
            asked: 3
            replies:
              - times: 2
                said: "At ten."       # or a list, with the reply to each question
              - times: 1
                said: "We are closed."
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from yaml.nodes import ScalarNode

from dialog_s2s.evaluation.placed import Placed, from_yaml
from dialog_s2s.evaluation.runs import Run
from dialog_s2s.evaluation.verdicts import (
    Baseline,
    Blessed,
    Said,
    Verdict,
    blessed,
    merged,
    reworded,
    verdict,
)
from dialog_s2s.files import write_whole
from dialog_s2s.text.lines import Line, stream

__all__ = [
    "Baseline",
    "Blessed",
    "Verdict",
    "baseline_path",
    "baseline_text",
    "blessed",
    "merged",
    "read_baseline",
    "reworded",
    "text_of",
    "verdict",
    "write_baseline",
]

HEADER = """\
# Replies that were looked at and found good, to compare later runs with; see docs/suites.md.
# Written by the program: bless a run to change it.
"""

# Beyond what JSON escapes: what YAML may not hold or takes for a line end, what reorders a line.
_HIDDEN = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")


def baseline_path(suite: str | Path) -> Path:
    """Where the baseline of a suite's file is: beside it."""
    path = Path(suite)
    return path.with_name(path.stem.removesuffix(".suite") + ".baseline.yaml")


def baseline_text(run: Run) -> str:
    """The file of the baseline that a run makes. Raises as `blessed` does."""
    return text_of(blessed(run))


def text_of(baseline: Baseline) -> str:
    """The file of a baseline: cases and variants by name, replies by how often they came."""
    lines = [HEADER + "cases:"]
    before = None
    for name, variant in sorted(baseline):
        each = baseline[name, variant]
        if name != before:
            lines += [f"  - case: {_quoted(name)}", "    variants:"]
        before = name
        lines += [
            f"      - variant: {_quoted(variant)}",
            f"        passed: {each.passed}",
            f"        asked: {each.asked}",
            "        replies:",
        ]
        for said, times in sorted(each.replies.items(), key=lambda reply: (-reply[1], reply[0])):
            lines.append(f"          - times: {times}")
            if len(said) == 1:
                lines.append(f"            said: {_quoted(said[0])}")
            else:
                lines += ["            said:", *(f"              - {_quoted(t)}" for t in said)]
    return "\n".join(lines) + ("\n" if baseline else " []\n")


def read_baseline(path: str | Path) -> Baseline:
    """The baseline in a file.

    Raises:
        DataError: with the line, where it cannot be read or is not as `text_of` writes one.
    """
    return _read(stream(path), str(path))


def write_baseline(path: str | Path, run: Run) -> None:
    """Blesses a run: what is in the file is kept but for what the run was asked, and for cases that
    are gone from its suites. The file is replaced whole or not at all.

    Raises:
        DataError: what is there is not a baseline; it is left as it is.
        DiskError: the file cannot be written; it is left as it is.
        UsageError: as `blessed` does.
    """
    old = read_baseline(path) if Path(path).exists() else {}
    write_whole(path, text_of(merged(old, run)).encode())


def _quoted(text: str) -> str:
    """A text as YAML reads it back, on one line."""
    return _HIDDEN.sub(lambda char: f"\\u{ord(char[0]):04x}", json.dumps(text, ensure_ascii=False))


def _read(source: Iterable[Line], file: str) -> Baseline:
    listed = _entries(from_yaml(source, file), "the file", ("cases",))["cases"]
    found: dict[tuple[str, str], Blessed] = {}
    for case in _items(listed, "cases"):
        entries = _entries(case, "a case", ("case", "variants"))
        for value in entries["variants"].items("variants"):
            of = _entries(value, "a variant", ("variant", "passed", "asked", "replies"))
            name = (entries["case"].text("case"), of["variant"].text("variant"))
            if name in found:
                raise value.fault("the case has this variant twice; bless the run again")
            found[name] = _blessed(value, of)
    return found


def _blessed(value: Placed, entries: Mapping[str, Placed]) -> Blessed:
    passed, asked = entries["passed"].whole("passed"), entries["asked"].whole("asked")
    if not asked > 0 or passed > asked:
        raise value.fault(f"{passed} of {asked} passed, which cannot be; bless the run again")
    replies: dict[Said, int] = {}
    for item in entries["replies"].items("replies"):
        reply = _entries(item, "a reply", ("times", "said"))
        said, times = _texts(reply["said"]), reply["times"].whole("times")
        if said in replies or not times:
            raise item.fault("a reply is listed twice, or came no times; bless the run again")
        replies[said] = times
    if sum(replies.values()) != asked:
        raise value.fault(
            f"asked {asked} times, but with {sum(replies.values())} replies; bless the run again"
        )
    return Blessed(passed, asked, replies)


def _entries(value: Placed, what: str, needed: Sequence[str]) -> dict[str, Placed]:
    """The entries of a mapping that must have all of them."""
    entries = value.entries(what, needed)
    for name in needed:
        if name not in entries:
            raise value.fault(f'{what} has no "{name}"; bless the run again')
    return entries


def _items(value: Placed, what: str) -> list[Placed]:
    """The values of a list; an empty one too, which a run of nothing leaves."""
    is_list = not isinstance(value.node, ScalarNode) and not value.is_mapping
    return value.items(what) if not is_list or value.node.value else []


def _texts(value: Placed) -> Said:
    """One text, or a list with the replies to several questions; a reply may be blank."""
    single = isinstance(value.node, ScalarNode)
    items = [value] if single else value.items("said")
    return tuple(_text(item) for item in items)


def _text(value: Placed) -> str:
    node = value.node
    if isinstance(node, ScalarNode) and node.style == '"' and not str(node.value).strip():
        return str(node.value)
    return value.text("said")
