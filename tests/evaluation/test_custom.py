"""Assertions in Python: what they may return, what is refused, and that nothing runs unasked."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from parrot import Parrot

from dialog_s2s.errors import DataError, UsageError
from dialog_s2s.evaluation.custom import Custom
from dialog_s2s.evaluation.suite_file import append_case, case_text
from dialog_s2s.evaluation.suites import CaseResult, read_suite, run_case, run_suite

CODE = """\
from __future__ import annotations
import sys
from dataclasses import dataclass
import numpy as np

@dataclass
class Length:
    least: int
    def __call__(self, reply):
        return len(reply.text) >= self.least

class Unwritable(Exception):
    def __str__(self):
        raise ValueError

long, short = Length(99), Length(1)
not_callable = 3
runs = []

def yes(reply): return True
def no(reply): return False
def numpy_yes(reply): return np.float64(reply.confidence) > 0.1
def numpy_no(reply): return np.float64(reply.confidence) > 0.9
def says(reply): return f"only {len(reply.text)}\\n\\tcharacters \\x1b[2J"
def blank(reply): return " "
def nothing(reply): pass
def counts(reply): runs.append(reply); return f"run {len(runs)}"
def raises(reply): return reply.no_such
def mute(reply): raise KeyError
def unwritable(reply): raise Unwritable
def leaves(reply): sys.exit(3)
def deep(reply): return deep(reply)
def number(reply): return 1
def greedy(): return True
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path) -> None:
    (tmp_path / "checks.py").write_text(CODE, encoding="utf-8")


def written(folder: Path, function: str, name: str = "suite.yaml") -> Path:
    file = folder / name
    text = f"cases:\n- ask: hello\n  expect:\n    function: {function}\n"
    file.write_text(text, encoding="utf-8")
    return file


def run(folder: Path, function: str) -> CaseResult:
    (case,) = read_suite(written(folder, function), functions=True).cases
    return run_case(Parrot(), case)


@pytest.mark.parametrize("name", ["yes", "numpy_yes", "short"])
def test_holds(tmp_path: Path, name: str) -> None:
    assert run(tmp_path, f"checks.py:{name}").passed


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("no", "False"),
        ("numpy_no", "False"),
        ("long", "False"),
        ("says", r"only 8 characters \x1b[2J"),
        ("blank", "an empty text"),
        ("nothing", "a NoneType, which must be True, False or a text"),
        ("number", "a int, which must be True, False or a text"),
        ("raises", "AttributeError: 'Reply' object has no attribute 'no_such' (checks.py:28)"),
        ("mute", "KeyError (checks.py:29)"),
        ("unwritable", "Unwritable (checks.py:30)"),
        ("leaves", "SystemExit: 3 (checks.py:31)"),
        ("greedy", "TypeError: greedy() takes 0 positional arguments but 1 was given"),
    ],
)
def test_fails_in_one_line(tmp_path: Path, name: str, problem: str) -> None:
    (step,) = run(tmp_path, f"checks.py:{name}").steps
    assert step.failures == (f"wanted checks.py:{name} to hold; got {problem}, for '0: hello'",)


def test_endless_recursion_is_a_failure(tmp_path: Path) -> None:
    (step,) = run(tmp_path, "checks.py:deep").steps
    assert "RecursionError" in step.failures[0]


