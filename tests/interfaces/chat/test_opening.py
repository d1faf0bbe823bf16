"""A chat begun: questions of the command line, piped ones, and what the user prefers."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from shell import Shell
from tiny import FOLLOW_UPS, REPLIES, SUNDAY

from dialog_s2s.config import GenerationConfig, with_settings
from dialog_s2s.dialogue.reply import Evidence, Reply
from dialog_s2s.dialogue.sessions import Sessions, default_path
from dialog_s2s.errors import BundleError, ConfigError
from dialog_s2s.interfaces.chat import opening as module
from dialog_s2s.interfaces.chat import preferences, typed
from dialog_s2s.interfaces.chat import prompt as prompts
from dialog_s2s.interfaces.chat.prompt import LinePrompt
from dialog_s2s.interfaces.chat.talk import Talk
from dialog_s2s.interfaces.chat.terminal import TerminalChat
from dialog_s2s.text.turns import Role, Turn

KEYS = ("question", "reply", "source", "confidence", "evidence", "milliseconds", "finish", "seed")


class Echo:
    """A bot, and its only conversation, that says what it was asked."""

    path = Path("bots/echo")
    error = last = session = None
    turns = ()

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, object]]] = []
        self.paths: list[Path] = []
        self.begun = 0

    def get(self) -> Echo:
        return self

    def conversation(self, **_: object) -> Echo:
        self.begun += 1
        return self

    def settings(self, **changes: object) -> GenerationConfig:
        return with_settings(GenerationConfig(), changes)

    def reply(self, question: str, **settings: object) -> Reply:
        self.asked.append((question, settings))
        near = (Evidence("near", "answer", "file:1", 0.5, 1),)
        asked = (Turn(Role.USER, question),)
        settings_ = GenerationConfig()
        return Reply(
            f"You said {question}.", "exact", 0.5, near, "stop", 7, 1.5, asked, 1, settings_
        )

    @property
    def questions(self) -> list[str]:
        return [question for question, _ in self.asked]


class Terminal(io.StringIO):
    """Stands for a terminal; piped input has no such thing."""

    def __init__(self, raw: bytes = b""):
        super().__init__()
        self.buffer = io.BytesIO(raw)

    def isatty(self) -> bool:
        return True


def never(*_: object, **__: object) -> Any:
    raise AssertionError


@pytest.fixture
def echo(monkeypatch: pytest.MonkeyPatch) -> Echo:
    """Answers in the place of any bundle, where there is no prompt."""
    bot = Echo()
    monkeypatch.setattr(module, "LoadingBot", lambda path: bot.paths.append(path) or bot)
    monkeypatch.setattr(module, "open_bundle", lambda _: None)
    monkeypatch.setattr(prompts, "PromptSession", never)
    monkeypatch.setattr(prompts, "input", never, raising=False)
    return bot


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Talk]:
    """Begins a chat on a terminal, which ends at once; what it was about."""
    found: list[tuple[Talk, Any, list[str]]] = []
    monkeypatch.setattr(module, "FullPrompt", lambda *_: SimpleNamespace(confirm=None))
    monkeypatch.setattr(
        TerminalChat, "run", lambda self, asked: found.append((self.talk, self.prompt, [*asked]))
    )
    monkeypatch.setenv("TERM", "xterm")

    def begin(bundle: Path | None, starter: Callable[[], Path] = never, **more: Any) -> Talk:
        with monkeypatch.context() as patch:  # for as long as the call: pytest sets them anew
            patch.setattr(sys, "stdin", Terminal())
            patch.setattr(sys, "stdout", Terminal())
            wanted = module.Wanted(**{"settings": {}, **more})
            assert module.chat(str(bundle) if bundle else None, starter, wanted)
        talk, talk.prompt, talk.asked = found.pop()
        return talk

    return begin


def prefer(text: str) -> Path:
    place = preferences.default_path()
    place.parent.mkdir(parents=True)
    place.write_text(text, encoding="utf-8")
    return place


# Questions of the command line


def test_questions_are_one_conversation(shell: Shell, echo: Echo) -> None:
    assert shell("chat", "bot", "-q", "a", "--question", "b", "-q", "a", stdin="never read\n") == (
        0,
        "You said a.\nYou said b.\nYou said a.\n",
        "",
    )
    assert echo.questions == ["a", "b", "a"]
    assert echo.begun == 1
    assert echo.paths == [Path("bot")]


def test_after_questions_the_chat_may_go_on(shell: Shell, echo: Echo) -> None:
    code, out, err = shell("chat", "bot", "-q", "a", "-i", stdin="b\n/c\n")
    assert (code, out, err) == (0, "You said a.\nYou said b.\nYou said /c.\n", "")
    assert echo.begun == 1


def test_a_question_of_the_command_line_may_be_a_command(shell: Shell, echo: Echo) -> None:
    code, out, err = shell("chat", "bot", "-q", "/set seed=3", "-q", "//set", "-q", "/help undo")
    assert (code, err) == (0, "")
    assert out.startswith("seed=3\nYou said /set.\n/undo [N]\n")
    assert echo.asked == [("/set", {"seed": "3"})]


def test_a_command_may_leave(shell: Shell, echo: Echo) -> None:
    assert shell("chat", "bot", "-q", "a", "-q", "/exit", "-q", "b", "-i", stdin="c\n") == (
        0,
        "You said a.\n",
        "",
    )


def test_a_command_that_fails_ends_it(shell: Shell, echo: Echo) -> None:
    code, out, err = shell("chat", "bot", "-q", "a", "-q", "/show nothing", "-q", "b")
    assert (code, out) == (2, "You said a.\n")
    assert err.startswith("dialog-s2s: /show takes one of ")
    assert err.count("\n") == 1
    assert echo.questions == ["a"]


def test_questions_are_cleaned(shell: Shell, echo: Echo) -> None:
    code, out, _ = shell("chat", "bot", "-q", " a\x1b[31m\u202eb\n ", "-q", "")
    assert (code, out) == (0, "You said a[31mb.\n\n")


@pytest.mark.parametrize(("expected", "code"), [("hello", 0), ("something else", 1)])
def test_a_suite_is_run(
    shell: Shell, tiny_bundle: Path, tmp_path: Path, expected: str, code: int
) -> None:
    suite = tmp_path / "my.suite.yaml"
    wanted = REPLIES.get(expected, expected)
    suite.write_text(
        f'cases: [{{ask: bye, expect: "{REPLIES["bye"]}"}}, {{ask: hello, expect: "{wanted}"}}]'
    )
    ended, out, err = shell("chat", tiny_bundle, "-q", f"/test {suite}", "-q", "hello")
    assert (ended, err) == (code, "")
    lines = out.splitlines()
    assert lines[0] == "1/2 ok   bye"
    assert lines[1] == ("2/2 FAIL hello" if code else "2/2 ok   hello")
    assert lines[-2:] == [f"{2 - code} of 2 cases passed.", REPLIES["hello"]]
    assert (f"wanted {expected!r}" in out.replace('"', "'")) == bool(code)


# Line by line


def test_every_piped_line_is_a_question(shell: Shell, echo: Echo) -> None:
    code, out, err = shell("chat", "bot", stdin="/exit\n//a\n/help\n  b \n/undo")
    said = ["/exit", "//a", "/help", "b", "/undo"]
    assert (code, err) == (0, "")
    assert out == "".join(f"You said {line}.\n" for line in said)
    assert echo.questions == said


def test_an_empty_line_has_an_empty_reply(shell: Shell, echo: Echo) -> None:
    assert shell("chat", "bot", stdin="\na\n \n\r\n")[1] == "\nYou said a.\n\n\n"
    assert shell("chat", "bot", "--json", stdin="\n \n") == (0, "", "")
    assert shell("chat", "bot", stdin="") == (0, "", "")


def test_json_is_an_object_a_line(shell: Shell, echo: Echo) -> None:
    words = ("--json", "-q", "q", "-i", "--set", "seed=7")
    code, out, err = shell("chat", "bot", *words, stdin="a\n\n가\n/b\n")
    assert (code, err) == (0, "")
    found = [json.loads(line) for line in out.splitlines()]
    assert [each["question"] for each in found] == ["q", "a", "가", "/b"]
    assert "가" in out
    wanted = echo.reply("a").tree()
    assert tuple(wanted) == KEYS
    assert [tuple(each) for each in found] == [KEYS] * 4
    assert found[1] == wanted
    assert echo.asked[0] == ("q", {"seed": "7"})


@pytest.mark.parametrize("which", ["stdin", "stdout", "json"])
def test_without_a_terminal_on_both_sides_there_is_no_prompt(
    echo: Echo, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    out = io.StringIO() if which == "stdout" else Terminal()
    stdin = io.TextIOWrapper(io.BytesIO(b"a\n")) if which == "stdin" else Terminal(b"a\n")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdin", stdin)
        patch.setattr(sys, "stdout", out)
        assert module.chat("bot", never, module.Wanted({}, as_json=which == "json"))
    assert out.getvalue().count("\n") == 1
    assert "You said a." in out.getvalue()
    assert "\x1b" not in out.getvalue()
    assert not default_path().parent.exists()


def test_questions_on_a_terminal_have_no_prompt_either(
    echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdin", Terminal(b"never read"))
        patch.setattr(sys, "stdout", out := Terminal())
        assert module.chat("bot", never, module.Wanted({}, questions=["a"]))
    assert out.getvalue() == "You said a.\n"


def test_the_starter_bot_answers_where_none_is_named(echo: Echo, shell: Shell) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dialog_s2s.interfaces.command.starter_bot", lambda: Path("the starter"))
        prefer("chat: {bot: another}")  # which scripts do not heed
        assert shell("chat", stdin="a\n") == (0, "You said a.\n", "")
    assert echo.paths == [Path("the starter")]


def test_a_piped_chat_goes_on_and_is_kept(shell: Shell, tiny_bundle: Path) -> None:
    asked = "when do you open"
    with Sessions.open() as sessions:
        id = sessions.start(str(tiny_bundle)).id
    words = ("chat", tiny_bundle, "--resume", id[-4:])
    assert shell(*words, stdin=f"{asked}\n") == (0, f"{REPLIES[asked]}\n", "")
    assert shell(*words, "-q", SUNDAY) == (0, f"{FOLLOW_UPS[asked]}\n", "")
    assert shell("chat", tiny_bundle, stdin="hello\n")[0] == 0
    with Sessions.open() as sessions:
        (session,) = sessions.listed()
        said = [turn.text for turn in sessions.turns(session.id)]
    assert said == [asked, REPLIES[asked], SUNDAY, FOLLOW_UPS[asked]]
    assert not typed.default_path().exists()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--loud"], 2, "unrecognized arguments: --loud"),
        (["--resume", "x", "--no-save"], 2, "not allowed with"),
        (["-q"], 2, "expected one argument"),
        (["--set", "sed=3"], 2, "did you mean 'seed'?"),
        (["--set", "seed"], 2, "is not name=value"),
        (["--set", "temperature=-1"], 2, "temperature: must be a number"),
        ([], 3, "there is no bot here"),
        (["-q", "hello"], 3, "there is no bot here"),
    ],
    ids=str,
)
def test_what_is_wrong_is_told_on_stderr(
    shell: Shell, tmp_path: Path, words: list[str], code: int, told: str
) -> None:
    found, out, err = shell("chat", tmp_path / "none", *words, stdin="hello\n")
    assert (found, out) == (code, "")
    assert told in err
    assert "Traceback" not in err


def test_no_conversation_to_go_on_with(shell: Shell, echo: Echo) -> None:
    code, out, err = shell("chat", "bot", "--resume", "x", stdin="hello\n")
    assert (code, out) == (2, "")
    assert "no conversation 'x'" in err
    assert echo.asked == []


def test_without_a_bot_nothing_is_a_failure_too(shell: Shell, tmp_path: Path) -> None:
    for words in ((), ("-q", "/help")):
        code, out, err = shell("chat", tmp_path / "none", *words, stdin="")
        assert (code, out) == (3, "")
        assert "there is no bot here" in err


# What the user prefers

BROKEN = "chat: {them: dark, typed: -1}\ngeneration: {beam: many}\nother: {}\n"


def test_a_broken_file_is_known_before_the_prompt(begun: Callable[..., Talk]) -> None:
    place = prefer(BROKEN)
    with pytest.raises(ConfigError) as caught:
        begun(Path("bot"))
    lines = str(caught.value).splitlines()
    assert all(line.startswith(f"{place}: ") for line in lines)
    mistakes = [line.removeprefix(f"{place}: ") for line in lines]
    wrong = ["chat.them: ", "chat.typed: ", "generation.beam: ", "unknown section 'other'"]
    assert len(mistakes) == len(wrong)
    assert all(map(str.startswith, mistakes, wrong))
    assert caught.value.exit_code == 2


def test_scripts_do_not_heed_it(shell: Shell, echo: Echo) -> None:
    prefer(BROKEN)
    assert shell("chat", "bot", stdin="a\n") == (0, "You said a.\n", "")
    assert shell("chat", "bot", "-q", "a") == (0, "You said a.\n", "")
    assert echo.asked == [("a", {})] * 2


def test_the_preferred_bot_answers(begun: Callable[..., Talk], tiny_bundle: Path) -> None:
    prefer(f"chat: {{bot: {tiny_bundle}}}")
    assert begun(None).loading.path == tiny_bundle
    with pytest.raises(BundleError):
        begun(tiny_bundle / "none")  # the one that is named counts


def test_without_a_preferred_bot_it_is_the_starter(
    begun: Callable[..., Talk], tiny_bundle: Path
) -> None:
    assert begun(None, lambda: tiny_bundle).loading.path == tiny_bundle


def test_a_preferred_bot_may_be_in_the_home_folder(
    begun: Callable[..., Talk], tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tiny_bundle.parent))
    prefer(f"chat: {{bot: ~/{tiny_bundle.name}}}")
    assert begun(None).loading.path == tiny_bundle


def test_preferred_settings_hold_unless_others_are_given(
    begun: Callable[..., Talk], tiny_bundle: Path
) -> None:
    prefer("generation: {beam: 2, temperature: 0.5}\nchat: {marks: false, wrap: false}")
    talk = begun(tiny_bundle, settings={"beam": "3"})
    now = with_settings(GenerationConfig(), talk.settings)
    assert (now.beam, now.temperature) == (3, 0.5)
    assert (talk.display.marks, talk.display.wrap, talk.display.stream) == (False, False, True)


@pytest.mark.parametrize(
    ("text", "wanted", "plain"),
    [
        ("", {}, False),
        ("chat: {plain: true}", {}, True),
        ("", {"plain": True}, True),
        ("chat: {plain: false}", {"plain": True}, True),
    ],
)
def test_plain(
    begun: Callable[..., Talk], tiny_bundle: Path, text: str, wanted: Any, plain: bool
) -> None:
    prefer(text)
    talk = begun(tiny_bundle, **wanted)
    assert isinstance(talk.prompt, LinePrompt) == plain
    assert bool(talk.display.theme.styles) != plain


def test_a_dumb_terminal_is_plain(
    begun: Callable[..., Talk], tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    talk = begun(tiny_bundle)
    assert isinstance(talk.prompt, LinePrompt)
    assert talk.display.theme.styles == {}


@pytest.mark.parametrize(
    ("text", "wanted"), [("", {"keep": False}), ("chat: {keep: false}", {})], ids=["word", "file"]
)
def test_nothing_may_be_kept(
    begun: Callable[..., Talk], tiny_bundle: Path, text: str, wanted: dict[str, Any]
) -> None:
    prefer(text)
    talk = begun(tiny_bundle, **wanted)
    assert (talk.sessions, talk.typed) == (None, None)
    assert not default_path().parent.exists()


def test_what_is_gone_on_with_is_kept_all_the_same(
    begun: Callable[..., Talk], tiny_bundle: Path
) -> None:
    prefer("chat: {keep: false}")
    with Sessions.open() as sessions:
        id = sessions.start("bot").id
    assert begun(tiny_bundle, resume=id).session == id


def test_questions_are_asked_on_the_terminal_before_it_goes_on(
    begun: Callable[..., Talk], tiny_bundle: Path
) -> None:
    assert begun(tiny_bundle, questions=["a", "/b"], stay=True).asked == ["a", "/b"]
