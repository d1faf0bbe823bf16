"""What a chat writes: replies as they come, marks, lines of our own."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import width

from dialog_s2s.config import GenerationConfig
from dialog_s2s.dialogue.reply import SOURCES, UNKNOWN, Reply
from dialog_s2s.interfaces.chat import display as module
from dialog_s2s.interfaces.chat.display import BOT, COLUMNS, SIGNS, Display, marked, sure
from dialog_s2s.interfaces.chat.theme import DARK, END
from dialog_s2s.text.turns import Role, Turn

ANY = st.text(st.characters(codec=None, exclude_categories=()), max_size=200)


def reply(text: str, source: str = "exact", confidence: float = 1.0) -> Reply:
    numbers = ("stop", 7, 1.5, (Turn(Role.USER, "q"),), 1, GenerationConfig())
    return Reply(text, source, confidence, (), *numbers)


class Out(io.StringIO):
    """Keeps what was written and flushed, piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []

    def flush(self) -> None:
        fresh = self.getvalue()[sum(map(len, self.shown)) :]
        self.shown += [fresh] if fresh else []


def made(columns: int = 200, **more: Any) -> tuple[Display, Out]:
    out = Out()
    return Display(out, columns=columns, **more), out


def shown(text: str, source: str = "exact", confidence: float = 1.0, **more: Any) -> str:
    display, out = made(**more)
    display.reply([text])
    display.mark(reply(text, source, confidence))
    return out.getvalue()


# Replies


def test_a_reply_is_shown_word_by_word() -> None:
    display, out = made()
    pieces = ["We ", "open ", "at ni", "ne."]
    seen: list[str] = []

    def coming() -> Iterator[str]:
        for piece in pieces:
            seen.append("".join(out.shown))
            yield piece

    display.reply(coming())
    assert seen == ["bot> ", "bot> We", "bot> We open", "bot> We open at "]
    assert out.getvalue() == "bot> We open at nine."


def test_what_is_written_is_shown_at_once() -> None:
    display, out = made()
    display.reply(["a ", "b"])
    display.tell("c")
    assert "".join(out.shown) == out.getvalue()


def test_a_reply_may_come_whole() -> None:
    display, out = made(stream=False)
    seen: list[str] = []

    def coming() -> Iterator[str]:
        for piece in ("We ", "open ", "at nine."):
            seen.append("".join(out.shown))
            yield piece

    display.reply(coming())
    assert seen == ["bot> "] * 3
    assert "".join(out.shown) == "bot> We open at nine."


def test_both_ways_show_the_same() -> None:
    text = "one two three four five six seven eight nine ten eleven twelve"
    for columns in (20, 30, 200):
        assert shown(text, columns=columns) == shown(text, columns=columns, stream=False)


def test_a_reply_that_fails_leaves_its_line_open() -> None:
    display, out = made()

    def coming() -> Iterator[str]:
        yield "We open "
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        display.reply(coming())
    display.tell("(stopped)")
    assert out.getvalue() == "bot> We open\n(stopped)\n"


def test_lines_are_broken_below_the_text() -> None:
    text = "We are open from nine to six on weekdays."
    assert shown(text, columns=24, marks=False) == (
        "bot> We are open from \n     nine to six on \n     weekdays.\n"
    )
    assert shown(text, columns=24, marks=False, wrap=False) == f"bot> {text}\n"


def test_an_empty_reply_is_a_line_too() -> None:
    assert shown("", marks=False) == "bot> \n"
    assert shown("", "generated", 0.5) == "bot>   * generated 50%\n"


@given(st.lists(ANY, max_size=8), st.integers(20, 100), st.sampled_from(SOURCES))
def test_whatever_comes_fits_the_terminal(pieces: list[str], columns: int, source: str) -> None:
    display, out = made(columns)
    display.reply(pieces)
    display.mark(reply("", source, 0.5))
    lines = out.getvalue().split("\n")
    assert lines.pop() == ""
    assert max(map(width, lines)) <= columns
    assert sum(source in line for line in lines[-1:]) == 1