def test_ctrl_c_is_not_caught(tmp_path: Path) -> None:
    (tmp_path / "stop.py").write_text("def f(reply): raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, "stop.py:f")


def test_a_function_is_called_once_for_a_reply(tmp_path: Path) -> None:
    (step,) = run(tmp_path, "checks.py:counts").steps
    assert step.failures[0].startswith("wanted checks.py:counts to hold; got run 1,")


def test_nothing_runs_without_leave(tmp_path: Path) -> None:
    (tmp_path / "ran.py").write_text("open(__file__ + '.ran', 'w').close()\ndef f(reply): pass")
    file = written(tmp_path, "ran.py:f")
    suite = read_suite(file)
    assert suite.cases[0].turns[0].expected == (Custom("ran.py:f"),)
    with pytest.raises(UsageError, match=r"ran\.py:f is code, which was not allowed to run"):
        list(run_suite(Parrot(), suite))
    append_case(file, case_text([("a", "b", "exact")]))
    assert not (tmp_path / "ran.py.ran").exists()
    assert read_suite(file, functions=True).cases == read_suite(file).cases
    assert (tmp_path / "ran.py.ran").exists()


def test_where_it_may_stand(tmp_path: Path) -> None:
    file = tmp_path / "suite.yaml"
    file.write_text(
        "cases:\n- turns: [{ask: a}, {ask: b}]\n"
        "  expect_all: {function: checks.py:yes}\n  expect_any: {function: checks.py:no}\n",
        encoding="utf-8",
    )
    (case,) = read_suite(file, functions=True).cases
    (failure,) = run_case(Parrot(), case).failures
    assert failure.startswith("expect_any, none of 2 replies; of the last: wanted checks.py:no")
    lines = tmp_path / "suite.jsonl"
    lines.write_text('{"ask": "a", "expect": {"function": "checks.py:no"}}', encoding="utf-8")
    (case,) = read_suite(lines, functions=True).cases
    assert not run_case(Parrot(), case).passed


def test_a_file_is_run_once_and_anew_for_each_reading(tmp_path: Path) -> None:
    (tmp_path / "once.py").write_text(
        "import os\nos.environ['ONCE'] = os.environ.get('ONCE', '') + '.'\n"
        "def f(reply): return True\ng = f\n"
    )
    file = tmp_path / "suite.yaml"
    file.write_text(
        "cases:\n" + "- {ask: a, expect: {function: 'once.py:%s'}}\n" * 2 % ("f", "g"),
        encoding="utf-8",
    )
    os.environ.pop("ONCE", None)
    try:
        read_suite(file, functions=True)
        assert os.environ["ONCE"] == "."
        (tmp_path / "once.py").write_text("def f(reply): return 'new'\ndef g(reply): pass\n")
        first, _ = read_suite(file, functions=True).cases
        assert "got new" in run_case(Parrot(), first).steps[0].failures[0]
        assert not (tmp_path / "__pycache__").exists()
    finally:
        os.environ.pop("ONCE", None)


def test_relative_to_the_suite_not_to_where_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = tmp_path / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    suite = read_suite(written(below, "../checks.py:yes"), functions=True)
    assert run_case(Parrot(), suite.cases[0]).passed
    absolute = written(below, f"{tmp_path / 'checks.py'}:yes")
    assert run_case(Parrot(), read_suite(absolute, functions=True).cases[0]).passed


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("checks.py", "function is 'checks.py'; it must be like checks.py:polite"),
        ("checks:yes", "function is 'checks:yes'; it must be like"),
        ("'checks.py: yes'", "function is 'checks.py: yes'; it must be like"),
        (".py:yes", "function is '.py:yes'; it must be like"),
        ("[a]", "function is a list; it must be a text"),
        ("checks.py:none", "'checks.py' has no function none; define one"),
        ("checks.py:not_callable", "'checks.py' has something else called not_callable; "),
        ("gone.py:yes", ": No such file or directory; correct the function"),
        ("folder.py:yes", ": Is a directory; correct"),
        ("syntax.py:yes", " fails when it is run: SyntaxError: "),
        (
            "broken.py:yes",
            " fails when it is run: ZeroDivisionError: division by zero (broken.py:1)",
        ),
        ("leaves.py:yes", " fails when it is run: SystemExit"),
        ("nul.py:yes", " fails when it is run: SyntaxError: source code string cannot contain nul"),
    ],
)
def test_mistakes(tmp_path: Path, function: str, message: str) -> None:
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "syntax.py").write_text("def yes(:")
    (tmp_path / "broken.py").write_text("1 / 0")
    (tmp_path / "leaves.py").write_text("import sys\nsys.exit()")
    (tmp_path / "nul.py").write_bytes(b"a = '\0'")
    modules = {*sys.modules}
    file = written(tmp_path, function)
    with pytest.raises(DataError) as raised:
        read_suite(file, functions=True)
    assert str(raised.value).startswith(f"{file}:4: ")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
    left = {name for name in {*sys.modules} - modules if name.startswith("dialog_s2s suite")}
    assert not {name for name in left if "checks.py" not in name}


def test_equal_by_what_is_written() -> None:
    assert Custom("a.py:b", lambda reply: True) == Custom("a.py:b")
    assert Custom("a.py:b") != Custom("a.py:c")
