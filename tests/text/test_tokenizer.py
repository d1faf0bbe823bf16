"""Pieces: text comes back as it was, and can never become a piece with a meaning of its own."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dialog_s2s.errors import BundleError, DataError
from dialog_s2s.text import tokenizer as tokenizers
from dialog_s2s.text.tokenizer import (
    END,
    PADDING,
    SMALLEST,
    START,
    UNKNOWN,
    Tokenizer,
    VocabularyError,
)
from dialog_s2s.text.turns import Role

SPECIAL = range(SMALLEST - 256)
SPACE_MARK = "▁"
SENTENCES = st.text(st.characters(exclude_categories=["Cs", "Cn", "Co", "Mn", "Mc", "Me"]))
SURPRISES = st.text("aé ▁ 한뷁\u1112\u1161ﬁ½😀👩\u200d\u0301\ufffd<>us er/0x", max_size=12)
IDS = st.lists(st.integers(0, 400), max_size=20)


def normal(text: str) -> str:
    """What is left of a text: NFKC, runs of spaces folded; a space mark is a space."""
    text = unicodedata.normalize("NFKC", text).replace(SPACE_MARK, " ")
    return re.sub(" +", " ", text).strip(" ")


@settings(max_examples=300, deadline=None)
@given(text=SENTENCES.filter(lambda text: SPACE_MARK not in text))
@example(text="뷁쀍 😀👍🏽 naïve ½ ﬁne")
@example(text="  two  spaces\tand a tab\n")
@example(text="<user> <bot> <system> <s> </s> <pad> <unk> <0x41> \u2047")
@example(text="\ufffd\x00\x7f")
@example(text="")
def test_text_comes_back_as_it_was(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == normal(text)


@settings(max_examples=200, deadline=None)
@given(text=st.text() | SURPRISES)
def test_text_never_becomes_a_special_piece(tokenizer: Tokenizer, text: str) -> None:
    assert not set(tokenizer.encode(text)) & {*SPECIAL}


@pytest.mark.parametrize(
    "text", ["<user>", "<bot>", "<system>", "<s>", "</s>", "<pad>", "<unk>", "<0x41>"]
)
def test_the_names_of_pieces_are_only_text(tokenizer: Tokenizer, text: str) -> None:
    ids = tokenizer.encode(f"say {text} now")
    assert not set(ids) & {*SPECIAL}
    assert tokenizer.decode(ids) == normal(f"say {text} now")


def test_what_was_never_seen_falls_to_bytes(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("쀍")
    assert [tokenizer.piece(index) for index in ids[-3:]] == ["<0xEC>", "<0x80>", "<0x8D>"]


@settings(max_examples=200, deadline=None)
@given(ids=IDS)
def test_any_pieces_decode_and_stream_to_the_same_text(
    tokenizer: Tokenizer, ids: list[int]
) -> None:
    ids = [index % tokenizer.size for index in ids]
    parts = list(tokenizer.stream(ids))
    assert "".join(parts) == tokenizer.decode(ids)
    assert all(parts)
    assert not any("\ufffd" in part for part in parts)
    assert "".join(parts).encode().decode() == "".join(parts)  # no half of a surrogate pair


@settings(max_examples=200, deadline=None)
@given(text=SENTENCES | SURPRISES)
def test_what_is_streamed_only_ever_grows(tokenizer: Tokenizer, text: str) -> None:
    ids = tokenizer.encode(text)
    streamed = ""
    whole = tokenizer.decode(ids)
    for count, index in enumerate(ids, start=1):
        streamed = tokenizer.decode(ids[:count])
        assert whole.startswith(streamed), f"after piece {index}"
    assert streamed == whole


def test_a_character_is_streamed_when_it_is_whole(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("a😀b")
    assert len(ids) > 5
    assert "".join(tokenizer.stream(ids[:3])).strip("a") == ""
    assert [part for part in tokenizer.stream(ids) if not part.isascii()] == ["😀"]


def test_special_pieces_are_silent(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("green tea")
    noisy = [START, *tokenizer.roles.values()]
    for index in ids:
        noisy += [index, PADDING, UNKNOWN]
    assert tokenizer.decode([*noisy, END]) == "green tea"
    assert tokenizer.decode(SPECIAL) == ""


def test_half_a_character_is_dropped(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("😀")
    word = tokenizer.encode("tea")
    assert tokenizer.decode([*word, *ids[-4:-1]]) == "tea"
    assert tokenizer.decode([*ids[-4:-1], *word]).strip(" ") == "tea"
    assert tokenizer.decode(ids[-3:]) == ""
    # what comes after a word does not complete what came before it
    assert tokenizer.decode([*ids[-4:-1], *word, ids[-1]]).strip(" ") == "tea"


def test_roles_have_pieces_of_their_own(tokenizer: Tokenizer) -> None:
    assert tokenizer.roles.keys() == set(Role)
    assert sorted(tokenizer.roles.values()) == [4, 5, 6]
    assert [tokenizer.piece(tokenizer.roles[role]) for role in Role] == [
        f"<{role.value}>" for role in Role
    ]


def test_what_was_remembered_has_a_piece_that_text_cannot_become(tokenizer: Tokenizer) -> None:
    assert tokenizer.piece(tokenizer.memory) == "<memory>"
    assert tokenizer.openers == (4, 5, 6, tokenizer.memory)
    assert tokenizer.memory not in tokenizer.encode("say <memory> please")
    assert tokenizer.decode([tokenizer.memory, *tokenizer.encode("tea")]) == "tea"


def test_splits_spell_the_piece(tokenizer: Tokenizer) -> None:
    splits = tokenizer.splits()
    assert len(splits) == tokenizer.size
    assert sum(map(bool, splits)) > 20
    assert not any(splits[:SMALLEST])
    for index, ways in enumerate(splits):
        assert len(set(ways)) == len(ways)
        for left, right in ways:
            assert min(left, right) >= SMALLEST
            assert tokenizer.piece(left) + tokenizer.piece(right) == tokenizer.piece(index)


def test_the_same_texts_give_the_same_pieces(tokenizer: Tokenizer, texts: tuple[str, ...]) -> None:
    again = Tokenizer.train(iter(texts * 4), 420)
    assert again.model == tokenizer.model
    assert Tokenizer(tokenizer.model).encode(texts[0]) == tokenizer.encode(texts[0])


def test_a_space_mark_is_read_as_a_space(tokenizer: Tokenizer) -> None:
    assert tokenizer.decode(tokenizer.encode("green▁tea")) == "green tea"


def test_the_vocabulary_is_no_larger_than_asked(tokenizer: Tokenizer) -> None:
    assert SMALLEST < tokenizer.size <= 420
    assert Tokenizer.train(["a b"], 100_000).size < 400


@pytest.mark.parametrize("phrases", [False, True])
def test_a_vocabulary_without_room_for_the_characters_is_told(phrases: bool) -> None:
    texts = ["".join(map(chr, range(start, start + 10))) for start in range(0x4E00, 0x4F00, 10)]
    with pytest.raises(VocabularyError, match=r"text\.vocabulary 300 is too small") as caught:
        Tokenizer.train(texts, 300, phrases)
    assert f"{caught.value.least} pieces; set it to that or more" in str(caught.value)
    assert Tokenizer.train(texts, caught.value.least, phrases).size == caught.value.least
    with pytest.raises(VocabularyError):
        Tokenizer.train(texts, caught.value.least - 1, phrases)


@pytest.mark.parametrize("texts", [[], [""], ["  ", "\t\n"]])
def test_no_text_is_refused(texts: list[str]) -> None:
    with pytest.raises(DataError, match="no text to learn a vocabulary from"):
        Tokenizer.train(texts, 300)


def test_what_is_no_model_of_ours_is_refused(tokenizer: Tokenizer) -> None:
    renamed = tokenizer.model.replace(b"<bot>", b"<cat>")
    cut = tokenizer.model[: len(tokenizer.model) // 2]
    for data in (b"", b"garbage", bytes(1000), cut, renamed):
        with pytest.raises(BundleError, match="train the bot again"):
            Tokenizer(data)


def test_many_texts_are_thinned_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokenizers, "MAX_TRAINING_TEXTS", 10)
    kept = [int(text) for text in tokenizers._spread(str(number) for number in range(100))]
    assert 5 <= len(kept) <= 10
    assert len({later - kept[place] for place, later in enumerate(kept[1:])}) == 1
    assert kept[-1] + kept[1] - kept[0] >= 100
    assert tokenizers._spread(["a", "b"]) == ["a", "b"]
