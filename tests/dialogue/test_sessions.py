"""Conversations on disk: what was told is there again, and what was deleted is not."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialog_s2s.dialogue import rows
from dialog_s2s.dialogue.sessions import Said, Session, Sessions, default_path
from dialog_s2s.dialogue.store import Store
from dialog_s2s.errors import UsageError
from dialog_s2s.text.turns import Origin, Role, Turn

HELLO, HI = Turn(Role.USER, "hello"), Turn(Role.BOT, "hi there")
CHARACTERS = st.characters(exclude_categories=()) | st.sampled_from(
    "\0\n\t\x85\u2028\x1b\ud83d\ude00"
)
TURNS = st.lists(
    st.builds(Turn, st.sampled_from(Role), st.text(CHARACTERS, max_size=20)), max_size=6
)


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[Sessions]:
    with Sessions.open(tmp_path / "sessions.db") as opened:
        yield opened


@pytest.fixture(scope="module")
def memory() -> Iterator[Path]:
    """A folder in memory where there is one, for what needs many writes and no disk."""
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=place) as folder:
        yield Path(folder)


def begun(sessions: Sessions, *texts: str, bot: str = "bot") -> Session:
    """A conversation in which user and bot say `texts` in turn."""
    session = sessions.start(bot)
    for place, text in enumerate(texts):
        sessions.add(session.id, Turn((Role.USER, Role.BOT)[place % 2], text))
    return session


def texts(sessions: Sessions, id: str) -> list[str]:
    return [turn.text for turn in sessions.turns(id)]


def everything(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


def test_a_conversation_is_resumed(tmp_path: Path) -> None:
    detail = {"source": "taught", "confidence": 0.75, "seed": 2**40, "evidence": [{"a": None}]}
    with Sessions.open(tmp_path / "sessions.db") as sessions:
        session = sessions.start("bots/shop", "kind and brief")
        assert sessions.add(session.id, HELLO) == 1
        assert sessions.add(session.id, HI, detail) == 2
    with Sessions.open(str(tmp_path / "sessions.db")) as sessions:
        (found,) = sessions.listed()
        assert (found.id, found.bot, found.persona) == (session.id, "bots/shop", "kind and brief")
        assert (found.title, found.turns, found.parent) == ("hello", 2, None)
        assert session.started == found.started <= found.changed
        assert sessions.turns(session.id) == [HELLO, HI]
        (one, noted, first), (other, more, second) = sessions.detailed(session.id)
        assert (one, noted, other, more) == (HELLO, {}, HI, detail)
        assert found.started <= first <= second <= found.changed
        assert sessions.add(session.id, HELLO) == 3


def test_a_turn_is_seen_by_others_as_soon_as_it_is_added(sessions: Sessions) -> None:
    with Sessions.open(sessions.path) as other:
        session = sessions.start("bot")
        sessions.add(session.id, HELLO)
        assert other.turns(session.id) == [HELLO]
        other.add(session.id, HI)
        assert sessions.turns(session.id) == [HELLO, HI]


@settings(deadline=None, max_examples=60)
@given(turns=TURNS)
def test_what_was_said_is_kept_unchanged(memory: Path, turns: list[Turn]) -> None:
    with Sessions.open(memory / "said.db") as sessions:
        id = sessions.start("bot").id
        for turn in turns:
            sessions.add(id, turn)
        # two halves of a surrogate pair are one character; a half is none
        joined = [t.text.encode("utf-16", "surrogatepass") for t in turns]
        expected = [each.decode("utf-16", "replace") for each in joined]
        assert texts(sessions, id) == expected
        assert [turn.role for turn in sessions.turns(id)] == [turn.role for turn in turns]


def test_half_a_character_is_replaced_wherever_it_stands(sessions: Sessions) -> None:
    session = sessions.start("b\ud800", "p\udfff")
    assert (session.bot, session.persona) == ("b\ufffd", "p\ufffd")
    sessions.add(session.id, Turn(Role.USER, "a\ud800\ud83d\ude00"), {"k": "\udc80"})
    sessions.remember(session.id, "na\ud800me", "\ud800")
    assert sessions.detailed(session.id)[0][:2] == (Turn(Role.USER, "a\ufffd😀"), {"k": "\ufffd"})
    assert sessions.facts(session.id) == {"na\ufffdme": "\ufffd"}
    assert sessions.listed("b\ud800") == sessions.listed("b\ufffd") != []
    with pytest.raises(UsageError, match="no conversation"):
        sessions.find("\ud800")


def test_only_role_and_text_of_a_turn_are_kept(sessions: Sessions) -> None:
    id = sessions.start("bot").id
    sessions.add(id, Turn(Role.BOT, "hi", Origin("file", 3), learn=False))
    assert sessions.turns(id) == [Turn(Role.BOT, "hi")]


@pytest.mark.parametrize("detail", [{"a": object()}, {"a": float("nan")}, {"a": b"x"}, {(): 1}])
def test_a_detail_that_is_not_json(sessions: Sessions, detail: dict) -> None:
    id = begun(sessions, "hello").id
    with pytest.raises(UsageError, match="must be JSON"):
        sessions.add(id, HI, detail)
    assert texts(sessions, id) == ["hello"]


def test_the_first_question_is_the_title(sessions: Sessions) -> None:
    session = sessions.start("bot")
    assert session.title == ""
    sessions.add(session.id, Turn(Role.SYSTEM, "be kind"))
    assert sessions.find(session.id).title == ""
    sessions.add(session.id, Turn(Role.USER, "what\n time  " + "is it " * 30))
    sessions.add(session.id, Turn(Role.USER, "another"))
    title = sessions.find(session.id).title
    assert title.startswith("what time is it is it")
    assert title.endswith("…")
    assert len(title) <= 60
    sessions.undo(session.id, 2)
    assert sessions.find(session.id).title == ""


def test_ids_are_short_and_never_the_same(sessions: Sessions, monkeypatch) -> None:
    ids = [sessions.start("bot").id for _ in range(20)]
    assert len(set(ids)) == 20
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d-[2-9a-z]{4}", id) for id in ids)
    monkeypatch.setattr(rows.secrets, "choice", lambda _: "x")
    same = [sessions.start("bot").id[11:] for _ in range(3)]
    assert same == ["xxxx", "xxxxx", "xxxxxx"]


def test_the_list_begins_with_what_changed_last(sessions: Sessions) -> None:
    one, two, three = (sessions.start(bot).id for bot in ("a", "b", "a"))
    assert [each.id for each in sessions.listed()] == [three, two, one]
    sessions.add(one, HELLO)
    assert [each.id for each in sessions.listed()] == [one, three, two]
    sessions.remember(two, "name", "Ann")
    assert [each.id for each in sessions.listed()] == [two, one, three]
    assert [each.id for each in sessions.listed("a")] == [one, three]
    assert sessions.listed("c") == []


def test_find(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no conversation 'k3'; list"):
        sessions.find("k3")
    monkeypatch.setattr(rows.time, "strftime", lambda _: "2026-11-22-")
    endings = iter(["k3f9", "k3fa", "zz22"])
    letters = (letter for ending in endings for letter in ending)
    monkeypatch.setattr(rows.secrets, "choice", lambda _: next(letters))
    one, two, three = (sessions.start("bot").id for _ in range(3))
    assert sessions.find(one).id == one
    assert sessions.find("zz").id == sessions.find(f" {three[:-2].upper()} ").id == three
    with pytest.raises(UsageError, match=rf"'k3f' fits 2 conversations \({two}, {one}\)"):
        sessions.find("k3f")
    with pytest.raises(UsageError, match="fits 3 "):
        sessions.find("2026-11-22")
    with pytest.raises(UsageError, match=f"is {two} or {one} meant"):
        sessions.find("2026-11-22-k3f8")
    with pytest.raises(UsageError, match="is zz22 meant"):
        sessions.find("zz23")
    for nothing in ("", " ", "%", "_", "day"):
        with pytest.raises(UsageError, match="no conversation"):
            sessions.find(nothing)


def test_an_id_that_begins_another_is_itself(sessions: Sessions, monkeypatch) -> None:
    monkeypatch.setattr(rows.time, "strftime", lambda _: "2026-11-22-")
    monkeypatch.setattr(rows.secrets, "choice", lambda _: "x")
    short, long = sessions.start("bot").id, sessions.start("bot").id
    assert long.startswith(short)
    assert sessions.find(short).id == short
    assert sessions.find(long).id == long


def test_a_name(sessions: Sessions) -> None:
    one, two = begun(sessions, "hello"), begun(sessions, "hi")
    assert one.name == ""
    named = sessions.update(one.id, name="  Tea  and 차 ")
    assert (named.name, named.title, named.persona) == ("Tea and 차", "hello", "")
    assert sessions.find(one.id) == named
    for spelt in ("Tea and 차", "tea AND 차", " ｔea and 차 "):
        assert sessions.find(spelt).id == one.id
    with pytest.raises(UsageError, match=f"{one.id} is named 'Tea and 차'; choose another"):
        sessions.update(two.id, name="TEA and 차")
    assert sessions.update(one.id, name="tea and 차").name == "tea and 차"
    assert sessions.update(one.id, persona="kind").name == "tea and 차"
    assert sessions.branch(one.id).name == ""
    with pytest.raises(UsageError, match="no conversation 'tea an 차'; is 'tea and 차' meant"):
        sessions.find("Tea an 차")
    assert sessions.update(one.id, name="").name == ""
    assert sessions.update(two.id, name="TEA and 차").name == "TEA and 차"
    for each in (one, two):  # any number may have none
        sessions.update(each.id, name=" ")
    with pytest.raises(UsageError, match="no conversation"):
        sessions.find("")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a\nb", "one line"),
        ("a\u2028b", "one line"),
        ("a\x1b[2K", "one line"),
        ("\u202eabc", "one line"),
        ("x" * 61, "60 characters at most, not 61"),
        ("2026-11-22-k3f9", "like the id"),
        (" 2027-01-01-ZZ ", "like the id"),
    ],
)
def test_what_is_no_name(sessions: Sessions, name: str, reason: str) -> None:
    id = begun(sessions, "hello").id
    sessions.update(id, name="mine")
    with pytest.raises(UsageError, match=reason):
        sessions.update(id, name=name, persona="other")
    assert (sessions.find("mine").persona, sessions.find(id).name) == ("", "mine")


def test_a_name_comes_before_the_beginning_of_an_id_and_after_an_id(sessions: Sessions) -> None:
    one, two = (sessions.start("bot").id for _ in range(2))
    sessions.update(one, name=two[:7])
    assert sessions.find(two[:7]).id == one
    assert sessions.find(two).id == sessions.find(two[11:]).id == two
    with pytest.raises(UsageError, match=f"is the end of the id {two}; choose another"):
        sessions.update(one, name=two[11:].upper())
    assert len(sessions.update(one, name="x" * 60).name) == 60
    sessions.update(one, name="2026-11-22 at the shop")


def test_nothing_of_an_old_name_or_persona_is_in_the_file(sessions: Sessions) -> None:
    session = sessions.start("bot", "quaggaphone")
    sessions.update(session.id, name="zebraphone")
    changed = sessions.update(session.id, name="", persona="other")
    assert (changed.name, changed.persona) == ("", "other")
    data = sessions.path.read_bytes()
    assert b"quaggaphone" not in data
    assert b"zebraphone" not in data
    assert sessions.update(session.id) == changed


def test_a_conversation_begins_with_what_was_said(sessions: Sessions) -> None:
    said = [
        Said(HELLO, {}, {"name": "Ann"}),
        Said(HI, {"seed": 3}, {}),
        Said(HELLO, {}, {"a": "b"}),
    ]
    made = sessions.start("bot", "kind", said=said)
    assert made.turns == 3
    assert [(each.turn, each.detail) for each in sessions.detailed(made.id)] == [
        (each.turn, each.detail) for each in said
    ]
    assert sessions.facts(made.id) == {"name": "Ann", "a": "b"}
    sessions.undo(made.id, 1)
    assert sessions.facts(made.id) == {"name": "Ann"}
    with pytest.raises(UsageError, match="must be JSON"):
        sessions.start("bot", said=[*said, Said(HI, {"a": b""}, {})])
    assert len(sessions.listed()) == 1


def test_an_unknown_id_is_refused_everywhere(sessions: Sessions) -> None:
    known = begun(sessions, "hello")
    for call in (
        lambda id: sessions.start("bot", parent=id),
        lambda id: sessions.add(id, HELLO),
        lambda id: sessions.replace(id, HELLO),
        lambda id: sessions.undo(id, 1),
        lambda id: sessions.turns(id),
        lambda id: sessions.detailed(id),
        lambda id: sessions.branch(id),
        lambda id: sessions.delete([known.id, id]),
        lambda id: sessions.facts(id),
        lambda id: sessions.remember(id, "a", "b"),
        lambda id: sessions.export(id, "text"),
        lambda id: sessions.update(id, name="x"),
    ):
        for id in ("", "2026", known.id[:-1], known.id + "x"):
            with pytest.raises(UsageError, match="there is no conversation"):
                call(id)
    assert texts(sessions, known.id) == ["hello"]
    assert len(sessions.listed()) == 1


def test_undo(sessions: Sessions) -> None:
    id = begun(sessions, "one", "1", "two", "2").id
    assert [turn.text for turn in sessions.undo(id, 2)] == ["two", "2"]
    assert sessions.undo(id, 0) == []
    assert texts(sessions, id) == ["one", "1"]
    assert sessions.add(id, HELLO) == 3
    for count in (-1, 4):
        with pytest.raises(UsageError, match=f"has 3 turns to take back, not {count}"):
            sessions.undo(id, count)
    assert len(sessions.undo(id, 3)) == 3
    assert sessions.turns(id) == []
    assert sessions.find(id).turns == 0


def test_the_last_turn_is_replaced_and_nothing_else(sessions: Sessions) -> None:
    id = begun(sessions, "one", "a secret").id
    sessions.remember(id, "name", "Ann")
    sessions.replace(id, Turn(Role.BOT, "2"), {"source": "taught"})
    assert texts(sessions, id) == ["one", "2"]
    assert sessions.detailed(id)[-1].detail == {"source": "taught"}
    assert sessions.facts(id) == {"name": "Ann"}
    assert b"a secret" not in sessions.path.read_bytes()
    with pytest.raises(UsageError, match="must be JSON"):
        sessions.replace(id, HELLO, {"x": b""})
    sessions.undo(id, 2)
    sessions.replace(id, HELLO)
    assert sessions.turns(id) == []


def test_facts_go_with_their_turns(sessions: Sessions) -> None:
    id = sessions.start("bot").id
    sessions.remember(id, "shop", "north")
    sessions.add(id, HELLO)
    sessions.remember(id, "name", "An")
    sessions.remember(id, "name", "Ann")
    sessions.add(id, HI)
    sessions.add(id, HELLO)
    sessions.remember(id, "name", "Bob")
    assert sessions.facts(id) == {"shop": "north", "name": "Bob"}
    assert sessions.facts(sessions.branch(id, 2).id) == {"shop": "north", "name": "Ann"}
    assert sessions.facts(sessions.branch(id).id) == {"shop": "north", "name": "Bob"}
    sessions.undo(id, 1)
    assert sessions.facts(id) == {"shop": "north", "name": "Ann"}
    sessions.undo(id, 2)
    assert sessions.facts(id) == {"shop": "north"}
    assert sessions.facts(sessions.start("bot").id) == {}


def test_branch(sessions: Sessions) -> None:
    parent = begun(sessions, "one", "1", "two", "2")
    copy = sessions.branch(parent.id, 2)
    assert (copy.parent, copy.bot, copy.turns, copy.title) == (parent.id, "bot", 2, "one")
    assert sessions.detailed(copy.id) == sessions.detailed(parent.id)[:2]
    sessions.add(copy.id, HELLO)
    sessions.add(parent.id, HI)
    assert texts(sessions, copy.id) == ["one", "1", "hello"]
    assert texts(sessions, parent.id) == ["one", "1", "two", "2", "hi there"]
    assert sessions.branch(parent.id).turns == 5
    assert sessions.branch(parent.id, 0).turns == 0
    for upto in (-1, 6):
        with pytest.raises(UsageError, match=f"has 5 turns to branch after, not {upto}"):
            sessions.branch(parent.id, upto)
    sessions.delete([parent.id])
    assert sessions.find(copy.id).parent is None
    assert texts(sessions, copy.id) == ["one", "1", "hello"]
    assert sessions.start("bot", parent=copy.id).parent == copy.id


OPERATION = st.sampled_from(["add", "add", "add", "undo", "branch", "delete", "start", "reopen"])


@settings(deadline=None, max_examples=25)
@given(steps=st.lists(st.tuples(OPERATION, st.integers(0, 99), st.integers(0, 99)), max_size=30))
def test_any_order_of_calls_does_what_lists_would_do(memory: Path, steps) -> None:
    path = memory / "calls.db"
    path.unlink(missing_ok=True)
    sessions, model = Sessions.open(path), {}
    for word, (step, one, other) in enumerate(steps):
        if step == "reopen":
            sessions.close()
            sessions = Sessions.open(path)
        if step == "start" or not model:
            model[sessions.start("bot").id] = []
        id = list(model)[one % len(model)]
        place = other % (len(model[id]) + 1)
        if step == "add":
            model[id].append(str(word))
            assert sessions.add(id, Turn(Role.USER, str(word))) == len(model[id])
        elif step == "undo":
            gone = [model[id].pop() for _ in range(place)][::-1]
            assert [turn.text for turn in sessions.undo(id, place)] == gone
        elif step == "branch":
            model[sessions.branch(id, place).id] = model[id][:place]
        elif step == "delete":
            assert sessions.delete([id]) == 1
            del model[id]
    assert {each.id: texts(sessions, each.id) for each in sessions.listed()} == model
    assert all(each.turns == len(model[each.id]) for each in sessions.listed())
    sessions.close()


def test_delete_takes_all_or_none(sessions: Sessions) -> None:
    ids = [begun(sessions, "hello", "hi").id for _ in range(4)]
    assert sessions.delete([]) == 0
    with pytest.raises(UsageError, match="must be a list"):
        sessions.delete(ids[0])
    with pytest.raises(UsageError, match="no conversation"):
        sessions.delete([*ids, "2026-01-01-zzzz"])
    assert len(sessions.listed()) == 4
    assert sessions.delete([ids[0], ids[2], ids[0]]) == 2
    assert [each.id for each in sessions.listed()] == [ids[3], ids[1]]
    assert texts(sessions, ids[1]) == ["hello", "hi"]


def test_nothing_of_what_was_deleted_is_in_the_file(tmp_path: Path) -> None:
    with Sessions.open(tmp_path / "sessions.db") as sessions:
        kept = begun(sessions, "KEPT one", "KEPT two").id
        gone = sessions.start("GONEbot", "GONEpersona").id
        long = "".join(f"GONE{number:05}" for number in range(2000))
        sessions.add(gone, Turn(Role.USER, f"GONE {long}"), {"GONEkey": "GONEdetail"})
        sessions.remember(gone, "GONEfact", "GONEvalue")
        copy = sessions.branch(gone).id
        sessions.add(kept, Turn(Role.USER, "GONE with undo"), {"GONE": 1})
        sessions.remember(kept, "GONEwith", "GONEundo")
        assert everything(tmp_path).count(b"GONE") > 4000
        sessions.undo(kept, 1)
        assert b"GONE with undo" not in everything(tmp_path)
        assert b"GONEwith" not in everything(tmp_path)
        sessions.delete([gone, copy])
        assert b"GONE" not in everything(tmp_path)
        assert gone.encode() not in everything(tmp_path)
        assert everything(tmp_path).count(b"KEPT") == 2
        assert texts(sessions, kept) == ["KEPT one", "KEPT two"]
    assert os.listdir(tmp_path) == ["sessions.db"]


def test_no_copy_stays_behind_when_pages_are_balanced(memory: Path) -> None:
    """Overwriting rows as they are deleted leaves a few texts in the gaps between the others."""
    dice, live, dead = random.Random(1), {}, []
    store = Store(memory / "balanced.db", private=False)
    sessions = Sessions(store)
    ids = [sessions.start("bot").id for _ in range(60)]
    with store.writing() as connection:
        for word in range(20_000):
            number = rows.number_of(connection, dice.choice(ids))
            said = live.setdefault(number, [])
            if dice.random() < 0.6:
                said.append(f"WORD{word:05}".encode())
                text = said[-1].decode() + "x" * dice.randrange(200)
                rows.append(connection, number, Turn(Role.USER, text), "{}")
            else:
                kept = max(0, len(said) - dice.choice((1, 2, 99)))
                rows.cut(connection, number, kept)
                dead += said[kept:]
                del said[kept:]
    sessions.delete([sessions.start("bot").id])
    data = store.path.read_bytes()
    assert not [word for word in dead if word in data]
    assert all(word in data for said in live.values() for word in said)
    sessions.close()


def at_once(program: str, *arguments: object) -> None:
    """Runs a program 4 times at the same time; each has its number as the last argument."""
    program = (
        "import sys\nfrom dialog_s2s.dialogue.sessions import Sessions\n"
        "from dialog_s2s.text.turns import Role, Turn\n"
        "print(flush=True)\nsys.stdin.readline()\n" + program
    )
    words = [sys.executable, "-c", program, *map(str, arguments)]
    running = [
        subprocess.Popen([*words, str(number)], stdin=-1, stdout=-1, text=True)
        for number in range(4)
    ]
    for each in running:
        assert each.stdout is not None
        each.stdout.readline()
    for each in running:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    for each in running:
        each.communicate()
        assert each.returncode == 0


def test_4_processes_of_250_turns_make_1000_rows(memory: Path) -> None:
    program = """
