"""Which questions are asked, what may be said to each, and how they group."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.errors import DataError
from dialog_s2s.evaluation.questions import DEPTHS, LENGTHS, by_depth, by_length, questions
from dialog_s2s.text.turns import Dialogue, Role, Turn

values = st.lists(st.integers(1, 40), min_size=1, max_size=60).map(np.array)


def talk(*texts: str) -> Dialogue:
    """User and bot by turns."""
    roles = (Role.USER, Role.BOT)
    return Dialogue(tuple(Turn(roles[i % 2], text) for i, text in enumerate(texts)))


def test_every_bot_turn_is_asked_for_with_its_history() -> None:
    found = questions([talk("one", "1", "two", "2"), talk("three", "3")])
    assert [each.reply for each in found.examples] == ["1", "2", "3"]
    assert [len(each.history) for each in found.examples] == [1, 3, 1]
    assert found.dialogue_N.tolist() == [0, 0, 1]
    assert found.depth_N.tolist() == [1, 2, 1]


def test_context_that_is_not_to_be_learnt_is_not_asked_for() -> None:
    turns = talk("one", "1", "two", "2").turns
    only = Turn(Role.BOT, "1", learn=False)
    found = questions([Dialogue((Turn(Role.SYSTEM, "be kind"), turns[0], only, *turns[2:]))])
    assert [each.reply for each in found.examples] == ["2"]
    assert found.depth_N.tolist() == [2]


def test_all_replies_to_a_question_with_its_history_are_its_references() -> None:
    found = questions(
        [
            talk("Hello!", "Hi.", "why?", "So."),
            talk("hello", "Hey."),
            talk("hello", "Hey.", "Why", "Hm."),
            talk("HELLO", "Hi.", "why", "Because."),
            talk("why?", "Who knows."),
        ]
    )
    assert found.references == (
        ("Hi.", "Hey."),
        ("So.", "Because."),
        ("Hi.", "Hey."),
        ("Hi.", "Hey."),
        ("Hm.",),
        ("Hi.", "Hey."),
        ("So.", "Because."),
        ("Who knows.",),
    )


def test_a_role_is_part_of_the_history() -> None:
    question, reply = talk("hello", "Hi.").turns
    said = [Dialogue((Turn(role, "tea"), question, reply)) for role in (Role.USER, Role.SYSTEM)]
    other = Dialogue((Turn(Role.BOT, "tea"), question, Turn(Role.BOT, "Hey.")))
    assert questions([*said, other]).references == (("Hi.",), ("Hi.",), ("Hey.",))


def test_a_limit_reads_no_further() -> None:
    def dialogues():
        yield talk("one", "1", "two", "2")
        yield talk("one", "3", "two", "4")
        raise AssertionError

    found = questions(dialogues(), 3)
    assert [each.reply for each in found.examples] == ["1", "2", "3"]
    assert found.dialogue_N.tolist() == [0, 0, 1]
    assert found.references == (("1", "3"), ("2",), ("1", "3"))


@pytest.mark.parametrize("dialogues", [[], [Dialogue((Turn(Role.USER, "alone"),))]])
def test_nothing_to_ask(dialogues: list[Dialogue]) -> None:
    with pytest.raises(DataError, match="no question-answer pairs"):
        questions(dialogues)


def test_groups_by_hand() -> None:
    groups = by_depth(np.array([1, 2, 1, 5, 6, 30, 10]))
    assert [(each.low, each.high, each.rows.tolist()) for each in groups] == [
        (1, 1, [0, 2]),
        (2, 2, [1]),
        (5, 6, [3, 4]),
        (10, 30, [5, 6]),
    ]
    lengths = [(each.low, each.high) for each in by_length(np.arange(1, 61))]
    assert lengths == [(1, 10), (11, 20), (21, 30), (31, 40), (41, 50), (51, 60)]
    (one,) = by_length(np.array([7, 7, 7]))
    assert (one.low, one.high, one.rows.tolist()) == (7, 7, [0, 1, 2])


@given(values=values)
@pytest.mark.parametrize(("grouped", "most"), [(by_length, LENGTHS), (by_depth, len(DEPTHS) + 1)])
def test_groups_hold_everything_once_in_order(grouped, most: int, values: np.ndarray) -> None:
    groups = grouped(values)
    assert sorted(np.concatenate([each.rows for each in groups])) == list(range(len(values)))
    assert len(groups) <= most
    for each in groups:
        assert each.low == values[each.rows].min()
        assert each.high == values[each.rows].max()
    ends = [end for each in groups for end in (each.low, each.high)]
    assert ends == sorted(ends)