@given(st.lists(ANY, max_size=8), st.integers(1, 100))
def test_pieces_do_not_matter(pieces: list[str], columns: int) -> None:
    def told(parts: list[str]) -> str:
        display, out = made(columns)
        display.reply(parts)
        display.mark(None)
        return out.getvalue()

    assert told(pieces) == told(["".join(pieces)]) == told(list("".join(pieces)))


def test_a_terminal_may_be_made_narrower_in_mid_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    display, out = made()
    sizes = iter([60] * 12 + [20] * 100)
    monkeypatch.setattr(display, "columns", lambda: next(sizes))
    words = [f"word{number} " for number in range(12)]
    display.reply(words)
    display.mark(reply("", "generated", 0.5))
    first, *others = out.getvalue().rstrip("\n").split("\n")
    assert len(first) > 20
    assert max(map(width, others)) <= 20
    assert " ".join(out.getvalue().split()) == f"bot> {' '.join(''.join(words).split())} " + (
        "* generated 50%"
    )


# Marks


@pytest.mark.parametrize("source", [source for source in SOURCES if source != UNKNOWN])
def test_a_mark_stands_behind_the_reply(source: str) -> None:
    assert shown("Hello.", source, 0.5) == f"bot> Hello.  {SIGNS[source]} {source} 50%\n"


def test_signs_tell_sources_apart() -> None:
    assert SIGNS.keys() == {*SOURCES}
    assert len({*SIGNS.values()}) == len(SOURCES)
    assert all(width(sign) == 1 and sign.isascii() for sign in SIGNS.values())
    assert marked(reply("", "something new", 0.5)) == "? something new 50%"


def test_an_unknown_one_has_no_percent() -> None:
    assert shown("No.", UNKNOWN, 0.2) == "bot> No.  ? unknown\n"
    assert marked(reply("", UNKNOWN, 1.0)) == "? unknown"


@pytest.mark.parametrize(
    ("text", "columns"),
    [("x" * 13, 30), ("x" * 14, 30), ("가" * 6, 30), ("가" * 7, 30), ("日" * 40, 30)],
)
def test_what_does_not_fit_behind_stands_below(text: str, columns: int) -> None:
    mark = "= exact 100%"
    told = shown(text, columns=columns)
    last = told.rstrip("\n").split("\n")[-1]
    assert max(map(width, told.split("\n"))) <= columns
    taken = width(BOT) + width(text)
    if taken <= columns and taken + 2 + len(mark) <= columns:
        assert told == f"bot> {text}  {mark}\n"
    elif taken <= columns:
        assert told == f"bot> {text}\n     {mark}\n"
    else:
        assert last.endswith(mark)


def test_a_mark_fits_to_the_last_column() -> None:
    mark = "= exact 100%"
    room = 40 - len("bot> ") - 2 - len(mark)
    assert shown("x" * room, columns=40) == f"bot> {'x' * room}  {mark}\n"
    assert shown("x" * (room + 1), columns=40) == f"bot> {'x' * (room + 1)}\n     {mark}\n"
    assert shown("x" * (room + 1), columns=40, wrap=False).count("\n") == 1


def test_marks_may_be_off() -> None:
    assert shown("Hello.", marks=False) == "bot> Hello.\n"
    display, out = made()
    display.reply(["Hello."])
    display.mark(None)
    assert out.getvalue() == "bot> Hello.\n"


def test_a_mark_has_the_colour_of_its_source() -> None:
    told = shown("Hi.", "generated", 0.5, theme=DARK)
    assert told == f"\x1b[94;1mbot> {END}Hi.  \x1b[93m* generated 50%{END}\n"


@given(st.floats(0, 1))
def test_percent(confidence: float) -> None:
    told = sure(reply("", "generated", confidence))
    assert (told == "100%") == (confidence == 1)
    assert abs(float(told.removesuffix("%")) - 100 * confidence) <= 1


