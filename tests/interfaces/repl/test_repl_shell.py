"""`dialog-s2s repl`: at a prompt, as a script, on plain terminals, and what goes wrong."""

from __future__ import annotations

import builtins
import io
import os
import signal
import stat
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from clerk import Clerk, drive, playground
from payloads import PAYLOADS
from shell import (
    BACKSPACE,
    CTRL_C,
    CTRL_D,
    CTRL_J,
    ENTER,
    ESCAPE,
    TAB,
    UP,
    OnTerminal,
    Shell,
    process,
)
from tiny import REPLIES

from dialog_s2s.errors import UsageError
from dialog_s2s.interfaces.chat.display import Display
from dialog_s2s.interfaces.chat.typed import Typed
from dialog_s2s.interfaces.repl.prompt import LinePrompt
from dialog_s2s.interfaces.repl.rendering import MOST, MOST_CHARACTERS
from dialog_s2s.interfaces.repl.shell import TYPED
from dialog_s2s.interfaces.repl.shell import Shell as Playing
from dialog_s2s.interfaces.sanitize import clean_lines

modes = pytest.mark.skipif(sys.platform == "win32", reason="no modes")


def shown(*keys: str, **more: Any) -> str:
    return drive(*keys, **more)[0]


# What is shown


def test_a_reply_and_its_grounds() -> None:
    assert shown(f"ask('tea?'){ENTER}") == "bot> 0: tea?  ~ remembered 50%\n"
    assert '  "tea?" -> "0: tea?" (faq.csv:2, weight 0.90)\n' in shown(
        f"ask('tea?'){ENTER}_.why{ENTER}"
    )
    assert shown(f"talk('a');talk{ENTER}").endswith("  1 you> a\n    bot> 0: a\n")


def test_values_are_shown_as_python_does() -> None:
    assert shown(f"1 + 1{ENTER}None{ENTER}'a\\x1bb'{ENTER}_{ENTER}") == "2\n'a\\x1bb'\n'a\\x1bb'\n"
    assert shown(f"[ask('x')]{ENTER}") == "[0: x  ~ remembered 50%]\n"


def test_long_values_are_cut() -> None:
    told = shown(f"list(range(1000, 2000)){ENTER}", columns=20).split("\n")
    assert told[MOST - 1].strip() == f"{1000 + MOST - 1},"
    assert "".join(told[MOST:]).split() == ["940", "more", "lines;", "print(_)", "shows", "all"]
    line = shown(f"'x' * 30000{ENTER}", columns=1000)
    assert (
        line == f"'{'x' * (MOST_CHARACTERS - 1)}…\n  10,002 more characters; print(_) shows all\n"
    )


def test_help_teaches() -> None:
    told = shown(f"help(){ENTER}")
    for name in ("ask(", "talk(", "candidates(", "compare(", "sweep(", "attention(", "test("):
        assert name in told
    assert told.count("\n") < MOST
    assert shown(f"help{ENTER}") == told
    one = shown(f"help(sweep){ENTER}")
    assert one.startswith("sweep(question: ")
    assert "temperature=[0.5, 1, 2]" in one
    assert "nothing is written" not in shown(f"help(len){ENTER}")


def test_everything_at_hand_has_help_with_an_example() -> None:
    functions = {
        name: each
        for name, each in playground().at_hand().items()
        if name not in ("bot", "bots", "talk")
    }
    assert {"ask", "candidates", "compare", "sweep", "attention", "suite", "test"} == set(functions)
    for name, each in functions.items():
        assert f"\n{name}(" in "\n".join(map(str.strip, str(each.__doc__).split("\n")))


