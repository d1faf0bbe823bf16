"""The chat on a terminal, driven by keys."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from shell import Shell

from dialog_s2s import Bot
from dialog_s2s.config import GenerationConfig, with_settings
from dialog_s2s.errors import BundleError, UsageError
from dialog_s2s.interfaces import terminal as module
from dialog_s2s.interfaces.terminal import COMMANDS, LoadingBot, TerminalChat, parse_settings

CTRL_C, CTRL_D, ENTER = "\x03", "\x04", "\r"


class FakeConversation:
    """Says back what it is asked, and keeps what was done to it."""

    def __init__(self) -> None:
        self.bot = self
        self.asked: list[tuple[str, dict[str, object]]] = []
        self.done: list[str] = []
        self.interrupts = False

    def settings(self, **changes: object) -> object:
        return with_settings(GenerationConfig(), changes)

    def stream(self, question: str, **settings: object) -> Iterator[str]:
        self.asked.append((question, settings))
        yield "You said\x1b[31m "
        if self.interrupts:
            raise KeyboardInterrupt
        yield f"{question}."

    def undo(self) -> str | None:
        self.done.append("undo")
        return self.asked.pop()[0] if self.asked else None

    def reset(self) -> None:
        self.done.append("reset")
        self.asked.clear()

    def conversation(self) -> FakeConversation:
        return self


class FakeLoading:
    """A bot that is there at once."""

    path = Path("some/tiny")

    def __init__(self) -> None:
        self.bot = FakeConversation()
        self.starts = 0

    def start(self) -> None:
        self.starts += 1

    def get(self) -> FakeConversation:
        return self.bot


def typed(*keys: str, loading: FakeLoading | None = None) -> tuple[str, FakeLoading]:
    """What is written after these keys; Ctrl-D ends what they leave open."""
    loading = loading or FakeLoading()
    out = io.StringIO()
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        pipe.send_text("".join(keys) + CTRL_D)
        TerminalChat(loading, {"seed": "1"}, out).run()  # type: ignore[arg-type]
    return out.getvalue(), loading


def questions(loading: FakeLoading) -> list[str]:
    return [question for question, _ in loading.bot.asked]


def test_a_question_is_answered() -> None:
    shown, loading = typed("hello there", ENTER)
    assert shown.startswith("Chatting with tiny.")
    assert shown.endswith("bot> You said[31m hello there.\n")
    assert loading.bot.asked == [("hello there", {"seed": "1"})]
    assert loading.starts


def test_what_is_typed_is_cleaned_and_nothing_is_not_asked() -> None:
    shown, loading = typed("  ", ENTER, ENTER, " hi\u202e ", ENTER)
    assert questions(loading) == ["hi"]
    assert shown.count("bot>") == 1


@pytest.mark.parametrize(
    ("wrong", "near"), [("/rest", "/reset"), ("/unod", "/undo"), ("/quit", "/exit"), ("/", "/")]
)
def test_a_mistyped_command_is_not_sent(wrong: str, near: str) -> None:
    shown, loading = typed(wrong, ENTER)
    assert f"Unknown command {wrong}; did you mean {near}" in shown
    assert loading.bot.asked == loading.bot.done == []


@pytest.mark.parametrize(("line", "sent"), [("//x", "/x"), ("//", "/"), ("///x y", "//x y")])
def test_two_slashes_send_one(line: str, sent: str) -> None:
    shown, loading = typed(line, ENTER)
    assert questions(loading) == [sent]
    assert "Unknown" not in shown


def test_undo_and_reset() -> None:
    shown, loading = typed("a", ENTER, "/undo", ENTER, "/undo", ENTER, "b", ENTER, "/reset", ENTER)
    assert "Took back: a\n" in shown
    assert "Nothing to undo.\n" in shown
    assert shown.endswith("Forgotten.\n")
    assert loading.bot.done == ["undo", "undo", "reset"]


def test_set() -> None:
    shown, loading = typed(
        "/set method=sample temperature=0.9", ENTER, "a", ENTER, "/set top_k=5", ENTER, "b", ENTER
    )
    first = {"seed": "1", "method": "sample", "temperature": "0.9"}
    assert loading.bot.asked == [("a", first), ("b", {**first, "top_k": "5"})]
    assert "seed=1 method=sample temperature=0.9 top_k=5\n" in shown


@pytest.mark.parametrize(
    ("words", "reason"),
    [("temperatur=1", "did you mean 'temperature'"), ("beam", "name=value"), ("beam=0", "from 1")],
)
def test_a_wrong_setting_changes_nothing(words: str, reason: str) -> None:
    shown, loading = typed(f"/set top_k=3 {words}", ENTER, "a", ENTER)
    assert reason in shown
    assert loading.bot.asked == [("a", {"seed": "1"})]


def test_help_lists_every_command() -> None:
    shown, _ = typed("/help", ENTER)
    assert all(command in shown for command in COMMANDS)


def test_exit_leaves() -> None:
    shown, loading = typed("/exit", ENTER, "never asked", ENTER)
    assert loading.bot.asked == []
    assert shown.count("\n") == 1


def test_ctrl_c_twice_leaves_and_once_stays() -> None:
    shown, loading = typed(CTRL_C, CTRL_C, "never asked", ENTER)
    assert loading.bot.asked == []
    assert shown.count("(Ctrl-C again to leave)") == 1
    shown, loading = typed(CTRL_C, "a", ENTER, CTRL_C, "b", ENTER)
    assert questions(loading) == ["a", "b"]
    assert shown.count("(Ctrl-C again to leave)") == 2


def test_ctrl_d_leaves() -> None:
    shown, loading = typed(CTRL_D, "never asked", ENTER)
    assert loading.bot.asked == []
    assert shown.count("\n") == 1


def test_ctrl_c_stops_a_reply_and_the_chat_goes_on() -> None:
    loading = FakeLoading()
    loading.bot.interrupts = True
    shown, _ = typed("a", ENTER, "b", ENTER, loading=loading)
    assert questions(loading) == ["a", "b"]
    assert shown.count("(stopped)\n") == 2
    assert "said[31m a." not in shown


def test_piped_input_has_no_prompt(shell: Shell, tiny_bundle: Path, monkeypatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(module, "PromptSession", never)
    code, out, err = shell("chat", tiny_bundle, stdin="hello\n")
    assert (code, err) == (0, "")
    assert out.count("\n") == 1


def test_a_terminal_has_one(tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    runs = []
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setattr(module, "PromptSession", lambda **_: None)
    monkeypatch.setattr(TerminalChat, "run", lambda self: runs.append(self.settings))
    module.chat(tiny_bundle, {"seed": "3"})
    assert runs == [{"seed": "3"}]
    with pytest.raises(UsageError):
        module.chat(tiny_bundle, {"sed": "3"})
    with pytest.raises(BundleError):
        module.chat(tiny_bundle / "none", {})
    assert len(runs) == 1


def test_loading_happens_once_and_gives_the_bot(tiny_bundle: Path) -> None:
    loading = LoadingBot(tiny_bundle)
    loading.start()
    loading.start()
    assert isinstance(loading.get(), Bot)
    assert loading.get() is loading.get()


def test_loading_raises_what_went_wrong(tmp_path: Path) -> None:
    loading = LoadingBot(tmp_path / "none")
    for _ in range(2):
        with pytest.raises(BundleError, match="there is no bot here"):
            loading.get()


def test_parse_settings() -> None:
    assert parse_settings(["a=1", "b=x=y", "c="]) == {"a": "1", "b": "x=y", "c": ""}
    for word in ("a", "", "=1"):
        with pytest.raises(UsageError, match="name=value"):
            parse_settings([word])
