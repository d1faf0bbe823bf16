"""The keys of the prompt: sending, new lines, editing, pasting, stopping, leaving and help."""

from __future__ import annotations

import re
from typing import Any

import pytest
from chat_fakes import Step, drawn, drive, line
from shell import (
    BACKSPACE,
    CTRL_C,
    CTRL_D,
    CTRL_G,
    CTRL_J,
    CTRL_R,
    DELETE,
    DOWN,
    ENTER,
    ESCAPE,
    F1,
    F2,
    LEFT,
    RIGHT,
    TAB,
    UP,
)

from dialog_s2s.interfaces.chat.commands import COMMANDS
from dialog_s2s.interfaces.chat.keys import KEYS
from dialog_s2s.interfaces.chat.preferences import ChatPreferences, Preferences
from dialog_s2s.interfaces.sanitize import clean

ALT_ENTER = ESCAPE + ENTER
CTRL_A, CTRL_B, CTRL_E, CTRL_F, CTRL_H, CTRL_K = "\x01", "\x02", "\x05", "\x06", "\x08", "\x0b"
CTRL_T, CTRL_U, CTRL_W, CTRL_Y, CTRL_UNDERSCORE = "\x14", "\x15", "\x17", "\x19", "\x1f"
HOME, END, CTRL_LEFT, CTRL_RIGHT = "\x1b[H", "\x1b[F", "\x1b[1;5D", "\x1b[1;5C"
VI = Preferences(ChatPreferences(vi=True))
WARNING = "(Ctrl-C again to leave)"


def pasted(text: str) -> str:
    return f"\x1b[200~{text}\x1b[201~"


# Sending


@pytest.mark.parametrize(
    ("keys", "asked"),
    [
        ("hello" + ENTER, ["hello"]),
        ("a" + ENTER + "b" + ENTER, ["a", "b"]),
        (ENTER, []),
        ("   " + ENTER, []),
        ("  a  b  " + ENTER, ["a  b"]),
        ("a" + CTRL_J + "b" + ENTER, ["a b"]),
        ("a" + ALT_ENTER + "b" + ENTER, ["a b"]),
        ("a" + CTRL_J + ALT_ENTER + "b" + ENTER, ["a  b"]),
        (CTRL_J + ENTER, []),
        (CTRL_J + "a" + CTRL_J + ENTER, ["a"]),
        ("a" + CTRL_J + "/exit" + ENTER + "b" + ENTER, ["a /exit", "b"]),
        ("a" + CTRL_J + "b" + UP + "x" + ENTER, ["ax b"]),
        ("a" + LEFT + CTRL_J + ENTER, ["a"]),
        ("ab" + LEFT + ALT_ENTER + ENTER, ["a b"]),
        ("//exit" + ENTER, ["/exit"]),
        ("a" * 300 + ENTER, ["a" * 300]),
    ],
)
def test_enter_sends_and_a_new_line_becomes_a_blank(keys: str, asked: list[str]) -> None:
    assert drive(keys).asked == asked


def test_a_command_may_go_over_lines() -> None:
    shown = drive("/set" + CTRL_J + "temperature=1" + ENTER).shown
    assert shown.endswith("temperature=1\n")


def test_a_text_of_several_lines_is_shown_below_the_prompt() -> None:
    seen: list[str] = []
    drive("one" + CTRL_J + "two", lambda app: seen.append(drawn(app)))
    assert seen[0].startswith("you> one\n     two\n")


# Editing


