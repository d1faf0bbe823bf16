"""Options of `test`: what goes together, which cases, which settings."""

from __future__ import annotations

import pytest
from outcomes import case

from dialog_s2s.errors import UsageError
from dialog_s2s.evaluation.cases import Case
from dialog_s2s.interfaces.testing.wanted import Wanted


def test_settings_and_seeds() -> None:
    assert Wanted(["s"]).settings() == [{}]
    assert Wanted(["s"], columns=["a=1,b=2", "c="]).settings() == [{"a": "1", "b": "2"}, {"c": ""}]
    with pytest.raises(UsageError, match="name=value"):
        Wanted(["s"], columns=["a=1,"]).settings()
    assert Wanted(["s"], seeds=3, seed=7).all_seeds() == (7, 8, 9)


@pytest.mark.parametrize(
    ("words", "tags", "taken"),
    [
        ("", [], True),
        ("HELLO!", [], True),
        ("the  last", [], True),
        ("coffee", [], False),
        ("", ["a"], True),
        ("", ["b", "a"], True),
        ("", ["b"], False),
        ("coffee", ["a"], False),
        ("?", [], False),
    ],
)
def test_which_cases(words: str, tags: list[str], taken: bool) -> None:
    plain = case("hello there")
    one = Case(plain.name, ("a",), "", {}, plain.turns, plain.origin)
    assert Wanted(["s"], words=words, tags=tags).takes(one) is taken


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bisect": ["a"], "bundles": ["b"]}, "--bundle does not go with --bisect"),
        ({"bisect": ["a"], "watch": True}, "--watch does not go with --bisect"),
        ({"bisect": ["a"], "bless": True}, "--bless does not go with --bisect"),
        ({"bisect": ["a"], "fail_fast": True}, "--fail-fast does not go with --bisect"),
        ({"bisect": ["a"], "baseline": "f"}, "--baseline does not go with --bisect"),
        ({"bisect": ["a"], "files": {"html": "f"}}, "--html does not go with --bisect"),
        ({"bisect": ["a"], "columns": ["a=1", "b=1"]}, "--bisect takes one --set"),
        ({"watch": True, "bless": True}, "--bless does not go with --watch"),
        ({"bless": True, "fail_fast": True}, "--bless needs all replies"),
        ({"seeds": 10_001}, "--seeds: must be at most 10,000, but is 10,001"),
        ({"suites": ["a/s.yaml", "b/s.yaml"]}, "two suites are called s.yaml"),
    ],
)
def test_what_does_not_go_together(options: dict, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        Wanted(**({"suites": ["s"]} | options)).check()
    assert str(raised.value).startswith(message)


def test_what_does() -> None:
    Wanted(["a", "b"], ["x", "y"], files={"html": "f"}, bless=True, baseline="b").check()
    Wanted(["a"], ["x"], watch=True, fail_fast=True, baseline="b").check()
    Wanted(["a"], bisect=["x"], columns=["a=1"], words="w", quiet=True).check()
