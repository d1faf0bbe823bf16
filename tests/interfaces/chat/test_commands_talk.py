"""The conversation in the chat: tried again, taken back, branched, kept and found again."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from shell import CTRL_C, CTRL_J, ENTER, typed
from tiny import FOLLOW_UPS, REPLIES, SUNDAY

from dialog_s2s.dialogue.manager import Bot
from dialog_s2s.dialogue.reply import Reply
from dialog_s2s.dialogue.sessions import Sessions, default_path
from dialog_s2s.interfaces.chat.loading import LoadingBot
from dialog_s2s.interfaces.chat.typed import Typed
from dialog_s2s.text.readers import read
from dialog_s2s.text.turns import Role, Turn

OPEN, CLOSE = "when do you open", "when do you close"


@pytest.fixture(scope="module")
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


CTRL_U = "\x15"


@pytest.mark.parametrize(
    ("line", "told", "left"),
    [
        ("/undo 1", "hi", [OPEN, "bye"]),
        ("/undo 2", "bye", [OPEN]),
        ("/undo 03", OPEN, []),
        ("/undo 1000", OPEN, []),
        ("/undo", "hi", [OPEN, "bye"]),
    ],
)
def test_undo_of_several(
    loading: LoadingBot, kept: Sessions, line: str, told: str, left: list[str]
) -> None:
    shown = chat(loading, OPEN, "bye", "hi", "", line, "hello", sessions=kept)
    assert shown[3:] == [f"Took back: {told}", f"bot> {REPLIES['hello']}"]
    assert said(kept)[::2] == [*left, "hello"]


@pytest.mark.parametrize("words", ["0", "-1", "x", "1001", "²", "1.5", "1 2", "all", "+1"])
def test_a_wrong_undo(loading: LoadingBot, kept: Sessions, words: str) -> None:
    shown = chat(loading, OPEN, f"/undo {words}", SUNDAY, sessions=kept)
    assert shown[1] == f"{words!r} is not a number of exchanges from 1 to 1000"
    assert shown[2] == f"bot> {FOLLOW_UPS[OPEN]}"
    assert len(said(kept)) == 4


def test_nothing_is_taken_back_of_a_conversation_before(
    loading: LoadingBot, kept: Sessions
) -> None:
    shown = chat(loading, "hello", "/reset", "/undo 2", sessions=kept)
    assert shown[-1] == "Nothing to undo."
    assert said(kept) == ["hello", REPLIES["hello"]]


def test_what_the_user_told_is_taken_back_too(loading: LoadingBot) -> None:
    shown = chat(loading, "my name is Ada", "/undo", "what is my name")
    assert "Ada" not in shown[-1]


def test_settings_of_a_retry_hold_for_that_reply_alone(loading: LoadingBot) -> None:
    lines = ("hello", "/retry min_tokens=40 threshold=0", "/set", "hello", "/retry min_tokens=x")
    first, other, settings, again, wrong = chat(loading, *lines)
    assert first == again == f"bot> {REPLIES['hello']}"
    assert other != first
    assert settings.startswith("Settings as the bot was trained with")
    assert wrong.startswith("generation.min_tokens: must be a whole number")


@pytest.mark.parametrize(
    ("words", "reason"),
    [("hello", "'hello' is not name=value"), ("=", "'=' is not"), ("seed=", "must be a whole")],
)
def test_a_wrong_retry_leaves_the_reply(
    loading: LoadingBot, kept: Sessions, words: str, reason: str
) -> None:
    shown = chat(loading, OPEN, f"/retry {words}", SUNDAY, sessions=kept)
    assert reason in shown[1]
    assert shown[2:] == [f"bot> {FOLLOW_UPS[OPEN]}"]
    assert said(kept)[:2] == [OPEN, REPLIES[OPEN]]


def test_there_is_nothing_to_try_again_after_a_reset(loading: LoadingBot) -> None:
    assert chat(loading, "hello", "/reset", "/retry")[2].endswith("ask something first")


def test_an_edited_question_takes_the_place_of_the_last(
    loading: LoadingBot, kept: Sessions
) -> None:
    lines = ("hello", "when do you", "/edit", " close", "/edit", "/history")
    keys = [*(line + ENTER for line in lines[:5]), CTRL_C, lines[5], ENTER]
    shown = typed(loading, *keys, sessions=kept).splitlines()
    assert shown[3] == f"bot> {REPLIES[CLOSE]}"
    assert shown[4:-1] == [
        *("  1 you> hello", f"    bot> {REPLIES['hello']}"),
        *(f"  2 you> {CLOSE}", f"    bot> {REPLIES[CLOSE]}"),
    ]
    assert said(kept) == ["hello", REPLIES["hello"], CLOSE, REPLIES[CLOSE]]


def test_an_edited_question_may_be_written_anew(loading: LoadingBot, kept: Sessions) -> None:
    chat(loading, "hello", "/edit", CTRL_U + "bye", sessions=kept)
    assert said(kept) == ["bye", REPLIES["bye"]]


def test_an_edited_question_is_read_with_what_was_said_before(loading: LoadingBot) -> None:
    shown = chat(loading, OPEN, "and", "/edit", " on Sunday")
    assert shown[-1] == f"bot> {FOLLOW_UPS[OPEN]}"


@pytest.mark.parametrize(
    "keys",
    [
        (CTRL_C,),
        (CTRL_C, ENTER),
        (CTRL_C, CTRL_C),
        (CTRL_U, ENTER),
        (CTRL_U, "/history", ENTER),
        (CTRL_U, "   ", ENTER),
    ],
    ids=["cleared", "cleared and sent", "Ctrl-C twice", "emptied", "a command", "blanks"],
)
def test_an_edit_that_is_given_up_leaves_all(
    loading: LoadingBot, kept: Sessions, keys: tuple[str, ...]
) -> None:
    """What is asked next is another question."""
    shown = typed(loading, OPEN, ENTER, "/edit", ENTER, *keys, SUNDAY, ENTER, sessions=kept)
    assert f"bot> {FOLLOW_UPS[OPEN]}" in shown
    assert said(kept) == [OPEN, REPLIES[OPEN], SUNDAY, FOLLOW_UPS[OPEN]]


def test_an_edit_sent_as_it_was_asks_again(loading: LoadingBot, kept: Sessions) -> None:
    shown = chat(loading, "hello", "/edit", "", sessions=kept)
    assert shown == [f"bot> {REPLIES['hello']}"] * 2
    assert said(kept) == ["hello", REPLIES["hello"]]


@pytest.mark.parametrize("lines", [[], ["hello", "/undo"], ["hello", "/reset"]])
def test_there_is_nothing_to_edit(loading: LoadingBot, lines: list[str]) -> None:
    shown = chat(loading, *lines, "/edit", "bye")
    assert shown[-2:] == [
        "nothing was said yet, so there is nothing to edit",
        f"bot> {REPLIES['bye']}",
    ]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("OPEN", ["  1 you> when do you open", "    bot> We open at nine."]),
        ("at  NINE!", ["    bot> We open at nine."]),
        ("녹차", ["  2 you> 녹차 있어요", "    bot> 네, 녹차를 팝니다."]),
        ("coffee", ['No turn holds "coffee".']),
    ],
)
def test_history_finds_words(loading: LoadingBot, words: str, found: list[str]) -> None:
    assert chat(loading, OPEN, "녹차 있어요", f"/history {words}")[2:] == found


def test_long_turns_of_the_history_are_broken_behind_their_heads(loading: LoadingBot) -> None:
    shown = typed(loading, "hello there " * 9, ENTER, "/history", ENTER, columns=40).splitlines()
    place = next(n for n, line in enumerate(shown) if line.startswith("  1 you> "))
    assert shown[place + 1].startswith(" " * 9 + "there hello")
    assert max(map(len, shown)) <= 40


def test_a_conversation_is_named_and_found_by_it(loading: LoadingBot, kept: Sessions) -> None:
    lines = (OPEN, "/save Tea  talk", "/save", "/reset", "hello", "/save 인사", "/load TEA TALK")
    shown = chat(loading, *lines, SUNDAY, "/load 인사", "/history", sessions=kept)
    second, first = sorted(kept.listed(), key=lambda each: each.turns)
    assert (first.name, second.name) == ("Tea talk", "인사")
    assert shown[1] == f'{first.id} "Tea talk" is kept. /load goes on with it another day.'
    assert shown[2] == f"It is kept already, as {first.id}. /save NAME names it."
    assert shown[8] == f'Going on with {first.id} "Tea talk".'
    assert shown[9] == f"bot> {FOLLOW_UPS[OPEN]}"
    assert shown[-2:] == ["  1 you> hello", f"    bot> {REPLIES['hello']}"]


def test_a_name_is_changed(loading: LoadingBot, kept: Sessions) -> None:
    shown = chat(
        loading, "hello", "/save one", "/save two", "/load one", "/load two", sessions=kept
    )
    (session,) = kept.listed()
    assert session.name == "two"
    assert shown[3].startswith("there is no conversation 'one'")
    assert shown[-1] == f'Going on with {session.id} "two".'


@pytest.mark.parametrize(
    ("name", "reason"), [("tea", "tea"), ("TEA", "tea"), ("x" * 61, "60 characters at most")]
)
def test_a_name_that_cannot_be(loading: LoadingBot, kept: Sessions, name: str, reason: str) -> None:
    other = kept.start("bot").id
    kept.update(other, name="tea")
    shown = chat(loading, OPEN, f"/save {name}", SUNDAY, sessions=kept)
    assert reason in shown[1]
    assert shown[2] == f"bot> {FOLLOW_UPS[OPEN]}"
    assert sorted(each.name for each in kept.listed()) == ["", "tea"]


def test_there_is_nothing_to_name_before_anything_was_said(
    loading: LoadingBot, kept: Sessions
) -> None:
    shown = chat(loading, "/save tea", "/save", "hello", "/reset", "/save tea", sessions=kept)
    named = "nothing was said yet; ask something, then name the conversation"
    assert shown[:2] == [named, "nothing was said yet; what is said is kept as it is said"]
    assert shown[-1] == named
    assert [each.name for each in kept.listed()] == [""]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Sessions]]:
    """The stores that chats open by themselves."""
    begin, found = Sessions.open, []

    def opens(path: Path | None = None) -> Sessions:
        found.append(begin(path))
        return found[-1]

    monkeypatch.setattr(Sessions, "open", opens)
    yield found
    for each in found:
        each.close()


def test_a_chat_that_is_not_kept_begins_to_be(loading: LoadingBot, opened: list[Sessions]) -> None:
    """With all that was said, what the user told and the last reply."""
    shown = chat(loading, "my name is Ada", OPEN, "/save tea")
    (store,) = opened
    assert store.path == default_path()
    (session,) = store.listed()
    assert shown[2].startswith(f'{session.id} "tea" is kept.')
    assert said(store)[::2] == ["my name is Ada", OPEN]
    shown = chat(loading, "/load tea", "/why", SUNDAY, "what is my name", sessions=store)
    assert "You asked what it was given, word for word:" in shown
    assert shown[-2:] == [f"bot> {FOLLOW_UPS[OPEN]}", "bot> Your name is Ada."]
    assert said(store)[::2] == ["my name is Ada", OPEN, SUNDAY, "what is my name"]


def test_a_chat_begins_to_be_kept_before_its_first_word(
    loading: LoadingBot, opened: list[Sessions]
) -> None:
    shown = chat(loading, "/save", "/sessions", "hello", "/save tea")
    assert shown[:2] == [
        "It will be kept. /load goes on with it another day.",
        "No conversation is kept yet.",
    ]
    (store,) = opened
    assert [each.name for each in store.listed()] == ["tea"]
    assert said(store) == ["hello", REPLIES["hello"]]


def test_a_name_alone_keeps_nothing_before_anything_was_said(
    loading: LoadingBot, opened: list[Sessions]
) -> None:
    shown = chat(loading, "/save tea", "hello", "/sessions")
    assert shown[0] == "nothing was said yet; ask something, then name the conversation"
    assert "this chat is not kept" in shown[2]
    assert opened == []


def test_a_chat_is_kept_though_its_name_cannot_be(
    loading: LoadingBot, opened: list[Sessions]
) -> None:
    shown = chat(loading, "hello", f"/save {'x' * 61}")
    (session,) = opened[0].listed()
    assert shown[1] == f"{session.id} is kept, without a name."
    assert "60 characters at most" in shown[2]
    assert said(opened[0]) == ["hello", REPLIES["hello"]]


def test_a_store_that_cannot_be_opened_keeps_nothing(loading: LoadingBot) -> None:
    default_path().parent.mkdir(parents=True)
    default_path().write_bytes(b"no database" * 99)
    shown = chat(loading, OPEN, "/save", SUNDAY, "/sessions")
    assert shown[1].startswith(f"{default_path()}: ")
    assert shown[2] == f"bot> {FOLLOW_UPS[OPEN]}"
    assert "this chat is not kept" in shown[3]


@pytest.mark.parametrize("command", ["/load", "/resume"])
@pytest.mark.parametrize("by", ["id", "end", "name"])
def test_a_conversation_is_gone_on_with(
    loading: LoadingBot, kept: Sessions, command: str, by: str
) -> None:
    chat(loading, OPEN, "/save tea", sessions=kept)
    (old,) = kept.listed()
    word = {"id": old.id, "end": old.id[-4:], "name": "tea"}[by]
    shown = chat(loading, "hello", f"{command} {word}", SUNDAY, sessions=kept)
    assert shown[-2:] == [f'Going on with {old.id} "tea".', f"bot> {FOLLOW_UPS[OPEN]}"]
    assert len(said(kept, old.id)) == 4


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("", "give a conversation's id, its end, or its name; /sessions lists them"),
        ("none", "there is no conversation 'none'"),
        ("2", "fits 3 conversations"),
        ("차", "there is no conversation '차'"),
    ],
)
def test_a_conversation_that_is_not_there(
    loading: LoadingBot, kept: Sessions, words: str, reason: str
) -> None:
    for _ in range(2):
        kept.start("bot")
    shown = chat(loading, OPEN, f"/load {words}", SUNDAY, sessions=kept)
    assert reason in shown[1]
    assert shown[2] == f"bot> {FOLLOW_UPS[OPEN]}"


def killed(kept: Sessions) -> str:
    """A conversation whose last question had no reply."""
    id = kept.start("bot").id
    for role, text in ((Role.USER, OPEN), (Role.BOT, REPLIES[OPEN]), (Role.USER, SUNDAY)):
        kept.add(id, Turn(role, text))
    return id


@pytest.mark.parametrize("when", ["at the beginning", "later"])
def test_a_question_without_a_reply_is_at_the_prompt(
    loading: LoadingBot, kept: Sessions, when: str
) -> None:
    id = killed(kept)
    lines = ([] if when == "at the beginning" else [f"/load {id}"]) + ["", "/history"]
    shown = chat(loading, *lines, sessions=kept, resume=None if len(lines) == 3 else id)
    assert f"  2 you> {SUNDAY}" in shown
    hint = shown.index("  the last question had no reply; it is at the prompt")
    assert shown[hint + 1] == f"bot> {FOLLOW_UPS[OPEN]}"
    whole = [OPEN, REPLIES[OPEN], SUNDAY, FOLLOW_UPS[OPEN]]
    assert [line.split("> ", 1)[1] for line in shown[hint + 2 :]] == whole
    assert said(kept, id) == whole


@pytest.mark.parametrize(("line", "left"), [("/undo", 2), ("/retry", 4), ("bye", 4), ("/why", 3)])
def test_a_question_without_a_reply_may_be_left(
    loading: LoadingBot, kept: Sessions, line: str, left: int
) -> None:
    id = killed(kept)
    chat(loading, CTRL_C, line, sessions=kept, resume=id)
    assert len(said(kept, id)) == left
    assert said(kept, id)[:2] == [OPEN, REPLIES[OPEN]]


def test_an_edit_of_a_question_without_a_reply(loading: LoadingBot, kept: Sessions) -> None:
    id = killed(kept)
    chat(loading, CTRL_C, "/edit", CTRL_U + CLOSE, sessions=kept, resume=id)
    assert said(kept, id) == [OPEN, REPLIES[OPEN], CLOSE, REPLIES[CLOSE]]


def test_an_export_to_the_terminal_is_not_broken(loading: LoadingBot, kept: Sessions) -> None:
    keys = ("hello there " * 9, ENTER, "/export json", ENTER)
    shown = typed(loading, *keys, sessions=kept, columns=40)
    tree = json.loads(shown[shown.index("{\n") : shown.rindex("\n}") + 2])
    assert tree["turns"][0]["text"] == ("hello there " * 9).strip()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("jsn", "unknown format 'jsn'; it must be one of"),
        ("talk.doc", "unknown format 'talk.doc'"),
        ("text none/talk.txt", "none/talk.txt: cannot be written (No such file"),
        ("folder.md", "folder.md: exists already; choose another name"),
    ],
)
def test_where_a_conversation_cannot_be_exported(
    loading: LoadingBot,
    kept: Sessions,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    reason: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder.md").mkdir()
    shown = chat(loading, OPEN, f"/export {words}", SUNDAY, sessions=kept)
    assert shown[1].startswith(reason)
    assert shown[2] == f"bot> {FOLLOW_UPS[OPEN]}"


def test_after_a_reset_there_is_nothing_to_export(loading: LoadingBot, kept: Sessions) -> None:
    shown = chat(loading, "hello", "/reset", "/export", sessions=kept)
    assert shown[2] == "nothing was said yet, so there is nothing to export"


SECRET = "quaggaphone"


def test_what_was_typed_goes_with_the_conversation(
    loading: LoadingBot, kept: Sessions, tmp_path: Path
) -> None:
    """However it was typed."""
    history = Typed(tmp_path / "typed")
    lines = (
        f"what  is a {SECRET}",
        f"two{CTRL_J}{SECRET}",
        f"//{SECRET} x",
        f"  {SECRET}? ",
        "bye",
    )
    keys = [line + ENTER for line in lines]
    shown = typed(loading, *keys, sessions=kept, typed=history)
    assert history.path.read_text(encoding="utf-8").count(SECRET) == 4
    assert shown.count("bot> ") == 5
    (old,) = kept.listed()
    keys = ["hello" + ENTER, f"/delete {old.id[-4:]}" + ENTER, "y"]
    typed(loading, *keys, sessions=kept, typed=history)
    left = Typed(history.path)
    assert SECRET not in history.path.read_text(encoding="utf-8")
    assert list(left.load_history_strings()) == [f"/delete {old.id[-4:]}", "hello"]


def test_what_was_typed_is_not_offered_after_it_was_deleted(
    loading: LoadingBot, kept: Sessions, tmp_path: Path
) -> None:
    history = Typed(tmp_path / "typed")
    lines = (SECRET, "/save tea", "/reset", "hello", "/delete tea")
    typed(loading, *(line + ENTER for line in lines), "y", sessions=kept, typed=history)
    assert history.get_strings() == [*lines[1:]]


@pytest.mark.parametrize("answer", ["n", CTRL_C])
def test_a_deletion_that_is_not_confirmed_leaves_all(
    loading: LoadingBot, kept: Sessions, tmp_path: Path, answer: str
) -> None:
    history = Typed(tmp_path / "typed")
    typed(loading, SECRET, ENTER, sessions=kept, typed=history)
    (old,) = kept.listed()
    shown = typed(loading, f"/delete {old.id}", ENTER, answer, sessions=kept, typed=history)
    assert ("Nothing was deleted." in shown) is (answer == "n")
    assert said(kept, old.id)[0] == SECRET
    assert SECRET in history.path.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["/reset", "/sessions", "/taught"])
def test_words_after_a_command_that_takes_none_do_not_matter(
    loading: LoadingBot, kept: Sessions, command: str
) -> None:
    plain = chat(loading, command, sessions=kept)
    assert chat(loading, f"{command} now", sessions=kept) == plain