@pytest.mark.parametrize(
    ("keys", "left"),
    [
        ("abc" + CTRL_A + "x", "x|abc"),
        ("abc" + CTRL_A + CTRL_E + "x", "abcx|"),
        ("abc" + HOME + "x", "x|abc"),
        ("abc" + HOME + END + "x", "abcx|"),
        ("abc" + CTRL_B + "x", "abx|c"),
        ("abc" + CTRL_A + CTRL_F + "x", "ax|bc"),
        ("abc" + LEFT + LEFT + "x", "ax|bc"),
        ("abc" + LEFT * 9 + RIGHT + "x", "ax|bc"),
        ("abc" + RIGHT * 3 + "x", "abcx|"),
        ("one two" + CTRL_A + CTRL_K, "|"),
        ("one two" + LEFT * 3 + CTRL_K, "one |"),
        ("one two" + CTRL_A + CTRL_K + CTRL_Y, "one two|"),
        ("one two" + CTRL_A + CTRL_K + CTRL_Y + CTRL_Y, "one twoone two|"),
        ("one two" + CTRL_U, "|"),
        ("one two" + LEFT * 3 + CTRL_U, "|two"),
        ("one two" + CTRL_U + CTRL_Y, "one two|"),
        ("one two" + CTRL_W, "one |"),
        ("one two" + CTRL_W + CTRL_W, "|"),
        ("one two" + CTRL_W + CTRL_A + CTRL_Y, "two|one "),
        ("one two" + ESCAPE + "b", "one |two"),
        ("one two" + (ESCAPE + "b") * 2, "|one two"),
        ("one two" + CTRL_A + ESCAPE + "f", "one| two"),
        ("one two" + CTRL_LEFT, "one |two"),
        ("one two" + CTRL_A + CTRL_RIGHT, "one| two"),
        ("one two" + CTRL_A + ESCAPE + "d", "| two"),
        ("one two" + ESCAPE + BACKSPACE, "one |"),
        ("one two" + CTRL_A + ESCAPE + "u", "ONE| two"),
        ("one two" + CTRL_A + ESCAPE + "c", "One| two"),
        ("ONE" + CTRL_A + ESCAPE + "l", "one|"),
        ("ab" + CTRL_T, "ba|"),
        ("abc" + LEFT + CTRL_T, "acb|"),
        ("abc" + BACKSPACE, "ab|"),
        ("abc" + CTRL_H, "ab|"),
        ("abc" + BACKSPACE * 9 + "x", "x|"),
        ("abc" + LEFT + DELETE, "ab|"),
        ("abc" + LEFT + CTRL_D, "ab|"),
        ("abc" + CTRL_A + CTRL_D * 2, "|c"),
        ("abc" + CTRL_D, "abc|"),
        ("one two" + CTRL_W + CTRL_UNDERSCORE, "one two|"),
        ("one" + CTRL_A + CTRL_K + CTRL_UNDERSCORE + "x", "x|one"),
        ("ab" + CTRL_J + "cd" + CTRL_A + "x", "ab\nx|cd"),
        ("ab" + CTRL_J + "cd" + UP + CTRL_E + "x", "abx|\ncd"),
        ("ab" + CTRL_J + "cd" + UP + DOWN + "x", "ab\ncdx|"),
        ("ab" + CTRL_J + "cd" + CTRL_A + BACKSPACE, "ab|cd"),
        ("ab" + CTRL_J + "cd" + UP + CTRL_E + DELETE, "ab|cd"),
        ("ab" + CTRL_J + "cd" + CTRL_U, "ab\n|"),
    ],
)
def test_emacs_keys(keys: str, left: str) -> None:
    assert line(keys) == left


@pytest.mark.parametrize(
    ("keys", "left"),
    [
        (["abc"], "abc|"),
        (["abc", ESCAPE], "ab|c"),
        (["abc", ESCAPE, "ix"], "abx|c"),
        (["abc", ESCAPE, "ax"], "abcx|"),
        (["abc", ESCAPE, "Ix"], "x|abc"),
        (["abc", ESCAPE, "hhAx"], "abcx|"),
        (["abc", ESCAPE, "0ix"], "x|abc"),
        (["abc", ESCAPE, "0$ax"], "abcx|"),
        (["abc", ESCAPE, "x"], "a|b"),
        (["abc", ESCAPE, "0x"], "|bc"),
        (["abc", ESCAPE, "02x"], "|c"),
        (["abc", ESCAPE, "0xu"], "|abc"),
        (["abc", ESCAPE, "dd"], "|"),
        (["abc", ESCAPE, "ddix"], "x|"),
        (["one two", ESCAPE, "0dw"], "|two"),
        (["one two", ESCAPE, "0wD"], "one| "),
        (["one two", ESCAPE, "bcwx"], "one x|"),
        (["abc", ESCAPE, "0rx"], "|xbc"),
        (["abc", ESCAPE, "0~"], "A|bc"),
        (["one two", ESCAPE, "0fwx"], "one t|o"),
        (["ab" + CTRL_J + "cd", ESCAPE, "kx"], "|a\ncd"),
        (["abc", CTRL_W], "|"),
        (["abc", LEFT, BACKSPACE], "a|c"),
    ],
)
def test_vi_keys(keys: list[str], left: str) -> None:
    assert line(*keys, preferences=VI) == left


