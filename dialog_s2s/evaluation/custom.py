"""Assertions that a suite's author wrote in Python: "checks.py:polite", relative to the suite."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from dialog_s2s.dialogue.reply import Reply
from dialog_s2s.errors import UsageError
from dialog_s2s.evaluation.assertions import Assertion, shown
from dialog_s2s.evaluation.placed import Placed
from dialog_s2s.text.fields import excerpt

FORM = r"^.*[^/\\\s]\.py:[A-Za-z_][A-Za-z0-9_]*$"
"""What names a function, as a regular expression of Python and of JavaScript alike."""


@dataclass(frozen=True, slots=True)
class Custom(Assertion):
    """What a function makes of the reply: True and it holds; False, or a text that says what is
    wrong, and it does not. One that raises, or returns anything else, fails."""

    place: str
    """`file.py:name`, as written."""
    call: Callable[[Reply], object] | None = field(default=None, compare=False)
    """The function; None where it may not run."""

    @property
    def wanted(self) -> str:
        return f"{self.place} to hold"

    def holds(self, reply: Reply) -> bool:
        return self._problem(reply) is None

    def check(self, reply: Reply) -> str | None:
        """As the base class does, but the function is called once.

        Raises:
            UsageError: the suite was read without leave to run functions.
        """
        problem = self._problem(reply)
        return problem and f"wanted {self.wanted}; got {problem}, for {shown(reply.text)}"

    def _problem(self, reply: Reply) -> str | None:
        if self.call is None:
            raise UsageError(
                f"{self.place} is code, which was not allowed to run; read the suite with "
                "functions=True if you trust it"
            )
        try:
            said = self.call(reply)
            if isinstance(said, str):
                return _line(said) or "an empty text"
            # not by truth: a function that forgets to return would fail without a reason, and
            # NumPy's booleans are what comparing its numbers gives
            if isinstance(said, bool | np.bool_):
                return None if said else "False"
            return f"a {type(said).__name__}, which must be True, False or a text"
        except (Exception, SystemExit) as error:
            return _told(error)


class Functions:
    """The functions of one suite's files; each file is run once."""

    def __init__(self) -> None:
        self._modules: dict[Path, ModuleType] = {}

    def find(self, value: Placed) -> Callable[[Reply], object]:
        """The function that a value of a suite names.

        Raises:
            DataError: with the line, where the file cannot be read or run, or has no such function.
        """
        path, _, name = value.text("function").rpartition(":")
        file = (Path(value.file).parent / path).absolute()
        if file not in self._modules:
            self._modules[file] = _run(file, value)
        found: Any = getattr(self._modules[file], name, None)
        if not callable(found):
            what = "has no function" if found is None else "has something else called"
            raise value.fault(f"{excerpt(path)} {what} {name}; define one that takes the reply")
        return found  # type: ignore[no-any-return]


def read(value: Placed, functions: Functions | None) -> Assertion:
    """The assertion of a `function`; one that may not run where `functions` is None.

    Raises:
        DataError: with the line, as `Functions.find` does, or it is not written `file.py:name`.
    """
    place = value.text("function")
    if not re.fullmatch(FORM, place):
        raise value.fault(f"function is {excerpt(place)}; it must be like checks.py:polite")
    return Custom(place, None if functions is None else functions.find(value))


def _run(file: Path, value: Placed) -> ModuleType:
    try:
        source = file.read_bytes()
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise value.fault(f"{excerpt(str(file), 120)}: {reason}; correct the function") from None
    module = ModuleType(f"dialog_s2s suite {file}")
    module.__file__ = str(file)
    # dataclasses look their module up; no import, since a cached copy may be older than the file
    before = sys.modules.get(module.__name__)
    sys.modules[module.__name__] = module
    try:
        exec(compile(source, str(file), "exec", dont_inherit=True), module.__dict__)
    except (Exception, SystemExit) as error:
        del sys.modules[module.__name__]
        if before is not None:
            sys.modules[module.__name__] = before
        raise value.fault(
            f"{excerpt(str(file), 120)} fails when it is run: {_told(error)}; correct it"
        ) from None
    return module


def _told(error: BaseException) -> str:
    """An exception in one line, with the place in the author's code."""
    _, *theirs = traceback.walk_tb(error.__traceback__)
    place = ""
    if theirs:  # none where it was called with the wrong arguments, or is not Python
        frame, line = theirs[0]
        place = f" ({Path(frame.f_code.co_filename).name}:{line})"
    try:
        text = _line(str(error))
    except Exception:  # of an exception that cannot be written out
        text = ""
    return (f"{type(error).__name__}: {text}" if text else type(error).__name__) + place


def _line(text: str) -> str:
    """A text that somebody's code made, as messages show it."""
    return excerpt(" ".join(text.split()), 200)[1:-1] if text.strip() else ""
