"""The command line as a user calls it: in this process, or in one of its own."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from dialog_s2s.interfaces.command import main

PROGRAM = (sys.executable, "-m", "dialog_s2s.interfaces.command")


@dataclass
class Shell:
    """Runs commands in this process: exit code, stdout, stderr."""

    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def __call__(self, *words: object, stdin: str | bytes = b"") -> tuple[int, str, str]:
        raw = stdin.encode() if isinstance(stdin, str) else stdin
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), "utf-8"))
        self.capsys.readouterr()
        try:
            code = main([str(word) for word in words])
        except SystemExit as left:  # how the argument parser ends
            code = int(left.code or 0)
        shown = self.capsys.readouterr()
        return code, shown.out, shown.err


def process(*words: object, **options: Any) -> subprocess.Popen[str]:
    """A command in a process of its own, with pipes to and from it."""
    pipes = {name: subprocess.PIPE for name in ("stdin", "stdout", "stderr")}
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", **options.pop("env", {})}
    return subprocess.Popen(
        [*PROGRAM, *map(str, words)],
        text=True,
        encoding="utf-8",
        env=environment,
        **{**pipes, **options},
    )
