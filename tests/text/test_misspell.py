"""Slips of the finger: at most one a word, of letters that were there, in every script."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialog_s2s.text.misspell import LONG, misspelt

KOREAN = "안녕하세요 몇 시에 문을 여나요 선물 포장도 되나요"
LETTERS = "abcdefgéüß" + "абвгд" + "".join(sorted(set(KOREAN) - {" "})) + "漢字かな" + "'?7"
words = st.lists(st.text(LETTERS, min_size=1, max_size=9), max_size=6).map(" ".join)
seeds = st.integers(0, 999)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def letters(word: str) -> list[str]:
    """What a word is typed with: the strokes of Korean one by one, wherever they stand."""
    return [
        unicodedata.name(stroke).split(" ", 2)[2] if "HANGUL" in unicodedata.name(char) else stroke
        for char in word
        for stroke in (
            unicodedata.normalize("NFD", char) if "HANGUL" in unicodedata.name(char) else char
        )
    ]


def edits(one: list[str], other: list[str]) -> int:
    """How many letters to add, drop, replace or swap with the next make one word the other."""
    table = {(i, 0): i for i in range(len(one) + 1)} | {(0, j): j for j in range(len(other) + 1)}
    for i, left in enumerate(one, 1):
        for j, right in enumerate(other, 1):
            best = min(
                table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (left != right)
            )
            if i > 1 and j > 1 and one[i - 2 : i] == [right, other[j - 2]]:
                best = min(best, table[i - 2, j - 2] + 1)
            table[i, j] = best
    return table[len(one), len(other)]


@settings(max_examples=300, deadline=None)
@given(words, seeds)
def test_a_word_has_one_slip_at_most(text: str, seed: int) -> None:
    made = misspelt(text, rng(seed), 1.0)
    assert len(made.split()) == len(text.split())
    for before, after in zip(text.split(), made.split(), strict=True):
        assert edits(letters(before), letters(after)) <= 1
        assert set(letters(after)) <= set(letters(before))
        assert len(letters(before)) >= LONG or after == before


@given(words, seeds)
def test_the_seed_alone_decides(text: str, seed: int) -> None:
    assert misspelt(text, rng(seed)) == misspelt(text, rng(seed))


@given(words, seeds)
def test_no_share_is_no_slip(text: str, seed: int) -> None:
    assert misspelt(text, rng(seed), 0.0) == text


@settings(max_examples=300)
@given(st.text(), seeds)
def test_any_text_can_be_misspelt(text: str, seed: int) -> None:
    made = misspelt(text, rng(seed), 1.0)
    assert made == " ".join(made.split())
    assert bool(made) == bool(text.split())


def _korean(char: str) -> bool:
    return "가" <= char <= "힣"


def test_korean_stays_what_can_be_typed() -> None:
    """Syllables, and strokes that stand alone; never one that belongs to a syllable not there."""
    made = {misspelt(KOREAN, rng(seed), 1.0) for seed in range(200)}
    assert len(made) > 150
    for text in made:
        assert unicodedata.is_normalized("NFC", text)
        assert all(_korean(char) or "ㄱ" <= char <= "ㅣ" or char == " " for char in text)
    assert any("ㄱ" <= char <= "ㅣ" for text in made for char in text)
    new = {word for text in made for word in text.split()} - set(KOREAN.split())
    assert any(all(map(_korean, word)) for word in new)


def test_accents_stay_on_their_letters() -> None:
    decomposed = unicodedata.normalize("NFD", "élève âgée où")
    made = {misspelt(decomposed, rng(seed), 1.0) for seed in range(50)}
    assert all(set(text) <= set("élève âgée où") for text in made)


@pytest.mark.parametrize(("share", "least", "most"), [(0.2, 0.1, 0.25), (0.7, 0.5, 0.75)])
def test_about_that_share_of_words_is_misspelt(share: float, least: float, most: float) -> None:
    """Less than `share`: replacing or swapping like letters changes nothing."""
    text = " ".join(["question"] * 2000)
    changed = sum(word != "question" for word in misspelt(text, rng(), share).split()) / 2000
    assert least < changed < most


def test_slips_are_of_all_kinds() -> None:
    words = set(misspelt(" ".join(["later"] * 500), rng(), 1.0).split())
    assert {"ater", "laterr", "latre", "latar"} <= words
