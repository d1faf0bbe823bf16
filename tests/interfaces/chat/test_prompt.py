"""The prompt: what was typed before, searches, suggestions, drafts, the bar, and plain lines."""

from __future__ import annotations

import builtins
import io
from pathlib import Path
from typing import Any

import pytest
from chat_fakes import FakeLoading, Step, drawn, drive, line
from shell import (
    BACKSPACE,
    CTRL_C,
    CTRL_D,
    CTRL_G,
    CTRL_J,
    CTRL_R,
    DOWN,
    ENTER,
    ESCAPE,
    F2,
    LEFT,
    RIGHT,
    UP,
)

from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.interfaces.chat.display import Display
from dialog_s2s.interfaces.chat.preferences import ChatPreferences, Preferences
from dialog_s2s.interfaces.chat.prompt import LinePrompt, is_plain
from dialog_s2s.interfaces.chat.talk import Talk
from dialog_s2s.interfaces.chat.terminal import TerminalChat
from dialog_s2s.interfaces.chat.typed import Typed

CTRL_A, CTRL_E, CTRL_F, CTRL_S = "\x01", "\x05", "\x06", "\x13"
VI = Preferences(ChatPreferences(vi=True))
EARLIER = ("Green tea, please", "how much is it", "one\ntwo", "bye")


@pytest.fixture
def before(tmp_path: Path) -> Typed:
    """What was typed in a chat that is over."""
    path = tmp_path / "home" / "typed"
    chat = Typed(path)
    for entry in EARLIER:
        chat.append_string(entry)
    return Typed(path)


# The arrows


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        ([UP], "bye|"),
        ([UP, UP], "one\ntwo|"),
        ([UP, UP, UP], "one|\ntwo"),
        ([UP, UP, UP, UP], "how much is it|"),
        ([UP * 5], "Green tea, please|"),
        ([UP * 9], "Green tea, please|"),
        ([UP * 2 + DOWN], "bye|"),
        ([UP, DOWN], "|"),
        ([DOWN], "|"),
        (["new", UP, DOWN], "new|"),
        (["new", UP], "bye|"),
        ([UP, "!", UP, DOWN], "bye!|"),
        ([UP * 9, DOWN * 9], "|"),
        (["new" + ENTER, UP], "new|"),
        (["new" + ENTER, UP * 2], "bye|"),
        (["a" + CTRL_J + "b" + ENTER, UP], "a\nb|"),
        (["a" + CTRL_J + "b", UP, UP], "bye|"),
        (["/set" + ENTER, UP], "/set|"),
        (["bye" + ENTER, UP, UP], "one\ntwo|"),
        (["half", F2, ESCAPE, UP], "bye|"),
        ([CTRL_C, UP], "bye|"),
        (["x", CTRL_C, UP, UP], "one\ntwo|"),
    ],
)
def test_up_and_down_walk_through_all_chats(steps: list[Step], left: str, before: Typed) -> None:
    assert line(*steps, typed=before) == left


def test_what_is_taken_from_before_is_sent(before: Typed) -> None:
    steps = (UP * 2, ENTER, UP * 3, "!" + ENTER)
    assert drive(*steps, typed=before).asked == ["one two", "bye!"]


def test_changing_what_was_typed_before_does_not_change_the_file(before: Typed) -> None:
    drive(UP, "!", UP, ENTER, typed=before)
    assert [*Typed(before.path).load_history_strings()] == ["one\ntwo", *reversed(EARLIER)]


@pytest.mark.parametrize(
    ("steps", "left"),
    [([ESCAPE, "k"], "|bye"), ([ESCAPE, "kk"], "one\n|two"), ([ESCAPE, "kkj"], "|bye")],
)
def test_vi_walks_too(steps: list[Step], left: str, before: Typed) -> None:
    assert line(*steps, typed=before, preferences=VI).replace("|", "") == left.replace("|", "")