@pytest.mark.parametrize("name", PAYLOADS)
def test_nothing_steers_the_terminal(name: str) -> None:
    text = PAYLOADS[name]
    clerk = Clerk("bot" + text.replace("/", "").replace("\0", ""), f"a{text}b")
    names = {"text": text, "shout": type("Shout", (), {"__repr__": lambda _: text})()}
    lines = (
        "ask('x')",
        "_.why",
        "[_]",
        "talk(text or 'x')" if text.strip() else "1",
        "talk",
        "candidates('x')",
        "compare('x', 'temperature=1')",
        "sweep('x', temperature=[1])",
        "_.table()",
        "attention('x')",
        "print(text)",
        "shout",
        "ask('x', bot=text)",
        "raise ValueError(text)",
    )
    out, given = io.StringIO(), iter(lines)

    def ask() -> str:
        try:
            return next(given)
        except StopIteration:
            raise EOFError from None

    playing = Playing(playground(clerk), Display(out, columns=100), MOST)
    playing.namespace.update(names)
    with redirect_stdout(out):  # where print writes
        assert playing.interact(SimpleNamespace(ask=ask)) == 0
    told = out.getvalue()
    assert clean_lines(told) == told
    assert "ValueError" in told


# Keys


def test_a_block_is_typed_with_its_indentation() -> None:
    assert shown(f"for i in range(2):{ENTER}i + 5{ENTER}{ENTER}") == "5\n6\n"
    start = f"for i in range(2):{ENTER}if i:{ENTER}i + 5{ENTER}"
    assert shown(f"{start}{ENTER}") == "6\n"
    assert shown(f"{start}{BACKSPACE}i{ENTER}{ENTER}") == "0\n6\n1\n"
    assert shown(f"def f():{ENTER}return 7{ENTER}{ENTER}f(){ENTER}") == "7\n"


def test_a_block_that_is_left_open_is_not_run() -> None:
    assert shown(f"def f():{ENTER}return 7{ENTER}{CTRL_C}f{ENTER}").endswith(
        "NameError: name 'f' is not defined\n"
    )


def test_other_keys() -> None:
    assert shown(f"x = 3{CTRL_J}x{ENTER}") == "3\n"
    assert shown(f"1{ESCAPE}{ENTER}2{ENTER}") == "1\n2\n"
    assert shown(f"if 1:{ENTER}{BACKSPACE}{TAB}5{ENTER}{ENTER}") == "5\n"
    assert shown(f"\x1b[200~if 1:\r\n\t8\n\x1b[201~{ENTER}") == "8\n"


def test_leaving() -> None:
    assert [drive(f"exit({code}){ENTER}1{ENTER}")[::2] for code in ("", "3", "True")] == [
        ("", 0),
        ("", 3),
        ("", 1),
    ]
    assert drive()[::2] == ("", 0)
    assert shown(f"exit{ENTER}") == "exit(), or Ctrl-D, leaves\n"


def test_a_message_on_leaving(capsys: pytest.CaptureFixture[str]) -> None:
    assert drive(f"exit('so \\x1b long'){ENTER}")[2] == 1
    assert capsys.readouterr().err == "so  long\n"


# What goes wrong


def test_errors_keep_the_prompt() -> None:
    told = shown(
        *(f"ask('x', temperature=99){ENTER}", f"1 / 0{ENTER}", f"x = = 1{ENTER}", f"7{ENTER}")
    )
    first, *rest = told.split("\n")
    assert first.startswith("generation.temperature: ")
    assert rest[:3] == ["<input 2>, line 1", "    1 / 0", "ZeroDivisionError: division by zero"]
    assert rest[3:] == ["    x = = 1", "        ^", "SyntaxError: invalid syntax", "7", ""]


def test_ctrl_c_stops_what_runs() -> None:
    assert shown(f"raise KeyboardInterrupt{ENTER}7{ENTER}") == "(stopped)\n7\n"
    assert shown(f"{CTRL_C}7{ENTER}") == "  exit() or Ctrl-D leaves\n7\n"


def test_a_failed_test_is_in_the_exit_code(tmp_path: Path) -> None:
    file = tmp_path / "x.suite.yaml"
    file.write_text("cases: [{ask: x, expect: y}]", encoding="utf-8")
    told, _, code = drive(f"test({str(file)!r}){ENTER}")
    assert code == 1
    assert "0 of 1 case passed" in told
    for last in ("failed", "failed[0]"):
        told = shown(f"test({str(file)!r}).{last}{ENTER}")
        assert told.split("\n")[1:] == ["FAIL  x     x: wanted 'y'; got '0: x'", ""]
    file.write_text("cases: [{ask: x, expect: '0: x'}]", encoding="utf-8")
    assert shown(f"test({str(file)!r}).failed{ENTER}") == "()\n"
    file.write_text("cases: [{ask: x, expect: '0: x'}]", encoding="utf-8")
    assert drive(f"test({str(file)!r}){ENTER}")[2] == 0