@pytest.mark.parametrize(
    "keys",
    [
        ["hello" + ENTER],
        ["hello", ESCAPE, ENTER],
        ["xhello", ESCAPE, "0x", ENTER],
        ["hello", ESCAPE, "ddihello" + ENTER],
        ["hel", ESCAPE, F1, "alo" + ENTER],
    ],
)
def test_enter_sends_in_both_modes_of_vi(keys: list[str]) -> None:
    assert drive(*keys, preferences=VI).asked == ["hello"]


@pytest.mark.parametrize("newline", [CTRL_J, ALT_ENTER])
def test_vi_has_new_lines_too(newline: str) -> None:
    assert drive(f"a{newline}b{ENTER}", preferences=VI).asked == ["a b"]


def test_the_next_line_begins_in_insert_mode_of_vi() -> None:
    assert drive("a", ESCAPE, ENTER, "ib" + ENTER, preferences=VI).asked == ["a", "ib"]


def test_without_vi_letters_are_letters() -> None:
    assert line("abc", ESCAPE, "0x") == "abc0x|"


# Scripts


@pytest.mark.parametrize(
    ("keys", "left"),
    [
        ("안녕하세요", "안녕하세요|"),
        ("안녕" + BACKSPACE, "안|"),
        ("안녕" + LEFT + "x", "안x|녕"),
        ("안녕" + LEFT + DELETE, "안|"),
        ("안녕" + CTRL_A + CTRL_D, "|녕"),
        ("\u1112\u1161\u11ab" + BACKSPACE, "\u1112\u1161|"),
        ("\u1112\u1161\u11ab", "\u1112\u1161\u11ab|"),
        ("e\u0301" + LEFT * 2 + "x", "x|e\u0301"),
        ("녹차 홍차" + CTRL_W, "녹차 |"),
        ("녹차 홍차" + ESCAPE + "b", "녹차 |홍차"),
        ("日本語" + LEFT * 2 + BACKSPACE, "|本語"),
        ("🍵🍵" + BACKSPACE, "🍵|"),
        ("a🍵b" + LEFT + BACKSPACE, "a|b"),
        ("👍🏽", "👍🏽|"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧|"),
        ("🇰🇷" + BACKSPACE * 2, "|"),
        ("ｗｉｄｅ" + LEFT + "x", "ｗｉｄx|ｅ"),
        ("שלום" + BACKSPACE, "שלו|"),
        ("a\u00a0b", "a\u00a0b|"),
        ("가" * 200 + BACKSPACE, "가" * 199 + "|"),
    ],
)
def test_other_scripts_are_edited_by_characters(keys: str, left: str) -> None:
    seen: list[str] = []

    def look(app: Any) -> None:
        document = app.current_buffer.document
        seen.append(f"{document.text_before_cursor}|{document.text_after_cursor}")

    sent = left.replace("|", "").strip()
    assert drive(keys, look, ENTER).asked == ([sent] if sent else [])
    assert seen == [left]


def test_a_wide_line_is_drawn_within_the_screen() -> None:
    seen: list[str] = []
    drive("가나다라마바사아자차카", lambda app: seen.append(drawn(app)), columns=20)
    first, second = seen[0].replace("\x00", "").split("\n")[:2]
    assert first == "you> 가나다라마바사"
    assert second.strip() == "아자차카"


@pytest.mark.parametrize("raw", [b"a\xffb", b"\xed\xa0\x80", b"a\xc3", b"\xc0\x80"])
def test_what_is_no_utf_8_is_marked(raw: bytes) -> None:
    (asked,) = drive(raw, ENTER).asked
    assert "\ufffd" in asked
    asked.encode()


# Pasting

CONTROLS = "".join(map(chr, [*range(1, 9), *range(14, 27), *range(28, 32), *range(127, 160)]))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("hello", "hello"),
        ("one\ntwo", "one\ntwo"),
        ("one\r\ntwo", "one\ntwo"),
        ("one\rtwo", "one\ntwo"),
        ("one\r\n\r\ntwo\r\n", "one\n\ntwo\n"),
        ("\n", "\n"),
        ("a\tb", "a b"),
        ("\t", " "),
        ("a\x1b[31mb", "a[31mb"),
        ("a\x1b]52;c;aGk=\x07b", "a]52;c;aGk=b"),
        ("a\x1b]0;title\x1b\\b", "a]0;title\\b"),
        ("a\x1bPq#0\x1b\\b", "aPq#0\\b"),
        ("a\x9b31mb", "a31mb"),
        ("a\x9d52;c;x\x9cb", "a52;c;xb"),
        ("a\x00b", "ab"),
        ("a\x03\x04b", "ab"),
        ("a\x08\x7fb", "ab"),
        (f"a{CONTROLS}b", "a b"),
        ("a\u202eb\u202c", "ab"),
        ("a\u2066b\u2069\u200f", "ab"),
        ("a\u061cb\u200e", "ab"),
        ("\ufeffab", "ab"),
        ("a\u2028b\u2029c\x85d", "a b c d"),
        ("a\x0bb\x0cc", "a b c"),
        ("\x1b[200~a", "[200~a"),
        ("\x1b[A\x1b[B", "[A[B"),
        ("/exit\n", "/exit\n"),
        ("한글\n🍵", "한글\n🍵"),
        ("\ue000\U0010fffd", "\ue000\U0010fffd"),
        ("a\u0301\u200db", "a\u0301\u200db"),
    ],
)
def test_a_paste_is_a_text_and_nothing_in_it_is_a_key(text: str, left: str) -> None:
    assert line(pasted(text)) == f"{left}|"
    assert clean(left.replace("\n", "")) == left.replace("\n", "")


