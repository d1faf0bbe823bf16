"""The menu of settings: its keys, what it changes, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from chat_fakes import FakeLoading, drawn, drive, line
from shell import BACKSPACE, CTRL_C, CTRL_D, CTRL_J, DELETE, DOWN, ENTER, ESCAPE, F2, LEFT, RIGHT
from shell import UP as ARROW_UP
from wcwidth import width

from dialog_s2s.config import METHODS, GenerationConfig, with_settings
from dialog_s2s.errors import BundleError, ConfigError, DiskError, Stopped
from dialog_s2s.interfaces.chat import commands_settings
from dialog_s2s.interfaces.chat.menu import CHAT, GENERATION, Item, items
from dialog_s2s.interfaces.chat.preferences import (
    ChatPreferences,
    Preferences,
    default_path,
    read_preferences,
    write_preferences,
)

NAMES = [item.name for item in items(GenerationConfig(), GenerationConfig(), ChatPreferences())]
GREETING = "Chatting with tiny."


def to(name: str) -> str:
    """The keys to a setting."""
    return DOWN * NAMES.index(name)


def item(name: str, value: Any = ..., **bot: Any) -> Item:
    """A setting with this value, or with the bot's."""
    now = {} if value is ... or name not in _GENERATION else {name: value}
    own = with_settings(GenerationConfig(), bot)
    chat = ChatPreferences() if value is ... or now else ChatPreferences(**{name: value})
    listed = items(own, with_settings(own, now), chat)
    return next(each for each in listed if each.name == name)


_GENERATION = {each.name for each in fields(GenerationConfig)}


# One setting


@pytest.mark.parametrize(
    ("name", "value", "after", "before"),
    [
        ("method", "greedy", METHODS[1], METHODS[-1]),
        ("method", METHODS[-1], "greedy", METHODS[-2]),
        ("temperature", 0.7, 0.8, 0.6),
        ("temperature", 0.1, 0.2, 0.01),
        ("temperature", 0.01, 0.11, 0.01),
        ("temperature", 9.95, 10.0, 9.85),
        ("temperature", 10.0, 10.0, 9.9),
        ("top_p", 0.9, 0.95, 0.85),
        ("top_p", 1.0, 1.0, 0.95),
        ("top_p", 0.05, 0.1, 0.01),
        ("top_k", 0, 5, 0),
        ("top_k", 7, 12, 2),
        ("top_k", 3, 8, 0),
        ("min_p", 0.0, 0.01, 0.0),
        ("min_p", 0.29, 0.3, 0.28),
        ("beam", 4, 5, 3),
        ("beam", 1, 2, 1),
        ("beam", 64, 64, 63),
        ("no_repeat_ngram", 0, 1, 0),
        ("threshold", None, 0.0, None),
        ("threshold", 0.0, 0.05, None),
        ("threshold", 1.0, 1.0, 0.95),
        ("max_tokens", 400, 450, 350),
        ("max_tokens", 20, 70, 1),
        ("max_tokens", 8192, 8192, 8142),
        ("seed", None, 0, None),
        ("seed", 0, 1, None),
        ("seed", 7, 8, 6),
        ("seed", 2**63 - 1, 2**63 - 1, 2**63 - 2),
        ("theme", "auto", "light", "dark"),
        ("theme", "dark", "auto", "light"),
        ("vi", False, True, True),
        ("marks", True, False, False),
    ],
)
def test_a_step_up_and_a_step_down(name: str, value: Any, after: Any, before: Any) -> None:
    up, down = item(name, value), item(name, value)
    up.step(1)
    down.step(-1)
    assert (up.value, down.value) == (after, before)
    assert type(up.value) is type(after)
    assert type(down.value) is type(before)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("way", [1, -1])
def test_every_value_that_steps_come_to_is_allowed(name: str, way: int) -> None:
    each = item(name)
    for _ in range(30):
        each.step(way)
        if each.section == GENERATION:
            got = getattr(with_settings(GenerationConfig(), {name: each.value}), name)
        else:
            got = getattr(Preferences(ChatPreferences(**{name: each.value})).chat, name)
        assert got == each.value
        assert each.shown()


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("temperature", 0.7, "0.7"),
        ("temperature", 1.0, "1"),
        ("top_k", 0, "0"),
        ("threshold", None, "as fitted"),
        ("seed", None, "new each time"),
        ("seed", 7, "7"),
        ("vi", True, "on"),
        ("vi", False, "off"),
        ("theme", "dark", "dark"),
        ("method", "beam", "beam"),
    ],
)
def test_a_value_in_words(name: str, value: Any, shown: str) -> None:
    assert item(name, value).shown() == shown


