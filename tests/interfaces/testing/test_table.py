"""A run in a terminal: cells, failures, summaries; clean whatever the texts are."""

from __future__ import annotations

import re

import pytest
from outcomes import RIGHT, A, B, case, outcome
from payloads import PAYLOADS
from reported import hostile, report
from wcwidth import width

from dialog_s2s.evaluation.runs import Run, Variant
from dialog_s2s.evaluation.suite_report import Report
from dialog_s2s.interfaces.chat.theme import COLOURLESS, DARK
from dialog_s2s.interfaces.testing.table import Labels, shown, summary

CODES = re.compile(r"\x1b\[[0-9;]*m")


def test_the_whole() -> None:
    assert shown(report(), 80, COLOURLESS) == [
        "A = bots/a",
        "B = bots/b method=sample",
        "",
        "replies.suite.yaml  A                  B",
        "kept                  100% same*         100% new",
        "lost                x  50% regressed     -",
        "won                   100% fixed         -",
        "known               x   0% same          -",
        "fresh                 100% new         x   0% new",
        "* says what it did not say when it was blessed",
        "",
        "kept  x/replies.suite.yaml:1",
        "  you> the last",
        "  A, blessed                A, seeds 1, 2             B, seeds 1, 2",
        "  Yes.                      [yes!]                    Yes.",
        "",
        "lost  x/replies.suite.yaml:1",
        "  A, seed 2",
        "    you> the last",
        "      wanted 'Yes.'; got 'No.'",
        "  you> the last",
        "  A, blessed                A, seed 1                 A, seed 2",
        "  Yes.                      Yes.                      [No.]",
        "",
        "known  x/replies.suite.yaml:1",
        "  A, seeds 1, 2",
        "    you> the last",
        "      wanted 'Yes.'; got 'No.'",
        "",
        "fresh  x/replies.suite.yaml:1",
        "  B, seed 1",
        "    you> the last",
        "      wanted 'Yes.'; got 'No way.'",
        "  B, seed 2",
        "    you> the last",
        "      wanted 'Yes.'; got 'No.'",
        "  you> the last",
        "  A, seeds 1, 2             B, seed 1                 B, seed 2",
        "  Yes.                      [No way.]                 [No.]",
        "",
        "bots/a: pass rate 70.0%, 3 of 5 cases: 1 new, 1 fixed, 1 regressed, 2 same",
        "bots/b method=sample: pass rate 50.0%, 1 of 2 cases: 2 new",
        "No difference that could not be chance (0 won, 1 lost of 2 cases, p = 1.000).",
        "  Pass rate 100.0% and 50.0%: a difference of -50.0 points (95% interval -100.0",
        "  to +0.0).",
    ]


def test_verbose_shows_all_replies() -> None:
    text = "\n".join(shown(report(), 100, COLOURLESS, verbose=True))
    for name in ("won", "kept"):
        assert f"\n{name}  x/replies.suite.yaml:1\n" in text
    assert "\nwon  x/" not in "\n".join(shown(report(), 100, COLOURLESS))


def test_colours_say_what_the_words_say() -> None:
    coloured = shown(report(), 80, DARK)
    lost = next(line for line in coloured if "lost" in line)
    assert "\x1b[91mx  50% regressed" in lost
    assert "\x1b[92m  100% fixed" in next(line for line in coloured if "won" in line)
    plain = shown(report(), 80, COLOURLESS)
    bare = [CODES.sub("", line).rstrip() for line in coloured]
    marks = str.maketrans("", "", "[] ")
    assert [line.translate(marks) for line in plain] == [line.translate(marks) for line in bare]


def test_short_names_need_no_letters() -> None:
    labels = Labels([A])
    assert labels.legend(80) == []
    assert labels.of(A) == "bots/a"


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
def test_many_variants_go_below_each_other(columns: int) -> None:
    variants = tuple(
        Variant(f"bots/{number}", {"method": "sample", "top_k": number}) for number in range(30)
    )
    one = case("a name that is longer than there is room for in a row of the table")
    outcomes = tuple(outcome([RIGHT], one, variant) for variant in variants)
    lines = shown(Report(Run((), variants, (1,), outcomes, 0.0)), columns, COLOURLESS)
    assert all(width(line) <= columns + 8 for line in lines)
    assert sum(line.count("100% new") for line in lines) == 30
    assert "AD = bots/29 method=sample top_k=29" in lines


@pytest.mark.parametrize("name", PAYLOADS)
def test_hostile_texts(name: str) -> None:
    for verbose in (True, False):
        for line in shown(hostile(PAYLOADS[name]), 80, COLOURLESS, verbose=verbose):
            assert not re.search(
                "[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", line
            )


def test_hostile_variants() -> None:
    variant = Variant("bots/\x1b[31m\u202e", {"method": "a\nb"})
    done = Run((), (variant, B), (1,), (outcome(["No."], variant=variant),), 0.0)
    lines = [*shown(Report(done), 80, COLOURLESS), *summary(Report(done), 80, COLOURLESS)]
    assert not [line for line in lines if re.search("[\x00-\x1f\u202e]", line)]
