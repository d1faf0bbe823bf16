"""Names as slots: which words are names, what stands for them, and that they come back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.text.slots import Slots, Source, known_as, nameable, parted
from dialog_s2s.text.source import SourceFormat
from dialog_s2s.text.tokenizer import END, UNKNOWN, Tokenizer
from dialog_s2s.text.turns import Role, Turn

KNOWN = frozenset({"my", "order", "is", "we", "look", "up", "hello", "and", "the", "tea"})
NAMES = ["A-4711", "Zoë", "x_1@y.z", "뷁쀍", "#7", "Bob"]
WORDS = st.lists(
    st.sampled_from([*NAMES, "my", "order", "is", "Hello", "tea,"]), min_size=1, max_size=9
)


@pytest.fixture
def slots(tokenizer: Tokenizer) -> Slots:
    return Slots(tokenizer, KNOWN, 4)


def read(slots: Slots, *texts: str, fold: bool = False) -> Source:
    form = SourceFormat(slots.tokenizer, 1000, 9, fold, slots)
    found = form.pieces([Turn(Role.USER, text) for text in texts])
    assert isinstance(found, Source)
    return found


@pytest.mark.parametrize(
    ("word", "name", "ending"),
    [("A-4711.", "A-4711", "."), ("Bob?!", "Bob", "?!"), ("it's", "it's", ""), ("...", "", "...")],
)
def test_a_word_ends_before_its_punctuation(word: str, name: str, ending: str) -> None:
    assert parted(word) == (name, ending)


@pytest.mark.parametrize("word", ["Bob", "7", "#7", "_x", "뷁"])
def test_what_can_be_a_name(word: str) -> None:
    assert nameable(word)


@pytest.mark.parametrize("word", ["", "-", "(Bob", "<SILENCE>", "😀", "___", "a b"])
def test_what_can_be_none(word: str) -> None:
    assert not nameable(word)


def test_a_name_is_one_piece_and_the_same_one_wherever_it_stands(slots: Slots) -> None:
    found = read(slots, "my order is A-4711.", "and Bob", "is a-4711 the order of Bob?")
    held = [piece for piece in found if piece >= slots.first]
    # "of" is no known word either; the latest name has the first slot
    bob, of, order = slots.first, slots.first + 1, slots.first + 2
    assert held == [order, bob, order, of, bob]
    assert found.names == ("Bob", "of", "A-4711")
    plain = [piece for piece in found if piece < slots.first]
    assert slots.tokenizer.decode(plain) == "my order is. and is the order?"


def test_a_source_without_names_is_as_without_slots(slots: Slots) -> None:
    turns = [Turn(Role.USER, "my order is tea, hello!"), Turn(Role.BOT, "Look up the order")]
    for fold in (False, True):
        plain = SourceFormat(slots.tokenizer, 1000, 9, fold)
        assert SourceFormat(slots.tokenizer, 1000, 9, fold, slots).pieces(turns) == plain.pieces(
            turns
        )


def test_folding_leaves_names_as_they_are_spelt(slots: Slots) -> None:
    found = read(slots, "MY Order IS A-4711!", fold=True)
    assert found.names == ("A-4711",)
    assert found[-1] == slots.first
    assert slots.tokenizer.decode(found[:-1]) == "my order is"


def test_what_has_no_slot_left_is_unknown_and_takes_one_piece(slots: Slots) -> None:
    found = read(slots, "n1 n2 n3 n4 n5 n6")
    assert found.names == ("n6", "n5", "n4", "n3")
    assert found.count(UNKNOWN) == 2
    assert len(found) == 7
    # and is spelt in a reply
    pieces = slots.tokenizer.encode("n1 n6")
    assert found.hidden(pieces) == [*slots.tokenizer.encode("n1"), slots.first]


@given(asked=WORDS, said=WORDS)
def test_replies_come_back(tokenizer: Tokenizer, asked: list[str], said: list[str]) -> None:
    slots = Slots(tokenizer, KNOWN, 8)
    source = read(slots, " ".join(asked))
    reply = [*tokenizer.encode(" ".join(said)), END]
    hidden = source.hidden(reply)
    assert source.hidden(hidden) == hidden
    assert tokenizer.decode(source.spelt(hidden)) == tokenizer.decode(reply)
    heard = {parted(word)[0] for word in asked}
    names = [word for word in said if word in NAMES and word in heard]
    assert sum(piece >= slots.first for piece in hidden) == len(names)


@given(text=st.text(max_size=30))
def test_no_text_breaks_it(tokenizer: Tokenizer, text: str) -> None:
    slots = Slots(tokenizer, KNOWN, 3)
    source = read(slots, text, f"my {text} order")
    reply = tokenizer.encode(text)
    spelt = source.spelt(source.hidden(reply))
    assert tokenizer.decode(spelt) == tokenizer.decode(reply)
    assert all(piece < slots.first + 3 for piece in source)


def test_a_name_in_another_case_is_spelt(slots: Slots) -> None:
    source = read(slots, "my order is a-1")
    assert source.hidden(slots.tokenizer.encode("order A-1")) == slots.tokenizer.encode("order A-1")


def test_punctuation_after_a_name_comes_back(slots: Slots) -> None:
    source = read(slots, "my order is A-1")
    hidden = source.hidden([*slots.tokenizer.encode("we look up A-1…?!"), END])
    assert slots.first in hidden
    assert slots.tokenizer.decode(source.spelt(hidden)) == "we look up A-1...?!"
    assert source.shown(slots.first) == "▁A-1"
    assert source.shown(END) == "</s>"


def test_a_budget_counts_a_name_as_a_piece(slots: Slots) -> None:
    turns = [Turn(Role.USER, "order A-47110815"), Turn(Role.USER, "order B-47110815")]
    words = len(slots.tokenizer.encode("order"))
    form = SourceFormat(slots.tokenizer, 2 * (2 + words), 9, False, slots)
    assert form.read(turns) == tuple(turns)
    assert len(form.pieces(turns)) == form.budget


def test_slots_are_read_as_they_were_written(slots: Slots) -> None:
    again = Slots.read(slots.tokenizer, slots.written(), slots.count)
    assert again == slots
    assert known_as("Ｂob") == "bob"
