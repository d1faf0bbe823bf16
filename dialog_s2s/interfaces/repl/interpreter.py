"""Python as it is typed: whether it is complete, run statement by statement, and its errors."""

from __future__ import annotations
import __future__

import ast
import builtins
import codeop
import io
import linecache
import sys
import sysconfig
import traceback
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, TextIO

import dialog_s2s
from dialog_s2s.interfaces.sanitize import clean_lines

_FUTURE = 0
for _name in __future__.all_feature_names:
    _FUTURE |= getattr(__future__, _name).compiler_flag

_PATHS = sysconfig.get_paths()
_OTHERS = (
    str(Path(dialog_s2s.__file__).parent),
    *(_PATHS[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    "<frozen",
)
"""Where code lies that is not the user's."""


class CleanStream(io.TextIOBase):
    """What a program prints, made safe on its way to `out`."""

    def __init__(self, out: TextIO):
        self._out = out

    def write(self, text: str) -> int:
        """See `io.TextIOBase`."""
        self._out.write(clean_lines(text))
        return len(text)

    def flush(self) -> None:
        """See `io.TextIOBase`."""
        self._out.flush()

    def writable(self) -> bool:
        """See `io.TextIOBase`."""
        return True


class Interpreter:
    """Runs what is typed in one namespace; values of expressions are handed to `show`."""

    def __init__(self, namespace: dict[str, Any], show: Callable[[Any], None]):
        self.namespace = namespace
        namespace.setdefault("__name__", "__main__")
        namespace.setdefault("__builtins__", builtins)
        self._show = show
        self._flags = 0
        self._count = 0

    def run(self, source: str, name: str = "") -> None:
        """Runs all statements of `source`; raises what they raise, and `SyntaxError`."""
        self._count += 1
        name = name or f"<input {self._count}>"
        # so that tracebacks, and inspect, find the lines
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        nodes = compile(source, name, "exec", ast.PyCF_ONLY_AST | self._flags, True).body
        hook = sys.displayhook
        sys.displayhook = self._displayed
        try:
            with redirect_stdout(CleanStream(sys.stdout)), redirect_stderr(CleanStream(sys.stderr)):
                for node in nodes:
                    tree = ast.Interactive([node])
                    code = compile(tree, name, "single", self._flags, True)
                    self._flags |= code.co_flags & _FUTURE
                    exec(code, self.namespace)
        finally:
            sys.displayhook = hook

    def _displayed(self, value: Any) -> None:
        if value is not None:
            self.namespace["_"] = value
            self._show(value)


def is_complete(source: str) -> bool:
    """Whether `source` can be run, or is wrong; not where more must follow. A block of several
    lines ends with a blank one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if codeop.compile_command(source, symbol="exec") is None:
                return False
            body = ast.parse(source).body
        except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
            return True
    if not body or "\n" not in source.strip("\n"):
        return True
    goes_on = hasattr(body[-1], "body") or isinstance(body[-1], ast.Match)
    return not goes_on or not source.rpartition("\n")[2].strip()


def indentation(before: str) -> str:
    """The blanks that the line after these begins with."""
    line = before.rpartition("\n")[2]
    blanks = line[: len(line) - len(line.lstrip(" "))]
    words = line.split("#")[0].split()
    if words and words[-1].endswith(":"):
        return blanks + " " * 4
    if words and words[0] in ("return", "pass", "raise", "break", "continue"):
        return blanks[:-4]
    return blanks


def told(error: BaseException) -> str:
    """An error of the user's code: the user's own lines, and what went wrong."""
    if isinstance(error, SyntaxError):
        file, *rest = traceback.format_exception_only(error)
        several = error.lineno is not None and error.lineno > 1
        return "".join([f"line {error.lineno}:\n" if several else "", *(rest or [file])]).rstrip()
    raised = traceback.extract_tb(error.__traceback__)
    ours = [place for place, frame in enumerate(raised) if frame.filename == __file__]
    below = raised[ours[0] :] if ours else raised  # what called the interpreter is of no interest
    frames = [frame for frame in below if not frame.filename.startswith(_OTHERS)]
    lines = []
    for frame in frames:
        inside = "" if frame.name == "<module>" else f", in {frame.name}"
        lines.append(f"{frame.filename}, line {frame.lineno}{inside}")
        lines += [f"    {frame.line}"] if frame.line else []
    return "\n".join([*lines, "".join(traceback.format_exception_only(error)).rstrip()])