# Searching


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        ([CTRL_R, "tea", ENTER], "Green |tea, please"),
        ([CTRL_R, "TEA", ENTER], "Green |tea, please"),
        ([CTRL_R, "green", ENTER], "|Green tea, please"),
        ([CTRL_R, "green", ENTER, CTRL_E, "!"], "Green tea, please!|"),
        ([CTRL_R, "green", ESCAPE], "|Green tea, please"),
        ([CTRL_R, "green", CTRL_G], "|"),
        ([CTRL_R, "green", CTRL_C], "|"),
        ([CTRL_R, "gre" + BACKSPACE * 2, ENTER], "|Green tea, please"),
        ([CTRL_R, "two", ENTER], "one\n|two"),
        ([CTRL_R, "e", ENTER], "by|e"),
        ([CTRL_R, "e", CTRL_R, ENTER], "on|e\ntwo"),
        ([CTRL_R, "e", UP, ENTER], "on|e\ntwo"),
        ([CTRL_R, "e", CTRL_R, CTRL_S, ENTER], "by|e"),
        ([CTRL_R, "e", UP, DOWN, ENTER], "by|e"),
        ([CTRL_R, "zebra", ENTER], "|"),
        (["half", CTRL_R, "green", CTRL_G], "half|"),
        (["half", CTRL_R, "green", CTRL_C], "half|"),
        (["half", CTRL_R, "green", CTRL_G, "x"], "halfx|"),
        (["new" + ENTER, CTRL_R, "new", ENTER], "|new"),
        (["안녕" + ENTER, "x" + ENTER, CTRL_R, "녕", ENTER], "안|녕"),
    ],
)
def test_ctrl_r_searches_all_chats(steps: list[Step], left: str, before: Typed) -> None:
    assert line(*steps, typed=before) == left


def test_enter_in_a_search_takes_the_line_and_the_next_sends_it(before: Typed) -> None:
    assert drive(CTRL_R, "green", ENTER, typed=before).asked == []
    assert drive(CTRL_R, "green", ENTER, ENTER, typed=before).asked == ["Green tea, please"]


@pytest.mark.parametrize("key", [CTRL_G, CTRL_C])
def test_a_search_that_is_given_up_does_not_leave(key: str, before: Typed) -> None:
    driven = drive(CTRL_R, "green", key, "hello" + ENTER, typed=before)
    assert driven.asked == ["hello"]
    assert "Ctrl-C again" not in driven.shown


@pytest.mark.parametrize("key", [ENTER, ESCAPE])
def test_a_search_of_vi(key: str, before: Typed) -> None:
    assert line(CTRL_R, "gREEN", key, typed=before, preferences=VI) == "|Green tea, please"


def test_nothing_in_a_search_is_for_the_chat(before: Typed) -> None:
    assert drive(CTRL_R, F2, "y", ENTER, ENTER, typed=before).asked == ["bye"]


def test_the_words_of_a_search_are_shown(before: Typed) -> None:
    seen: list[str] = []
    drive(CTRL_R, "gree", lambda app: seen.append(drawn(app)), typed=before)
    assert "I-search backward: gree" in seen[0]
    assert "Green tea, please" in seen[0]


# Suggestions

QUIET = Preferences(ChatPreferences(suggestions=False))


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        (["how", RIGHT], "how much is it|"),
        (["how", CTRL_E], "how much is it|"),
        (["how", CTRL_F], "how much is it|"),
        (["how", ESCAPE + "f"], "how |"),
        (["how", RIGHT, RIGHT], "how much is it|"),
        (["how", LEFT, RIGHT], "how|"),
        (["how", LEFT, CTRL_E, RIGHT], "how much is it|"),
        (["zebra", RIGHT], "zebra|"),
        (["How", RIGHT], "How|"),
        ([RIGHT], "|"),
        (["how", RIGHT, "?" + ENTER, "how", RIGHT], "how much is it?|"),
        (["오늘 날씨" + ENTER, "오늘", RIGHT], "오늘 날씨|"),
        (["on", RIGHT], "one|"),
    ],
)
def test_suggestions_are_taken(steps: list[Step], left: str, before: Typed) -> None:
    assert line(*steps, typed=before) == left


def test_the_newest_is_suggested(before: Typed) -> None:
    steps = ("how are you" + ENTER, "how", RIGHT)
    assert line(*steps, typed=before) == "how are you|"


