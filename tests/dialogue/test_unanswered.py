"""A question that the program was killed at: kept, offered again, and given up for the next."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import pytest
from echo import Echo, kept, texts

from dialog_s2s import Conversation, Reply, Sessions
from dialog_s2s.errors import DiskError, UsageError
from dialog_s2s.text.turns import Role, Turn

KILLED = """
import os, signal, sys
from dialog_s2s.config import GenerationConfig
from dialog_s2s.dialogue.conversation import Conversation
from dialog_s2s.dialogue.reply import Reply
from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.text.turns import Role, Turn
class Bot:
    path = "echo"
    def settings(self, **changes):
        return GenerationConfig()
    def reply(self, question, history=(), **settings):
        if question == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        turns = (*history, Turn(Role.USER, question))
        text = f"{len(history)}: {question}"
        return Reply(text, "exact", 1, (), "stop", 0, 0, turns, 1, GenerationConfig())
talk = Conversation(Bot(), "be kind", Sessions.open(sys.argv[1]))
for question in ("my name is Ann", "one", "die"):
    talk.reply(question)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="other signals")
def test_a_question_outlives_a_kill(sessions: Sessions) -> None:
    words = [sys.executable, "-c", KILLED, str(sessions.path)]
    assert subprocess.run(words, check=False).returncode == -9
    (session,) = sessions.listed()
    for _ in range(2):  # it stays until something is done about it
        talk = Conversation(Echo(), sessions=sessions, resume=session.id)
        assert kept(talk) == ["my name is Ann", "1: my name is Ann", "one", "3: one", "die"]
        assert talk.unanswered == "die"
    assert (talk.facts, talk.persona) == ({"name": "Ann"}, "be kind")
    assert talk.last is not None
    assert talk.last.question == "one"
    assert [turn.text for turn in talk.history] == ["be kind", *texts(talk)[:-1]]
    assert talk.reply("two").text == "5: two"
    assert talk.unanswered is None
    assert kept(talk)[-2:] == ["two", "5: two"]
    assert "die" not in kept(talk)


@pytest.fixture
def left(sessions: Sessions) -> Conversation:
    """One that is gone on with, whose last question has no reply."""
    talk = Conversation(Echo(), sessions=sessions)
    talk.reply("one")
    assert talk.session is not None
    sessions.add(talk.session.id, Turn(Role.USER, "my name is Bo"))
    return Conversation(Echo(), sessions=sessions, resume=talk.session.id)


WHOLE = ["one", "0: one"]
LEFT = [*WHOLE, "my name is Bo"]


def test_retry_answers_it(left: Conversation, sessions: Sessions) -> None:
    reply = left.retry(seed=2)
    assert reply.text == "2: my name is Bo!!"
    assert kept(left) == [*LEFT, reply.text]
    assert (left.last, left.unanswered) == (reply, None)
    assert left.session is not None
    assert "name" in sessions.facts(left.session.id)
    assert left.retry().text == "2: my name is Bo"
    assert len(kept(left)) == 4


@pytest.mark.parametrize("error", [KeyboardInterrupt, DiskError, UsageError])
@pytest.mark.parametrize("where", ["bot", "before", "after"])
def test_a_retry_that_fails_leaves_it(
    left: Conversation, monkeypatch: pytest.MonkeyPatch, error: type[BaseException], where: str
) -> None:
    last = left.last
    assert left.sessions is not None
    real = left.sessions.add

    def fail(*each: object, **_: object) -> Reply:
        if where == "after":
            real(*each)  # type: ignore[arg-type]
        raise error("no")

    with monkeypatch.context() as patch:
        if where == "bot":
            patch.setattr(left.bot, "reply", fail)
        else:
            patch.setattr(left.sessions, "add", fail)
        with pytest.raises(error):
            left.retry()
    assert (kept(left), left.unanswered, left.last) == (LEFT, LEFT[-1], last)
    assert left.facts == {"name": "Bo"}
    assert left.retry().text == "2: my name is Bo"


def test_undo_takes_it_back_first(left: Conversation) -> None:
    last = left.last
    assert left.undo() == LEFT[-1]
    assert (kept(left), left.unanswered, left.last) == (WHOLE, None, last)
    assert left.facts == {}
    assert left.undo() == "one"
    assert (kept(left), left.last) == ([], None)


def test_both_at_once(left: Conversation) -> None:
    assert left.undo(2) == "one"
    assert (kept(left), left.unanswered, left.last) == ([], None, None)


@pytest.mark.parametrize("exchanges", [None, 1, 2, 9])
def test_a_branch_is_without_it(left: Conversation, exchanges: int | None) -> None:
    other = left.branch(exchanges)
    assert (kept(other), other.unanswered, other.facts) == (WHOLE, None, {})
    assert other.last is not None
    assert (kept(left), left.unanswered) == (LEFT, LEFT[-1])


def test_it_has_no_reply_to_correct(left: Conversation) -> None:
    with pytest.raises(UsageError, match="no reply to correct; try it again"):
        left.fix("better")
    assert kept(left) == LEFT
    left.undo()
    left.fix("better")
    assert kept(left) == ["one", "better"]


def test_what_is_taught_in_context_is_without_it(left: Conversation) -> None:
    left.teach("q", "a", in_context=True)
    assert isinstance(left.bot, Echo)
    assert left.bot.taught[-1][2] == left.turns[:2]


@pytest.mark.parametrize("question", ["", " "])
def test_what_is_no_question_leaves_it(left: Conversation, question: str) -> None:
    for call in (left.reply, lambda asked: list(left.stream(asked))):
        with pytest.raises(UsageError, match="empty"):
            call(question)
    with pytest.raises(UsageError, match="temperature"):
        left.reply("two", temprature=1)
    assert (kept(left), left.unanswered) == (LEFT, LEFT[-1])


@pytest.mark.parametrize("way", ["reply", "stream"])
def test_the_next_question_gives_it_up(left: Conversation, way: str) -> None:
    assert left.last is not None
    last = left.last
    stream = left.stream("two")
    next(stream)
    assert left.unanswered is None  # what is being answered is not
    stream.close()
    assert (kept(left), left.last) == (WHOLE, last)
    if way == "reply":
        left.reply("two")
    else:
        list(left.stream("two"))
    assert kept(left) == [*WHOLE, "two", "2: two"]
    assert left.facts == {}


def test_nothing_but_a_question(sessions: Sessions) -> None:
    id = sessions.start("echo").id
    for question in ("one", "two"):
        sessions.add(id, Turn(Role.USER, question))
        talk = Conversation(Echo(), sessions=sessions, resume=id)
        assert (talk.unanswered, talk.last, talk.history) == (question, None, [])
    assert talk.retry().text == "1: two"
    assert talk.undo() == "two"
    assert talk.unanswered == "one"
    assert talk.retry().text == "0: one"


def test_without_one(talk: Conversation) -> None:
    assert talk.unanswered is None
    talk.reply("one")
    assert talk.unanswered is None

    class Broken(Echo):
        def reply(self, question: str, history: Sequence[Turn] = (), **_: object) -> Reply:
            raise UsageError("no")

    talk.bot = Broken()
    with pytest.raises(UsageError, match="no"):
        talk.reply("two")
    assert (talk.unanswered, kept(talk)) == (None, ["one", "0: one"])
