"""The turns of a conversation: added and taken back as whole exchanges."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.dialogue.history import History, source_of
from dialog_s2s.text.source import SourceFormat
from dialog_s2s.text.tokenizer import Tokenizer
from dialog_s2s.text.turns import Role, Turn

EXCHANGES = st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=6)


def filled(exchanges: list[tuple[str, str]]) -> History:
    history = History()
    for question, reply in exchanges:
        history.add(question, reply)
    return history


@given(EXCHANGES, st.text(max_size=5))
def test_a_question_comes_after_all_turns(exchanges, question: str) -> None:
    history = filled(exchanges)
    turns = history.with_question(question)
    flat = [text for exchange in exchanges for text in exchange]
    assert [turn.text for turn in turns] == [*flat, question]
    assert [turn.role for turn in turns] == [Role.USER, Role.BOT] * len(exchanges) + [Role.USER]
    assert [turn.text for turn in history.turns] == flat


@given(EXCHANGES)
def test_undo_takes_back_the_last_exchange(exchanges) -> None:
    history = filled(exchanges)
    for place in range(len(exchanges) - 1, -1, -1):
        assert history.undo() == exchanges[place][0]
        assert history.turns == filled(exchanges[:place]).turns
    assert history.undo() is None


def test_undo_takes_all_that_answers_a_question_and_leaves_what_is_before() -> None:
    given_turns = [
        Turn(Role.SYSTEM, "be kind"),
        Turn(Role.USER, "hi"),
        Turn(Role.BOT, "hello"),
        Turn(Role.BOT, "and welcome"),
    ]
    history = History(given_turns)
    assert history.undo() == "hi"
    assert history.turns == given_turns[:1]
    assert history.undo() is None
    assert history.turns == given_turns[:1]
    assert len(given_turns) == 4


def test_clear() -> None:
    history = filled([("a", "b")])
    history.clear()
    assert history.turns == []


def test_a_source_says_how_many_turns_it_holds(tokenizer: Tokenizer) -> None:
    turns = filled([("hello", "there"), ("how are", "you")]).with_question("today?")
    for most, used in ((0, 1), (1, 2), (4, 5), (9, 5)):
        pieces, count = source_of(turns, SourceFormat(tokenizer, 500, most, True))
        assert count == used
        assert sum(piece in tokenizer.roles.values() for piece in pieces) == used
    assert source_of(turns, SourceFormat(tokenizer, 8, 9, True))[1] < 5