@pytest.mark.parametrize("keys", [RIGHT, CTRL_E, CTRL_F])
def test_they_may_be_switched_off(keys: str, before: Typed) -> None:
    assert line("how", keys, typed=before, preferences=QUIET) == "how|"


@pytest.mark.parametrize(("preferences", "shown"), [(Preferences(), True), (QUIET, False)])
def test_they_are_shown_unless_switched_off(
    preferences: Preferences, shown: bool, before: Typed
) -> None:
    seen: list[str] = []
    drive("how", lambda app: seen.append(drawn(app)), typed=before, preferences=preferences)
    assert ("how much is it" in seen[0]) == shown


def test_a_suggestion_that_is_not_taken_is_not_sent(before: Typed) -> None:
    assert drive("how" + ENTER, typed=before).asked == ["how"]


def test_vi_takes_suggestions(before: Typed) -> None:
    assert line("how", RIGHT, typed=before, preferences=VI) == "how much is it|"


# Drafts


def drafted(draft: str, *steps: Step) -> tuple[list[str], list[str]]:
    """What is at the first prompt, given a draft, and what was asked."""
    seen: list[str] = []

    def look(app: Any) -> None:
        document = app.current_buffer.document
        seen.append(f"{document.text_before_cursor}|{document.text_after_cursor}")

    with pytest.MonkeyPatch.context() as patch:
        begin = Talk.__init__

        def begun(self: Talk, *words: Any, **more: Any) -> None:
            begin(self, *words, **more)
            self.draft = draft

        patch.setattr(Talk, "__init__", begun)
        return seen, drive(look, *steps).asked


@pytest.mark.parametrize(
    ("draft", "shown"),
    [
        ("do you sell tea", "do you sell tea|"),
        ("one\ntwo", "one\ntwo|"),
        ("", "|"),
        ("안녕 🍵", "안녕 🍵|"),
        ("a\x1b]52;c;x\x07\u202eb\x00", "a]52;c;xb|"),
        ("/exit", "/exit|"),
    ],
)
def test_a_draft_is_at_the_prompt_once(draft: str, shown: str) -> None:
    seen, asked = drafted(draft, BACKSPACE * 40, "new" + ENTER, "newer" + ENTER)
    assert seen == [shown]
    assert asked == ["new", "newer"]


def test_a_draft_is_sent_by_enter() -> None:
    assert drafted("do you sell tea", ENTER)[1] == ["do you sell tea"]
    assert drafted("do you sell tea", "?", ENTER)[1] == ["do you sell tea?"]
    assert drafted("do you sell tea", CTRL_C, "hello" + ENTER)[1] == ["hello"]


# Questions of ours


@pytest.mark.parametrize(
    ("keys", "gone"),
    [("y", True), ("Y", True), ("n", False), ("N", False), ("xy", True), ("xn", False)],
)
def test_a_question_of_ours_is_answered_by_one_key(keys: str, gone: bool, kept: Sessions) -> None:
    id = kept.start("bot").id
    driven = drive(f"/delete {id}{ENTER}", keys, "hello" + ENTER, sessions=kept)
    assert (kept.listed() == []) == gone
    assert driven.asked == ["hello"]


@pytest.mark.parametrize("key", [CTRL_C, CTRL_D])
def test_a_question_of_ours_that_is_left_means_no(key: str, kept: Sessions) -> None:
    id = kept.start("bot").id
    driven = drive(f"/delete {id}{ENTER}", key, sessions=kept)
    assert [each.id for each in kept.listed()] == [id]
    assert "Deleted" not in driven.shown


# The bar


@pytest.mark.parametrize("wanted", [True, False])
def test_the_bar_is_shown_unless_switched_off(wanted: bool) -> None:
    seen: list[str] = []
    preferences = Preferences(ChatPreferences(toolbar=wanted))
    drive("hi", lambda app: seen.append(drawn(app)), preferences=preferences)
    assert seen[0].startswith("you> hi")
    assert ("loading ..." in seen[0]) == wanted


