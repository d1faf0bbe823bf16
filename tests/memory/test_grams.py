"""Terms: the words and trigrams of a folded text, and nothing that depends on its neighbours."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.memory.grams import LONGEST, WIDE, distinct, grams
from dialog_s2s.text.turns import fold

words = st.sampled_from(["tea", "green", "문을", "café", "茶", "かな", "?!", "\ud800", "😀", "z"])
# without NUL, which weighs nothing: a run that begins with it may be as good as the rest of it
letters = st.characters(blacklist_characters="\0", blacklist_categories=())
texts = st.one_of(st.text(letters, max_size=12), st.lists(words, max_size=6).map(" ".join))


def terms(text: str) -> set[int]:
    return set(grams([text])[0].tolist())


def spelt(text: str) -> set[tuple[str, str]]:
    """What there is to hash, the slow and plain way."""
    folded = fold(text)
    letters = f" {unicodedata.normalize('NFD', folded)} "
    found = {("word", word) for word in folded.split() if not any(map(korean, word))}
    found |= {("run", letters[at : at + 3]) for at in range(len(letters) - 2)}
    for size in (1, 2):
        runs = (letters[at : at + size] for at in range(len(letters) - size + 1))
        found |= {("run", run) for run in runs if all(ord(char) >= WIDE for char in run)}
        runs = (folded[at : at + size] for at in range(len(folded) - size + 1))
        found |= {("run", run) for run in runs if all(map(korean, run))}
    return found


def korean(char: str) -> bool:
    """Whether it is a Korean syllable."""
    return "가" <= char <= "힣"


@given(st.lists(texts, max_size=6))
def test_terms_of_each_text_stand_rising_and_once(several: list[str]) -> None:
    found, starts = grams(several)
    assert len(starts) == len(several) + 1
    assert (starts[0], starts[-1]) == (0, len(found))
    for text, start, end in zip(several, starts, starts[1:], strict=False):
        own = found[start:end].tolist()
        assert own == sorted(set(own)) == grams([text])[0].tolist()
        assert len(own) == len(spelt(text))


@given(texts, texts)
def test_texts_share_the_terms_of_what_they_share(one: str, other: str) -> None:
    assert len(terms(one) & terms(other)) == len(spelt(one) & spelt(other))


@pytest.mark.parametrize(
    "other", ["when do you open", "WHEN do  you open?!", "When—do you open", "Ｗｈｅｎ do you open"]
)
def test_what_folds_to_the_same_has_the_same_terms(other: str) -> None:
    assert terms(other) == terms("When do you open?")


def test_one_wrong_stroke_leaves_most_of_a_korean_word() -> None:
    right, wrong = terms("영화관"), terms("영화간")
    assert len(right & wrong) > len(right) / 2


def test_a_korean_word_is_known_by_its_syllables_whatever_its_ending() -> None:
    for other in ("영화를", "영화가요", "그영화"):
        assert len(terms("영화") & terms(other)) >= 5
    assert not terms("영화관") & terms("tea")


def test_composed_and_decomposed_letters_are_one() -> None:
    for text in ("카페 영업시간", "café"):
        assert terms(unicodedata.normalize("NFD", text)) == terms(text)


def test_ideographs_count_alone() -> None:
    assert terms("茶") & terms("绿茶好喝")
    assert terms("t") & terms("tea") == set()


def test_word_order_tells() -> None:
    assert terms("tea green") != terms("green tea")


def test_nothing_has_no_terms() -> None:
    assert terms("") == terms(" \n\t") == set()
    assert terms("?!") != terms("!?")


def test_what_comes_too_late_does_not_count() -> None:
    long = "ab " * (LONGEST // 3) + "zz"
    assert terms(long + " more of it") == terms(long)


def test_distinct_values() -> None:
    values = np.array([5, 1, 5, 0, 1], dtype=np.uint64)
    assert distinct(values).tolist() == [0, 1, 5]
    assert distinct(np.empty(0, dtype=np.uint32)).tolist() == []
