"""Reports of a run that was made by hand: of two variants and five cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from outcomes import RIGHT, A, B, case, outcome, ran

from dialog_s2s.evaluation.cases import Suite
from dialog_s2s.evaluation.runs import Run
from dialog_s2s.evaluation.suite_report import Report
from dialog_s2s.evaluation.verdicts import Blessed

FILE = "replies.suite.yaml: "
NAMES = ("kept", "lost", "won", "known", "fresh")
SUITE = Suite("x/replies.suite.yaml", tuple(case(name, weight=1.0) for name in NAMES))

BASELINE = {
    (FILE + "kept", A.name): Blessed(2, 2, {(RIGHT,): 2}),
    (FILE + "lost", A.name): Blessed(2, 2, {(RIGHT,): 2}),
    (FILE + "won", A.name): Blessed(0, 2, {("No.",): 2}),
    (FILE + "known", A.name): Blessed(0, 2, {("No.",): 2}),
}

SAID: Mapping[tuple[str, str], Sequence[str]] = {
    (FILE + "kept", A.name): ["yes!", "yes!"],
    (FILE + "lost", A.name): [RIGHT, "No."],
    (FILE + "won", A.name): [RIGHT, RIGHT],
    (FILE + "known", A.name): ["No.", "No."],
    (FILE + "fresh", A.name): [RIGHT, RIGHT],
    (FILE + "kept", B.name): [RIGHT, RIGHT],
    (FILE + "fresh", B.name): ["No way.", "No."],
}


def report() -> Report:
    """Everything that may become of a case, at least once."""
    leaks = {("x/replies.suite.yaml:1", "kept", "the last"): "shop.csv:7"}
    return Report(ran(SUITE, SAID), BASELINE, {A.bundle: leaks})


def hostile(text: str) -> Report:
    """One case that fails, in which every text is this one."""
    asked = case(text, file=f"{text}.suite.yaml")
    asked = replace(asked, turns=(replace(asked.turns[0], ask=text),))
    found = outcome([text + " is wrong", RIGHT], asked)
    return Report(Run((Suite(asked.origin.file, (asked,)),), (A,), (1, 2), (found,), 1.0))