def test_every_setting_is_told() -> None:
    listed = items(GenerationConfig(), GenerationConfig(), ChatPreferences())
    assert [each.section for each in listed] == sorted(each.section for each in listed)[::-1]
    assert all(each.doc for each in listed)
    assert len(set(NAMES)) == len(NAMES)


# Keys


@pytest.mark.parametrize(
    ("keys", "settings"),
    [
        ([ENTER], {}),
        ([F2], {}),
        ([RIGHT + ENTER], {"method": METHODS[1]}),
        (["l" + ENTER], {"method": METHODS[1]}),
        ([" " + ENTER], {"method": METHODS[1]}),
        ([RIGHT + F2], {"method": METHODS[1]}),
        ([LEFT + ENTER], {"method": METHODS[-1]}),
        (["h" + ENTER], {"method": METHODS[-1]}),
        ([RIGHT * len(METHODS) + ENTER], {}),
        ([RIGHT + LEFT + ENTER], {}),
        ([DOWN + RIGHT + ENTER], {"temperature": 0.8}),
        (["jl" + ENTER], {"temperature": 0.8}),
        (["jjkl" + ENTER], {"temperature": 0.8}),
        ([DOWN * 2 + ARROW_UP + RIGHT * 3 + ENTER], {"temperature": 1.0}),
        ([DOWN * len(NAMES) + RIGHT + ENTER], {"method": METHODS[1]}),
        ([ARROW_UP * len(NAMES) + RIGHT + ENTER], {"method": METHODS[1]}),
        ([ARROW_UP * (len(NAMES) - 1) + RIGHT + ENTER], {"temperature": 0.8}),
        ([RIGHT + DELETE + ENTER], {}),
        ([RIGHT + BACKSPACE + ENTER], {}),
        ([DELETE + BACKSPACE + ENTER], {}),
        (["jlhl" + ENTER], {"temperature": 0.8}),
        ([RIGHT + DOWN + RIGHT + DELETE + ENTER], {"method": METHODS[1]}),
        ([to("seed") + RIGHT * 3 + ENTER], {"seed": 2}),
        ([to("seed") + RIGHT * 3 + LEFT * 3 + ENTER], {}),
        ([to("threshold") + RIGHT + ENTER], {"threshold": 0.0}),
        ([to("top_k") + " " * 4 + ENTER], {"top_k": 20}),
        (["xyz123" + RIGHT + ENTER], {"method": METHODS[1]}),
        ([RIGHT, ESCAPE], {}),
        ([RIGHT + "q"], {}),
        ([RIGHT + CTRL_C], {}),
        ([RIGHT + CTRL_D], {}),
        ([RIGHT + ENTER, F2, RIGHT, ESCAPE], {"method": METHODS[1]}),
        ([RIGHT + ENTER, F2, DELETE + ENTER], {}),
        ([RIGHT + ENTER, F2, DOWN + RIGHT + ENTER], {"method": METHODS[1], "temperature": 0.8}),
    ],
)
def test_keys_of_the_menu(keys: list[str], settings: dict[str, object]) -> None:
    driven = drive(F2, *keys, "hello" + ENTER)
    assert driven.talk.settings == settings
    assert driven.asked == ["hello"]
    assert not default_path().exists()


@pytest.mark.parametrize("leave", [ESCAPE, "q", CTRL_C, CTRL_D])
def test_leaving_changes_and_tells_nothing(leave: str) -> None:
    loading = FakeLoading()
    before: dict[str, object] = {"temperature": "0.2", "seed": "3"}
    keys = "".join(DOWN + RIGHT for _ in NAMES)
    driven = drive(F2, keys, leave, settings=before, loading=loading)
    assert driven.talk.settings == before
    assert driven.talk.preferences == Preferences()
    assert len(driven.shown.splitlines()) == 1
    assert not default_path().exists()


def test_the_settings_of_the_command_line_are_shown_and_may_be_given_up() -> None:
    before: dict[str, object] = {"temperature": "0.2", "seed": "3"}
    seen: list[str] = []
    driven = drive(
        *(F2, lambda app: seen.append(drawn(app)), DOWN + DELETE + ENTER),
        settings=before,
        rows=30,
    )
    assert "  * temperature     0.2 " in seen[0]
    assert "  * seed            3 " in seen[0]
    assert driven.talk.settings == {"seed": "3"}
    assert driven.shown.endswith("temperature=0.7\n")


