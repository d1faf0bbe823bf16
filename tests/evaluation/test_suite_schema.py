"""The schema that editors use accepts what the reader accepts, and refuses what it refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialog_s2s.errors import DataError
from dialog_s2s.evaluation import suite_schema
from dialog_s2s.evaluation.case_reader import CASE, TURN, cases_of_file, read_case
from dialog_s2s.evaluation.expectations import KINDS
from dialog_s2s.evaluation.placed import from_json
from dialog_s2s.text.turns import Origin

SCHEMA = suite_schema.schema()
PAGE = Path(__file__).parents[2] / "docs" / "suites.md"
ANNOTATIONS = {"$schema", "$defs", "title", "description"}
TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: TYPES["number"](value) and value == int(value),
}


def same(value: Any, wanted: Any) -> bool:
    return type(value) is type(wanted) and value == wanted


def on(kind: str, rule: Callable[[Any, Any], bool]) -> Callable[[Any, Any, Any], bool]:
    """A rule that says nothing of values of other types."""
    return lambda value, arg, _: not TYPES[kind](value) or rule(value, arg)


RULES: Mapping[str, Callable[[Any, Any, Any], bool]] = {
    "type": lambda value, names, _: any(
        TYPES[name](value) for name in ([names] if isinstance(names, str) else names)
    ),
    "enum": lambda value, choices, _: any(same(value, each) for each in choices),
    "const": lambda value, wanted, _: same(value, wanted),
    "pattern": on("string", lambda value, pattern: re.search(pattern, value) is not None),
    "minimum": on("number", lambda value, least: value >= least),
    "maximum": on("number", lambda value, most: value <= most),
    "exclusiveMinimum": on("number", lambda value, least: value > least),
    "required": on("object", lambda value, keys: all(key in value for key in keys)),
    "minProperties": on("object", lambda value, least: len(value) >= least),
    "minItems": on("array", lambda value, least: len(value) >= least),
    "items": on("array", lambda value, inner: all(accepts(each, inner) for each in value)),
    "contains": on("array", lambda value, inner: any(accepts(each, inner) for each in value)),
    "propertyNames": on("object", lambda value, inner: all(accepts(key, inner) for key in value)),
    "properties": on(
        "object",
        lambda value, known: all(accepts(value[key], known[key]) for key in known if key in value),
    ),
    "additionalProperties": lambda value, inner, schema: (
        not isinstance(value, dict)
        or all(
            inner is not False and accepts(each, inner)
            for key, each in value.items()
            if key not in schema.get("properties", {})
        )
    ),
    "anyOf": lambda value, inner, _: any(accepts(value, each) for each in inner),
    "oneOf": lambda value, inner, _: sum(accepts(value, each) for each in inner) == 1,
    "not": lambda value, inner, _: not accepts(value, inner),
    "$ref": lambda value, name, _: accepts(value, SCHEMA["$defs"][name.removeprefix("#/$defs/")]),
}


def accepts(value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a value keeps a schema, of the keywords that ours uses; KeyError for another."""
    return all(
        RULES[keyword](value, arg, schema)
        for keyword, arg in schema.items()
        if keyword not in ANNOTATIONS
    )


def read(suite: object) -> bool:
    """Whether the reader takes a suite."""
    try:
        for item in cases_of_file(from_json(suite, Origin("f", 1))).items("cases"):
            read_case(item)
    except DataError:
        return False
    return True


def both(suite: object) -> bool:
    """What schema and reader say, which must be the same."""
    said = accepts(suite, SCHEMA)
    assert said == read(suite), f"the schema {'takes' if said else 'refuses'} {suite}"
    return said


EXPECT: dict[str, Any] = {
    "reply": "a",
    "any_of": ["a", "b"],
    "contains": "a",
    "contains_any": ["a"],
    "regex": "^a",
    "starts": "a",
    "ends": "a",
    "edit_distance": {"to": "a", "most": 2},
    "token_f1": {"to": ["a"], "least": 0.5},
    "chrf": {"to": "a", "least": 1},
    "words": {"most": 3},
    "language": "ko",
    "source": ["exact", "unknown"],
    "confidence": {"least": 0.5, "most": 1},
    "cites": "a",
    "milliseconds": {"most": 10},
    "no_repetition": True,
    "function": "checks/a.py:b_1",
    "not": {"contains": "b", "source": "taught"},
}
ASKED: dict[str, Any] = {"ask": "a", "expect": "b"}
TALKED: dict[str, Any] = {"turns": [{"ask": "a"}, ASKED]}


def test_the_file_is_the_schema() -> None:
    """To write it anew: suite_schema.FILE.write_text(suite_schema.text())."""
    assert suite_schema.FILE.read_text(encoding="utf-8") == suite_schema.text()
    assert SCHEMA["$schema"].endswith("2020-12/schema")


