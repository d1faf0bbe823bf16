"""A real terminal, held by tmux: keys in, what its screen shows out."""

from __future__ import annotations

import os
import re
import secrets
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

FOUND = shutil.which("tmux")


class Screen:
    """One tmux server with one window of so many columns and rows, in which a command runs."""

    def __init__(self, words: list[str], columns: int, rows: int, environment: dict[str, str]):
        self._name = f"dialog-s2s-{secrets.token_hex(4)}"
        # tmux itself does not always know how a command ended
        command = f"{shlex.join(words)}; printf '[exit %s]' $?; exec sleep 1000"
        given = [part for name, value in environment.items() for part in ("-e", f"{name}={value}")]
        start = "start-server ; set -g default-terminal screen-256color ; set -g escape-time 0 ;"
        session = f"new-session -d -x {columns} -y {rows}"
        self._tmux("-f", os.devnull, *start.split(), *session.split(), *given, command)

    def __enter__(self) -> Screen:
        return self

    def __exit__(self, *_: object) -> None:
        self._tmux("kill-server", check=False)

    @property
    def code(self) -> int | None:
        """The exit code of the command, once it has ended; 137 after SIGKILL."""
        found = re.findall(r"\[exit (\d+)\]", self.text())
        return int(found[-1]) if found else None

    def text(self) -> str:
        """What is on the screen, line by line, without what has scrolled away."""
        return self._tmux("capture-pane", "-p")

    def all_text(self) -> str:
        """The same with what has scrolled away, lines that were wrapped joined."""
        return self._tmux("capture-pane", "-p", "-J", "-S", "-")

    def type(self, text: str) -> None:
        """Types characters."""
        self._tmux("send-keys", "-l", "--", text)

    def press(self, *names: str) -> None:
        """Presses keys by tmux's names: Enter, C-c, F1, M-Enter, Up."""
        self._tmux("send-keys", *names)

    def resize(self, columns: int, rows: int) -> None:
        """Another size, as if the user pulled at the window; waits until the command is told."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))
        terminal = self._tmux("display-message", "-p", "#{pane_tty}")

        def told(_: str) -> bool:
            handle = os.open(terminal, os.O_RDONLY | os.O_NOCTTY)
            try:
                return tuple(os.get_terminal_size(handle)) == (columns, rows)
            finally:
                os.close(handle)

        self.wait(told, f"{columns} x {rows}")

    def kill(self) -> None:
        """SIGKILL, to the command."""
        shell = self._tmux("display-message", "-p", "#{pane_pid}")
        child = subprocess.run(["pgrep", "-P", shell], capture_output=True, text=True, check=True)
        os.kill(int(child.stdout.split()[0]), signal.SIGKILL)

    def wait(self, holds: Callable[[str], bool], what: str, seconds: float = 60.0) -> str:
        """The screen, as soon as it holds."""
        end = time.monotonic() + seconds
        while True:
            text = self.text()
            if holds(text):
                return text
            if time.monotonic() > end:
                raise AssertionError(f"never on the screen: {what}\n{text}")
            time.sleep(0.05)

    def wait_for(self, wanted: str, seconds: float = 60.0) -> str:
        """The screen, as soon as it shows `wanted`."""
        return self.wait(lambda text: wanted in text, wanted, seconds)

    def _tmux(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            [FOUND or "tmux", "-L", self._name, *words],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"tmux {shlex.join(words)}: {done.stderr}")
        return done.stdout.rstrip("\n")


def environment(home: Path) -> dict[str, str]:
    """Where a chat keeps things, and how it looks: nothing of the user's own."""
    return {
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "NO_COLOR": "",
    }
