"""The code of docs/playground.md, as a reader runs it."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from shell import Shell
from tiny import REPLIES

from dialog_s2s import Bot
from dialog_s2s.interfaces.repl.playground import Playground

PAGE = Path(__file__).parents[2] / "docs" / "playground.md"
TEXT = PAGE.read_text(encoding="utf-8")


@pytest.fixture
def folder(tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A reader's, with a bot, another one and a suite; the working folder."""
    for name in ("my-bot", "other-bot"):
        shutil.copytree(tiny_bundle, tmp_path / name)
    suite = f'cases: [{{ask: "When do you open?", expect: "{REPLIES["when do you open"]}"}}]'
    (tmp_path / "shop.suite.yaml").write_text(suite, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def examples() -> list[str]:
    """The calls between backticks that can be run as they are."""
    found = []
    for span in re.findall(r"`([^`\n]+)`", TEXT):
        try:
            tree = ast.parse(span, mode="eval").body
        except SyntaxError:
            continue
        if isinstance(tree, ast.Call) and span != "exit()":
            given = (*tree.args, *(word.value for word in tree.keywords))
            if all(isinstance(each, ast.Constant) for each in given):
                found.append(span)
    return found


def test_what_is_shown_is_what_comes(shell: Shell, folder: Path) -> None:
    """The dialogue at the top; where a reply came from is as the tiny corpus has it."""
    (dialogue,) = blocks("text")
    typed = [line[4:] for line in dialogue.split("\n") if line.startswith(">>> ")]
    wanted = [line for line in dialogue.strip().split("\n") if not line.startswith(">>> ")]
    code, out, err = shell("repl", folder / "my-bot", stdin="\n".join(typed))
    assert (code, err) == (0, "")
    said, found, *pairs = out.split("\n")
    mark = re.compile(r" \d+%$")
    assert mark.sub("", said) == mark.sub("", wanted[0])
    assert found == wanted[1]
    shape = re.compile(r'"[^"]+" -> "([^"]+)" \([^)]+, weight \d\.\d\d\)')
    shown, told = (shape.match(" ".join(" ".join(each).split())) for each in (pairs, wanted[2:]))
    assert shown is not None
    assert told is not None
    assert shown[1] == told[1]


def test_the_shell_line(folder: Path) -> None:
    (block,) = blocks("sh")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-e"],
        input=block,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PATH": path},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "temperature" in done.stdout
    assert "%" in done.stdout


def test_the_examples(shell: Shell, folder: Path) -> None:
    script = examples()
    assert {'bot("Hello")', "talk.undo()", 'ask("Hello", method="sample", seed=7)'} <= set(script)
    code, out, err = shell("repl", folder / "my-bot", stdin="\n".join(script))
    assert (code, err) == (0, "")
    assert out.count("\n") >= len(script)


def test_all_that_is_at_hand(shell: Shell, folder: Path, tiny_bot: Bot) -> None:
    table = TEXT.split("## At hand")[1].split("\n\n")[1]
    heads = [row.split("|")[1] for row in table.split("\n") if row.startswith("| `")]
    named = {each.split("(")[0] for head in heads for each in re.findall(r"`([^`]+)`", head)}
    assert named == {*Playground({"my-bot": tiny_bot}).at_hand(), "why", "help", "exit"}
    script = "\n".join(f"assert {name} is not None" for name in sorted(named))
    assert shell("repl", folder / "my-bot", stdin=script) == (0, "", "")


def test_results_have_what_the_page_says(shell: Shell, folder: Path) -> None:
    pytest.importorskip("matplotlib")
    script = (
        "a = ask('When do you open?')\n"
        "a.text, a.mark, a.source, a.confidence, a.evidence, a.why\n"
        "s = sweep('Hello', temperature=[0.5, 1], seeds=5)\n"
        "m = attention('When do you open?')\n"
        "r = test('shop.suite.yaml')\n"
        "print(r.passed, r.failed, m.weights_TS.ndim)\n"
        "for each in (candidates('Hello', n=5), compare('Hello', 'other-bot'), s, m, r):"
        " each.table()\n"
        "compare('Hello', {'temperature': 0.5}, 'temperature=0.5,top_p=0.8').same\n"
        "for each in (s, m): each.plot(), each.plot('file.png'), each.plot('file.svg')\n"
    )
    code, out, err = shell("repl", folder / "my-bot", folder / "other-bot", stdin=script)
    assert (code, err) == (0, "")
    assert "True () 2\n" in out
    assert (folder / "file.png").read_bytes()[:4] == b"\x89PNG"
