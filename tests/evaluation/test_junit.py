"""A run as JUnit XML: valid, counted, and texts that stay texts."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from hypothesis import given
from hypothesis import strategies as st
from outcomes import passing
from reported import hostile, report

from dialog_s2s.evaluation.escaping import plain
from dialog_s2s.evaluation.junit import as_junit
from dialog_s2s.evaluation.runs import Run, Variant
from dialog_s2s.evaluation.suite_report import Report

ANY = st.text(st.characters(exclude_categories=()), min_size=1, max_size=30)


def read(found: Report) -> Element:
    return ElementTree.fromstring(as_junit(found).encode())


def properties(element: Element) -> dict[str | None, str | None]:
    return {each.get("name"): each.get("value") for each in element.iter("property")}


def test_suites_and_cases() -> None:
    root = read(report())
    assert {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "7",
        "failures": "2",
        "errors": "0",
        "skipped": "1",
    }
    first, second = root
    assert (first.get("name"), first.get("tests"), first.get("failures")) == ("bots/a", "5", "1")
    assert properties(second)["settings.method"] == "sample"
    cases = {each.get("name"): each for each in first.iter("testcase")}
    lost = cases["replies.suite.yaml: lost"]
    (failure,) = lost.iter("failure")
    assert (failure.get("type"), failure.text) == ("regressed", failure.get("message"))
    assert failure.text == "the last: wanted 'Yes.'; got 'No.'"
    assert properties(lost)["flaky"] == "true"
    assert lost.get("classname") == "replies.suite.yaml"
    known = cases["replies.suite.yaml: known"]
    assert not list(known.iter("failure"))
    assert [each.text for each in known.iter("skipped")] == [failure.text]
    assert not [each for each in cases["replies.suite.yaml: kept"] if each.tag != "properties"]


def test_replies_that_attempts_share_are_timed_once() -> None:
    shared = passing(1)
    (attempt,) = shared.attempts
    thrice = replace(shared, attempts=(attempt, replace(attempt, seed=2), replace(attempt, seed=3)))
    run = Run((), (Variant("bots/a"),), (1, 2, 3), (thrice,), 1.0)
    assert next(read(Report(run)).iter("testcase")).get("time") == "0.001"


@given(ANY)
def test_any_text_is_valid_and_reads_back(text: str) -> None:
    root = read(hostile(text))
    (case,) = root.iter("testcase")
    (failure,) = case.iter("failure")
    assert [each.tag for each in case] == ["properties", "failure"]
    assert case.get("name") == plain(hostile(text).run.outcomes[0].key)
    assert failure.text is not None
    assert failure.text.startswith(plain(f"{text}: wanted 'Yes.'; got "))
