"""Lines broken at words, in whatever parts a text comes."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import iter_graphemes, width

from dialog_s2s.interfaces.chat.wrapping import LEAST, Wrapper, fitted, wrapped
from dialog_s2s.interfaces.sanitize import clean

FAMILY = "👩‍👩‍👧"
WORDS = (
    *(
        "hello",
        "a",
        "we",
        "open,",
        "nine.",
        "supercalifragilisticexpialidocious",
        "-",
        "http://a/b",
    ),
    *("안녕하세요", "오늘", "날씨가", "좋네요."),
    *("营业时间是什么？", "日本語、です。", "「東京」", "カー", "！？", "私は、一"),
    *(
        FAMILY,
        "👍🏽",
        "🇰🇷🇯🇵",
        "🏳️‍🌈",
        "e\u0301te\u0301",
        "กำลัง",
        "नमस्ते",
        "שלום",
        "\u200b",
        "h\u0300\u0301\u0302i",
    ),
)
GAPS = (" ", " ", " ", "  ", "    ", "")
PHRASES = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(GAPS)), max_size=40).map(
    lambda pairs: "".join(word + gap for word, gap in pairs)
)
ANY = st.text(st.characters(codec="utf-8")).map(clean)
TEXTS = st.one_of(PHRASES, ANY, st.lists(st.one_of(PHRASES, ANY), max_size=5).map("".join))
COLUMNS = st.integers(LEAST, 100)


def in_parts(text: str, places: list[int], columns: int, indent: int = 5, start: int = 5) -> str:
    """`text` in as many parts as there are places, and one more."""
    wrapper = Wrapper(lambda: columns, indent, start)
    cuts = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    parts = (text[one:other] for one, other in pairwise(cuts))
    return "".join(map(wrapper.feed, parts)) + wrapper.end()


@given(TEXTS, st.lists(st.integers(0, 10_000), max_size=30), COLUMNS)
def test_it_does_not_matter_how_a_text_comes(text: str, places: list[int], columns: int) -> None:
    assert in_parts(text, places, columns) == in_parts(text, [], columns)
    each = [*range(len(text) + 1)]
    assert in_parts(text, each, columns) == in_parts(text, [], columns)


@given(TEXTS, COLUMNS, st.integers(0, 15), st.integers(0, 25))
def test_no_line_is_wider_than_the_terminal(
    text: str, columns: int, indent: int, start: int
) -> None:
    start = min(start, columns)
    first, *others = wrapped(text, columns, indent, start).split("\n")
    assert start + width(first) <= columns
    for line in others:
        assert line.startswith(" " * indent)
        assert width(line) <= columns


@given(TEXTS, COLUMNS, st.integers(0, 15))
def test_nothing_but_blanks_is_lost(text: str, columns: int, indent: int) -> None:
    made = wrapped(text, columns, indent, indent)
    assert re.sub(r"[ \n]", "", made) == text.replace(" ", "")
    # and these at breaks alone: what stands on one line is as it was
    lines = [line[indent * bool(place) :] for place, line in enumerate(made.split("\n"))]
    rest = text
    for line in lines:
        assert rest.lstrip(" ").startswith(line.lstrip(" "))
        rest = (
            rest[rest.index(line.lstrip(" ")) + len(line.lstrip(" ")) :] if line.strip() else rest
        )


@given(TEXTS, COLUMNS)
def test_the_place_is_known(text: str, columns: int) -> None:
    wrapper = Wrapper(lambda: columns, 3, 3)
    made = " " * 3 + wrapper.feed(text) + wrapper.end()
    last = made.split("\n")[-1]
    # blanks that end a full line are not written
    assert wrapper.column in (width(last), columns + 1)


@given(PHRASES, COLUMNS)
def test_characters_are_not_torn(text: str, columns: int) -> None:
    for one, other in pairwise(wrapped(text, columns).split("\n")):
        apart = [*iter_graphemes(one), *iter_graphemes(other)]
        assert [*iter_graphemes(one + other)] == apart


@given(TEXTS, st.integers(0, LEAST - 1))
def test_a_terminal_that_is_too_narrow_breaks_lines_itself(text: str, columns: int) -> None:
    assert wrapped(text, columns) == text


def test_words_stay_whole() -> None:
    assert wrapped("the quick brown fox jumps over", 20, 2) == "the quick brown fox \n  jumps over"
    assert wrapped("오늘 날씨가 정말 좋네요 그렇죠", 20) == "오늘 날씨가 정말 \n좋네요 그렇죠"
    assert wrapped("a" * 45, 20) == "\n".join(["a" * 20, "a" * 20, "a" * 5])
    assert wrapped("가" * 25, 21) == "\n".join(["가" * 10, "가" * 10, "가" * 5])


def test_a_word_longer_than_a_line_begins_where_there_is_room() -> None:
    assert wrapped("see " + "a" * 30, 20, 2) == "see \n  " + "a" * 18 + "\n  " + "a" * 12


@pytest.mark.parametrize("mark", "、。，．！？）」』】…")
def test_no_line_begins_with_a_closing_mark(mark: str) -> None:
    for before in range(15):
        text = "日" * before + f"本{mark}語" + "日" * 12
        for line in wrapped(text, 20).split("\n")[1:]:
            assert not line.startswith(mark)


def test_han_breaks_anywhere_else() -> None:
    assert wrapped("日" * 25, 20) == "\n".join(["日" * 10, "日" * 10, "日" * 5])
    assert wrapped("no: " + "日" * 10, 20) == "no: " + "日" * 8 + "\n" + "日" * 2


@pytest.mark.parametrize("cluster", [FAMILY, "👍🏽", "🇰🇷", "e\u0301", "h" + "\u0300" * 50])
@pytest.mark.parametrize("before", range(18, 22))
def test_a_cluster_is_never_torn(cluster: str, before: int) -> None:
    lines = wrapped("x" * before + cluster * 3 + "y", 20).split("\n")
    assert sum(line.count(cluster) for line in lines) == 3
    assert max(map(width, lines)) <= 20


def test_the_terminal_may_change_its_size_meanwhile() -> None:
    sizes = [40, 20]
    wrapper = Wrapper(lambda: sizes[0])
    first = wrapper.feed("one two three four five six ")
    assert "\n" not in first
    sizes.reverse()
    rest = wrapper.feed("seven eight nine ten eleven ") + wrapper.end()
    assert max(map(width, rest.split("\n"))) <= 20
    assert rest.split() == ["seven", "eight", "nine", "ten", "eleven"]


def test_the_last_word_waits_for_its_end() -> None:
    wrapper = Wrapper(lambda: 80)
    assert [wrapper.feed(part) for part in ("hel", "lo th", "ere ", "x")] == [
        "",
        "hello ",
        "there",
        " ",
    ]
    assert wrapper.end() == "x"
    assert wrapper.end() == ""


@given(TEXTS, st.integers(0, 60))
def test_fitted_is_just_so_wide(text: str, columns: int) -> None:
    made = fitted(text, columns)
    assert width(made) == columns
    if width(text) <= columns:
        assert made.rstrip(" ") == text.rstrip(" ")
    elif columns:
        assert made.rstrip(" ").endswith("…")
        assert text.startswith(made.rstrip(" ").removesuffix("…"))


def test_a_wide_character_that_does_not_fit_leaves_a_blank() -> None:
    assert fitted("日本", 4) == "日本"
    assert fitted("日本語", 4) == "日… "
    assert fitted("ab", 1) == "…"
    assert fitted("ab", 0) == ""
