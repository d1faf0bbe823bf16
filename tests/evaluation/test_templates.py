"""Parameters: the cases that one is expanded to, their names, and mistakes with their lines."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.errors import DataError
from dialog_s2s.evaluation import templates
from dialog_s2s.evaluation.assertions import Not
from dialog_s2s.evaluation.case_reader import read_case
from dialog_s2s.evaluation.cases import Case
from dialog_s2s.evaluation.placed import from_json
from dialog_s2s.evaluation.suites import cases_of
from dialog_s2s.evaluation.text_assertions import Contains, Matches, Same
from dialog_s2s.text.lines import Line
from dialog_s2s.text.turns import Origin


def parsed(yaml: str) -> tuple[Case, ...]:
    lines = [Line(*each) for each in enumerate(("cases:\n" + yaml).split("\n"), start=1)]
    return cases_of(lines, "f")


def test_a_mapping_of_lists_is_their_product() -> None:
    cases = parsed(
        "- parameters:\n    hour: [nine, 10]\n    day: [Monday, Sunday]\n"
        "  ask: do you open at {hour} on {day}\n  expect: {contains: ['{hour}', b]}\n"
        "  settings: {seed: 3}\n"
        "- ask: '{hour}'\n  expect: '{{'"
    )
    assert [case.name for case in cases] == [
        "do you open at nine on Monday",
        "do you open at nine on Sunday",
        "do you open at 10 on Monday",
        "do you open at 10 on Sunday",
        "{hour}",
    ]
    assert [case.turns[0].ask for case in cases] == [case.name for case in cases]
    assert cases[2].turns[0].expected == (Contains(("10", "b")),)
    assert cases[-1].turns[0].expected == (Same(("{{",)),)
    assert {case.origin.line for case in cases[:-1]} == {2}
    assert all(case.settings == {"seed": 3} for case in cases[:-1])


def test_a_list_of_mappings_is_taken_as_it_is() -> None:
    cases = parsed(
        "- name: opening\n  tags: ['{day}']\n  persona: I like {day}.\n"
        "  parameters: [{day: Monday, hour: nine}, {hour: ten, day: 2026-01-02}]\n"
        "  turns:\n  - ask: do you open on {day}\n  - ask: when\n"
        "    expect: {not: {reply: '{hour}'}}\n  expect_all: {contains: '{day}'}\n"
        "  expect_any: '{hour}'"
    )
    assert [case.name for case in cases] == [
        "opening (day=Monday, hour=nine)",
        "opening (hour=ten, day=2026-01-02)",
    ]
    second = cases[1]
    assert (second.tags, second.persona) == (("2026-01-02",), "I like 2026-01-02.")
    assert [step.ask for step in second.turns] == ["do you open on 2026-01-02", "when"]
    assert second.turns[1].expected == (Not(Same(("ten",))),)
    assert second.expect_all == (Contains(("2026-01-02",)),)
    assert second.expect_any == (Same(("ten",)),)


def test_a_name_is_given_what_it_lacks() -> None:
    cases = parsed(
        "- name: on {a}\n  parameters: {a: [x], b: [y, z]}\n  turns:\n"
        "  - {ask: '{a} {b}', expect: c}\n"
        "- parameters: {a: [x, y]}\n  turns: [{ask: hello}, {ask: '{a}', expect: c}]"
    )
    assert [case.name for case in cases] == [
        "on x (b=y)",
        "on x (b=z)",
        "hello (a=x)",
        "hello (a=y)",
    ]


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{a}", "1"),
        ("{{a}} {a}", "{a} 1"),
        ("{{{a}}}", "{1}"),
        ("{a}{a}", "11"),
        ("x}{a}", "x}1"),
        ("{a}}} }}", "1} }"),
        ("\\d{{2}} {a}", "\\d{2} 1"),
    ],
)
def test_braces(text: str, filled: str) -> None:
    (case,) = parsed(f"- parameters: {{a: [1]}}\n  ask: '{text}'\n  expect: x")
    assert case.turns[0].ask == filled


def test_a_pattern() -> None:
    (case,) = parsed("- parameters: {a: [1]}\n  ask: '{a}'\n  expect: {regex: '^\\d{{2}}{a}$'}")
    (assertion,) = case.turns[0].expected
    assert isinstance(assertion, Matches)
    assert assertion.pattern.pattern == "^\\d{2}1$"


@given(st.lists(st.text(max_size=10), max_size=4), st.text(min_size=1).filter(str.strip))
def test_any_text_can_be_written(parts: list[str], value: str) -> None:
    escaped = "{x}".join(part.replace("{", "{{").replace("}", "}}") for part in [*parts, "", ""])
    record = {"parameters": {"x": [value]}, "ask": escaped, "expect": "a"}
    (case,) = read_case(from_json(record, Origin("f", 1)))
    assert case.turns[0].ask == value.join([*parts, "", ""])


@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=4), min_size=1, max_size=3))
def test_so_many_cases_with_so_many_names(lists: list[list[int]]) -> None:
    names = [f"p{place}" for place in range(len(lists))]
    record = {
        "parameters": {name: sorted(set(each)) for name, each in zip(names, lists, strict=True)},
        "ask": "-".join(f"{{{name}}}" for name in names),
        "expect": "a",
    }
    cases = read_case(from_json(record, Origin("f", 1)))
    count = 1
    for each in lists:
        count *= len(set(each))
    assert len({case.name for case in cases}) == len(cases) == count


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("parameters: a\n  ask: '{a}'", "2: parameters is a text; it must be a list"),
        ("parameters: []\n  ask: '{a}'", "2: parameters is an empty list"),
        ("parameters: {}\n  ask: '{a}'", "2: parameters is an empty mapping"),
        ("parameters: [{}]\n  ask: '{a}'", "2: parameters is an empty mapping"),
        ("parameters: {a: b}\n  ask: '{a}'", "2: a is a text; it must be a list"),
        ("parameters: {a: []}\n  ask: '{a}'", "2: a is an empty list"),
        ("parameters: {a: [yes]}\n  ask: '{a}'", "2: a is 'yes', which is true or false"),
        ("parameters: {a: [[b]]}\n  ask: '{a}'", "2: a is a list; it must be a text"),
        ("parameters: {a: [b], a: [c]}\n  ask: '{a}'", '2: the key "a" occurs twice'),
        ("parameters: {a b: [c]}\n  ask: '{a b}'", "2: the parameter is called 'a b'; a name has"),
        ("parameters: {2: [c]}\n  ask: '{2}'", "2: a key is '2', which is a number"),
        ("parameters: {a: [b],\n    c: [d]}\n  ask: '{a}'", "3: the parameter 'c' is nowhere in"),
        ("parameters:\n  - {a: b}\n  - {c: b}\n  ask: '{a}'", "4: the parameter 'a' is in some"),
        ("parameters: {day: [b]}\n  name: x\n  ask: '{dya}'", "4: unknown parameter 'dya'; is day"),
        ("parameters: {a: [b]}\n  ask: '{a} {b'", "3: a brace that is not closed in '{a} {b'; wr"),
        ("parameters: {a: [b]}\n  ask: '{a} {}'", "3: unknown parameter ''; "),
        ("parameters: {a: [b]}\n  ask: '{a}'\n  tags: ['{x}']", "4: unknown parameter 'x'"),
        ("parameters: {a: [' ']}\n  ask: '{a}'", "2: a is blank; write a text"),
        ("parameters: {a: ['(']}\n  ask: x\n  expect: {regex: '{a}'}", "4: the regex '(' is not"),
        ("parameters: {a: [b]}\n  ask: ['{a}']", "3: ask is a list; it must be a text"),
        ("parameters: {a: [b]}\n  ask: '{a}'\n  asks: x", "4: unknown key 'asks'"),
    ],
)
def test_mistakes(yaml: str, message: str) -> None:
    if "expect" not in yaml:
        yaml += "\n  expect: x"
    with pytest.raises(DataError, match="^" + re.escape(f"f:{message}")):
        parsed("- " + yaml)


def test_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    values = list(range(100))
    record = {"parameters": {"a": values, "b": values}, "ask": "{a} {b}", "expect": "x"}
    assert len(read_case(from_json(record, Origin("f", 1)))) == templates.LIMIT
    record["parameters"] = {"a": values, "b": [*values, 100]}
    with pytest.raises(DataError, match="f:1: the parameters make 10,100 cases; there may be 10,0"):
        read_case(from_json(record, Origin("f", 1)))
    record["parameters"] = {f"p{place}": values for place in range(40)}
    with pytest.raises(DataError, match="there may be 10,000"):  # told before they are made
        read_case(from_json(record, Origin("f", 1)))
    monkeypatch.setattr(templates, "LIMIT", 1)
    listed = {"parameters": [{"a": "b"}, {"a": "c"}], "ask": "{a}", "expect": "x"}
    with pytest.raises(DataError, match="the parameters make 2 cases"):
        read_case(from_json(listed, Origin("f", 1)))
