"""Between the pieces of text and those with slots, nothing is lost."""

from __future__ import annotations

import pytest

from dialog_s2s.generation.search import Hypothesis, Said
from dialog_s2s.generation.slotted import hidden, hidden_votes, spelling, spelt
from dialog_s2s.memory.mixture import SILENT, Votes
from dialog_s2s.text.slots import Slots, Source
from dialog_s2s.text.tokenizer import END, Tokenizer


@pytest.fixture
def source(tokenizer: Tokenizer) -> Source:
    slots = Slots(tokenizer, frozenset({"hello"}), 3)
    return slots.source([4, *slots.words("hello X-99")])


def test_votes_are_hidden_and_found_again_with_their_own_pieces(
    tokenizer: Tokenizer, source: Source
) -> None:
    # spelt otherwise than the tokenizer would
    answer = (*tokenizer.encode("hello"), *tokenizer.letters(" X-99"[1:]), END)
    named = (*tokenizer.encode("X-99, hello"), END)
    votes = Votes((answer, named), (0.5, 0.3), 0.0, 0.2)
    told = hidden_votes(votes, source)
    assert told.weights == votes.weights
    assert told.answers[1][0] == tokenizer.size
    for place, each in enumerate(told.answers):
        found = spelt(Hypothesis(each[:-1], -0.1, "stop"), source, votes)
        assert found == Hypothesis(votes.answers[place][:-1], -0.1, "stop")
    cut = spelt(Hypothesis(told.answers[1][:-1], -0.1, "length"), source, votes)
    assert tokenizer.decode(cut.pieces) == "X-99, hello"


def test_a_source_without_slots_changes_nothing(tokenizer: Tokenizer) -> None:
    plain = tokenizer.encode("hello X-99")
    votes = Votes(((*plain, END),), (1.0,), 0.0, 0.0)
    assert hidden(plain, [4, 9]) == tuple(plain)
    assert hidden_votes(votes, [4, 9]) is votes
    found = Hypothesis(tuple(plain), -1.0, "stop")
    assert spelt(found, [4, 9], SILENT) is found
    said = [Said(0, piece, -0.1) for piece in plain]
    assert list(spelling(iter(said), [4, 9])) == said


def test_a_name_is_said_piece_by_piece_at_its_own_probability(
    tokenizer: Tokenizer, source: Source
) -> None:
    said = [Said(0, tokenizer.size, -0.5), Said(0, None, -0.1, "stop")]
    found = list(spelling(iter(said), source))
    pieces = [each.piece for each in found if each.piece is not None]
    assert pieces == tokenizer.encode("X-99")
    assert sum(each.log_probability for each in found) == pytest.approx(-0.6)
    assert found[-1].finish == "stop"
