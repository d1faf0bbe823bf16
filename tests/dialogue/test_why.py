"""Why a thing was said, in plain words, for every source."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from dialog_s2s import Bot, why
from dialog_s2s.config import GenerationConfig
from dialog_s2s.dialogue.reply import Attended, Evidence, Reply
from dialog_s2s.text.turns import Role, Turn

TEA = Evidence("Is there tea?", "Yes, green tea.", "faq.csv:12", 0.75, 3)
CAKE = Evidence("Is there cake?", "No.", "2026-01-02-abcd", 0.1, 4)
REPLY = Reply(
    text="Yes, green tea.",
    source="remembered",
    confidence=0.87,
    evidence=(TEA,),
    finish="stop",
    seed=7,
    milliseconds=1.0,
    turns=(Turn(Role.USER, "is there some tea"),),
    turns_read=1,
    settings=GenerationConfig(),
    nearest=(TEA, CAKE),
)
TEA_LINE = '"Is there tea?" -> "Yes, green tea." (faq.csv:12, weight 0.75)'


def told(**changes: object) -> list[str]:
    """The lines about a reply like REPLY."""
    return why(dataclasses.replace(REPLY, **changes)).splitlines()


def test_remembered() -> None:
    assert told() == [
        "It remembered this from questions like yours:",
        f"  {TEA_LINE}",
        "It was 87% sure.",
    ]


@pytest.mark.parametrize(
    ("source", "words"), [("exact", "word for word"), ("taught", "taught this while chatting")]
)
def test_exact_and_taught(source: str, words: str) -> None:
    head, *rest = told(source=source)
    assert words in head
    assert rest == told()[1:]


def test_generated() -> None:
    head, near, *pairs, sure = told(source="generated", evidence=())
    assert "put the reply together itself" in head
    assert near == "The nearest pairs it knows:"
    assert [pair.strip() for pair in pairs] == [
        TEA_LINE,
        '"Is there cake?" -> "No." (2026-01-02-abcd, weight 0.10)',
    ]
    assert sure == "It was 87% sure."
    assert told(source="generated", evidence=(), nearest=())[1:] == ["It was 87% sure."]


def test_unknown() -> None:
    lines = told(source="unknown", evidence=(), withheld="No.", confidence=0.123)
    assert lines[0] == "It did not know an answer."
    assert lines[1] == "The nearest pairs it knows:"
    assert lines[-2:] == [
        "It was 12% sure of an answer, which is too little to give it.",
        'It would have said: "No."',
    ]
    assert "would have said" not in "\n".join(told(source="unknown", evidence=(), confidence=0.0))


def test_what_the_user_said() -> None:
    said = Evidence("My name is Ann", "Ann", "turn 1 of this conversation", 1.0, 0)
    head, pair, _ = told(evidence=(said,), nearest=())
    assert head == "You said so in this conversation:"
    assert '"My name is Ann" -> "Ann" (turn 1 of this conversation' in pair
    assert told(evidence=(), nearest=())[0] == "You have not told it in this conversation."


def test_no_more_pairs_than_are_read() -> None:
    assert len(told(evidence=(TEA,) * 5)) == len(told()) + 2


def looked(*shares: float) -> list[str]:
    turns = [
        (Turn((Role.USER, Role.BOT)[place % 2], f"turn {place}"), share)
        for place, share in enumerate(shares)
    ]
    attended = Attended((), (), np.zeros((0, 0), np.float32), tuple(turns))
    return told(_look=lambda: attended)[3:]


def test_the_turns_that_mattered() -> None:
    assert looked(1.0) == []
    assert looked(0.05, 0.02, 0.93) == ["Earlier turns did not matter."]
    assert looked(0.42, 0.05, 0.2, 0.33) == [
        "Of what was said before, it looked at:",
        '  42% user: "turn 0"',
        '  20% user: "turn 2"',
    ]


def test_chance_and_cuts() -> None:
    settings = GenerationConfig(method="sample", max_tokens=9)
    lines = told(settings=settings, finish="length")
    assert "seed=7 draws it again" in lines[-2]
    assert "9 pieces" in lines[-1]


@pytest.mark.parametrize("threshold", [0.0, 0.3, 1.0])
def test_of_a_bot(tiny_bot: Bot, threshold: float) -> None:
    history = [Turn(Role.USER, "do you sell tea"), Turn(Role.BOT, "Yes, green and black tea.")]
    heads = set()
    for question in ("hello", "is there some tea", "xyzzy", "and on Sunday"):
        reply = tiny_bot.reply(question, history, threshold=threshold)
        lines = why(reply).splitlines()
        heads.add(lines[0])
        assert any(f"{min(reply.confidence, 0.99):.0%} sure" in line for line in lines)
        assert lines[-1].startswith(("Earlier turns did not", "  "))
    assert len(heads) > 1
