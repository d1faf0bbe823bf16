"""Misspelt words become known ones, and known ones stay as they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialog_s2s.memory.grams import grams
from dialog_s2s.memory.mending import Mender
from dialog_s2s.memory.term_index import TermIndex
from dialog_s2s.text.misspell import LONG, misspelt
from dialog_s2s.text.spelling import one_edit_away
from dialog_s2s.text.thesaurus import EMPTY, LONGEST, Thesaurus
from dialog_s2s.text.turns import fold

THESAURUS = Thesaurus.parse(
    "[returns]\nrefund, money back, reimburse\n환불, 반품\n교환, 바꿔\n[hours]\nopen, start\n"
    "close, shut\n[money]\nprice, cost\nprize, award\n차, 티\n"
)
QUESTIONS = (
    "When do you open?",
    "Where is the Dunfellow bus?",
    "Is there parking in Yarrowford?",
    "Can I get a refund when you close?",
    "What is the price of it, and the price?",
    "The price, please",
    "라떼 얼마예요",
    "환불해 주세요",
)
LONG_WORDS = (
    "refund",
    "reimburse",
    "open",
    "close",
    "price",
    "dunfellow",
    "parking",
    "환불",
    "라떼",
)


def mender(questions: tuple[str, ...] = QUESTIONS, thesaurus: Thesaurus = THESAURUS) -> Mender:
    return Mender(
        thesaurus,
        TermIndex.build(grams, enumerate(questions)).counted,
        TermIndex.build(thesaurus.terms, enumerate(questions)).counted,
    )


MENDER = mender()
SHIPPED = Thesaurus.known()
OF_SHIPPED = mender(thesaurus=SHIPPED)
known_words = sorted(
    {
        *(word for phrase in THESAURUS.phrases for word in phrase.split()),
        *(word for question in QUESTIONS for word in fold(question).split()),
    }
)
known_texts = st.lists(st.sampled_from(known_words), max_size=6).map(" ".join)
any_texts = st.lists(
    st.one_of(
        st.sampled_from(known_words), st.text(max_size=8), st.text("pricefunㅎㅏ환", max_size=7)
    ),
    max_size=5,
).map(" ".join)


def meant(text: str, thesaurus: Thesaurus = THESAURUS) -> set[int]:
    return {each for several in thesaurus.meanings(fold(text)) for each in several}


HELD = set[int]().union(*map(meant, QUESTIONS))
"""Meanings of the questions."""


def knows(word: str) -> bool:
    """Whether the thesaurus or a question has it."""
    return THESAURUS.knows(word) or word in known_words


def told(word: str) -> bool:
    """Whether a question has it, or its meaning."""
    return word in " ".join(map(fold, QUESTIONS)).split() or bool(meant(word) & HELD)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Wehn do you opne?", "when do you open"),
        ("refnud", "refund"),
        ("refundss please", "refunds please"),
        ("the dunfelow bus", "the dunfellow bus"),
        ("parkign in yarowford", "parking in yarrowford"),
        ("한불", "환불"),
        ("환블", "환불"),
        ("라때 얼마예요", "라떼 얼마예요"),
    ],
)
def test_slips_are_mended(typed: str, meant: str) -> None:
    assert MENDER.spelt(typed) == meant


@pytest.mark.parametrize("typed", ["환불ㅇ", "환불ㄹ", "ㅎ환불"])
def test_a_letter_outside_a_syllable_is_a_slip(typed: str) -> None:
    (meant,) = THESAURUS.meanings("환불")
    assert meant in THESAURUS.meanings(MENDER.spelt(typed))
    assert not any("ㄱ" <= char <= "ㅣ" or char < "가" for char in MENDER.spelt(typed))


@pytest.mark.parametrize(
    "text",
    [
        "opens opening",
        "oen",
        "pen",
        "xyzzy plugh",
        "1234 12345",
        "открыто",
        "café",
        "wi-fi",
        "차",
        "가",
        "ㅋㅋ",
        "\ud800",
        "?!",
        "",
    ],
)
def test_what_cannot_be_mended_stays(text: str) -> None:
    assert MENDER.spelt(text) == fold(text)


@given(known_texts)
def test_known_words_stay(text: str) -> None:
    assert MENDER.spelt(text) == fold(text)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_known_question_is_itself(question: str) -> None:
    for each in (MENDER, OF_SHIPPED, mender(thesaurus=EMPTY)):
        assert each.spelt(question) == fold(question)


@settings(max_examples=60)
@given(st.sampled_from([each for each in SHIPPED.phrases if each.isascii() or " " not in each]))
def test_the_shipped_entries_stay(phrase: str) -> None:
    assert OF_SHIPPED.spelt(phrase) == phrase


@pytest.mark.parametrize("phrase", ["정기 배송", "사고 싶", "하는 법", "몇 시간"])
def test_the_shipped_entries_of_several_korean_words_stay(phrase: str) -> None:
    assert phrase in SHIPPED.phrases
    assert OF_SHIPPED.spelt(phrase) == phrase


@pytest.mark.parametrize("word", ["dont", "cant", "wont"])
def test_common_words_stay(word: str) -> None:
    assert OF_SHIPPED.spelt(word) == word


@pytest.mark.parametrize(("word", "name"), [("cant", "canto"), ("wont", "wontz")])
def test_common_words_stay_however_like_another(word: str, name: str) -> None:
    near = ("Where is Canto?", "Where is Wontz?")
    assert mender(near, EMPTY).spelt(word) == name
    assert mender(near).spelt(word) == mender(near, thesaurus=SHIPPED).spelt(word) == word


@given(any_texts)
def test_every_word_stays_or_becomes_a_known_one(text: str) -> None:
    before, after = fold(text).split(), MENDER.spelt(text).split()
    assert len(before) == len(after)
    for one, other in zip(before, after, strict=True):
        if one != other:
            assert other in one_edit_away(one)
            assert knows(other)
            assert told(other)
            assert not knows(one)
    assert MENDER.spelt(" ".join(after)) == " ".join(after)


@given(st.sampled_from(LONG_WORDS), st.data())
def test_one_slip_in_a_long_known_word_gives_a_known_word(word: str, data: st.DataObject) -> None:
    typed = data.draw(st.sampled_from(sorted(set(one_edit_away(word)))))
    if word in one_edit_away(typed):
        assert knows(MENDER.spelt(typed))


@given(st.sampled_from([word for word in LONG_WORDS if word.isascii()]), st.integers(0, 999))
def test_what_training_misspells_is_mended(word: str, seed: int) -> None:
    typed = misspelt(word, np.random.default_rng(seed), 1.0)
    assert len(typed) < LONG or knows(MENDER.spelt(typed))


@settings(max_examples=30)
@given(
    st.sampled_from([each for each in SHIPPED.phrases if each.isalpha() and len(each) > LONG]),
    st.data(),
)
def test_one_slip_in_a_shipped_word_gives_a_known_word(word: str, data: st.DataObject) -> None:
    near = sorted(set(one_edit_away(word)))
    if near:
        typed = data.draw(st.sampled_from(near))
        other = SHIPPED.reworded(word, np.random.default_rng(1), 1.0)
        for question in (word, other):
            made = mender((question,), SHIPPED).spelt(typed)
            assert SHIPPED.knows(made) or word not in one_edit_away(typed)
            assert made == typed or meant(made, SHIPPED) & meant(question, SHIPPED)
        assert mender((), SHIPPED).spelt(typed) == typed


def test_of_several_the_one_that_most_questions_hold() -> None:
    assert mender().spelt("prige") == "price"
    often = mender(("a prize", "the prize", "one award", "a price"))
    assert often.spelt("prige") == "prize"
    names = mender(("Marlow", "Marlow", "Barlow"), EMPTY)
    assert names.spelt("carlow") == "marlow"
    assert mender(("Barlow", "Barlow", "Marlow"), EMPTY).spelt("carlow") == "barlow"


def test_of_several_that_as_many_questions_hold_the_shortest() -> None:
    for questions in (("Barlows", "Barlow"), ("Barlow", "Barlows"), ("Barlow and Barlows",)):
        assert mender(questions, EMPTY).spelt("barlowx") == "barlow"
        assert mender((*questions, "Barlows"), EMPTY).spelt("barlowx") == "barlows"
    for questions in (("open",), ("start",), ("opens",)):
        assert mender(questions).spelt("openz") == "open"
    either = (("Barlow, Marlow",), ("Marlow, Barlow",))
    assert len({mender(each, EMPTY).spelt("carlow") for each in either}) == 1


@pytest.mark.parametrize(
    ("typed", "questions", "spelt"),
    [
        ("refnud", (), "refnud"),
        ("refnud", ("What is the price?",), "refnud"),
        ("refnud", ("Is there a refund?",), "refund"),
        ("refnud", ("Are there refunds?",), "refund"),
        ("refnud", ("Do you give money back?",), "refund"),
        ("reimbures", ("Is there a refund?",), "reimburse"),
        ("한불", ("교환해 주세요",), "한불"),
        ("한불", ("반품해 주세요",), "환불"),
        ("wehre", ("Is there a refund?",), "wehre"),
        ("wehre", ("Where is it?",), "where"),
    ],
)
def test_words_are_mended_to_those_that_a_question_holds(
    typed: str, questions: tuple[str, ...], spelt: str
) -> None:
    assert mender(questions).spelt(typed) == spelt


def test_other_words_of_a_meaning_speak_for_it() -> None:
    often = mender(("an award", "awards", "the award", "a price"))
    assert often.spelt("prige") == "prize"


def test_a_word_of_a_question_is_right_however_like_another() -> None:
    questions = ("Is Clos open?", "When do you close?", "리펀드")
    assert mender(questions).spelt("clos") == "clos"
    assert mender().spelt("clos") == "close"
    assert mender(questions).spelt("리펀드") == "리펀드"


def test_what_was_taught_is_known_at_once() -> None:
    words, meanings = TermIndex(grams), TermIndex(THESAURUS.terms)
    one = Mender(THESAURUS, words.counted, meanings.counted)
    assert one.spelt("zenor") == "zenor"
    for index in (words, meanings):
        index.add([(1, "Where is Zennor?")])
    assert one.spelt("zenor") == "zennor"


def test_no_more_of_a_text_is_mended_than_is_read() -> None:
    assert len(MENDER.spelt("opne " * LONGEST)) <= LONGEST
    assert set(MENDER.spelt("opne " * 50).split()) == {"open"}
