"""Weights and what is expected of a conversation as a whole; the rest is in `test_suites`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from parrot import Parrot

from dialog_s2s.errors import DataError
from dialog_s2s.evaluation.case_reader import read_case
from dialog_s2s.evaluation.cases import Case, CaseResult
from dialog_s2s.evaluation.placed import from_json
from dialog_s2s.evaluation.suites import cases_of, run_case
from dialog_s2s.evaluation.text_assertions import Contains, Same
from dialog_s2s.text.lines import Line
from dialog_s2s.text.turns import Origin


def parsed(yaml: str) -> Case:
    lines = [Line(*each) for each in enumerate(("cases:\n- " + yaml).split("\n"), start=1)]
    (case,) = cases_of(lines, "f")
    return case


def run(yaml: str) -> CaseResult:
    return run_case(Parrot(), parsed(yaml))


@pytest.mark.parametrize("weight", ["2", "0.5", "1e3", "1e-9"])
def test_weight(weight: str) -> None:
    assert parsed(f"ask: a\n  expect: b\n  weight: {weight}").weight == float(weight)
    assert parsed("ask: a\n  expect: b").weight == 1.0


def test_weight_in_json() -> None:
    (case,) = read_case(from_json({"ask": "a", "expect": "b", "weight": 3.0}, Origin("f", 1)))
    assert case.weight == 3


@pytest.mark.parametrize("weight", ["0", "-1", ".inf", ".nan", "'2'", "a", "[1]", "true"])
def test_no_weight(weight: str) -> None:
    pattern = r"^f:4: weight is .*; it must be a number above 0$"
    with pytest.raises(DataError, match=pattern):
        parsed(f"ask: a\n  expect: b\n  weight: {weight}")


TALK = "turns: [{ask: one}, {ask: two}]\n  "


def test_what_is_read() -> None:
    case = parsed(TALK + "expect_all: [a, b]\n  expect_any: {contains: c, reply: d}")
    assert case.expect_all == (Same(("a", "b")),)
    assert case.expect_any == (Contains(("c",)), Same(("d",)))
    assert all(not step.expected for step in case.turns)


def test_each_holds_for_every_reply() -> None:
    assert run(TALK + "expect_all: {regex: ':', source: generated}").passed
    result = run(TALK + "expect_all: {regex: '[:x]', contains: one, words: {most: 1}}")
    assert not result.passed
    assert all(step.passed for step in result.steps)
    assert result.failures == (
        "expect_all, turn 2: wanted a reply that contains 'one'; got '2: two'",
        "expect_all, turn 1: wanted words <= 1; got 2, for '0: one'",
        "expect_all, turn 2: wanted words <= 1; got 2, for '2: two'",
    )


def test_each_holds_for_some_reply() -> None:
    assert run(TALK + "expect_any: {contains: one, ends: two}").passed
    result = run(TALK + "expect_any: {contains: one, ends: three}")
    assert result.failures == (
        "expect_any, none of 2 replies; of the last: "
        "wanted a reply that ends with 'three'; got '2: two'",
    )
    assert not result.passed


def test_turns_and_the_whole_are_told_apart() -> None:
    result = run("turns: [{ask: one, expect: x}]\n  expect_any: '0: one'")
    assert (result.failures, result.steps[0].passed, result.passed) == ((), False, False)


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("ask: a\n  expect: b\n  expect_all: c", '4: "expect_all" is for a case with "turns"; wri'),
        ("ask: a\n  expect_any: c", '3: "expect_any" is for a case with "turns"; write "expect"'),
        (TALK + "expect_all: {}", "3: expect_all is an empty mapping"),
        (TALK + "expect_any: 12", "3: expect_any is '12', which is a number"),
        (TALK + "expect_any: {contain: x}", "3: unknown key 'contain'; is contains meant? expect_"),
        (TALK + "expect: x", '3: both "turns" and "expect"; put it into a turn'),
        (TALK + "weight: 1", "2: nothing is expected in the case"),
        ("turns: [{ask: a, expect_all: b}]", "2: unknown key 'expect_all'; "),
    ],
)
def test_mistakes(yaml: str, message: str) -> None:
    with pytest.raises(DataError, match="^" + re.escape(f"f:{message}")):
        parsed(yaml)


def test_every_key_is_in_the_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "suites.md").read_text(encoding="utf-8")
    for key in ("weight", "parameters", "expect_all", "expect_any", "persona", "settings", "tags"):
        assert f"{key}:" in page
