"""Asking, apart from who asks the bot: it comes out as `reply`, and is taken back if it is left."""

from __future__ import annotations

import pytest
from echo import Echo, kept, texts

from dialog_s2s import Conversation, Reply
from dialog_s2s.dialogue.asking import driven
from dialog_s2s.errors import UsageError
from dialog_s2s.text.turns import Turn


def answered(turns: tuple[Turn, ...]) -> Reply:
    return Echo().reply(turns[-1].text, turns[:-1])


def test_it_yields_the_turns_and_returns_what_reply_would(talk: Conversation) -> None:
    talk.persona = "I am short."
    alone = Conversation(Echo(), "I am short.")
    for question in ("hello   there", "my name is Ada", "what is my name"):
        asking = talk.asking(question, talk.bot.settings())
        seen: list[tuple[Turn, ...]] = []

        def ask(turns: tuple[Turn, ...], seen: list[tuple[Turn, ...]] = seen) -> Reply:
            seen.append(turns)
            return answered(turns)

        reply = driven(asking, ask)
        expected = alone.reply(question)
        assert (reply.text, reply.source, reply.evidence) == (
            expected.text,
            expected.source,
            expected.evidence,
        )
        known = question == "what is my name"
        assert seen == ([] if known else [reply.turns])
        assert talk.last is reply
    assert kept(talk) == texts(alone)
    assert talk.facts == {"name": "Ada"}


def test_what_is_asked_meanwhile_is_an_error(talk: Conversation) -> None:
    asking = talk.asking("one", talk.bot.settings())
    turns = next(asking)
    talk.reply("two")
    with pytest.raises(UsageError, match="another question was asked meanwhile"):
        asking.send(answered(turns))
    assert kept(talk) == ["two", "0: two"]


@pytest.mark.parametrize("error", [UsageError("x"), KeyboardInterrupt()])
def test_what_fails_is_taken_back(talk: Conversation, error: BaseException) -> None:
    talk.reply("one")
    last = talk.last

    def fail(turns: tuple[Turn, ...]) -> Reply:
        raise error

    with pytest.raises(type(error)):
        driven(talk.asking("my name is Ada", talk.bot.settings()), fail)
    assert kept(talk) == ["one", "0: one"]
    assert talk.facts == {}
    assert talk.last is last
    talk.reply("two")
    assert len(talk.turns) == 4


def test_what_is_left_is_taken_back(talk: Conversation) -> None:
    asking = talk.asking("one", talk.bot.settings())
    next(asking)
    asking.close()
    assert kept(talk) == []


def test_an_empty_question() -> None:
    talk = Conversation(Echo())
    with pytest.raises(UsageError, match="the question is empty"):
        next(talk.asking("  ", talk.bot.settings()))
