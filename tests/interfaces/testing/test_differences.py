"""Replies side by side: nothing lost, new words marked, columns and lines kept."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from payloads import PAYLOADS
from wcwidth import width

from dialog_s2s.interfaces.chat.theme import COLOURLESS, DARK
from dialog_s2s.interfaces.testing.differences import beside

TEXT = st.text(st.sampled_from("ab 녹차 東京はé̂."), max_size=80)
CODES = re.compile(r"\x1b\[[0-9;]*m")


def test_columns() -> None:
    lines = beside(["A", "B"], ["We open at nine.", "We close at six."], 60, COLOURLESS)
    assert lines == [
        "A" + " " * 30 + "B",
        "We open at nine." + " " * 15 + "We [close] at [six.]",
    ]
    coloured = beside(["A", "B"], ["We open at nine.", "We close at six."], 60, DARK)[1]
    assert "We \x1b[92mclose\x1b[0m at \x1b[92msix.\x1b[0m" in coloured
    three = beside(["A", "B", "C"], ["x", "y", "z"], 60, COLOURLESS)
    assert [line.split() for line in three] == [["A", "B"], ["x", "[y]"], ["C"], ["[z]"]]


@given(st.lists(TEXT, min_size=1, max_size=4), st.integers(40, 120), st.booleans())
def test_no_line_is_too_wide_and_no_word_is_lost(
    texts: list[str], columns: int, coloured: bool
) -> None:
    theme = DARK if coloured else COLOURLESS
    lines = beside(["H"] * len(texts), texts, columns, theme)
    assert all(width(CODES.sub("", line)) <= columns for line in lines)
    shown = "".join(sorted(CODES.sub("", "".join(lines))))
    wanted = "".join(sorted("".join(texts) + "H" * len(texts)))
    assert shown.translate(dict.fromkeys(map(ord, " []"))) == wanted.replace(" ", "")


def test_nothing_reaches_the_terminal() -> None:
    for text in PAYLOADS.values():
        for line in beside(["A", text], ["a", text], 80, COLOURLESS):
            assert line.isprintable() or not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e]", line)


def test_long_texts_are_cut_where_no_more_is_wanted() -> None:
    texts = ["short", "a word " * 100]
    whole = beside(["A", "B"], texts, 80, COLOURLESS)
    assert beside(["A", "B"], texts, 80, COLOURLESS, len(whole)) == whole
    cut = beside(["A", "B"], texts, 80, COLOURLESS, 5)
    assert cut[:5] == whole[:5]
    assert cut[5:] == [" " * 41 + f"... {len(whole) - 5} more lines; -v has all"]
