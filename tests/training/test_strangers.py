"""Questions that no bot was taught: many, different, none of a corpus, repeatable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialog_s2s.text.readers import read
from dialog_s2s.text.turns import Role, fold
from dialog_s2s.training.strangers import mashed, scrambled, strangers
from dialog_s2s.training.strangers_texts import ENGLISH, KOREAN

CORPORA = sorted((Path(__file__).parents[2] / "corpora").glob("*.yaml"))
SHOP = [
    "When do you open?",
    "I'd like to change my order",
    "where is the nearest branch",
    "Do you wrap gifts?",
    "Is parking free, or must I pay?",
    "how can I reach a person",
    "hello",
    "Thanks!",
    "몇 시에 문을 여나요?",
    "주문을 바꾸고 싶어요",
    "선물 포장도 해 주나요?",
    "주차는 무료인가요?",
]
CHINESE = ["几点开门？", "可以带狗吗？", "停车要钱吗？", "怎么退货？"]


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def words(text: str) -> list[str]:
    return fold(text).split()


def test_there_are_as_many_as_promised_and_none_twice() -> None:
    assert (len(ENGLISH), len(KOREAN)) == (240, 160)
    assert len({fold(text) for text in ENGLISH + KOREAN}) == 400
    assert all(text == text.strip() and "|" not in text for text in ENGLISH + KOREAN)
    assert all(text.isascii() for text in ENGLISH)
    assert all(any("가" <= char <= "힣" for char in text) for text in KOREAN)


@pytest.mark.parametrize("texts", [ENGLISH, KOREAN], ids=["English", "Korean"])
def test_they_are_not_all_of_one_form(texts: tuple[str, ...]) -> None:
    """Or a bot would learn that what it does not know is what ends in a question mark."""
    asked = sum(text.endswith("?") for text in texts)
    assert 0.4 < asked / len(texts) < 0.8
    assert len({text.split()[0].casefold() for text in texts}) > len(texts) / 5
    lengths = [len(text.split()) for text in texts]
    assert min(lengths) <= 3 < 7 < max(lengths)


def test_no_corpus_of_ours_holds_one() -> None:
    assert CORPORA
    taught = {
        fold(turn.text)
        for dialogue in read(CORPORA)
        for turn in dialogue.turns
        if turn.role is Role.USER
    }
    assert len(taught) > 1000
    assert not taught & {fold(text) for text in ENGLISH + KOREAN}


@pytest.mark.parametrize(("share", "korean"), [(0.0, 0), (0.25, 25), (1.0, 100)])
def test_they_are_drawn_by_language_without_repetition(share: float, korean: int) -> None:
    drawn = strangers(rng(1), 100, share)
    assert len(drawn) == len(set(drawn)) == 100
    assert len(set(drawn) & set(KOREAN)) == korean
    assert set(drawn) <= {*ENGLISH, *KOREAN}


def test_languages_are_mingled() -> None:
    places = [place for place, text in enumerate(strangers(rng(1), 100, 0.5)) if text in KOREAN]
    assert 35 < np.mean(places) < 65


def test_a_language_gives_no_more_than_it_has() -> None:
    assert len(strangers(rng(1), 1000, 0.5)) == 400
    assert len(strangers(rng(1), 300, 1.0)) == 160
    assert strangers(rng(1), 0, 0.5) == []


@pytest.mark.parametrize(
    "make",
    [
        lambda random: strangers(random, 50, 0.3),
        lambda random: scrambled(SHOP, random, 50),
        lambda random: mashed(random, 50),
    ],
    ids=["strangers", "scrambled", "mashed"],
)
def test_the_seed_alone_decides(make: Callable[[np.random.Generator], list[str]]) -> None:
    assert make(rng(1)) == make(rng(1))
    assert make(rng(1)) != make(rng(2))


def test_scrambled_questions_are_words_of_different_ones() -> None:
    made = scrambled(SHOP, rng(1), 200)
    assert len(made) == len({fold(text) for text in made}) == 200
    assert not {fold(text) for text in made} & {fold(text) for text in SHOP}
    sources = [set(words(text)) for text in SHOP]
    several = [set(words(text)) for text in made if " " in text]
    assert len(several) > 100
    for mixed in several:
        assert mixed <= set().union(*sources)
        assert not any(len(mixed) > 2 and mixed <= source for source in sources)


def test_scrambled_questions_look_like_the_others() -> None:
    made = scrambled(SHOP, rng(1), 300)
    lengths = {len(text.split()) for text in SHOP}
    assert {len(text.split()) for text in made} == lengths
    for text in made:
        assert not {"Do", "When", "Is"} & set(text.split()[1:])  # no capitals within
        assert not set("?!,") & set(text[:-1])
    assert any(text[0].isupper() and text.endswith("?") for text in made)
    assert any(text[0].islower() and text[-1].isalpha() for text in made)


def test_languages_are_scrambled_each_by_itself() -> None:
    for text in scrambled(SHOP, rng(1), 200):
        letters = [char for char in text if char.isalpha()]
        assert all(char.isascii() for char in letters) or not any(map(str.isascii, letters))


def test_text_without_blanks_is_scrambled_too() -> None:
    made = scrambled(CHINESE, rng(1), 20)
    assert len(made) == 20
    assert all(text.endswith("？") and 3 <= len(text) <= 7 for text in made)
    assert set("".join(made)) <= set("".join(CHINESE))


@pytest.mark.parametrize("questions", [[], [""], ["?"], ["<."], ["hi"], ["one two"] * 3])
def test_where_there_is_little_to_mix_little_is_made(questions: list[str]) -> None:
    made = scrambled(questions, rng(1), 10)
    assert len(made) < 10
    assert not {fold(text) for text in made} & {fold(text) for text in questions}


@settings(deadline=None)
@given(st.lists(st.text(max_size=20), max_size=6), st.integers(0, 99))
def test_anything_can_be_scrambled(questions: list[str], seed: int) -> None:
    made = scrambled(questions, rng(seed), 5)
    assert len(made) == len({fold(text) for text in made}) <= 5
    assert not {fold(text) for text in made} & {fold(text) for text in questions}


def test_mashed_text_is_of_many_kinds() -> None:
    made = mashed(rng(1), 400)
    assert len(set(made)) == 400
    assert all(fold(text) and text.isprintable() for text in made)
    assert max(map(len, made)) < 60
    digits, latin, hangul, jamo = (
        sum(all(kind(char) for char in text if char != " ") for text in made)
        for kind in (
            str.isdigit,
            lambda char: "a" <= char <= "z",
            lambda char: "가" <= char <= "힣",
            lambda char: "ㄱ" <= char <= "ㅣ",
        )
    )
    assert min(digits, latin, hangul) > 60
    assert jamo > 20


def test_mashed_text_is_nothing_that_is_said() -> None:
    said = {fold(text) for text in ENGLISH + KOREAN} | {
        word for text in ENGLISH + KOREAN for word in words(text)
    }
    assert len(said & {fold(text) for text in mashed(rng(1), 400)}) < 4
