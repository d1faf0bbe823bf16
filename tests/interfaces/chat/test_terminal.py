"""The chat on a terminal, driven by keys."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from chat_fakes import FakeLoading
from shell import CTRL_C, CTRL_D, ENTER, Shell, typed
from tiny import FOLLOW_UPS, REPLIES, SUNDAY

from dialog_s2s.dialogue.sessions import Sessions, default_path
from dialog_s2s.errors import BundleError, DataError, DiskError, UsageError
from dialog_s2s.interfaces.chat import opening as module
from dialog_s2s.interfaces.chat.loading import LoadingBot
from dialog_s2s.interfaces.chat.talk import HINT, Talk
from dialog_s2s.interfaces.chat.terminal import TerminalChat


def chatted(*keys: str, loading: FakeLoading | None = None) -> tuple[str, FakeLoading]:
    """What is written after these keys, and the bot that was asked."""
    loading = loading or FakeLoading()
    return typed(loading, *keys, settings={"seed": "1"}), loading


def questions(loading: FakeLoading) -> list[str]:
    return [question for question, _ in loading.bot.asked]


def no_starter() -> Path:
    raise AssertionError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Talk]:
    """Begins a chat on a terminal, which ends at once; what it was about."""
    found: list[Talk] = []
    monkeypatch.setattr(module, "FullPrompt", lambda *_: SimpleNamespace(confirm=None))
    monkeypatch.setattr(TerminalChat, "run", lambda self, _: found.append(self.talk))
    monkeypatch.setenv("TERM", "xterm")

    def begin(bundle: Path, settings: dict[str, object], **more: Any) -> Talk:
        with monkeypatch.context() as patch:  # for as long as the call: pytest sets them anew
            patch.setattr(sys, "stdin", Terminal())
            patch.setattr(sys, "stdout", Terminal())
            assert module.chat(str(bundle), no_starter, module.Wanted(settings, **more))
        return found.pop()

    return begin


def test_a_question_is_answered() -> None:
    shown, loading = chatted("hello there", ENTER)
    assert shown.startswith("Chatting with tiny.")
    assert shown.endswith("bot> You said[31m hello there.\n")
    assert loading.bot.asked == [("hello there", {"seed": "1"})]
    assert loading.starts


def test_what_is_typed_is_cleaned_and_nothing_is_not_asked() -> None:
    shown, loading = chatted("  ", ENTER, ENTER, " hi\u202e ", ENTER)
    assert questions(loading) == ["hi"]
    assert shown.count("bot>") == 1


@pytest.mark.parametrize(("line", "sent"), [("//x", "/x"), ("//", "/"), ("///x y", "//x y")])
def test_two_slashes_send_one(line: str, sent: str) -> None:
    shown, loading = chatted(line, ENTER)
    assert questions(loading) == [sent]
    assert "Unknown" not in shown


def test_exit_leaves() -> None:
    shown, loading = chatted("/exit", ENTER, "never asked", ENTER)
    assert loading.bot.asked == []
    assert shown.count("\n") == 1


def test_ctrl_c_twice_leaves_and_once_stays() -> None:
    shown, loading = chatted(CTRL_C, CTRL_C, "never asked", ENTER)
    assert loading.bot.asked == []
    assert shown.count("(Ctrl-C again to leave)") == 1
    shown, loading = chatted(CTRL_C, "a", ENTER, CTRL_C, "b", ENTER)
    assert questions(loading) == ["a", "b"]
    assert shown.count("(Ctrl-C again to leave)") == 2


def test_ctrl_d_leaves() -> None:
    shown, loading = chatted(CTRL_D, "never asked", ENTER)
    assert loading.bot.asked == []
    assert shown.count("\n") == 1


def test_ctrl_c_stops_a_reply_and_the_chat_goes_on() -> None:
    loading = FakeLoading()
    loading.bot.interrupts = True
    shown, _ = chatted("a", ENTER, "b", ENTER, loading=loading)
    assert questions(loading) == ["a", "b"]
    assert shown.count("(stopped)\n") == 2
    assert "said[31m a." not in shown


def test_piped_input_has_no_prompt(shell: Shell, tiny_bundle: Path, monkeypatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(module, "FullPrompt", never)
    monkeypatch.setattr(module, "LinePrompt", never)
    code, out, err = shell("chat", tiny_bundle, stdin="hello\n")
    assert (code, err) == (0, "")
    assert out.count("\n") == 1


def test_what_goes_wrong_is_told_and_the_chat_goes_on() -> None:
    loading = FakeLoading()
    loading.bot.fails = DiskError("sessions.db: there is no space\x1b left; free some")
    shown, _ = chatted("a", ENTER, "b", ENTER, loading=loading)
    assert questions(loading) == ["a", "b"]
    assert shown.count("bot> \nsessions.db: there is no space left; free some\n") == 2


def test_without_a_bot_the_chat_ends(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="there is no bot here"):
        typed(LoadingBot(tmp_path / "none"), "a", ENTER, "b", ENTER)


def test_a_line_for_each_question_and_nothing_is_kept(shell: Shell, tiny_bundle: Path) -> None:
    asked = "do you repair bicycles\n\n자전거도 고치나요\n"
    code, out, err = shell("chat", tiny_bundle, "--set", "threshold=1", stdin=asked)
    first, empty, second = out.splitlines()
    assert (code, empty, err) == (0, "", "")
    assert first.startswith("I don't know")
    assert second.startswith("그건 아직 몰라요.")
    assert not default_path().exists()


def test_the_hint_comes_once(own: LoadingBot) -> None:
    keys = ("hello", ENTER, "do you repair bicycles", ENTER, "why do elephants swim", ENTER)
    sure: dict[str, object] = {"threshold": "1"}
    shown = typed(own, *keys, settings=sure)
    assert shown.count("I don't know") == 2
    assert shown.count(HINT) == 1
    assert f"bot> I don't know that yet.\n  {HINT}\n" in shown


def test_a_chat_is_kept_and_gone_on_with(own: LoadingBot, kept: Sessions) -> None:
    opening = "when do you open"
    shown = typed(own, opening, ENTER, sessions=kept)
    (session,) = kept.listed()
    assert shown.splitlines()[-1].endswith(f"own bot' --resume {session.id}")
    assert [turn.text for turn in kept.turns(session.id)] == [opening, REPLIES[opening]]

    shown = typed(own, SUNDAY, ENTER, sessions=kept, resume=session.id)
    before, after = shown.split(f"Going on with {session.id}.\n")
    assert before.splitlines()[1:] == [f"  1 you> {opening}", f"    bot> {REPLIES[opening]}"]
    assert after.startswith(f"bot> {FOLLOW_UPS[opening]}\n")
    assert [each.turns for each in kept.listed()] == [4]


def test_a_chat_without_a_word_is_not_kept(own: LoadingBot, kept: Sessions) -> None:
    assert typed(own, "hello", ENTER, "/undo", ENTER, sessions=kept).endswith("Took back: hello\n")
    assert typed(own, sessions=kept).count("\n") == 1
    assert kept.listed() == []


def test_on_a_terminal_it_is_kept(tiny_bundle: Path, begun: Callable[..., Talk]) -> None:
    talk = begun(tiny_bundle, {"seed": "3"})
    assert talk.settings == {"seed": "3"}
    assert talk.kept.path == default_path()
    assert talk.session is None
    with Sessions.open() as sessions:
        id = sessions.start("bot").id
    assert begun(tiny_bundle, {}, resume=id[-4:]).session == id
    assert begun(tiny_bundle, {}, keep=False).sessions is None


def test_what_is_wrong_is_known_before_the_prompt(
    tiny_bundle: Path, begun: Callable[..., Talk]
) -> None:
    with pytest.raises(UsageError, match="'seed'"):
        begun(tiny_bundle, {"sed": "3"})
    with pytest.raises(BundleError):
        begun(tiny_bundle / "none", {})
    with pytest.raises(UsageError, match="no conversation 'x'"):
        begun(tiny_bundle, {}, resume="x")


def test_a_store_that_cannot_be_opened(
    tiny_bundle: Path, begun: Callable[..., Talk], capsys: pytest.CaptureFixture[str]
) -> None:
    default_path().parent.mkdir(parents=True)
    default_path().write_bytes(b"not a database" * 100)
    assert begun(tiny_bundle, {}).sessions is None
    err = capsys.readouterr().err
    assert err.startswith(f"dialog-s2s: this chat is not kept: {default_path()}: ")
    assert err.count("\n") == 1
    with pytest.raises(DataError, match=r"sessions\.db"):
        begun(tiny_bundle, {}, resume="x")
