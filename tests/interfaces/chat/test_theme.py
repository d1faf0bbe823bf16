"""Colours, and where there are none."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from dialog_s2s.dialogue.reply import SOURCES
from dialog_s2s.interfaces.chat.theme import COLOURLESS, DARK, END, LIGHT, Theme, theme_for


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def chosen(wanted: str = "auto", out: Any = None, **environment: str) -> Theme:
    return theme_for(out or Terminal(), wanted, {"TERM": "xterm", **environment})


def test_a_terminal_has_colours() -> None:
    assert chosen() is DARK
    assert chosen(TERM="xterm-256color") is DARK
    assert chosen(NO_COLOR="") is DARK


@pytest.mark.parametrize("wanted", ["auto", "dark", "light"])
@pytest.mark.parametrize("value", ["1", "0", "false", " ", "no"])
def test_no_color_takes_them_away_whatever_it_says(wanted: str, value: str) -> None:
    assert chosen(wanted, NO_COLOR=value, COLORFGBG="0;15") is COLOURLESS


@pytest.mark.parametrize("wanted", ["auto", "dark", "light"])
def test_a_dumb_terminal_has_none(wanted: str) -> None:
    assert chosen(wanted, TERM="dumb") is COLOURLESS
    assert chosen(wanted, TERM="") is COLOURLESS
    assert theme_for(Terminal(), wanted, {}) is COLOURLESS


@pytest.mark.parametrize("wanted", ["auto", "dark", "light", "none"])
def test_what_is_no_terminal_has_none(wanted: str) -> None:
    assert chosen(wanted, io.StringIO()) is COLOURLESS


@pytest.mark.parametrize(
    ("told", "theme"),
    [
        *(("0;15", LIGHT), ("0;7", LIGHT), ("0;default;15", LIGHT)),
        *(("15;0", DARK), ("7;0", DARK), ("15;default", DARK), ("15;8", DARK)),
        *(("15", LIGHT), ("0", DARK), ("", DARK), (";", DARK), ("x;y", DARK)),
    ],
)
def test_the_background_is_asked_for(told: str, theme: Theme) -> None:
    assert chosen(COLORFGBG=told) is theme


def test_one_may_be_forced() -> None:
    assert chosen("dark", COLORFGBG="0;15") is DARK
    assert chosen("light", COLORFGBG="15;0") is LIGHT
    assert chosen("none", COLORFGBG="0;15") is COLOURLESS


def test_the_environment_is_that_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLORFGBG", "0;15")
    assert theme_for(Terminal()) is LIGHT
    monkeypatch.setenv("NO_COLOR", "1")
    assert theme_for(Terminal()) is COLOURLESS


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_every_source_has_a_colour_that_ends(theme: Theme) -> None:
    for name in (*SOURCES, "you", "bot", "error", "hint", "added", "removed", "command", "strong"):
        painted = theme.painted(name, "text")
        assert re.fullmatch(r"\x1b\[[0-9;]+mtext\x1b\[0m", painted)
    assert theme.painted("no such name", "text") == "text"
    assert theme.painted("you", "") == ""
    assert theme.painted("error", "a") != theme.painted("added", "a")


def test_the_codes_are_those_of_the_sixteen_colours() -> None:
    assert DARK.painted("you", "x") == f"\x1b[92;1mx{END}"
    assert DARK.painted("hint", "x") == f"\x1b[90mx{END}"
    assert LIGHT.painted("error", "x") == f"\x1b[31mx{END}"
    assert LIGHT.painted("strong", "x") == f"\x1b[1mx{END}"


def test_without_colours_nothing_is_added() -> None:
    assert COLOURLESS.styles == {}
    assert all(COLOURLESS.painted(name, "x") == "x" for name in DARK.styles)


@pytest.mark.parametrize("theme", [DARK, LIGHT, COLOURLESS])
def test_the_prompt_has_the_same_styles(theme: Theme) -> None:
    rules = dict(theme.prompt_style().style_rules)
    assert rules == dict(theme.styles)


def test_themes_have_the_same_names() -> None:
    assert DARK.styles.keys() == LIGHT.styles.keys()
