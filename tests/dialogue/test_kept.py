"""A conversation that is kept, at once or late, named, and gone on with by another bot."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

import pytest
from echo import Echo, kept, texts

from dialog_s2s import Bot, Conversation, Reply, Sessions
from dialog_s2s.dialogue.noted import noted
from dialog_s2s.errors import DiskError, UsageError
from dialog_s2s.text.turns import Role, Turn


def stored(talk: Conversation) -> list[str]:
    """The texts on the disk."""
    assert talk.sessions is not None
    assert talk.session is not None
    return [turn.text for turn in talk.sessions.turns(talk.session.id)]


class Pieces(Echo):
    """Says these pieces."""

    def __init__(self, *pieces: str):
        super().__init__()
        self.pieces = pieces

    def stream(
        self, question: str, history: Sequence[Turn] = (), **settings: object
    ) -> Generator[str, None, Reply]:
        yield from self.pieces
        return self.reply(question, history, **settings)


@pytest.mark.parametrize("pieces", [(), ("a",), ("",), ("a", "b"), ("a", "", "b")])
def test_the_last_piece_is_shown_once_the_reply_is_kept(
    sessions: Sessions, pieces: tuple[str, ...]
) -> None:
    talk = Conversation(Pieces(*pieces), sessions=sessions)
    seen = []
    for piece in talk.stream("one"):
        seen.append(piece)
        assert (len(stored(talk)) == 2) == (len(seen) == len(pieces))
    assert tuple(seen) == pieces
    assert kept(talk) == ["one", "0: one"]


@pytest.mark.parametrize("error", [None, KeyboardInterrupt, MemoryError])
def test_what_was_shown_whole_is_not_taken_back(
    talk: Conversation, error: type[BaseException] | None
) -> None:
    for question in ("my name is Ann", "what is my name?", "two"):
        stream, before, shown = talk.stream(question), len(talk.turns), ""
        while len(talk.turns) < before + 2:
            shown += next(stream)
        if error is None:
            stream.close()
        else:
            with pytest.raises(error):
                stream.throw(error)
        assert kept(talk)[-2:] == [question, shown]
        assert talk.last is not None
        assert talk.last.text == shown
        talk.undo()
        if question == "my name is Ann":
            talk.reply(question)
    assert talk.facts == {"name": "Ann"}


def test_a_reply_that_cannot_be_kept_is_not_shown_whole(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = Conversation(Pieces("a", "b"), sessions=sessions)
    stream = talk.stream("one")
    assert next(stream) == "a"

    def full(*_: object) -> int:
        raise DiskError("full")

    with monkeypatch.context() as patch:
        patch.setattr(sessions, "add", full)
        with pytest.raises(DiskError, match="full"):
            next(stream)
    assert kept(talk) == []


def test_a_stream_that_others_overtook_says_so(talk: Conversation) -> None:
    stream = talk.stream("one")
    next(stream)
    talk.reply("two")
    with pytest.raises(UsageError, match="another question was asked meanwhile"):
        list(stream)
    assert kept(talk) == ["two", "0: two"]


def test_keeping_what_was_said(sessions: Sessions) -> None:
    talk = Conversation(Echo(), "be kind")
    for question in ("my name is Ann", "one", "I like tea", "my name is Bo"):
        talk.reply(question)
    before, last = texts(talk), talk.last
    assert last is not None
    talk.keep(sessions)
    assert kept(talk) == before
    assert talk.session is not None
    assert (talk.session.persona, talk.session.title) == ("be kind", "my name is Ann")
    always = Conversation(Echo(), "be kind", sessions)
    for question in ("my name is Ann", "one", "I like tea", "my name is Bo"):
        always.reply(question)
    assert always.session is not None
    for upto in range(9):
        one, other = (
            sessions.facts(sessions.branch(each.session.id, upto).id)
            for each in (talk, always)
            if each.session is not None
        )
        assert one == other
    assert sessions.detailed(talk.session.id)[-1].detail == noted(last)
    talk.reply("two")
    assert len(kept(talk)) == 10
    again = Conversation(Echo(), sessions=sessions, resume=talk.session.id)
    assert (again.facts, again.persona) == (talk.facts, "be kind")
    talk.keep(sessions)  # already
    assert len(sessions.listed()) == 2 + 18


def test_keeping_nothing_begins_with_the_first_question(sessions: Sessions) -> None:
    talk = Conversation(Echo())
    talk.keep(sessions)
    assert sessions.listed() == []
    talk.reply("one")
    assert kept(talk) == ["one", "0: one"]
    assert len(sessions.listed()) == 1


def test_keeping_is_all_or_nothing(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = Conversation(Echo())
    talk.reply("my name is Ann")
    talk.reply("one")
    calls = []

    def note(*each: object) -> None:
        calls.append(each)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("dialog_s2s.dialogue.rows.note", note)
        with pytest.raises(KeyboardInterrupt):
            talk.keep(sessions)
    assert calls
    assert sessions.listed() == []
    assert (talk.sessions, talk.session) == (None, None)
    talk.keep(sessions)
    assert len(kept(talk)) == 4


def test_it_is_kept_in_one_file(sessions: Sessions, tmp_path: Path) -> None:
    talk = Conversation(Echo(), sessions=sessions)
    talk.reply("one")
    with (
        Sessions.open(tmp_path / "other.db") as other,
        pytest.raises(UsageError, match=r"kept already, in .*sessions\.db"),
    ):
        talk.keep(other)
    assert kept(talk) == ["one", "0: one"]


def test_another_persona(talk: Conversation) -> None:
    talk.reply("one")
    talk.persona = "be brief"
    assert talk.history[0] == Turn(Role.SYSTEM, "be brief")
    assert talk.reply("two").text == "3: two"
    assert kept(talk)[-1] == "3: two"
    if talk.sessions is not None and talk.session is not None:
        assert talk.sessions.find(talk.session.id).persona == "be brief"
        again = Conversation(Echo(), sessions=talk.sessions, resume=talk.session.id)
        assert again.persona == "be brief"
    talk.persona = ""
    assert talk.history == talk.turns


def test_a_persona_before_the_first_question(sessions: Sessions) -> None:
    talk = Conversation(Echo(), sessions=sessions)
    talk.persona = "be brief"
    assert sessions.listed() == []
    talk.reply("one")
    assert sessions.listed()[0].persona == "be brief"


def test_a_name(sessions: Sessions) -> None:
    talk = Conversation(Echo(), sessions=sessions)
    assert talk.name == ""
    talk.rename("Tea shop")  # before the first question too
    talk.reply("one")
    assert talk.name == "Tea shop"
    assert talk.session is not None
    assert sessions.find("tea SHOP").id == talk.session.id
    again = Conversation(Echo(), sessions=sessions, resume="tea shop")
    assert (again.name, kept(again)) == ("Tea shop", ["one", "0: one"])
    assert again.branch().name == ""
    talk.rename("")
    assert talk.name == ""
    with pytest.raises(UsageError, match="is not kept, so it has no name; keep it first"):
        Conversation(Echo()).rename("x")


@pytest.mark.parametrize("asked", [0, 2])
def test_another_bot_goes_on(talk: Conversation, asked: int) -> None:
    talk.persona = "be kind"
    for question in ("my name is Ann", "one")[:asked]:
        talk.reply(question)
    other = Pieces("x")
    other.path = Path("elsewhere")
    before, last, session = kept(talk), talk.last, talk.session
    moved = talk.moved(other)
    assert (kept(moved), moved.facts, moved.persona) == (before, talk.facts, "be kind")
    assert moved.session == session
    if last is not None:
        assert moved.last is not None
        assert moved.last.tree() == last.tree()
        assert moved.retry(seed=1).text == "3: one!"
        moved.fix("better")
        assert other.taught
    moved.reply("two")
    assert other.histories[-1][-1 if asked else 0].text == ("better" if asked else "be kind")
    if not asked and moved.session is not None:
        assert moved.session.bot.endswith("elsewhere")
    assert len(kept(moved)) == len(before) + 2


def test_a_trained_bot_takes_over(tiny_bot: Bot, sessions: Sessions) -> None:
    talk = Conversation(Echo(), sessions=sessions)
    talk.reply("do you sell tea")
    moved = talk.moved(tiny_bot)
    assert moved.last is not None
    assert moved.last.attention is not None
    assert moved.retry().text == "Yes, green and black tea."
    assert kept(moved) == ["do you sell tea", "Yes, green and black tea."]
