"""What is kept of a reply, and what is made of it again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dialog_s2s import Reply
from dialog_s2s.config import GenerationConfig
from dialog_s2s.dialogue.noted import from_noted, noted
from dialog_s2s.dialogue.reply import Evidence
from dialog_s2s.text.turns import Role, Turn

REPLY = Reply(
    text="I don't know that yet.",
    source="unknown",
    confidence=0.25,
    evidence=(Evidence("tea?", "Yes.", "faq.csv:2", 0.5, 7), Evidence("a", "b", "c", 0.25, 0)),
    finish="length",
    seed=5,
    milliseconds=1.5,
    turns=(Turn(Role.USER, "is there tea"),),
    turns_read=1,
    settings=GenerationConfig(method="sample", max_tokens=9),
    withheld="Yes.",
)


def test_what_is_noted_makes_the_reply_again() -> None:
    detail = json.loads(json.dumps(noted(REPLY)))
    assert REPLY.tree().keys() <= detail.keys()
    assert detail["settings"] == {"method": "sample", "max_tokens": 9}
    again = Reply(**from_noted(detail), turns=REPLY.turns, turns_read=1, settings=REPLY.settings)
    assert again == REPLY


@pytest.mark.parametrize(
    "change",
    [{"confidence": "x"}, {"evidence": 3}, {"evidence": [{"question": "x"}]}, {"seed": None}],
)
def test_what_was_not_noted_so(change: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        from_noted(noted(REPLY) | change)
    with pytest.raises(KeyError):
        from_noted(REPLY.tree())