# History


@modes
def test_what_is_typed_is_kept_for_the_user_alone(tmp_path: Path) -> None:
    file = tmp_path / "home" / TYPED
    shown(f"x = 3{ENTER}def f():{ENTER}return 1{ENTER}{ENTER}", typed=Typed(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    kept = [*Typed(file).load_history_strings()]
    assert [each.rstrip() for each in kept] == ["def f():\n    return 1", "x = 3"]


def test_history_that_cannot_be_written_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    told = shown(f"1{ENTER}2{ENTER}", typed=Typed(tmp_path / "file" / "typed"), columns=500)
    assert told.count("what is typed is not kept") == 1
    assert told.endswith("\n2\n")


# Plain lines


def test_plain_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = iter(["1", "for i in 'ab':", "    i", "", "x ="])
    asked: list[str] = []

    def typed(prompt: str) -> str:
        asked.append(prompt)
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr(builtins, "input", typed)
    out = io.StringIO()
    history = Typed(tmp_path / "typed")
    playing = Playing(playground(), Display(out, columns=100), MOST)
    assert playing.interact(LinePrompt(history), history) == 0
    assert asked == [">>> ", ">>> ", "... ", "... ", ">>> ", ">>> "]
    assert out.getvalue().split("\n")[1:4] == ["1", "'a'", "'b'"]
    assert "SyntaxError" in out.getvalue()
    assert "for i in 'ab':\n    i" in [*Typed(history.path).load_history_strings()]


# Scripts


@pytest.fixture
def scripted(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(source: str) -> tuple[int, str, str]:
        code = Playing(playground(), Display(sys.stdout, wrap=False), None).script(source)
        return code, *capsys.readouterr()

    return run


def test_a_script_shows_values(scripted: Any) -> None:
    source = "def f(x):\n    return x + 1\nf(1)\nprint('a\\x1bb')\nask('hello')\n"
    assert scripted(source) == (0, "2\nab\nbot> 0: hello  ~ remembered 50%\n", "")
    assert len(scripted("list(range(1000, 2000))")[1].split("\n")) == 1001
    assert scripted("") == (0, "", "")


def test_the_first_error_ends_a_script(scripted: Any) -> None:
    assert scripted("1\n1 / 0\n2") == (
        1,
        "1\n",
        "<stdin>, line 2\n    1 / 0\nZeroDivisionError: division by zero\n",
    )
    code, out, err = scripted("1\nx = = 2")
    assert (code, out) == (1, "")
    assert err.startswith("line 2:\n    x = = 2\n")
    assert scripted("exit(7)\n1")[:2] == (7, "")
    with pytest.raises(UsageError):
        scripted("sweep('x', temperature=[])")
    with pytest.raises(KeyboardInterrupt):
        scripted("raise KeyboardInterrupt")


def test_the_command_runs_a_script(shell: Shell, tiny_bundle: Path) -> None:
    source = "ask('when do you open')\nbot('hello').text\nbot.settings().seed, len(bots)\nhelp()"
    code, out, err = shell("repl", tiny_bundle, "--set", "seed=7", "--plain", stdin=source)
    assert (code, err) == (0, "")
    first, second, third, *help = out.split("\n")
    assert first.startswith(f"bot> {REPLIES['when do you open']}  = exact ")
    assert (second, third) == ("'Hello there!'", "(7, 1)")
    assert help[0].startswith("A Python prompt.")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["{none}"], 3, "none: "),
        (["{tiny}", "{none}"], 3, "none: "),
        (["{tiny}", "{tiny}"], 2, "given twice"),
        (["{tiny}", "--set", "temprature=1"], 2, "did you mean 'temperature'"),
        (["{tiny}", "--set", "temperature"], 2, "is not name=value"),
        (["{none}", "--set", "beam=0"], 2, "beam"),
        ([], 2, "BUNDLE"),
    ],
)
def test_faults_of_the_command(
    shell: Shell, tiny_bundle: Path, tmp_path: Path, words: list[str], code: int, told: str
) -> None:
    places = {"tiny": tiny_bundle, "none": tmp_path / "none"}
    found = shell("repl", *(word.format(**places) for word in words), stdin="1")
    assert (found[0], found[1]) == (code, "")
    assert told in found[2]