def test_the_bot_s_own_values_are_what_delete_goes_back_to() -> None:
    loading = FakeLoading()
    loading.bot.config.generation = GenerationConfig(method="sample", temperature=1.5)
    driven = drive(F2, DOWN + RIGHT * 2 + ENTER, loading=loading)
    assert driven.talk.settings == {"temperature": 1.7}
    again = drive(
        *(F2, DELETE + DOWN + DELETE + ENTER),
        loading=loading,
        settings={"temperature": "0.2", "method": "beam"},
    )
    assert again.talk.settings == {}


def test_what_is_chosen_is_asked_with() -> None:
    loading = FakeLoading()
    drive(F2, DOWN + RIGHT + ENTER, "hello" + ENTER, loading=loading)
    assert loading.bot.asked == [("hello", {"temperature": 0.8})]


# The chat's own


@pytest.mark.parametrize(
    ("name", "keys", "value"),
    [
        ("theme", RIGHT, "light"),
        ("theme", LEFT, "dark"),
        ("marks", RIGHT, False),
        ("stream", LEFT, False),
        ("wrap", " ", False),
        ("toolbar", "h", False),
        ("suggestions", "l", False),
        ("vi", RIGHT, True),
    ],
)
def test_settings_of_the_chat(name: str, keys: str, value: object) -> None:
    driven = drive(F2, to(name) + keys + ENTER)
    assert driven.talk.preferences == Preferences(ChatPreferences(**{name: value}))  # type: ignore[arg-type]
    assert driven.talk.settings == {}
    assert driven.shown.endswith(f"{name}={value}\n")
    assert not default_path().exists()


@pytest.mark.parametrize("name", ["marks", "stream", "wrap"])
def test_they_count_at_once(name: str) -> None:
    display = drive(F2, to(name) + RIGHT + ENTER).talk.display
    assert getattr(display, name) is False


def test_vi_the_bar_and_suggestions_count_from_the_next_line() -> None:
    assert line(F2, to("vi") + RIGHT + ENTER, "abc", ESCAPE, "0x") == "|bc"
    seen: list[str] = []
    drive(F2, to("toolbar") + RIGHT + ENTER, "hi", lambda app: seen.append(drawn(app)))
    assert seen == ["you> hi"]
    assert line("hello" + ENTER, "hel", F2, to("suggestions") + RIGHT + ENTER, RIGHT) == "hel|"


# For every chat


def test_s_writes_what_was_changed_for_every_chat() -> None:
    keys = DOWN + RIGHT + DOWN * (NAMES.index("vi") - 1) + RIGHT + "s"
    driven = drive(F2, keys, "hello" + ENTER)
    wanted = Preferences(ChatPreferences(vi=True), {"temperature": 0.8})
    assert read_preferences() == wanted
    assert f"temperature=0.8 vi=True\nWrote {default_path()}\n" in driven.shown
    assert driven.talk.settings == {"temperature": 0.8}
    assert driven.talk.preferences.chat == wanted.chat


def test_s_keeps_what_the_file_says_of_other_things() -> None:
    stored = Preferences(ChatPreferences(suite="my.suite.yaml", theme="dark"), {"beam": 2})
    write_preferences(stored)
    drive(F2, DOWN + RIGHT + "s", preferences=stored, settings={"beam": 2})
    assert read_preferences() == Preferences(stored.chat, {"beam": 2, "temperature": 0.8})


def test_s_does_not_write_what_holds_for_one_chat_alone() -> None:
    write_preferences(Preferences(ChatPreferences(theme="dark")))
    alone = Preferences(ChatPreferences(theme="dark", keep=False))
    driven = drive(F2, DOWN + RIGHT + "s", preferences=alone, settings={"seed": "3"})
    wanted = Preferences(ChatPreferences(theme="dark"), {"temperature": 0.8})
    assert read_preferences() == wanted
    assert driven.talk.preferences.chat.keep is False


def test_s_after_delete_leaves_it_to_each_bot() -> None:
    stored = Preferences(generation={"temperature": 0.2, "beam": 2})
    write_preferences(stored)
    settings: dict[str, object] = {"temperature": 0.2, "beam": 2}
    driven = drive(F2, DOWN + DELETE + "s", preferences=stored, settings=settings)
    assert read_preferences() == Preferences(generation={"beam": 2})
    assert driven.talk.settings == {"beam": 2}


def test_a_file_that_cannot_be_written_is_told_and_the_chat_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(_: Preferences) -> Path:
        raise DiskError("chat.yaml: cannot be written (No space left); free some space")

    monkeypatch.setattr(commands_settings, "write_preferences", fails)
    driven = drive("half", F2, RIGHT + "s", " a question" + ENTER)
    assert "chat.yaml: cannot be written (No space left); free some space\n" in driven.shown
    assert driven.talk.settings == {"method": METHODS[1]}
    assert driven.asked == ["half a question"]


