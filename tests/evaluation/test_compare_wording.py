"""A comparison in words: one case is one case."""

from __future__ import annotations

import pytest
from outcomes import RIGHT, A, B, case, outcome

from dialog_s2s.evaluation.compare import compare
from dialog_s2s.evaluation.suite_report import compared


@pytest.mark.parametrize(("count", "told"), [(1, "1 lost of 1 case, p"), (2, "2 lost of 2 cases")])
def test_cases_are_counted_in_words(count: int, told: str) -> None:
    asked = [case(f"case {number}") for number in range(count)]
    first = [outcome([RIGHT], each, A) for each in asked]
    second = [outcome(["No."], each, B) for each in asked]
    found = compare(first, second)
    assert told in found.verdict
    assert told in compared(found)