def test_the_bar_tells_once_the_bot_is_there() -> None:
    seen: list[str] = []
    loading = FakeLoading()

    def arrive(app: Any) -> None:
        seen.append(drawn(app).splitlines()[-1])
        loading.ready = True
        loading.done()

    def there(app: Any) -> bool | None:
        bar = drawn(app).splitlines()[-1]
        if "loading" in bar:
            return False
        seen.append(bar)
        return None

    drive(arrive, there, loading=loading)
    assert [bar.split() for bar in seen] == [
        ["tiny", "loading", "..."],
        ["tiny", "greedy", "temperature", "0.7", "seed", "new", "not", "kept"],
    ]


# Plain lines


class Lines:
    """Stands for `input`."""

    def __init__(self, *lines: str):
        self.left = list(lines)
        self.prompts: list[str] = []

    def __call__(self, prompt: str) -> str:
        self.prompts.append(prompt)
        if not self.left:
            raise EOFError
        line = self.left.pop(0)
        if line == CTRL_C:
            raise KeyboardInterrupt
        return line


def plain(monkeypatch: pytest.MonkeyPatch, lines: Lines, **more: Any) -> tuple[str, list[str]]:
    """What a chat of plain lines shows, and what it asks the bot."""
    monkeypatch.setattr(builtins, "input", lines)
    out, loading = io.StringIO(), FakeLoading()
    draft = more.pop("draft", "")
    talk = Talk(loading, {}, display=Display(out, marks=False), **more)  # type: ignore[arg-type]
    talk.draft = draft
    prompt = LinePrompt(talk)
    talk.confirmed = prompt.confirm
    TerminalChat(talk, prompt).run()
    assert loading.starts
    return out.getvalue(), [question for question, _ in loading.bot.asked]


def test_plain_lines_are_answered_and_nothing_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = Lines("hello", "", "/set", "//x", "a\x1bb")
    shown, asked = plain(monkeypatch, lines)
    assert asked == ["hello", "/x", "ab"]
    assert lines.prompts == ["you> "] * 6
    assert "\x1b" not in shown


def test_plain_lines_tell_a_draft(monkeypatch: pytest.MonkeyPatch) -> None:
    shown, asked = plain(monkeypatch, Lines("hello"), draft="tea?\x1b[31m")
    assert "Not sent yet: tea?[31m\n" in shown
    assert asked == ["hello"]


def test_plain_lines_are_left_with_ctrl_c_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    shown, asked = plain(monkeypatch, Lines(CTRL_C, "a", CTRL_C, CTRL_C, "never"))
    assert asked == ["a"]
    assert shown.count("(Ctrl-C again to leave)") == 2


def test_plain_lines_are_kept_for_the_next_chat(
    monkeypatch: pytest.MonkeyPatch, before: Typed
) -> None:
    plain(monkeypatch, Lines("hello", "  ", "a\x1bb"), typed=before)
    assert [*Typed(before.path).load_history_strings()][:3] == ["ab", "hello", "bye"]


@pytest.mark.parametrize(
    ("answer", "sure"), [("y", True), (" YES ", True), ("", False), ("n", False), ("yeah", False)]
)
def test_a_plain_question_means_no_unless_it_is_yes(
    monkeypatch: pytest.MonkeyPatch, kept: Sessions, answer: str, sure: bool
) -> None:
    lines = Lines(f"/delete {kept.start('bot').id}", answer)
    plain(monkeypatch, lines, sessions=kept)
    assert (kept.listed() == []) == sure
    assert lines.prompts[1] == "Delete it for good? (y/N) "


@pytest.mark.parametrize(
    ("term", "wanted", "result"),
    [
        ("xterm", False, False),
        ("xterm", True, True),
        ("dumb", False, True),
        (None, False, True),
        ("screen-256color", False, False),
    ],
)
def test_where_lines_are_plain(
    monkeypatch: pytest.MonkeyPatch, term: str | None, wanted: bool, result: bool
) -> None:
    if term is None:
        monkeypatch.delenv("TERM", raising=False)
    else:
        monkeypatch.setenv("TERM", term)
    talk = Talk(FakeLoading(), {})  # type: ignore[arg-type]
    talk.preferences = Preferences(ChatPreferences(plain=wanted))
    assert is_plain(talk) == result
