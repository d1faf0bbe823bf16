"""Conversations: what is read, what is kept, and every way back."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from echo import Echo, kept, texts
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import FOLLOW_UPS, REPLIES, SUNDAY

from dialog_s2s import Bot, Conversation, Reply, Sessions, why
from dialog_s2s.dialogue.noted import noted
from dialog_s2s.errors import DiskError, UsageError
from dialog_s2s.text.turns import Role, Turn


def test_turns_are_read_with_those_before(talk: Conversation) -> None:
    first = talk.reply(" one\n two ")
    second = talk.reply("three")
    assert (first.text, second.text) == ("0: one two", "2: three")
    assert kept(talk) == ["one two", "0: one two", "three", "2: three"]
    assert [turn.role for turn in talk.turns] == [Role.USER, Role.BOT] * 2
    assert talk.last is second
    assert talk.history == talk.turns
    talk.turns.clear()
    assert len(talk.turns) == 4


def test_a_persona_is_before_all_turns(sessions: Sessions) -> None:
    bot = Echo()
    for talk in (Conversation(bot, "be brief"), Conversation(bot, "be brief", sessions)):
        talk.reply("one")
        talk.reply("two")
        persona = Turn(Role.SYSTEM, "be brief")
        assert talk.persona == "be brief"
        assert talk.history == [persona, *talk.turns]
        assert bot.histories[-1] == [persona, *talk.turns[:2]]
        assert texts(talk) == ["one", "1: one", "two", "3: two"]
        assert talk.branch().persona == "be brief"
        talk.reset()
        assert talk.history == [persona]
    for session in sessions.listed():
        assert (session.persona, session.bot) == ("be brief", os.path.abspath("echo"))
    assert Conversation(bot, "other", sessions, session.id).persona == "be brief"


def test_a_stream_is_the_reply(talk: Conversation) -> None:
    assert "".join(talk.stream("one")) == texts(talk)[1] == "0: one"
    assert talk.last is not None


def test_a_stream_that_is_left_is_taken_back(talk: Conversation) -> None:
    talk.reply("my name is Ann")
    last, before = talk.last, kept(talk)
    for piece in talk.stream("two"):
        assert piece == "2"
        break
    stream = talk.stream("I live in Rome")
    next(stream)
    stream.close()
    assert kept(talk) == before
    assert talk.last is last
    assert talk.facts == {"name": "Ann"}


@pytest.mark.parametrize("then", ["reply", "undo", "retry", "fix", "branch", "stream", "reset"])
def test_a_stream_that_is_left_open_ends_when_something_else_begins(
    talk: Conversation, then: str
) -> None:
    talk.reply("one")
    stream = talk.stream("two")
    next(stream)
    if then == "reply":
        talk.reply("three")
    elif then == "stream":
        list(talk.stream("three"))
    elif then == "undo":
        assert talk.undo() == "one"
    elif then == "fix":
        talk.fix("better")
    elif then == "retry":
        talk.retry(seed=1)
    elif then == "branch":
        assert len(kept(talk.branch())) == 2
    else:
        talk.reset()
    after = kept(talk)
    assert "two" not in after
    stream.close()
    assert kept(talk) == after
    wanted = {"reply": 4, "stream": 4, "undo": 0, "reset": 0}
    assert len(after) == wanted.get(then, 2)


@pytest.mark.parametrize("question", ["", " \n", "\u3000"])
def test_an_empty_question_is_no_turn(talk: Conversation, question: str) -> None:
    talk.reply("one")
    last = talk.last
    with pytest.raises(UsageError, match="empty"):
        talk.reply(question)
    assert kept(talk) == ["one", "0: one"]
    assert talk.last is last


def test_wrong_settings_change_nothing(talk: Conversation) -> None:
    talk.reply("one")
    last = talk.last
    for call in (lambda: talk.reply("two", temprature=1), lambda: talk.retry(temprature=1)):
        with pytest.raises(UsageError, match="temperature"):
            call()
        assert kept(talk) == ["one", "0: one"]
        assert talk.last is last


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, UsageError])
def test_an_interrupted_question_is_taken_back(
    talk: Conversation, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def interrupt(*_: object, **__: object) -> Reply:
        raise error

    talk.reply("my name is Ann")
    last = talk.last
    with monkeypatch.context() as patch:
        patch.setattr(talk.bot, "reply", interrupt)
        with pytest.raises(error):
            talk.reply("my name is Bob")
        with pytest.raises(error):
            list(talk.stream("my name is Bob"))
    assert len(kept(talk)) == 2
    assert talk.facts == {"name": "Ann"}
    assert talk.last is last
    assert talk.reply("two").text == "2: two"


@pytest.mark.parametrize("turn", [1, 2])
def test_a_turn_that_cannot_be_kept_is_not_there(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch, turn: int
) -> None:
    """The disk is full when the question is kept, or the reply."""
    talk = Conversation(Echo(), sessions=sessions)
    talk.reply("one")
    real, calls = sessions.add, []

    def add(*each: object) -> int:
        calls.append(each)
        if len(calls) == turn:
            raise DiskError("full")
        return real(*each)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(sessions, "add", add)
        with pytest.raises(DiskError, match="full"):
            talk.reply("two")
    assert kept(talk) == ["one", "0: one"]
    assert talk.reply("two").text == "2: two"
    assert len(kept(talk)) == 4


def test_an_interrupt_once_the_reply_is_on_the_disk(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = Conversation(Echo(), sessions=sessions)
    talk.reply("one")
    real = sessions.add

    def interrupt(id: str, turn: Turn, detail: object) -> int:
        real(id, turn, detail)  # type: ignore[arg-type]
        if turn.role is Role.BOT:
            raise KeyboardInterrupt
        return 0

    with monkeypatch.context() as patch:
        patch.setattr(sessions, "add", interrupt)
        with pytest.raises(KeyboardInterrupt):
            talk.reply("my name is Ann")
    assert kept(talk) == ["one", "0: one"]
    assert talk.facts == {}


def test_undo(talk: Conversation) -> None:
    assert talk.undo() is None
    for question in ("one", "two", "three", "four"):
        talk.reply(question)
    assert talk.undo(0) is None
    assert talk.undo() == "four"
    assert talk.last is not None
    assert talk.last.text == "4: three"  # which stands, and can be explained and corrected
    assert talk.undo(2) == "two"
    assert kept(talk) == ["one", "0: one"]
    assert talk.last.text == "0: one"
    assert talk.undo(9) == "one"
    assert kept(talk) == []
    assert talk.last is None
    assert talk.reply("five").text == "0: five"


def test_retry(talk: Conversation) -> None:
    with pytest.raises(UsageError, match="ask something first"):
        talk.retry()
    talk.reply("one")
    talk.reply("two")
    reply = talk.retry(seed=3)
    assert reply.text == "2: two!!!"
    assert kept(talk) == ["one", "0: one", "two", "2: two!!!"]
    assert talk.last is reply


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_interrupted_retry_leaves_the_old_reply(
    talk: Conversation, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def interrupt(*_: object, **__: object) -> Reply:
        raise error

    talk.reply("my name is Ann")
    last, before = talk.last, kept(talk)
    with monkeypatch.context() as patch:
        patch.setattr(talk.bot, "reply", interrupt)
        with pytest.raises(error):
            talk.retry()
    assert kept(talk) == before
    assert talk.last is last
    assert talk.facts == {"name": "Ann"}
    assert talk.retry(seed=1).text == before[1] + "!"


@pytest.mark.parametrize("late", [False, True])
def test_a_retry_that_is_interrupted_as_it_is_kept_is_whole(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    talk = Conversation(Echo(), sessions=sessions)
    talk.reply("one")
    real = sessions.replace

    def interrupt(*each: object) -> None:
        if late:
            real(*each)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sessions, "replace", interrupt)
        with pytest.raises(KeyboardInterrupt):
            talk.retry(seed=2)
    assert kept(talk) == ["one", "0: one!!" if late else "0: one"]
    assert talk.last is not None
    assert talk.last.text == kept(talk)[1]


def test_a_retry_leaves_nothing_of_the_old_reply_in_the_file(sessions: Sessions) -> None:
    talk = Conversation(Echo(), sessions=sessions)
    talk.reply("quaggaphone", seed=1)
    assert b"quaggaphone!" in sessions.path.read_bytes()
    talk.retry()
    assert b"quaggaphone!" not in sessions.path.read_bytes()


def test_branch(talk: Conversation) -> None:
    for question in ("one", "my name is Ann", "three"):
        talk.reply(question)
    before = kept(talk)
    for exchanges, turns in ((None, 6), (5, 6), (3, 6), (2, 4), (1, 2), (0, 0), (-1, 0)):
        branch = talk.branch(exchanges)
        assert kept(branch) == before[:turns]
        assert branch.facts == ({"name": "Ann"} if turns >= 4 else {})
        branch.reply("other")
        assert texts(branch)[-1] == f"{turns}: other"
        kept(branch)
    assert kept(talk) == before
    if talk.sessions is not None and talk.session is not None:
        others = [each for each in talk.sessions.listed() if each.id != talk.session.id]
        assert {each.parent for each in others} == {talk.session.id}
        assert len(others) == 7


def test_a_branch_of_nothing(talk: Conversation) -> None:
    branch = talk.branch()
    branch.reply("one")
    assert (kept(branch), kept(talk)) == (["one", "0: one"], [])


def test_reset(talk: Conversation) -> None:
    talk.reply("my name is Ann")
    first = talk.session
    talk.reset()
    assert (talk.turns, talk.facts, talk.last, talk.session) == ([], {}, None, None)
    talk.reply("two")
    assert kept(talk) == ["two", "0: two"]
    if talk.sessions is not None and first is not None:
        assert len(talk.sessions.turns(first.id)) == 2
        assert len(talk.sessions.listed()) == 2


def test_facts_are_recalled(talk: Conversation) -> None:
    talk.reply("hello")
    talk.reply("My name is Ann. I like tea and rain.")
    reply = talk.reply("what is my name?")
    assert "Ann" in reply.text
    assert (reply.source, reply.confidence, reply.finish) == ("remembered", 1.0, "stop")
    (evidence,) = reply.evidence
    assert (evidence.question, evidence.answer) == ("My name is Ann.", "Ann")
    assert (evidence.origin, evidence.weight, evidence.row) == (
        "turn 2 of this conversation",
        1.0,
        0,
    )
    assert reply.question == "what is my name?"
    assert reply.attention is None
    assert why(reply).startswith("You said so in this conversation:")
    assert kept(talk)[-2:] == ["what is my name?", reply.text]
    many = talk.reply("what do I like?")
    assert sum(each.weight for each in many.evidence) <= 1 + 1e-9
    assert talk.facts["name"] == "Ann"


class Ignorant(Echo):
    """Knows nothing."""

    def reply(self, question: str, history: Sequence[Turn] = (), **settings: object) -> Reply:
        reply = super().reply(question, history, **settings)
        return dataclasses.replace(reply, text="I don't know that yet.", source="unknown")


@pytest.mark.parametrize("way", ["reply", "stream"])
def test_what_the_user_says_of_themself_is_acknowledged(sessions: Sessions, way: str) -> None:
    for talk in (Conversation(Ignorant()), Conversation(Ignorant(), sessions=sessions)):
        for said, answer, key in (
            ("My name is Bo", "Noted. Your name is Bo.", "name"),
            (
                "I like tea and rain. Thanks!",
                "Noted. You like tea and rain.",
                "likes: tea and rain",
            ),
            ("제 이름은 지민이에요.", "기억할게요. 지민이라고 하셨어요.", "name"),
        ):
            if way == "reply":
                talk.reply(said)
            else:
                assert "".join(talk.stream(said)) == answer
            reply = talk.last
            assert reply is not None
            assert (reply.text, reply.source, reply.confidence) == (answer, "remembered", 1.0)
            assert reply.evidence[0].row == 0
            assert reply.question == said
            assert why(reply).startswith("You said so in this conversation:")
            assert kept(talk)[-2:] == [said, answer]
            assert key in talk.facts
        assert talk.reply("my name is Al, can you help me?").source == "unknown"
        assert talk.facts["name"] == "Al"
        assert talk.retry().source == "unknown"


def test_a_fact_is_heard_before_its_turn_is_answered(talk: Conversation) -> None:
    reply = talk.reply("My name is Ann. What is my name?")
    assert (reply.text, reply.source) == ("Your name is Ann.", "remembered")
    assert Conversation(Echo()).reply("My name is Ann").source == "generated"  # it knows better


def test_facts_go_with_the_turns_they_came_with(talk: Conversation) -> None:
    talk.reply("my name is Ann")
    talk.reply("my name is Bob")
    assert "Bob" in talk.reply("what is my name?").text
    talk.undo(2)
    assert talk.facts == {"name": "Ann"}
    assert "Ann" in talk.reply("what is my name?").text
    talk.undo(2)
    assert talk.facts == {}
    untold = talk.reply("what is my name?")
    assert "Ann" not in untold.text
    assert untold.evidence == ()


def test_teaching(talk: Conversation) -> None:
    talk.teach("q", "a")
    talk.reply("one")
    talk.teach("q", "a", in_context=True)
    origin = talk.session.id if talk.session else "chat"
    assert isinstance(talk.bot, Echo)
    assert talk.bot.taught == [("q", "a", [], "chat"), ("q", "a", talk.turns, origin)]


def test_fixing(talk: Conversation) -> None:
    with pytest.raises(UsageError, match="ask something first"):
        talk.fix("better")
    talk.reply("my name is Ann")
    talk.reply("one")
    row = talk.fix(" better ")
    origin = talk.session.id if talk.session else "chat"
    assert isinstance(talk.bot, Echo)
    assert talk.bot.taught == [("2: one", " better ", origin)]
    assert kept(talk)[2:] == ["one", "better"]
    assert talk.facts == {"name": "Ann"}
    assert talk.last is not None
    assert (talk.last.text, talk.last.source, talk.last.withheld) == ("better", "taught", None)
    assert [each.row for each in talk.last.evidence] == [row.id]
    assert "taught this while chatting" in why(talk.last)
    if talk.sessions is not None and talk.session is not None:
        *_, (turn, detail, _) = talk.sessions.detailed(talk.session.id)
        assert (turn.text, detail["reply"], detail["source"]) == ("better", "better", "taught")
    assert talk.reply("two").text == "4: two"
    talk.undo()
    assert talk.fix("best").question == "one"
    assert kept(talk)[2:] == ["one", "best"]
    talk.undo(2)
    with pytest.raises(UsageError, match="ask something first"):
        talk.fix("best")


class Watching(Echo):
    """Looks at what is on the disk when it is asked."""

    def __init__(self, path: Path):
        super().__init__()
        self.file = path
        self.seen: list[list[str]] = []

    def reply(self, question: str, history: Sequence[Turn] = (), **settings: object) -> Reply:
        self.look()
        return super().reply(question, history, **settings)

    def look(self) -> None:
        with Sessions.open(self.file) as sessions:
            (session,) = sessions.listed()
            self.seen.append([turn.text for turn in sessions.turns(session.id)])


def test_every_turn_is_on_the_disk_before_the_next_thing(sessions: Sessions) -> None:
    bot = Watching(sessions.path)
    talk = Conversation(bot, sessions=sessions)
    assert sessions.listed() == []
    talk.reply("one")
    bot.look()
    talk.reply("two")
    bot.look()
    assert bot.seen == [
        ["one"],
        ["one", "0: one"],
        ["one", "0: one", "two"],
        ["one", "0: one", "two", "2: two"],
    ]


def test_a_reply_is_kept_with_its_source(sessions: Sessions) -> None:
    talk = Conversation(Echo(), sessions=sessions)
    reply = talk.reply("one")
    assert talk.session is not None
    (_, nothing, _), (_, detail, _) = sessions.detailed(talk.session.id)
    assert (nothing, detail) == ({}, noted(reply))


QUESTIONS = ("hello", "my name is Ann", "what is my name?", "one", "I like tea", "what do I like?")


@settings(deadline=None, max_examples=12)
@given(
    asked=st.lists(st.sampled_from(QUESTIONS), max_size=7),
    cuts=st.sets(st.integers(0, 7)),
)
def test_going_on_is_as_if_it_had_never_ended(
    tmp_path_factory: pytest.TempPathFactory, asked: list[str], cuts: set[int]
) -> None:
    whole = Conversation(Echo())
    with Sessions.open(tmp_path_factory.mktemp("talk") / "sessions.db") as sessions:
        talk = Conversation(Echo(), sessions=sessions)
        for place, question in enumerate(asked):
            if place in cuts and talk.session is not None:
                talk = Conversation(Echo(), sessions=sessions, resume=talk.session.id[-4:])
            one, other = talk.reply(question), whole.reply(question)
            assert (one.text, one.source) == (other.text, other.source)
            assert [each.tree() for each in one.evidence] == [
                each.tree() for each in other.evidence
            ]
        assert kept(talk) == texts(whole)
        assert talk.facts == whole.facts


def test_the_last_reply_stands_when_a_conversation_is_gone_on_with(sessions: Sessions) -> None:
    talk = Conversation(Echo(), "be kind", sessions)
    talk.reply("my name is Ann")
    for question in ("one", "what is my name?"):
        reply = talk.reply(question)
        assert talk.session is not None
        again = Conversation(Echo(), sessions=sessions, resume=talk.session.id)
        assert again.last is not None
        assert again.last.tree() == reply.tree()
        assert again.last.turns == reply.turns
        assert why(again.last).splitlines()[0] == why(reply).splitlines()[0]
    other = again.branch(1)
    assert other.last is not None
    assert other.last.question == "my name is Ann"
    again.fix("better")
    assert texts(again)[-1] == "better"
    sessions.add(talk.session.id, Turn(Role.USER, "two"))
    sessions.add(talk.session.id, Turn(Role.BOT, "of another program"), {"reply": 1})

    class Broken(Echo):
        def again(self, turns: Sequence[Turn], detail: Mapping[str, Any]) -> Reply | None:
            return None

    assert Conversation(Broken(), sessions=sessions, resume=talk.session.id).last is None


def test_a_branch_of_all_has_its_last_reply(talk: Conversation) -> None:
    reply = talk.reply("one")
    last = talk.branch().last
    assert last is not None
    assert last.tree() == reply.tree()
    assert talk.branch(0).last is None


def test_what_cannot_be_gone_on_with(sessions: Sessions) -> None:
    with pytest.raises(UsageError, match="no conversation"):
        Conversation(Echo(), sessions=sessions, resume="2026-01-01-zzzz")
    with pytest.raises(UsageError, match="store of sessions"):
        Conversation(Echo(), resume="2026-01-01-zzzz")


def test_a_bot_goes_on_where_it_was(tiny_bot: Bot, sessions: Sessions) -> None:
    for question, answer in FOLLOW_UPS.items():
        talk = tiny_bot.conversation("be kind", sessions)
        talk.reply(question)
        talk.reply("my name is Ann")
        talk.undo()
        assert talk.session is not None
        again = tiny_bot.conversation(sessions=sessions, resume=talk.session.id)
        reply = again.reply(SUNDAY)
        assert (reply.text, reply.source) == (answer, "exact")
        assert reply.turns_read == 4
        assert kept(again) == [question, REPLIES[question], SUNDAY, answer]


def test_a_bot_is_taught_in_mid_chat(bot: Bot) -> None:
    talk = bot.conversation("be kind")
    talk.reply("do you sell tea")
    row = talk.teach("and on Monday?", "At seven.", in_context=True)
    assert row.context == tuple(talk.turns)
    assert talk.reply("and on monday").text == "At seven."
    talk.fix("At eight.")
    assert [each.answer for each in bot.taught()] == ["At eight."]
    assert talk.turns[-1].text == "At eight."
    fresh = bot.conversation()
    fresh.reply("do you sell tea")
    assert fresh.reply("and on Monday").text == "At eight."
    other = bot.conversation()
    other.reply("where are you")
    assert other.reply("and on Monday").text != "At eight."
