"""The end of a chat by a signal, and the terminal as it was before.

SIGTERM and SIGHUP end a chat as Ctrl-D would: what is open is closed, the terminal is set back,
and the exit code tells of the signal.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from prompt_toolkit.application import get_app_or_none

from dialog_s2s.errors import Stopped

try:
    import termios
except ImportError:  # Windows, whose consoles need none of this
    termios = None  # type: ignore[assignment]

# the cursor shown, no bracketed paste, plain characters, no mouse
_RESET = "\x1b[?25h\x1b[?2004l\x1b[0m\x1b[?1000l"


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Turns SIGTERM and SIGHUP into `Stopped`, at the prompt or within a reply."""

    def caught(number: int, _: FrameType | None) -> None:
        app = get_app_or_none()
        if app is not None and app.is_running and app.loop is not None and app.future is not None:
            # raised in its event loop, an exception would leave the terminal raw
            app.loop.call_soon_threadsafe(_leave, app, number)
        else:
            raise Stopped(number)

    numbers = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = {number: signal.signal(number, caught) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(app: Any, number: int) -> None:
    if app.future is not None and not app.future.done():
        app.exit(exception=Stopped(number))


@contextmanager
def kept_terminal(quiet: bool) -> Iterator[None]:
    """Sets the terminal back to what it was, however the block ends.

    Where it is `quiet`, keys that are pressed while a reply is made are neither shown nor changed:
    they are for the next prompt, where a carriage return is Enter and a line feed is not.
    """
    handle = _terminal()
    if termios is None or handle is None:
        yield
        return
    before = termios.tcgetattr(handle)
    if quiet:
        mode = termios.tcgetattr(handle)
        mode[0] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR)
        mode[3] &= ~(termios.ECHO | termios.ICANON)
        termios.tcsetattr(handle, termios.TCSANOW, mode)
    try:
        yield
    finally:
        with suppress(termios.error, OSError):
            termios.tcsetattr(handle, termios.TCSADRAIN, before)
        if quiet:
            with suppress(OSError, ValueError):
                sys.stdout.write(_RESET)
                sys.stdout.flush()


def _terminal() -> int | None:
    try:
        handle = sys.stdin.fileno()
        return handle if os.isatty(handle) else None
    except (OSError, ValueError, AttributeError):
        return None
