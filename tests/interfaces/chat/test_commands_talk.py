"""The conversation in the chat: tried again, taken back, branched, kept and found again."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest
from shell import CTRL_C, ENTER, typed
from tiny import FOLLOW_UPS, REPLIES, SUNDAY

from dialog_s2s.dialogue.manager import Bot
from dialog_s2s.dialogue.reply import Reply
from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.interfaces.chat.loading import LoadingBot
from dialog_s2s.text.readers import read
from dialog_s2s.text.turns import Role, Turn

OPEN, CLOSE = "when do you open", "when do you close"


@pytest.fixture
def loading(tiny_bundle: Path) -> LoadingBot:
    """The bot, which no test here teaches."""
    return LoadingBot(tiny_bundle)


def chat(
    loading: LoadingBot,
    *lines: str,
    sessions: Sessions | None = None,
    resume: str | None = None,
    settings: dict[str, object] | None = None,
) -> list[str]:
    """What is written after these lines, the greeting left out. `y` and `n` need no Enter."""
    keys = (line if line in ("y", "n", CTRL_C) else line + ENTER for line in lines)
    shown = typed(loading, *keys, sessions=sessions, resume=resume, settings=settings)
    return [line for line in shown.splitlines()[1:] if not line.startswith("Kept.")]


def said(sessions: Sessions, id: str | None = None) -> list[str]:
    """The turns of a conversation, or of the only one."""
    return [turn.text for turn in sessions.turns(id or sessions.listed()[0].id)]


def test_undo(loading: LoadingBot, kept: Sessions) -> None:
    shown = chat(loading, "hello", "bye", "/undo", "/history", "/undo", "/undo", sessions=kept)
    assert shown[2:] == [
        "Took back: bye",
        *("  1 you> hello", f"    bot> {REPLIES['hello']}"),
        *("Took back: hello", "Nothing to undo."),
    ]


def test_history(loading: LoadingBot) -> None:
    assert chat(loading, "/history") == ["Nothing was said yet."]
    shown = chat(loading, OPEN, SUNDAY, "/history")
    assert shown[2:] == [
        f"  1 you> {OPEN}",
        f"    bot> {REPLIES[OPEN]}",
        f"  2 you> {SUNDAY}",
        f"    bot> {FOLLOW_UPS[OPEN]}",
    ]


def test_retry(loading: LoadingBot, kept: Sessions) -> None:
    shown = chat(
        loading,
        *(
            "hello",
            "/retry",
            "/retry min_tokens=40 threshold=0",
            "/retry",
            "/retry max_tokns=1",
            "/history",
        ),
        sessions=kept,
    )
    first, again, note, other, whole, wrong, *history = shown
    assert first == again == whole == f"bot> {REPLIES['hello']}"
    assert "the same again; /retry method=sample" in note
    assert len(other) > len(first)
    assert "did you mean 'max_tokens'" in wrong
    assert len(history) == 2
    assert said(kept) == ["hello", REPLIES["hello"]]
    assert "ask something first" in chat(loading, "/retry")[0]


def test_ctrl_c_in_a_retry_leaves_the_old_reply(
    loading: LoadingBot, kept: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply, calls = Bot.reply, []

    def replies(self: Bot, question: str, *rest: object, **settings: object) -> Reply:
        calls.append(question)
        if len(calls) == 2:
            signal.raise_signal(signal.SIGINT)
        return reply(self, question, *rest, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr(Bot, "reply", replies)
    shown = chat(loading, OPEN, "/retry", "/why", SUNDAY, sessions=kept)
    assert shown[1] == "(stopped)"
    assert shown[2].startswith("You asked what it was given")
    assert shown[-1] == f"bot> {FOLLOW_UPS[OPEN]}"
    assert said(kept) == [OPEN, REPLIES[OPEN], SUNDAY, FOLLOW_UPS[OPEN]]


def test_retry_draws_anew_whatever_the_seed(loading: LoadingBot) -> None:
    wild: dict[str, object] = {"method": "sample", "temperature": "5", "top_p": "1", "seed": "1"}
    lines = ("zq xv", *["/retry"] * 5)
    shown = chat(loading, *lines, settings={**wild, "threshold": "0", "max_tokens": "9"})
    assert len(set(shown)) > 2
    fixed = chat(loading, "zq xv", *["/retry seed=1 threshold=0"] * 2, settings=wild)
    assert fixed[-1] == fixed[-2]


def test_reset_keeps_what_was_said(loading: LoadingBot, kept: Sessions) -> None:
    shown = chat(loading, OPEN, "/reset", "hello", sessions=kept)
    second, first = kept.listed()
    assert shown[1] == f"A new conversation. /load {first.id} goes back."
    assert [said(kept, each.id)[0] for each in (first, second)] == [OPEN, "hello"]
    assert chat(loading, OPEN, "/reset", "/history")[1:] == [
        "A new conversation.",
        "Nothing was said yet.",
    ]


def test_branch(loading: LoadingBot, kept: Sessions) -> None:
    shown = chat(loading, OPEN, CLOSE, "/branch 1", SUNDAY, sessions=kept)
    branch, trunk = kept.listed()
    assert shown[2] == f"A branch with 1 exchange. /load {trunk.id} goes back."
    assert branch.parent == trunk.id
    assert said(kept, trunk.id) == [OPEN, REPLIES[OPEN], CLOSE, REPLIES[CLOSE]]
    assert said(kept, branch.id) == [OPEN, REPLIES[OPEN], SUNDAY, FOLLOW_UPS[OPEN]]
    shown = chat(loading, OPEN, CLOSE, "/branch", SUNDAY, "/branch 0", "/history")
    assert shown[2:] == [
        "A branch with 2 exchanges.",
        f"bot> {FOLLOW_UPS[CLOSE]}",
        *("A branch with 0 exchanges.", "Nothing was said yet."),
    ]


@pytest.mark.parametrize("words", ["2", "-1", "one", "²", "1 2"])
def test_a_wrong_branch(loading: LoadingBot, words: str) -> None:
    shown = chat(loading, "/branch", OPEN, f"/branch {words}", SUNDAY)
    assert "nothing to branch from" in shown[0]
    assert "up to 1" in shown[2]
    assert shown[3] == f"bot> {FOLLOW_UPS[OPEN]}"


def test_sessions_are_listed_and_gone_on_with(loading: LoadingBot, kept: Sessions) -> None:
    chat(loading, OPEN, "hello", CLOSE, "hi", OPEN, sessions=kept)
    chat(loading, "bye", sessions=kept)
    last, first = kept.listed()
    shown = chat(
        loading, "/sessions", f"/resume {first.id[-4:]}", SUNDAY, "/sessions", sessions=kept
    )
    assert shown[0].split() == ["id", "bot", "turns", "changed", "title"]
    assert [line.split()[:3] for line in shown[1:3]] == [
        [last.id, "tiny", "2"],
        [first.id, "tiny", "10"],
    ]
    resumed = shown.index(f"Going on with {first.id}.")
    assert shown[3] == "    ..."
    assert shown[resumed - 2 : resumed] == [f"  5 you> {OPEN}", f"    bot> {REPLIES[OPEN]}"]
    assert shown[resumed + 1] == f"bot> {FOLLOW_UPS[OPEN]}"
    assert shown[resumed + 3].startswith(f"{first.id}*")
    assert [each.turns for each in kept.listed()] == [12, 2]


def test_a_conversation_with_another_bot_says_so(loading: LoadingBot, kept: Sessions) -> None:
    id = kept.start("bots/evil\x1bbot").id
    kept.add(id, Turn(Role.USER, "a\x1b[1m"))
    kept.add(id, Turn(Role.BOT, "b"))
    shown = chat(loading, f"/resume {id}", sessions=kept)
    assert shown[-1] == f"Going on with {id}, which was begun with evilbot."
    assert all(line.isprintable() for line in shown)


def test_no_conversation_yet(loading: LoadingBot, kept: Sessions) -> None:
    shown = chat(loading, "/sessions", "/export", "/resume x", "/delete x", sessions=kept)
    assert shown[:2] == [
        "No conversation is kept yet.",
        "nothing was said yet, so there is nothing to export",
    ]
    assert all("no conversation 'x'" in line for line in shown[2:])
    for command in ("/resume", "/delete"):
        assert "id" in chat(loading, command, sessions=kept)[0]


def test_a_chat_that_keeps_nothing_says_so(loading: LoadingBot) -> None:
    lines = ("/sessions", "/export", "/resume x", "/delete x")
    shown = chat(loading, "hello", *lines, "hello")
    assert len(shown) == 6
    assert all("this chat is not kept" in line for line in shown[1:5])
    assert shown[0] == shown[5]


def test_export(
    loading: LoadingBot, kept: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = chat(
        loading,
        *("hello", "/export", "/export json", "/export corpus my talk.x", "/export my talk.md"),
        *("/export my talk.md", "/export jsn"),
        sessions=kept,
    )
    assert shown[3:5] == ["you> hello", f"bot> {REPLIES['hello']}"]
    end = shown.index("Wrote my talk.x")
    tree = json.loads("\n".join(shown[5:end]))
    assert [turn["text"] for turn in tree["turns"]] == ["hello", REPLIES["hello"]]
    assert shown[end + 1] == "Wrote my talk.md"
    assert "exists already" in shown[end + 2]
    assert "unknown format 'jsn'" in shown[end + 3]
    (dialogue,) = read(["my talk.x"], "jsonl")
    assert [turn.text for turn in dialogue.turns] == ["hello", REPLIES["hello"]]
    assert "**You:** hello" in Path("my talk.md").read_text()


def test_delete(loading: LoadingBot, kept: Sessions) -> None:
    secret = "quaggaphone"
    chat(loading, f"what is a {secret}", sessions=kept)
    (old,) = kept.listed()
    shown = chat(loading, "hello", f"/delete {old.id[-4:]}", "n", sessions=kept)
    assert secret in shown[2]
    assert shown[3] == "Nothing was deleted."
    assert len(kept.listed()) == 2
    shown = chat(loading, f"/delete {old.id}", "y", sessions=kept)
    assert shown[-1] == f"Deleted {old.id}."
    assert [each.title for each in kept.listed()] == ["hello"]
    folder = kept.path.parent
    found = [file for file in folder.glob("kept.db*") if secret.encode() in file.read_bytes()]
    assert found == []


def test_the_conversation_itself_is_deleted(loading: LoadingBot, kept: Sessions) -> None:
    chat(loading, OPEN, sessions=kept)
    (old,) = kept.listed()
    shown = chat(
        loading, f"/delete {old.id}", "y", "/history", "hello", sessions=kept, resume=old.id
    )
    assert shown[-3:] == [
        f"Deleted {old.id}. This is a new conversation.",
        "Nothing was said yet.",
        f"bot> {REPLIES['hello']}",
    ]
    (new,) = kept.listed()
    assert said(kept, new.id) == ["hello", REPLIES["hello"]]


@pytest.mark.parametrize("when", ["before the question", "after it", "in the reply", "at the end"])
def test_ctrl_c_leaves_the_conversation_whole(
    loading: LoadingBot, kept: Sessions, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Wherever it falls, what is kept is what is gone on with: whole exchanges."""
    add, reply = Sessions.add, Bot.reply
    once = [None]

    def interrupt(there: bool) -> None:
        if there and once:
            once.pop()
            signal.raise_signal(signal.SIGINT)

    def adds(self: Sessions, id: str, turn: Turn, detail: object = None) -> int:
        hello = turn.text == "hello" or turn.text == REPLIES["hello"]
        interrupt(hello and turn.role is Role.USER and when == "before the question")
        place = add(self, id, turn, detail)  # type: ignore[arg-type]
        interrupt(hello and turn.role is Role.USER and when == "after it")
        interrupt(hello and turn.role is Role.BOT and when == "at the end")
        return place

    def replies(self: Bot, question: str, *rest: object, **settings: object) -> Reply:
        interrupt(question == "hello" and when == "in the reply")
        return reply(self, question, *rest, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr(Sessions, "add", adds)
    monkeypatch.setattr(Bot, "reply", replies)
    shown = chat(loading, OPEN, "hello", "/why", SUNDAY, "/history", sessions=kept)
    assert not once
    assert shown[2] == "(stopped)"
    assert re.match("You asked what", shown[3])  # of the reply that stands
    assert f"bot> {FOLLOW_UPS[OPEN]}" in shown
    whole = [OPEN, REPLIES[OPEN], SUNDAY, FOLLOW_UPS[OPEN]]
    assert [line.split("> ", 1)[1] for line in shown[-4:]] == whole
    assert said(kept) == whole


def test_ctrl_c_answers_no(loading: LoadingBot, kept: Sessions) -> None:
    chat(loading, OPEN, sessions=kept)
    (old,) = kept.listed()
    shown = chat(loading, f"/delete {old.id}", CTRL_C, "hello", sessions=kept)
    assert shown[-2:] == ["(stopped)", f"bot> {REPLIES['hello']}"]
    assert len(kept.listed()) == 2