def test_a_file_that_is_broken_is_told_and_left_alone() -> None:
    default_path().parent.mkdir(parents=True)
    default_path().write_text("chat: {them: dark}")
    driven = drive("half", F2, RIGHT + "s", " a question" + ENTER)
    assert "did you mean 'theme'?" in driven.shown
    assert default_path().read_text() == "chat: {them: dark}"
    assert driven.asked == ["half a question"]


# What is being typed


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", ENTER),
        ("half a question", ENTER),
        ("half a question", RIGHT + ENTER),
        ("half a question", RIGHT + "s"),
        ("half a question", "q"),
        ("a" + CTRL_J + "b", RIGHT + ENTER),
        ("a" + CTRL_J + "b", CTRL_C),
        ("/se", RIGHT + ENTER),
        ("한글 🍵", CTRL_D),
    ],
)
def test_what_is_being_typed_goes_on(text: str, keys: str) -> None:
    assert line(text or BACKSPACE, F2, keys) == text.replace(CTRL_J, "\n") + "|"


def test_the_menu_may_be_opened_again_and_again() -> None:
    assert line("half", F2, ENTER, F2, CTRL_C, F2, F2, "!") == "half!|"


@pytest.mark.parametrize("wrong", [BundleError("x: there is no bot here"), None])
def test_a_bot_that_cannot_be_had(wrong: BundleError | None) -> None:
    """The chat ends where it was the bot's fault, and goes on where it was another's."""

    class Failing(FakeLoading):
        def get(self) -> Any:
            if wrong is None:
                raise ConfigError("temperature: must be a number")
            raise wrong

    loading = Failing()
    loading.error = wrong  # type: ignore[assignment]
    if wrong is None:
        assert "temperature: must be a number\n" in drive("a", F2, loading=loading).shown
        assert line("a", F2, "b", loading=loading) == "ab|"
    else:
        with pytest.raises(BundleError, match="no bot here"):
            drive("a", F2, loading=loading)


def test_a_signal_ends_the_chat_from_the_menu_too() -> None:
    with pytest.raises(Stopped):
        drive("a", F2, lambda app: app.exit(exception=Stopped(15)), "b" + ENTER)


# What is shown


def pages(*keys: str, **more: Any) -> list[str]:
    """The menu after each of these keys."""
    seen: list[str] = []

    def look(app: Any) -> None:
        seen.append(drawn(app))

    steps: list[str | Callable[[Any], None]] = [F2, look]
    for key in keys:
        steps += [key, look]
    drive(*steps, **more)
    return seen


def test_what_the_menu_shows() -> None:
    first, second, third = pages(DOWN, RIGHT, rows=30, columns=100)
    lines = first.splitlines()
    assert lines[0] == "Replies"
    assert lines[1].startswith(">   method          greedy ")
    assert [line[4:].split()[0] for line in lines if line.startswith((" ", ">"))] == NAMES
    assert "This chat" in lines
    assert lines[-2].startswith("up, down: choose")
    assert lines[-1].startswith("Enter: use them")
    assert second.splitlines()[2].startswith(">   temperature     0.7 ")
    assert third.splitlines()[2].startswith("> * temperature     0.8 ")
    assert [line for line in second.splitlines() if line.startswith(">")] == [
        second.splitlines()[2]
    ]


@pytest.mark.parametrize("columns", [12, 20, 40, 80, 200])
def test_it_is_never_wider_than_the_screen(columns: int) -> None:
    for page in pages(DOWN * 3 + RIGHT, rows=30, columns=columns):
        assert max(map(width, page.splitlines())) < columns


@pytest.mark.parametrize("rows", [5, 8, 12, 24])
def test_what_is_chosen_stays_in_view_on_a_low_screen(rows: int) -> None:
    seen = pages(*(DOWN for _ in NAMES), rows=rows)
    for page, name in zip(seen, [*NAMES, NAMES[0]], strict=True):
        (chosen,) = (line for line in page.splitlines() if line.startswith(">"))
        assert chosen[4:].split()[0] == name
        assert len(page.splitlines()) <= rows


def test_nothing_of_it_is_left_on_the_screen() -> None:
    seen: list[str] = []
    drive("hi", F2, RIGHT + ENTER, lambda app: seen.append(drawn(app)))
    assert seen[0].startswith("you> hi\n")
    assert "Replies" not in seen[0]


def test_the_sections_are_told_apart() -> None:
    listed = items(GenerationConfig(), GenerationConfig(), ChatPreferences())
    assert {each.section for each in listed} == {GENERATION, CHAT}
