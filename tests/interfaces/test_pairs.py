"""`teach`, `forget` and `taught` as commands: what a bot remembers, without the bot."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from shell import Shell
from tiny import REPLIES, SUNDAY

from dialog_s2s.bundle import MEMORY
from dialog_s2s.interfaces import pairs
from dialog_s2s.interfaces.chat.loading import LoadingBot
from dialog_s2s.text.turns import Role, Turn

STRANGE, ANSWER = "Do you repair bicycles?", "Yes, on Mondays."


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_is_taught_is_answered(shell: Shell, own_bundle: Path) -> None:
    taught = (0, "", f'Taught: "{STRANGE}" -> "{ANSWER}"\n')
    assert shell("teach", own_bundle, f"  {STRANGE}\x1b ", f"{ANSWER}\x1b\n") == taught
    assert shell("ask", own_bundle, "do you repair bicycles") == (0, f"{ANSWER}\n", "")
    assert shell("ask", own_bundle, "hello") == (0, f"{REPLIES['hello']}\n", "")


def test_a_bot_that_is_loaded_learns_and_forgets_too(
    shell: Shell, own: LoadingBot, own_bundle: Path
) -> None:
    bot = own.get()
    assert bot.reply(STRANGE, threshold=1).source == "unknown"
    shell("teach", own_bundle, STRANGE, ANSWER)
    assert bot.reply(STRANGE).text == ANSWER
    shell("forget", own_bundle, "bicycles", "--yes")
    assert bot.reply(STRANGE, threshold=1).source == "unknown"


def test_what_was_taught_before_is_replaced(
    shell: Shell, own: LoadingBot, own_bundle: Path
) -> None:
    context = (Turn(Role.USER, "hello"), Turn(Role.BOT, REPLIES["hello"]))
    own.get().teach(STRANGE, "In context.", context)
    own.get().teach("do you repair bicycles", "No.")
    _, _, err = shell("teach", own_bundle, STRANGE, ANSWER)
    assert err.splitlines()[1:] == ['  replaced: "do you repair bicycles" -> "No."']
    rows = own.get().taught()
    assert [row.answer for row in rows] == [ANSWER, "In context."]


def test_taught(shell: Shell, own: LoadingBot, own_bundle: Path) -> None:
    assert shell("taught", own_bundle) == (0, "", "")
    context = (Turn(Role.USER, "hello"), Turn(Role.BOT, "hi\x1b"))
    own.get().teach(SUNDAY, "No.", context, origin="here")
    shell("teach", own_bundle, STRANGE, ANSWER)
    code, out, err = shell("taught", own_bundle)
    assert (code, err) == (0, "")
    first, second = out.splitlines()
    assert first.startswith(datetime.now().strftime("%Y-%m-%d "))
    assert first.endswith(f'  taught  "{STRANGE}" -> "{ANSWER}"  [command line]')
    assert second.endswith(f'  "{SUNDAY}" (after "hello", "hi") -> "No."  [here]')

    code, out, err = shell("taught", own_bundle, "--json")
    assert (code, err) == (0, "")
    trees = [json.loads(line) for line in out.splitlines()]
    assert all(datetime.fromisoformat(tree.pop("taught_at")).tzinfo for tree in trees)
    turns = [{"role": "user", "text": "hello"}, {"role": "bot", "text": "hi"}]
    pair = {"question": STRANGE, "answer": ANSWER, "kind": "taught"}
    assert trees == [
        {**pair, "context": [], "origin": "command line"},
        {**pair, "question": SUNDAY, "answer": "No.", "context": turns, "origin": "here"},
    ]


def test_nothing_is_forgotten_unasked(
    shell: Shell, own_bundle: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    before = (own_bundle / MEMORY).read_bytes()
    code, out, err = shell("forget", own_bundle, "NINE")
    assert code == 2
    assert out.count('-> "We open at nine."') == 3
    assert "add --yes" in err
    for answer in ("", "\n", "n\n", "maybe\n"):
        monkeypatch.setattr(sys, "stdin", Terminal(answer))
        pairs.forget(str(own_bundle), "nine", io.StringIO())
        assert capsys.readouterr().err.endswith("for good? [y/N] Nothing was removed.\n")
    assert (own_bundle / MEMORY).read_bytes() == before
    monkeypatch.setattr(sys, "stdin", Terminal("Y\n"))
    pairs.forget(str(own_bundle), "nine", io.StringIO())
    assert "Forgot 4 pairs.\n" in capsys.readouterr().err


def test_nothing_of_a_forgotten_text_is_left(shell: Shell, own_bundle: Path) -> None:
    secret = "quaggaphone"
    shell("teach", own_bundle, f"what is a {secret}", f"A {secret} is a toy.")
    shell("ask", own_bundle, "hello")  # which makes the index
    code, out, err = shell("forget", own_bundle, secret.upper(), "--yes")
    assert (code, err) == (0, "Forgot 1 pair.\n")
    assert out == f'"what is a {secret}" -> "A {secret} is a toy."  [command line]\n'
    files = [file for file in own_bundle.rglob("*") if file.is_file()]
    assert len(files) > 6
    assert [file for file in files if secret.encode() in file.read_bytes()] == []
    assert shell("forget", own_bundle, secret, "--yes") == (0, "", f'No pair holds "{secret}".\n')
    assert secret not in shell("ask", own_bundle, f"what is a {secret}")[1]


@pytest.mark.parametrize(
    ("words", "code", "word"),
    [
        (["teach", "{}", "  ", "yes"], 2, "question is empty"),
        (["teach", "{}", "tea", "\x1b "], 2, "answer is empty"),
        (["forget", "{}", " ", "--yes"], 2, "pattern is empty"),
        (["teach", "{}/none", "a", "b"], 3, "there is no bot here"),
        (["forget", "{}/none", "a"], 3, "there is no bot here"),
        (["taught", "{}/none"], 3, "there is no bot here"),
    ],
)
def test_what_cannot_be_done(
    shell: Shell, own_bundle: Path, words: list[str], code: int, word: str
) -> None:
    before = (own_bundle / MEMORY).read_bytes()
    found, out, err = shell(*(each.format(own_bundle) for each in words))
    assert (found, out) == (code, "")
    assert word in err
    assert (own_bundle / MEMORY).read_bytes() == before


def test_a_bot_without_a_memory(shell: Shell, without_memory: Path) -> None:
    code, out, err = shell("teach", without_memory, "a", "b")
    assert (code, out) == (2, "")
    assert "has no answer memory" in err


@pytest.mark.slow
def test_none_of_them_loads_torch(own_bundle: Path) -> None:
    program = """
import sys
from dialog_s2s.interfaces.command import main
for words in ("teach {} a b", "taught {}", "forget {} b --yes", "sessions", "bundle verify {}"):
    assert main([word.format(sys.argv[1]) for word in words.split()]) == 0, words
sys.exit("torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program, str(own_bundle)], check=False)
    assert done.returncode == 0
