"""Words that a text has and another lacks: nothing is lost, all are marked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.evaluation.unlike import unlike

TEXT = st.text(st.sampled_from("ab 녹차 東京はé̂."), max_size=80)


def test_words_that_are_new() -> None:
    assert unlike("We open at nine.", "We close at six.") == [
        (False, "We "),
        (True, "close"),
        (False, " at "),
        (True, "six."),
    ]
    assert unlike("a", "a b c") == [(False, "a"), (True, " b c")]
    assert unlike("x y", "a b") == [(True, "a b")]
    assert unlike("東京です", "東北です") == [(False, "東"), (True, "北"), (False, "です")]
    assert unlike("a b", "a") == [(False, "a")]
    assert unlike("a", "") == []


@given(TEXT, TEXT)
def test_parts_join_to_the_whole(first: str, second: str) -> None:
    parts = unlike(first, second)
    assert "".join(text for _, text in parts) == second
    assert all(text for _, text in parts)
    if first == second:
        assert not any(new for new, _ in parts)


def test_long_texts_are_marked_as_a_whole() -> None:
    assert unlike("a " * 3000, "a " * 2999) == [(True, "a " * 2999)]
