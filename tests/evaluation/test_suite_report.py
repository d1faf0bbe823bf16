"""What reports tell: verdicts, what fails a run, summaries."""

from __future__ import annotations

from dataclasses import replace

import pytest
from outcomes import RIGHT, A, B, passing
from reported import FILE, report

from dialog_s2s.evaluation.runs import Run
from dialog_s2s.evaluation.suite_report import Report, compared, counts, reasons, ways
from dialog_s2s.evaluation.verdicts import Blessed


def test_verdicts_and_what_fails() -> None:
    found = report()
    told = {
        (each.case.name, each.variant.name): (found.verdict(each), found.fails(each))
        for each in found.run.outcomes
    }
    assert told == {
        ("kept", A.name): ("same", False),
        ("lost", A.name): ("regressed", True),
        ("won", A.name): ("fixed", False),
        ("known", A.name): ("same", False),
        ("fresh", A.name): ("new", False),
        ("kept", B.name): ("new", False),
        ("fresh", B.name): ("new", True),
    }
    assert found.failed
    assert [found.reworded(each) for each in found.run.of(A)] == [True, False, False, False, False]


def test_what_was_said_before() -> None:
    found = report()
    said = {each.case.name: found.before(each) for each in found.run.of(A)}
    assert said == {"kept": (RIGHT,), "lost": (RIGHT,), "won": None, "known": None, "fresh": None}
    assert {found.before(each) for each in found.run.of(B)} == {None}
    one = passing(0)
    most = {(one.key, A.name): Blessed(3, 3, {("b",): 1, ("a",): 2})}
    assert Report(Run((), (A,), (1,), (one,), 0.0), most).before(one) == ("a",)
    other = {(one.key, A.name): Blessed(1, 1, {("a", "b"): 1})}  # the case had two questions then
    assert Report(Run((), (A,), (1,), (one,), 0.0), other).before(one) is None


def test_names_without_the_file_where_there_is_one() -> None:
    found = report()
    assert found.file == "replies.suite.yaml"
    assert found.short(FILE + "kept") == "kept"
    two = replace(found, run=replace(found.run, suites=found.run.suites * 2))
    assert (two.file, two.short(FILE + "kept")) == ("", FILE + "kept")


@pytest.mark.parametrize(
    ("passed", "blessed", "failed"),
    [(1, None, False), (0, None, True), (0, 0, False), (0, 1, True), (1, 0, False)],
)
def test_a_run_fails(passed: int, blessed: int | None, failed: bool) -> None:
    one = passing(passed)
    known = {} if blessed is None else {(one.key, A.name): Blessed(blessed, 1, {("x",): 1})}
    assert Report(Run((), (A,), (1,), (one,), 0.0), known).failed == failed


def test_summaries() -> None:
    first, second = map(report().summary, (A, B))
    assert (first.cases, first.passed, first.rate, first.failed) == (5, 3, 0.7, 1)
    assert first.verdicts == {"new": 1, "fixed": 1, "regressed": 1, "flaky": 0, "same": 2}
    assert counts(first) == "1 new, 1 fixed, 1 regressed, 2 same"
    assert (first.leaked, second.leaked) == (1, 0)
    assert (second.cases, second.passed, second.rate) == (2, 1, 0.5)
    outcomes = (passing(1, name="a", weight=3.0), passing(1, 2, name="b", weight=1.0))
    weighted = Report(Run((), (A, B), (1,), outcomes, 0.0))
    assert weighted.summary(A).rate == pytest.approx(3.5 / 4)
    nothing = weighted.summary(B)
    assert (nothing.cases, nothing.rate, counts(nothing)) == (0, 0.0, "nothing run")
    assert weighted.comparison() is None


def test_two_variants_are_compared_and_no_other_number() -> None:
    found = report().comparison()
    assert found is not None
    assert (found.cases, found.lost, found.won) == (2, 1, 0)
    assert compared(found).startswith("No difference that could not be chance (0 won, 1 lost")
    assert "a difference of -50.0 points (95% interval -100.0 to +0.0)." in compared(found)
    one = report().run
    assert Report(Run((), (A,), (1,), one.of(A), 0.0)).comparison() is None


def test_rows_and_ways() -> None:
    rows = report().rows()
    assert [row.key for row in rows] == [
        FILE + name for name in ("kept", "lost", "won", "known", "fresh")
    ]
    assert list(rows[0].outcomes) == [A.name, B.name]
    assert list(rows[1].outcomes) == [A.name]
    lost = ways(rows[1].outcomes[A.name])
    assert [(way.seeds, way.result.passed) for way in lost] == [((1,), True), ((2,), False)]
    ((ask, failure),) = reasons(lost[1].result)
    assert ask == "the last"
    assert RIGHT in failure
    assert [way.seeds for way in ways(rows[0].outcomes[A.name])] == [(1, 2)]