@pytest.mark.parametrize(
    ("confidence", "told"),
    [(0.0, "0%"), (0.5, "50%"), (0.994, "99%"), (0.996, "99%"), (1 - 1e-12, "99%"), (1.0, "100%")],
)
def test_never_100_percent_of_what_is_not_certain(confidence: float, told: str) -> None:
    assert sure(reply("", "exact", confidence)) == told


# Lines of our own


def test_lines_of_our_own() -> None:
    display, out = made()
    display.tell("one\ntwo")
    display.hint("three")
    display.error("four")
    display.line([("you", "you> "), ("", "five")])
    assert out.getvalue() == "one\ntwo\n  three\nfour\nyou> five\n"


def test_a_long_line_of_our_own_goes_on_below() -> None:
    display, out = made(24)
    display.tell("one two three four five six seven", indent=4)
    display.hint("a hint that is longer than it")
    assert out.getvalue() == (
        "one two three four five \n    six seven\n  a hint that is longer \n  than it\n"
    )
    assert max(map(width, out.getvalue().split("\n"))) <= 24


def test_every_line_has_its_colour() -> None:
    display, out = made(24, theme=DARK)
    display.error("one two three four five six seven")
    for line in out.getvalue().splitlines():
        assert line.startswith("\x1b[91m")
        assert line.endswith(END)
    assert len(out.getvalue().splitlines()) == 2


def test_a_line_ends_one_that_was_left_open() -> None:
    for write in (
        lambda display: display.tell("x"),
        lambda display: display.line([("", "x")]),
        lambda display: display.table([("x", "y")]),
        lambda display: display.reply(["x"]),
    ):
        display, out = made()
        display.begin()
        write(display)
        assert out.getvalue().startswith("bot> \n")


ROWS = [("/one", "a meaning of some words that go on"), ("/three X", "short"), ("/일곱", "wide")]


def test_a_table_has_columns() -> None:
    display, out = made()
    display.table(ROWS)
    assert out.getvalue() == (
        "  /one      a meaning of some words that go on\n  /three X  short\n  /일곱     wide\n"
    )
    display, out = made()
    display.table(ROWS[:1], least=20)
    assert out.getvalue() == f"  /one{' ' * 16}a meaning of some words that go on\n"
    display, out = made()
    display.table([])
    assert out.getvalue() == ""


@pytest.mark.parametrize("columns", range(20, 90, 3))
@pytest.mark.parametrize("least", [0, 29])
def test_a_table_fits_the_terminal(columns: int, least: int) -> None:
    display, out = made(columns)
    display.table(ROWS, least=least)
    lines = out.getvalue().splitlines()
    assert max(map(width, lines)) <= columns
    # no line for each letter where there is no room for two columns
    assert len(lines) <= 8
    assert "".join(out.getvalue().split()) == "".join("".join(row).replace(" ", "") for row in ROWS)


def test_where_the_terminal_is_narrow_the_meaning_stands_below() -> None:
    display, out = made(30)
    display.table([("/one", "a meaning of some words")], least=29)
    assert out.getvalue() == "  /one\n    a meaning of some words\n"


# The width of the terminal


def test_the_width_is_asked_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def fileno(self) -> int:
            return 7

    sizes = {7: os.terminal_size((33, 10))}
    monkeypatch.setattr(module.os, "get_terminal_size", sizes.__getitem__)
    display = Display(Terminal())
    assert display.columns() == 33
    sizes[7] = os.terminal_size((44, 10))
    assert display.columns() == 44
    sizes[7] = os.terminal_size((0, 0))
    assert display.columns() == COLUMNS


def test_what_is_no_terminal_has_80_columns(tmp_path: Any) -> None:
    assert Display(io.StringIO()).columns() == COLUMNS
    with (tmp_path / "file").open("w") as file:
        assert Display(file).columns() == COLUMNS
    assert Display(file).columns() == COLUMNS
