"""Completion at the Python prompt: names and attributes, and nothing is run for them."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest
from clerk import playground
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.interfaces.repl.completion import PythonCompleter, attributes


@dataclasses.dataclass(frozen=True, slots=True)
class Slotted:
    inner: Any
    other: int = 1


class Trap:
    """Whose every access is told."""

    ran: list[str] = []  # noqa: RUF012

    def __init__(self) -> None:
        self.plain = SimpleNamespace(deep=1)

    @property
    def computed(self) -> SimpleNamespace:
        self.ran.append("property")
        return SimpleNamespace(never=1)

    def method(self) -> None:
        self.ran.append("method")

    def __getattr__(self, name: str) -> Any:
        self.ran.append(name)
        return SimpleNamespace(never=1)

    def __dir__(self) -> list[str]:
        self.ran.append("dir")
        return ["never"]

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        self.ran.append("class")
        return int


def matches(before: str, **names: Any) -> list[str]:
    return PythonCompleter(names).matches(before)


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        ("swe", ["sweep"]),
        ("sweep(swe", ["sweep"]),
        ("x = swe", ["sweep"]),
        ("a\nif swe", ["sweep"]),
        ("sweep.__fu", ["__func__"]),
        ("[talk.und", ["undo"]),
        ("ask('it\\'s', temp", ["temperature="]),
        ("ask(", []),
        ("temp", []),
        ("'swe", []),
        ("f('a', \"swe", []),
        ('"""a\nswe', []),
        ("'a' swe", ["sweep"]),
        ("# swe", []),
        ("x  # it's\nswe", ["sweep"]),
        ("ask('x').wh", []),
        ("1.re", []),
        ("", []),
        ("nobody.x", []),
        ("str.upp", ["upper"]),
        ("whil", ["while"]),
        ("isinstanc", ["isinstance"]),
    ],
)
def test_what_is_offered(before: str, wanted: list[str]) -> None:
    names = playground().at_hand()
    assert PythonCompleter(names).matches(before) == wanted


def test_attributes_of_what_lies_there() -> None:
    value = Slotted(SimpleNamespace(deep=Slotted(3)))
    assert matches("v.", v=value) == ["inner", "other"]
    assert matches("v.inner.deep.ot", v=value) == ["other"]
    assert "__doc__" in matches("v.__d", v=value)
    assert "inner" in attributes(Slotted)
    assert "mro" in attributes(Slotted)


def test_nothing_is_run() -> None:
    trap = Trap()
    for before in (
        "t.",
        "t.c",
        "t.computed.",
        "t.method.",
        "t.nobody.",
        "t.plain.de",
        "t.method().x",
    ):
        matches(before, t=trap)
    assert matches("t.", t=trap) == ["computed", "method", "plain", "ran"]
    assert matches("t.plain.", t=trap) == ["deep"]
    assert matches("t.computed.", t=trap) == []
    assert Trap.ran == []


def test_names_that_are_not_clean_are_not_offered() -> None:
    names = {"fine": 1, "fi\x1b[31m": 1, "fi\u202e": 1}
    assert matches("fi", **names) == ["filter", "finally", "fine"]
    assert matches("x.f", x=SimpleNamespace(**names)) == ["fine"]


@given(st.text(max_size=30))
def test_whatever_is_typed(text: str) -> None:
    play = playground()
    names = play.at_hand()
    for before in (text, f"bot.{text}", f"ask({text}", f"talk.{text}."):
        for found in PythonCompleter(names).matches(before):
            assert found.isprintable()