def test_a_paste_comes_where_the_cursor_is() -> None:
    assert line("ab", LEFT, pasted("1\n2")) == "a1\n2|b"


@pytest.mark.parametrize("preferences", [VI, Preferences()])
def test_a_paste_is_sent_as_one_question_by_the_next_enter(preferences: Preferences) -> None:
    steps = (pasted("one\r\ntwo\n\n/exit\n"), ENTER, pasted("three"), ENTER)
    assert drive(*steps, preferences=preferences).asked == ["one two  /exit", "three"]


def test_a_paste_may_be_undone() -> None:
    assert line("a", pasted("one\ntwo"), CTRL_UNDERSCORE) == "a|"


@pytest.mark.parametrize("part", ["word ", "가", "line\n", "\x1b[31m"])
def test_a_huge_paste_is_taken_whole(part: str) -> None:
    text = part * (100_000 // len(part.encode()))
    wanted = text.replace("\x1b", "")
    assert line(pasted(text)) == f"{wanted}|"


def test_a_huge_paste_is_one_question() -> None:
    text = "word\n" * 20_000
    (asked,) = drive(pasted(text), ENTER).asked
    assert asked == text.replace("\n", " ").strip()


def test_a_paste_within_a_search_is_searched_for() -> None:
    steps = ("green tea" + ENTER, "black tea" + ENTER, CTRL_R, pasted("gre\x1ben"), ENTER)
    assert line(*steps) == "|green tea"


# Stopping and leaving


@pytest.mark.parametrize(
    ("steps", "warnings", "asked"),
    [
        ([CTRL_C], 1, []),
        ([CTRL_C, CTRL_C, "never" + ENTER], 1, []),
        (["abc", CTRL_C, "d" + ENTER], 0, ["d"]),
        (["abc", CTRL_C, CTRL_C, "d" + ENTER], 1, ["d"]),
        (["abc", CTRL_C, CTRL_C, CTRL_C, "never" + ENTER], 1, []),
        ([CTRL_C, "a" + ENTER, CTRL_C, "b" + ENTER], 2, ["a", "b"]),
        ([CTRL_C, ENTER, CTRL_C, "b" + ENTER], 2, ["b"]),
        ([CTRL_C, "/set" + ENTER, CTRL_C, "b" + ENTER], 2, ["b"]),
        ([CTRL_C, F2, ESCAPE, CTRL_C, "b" + ENTER], 2, ["b"]),
        ([CTRL_C, "abc", CTRL_C, CTRL_C, "never" + ENTER], 1, []),
        (["a" + CTRL_J + "b", CTRL_C, "c" + ENTER], 0, ["c"]),
        ([CTRL_J, CTRL_C, "c" + ENTER], 0, ["c"]),
        ([CTRL_R, CTRL_C, "c" + ENTER], 0, ["c"]),
        ([F2, CTRL_C, "c" + ENTER], 0, ["c"]),
        ([F2, CTRL_D, "c" + ENTER], 0, ["c"]),
        ([CTRL_D, "never" + ENTER], 0, []),
        (["a" + ENTER, CTRL_D, "never" + ENTER], 0, ["a"]),
        (["abc", CTRL_A, CTRL_D, ENTER], 0, ["bc"]),
        (["a", CTRL_A, CTRL_D, CTRL_D, "never" + ENTER], 0, []),
        ([CTRL_C, CTRL_D, "never" + ENTER], 1, []),
    ],
)
def test_ctrl_c_and_ctrl_d(steps: list[Step], warnings: int, asked: list[str]) -> None:
    driven = drive(*steps)
    assert driven.shown.count(WARNING) == warnings
    assert driven.asked == asked


@pytest.mark.parametrize(
    ("steps", "warnings", "asked"),
    [
        ([CTRL_C, CTRL_C, "never" + ENTER], 1, []),
        (["abc", CTRL_C, "d" + ENTER], 0, ["d"]),
        (["abc", ESCAPE, CTRL_C, "d" + ENTER], 0, ["d"]),
        ([ESCAPE, CTRL_C, "d" + ENTER], 1, ["d"]),
        ([CTRL_D, "never" + ENTER], 0, []),
        ([ESCAPE, CTRL_D, "never" + ENTER], 0, []),
    ],
)
def test_they_do_the_same_in_both_modes_of_vi(
    steps: list[Step], warnings: int, asked: list[str]
) -> None:
    driven = drive(*steps, preferences=VI)
    assert driven.shown.count(WARNING) == warnings
    assert driven.asked == asked


def test_what_ctrl_c_clears_is_not_kept_as_typed() -> None:
    assert line("one" + ENTER, "secret", CTRL_C, UP) == "one|"


def test_ctrl_c_closes_the_menu_of_completions() -> None:
    assert drive("/un", TAB, CTRL_C, "a" + ENTER).asked == ["a"]


# Help


@pytest.mark.parametrize("typed", ["", "half a quest", "a" + CTRL_J + "b", "/se", "한글"])
def test_f1_tells_the_keys_and_commands_and_keeps_what_is_typed(typed: str) -> None:
    seen: list[str] = []
    steps = (typed or BACKSPACE, F1, lambda app: seen.append(app.current_buffer.text))
    shown = drive(*steps).shown
    assert seen == [typed]
    for key, meaning in KEYS:
        assert re.search(rf"^  {re.escape(key)} +{re.escape(meaning)}$", shown, re.MULTILINE)
    for command in COMMANDS:
        assert re.search(rf"^  {re.escape(command)}\b", shown, re.MULTILINE)


def test_f1_keeps_the_cursor_and_may_be_pressed_again() -> None:
    assert line("abc", LEFT, F1, F1, "x") == "abx|c"
    assert drive(F1, F1, F1).shown.count("Keys\n") == 3


def test_f1_goes_on_with_a_search() -> None:
    assert line("green tea" + ENTER, "x" + ENTER, CTRL_R, "gre", F1, ENTER) == "|green tea"


def test_keys_that_are_no_use_change_nothing() -> None:
    for keys in ("\x1b[15~", "\x1b[24~", "\x1b[5~", "\x1bOR"):
        assert line("abc", keys, "d") == "abcd|"


@pytest.mark.parametrize("key", [CTRL_G, CTRL_R, F2])
def test_keys_for_the_chat_do_not_end_up_in_the_text(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", "true")
    assert drive("ab", key, ESCAPE, CTRL_E, "c" + ENTER).asked == ["abc"]
