"""A run as Markdown: tables that stay tables."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from reported import hostile, report

from dialog_s2s.evaluation.suite_markdown import as_markdown

ANY = st.text(st.characters(exclude_categories=()), min_size=1, max_size=30)


def test_tables_and_failures() -> None:
    text = as_markdown(report())
    assert "| bots/a | 70.0% | 3 of 5 | 1 new, 1 fixed, 1 regressed, 2 same |" in text
    assert "| replies.suite.yaml: kept | ✅ 100% same, reworded | ✅ 100% new |" in text
    assert "| replies.suite.yaml: lost | ❌ 50% regressed | not run |" in text
    assert "\n### replies.suite.yaml: lost\n\nAt x/replies.suite.yaml:1.\n" in text
    assert "- bots/a (seeds 2)\n  - the last: wanted 'Yes.'; got 'No.'" in text
    assert "- bots/b method=sample (seeds 1)\n" in text
    assert "### replies.suite.yaml: kept" not in text
    assert "No difference that could not be chance" in text


@given(ANY)
def test_no_text_breaks_out(text: str) -> None:
    lines = as_markdown(hostile(text)).split("\n")
    rows = [line for line in lines if line.startswith("|")]
    bars = [len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) for line in rows]
    assert bars == [5, 5, 5, 3, 3, 3]
    assert [line[:3] for line in lines if line.startswith("#")] == ["# R", "## ", "###"]
    assert all(line == "" or line[0] in "|#A-N" or line.startswith("  - ") for line in lines)
