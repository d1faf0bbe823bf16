"""Python as it is typed: what is complete, what is run, and how errors are told."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest
from payloads import PAYLOADS

from dialog_s2s.interfaces.repl.interpreter import (
    CleanStream,
    Interpreter,
    indentation,
    is_complete,
    told,
)
from dialog_s2s.interfaces.sanitize import clean_lines


def ran(*sources: str) -> tuple[list[Any], dict[str, Any]]:
    """What is shown, and the namespace afterwards."""
    shown: list[Any] = []
    interpreter = Interpreter({}, shown.append)
    for source in sources:
        interpreter.run(source)
    return shown, interpreter.namespace


def failed(source: str) -> str:
    with pytest.raises(BaseException) as caught:  # noqa: PT011
        ran(source)
    return told(caught.value)


@pytest.mark.parametrize(
    ("source", "complete"),
    [
        ("", True),
        ("1 + 1", True),
        ("x = (", False),
        ("(1,\n 2)", True),
        ("'''a", False),
        ("a \\", False),
        ("def f():", False),
        ("def f():\n    return 1", False),
        ("def f():\n    return 1\n", True),
        ("def f():\n    return 1\n    ", True),
        ("def f():\n    x\n\n    y", False),
        ("for x in y: z", True),
        ("if x:\n  y\nelse:\n  z\n", True),
        ("match x:\n  case 1:\n    y", False),
        ("match x:\n  case 1:\n    y\n", True),
        ("a = 1\nb = 2", True),
        ("a = 1\ndef f():", False),
        ("@f", False),
        ("x = = 2", True),
        ("  x", True),
        ("1 is 1", True),
        ("x\0y", True),
        ("# nothing", True),
    ],
)
def test_what_is_complete(source: str, complete: bool) -> None:
    assert is_complete(source) is complete


@pytest.mark.parametrize(
    ("before", "blanks"),
    [
        ("x", 0),
        ("def f():", 4),
        ("def f():  # why: so", 4),
        ("if x:\n    y", 4),
        ("if x:\n    for a in b:", 8),
        ("if x:\n    return y", 0),
        ("if x:\n    if y:\n        break", 4),
        ("pass", 0),
    ],
)
def test_the_indentation_of_the_next_line(before: str, blanks: int) -> None:
    assert indentation(before) == " " * blanks


def test_values_of_expressions_are_shown() -> None:
    shown, names = ran(
        "1 + 1", "None", "x = 5", "x; x + 1", "for i in 'ab':\n    i\n", "def f(): 3"
    )
    assert shown == [2, 5, 6, "a", "b"]
    assert (names["x"], names["_"]) == (5, "b")


def test_a_future_holds_for_what_follows() -> None:
    shown, _ = ran(
        "from __future__ import annotations", "def f(x: nothing): ...", "f.__annotations__"
    )
    assert shown == [{"x": "nothing"}]


def test_nothing_is_left_changed() -> None:
    before = sys.displayhook, sys.stdout, sys.stderr
    with pytest.raises(ZeroDivisionError):
        ran("1 / 0")
    assert (sys.displayhook, sys.stdout, sys.stderr) == before


def test_errors_tell_the_users_own_lines() -> None:
    assert failed("import json\ndef f(x):\n    return json.loads(x)\n\nf('{')") == (
        "<input 1>, line 5\n"
        "    f('{')\n"
        "<input 1>, line 3, in f\n"
        "    return json.loads(x)\n"
        "json.decoder.JSONDecodeError: "
        "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"
    )


def test_syntax_errors_are_short() -> None:
    assert failed("x = = 2") == "    x = = 2\n        ^\nSyntaxError: invalid syntax"
    assert failed("a\nb = = 2").startswith("line 2:\n    b = = 2\n")
    assert failed("x\0y").startswith(("SyntaxError", "ValueError"))


def test_an_error_that_cannot_be_told() -> None:
    source = "class E(Exception):\n    def __str__(self): 1 / 0\n\nraise E"
    assert failed(source).endswith("E: <exception str() failed>")


def test_what_is_printed_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    for text in PAYLOADS.values():
        ran(f"print({text!r}); import sys; sys.stderr.write({text!r})")
        assert capsys.readouterr() == (clean_lines(text) + "\n", clean_lines(text))


def test_a_clean_stream_takes_parts() -> None:
    out = io.StringIO()
    stream = CleanStream(out)
    assert sum(stream.write(part) for part in ("a\x1b", "[31m", "b\n")) == 8
    assert out.getvalue() == "a[31mb\n"