def test_faults_in_a_script(
    shell: Shell, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    for source, code, told in (
        ("attention('hello').plot('x.png')", 2, "plot needs matplotlib, which is not installed"),
        ("ask(' ')", 2, "the question is empty"),
        ("test('none.suite.yaml')", 3, "none.suite.yaml"),
    ):
        found = shell("repl", tiny_bundle, stdin=source)
        assert (found[0], found[1]) == (code, "")
        assert told in found[2]
        assert found[2].count("\n") == 1


def test_the_path_does_not_hide_modules(
    shell: Shell, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    Path("my_own_module.py").write_text("def f():\n    return 1 / 0\n", encoding="utf-8")
    Path("colorsys.py").write_text("1 / 0\n", encoding="utf-8")
    source = "import colorsys, my_own_module\nmy_own_module.f()"
    code, _, err = shell("repl", tiny_bundle, stdin=source)
    assert code == 1
    assert "my_own_module.py, line 2, in f\n    return 1 / 0\n" in err


# On a terminal


@pytest.mark.slow
@pytest.mark.parametrize("plain", [False, True])
def test_on_a_terminal(tiny_bundle: Path, plain: bool) -> None:
    pytest.importorskip("pty")
    with OnTerminal("repl", tiny_bundle, *(["--plain"] if plain else [])) as terminal:
        terminal.wait("At hand: tiny.")
        terminal.wait(">>> ")
        terminal.type("ask('when do you open')\r", "bot> We open at nine.")
        terminal.wait(">>> ")
        terminal.type("while True: print('on', 'it') or __import__('time').sleep(.1)\r", "on it")
        os.killpg(terminal.process.pid, signal.SIGINT)
        terminal.wait("(stopped)")
        terminal.wait(">>> ")
        terminal.type("7 * 6\r", "42")
        terminal.wait(">>> ")
        time.sleep(0.5)  # the arrows know what was typed a moment later
        terminal.type(f"{UP} + 1\r", "43")
        terminal.wait(">>> ")
        if not plain:
            terminal.type(f"cand{TAB}", "candidates")
            terminal.type(CTRL_C, ">>> ")
        os.write(terminal.terminal, CTRL_D.encode())
        assert terminal.process.wait(30) == 0


@pytest.mark.slow
def test_a_dumb_terminal_has_plain_lines(tiny_bundle: Path) -> None:
    pytest.importorskip("pty")
    with OnTerminal("repl", tiny_bundle, term="dumb") as terminal:
        terminal.wait("At hand: tiny.")
        terminal.wait(">>> ")
        terminal.type("ask('when do you open')\r", "bot> We open at nine.  = exact ")
        terminal.wait(">>> ")
        terminal.type("for i in range(2):\r", "... ")
        terminal.type("    i + 40\r", "... ")
        terminal.type("\r", "40\r\n41\r\n")
        terminal.wait(">>> ")
        os.write(terminal.terminal, CTRL_D.encode())
        assert terminal.process.wait(30) == 0
        assert b"\x1b" not in terminal.written


@pytest.mark.slow
def test_a_pipe_that_nobody_reads(tiny_bundle: Path) -> None:
    with process("repl", tiny_bundle) as done:
        assert done.stdin is not None
        assert done.stdout is not None
        done.stdout.close()
        done.stdin.write("for i in range(100000): print(i)\n")
        done.stdin.close()
        assert done.wait(60) == 0
        assert done.stderr is not None
        assert done.stderr.read() == ""
