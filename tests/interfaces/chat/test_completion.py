"""Completion at the prompt: what is offered where, and the keys that take it."""

from __future__ import annotations

import io
import os
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from chat_fakes import FakeLoading, drawn, drive, line, menu, offered
from prompt_toolkit.completion import CompleteEvent, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import to_plain_text
from shell import BACKSPACE, CTRL_C, CTRL_J, DOWN, ENTER, F1, TAB

from dialog_s2s.config import METHODS, GenerationConfig
from dialog_s2s.dialogue.languages import TEXTS
from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.dialogue.transcript import FORMATS
from dialog_s2s.errors import DiskError
from dialog_s2s.interfaces.chat.commands import ALIASES, COMMANDS, completer
from dialog_s2s.interfaces.chat.completion import Choice, CommandCompleter
from dialog_s2s.interfaces.chat.display import Display
from dialog_s2s.interfaces.chat.preferences import ChatPreferences, Preferences
from dialog_s2s.interfaces.chat.talk import Talk
from dialog_s2s.interfaces.chat.terminal import TerminalChat
from dialog_s2s.interfaces.sanitize import clean
from dialog_s2s.text.turns import Role, Turn

BACK_TAB = "\x1b[Z"
EVIL = "\x1b]0;owned\x07\u202e"
SETTINGS = [f"{each.name}=" for each in fields(GenerationConfig)]
VI = Preferences(ChatPreferences(vi=True))


def completions(begun: str, sessions: Sessions | None = None) -> list[Completion]:
    talk = Talk(FakeLoading(), {}, sessions)  # type: ignore[arg-type]
    return [*completer(talk).get_completions(Document(begun), CompleteEvent())]


