"""Lines that begin with a slash: found, mistyped, and those about the chat itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from shell import CTRL_C, ENTER, typed
from tiny import REPLIES

from dialog_s2s.dialogue.conversation import Conversation
from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.interfaces.chat.commands import ALIASES, COMMANDS, GROUPS
from dialog_s2s.interfaces.chat.loading import LoadingBot


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Path) -> LoadingBot:
    """The bot, which no test here teaches."""
    return LoadingBot(tiny_bundle)


@pytest.fixture(scope="module")
def worn(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> LoadingBot:
    """A bot that any test here may teach, so that it knows what others taught."""
    place = tmp_path_factory.mktemp("worn") / "bot"
    return LoadingBot(Path(shutil.copytree(tiny_bundle, place)))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that a command may write are written to a folder of the test."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What /save opens is closed in the end."""
    begin, opened = Sessions.open, []

    def opens(path: Path | None = None) -> Sessions:
        opened.append(begin(path))
        return opened[-1]

    monkeypatch.setattr(Sessions, "open", opens)
    yield
    for each in opened:
        each.close()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions that reach the conversation."""
    stream, found = Conversation.stream, []

    def streams(self: Conversation, question: str, **settings: object) -> Iterator[str]:
        found.append(question)
        return (yield from stream(self, question, **settings))

    monkeypatch.setattr(Conversation, "stream", streams)
    return found


def pasted(text: str) -> str:
    """Keys that paste a text, whatever is in it."""
    return f"\x1b[200~{text}\x1b[201~"


def chat(own: LoadingBot, *lines: str) -> str:
    """What is written after these lines, the greeting left out."""
    return typed(own, *(line + ENTER for line in lines)).split("\n", 1)[1]


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("/rest", "/reset"),
        ("/unod", "/undo"),
        ("/tech x", "/teach"),
        ("/fogret tea", "/forget"),
        ("/histroy", "/history"),
        ("/session", "/sessions"),
        ("/exti", "/exit"),
        ("/", "/"),
        ("/TEACH", "/"),
    ],
)
def test_a_mistyped_command_is_not_run(own: LoadingBot, wrong: str, near: str) -> None:
    shown = chat(own, wrong)
    assert f"Unknown command {wrong.split()[0]}; did you mean {near}" in shown
    assert shown.count("\n") == 1
    assert own.get().taught() == []


def test_help_lists_every_command_on_a_line(own: LoadingBot) -> None:
    *lines, hint = chat(own, "/help").splitlines()
    listed = [line for line in lines if line.startswith("  /")]
    assert [line for line in lines if line not in listed] == list(GROUPS)
    assert [line.split()[0] for line in listed] == list(COMMANDS)
    assert max(map(len, lines)) <= 80
    meanings = [command.meaning for command in COMMANDS.values()]
    assert {line.index(said) for line, said in zip(listed, meanings, strict=True)} == {31}
    assert hint.startswith("  /help COMMAND")


def test_exit_leaves(own: LoadingBot) -> None:
    assert chat(own, "/exit", "never asked") == ""


def test_set(own: LoadingBot) -> None:
    shown = chat(own, "/set", "/set method=sample seed=3", "/set top_k=5", "/set")
    assert shown.splitlines()[1:] == [
        "method=sample seed=3",
        "method=sample seed=3 top_k=5",
        "method=sample seed=3 top_k=5",
    ]
    assert "I don't know" in chat(own, "/set threshold=1", "do you repair bicycles")
    assert "I don't know" not in chat(own, "/set threshold=0", "do you repair bicycles")


@pytest.mark.parametrize(
    ("words", "reason"),
    [("temperatur=1", "did you mean 'temperature'"), ("bea", "name=value"), ("beam=0", "from 1")],
)
def test_a_wrong_setting_changes_nothing(own: LoadingBot, words: str, reason: str) -> None:
    shown = chat(own, "/set top_k=3", f"/set top_k=4 {words}", "/set")
    assert reason in shown
    assert shown.splitlines()[-1] == "top_k=3"


@pytest.mark.parametrize("name", COMMANDS)
def test_help_tells_more_of_each_command(tiny: LoadingBot, name: str) -> None:
    command = COMMANDS[name]
    shown = chat(tiny, f"/help {name}").splitlines()
    assert shown[:2] == [f"{name} {command.words}".rstrip(), f"  {command.meaning}"]
    assert shown[2:] == [f"  {line}" for line in command.more.splitlines()]
    assert chat(tiny, f"/? {name[1:]}").splitlines() == shown


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_help_of_an_alias_is_that_of_its_command(tiny: LoadingBot, alias: str, name: str) -> None:
    assert chat(tiny, f"/help {alias}") == chat(tiny, f"/help {name}")


@pytest.mark.parametrize(
    ("words", "wrong", "near"),
    [
        ("teech", "/teech", "/teach"),
        ("/cmopare x", "/cmopare", "/compare"),
        ("RESET", "/RESET", "/reset"),
        ("/", "/", "/"),
        ("//set", "//set", "/set"),
        ("/ x", "/", "/"),
        ("도움", "/도움", "/"),
    ],
)
def test_help_of_an_unknown_command_names_the_nearest(
    tiny: LoadingBot, words: str, wrong: str, near: str
) -> None:
    shown = chat(tiny, f"/help {words}", "hello").splitlines()
    assert shown[0].startswith(f"there is no command {wrong}; did you mean {near}")
    assert shown[1:] == [f"bot> {REPLIES['hello']}"]


def test_what_leaves_leaves(tiny: LoadingBot) -> None:
    names = [name for name, whole in [*ALIASES.items(), ("/exit", "/exit")] if whole == "/exit"]
    assert len(names) > 2
    assert {chat(tiny, f"{name} now", "never asked") for name in names} == {""}


@pytest.mark.parametrize("name", [*COMMANDS, *ALIASES])
def test_a_command_is_never_asked_but_with_two_slashes_it_is(
    worn: LoadingBot, asked: list[str], name: str
) -> None:
    typed(worn, f"/{name} zebra", ENTER, f"{name} zebra", ENTER, CTRL_C)
    assert asked == [f"{name} zebra"]


@pytest.mark.parametrize("line", ["  /history", "\u3000/history  ", "/history    ", "\t/history"])
def test_blanks_around_a_command_do_not_matter(
    tiny: LoadingBot, asked: list[str], line: str
) -> None:
    assert chat(tiny, pasted(line)) == "Nothing was said yet.\n"
    assert asked == []


def test_blanks_before_what_follows_a_command_do_not_matter(tiny: LoadingBot) -> None:
    assert chat(tiny, "/set    top_k=3   seed=1  ", "/set   top_k") == "top_k=3 seed=1\ntop_k=3\n"


@pytest.mark.parametrize(("wrong", "near"), [("/HELP", "/help"), ("/Reset", "/reset")])
def test_commands_are_in_lower_case(
    tiny: LoadingBot, asked: list[str], wrong: str, near: str
) -> None:
    shown = chat(tiny, "hello", wrong, "/history").splitlines()
    assert shown[1] == f"Unknown command {wrong}; did you mean {near}? (// sends a slash)"
    assert shown[2:] == ["  1 you> hello", f"    bot> {REPLIES['hello']}"]
    assert asked == ["hello"]


LONG = ("9" * 10_000, "가" * 10_000, "~nobody/" + "x/" * 4996)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "/exit"])
def test_the_chat_goes_on_after_very_long_arguments(
    request: pytest.FixtureRequest, asked: list[str], name: str
) -> None:
    bot = request.getfixturevalue("own" if name in ("/teach", "/fix") else "tiny")
    lines = (key for long in LONG for key in (pasted(f"{name} {long}"), ENTER, CTRL_C))
    shown = typed(bot, "hello", ENTER, *lines, "bye", ENTER)
    assert any(line.startswith("bot> ") for line in shown.splitlines()[-2:])
    assert asked == ["hello", "bye"]


PAYLOAD = "".join(
    (
        "red\x1b[31m title\x1b]0;owned\x07 clipboard\x1b]52;c;ZWNobyBvd25lZA==\x07",
        "c1\x9b2J\x9d52;c;eA==\x9c nul\0 back\x08\x7f return\rx breaks\u2028\u2029\x85",
        "bidi\u202egnp.exe\u202c\u2066x\u2069\u200f \ufeff",
    )
)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "/exit"])
def test_nothing_that_a_terminal_obeys_comes_out_of_a_command(
    worn: LoadingBot, kept: Sessions, name: str
) -> None:
    """Neither of what is typed, nor of what is given on the command line, nor of what is there."""
    worn.get().teach(f"evil {PAYLOAD}", f"answer {PAYLOAD}", origin=f"file{PAYLOAD}:3")
    evil = f"evil {PAYLOAD}"
    given = (evil, f"{name} {PAYLOAD}", name, f"{name} {evil}", "/history", "/why")
    no = ("n", CTRL_C)  # an answer, or a letter that is cleared
    keys = ("nnn", CTRL_C, f"{name} ", pasted(PAYLOAD), ENTER, *no, pasted(evil), ENTER)
    shown = typed(worn, *keys, name, ENTER, *no, sessions=kept, questions=given)
    assert [line for line in shown.split("\n") if not line.isprintable()] == []
    assert "red[31m" in shown
