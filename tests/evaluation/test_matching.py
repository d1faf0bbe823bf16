"""Texts compared folded: parts, edit distance, repetition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.evaluation.matching import contains, edit_distance, ends, repeated, starts

short = st.text(alphabet="ab차", max_size=6)


@pytest.mark.parametrize(
    ("text", "part", "there"),
    [
        ("We open at NINE.", "nine", True),
        ("We open: at nine", "open at", True),
        ("ninety", "nine", True),
        ("We open", "close", False),
        ("Ｎｉｎｅ", "nine", True),
        ("Really?", "?", True),
        ("Really.", "?", False),
        ("Fine 🙂", "🙂", True),
        ("네, 녹차를 팝니다.", "녹차", True),
        ("", "a", False),
    ],
)
def test_contains(text: str, part: str, there: bool) -> None:
    assert contains(text, part) is there


def test_starts_and_ends() -> None:
    text = '"We open" at nine? '
    assert starts(text, "we OPEN")
    assert starts(text, '"')
    assert ends(text, "at nine")
    assert ends(text, "?")
    assert not starts(text, "open")
    assert not ends(text, "!")


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("녹차", "홍차", 1), ("ab", "ba", 2)],
)
def test_edit_distance(one: str, other: str, edits: int) -> None:
    assert edit_distance(one, other) == edit_distance(other, one) == edits


@given(one=short, two=short, three=short)
def test_edit_distance_is_a_metric(one: str, two: str, three: str) -> None:
    assert (edit_distance(one, two) == 0) is (one == two)
    assert edit_distance(one, two) <= max(len(one), len(two))
    assert edit_distance(one, three) <= edit_distance(one, two) + edit_distance(two, three)


@pytest.mark.parametrize(
    ("text", "twice"),
    [
        ("", None),
        ("We open at nine. We close at six.", None),
        ("Yes. We do. yes!", "yes"),
        ("We open at nine and we open at nine", "we open at nine"),
        ("It is 3.5 and that is 3.5", None),
        ("ha ha ha ha", None),
        ("ha ha ha ha ha", "ha ha ha ha"),
        ("我们九点开门。我们九点关门。", None),
        ("네. 네.", "네"),
        ("... ...", None),
    ],
)
def test_repeated(text: str, twice: str | None) -> None:
    assert repeated(text) == twice
