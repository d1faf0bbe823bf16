"""Rows as columns: what is sound comes back as it was, what is not is refused with its origin."""

from __future__ import annotations

import dataclasses
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.errors import UsageError
from dialog_s2s.memory.records import KINDS, NewRow, Row, answer_hash, clean, record_of, row_of
from dialog_s2s.text.turns import Origin, Role, Turn

ROW = NewRow("When do you open?", (), "At nine.", "taught", "chat", 3, 1.5)
TRAINED = NewRow("When do you open?", (), "At nine.", "trained", "faq.csv:12")
COLUMNS = (1, "q", "", "a", "taught", "chat", 0, 1.5)

texts = st.text(st.characters(), min_size=1).filter(str.strip)
turns = st.builds(Turn, st.sampled_from(Role), st.text(st.characters()))
rows = st.builds(
    NewRow,
    texts,
    st.lists(turns, max_size=3).map(tuple),
    texts,
    st.sampled_from(["taught", "fixed"]),
    st.text(st.characters()),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)


@given(row=rows, id=st.integers(1))
def test_a_sound_row_comes_back(row: NewRow, id: int) -> None:
    *record, hashed = record_of(row)
    back = row_of(id, *record)
    assert (back.question, back.answer, back.origin) == tuple(
        map(clean, (row.question, row.answer, row.origin))
    )
    assert back.context == tuple(Turn(turn.role, clean(turn.text)) for turn in row.context)
    assert (back.id, back.kind, back.intent) == (id, row.kind, row.intent)
    assert back.taught_at == row.taught_at
    assert -(2**63) <= hashed < 2**63
    assert record_of(back) == (*record, hashed)


@given(text=st.text(st.characters()))
def test_only_half_surrogate_pairs_are_replaced(text: str) -> None:
    kept = clean(text)
    assert len(kept) == len(text)
    for before, after in zip(text, kept, strict=True):
        assert after == ("?" if 0xD800 <= ord(before) < 0xE000 else before)


def test_of_a_turn_role_and_text_are_kept() -> None:
    turn = Turn(Role.SYSTEM, 'a "b"\n가\0', Origin("x", 1), learn=False)
    row = row_of(1, *record_of(dataclasses.replace(ROW, context=(turn,)))[:-1])
    assert row.context == (Turn(Role.SYSTEM, 'a "b"\n가\0'),)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"question": ""}, "must have some text"),
        ({"answer": " \n\t　"}, "must have some text"),
        ({"kind": "learnt"}, "one of trained, taught, fixed, not 'learnt'"),
        ({"kind": "trained"}, "must be None for a trained row"),
        ({"taught_at": None}, "and a time for others"),
        ({"taught_at": float("nan")}, "not nan"),
        ({"taught_at": float("inf")}, "not inf"),
        ({"intent": 2**63}, "must fit in 64 bits"),
        ({"intent": -(2**63) - 1}, "must fit in 64 bits"),
    ],
)
def test_what_is_not_sound_is_refused(wrong: dict, reason: str) -> None:
    with pytest.raises(UsageError, match=reason) as caught:
        record_of(dataclasses.replace(ROW, **wrong))
    assert str(caught.value).startswith("chat: ")


def test_a_trained_row_has_no_time() -> None:
    assert record_of(TRAINED)[-2] is None
    assert row_of(1, *record_of(TRAINED)[:-1]) == Row(
        1, "When do you open?", (), "At nine.", "trained", "faq.csv:12", 0, None
    )


@pytest.mark.parametrize(
    ("place", "value"),
    [(1, None), (1, b"q"), (2, None), (3, 5), (4, "learnt"), (4, None), (5, None), (6, None)]
    + [(2, each) for each in ("[", "[1]", '["user"]', '[["who", "x"]]', "5", "[" * 100_000)],
)
def test_columns_that_cannot_be_ours(place: int, value: object) -> None:
    assert row_of(*COLUMNS).id == 1
    columns = list(COLUMNS)
    columns[place] = value  # type: ignore[call-overload]
    with pytest.raises(sqlite3.DatabaseError, match="row 1 is not sound"):
        row_of(*columns)


def test_a_hash_is_of_what_is_said() -> None:
    assert answer_hash("At nine.") == answer_hash("ＡＴ  nine") == answer_hash("at NINE!")
    assert answer_hash("At nine.") != answer_hash("At ten.")
    assert answer_hash("At nine.", b"key") != answer_hash("At nine.")
    assert answer_hash("At nine.", b"key") == answer_hash("at nine", b"key")
    assert answer_hash("\ud800 x") == answer_hash("? x")


def test_the_kinds() -> None:
    assert KINDS == ("trained", "taught", "fixed")
