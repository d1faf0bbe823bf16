"""Lines that begin with a slash: found, mistyped, and those about the chat itself."""

from __future__ import annotations

import pytest
from shell import ENTER, typed

from dialog_s2s.interfaces.chat.commands import COMMANDS, GROUPS
from dialog_s2s.interfaces.chat.loading import LoadingBot


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
    assert {line.index(said) for line, said in zip(listed, meanings, strict=True)} == {30}
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
