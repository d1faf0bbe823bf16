"""A conversation in a real terminal: twenty turns, resizes, Ctrl-C, kill -9, and on again.

The same as a script, with your own bot: `python -m pytest tests/terminal`. Needs tmux; the other
tests of the chat use a pseudo-terminal or prompt_toolkit's pipe, and need nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny import FOLLOW_UPS, REPLIES, SUNDAY
from tmux import FOUND, Screen, environment
from wcwidth import width

from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.text.turns import Role

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(FOUND is None, reason="tmux is not installed"),
]

ENDLESS = "/set method=sample temperature=9 threshold=0 min_tokens=8000 max_tokens=8192"
ASKED = (
    *(
        "hello",
        "when do you open",
        SUNDAY,
        "when do you close",
        SUNDAY,
        "안녕하세요",
        "녹차 있어요",
    ),
    *("do you sell tea", SUNDAY, "녹차를 파나요", "where are you", SUNDAY, "반가워요"),
    *("what is your name", "do you sell coffee", "녹차 주세요", "how do I find you", "good night"),
    *("안녕", "bye"),
)
"""Twenty questions; the five words of SUNDAY mean something else each time."""


def replies() -> list[str]:
    found = []
    for before, asked in zip(("", *ASKED), ASKED, strict=False):
        found.append(FOLLOW_UPS[before] if asked == SUNDAY else REPLIES[asked])
    return found


@pytest.fixture
def opened(tmp_path: Path, tiny_bundle: Path) -> Callable[..., Screen]:
    """Opens a chat with the small bot in a terminal of so many columns and rows."""

    def open(columns: int, rows: int, *words: str, term: str = "") -> Screen:
        program = [sys.executable, "-m", "dialog_s2s.interfaces.command", "chat", str(tiny_bundle)]
        before = ["env", f"TERM={term}"] if term else []  # tmux would set its own
        return Screen([*before, *program, *words], columns, rows, environment(tmp_path))

    return open


def kept(home: Path) -> list[tuple[str, list[tuple[Role, str]]]]:
    """The conversations on the disk: ids and turns."""
    with Sessions.open(home / "data" / "dialog_s2s" / "sessions.db") as sessions:
        return [
            (each.id, [(turn.role, turn.text) for turn in sessions.turns(each.id)])
            for each in sessions.listed()
        ]


def ask(screen: Screen, question: str, reply: str, number: int) -> None:
    """One exchange, typed as a person types it; the prompt is there again afterwards."""
    screen.type(question)
    screen.press("Enter")
    screen.wait(
        lambda _: screen.all_text().count("bot> ") == number and at_prompt(screen),
        f"reply {number}: {reply}",
    )
    said = screen.all_text().split("bot> ")[-1]
    assert " ".join(said.split()).startswith(reply), said


def at_prompt(screen: Screen) -> bool:
    """Whether the last line that is not empty is an empty prompt, over the bar."""
    lines = [line for line in screen.text().split("\n") if line.strip()]
    return len(lines) > 1 and lines[-2].strip() == "you>"


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (200, 50)])
def test_twenty_turns(
    opened: Callable[..., Screen], tmp_path: Path, columns: int, rows: int
) -> None:
    wanted = replies()
    exchanges = list(zip(ASKED, wanted, strict=True))
    assert len(exchanges) == 20
    with opened(columns, rows) as screen:
        screen.wait(lambda _: at_prompt(screen), "the prompt")
        for number, (question, reply) in enumerate(exchanges[:8], 1):
            ask(screen, question, reply, number)
            assert all(width(line) <= columns for line in screen.text().split("\n"))

        for wide, high in ((60, 15), (33, 10), (columns, rows)):  # in mid-line, too
            screen.type("녹차")
            screen.resize(wide, high)
            screen.wait(lambda text: "you> 녹차" in text, f"the line at {wide} columns")
            screen.press("C-c")
            screen.wait(lambda _: at_prompt(screen), f"the prompt at {wide} columns")
            bar = screen.text().rstrip().split("\n")[-1]
            assert bar.split()[0] == "tiny"
            assert width(bar) <= wide

        screen.type(ENDLESS)
        screen.press("Enter")
        screen.wait_for("max_tokens=8192")
        screen.wait(lambda _: at_prompt(screen), "the prompt")
        screen.type("go on and on")
        screen.press("Enter")
        screen.wait(
            lambda _: "bot>" in screen.all_text().partition("go on and on")[2], "an endless reply"
        )
        screen.press("C-c")
        screen.wait_for("(stopped)")
        screen.type("/set method= temperature= threshold= min_tokens= max_tokens=")
        screen.press("Enter")
        screen.wait_for("Settings as the bot was trained with")
        for number, (question, reply) in enumerate(exchanges[8:14], 10):
            ask(screen, question, reply, number)
        screen.kill()
        screen.wait(lambda _: screen.code == 137, "its end")

    ((session, turns),) = kept(tmp_path)
    assert [text for _, text in turns] == [text for pair in exchanges[:14] for text in pair]

    with opened(columns, rows, "--resume", session[-4:]) as screen:
        screen.wait_for(f"Going on with {session}.")
        shown = screen.all_text().count("bot> ")
        for number, (question, reply) in enumerate(exchanges[14:], shown + 1):
            ask(screen, question, reply, number)
        screen.press("C-c")
        screen.wait_for("(Ctrl-C again to leave)")
        screen.press("C-c")
        screen.wait(lambda _: screen.code == 0, "its end")
        assert f"--resume {session}" in screen.all_text()
    ((_, turns),) = kept(tmp_path)
    assert [text for _, text in turns] == [text for pair in exchanges for text in pair]


def test_keys_and_looks(opened: Callable[..., Screen], tmp_path: Path) -> None:
    with opened(80, 24) as screen:
        screen.wait(lambda _: at_prompt(screen), "the prompt")
        ask(screen, "when do you open", REPLIES["when do you open"], 1)
        assert "= exact" in screen.text()
        assert "greedy" in screen.text().split("\n")[-1]
        screen.type("/wh")
        screen.wait_for("where the last reply came from")
        screen.press("Tab", "Enter")
        screen.press("Enter")
        screen.wait_for("word for word")
        screen.type("half a question")
        screen.press("F1")
        screen.wait_for("/help COMMAND tells more")
        screen.wait_for("you> half a question")
        screen.press("F2")
        screen.wait_for("temperature")
        screen.wait_for("Esc: leave all as it was")
        screen.press("Escape")
        screen.wait_for("you> half a question")
        screen.press("C-c")
        screen.press("C-r")
        screen.type("OPEN")
        screen.wait_for("you> when do you open")
        screen.press("C-c")
        screen.wait(lambda _: at_prompt(screen), "the prompt")
        screen.press("C-d")
        screen.wait(lambda _: screen.code == 0, "its end")
    assert (tmp_path / "data" / "dialog_s2s" / "typed").stat().st_mode & 0o777 == 0o600


def test_a_dumb_terminal_and_plain(opened: Callable[..., Screen]) -> None:
    for words, term in ((["--plain"], ""), ([], "dumb")):
        with opened(80, 24, *words, term=term) as screen:
            screen.wait(lambda text: text.rstrip().endswith("you>"), "the prompt")
            screen.type("안녕")
            screen.press("Enter")
            screen.wait_for(f"bot> {REPLIES['안녕']}")
            screen.wait(lambda text: text.rstrip().endswith("you>"), "the prompt")
            assert "greedy" not in screen.text()
            screen.type("/exit")
            screen.press("Enter")
            screen.wait(lambda _: screen.code == 0, "its end")
