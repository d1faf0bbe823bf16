"""Pairs, turns and conversations as lines."""

from __future__ import annotations

from datetime import datetime

from dialog_s2s.dialogue.sessions import Session
from dialog_s2s.interfaces.listing import (
    SHOWN,
    counted,
    numbered,
    pair,
    sessions_table,
    shortened,
    taught_line,
)
from dialog_s2s.memory.rows import Row
from dialog_s2s.text.turns import Role, Turn

WHEN = datetime(2026, 11, 22, 9, 5, 59).timestamp()
BEFORE = (Turn(Role.USER, "open?"), Turn(Role.BOT, "Yes."))
EVIL = "\x1b[31m\u202e\n"


def row(**changes: object) -> Row:
    fields = {"id": 1, "question": "tea?", "context": (), "answer": "Yes.", "kind": "taught"}
    return Row(**{**fields, "origin": "chat", "intent": 0, "taught_at": WHEN, **changes})


def session(**changes: object) -> Session:
    fields = {"id": "2026-11-22-aaaa", "bot": "some/tiny", "title": "hello", "started": WHEN}
    more = {"changed": WHEN, "turns": 2, "parent": None, "persona": ""}
    return Session(**{**fields, **more, **changes})


def test_pairs() -> None:
    assert pair(row()) == '"tea?" -> "Yes."'
    assert pair(row(context=BEFORE)) == '"tea?" (after "open?", "Yes.") -> "Yes."'
    assert taught_line(row()) == '2026-11-22 09:05  taught  "tea?" -> "Yes."  [chat]'
    assert taught_line(row(kind="trained", taught_at=None)).startswith("trained  ")
    evil = row(question=EVIL, context=(Turn(Role.USER, EVIL),), answer=EVIL, origin=EVIL)
    assert taught_line(evil).isprintable()


def test_turns_are_numbered_by_exchange() -> None:
    turns = [*BEFORE, Turn(Role.USER, EVIL), Turn(Role.BOT, "a\nb"), Turn(Role.USER, "c")]
    assert numbered(turns) == [
        "  1 you> open?",
        "    bot> Yes.",
        "  2 you> [31m ",
        "    bot> a b",
        "  3 you> c",
    ]


def test_a_table_of_conversations() -> None:
    wide = session(id="2026-11-22-bbbb", bot="찻집", turns=1234, title=EVIL)
    head, first, second = sessions_table([session(), wide], "2026-11-22-aaaa")
    assert head == "id                bot   turns  changed           title"
    assert first == "2026-11-22-aaaa*  tiny  2      2026-11-22 09:05  hello"
    assert second == "2026-11-22-bbbb   찻집  1234   2026-11-22 09:05  [31m"
    assert len(sessions_table([])) == 1


def test_long_lists_are_cut_and_say_so() -> None:
    lines = [str(number) for number in range(SHOWN + 1200)]
    assert shortened(lines[:SHOWN]) == lines[:SHOWN]
    assert shortened(lines) == [*lines[:SHOWN], "... and 1,200 more"]
    assert shortened([]) == []
    assert [counted(number, "pair") for number in (0, 1, 1000)] == [
        "0 pairs",
        "1 pair",
        "1,000 pairs",
    ]