def test_it_knows_all_keys() -> None:
    defs = SCHEMA["$defs"]
    assert set(defs["case"]["properties"]) == set(CASE)
    assert set(defs["turn"]["properties"]) == set(TURN)
    assert set(defs["expect"]["anyOf"][1]["properties"]) == set(KINDS) == set(EXPECT)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind(kind: str) -> None:
    good = EXPECT[kind]
    assert both({"cases": [{"ask": "a", "expect": {kind: good}}]})
    for bad in (None, 12, False, "", {}, [], [[]], {"to": "a"}, {"x": 1}, {"least": 2, "most": -1}):
        both({"cases": [{"ask": "a", "expect": {kind: bad}}]})
        both({"cases": [{"ask": "a", "expect": {"not": {kind: bad}}}]})
    assert both({"cases": [{"ask": "a", "expect": {"not": {kind: good}}}]}) is (
        kind not in ("not", "function")
    )


@pytest.mark.parametrize(
    ("case", "good"),
    [
        (ASKED, True),
        (TALKED, True),
        ({**ASKED, "name": "n", "tags": "a", "persona": "p", "weight": 0.5}, True),
        ({**ASKED, "tags": ["a", "b"], "settings": {"seed": None, "beam": 2.0}}, True),
        ({**ASKED, "settings": {}}, True),
        ({**ASKED, "settings": {"method": "beam", "threshold": 0.5, "top_p": 1}}, True),
        ({"ask": "{x}", "expect": "b", "parameters": {"x": ["a", 2, 0.5]}}, True),
        ({"ask": "{x}", "expect": "b", "parameters": [{"x": "a"}, {"x": "b"}]}, True),
        ({"turns": [{"ask": "a"}], "expect_all": "b"}, True),
        ({"turns": [{"ask": "a"}], "expect_any": {"contains": "b"}, "expect_all": ["b"]}, True),
        ({}, False),
        ("a", False),
        ({"ask": "a"}, False),
        ({"expect": "a"}, False),
        ({**ASKED, **TALKED}, False),
        ({**TALKED, "ask": "a"}, False),
        ({**ASKED, "expect_all": "b"}, False),
        ({"turns": [{"ask": "a"}]}, False),
        ({"turns": []}, False),
        ({"turns": [{"expect": "a"}]}, False),
        ({"turns": [{**ASKED, "tags": "x"}]}, False),
        ({**ASKED, "weight": 0}, False),
        ({**ASKED, "weight": "1"}, False),
        ({**ASKED, "name": " "}, False),
        ({**ASKED, "tags": []}, False),
        ({**ASKED, "settings": {"sead": 1}}, False),
        ({**ASKED, "settings": {"beam": 0}}, False),
        ({**ASKED, "settings": {"beam": 1.5}}, False),
        ({**ASKED, "settings": {"beam": None}}, False),
        ({**ASKED, "settings": {"method": "bean"}}, False),
        ({**ASKED, "settings": {"top_p": True}}, False),
        ({**ASKED, "parameters": {}}, False),
        ({**ASKED, "parameters": {"x": "a"}}, False),
        ({**ASKED, "parameters": {"x": [True]}}, False),
        ({**ASKED, "parameters": {"x y": ["a"]}}, False),
        ({**ASKED, "parameters": ["a"]}, False),
        ({**ASKED, "other": "a"}, False),
    ],
)
def test_each_case(case: object, good: bool) -> None:
    assert both({"cases": [case]}) is good
    assert accepts(case, SCHEMA["$defs"]["case"]) is good


@pytest.mark.parametrize(
    "suite", [{}, [], {"cases": []}, {"cases": {}}, {"cases": [ASKED], "a": 1}]
)
def test_other_files(suite: object) -> None:
    assert not both(suite)


scalars = st.sampled_from([None, True, False, 0, 1, 2.5, -1, "a", "exact", "ko", " "])
names = st.sampled_from(["to", "least", "most", *KINDS, "ask"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
keys = st.sampled_from([key for key in CASE if key != "parameters"] + ["other"])
turn = st.dictionaries(st.sampled_from(TURN), scalars, max_size=2)
loose = st.dictionaries(keys, values | st.lists(turn, max_size=2), max_size=4)
near = st.builds(
    lambda base, changes: {**base, **changes}, st.sampled_from([ASKED, TALKED, {}]), loose
)


@settings(max_examples=500)
@given(near)
def test_whatever_is_written(case: dict[str, Any]) -> None:
    words = case.get("expect")
    if isinstance(words, dict):  # the one rule between two values, which no schema can tell
        for bounds in words.values():
            if isinstance(bounds, dict) and {"least", "most"} <= bounds.keys():
                return
    both({"cases": [case]})


def test_what_the_reader_alone_finds() -> None:
    for expect in (
        {"regex": "(a"},
        {"words": {"least": 3, "most": 2}},
    ):
        suite = {"cases": [{"ask": "a", "expect": expect}]}
        assert accepts(suite, SCHEMA)
        assert not read(suite)
    unknown = {"cases": [{"ask": "{y}", "expect": "b", "parameters": {"x": ["a"]}}]}
    assert accepts(unknown, SCHEMA)
    assert not read(unknown)


def test_the_page_names_it() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert "# yaml-language-server: $schema=" in page
    assert suite_schema.FILE.name in page
    json.loads(suite_schema.text())
