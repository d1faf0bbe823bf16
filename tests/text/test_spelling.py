"""One slip of the finger: every way to make one, and nothing that is no word of its script."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialog_s2s.text.misspell import LONG
from dialog_s2s.text.spelling import LONGEST, one_edit_away

latin = st.text("abcz", min_size=1, max_size=7)
korean = st.text("가각갂힣하환불녹차의", min_size=1, max_size=4)
words = st.one_of(latin, korean)


def letters(word: str) -> str:
    """What a word is typed with."""
    return unicodedata.normalize("NFD", word)


def distance(one: str, other: str) -> int:
    """How many letters to add, drop, replace or swap with the next make one word the other."""
    table = {(i, 0): i for i in range(len(one) + 1)} | {(0, j): j for j in range(len(other) + 1)}
    for i, left in enumerate(one, 1):
        for j, right in enumerate(other, 1):
            best = min(
                table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (left != right)
            )
            if i > 1 and j > 1 and one[i - 2 : i] == right + other[j - 2]:
                best = min(best, table[i - 2, j - 2] + 1)
            table[i, j] = best
    return table[len(one), len(other)]


def near(word: str) -> set[str]:
    return set(one_edit_away(word))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("opne", "open"),
        ("oppen", "open"),
        ("oen", "open"),
        ("opem", "open"),
        ("nopen", "open"),
        ("openz", "open"),
        ("refnud", "refund"),
        ("환블", "환불"),
        ("홤불", "환불"),
        ("화불", "환불"),
        ("환부", "환불"),
        ("녹챠", "녹차"),
    ],
)
def test_every_kind_of_slip(typed: str, meant: str) -> None:
    assert typed in near(meant)
    assert len(letters(typed)) < LONG or meant in near(typed)


@settings(max_examples=50)
@given(words)
def test_all_are_one_edit_away(word: str) -> None:
    for other in near(word):
        assert distance(letters(word), letters(other)) <= 1


@given(words, words)
def test_whatever_is_one_edit_away_is_found(one: str, other: str) -> None:
    long = LONG <= len(letters(one)) <= LONGEST
    close = distance(letters(one), letters(other)) == 1
    assert (other in near(one)) >= (long and close and one.isascii() == other.isascii())


@given(words, st.data())
def test_of_long_words_each_is_near_the_other(word: str, data: st.DataObject) -> None:
    found = sorted(near(word))
    if found:
        other = data.draw(st.sampled_from(found))
        if LONG <= len(letters(other)) <= LONGEST:
            assert word in near(other)


@given(words)
def test_all_are_whole_words_of_the_same_script(word: str) -> None:
    for other in near(word):
        assert unicodedata.is_normalized("NFC", other)
        assert other
        if word.isascii():
            assert all("a" <= char <= "z" for char in other)
        else:
            assert all("가" <= char <= "힣" for char in other)


@pytest.mark.parametrize(
    "word",
    [
        "",
        "tea",
        "차",
        "가",
        "a" * (LONGEST + 1),
        "가" * (LONGEST // 2 + 1),
        "open24",
        "wi-fi",
        "Open",
        "café",
        "tea차",
        "ㅋㅋㅋㅋ",
        "ㅎㅏㄴㅂ",
        "お茶茶茶",
        "\ud800aaa",
        "two words",
    ],
)
def test_short_long_and_other_words_have_none(word: str) -> None:
    assert near(word) == set()


@pytest.mark.parametrize("length", [LONG, LONG + 1, LONGEST])
def test_there_are_so_many(length: int) -> None:
    """Of different letters: all dropped, swapped, replaced and added, and the word itself."""
    word = "abcdefghijklmnopqrstuvwxyz"[:length]
    replaced, added = 25 * length, 26 * (length + 1) - length
    assert len(near(word)) == length + (length - 1) + replaced + added + 1
    assert len(near("a" * length)) == 1 + replaced + (25 * (length + 1) + 1) + 1
