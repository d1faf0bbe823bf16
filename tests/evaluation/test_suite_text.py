"""Suites that are written: read back to equal cases, whatever they expect."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialog_s2s.dialogue.reply import SOURCES
from dialog_s2s.errors import UsageError
from dialog_s2s.evaluation.assertions import Assertion, Not, Source, Within
from dialog_s2s.evaluation.case_reader import read_case
from dialog_s2s.evaluation.cases import Case, Step, Suite
from dialog_s2s.evaluation.custom import Custom
from dialog_s2s.evaluation.expectations import KINDS, NEGATED
from dialog_s2s.evaluation.placed import from_json
from dialog_s2s.evaluation.suite_text import HEADER, suite_text
from dialog_s2s.evaluation.suites import cases_of
from dialog_s2s.evaluation.text_assertions import Contains, Same
from dialog_s2s.text.lines import Line
from dialog_s2s.text.turns import Origin

AT = Origin("f", 1)

SAMPLES = ("yes", "12:30", "- a: b # c", "{x} [y]", "\x85\u2028\u202e\ufeff", "한국어 🙂", "a\nb\t")
texts = (st.text(max_size=20) | st.sampled_from(SAMPLES)).filter(str.strip)
some = st.lists(texts, min_size=1, max_size=3) | texts
share = st.floats(0, 1)
count = st.integers(0, 99)


def bounds(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    both = st.tuples(values, values).map(sorted)
    return both.map(lambda pair: {"least": pair[0], "most": pair[1]}) | st.one_of(
        values.map(lambda value: {"least": value}), values.map(lambda value: {"most": value})
    )


KIND_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "reply": texts,
    "any_of": some,
    "contains": some,
    "contains_any": some,
    "regex": texts.map(re.escape),
    "starts": texts,
    "ends": texts,
    "edit_distance": st.fixed_dictionaries({"to": texts, "most": count}),
    "token_f1": st.fixed_dictionaries({"to": some, "least": share}),
    "chrf": st.fixed_dictionaries({"to": some, "least": share}),
    "words": bounds(count),
    "language": st.sampled_from(["en", "ko"]),
    "source": st.sampled_from(SOURCES) | st.lists(st.sampled_from(SOURCES), min_size=1),
    "confidence": bounds(share),
    "cites": texts,
    "milliseconds": st.floats(0, 1e9).map(lambda most: {"most": most}),
    "no_repetition": st.just(True),
    "function": st.just("checks.py:polite"),
}
negated = st.lists(st.sampled_from(NEGATED), min_size=1, max_size=3, unique=True).flatmap(
    lambda kinds: st.fixed_dictionaries({kind: KIND_VALUES[kind] for kind in kinds})
)
mappings = st.lists(st.sampled_from(KINDS), min_size=1, max_size=5, unique=True).flatmap(
    lambda kinds: st.fixed_dictionaries(
        {kind: negated if kind == "not" else KIND_VALUES[kind] for kind in kinds}
    )
)
expectations = some | mappings
turn = st.fixed_dictionaries({"ask": texts}, optional={"expect": expectations})
beside = {
    "name": texts,
    "tags": some,
    "persona": texts,
    "weight": st.floats(0, 1e6, exclude_min=True),
    "settings": st.fixed_dictionaries(
        {}, optional={"seed": st.none() | count, "top_p": st.floats(0.01, 1), "beam": st.just(3)}
    ),
}
single = st.fixed_dictionaries({"ask": texts, "expect": expectations}, optional=beside)
talks = st.fixed_dictionaries(
    {"turns": st.lists(turn, min_size=1, max_size=3), "expect_all": expectations},
    optional={**beside, "expect_any": expectations},
)


def read_back(suite: Suite, **header: str) -> tuple[Case, ...]:
    text = suite_text(suite, **header)
    text.encode()
    return cases_of([Line(*each) for each in enumerate(text.split("\n"), 1)], "f")


def test_all_kinds_are_tried() -> None:
    assert {*KIND_VALUES, "not"} == {*KINDS}


@settings(max_examples=300)
@given(st.lists(single | talks, min_size=1, max_size=3))
def test_any_suite_reads_back(records: list[dict[str, Any]]) -> None:
    cases = tuple(case for each in records for case in read_case(from_json(each, AT)))
    assert read_back(Suite("f", cases)) == cases


def test_cases_with_parameters_are_written_out() -> None:
    record = {"parameters": {"a": ["1", "{2}"]}, "ask": "{a} {{b}}", "expect": "{a}"}
    cases = read_case(from_json(record, AT))
    assert [case.name for case in read_back(Suite("f", cases))] == ["1 {b}", "{2} {b}"]


def test_the_text() -> None:
    step = Step("hello", (Same(("Hello!",)),), AT)
    more = Step("bye", (Contains(("bye", "see")), Not(Source(("unknown",)))), AT)
    cases = (
        Case("hello", (), "", {}, (step,), AT),
        Case("both", ("a", "b"), "I am.", {"seed": 7}, (step, more), AT, 2.5, (Same(("x", "y")),)),
    )
    assert suite_text(Suite("f", cases)) == (
        HEADER + "cases:\n"
        '  - ask: "hello"\n    expect: "Hello!"\n'
        '  - name: "both"\n    tags: ["a", "b"]\n    persona: "I am."\n    settings: {seed: 7}\n'
        "    weight: 2.5\n    turns:\n"
        '      - ask: "hello"\n        expect: "Hello!"\n'
        '      - ask: "bye"\n'
        '        expect: {contains: ["bye", "see"], not: {source: "unknown"}}\n'
        '    expect_all: ["x", "y"]\n'
    )
    assert suite_text(Suite("f", cases[:1]), "# mine\n").startswith("# mine\ncases:\n")


def case(*expected: Assertion) -> Suite:
    return Suite("f", (Case("a", (), "", {}, (Step("a", expected, AT),), AT),))


@pytest.mark.parametrize(
    "expected",
    [
        (Source(("exact",)), Source(("taught",))),
        (Same(("a",)), Same(("b",)), Same(("c",))),
        (Not(Source(("exact",))), Same(("a",)), Not(Same(("b",)))),
        (Not(Not(Same(("b",)))),),
        (Not(Custom("a.py:b")),),
    ],
)
def test_what_no_mapping_can_say(expected: tuple[Assertion, ...]) -> None:
    with pytest.raises(UsageError):
        suite_text(case(*expected))


def test_two_replies_and_bounds_of_nothing() -> None:
    suite = case(Same(("a",)), Same(("b",)), Within("words"), Within("milliseconds", most=5))
    assert read_back(suite) == suite.cases


def test_a_large_suite_is_written_fast(tmp_path: Path) -> None:
    chance = random.Random(1)
    steps = [Step(f"question {chance.random()}", (Same(("a",)),), AT) for _ in range(2000)]
    suite = Suite("f", tuple(Case(each.ask, (), "", {}, (each,), AT) for each in steps))
    assert suite_text(suite).count("\n") == 4 + 2 * 2000