with Sessions.open(sys.argv[1]) as sessions:
    shared = sys.argv[2]
    own = sessions.start(sys.argv[3])
    for number in range(125):
        sessions.add(shared, Turn(Role.USER, f"{sys.argv[3]} {number}"))
        sessions.add(own.id, Turn(Role.USER, f"{sys.argv[3]} {number}"))
"""
    with Sessions.open(memory / "many.db") as sessions:
        shared = sessions.start("shared").id
        at_once(program, sessions.path, shared)
        assert sum(each.turns for each in sessions.listed()) == 1000
        said = texts(sessions, shared)
        for number in range(4):
            expected = [f"{number} {place}" for place in range(125)]
            (own,) = sessions.listed(str(number))
            assert texts(sessions, own.id) == expected
            assert [text for text in said if text.startswith(f"{number} ")] == expected


def test_4_processes_make_the_file_at_once(memory: Path) -> None:
    for turn in range(5):
        path = memory / f"new{turn}" / "sessions.db"
        at_once("Sessions.open(sys.argv[1]).start('bot')", path)
        with Sessions.open(path) as sessions:
            assert len(sessions.listed()) == 4


def test_deleting_while_others_write(memory: Path) -> None:
    program = """
with Sessions.open(sys.argv[1]) as sessions:
    own = sessions.start(sys.argv[2])
    for number in range(20):
        copy = sessions.branch(own.id)
        sessions.add(own.id, Turn(Role.USER, str(number)))
        sessions.add(copy.id, Turn(Role.BOT, "gone"))
        sessions.undo(copy.id, 1)
        sessions.delete([copy.id])
