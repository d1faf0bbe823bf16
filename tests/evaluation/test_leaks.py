"""Which test questions stand among what was trained on."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialog_s2s import bundle
from dialog_s2s.errors import BundleError, DataError
from dialog_s2s.evaluation.cases import Suite
from dialog_s2s.evaluation.leaks import leaks, rows_of_bundle, rows_of_files
from dialog_s2s.evaluation.suites import cases_of
from dialog_s2s.memory.rows import FIXED, TAUGHT, TRAINED, NewRow, Rows
from dialog_s2s.text.lines import Line
from dialog_s2s.text.turns import Role, Turn

SUITE = """\
cases:
- ask: When do you OPEN?!
  expect: At nine.
- ask: and on sunday
  expect: At ten.
- turns:
  - ask: when do you open
  - ask: And on Sunday?
    expect: At ten.
- turns:
  - ask: where are you
  - ask: and on Sunday
    expect: We are not there.
  - ask: when do you open
    expect: At nine.
- turns:
  - ask: when do you open
  - ask: so what
  expect_any: At nine.
"""


def suite() -> Suite:
    return Suite("f", cases_of([Line(*each) for each in enumerate(SUITE.split("\n"), 1)], "f"))


def row(question: str, origin: str, *context: str, kind: str = TRAINED) -> NewRow:
    roles = (Role.USER, Role.BOT)
    turns = (
        tuple(Turn(role, text) for role, text in zip(roles, context, strict=True))
        if context
        else ()
    )
    return NewRow(question, turns, "x", kind, origin, 0, None if kind == TRAINED else 1.0)


ROWS = [
    row("when do you open?", "a.tsv:1"),
    row("When do you open", "a.tsv:2"),
    row("and on Sunday", "a.tsv:3", "When do you open!", "At nine."),
    row("so what", "chat", kind=TAUGHT),
    row("so what", "chat", kind=FIXED),
]


def told(rows: list[NewRow]) -> list[tuple[int, int, str]]:
    return [
        (leak.case.origin.line, leak.step.origin.line, leak.origin) for leak in leaks(suite(), rows)
    ]


def test_questions_are_compared_folded_and_follow_ups_with_what_was_asked_before() -> None:
    assert told(ROWS) == [
        (2, 2, "a.tsv:1"),
        (6, 8, "a.tsv:3"),
        (10, 14, "a.tsv:1"),
        (16, 17, "a.tsv:1"),
    ]


def test_a_pair_of_its_own_counts_after_any_question() -> None:
    found = told([row("and on Sunday", "b:1")])
    assert found == [(4, 4, "b:1"), (6, 8, "b:1"), (10, 12, "b:1")]


def test_only_what_was_trained() -> None:
    assert told(ROWS[3:]) == []
    assert told([]) == []


def test_of_files(tmp_path: Path) -> None:
    file = tmp_path / "corpus.yaml"
    file.write_text(
        "intents:\n- ask: [when do you open, opening hours]\n  reply: At nine.\n"
        "  then:\n  - ask: and on Sunday\n    reply: At ten.\n",
        encoding="utf-8",
    )
    rows = list(rows_of_files([file]))
    assert [(each.question, each.origin) for each in rows[:2]] == [
        ("when do you open", f"{file}:2"),
        ("opening hours", f"{file}:2"),
    ]
    assert [leak.step.origin.line for leak in leaks(suite(), rows)] == [2, 8, 14, 17]
    with pytest.raises(DataError, match="does not exist"):
        list(rows_of_files([tmp_path / "none.tsv"]))


def test_of_a_bundle(tmp_path: Path) -> None:
    Rows.create(tmp_path / bundle.MEMORY, ROWS)
    rows = list(rows_of_bundle(tmp_path))
    assert [(each.question, each.kind) for each in rows] == [
        (each.question, TRAINED) for each in ROWS[:3]
    ]
    assert len(leaks(suite(), rows)) == 4
    with pytest.raises(BundleError, match="there is no answer memory"):
        list(rows_of_bundle(tmp_path / "none"))