def found(begun: str, sessions: Sessions | None = None) -> list[str]:
    """What may stand in the place of the last word."""
    return [each.text for each in completions(begun, sessions)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with files in it."""
    place = tmp_path / "work"
    place.mkdir()
    monkeypatch.chdir(place)
    (place / "shop.suite.yaml").write_text("")
    (place / "shopping.txt").write_text("")
    (place / "bots").mkdir()
    (place / "bots" / "starter").mkdir()
    return place


# Commands


def test_all_commands_are_offered_with_what_they_mean() -> None:
    given = completions("/")
    assert [each.text for each in given] == [*COMMANDS]
    meanings = [to_plain_text(each.display_meta) for each in given]
    assert meanings == [command.meaning for command in COMMANDS.values()]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_found_by_its_beginning(name: str) -> None:
    assert found(name)[0] == name
    assert name in found(name[:2])
    assert name in found(name[:-1])


@pytest.mark.parametrize("name", ALIASES)
def test_other_names_are_not_offered(name: str) -> None:
    assert name not in found(name)
    assert name not in found("/")


@pytest.mark.parametrize(
    ("begun", "offers"),
    [
        ("/te", ["/teach", "/test", "/candidates", "/delete"]),
        ("/ses", ["/sessions"]),
        ("/story", ["/history"]),
        ("/zebra", []),
        ("/TE", []),
        ("/t", ["/teach", "/taught", "/test"]),
    ],
)
def test_those_that_hold_what_was_typed_come_last(begun: str, offers: list[str]) -> None:
    assert found(begun) == offers


@pytest.mark.parametrize(
    "begun",
    ["", "hello", "te", " /te", "//te", "//", "a /te", "/te\n", "/set\nte", "한글", "?", "\\te"],
)
def test_nothing_is_offered_for_what_is_no_command(begun: str, kept: Sessions) -> None:
    kept.start("bot")
    assert found(begun, kept) == []


# What follows them


@pytest.mark.parametrize("name", ["/set", "/retry", "/compare"])
def test_settings(name: str, folder: Path) -> None:
    assert [text for text in found(f"{name} ") if text.endswith("=")] == SETTINGS
    assert found(f"{name} temp") == ["temperature="]
    assert found(f"{name} temperature=1 top_") == ["top_k=", "top_p="]
    assert found(f"{name} meth") == ["method="]
    assert found(f"{name} method=") == [f"method={each}" for each in METHODS] + ["method="]
    assert found(f"{name} method=b") == ["method=beam"]
    assert found(f"{name} zebra") == []


@pytest.mark.parametrize(
    ("begun", "offers"),
    [
        ("/show ", ["model", "settings", "stats", "memory"]),
        ("/show s", ["settings", "stats"]),
        ("/show model ", []),
        ("/export ", [*FORMATS]),
        ("/export mark", ["markdown"]),
        ("/lang ", ["auto", *TEXTS]),
        ("/lang k", [code for code in TEXTS if code.startswith("k")]),
        ("/lang ko ", []),
        ("/seed ", ["new"]),
        ("/persona ", ["off"]),
        ("/persona I ", []),
        ("/expect ", ["all"]),
        ("/help ", [name[1:] for name in COMMANDS]),
        ("/help tea", ["teach"]),
        ("/help teach ", []),
        ("/teach ", []),
        ("/undo ", []),
        ("/exit ", []),
        ("/nosuch ", []),
        ("/resume ", []),
    ],
)
def test_words_of_each_command(
    begun: str, offers: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert found(begun) == offers


@pytest.mark.parametrize("name", ["/load", "/delete"])
def test_conversations_by_name_and_by_id(name: str, kept: Sessions) -> None:
    first, second = kept.start("bot"), kept.start("bot")
    kept.update(first.id, name="my trip")
    kept.add(second.id, Turn(Role.USER, "do you sell tea"))
    given = {each.text: to_plain_text(each.display_meta) for each in completions(f"{name} ", kept)}
    assert set(given) == {"my trip", first.id, second.id}
    assert given[second.id] == "do you sell tea"
    assert found(f"{name} my", kept) == ["my trip"]
    assert found(f"{name} {second.id[:-1]}", kept) == [
        each for each in (second.id, first.id) if each.startswith(second.id[:-1])
    ]
    assert second.id in found(f"{name} {second.id[-4:]}", kept)
    assert found(f"{name} {second.id} ", kept) == []


@pytest.mark.parametrize("name", ["/load", "/delete"])
def test_without_conversations_none_are_offered(name: str, kept: Sessions) -> None:
    assert found(f"{name} ", kept) == []
    assert found(f"{name} ") == []


def test_a_list_that_cannot_be_had_offers_nothing(
    kept: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Sessions) -> None:
        raise DiskError("another process held it for too long")

    monkeypatch.setattr(Sessions, "listed", fails)
    assert found("/load ", kept) == []
    assert drive("/load ", TAB, CTRL_C, "a" + ENTER, sessions=kept).asked == ["a"]


@pytest.mark.parametrize("name", ["/model", "/compare", "/export", "/test", "/expect"])
def test_files(name: str, folder: Path) -> None:
    assert {"shop.suite.yaml", "shopping.txt"} <= set(found(f"{name} "))
    assert found(f"{name} shopp")[-1:] == ["ing.txt"]
    assert found(f"{name} bots{os.sep}")[-1:] == ["starter"]
    assert found(f"{name} x shopp")[-1:] == ["ing.txt"]
    assert "ing.txt" in found(f"{name} {folder}{os.sep}shopp")
    assert found(f"{name} nosuch{os.sep}") == []


def test_files_of_the_home_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    assert found("/test ~/shop.") == ["suite.yaml"]
    assert found("/test ~nobody-of-that-name/") == []


@pytest.mark.parametrize("name", ["/set", "/show", "/load", "/teach", "/help"])
def test_files_are_not_for_other_commands(name: str, folder: Path, kept: Sessions) -> None:
    assert found(f"{name} shop", kept) == []


# What must not be shown


def test_hostile_titles_of_conversations_are_cleaned(kept: Sessions) -> None:
    id = kept.start("bot").id
    kept.add(id, Turn(Role.USER, f"tea{EVIL}?"))
    for each in completions("/load ", kept):
        for text in (each.text, to_plain_text(each.display), to_plain_text(each.display_meta)):
            assert clean(text) == text
    seen: list[str] = []
    drive("/load ", offered, lambda app: seen.append(drawn(app)), sessions=kept, columns=70)
    assert "tea]0;owned?" in seen[0]
    assert clean(seen[0].replace("\n", "")) == seen[0].replace("\n", "")


@pytest.mark.parametrize("name", [f"trip{EVIL}", "trip\nlines", "trip\x9b2J", "trip\ud800"])
def test_hostile_names_of_conversations_are_not_offered(
    name: str, kept: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = kept.start("bot"), kept.start("bot")
    listed = [replace(good, name="trip"), replace(bad, name=name)]
    monkeypatch.setattr(Sessions, "listed", lambda _: listed)
    assert found("/load trip", kept) == ["trip"]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="no such names")
@pytest.mark.parametrize(
    "name",
    [
        b"shop\x1b[31m",
        b"shop\nlines",
        b"shop\ttab",
        b"shop\xff",
        b"shop\xc2\x9b2J",
        "shop\u202e".encode(),
        b"shop\x07",
        b"shop\x7f",
    ],
)
def test_hostile_names_of_files_are_not_offered(name: bytes, folder: Path) -> None:
    (folder / os.fsdecode(name)).write_text("")
    assert sorted(found("/test shop")) == [".suite.yaml", "ping.txt"]
    assert os.fsdecode(name) not in found("/test ")


def test_a_hostile_choice_is_not_offered_and_its_meaning_is_cleaned() -> None:
    choices = [Choice(f"/a{EVIL}"), Choice("/ab", f"means{EVIL}\nthis")]
    made = CommandCompleter(lambda: choices, {})
    (each,) = made.get_completions(Document("/a"), CompleteEvent())
    assert (each.text, to_plain_text(each.display_meta)) == ("/ab", "means]0;owned this")


# Keys


@pytest.mark.parametrize(
    ("keys", "left"),
    [
        ("/teac", "/teach|"),
        ("/te", "/teach|"),
        ("/ses", "/sessions|"),
        ("/help tea", "/help teach|"),
        ("/set temp", "/set temperature=|"),
        ("/set seed=1 temp", "/set seed=1 temperature=|"),
        ("/show mo", "/show model|"),
        ("/lang aut", "/lang auto|"),
        ("/export cor", "/export corpus|"),
    ],
)
def test_tab_inserts(keys: str, left: str) -> None:
    assert line(keys, offered, TAB, preferences=Preferences()) == left
    assert line(keys, offered, TAB, preferences=VI) == left


@pytest.mark.parametrize("keys", ["hello", "//te", "te", "", "a" + CTRL_J + "/te"])
def test_tab_changes_nothing_in_a_question(keys: str) -> None:
    steps = (keys or BACKSPACE, TAB, TAB)
    assert line(*steps) == keys.replace(CTRL_J, "\n") + "|"


@pytest.mark.parametrize(
    ("keys", "left"),
    [
        ([TAB, TAB], "/test|"),
        ([TAB, TAB, TAB], "/candidates|"),
        ([TAB, TAB, BACK_TAB], "/teach|"),
        ([DOWN], "/teach|"),
        ([DOWN, DOWN], "/test|"),
        ([BACK_TAB], "/delete|"),
        ([TAB] * 5, "/te|"),
        ([TAB] * 6, "/teach|"),
        ([TAB, " Yes"], "/teach Yes|"),
        ([TAB, BACKSPACE], "/teac|"),
        ([TAB, ENTER], "/teach|"),
        ([TAB, ENTER, " Yes"], "/teach Yes|"),
    ],
)
def test_keys_of_the_menu(keys: list[str], left: str) -> None:
    assert line("/te", offered, *keys) == left


def test_enter_with_a_choice_does_not_send_and_the_next_does() -> None:
    assert "Settings as" not in drive("/se", offered, TAB, ENTER).shown
    assert "Unknown" not in drive("/se", offered, TAB, ENTER).shown
    assert "A new seed" in drive("/see", offered, TAB, ENTER, ENTER).shown


def test_enter_with_an_open_menu_sends_what_was_typed() -> None:
    assert "Settings as" in drive("/set", offered, ENTER).shown
    assert "Unknown command /se;" in drive("/se", offered, ENTER).shown


def test_the_menu_opens_as_a_command_is_typed_and_not_for_a_question() -> None:
    seen: list[list[str] | None] = []

    def look(app: Any) -> None:
        seen.append(menu(app))

    drive("/tea", offered, look, CTRL_C, "tea", TAB, look, CTRL_C, "//tea", TAB, look)
    assert seen[0] == ["/teach"]
    assert not seen[1]
    assert not seen[2]


def test_the_menu_goes_on_after_the_help() -> None:
    assert line("/ses", F1, TAB) == "/sessions|"


def test_conversations_are_taken_by_tab(kept: Sessions) -> None:
    kept.update(kept.start("bot").id, name="trip")
    assert line("/load tr", offered, TAB, sessions=kept) == "/load trip|"


def test_files_are_taken_by_tab(folder: Path) -> None:
    assert line("/test shopp", offered, TAB) == "/test shopping.txt|"


# Mistyped


def mistyped(name: str) -> list[str]:
    """Near misses of a command: a letter twice, a letter too many, the last two the wrong way."""
    return [name + name[-1], f"/x{name[1:]}", name[:-2] + name[-1] + name[-2]]


def answered(lines: list[str]) -> tuple[list[str], list[str]]:
    """What is told after these lines, and what the bot was asked."""
    loading, out = FakeLoading(), io.StringIO()
    talk = Talk(loading, {}, display=Display(out, columns=200))  # type: ignore[arg-type]
    chat = TerminalChat(talk, None)  # type: ignore[arg-type]
    for each in lines:
        chat.answer(each)
    return out.getvalue().splitlines(), [question for question, _ in loading.bot.asked]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_mistyped_command_is_answered_with_a_near_one_and_not_sent(name: str) -> None:
    wrong = [each for each in mistyped(name) if each not in COMMANDS]
    told, asked = answered([f"{each} tea" for each in wrong])
    assert asked == []
    for each, text in zip(wrong, told, strict=True):
        assert text.startswith(f"Unknown command {each}; did you mean /")
        assert text.split("did you mean ")[1].split("?")[0] in COMMANDS
    assert f"did you mean {name}?" in told[0]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_in_capitals_is_answered_with_itself(name: str) -> None:
    told, asked = answered([name.upper()])
    assert told[0].startswith(f"Unknown command {name.upper()}; did you mean {name}?")
    assert asked == []


@pytest.mark.parametrize(
    "keys", ["/hlep" + ENTER, "/techa tea" + ENTER, "/" + ENTER, " /x" + ENTER]
)
def test_a_mistyped_command_is_not_run_by_enter(keys: str) -> None:
    driven = drive(keys, "hello" + ENTER)
    assert driven.shown.count("Unknown command /") == 1
    assert driven.asked == ["hello"]