"""
    with Sessions.open(memory / "deleting.db") as sessions:
        at_once(program, sessions.path)
        assert sorted((each.bot, each.turns) for each in sessions.listed()) == [
            (str(number), 20) for number in range(4)
        ]
        assert b"gone" not in sessions.path.read_bytes()


def test_threads_share_one_object(memory: Path) -> None:
    with Sessions.open(memory / "threads.db") as sessions, ThreadPoolExecutor(8) as pool:
        id = sessions.start("bot").id
        places = list(pool.map(lambda n: sessions.add(id, Turn(Role.USER, str(n))), range(100)))
        assert sorted(places) == list(range(1, 101))
        assert [int(texts(sessions, id)[place - 1]) for place in places] == list(range(100))


def test_export_knows_all_of_a_conversation(sessions: Sessions) -> None:
    parent = begun(sessions, "hello", "hi")
    session = sessions.branch(parent.id)
    sessions.remember(session.id, "name", "Ann")
    tree = json.loads(sessions.export(session.id, "json"))
    assert (tree["id"], tree["parent"], tree["name"]) == (session.id, parent.id, "")
    assert tree["facts"] == {"name": {"value": "Ann", "turn": 0, "words": ""}}
    assert [turn["text"] for turn in tree["turns"]] == ["hello", "hi"]
    with pytest.raises(UsageError, match="unknown format 'html'; it must be one of text, markdown"):
        sessions.export(session.id, "html")


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/dialog_s2s/sessions.db"),
        ("linux", {"XDG_DATA_HOME": ""}, "/me/.local/share/dialog_s2s/sessions.db"),
        ("linux", {"XDG_DATA_HOME": "data"}, "/me/.local/share/dialog_s2s/sessions.db"),
        ("linux", {"APPDATA": "/app"}, "/me/.local/share/dialog_s2s/sessions.db"),
        ("win32", {"APPDATA": "/app", "XDG_DATA_HOME": "/data"}, "/app/dialog_s2s/sessions.db"),
        ("win32", {}, "/me/AppData/Roaming/dialog_s2s/sessions.db"),
    ],
)
def test_the_default_path(monkeypatch, platform: str, variables: dict, expected: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: Path("/me"))
    for name in ("XDG_DATA_HOME", "APPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert default_path() == Path(expected)


def test_no_home_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(Path, "home", home)
    with pytest.raises(UsageError, match="set XDG_DATA_HOME"):
        Sessions.open()
