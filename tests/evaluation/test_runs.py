"""Outcomes: rates, thresholds, names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from outcomes import A, B, case, outcome, passing, ran

from dialog_s2s.evaluation.cases import Suite
from dialog_s2s.evaluation.runs import Variant, key, keys, numbered


@pytest.mark.parametrize(
    ("passed", "asked", "threshold", "good", "flaky"),
    [
        (1, 1, 1.0, True, False),
        (0, 1, 1.0, False, False),
        (0, 1, 0.01, False, False),
        (3, 4, 0.75, True, True),
        (3, 4, 0.76, False, True),
        (1, 2, 0.5, True, True),
        (2, 2, 0.5, True, False),
    ],
)
def test_rates(passed: int, asked: int, threshold: float, good: bool, flaky: bool) -> None:
    came = outcome(["Yes."] * passed + ["No."] * (asked - passed), threshold=threshold)
    assert came.rate == passed / asked
    assert (came.passed, came.flaky) == (good, flaky)


def test_names_of_variants() -> None:
    assert Variant("bots/a").name == "bots/a"
    settings = {"method": "sample", "temperature": 0.7}
    assert Variant("bots/a", settings).name == "bots/a method=sample temperature=0.7"


def test_keys() -> None:
    assert key(case("Sunday", "a/b/shop.suite.yaml")) == "shop.suite.yaml: Sunday"
    cases = tuple(map(case, ("hello", "bye", "hello", "hello (2)", "hello", "bye")))
    suite = Suite("x/replies.suite.yaml", cases)
    names = ("hello", "bye", "hello (3)", "hello (2)", "hello (4)", "bye (2)")
    assert keys(suite) == tuple(f"replies.suite.yaml: {name}" for name in names)
    assert [number for _, number in numbered(suite)] == [1, 1, 3, 1, 4, 2]
    assert outcome(["Yes."], number=3).key == "replies.suite.yaml: hello (3)"


@given(st.lists(st.sampled_from(("a", "b", "a (2)", "a (3)", "a (2) (2)")), min_size=1))
def test_all_keys_differ_and_first_ones_are_the_names(names: list[str]) -> None:
    suite = Suite("x", tuple(map(case, names)))
    found = keys(suite)
    assert len(set(found)) == len(names)
    for name in set(names):
        assert found[names.index(name)] == key(case(name))


@given(st.lists(st.sampled_from(("a", "b", "a (2)")), min_size=1), st.sampled_from("abc"))
def test_a_case_that_is_added_at_the_end_renames_no_other(names: list[str], more: str) -> None:
    before = keys(Suite("x", tuple(map(case, names))))
    assert keys(Suite("x", tuple(map(case, [*names, more]))))[: len(names)] == before


def test_outcomes_of_a_variant() -> None:
    suite = Suite("x", (case("one"), case("two")))
    names = keys(suite)
    run = ran(suite, {(name, each.name): ["Yes."] for name in names for each in (A, B)})
    assert [each.case.name for each in run.of(B)] == ["one", "two"]
    assert {each.variant.name for each in run.of(B)} == {B.name}
    assert passing(1, 2).rate == 0.5
