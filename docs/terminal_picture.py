"""Makes docs/terminal.svg from a real run: `python docs/terminal_picture.py [BUNDLE]`.

`chat.py` runs in a pseudo-terminal of 80 by 24; questions are typed as a person types them, each
after the reply to the one before; what the screen then shows becomes the picture.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import sys
import tempfile
import termios
import time
import unicodedata
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

from dialog_s2s.interfaces.starter import starter_bot

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "terminal.svg"
COLUMNS, ROWS = 80, 24

QUESTIONS = (
    "when do you open?",
    "and on monday?",
    "우롱차 있어요?",
    "얼마예요?",
    "do you repair kettles?",
    "/teach Yes, those that we sold; bring it in.",
    "can you repair kettles?",
)

YOU, BOT = "you> ", "bot> "
FIRST_PROMPT = 600.0
"""Seconds: the starter bot may have to be trained first."""
REPLY = 60.0

CELL, LINE, SIZE, WIDE, MARGIN, BAR = 8.4, 20, 14, 16, 16, 34
"""Pixels: a column, a row, the fonts of narrow and wide characters, the space around, the bar."""
FONT = (
    "ui-monospace, SFMono-Regular, Menlo, 'DejaVu Sans Mono', Consolas, "
    "'Noto Sans Mono CJK KR', 'Noto Sans CJK KR', 'Apple SD Gothic Neo', 'Malgun Gothic', monospace"
)
STYLE = """\
.said { fill: #e6e8ee } .you { fill: #8bd49c; font-weight: bold }
.reply { fill: #b9c7e6 } .bot { fill: #7fb2ff; font-weight: bold }
.note { fill: #8a90a0 } .command { fill: #e6e8ee }
.exact { fill: #8bd49c } .remembered { fill: #7fd7e0 } .taught { fill: #d7a6f0 }
.generated { fill: #e8cf7a } .unknown { fill: #f0918b }"""

_MARK = re.compile(r"[=~+*?] (exact|remembered|taught|generated|unknown)(?: \d+%)?$")

_SEQUENCE = re.compile(
    r"\x1b(?:\[([0-?]*)[ -/]*([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()].|[=>78])"
)


def width(char: str) -> int:
    """Columns that a character takes."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


class Screen:
    """As much of a terminal as the chat uses; the second cell of a wide character holds ""."""

    def __init__(self, columns: int, rows: int, answer: Callable[[str], None]):
        self.columns, self.rows, self.answer = columns, rows, answer
        self.cells = [self._blank() for _ in range(rows)]
        self.row = self.column = 0
        self.wraps = True
        self._rest = ""

    def _blank(self) -> list[str]:
        return [" "] * self.columns

    def lines(self) -> list[str]:
        """The text of each row, without blanks at its end."""
        return ["".join(row).rstrip() for row in self.cells]

    def before_cursor(self) -> str:
        """The text of the cursor's row up to the cursor."""
        return "".join(self.cells[self.row][: self.column])

    def feed(self, text: str) -> None:
        """Shows what a program wrote; a sequence that is not whole yet is kept for the next."""
        text, place = self._rest + text, 0
        while place < len(text):
            if text[place] != "\x1b":
                self._put(text[place])
                place += 1
            elif found := _SEQUENCE.match(text, place):
                self._obey(found[1] or "", found[2] or "")
                place = found.end()
            elif len(text) - place < 64:
                break
            else:
                raise ValueError(f"unknown escape sequence {text[place : place + 16]!r}")
        self._rest = text[place:]

    def _put(self, char: str) -> None:
        if char == "\n":
            self._down()
        elif char == "\r":
            self.column = 0
        elif char == "\b":
            self.column = max(0, self.column - 1)
        elif char >= " " and char != "\x7f":
            self._write(char)

    def _write(self, char: str) -> None:
        wide = width(char)
        if not wide:
            last = max(0, self.column - 1)
            last -= self.cells[self.row][last] == ""
            self.cells[self.row][last] += char
            return
        if self.column + wide > self.columns:
            if self.wraps:
                self.column = 0
                self._down()
            else:
                self.column = self.columns - wide
        self.cells[self.row][self.column : self.column + wide] = [char, ""][:wide]
        self.column += wide

    def _down(self) -> None:
        if self.row + 1 < self.rows:
            self.row += 1
        else:
            self.cells = [*self.cells[1:], self._blank()]

    def _obey(self, given: str, command: str) -> None:
        numbers = [int(part) if part.isdigit() else 0 for part in given.split(";")]
        first = numbers[0]
        count = max(1, first)
        if command == "A":
            self.row = max(0, self.row - count)
        elif command == "B":
            self.row = min(self.rows - 1, self.row + count)
        elif command == "C":
            self.column = min(self.columns - 1, self.column + count)
        elif command == "D":
            self.column = max(0, min(self.column, self.columns - 1) - count)
        elif command == "G":
            self.column = min(self.columns, count) - 1
        elif command in ("H", "f"):
            self.row = min(self.rows, count) - 1
            self.column = min(self.columns, max(1, (*numbers, 1)[1])) - 1
        elif command == "K":
            self._erase(self.row, first)
        elif command == "J":
            self._erase(self.row, first)
            above, below = range(self.row), range(self.row + 1, self.rows)
            for row in (below, above, range(self.rows))[min(first, 2)]:
                self.cells[row] = self._blank()
        elif command == "n" and first == 6:
            self.answer(f"\x1b[{self.row + 1};{min(self.column, self.columns - 1) + 1}R")
        elif command in ("h", "l") and given == "?7":
            self.wraps = command == "h"

    def _erase(self, row: int, what: int) -> None:
        start = self.column if what == 0 else 0
        end = self.column + 1 if what == 1 else self.columns
        self.cells[row][start:end] = [" "] * (min(end, self.columns) - start)


class Chat:
    """`chat.py` in a pseudo-terminal, and the screen it writes to."""

    def __init__(self, arguments: list[str]):
        self.process, self.terminal = pty.fork()
        if not self.process:
            os.chdir(ROOT)
            os.environ |= {"TERM": "xterm-256color", "PYTHONUTF8": "1"}
            os.execv(sys.executable, [sys.executable, "chat.py", "--no-save", *arguments])
        size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, size)
        self.screen = Screen(COLUMNS, ROWS, self.type)
        self._bytes = b""

    def type(self, text: str) -> None:
        """Sends keys."""
        os.write(self.terminal, text.encode())

    def wait(self, text: str, seconds: float) -> None:
        """Until `text` stands before the cursor and nothing more is written for a moment."""
        end = time.monotonic() + seconds
        while self._read(0.3) or self.screen.before_cursor() != text:
            if time.monotonic() > end:
                shown = "\n".join(self.screen.lines()).rstrip()
                raise TimeoutError(f"no {text!r} after {seconds:g} s; the screen:\n{shown}")

    def leave(self) -> None:
        """Ctrl-D, then the end of the program.

        Raises:
            ChildProcessError: it did not end well.
        """
        self.type("\x04")
        end = time.monotonic() + REPLY
        while time.monotonic() < end:
            self._read(0.1, ended=True)
            done, status = os.waitpid(self.process, os.WNOHANG)
            if done:
                if status:
                    raise ChildProcessError(f"chat.py ended with status {status}")
                return
        raise ChildProcessError("chat.py did not end")

    def stop(self) -> None:
        """Ends the program, come what may."""
        try:
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self.terminal)

    def _read(self, seconds: float, ended: bool = False) -> bool:
        """Shows what was written within `seconds`; whether there was anything."""
        if not select.select([self.terminal], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.terminal, 65536)
        except OSError:  # Linux's word for the other end being closed
            data = b""
        if not data:
            if ended:
                return False
            shown = "\n".join(self.screen.lines()).rstrip()
            raise ChildProcessError(f"chat.py ended early; the screen:\n{shown}")
        self._bytes += data
        text = self._bytes.decode("utf-8", "ignore")  # all but half a character at the end
        self._bytes = self._bytes[len(text.encode()) :]
        self.screen.feed(text)
        return True


def talk(arguments: list[str], questions: tuple[str, ...]) -> list[list[str]]:
    """The cells of the screen after the questions were answered, from the chat's first line."""
    chat = Chat(arguments)
    try:
        chat.wait(YOU, FIRST_PROMPT)
        for question in questions:
            chat.type(question)
            chat.wait(YOU + question, REPLY)
            chat.type("\r")
            chat.wait(YOU, REPLY)
        lines = chat.screen.lines()
        # training the starter bot may have left lines above
        first = next((row for row, line in enumerate(lines) if line.startswith("Chatting")), 0)
        cells = [*chat.screen.cells[first : chat.screen.row + 1], chat.screen.cells[-1]]
        chat.leave()
        return cells
    finally:
        chat.stop()


def drawn(cells: list[list[str]]) -> str:
    """The screen as an SVG window: the last row is the status bar, and the cursor stands after the
    text of the one before."""
    wide = round(COLUMNS * CELL + 2 * MARGIN)
    high = BAR + LINE * len(cells) + 2 * MARGIN - 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" '
        f'height="{high}" role="img" font-family="{FONT}" font-size="{SIZE}">',
        "<title>A chat with the starter bot in a terminal</title>",
        f"<style>{STYLE}</style>",
        f'<rect width="{wide}" height="{high}" rx="9" fill="#171a21"/>',
        f'<path d="M0 {BAR}V9a9 9 0 0 1 9-9h{wide - 18}a9 9 0 0 1 9 9v{BAR - 9}z" fill="#242934"/>',
    ]
    parts += [
        f'<circle cx="{20 + 20 * place}" cy="{BAR // 2}" r="6" fill="{colour}"/>'
        for place, colour in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    ]
    parts.append(
        f'<text class="note" x="{wide // 2}" y="{BAR // 2 + 5}" text-anchor="middle">'
        "python chat.py</text>"
    )
    speaker, words = "", "note"
    *cells, status = cells
    for number, row in enumerate(cells):
        baseline = BAR + MARGIN + LINE * number + 10
        line, start = "".join(row), 0
        for prompt, who, what in ((YOU, "you", "said"), (BOT, "bot", "reply")):
            if line.startswith(prompt):
                speaker, words, start = who, what, len(prompt)
                # what the chat itself says of a command stands back
                words = "command" if line.startswith(f"{YOU}/") else words
        if start:
            parts += _texts(row[:start], 0, baseline, speaker)
        hint = line.startswith("  ") and line[2] != " "
        kind = "note" if hint or (words == "command" and not start) else words
        parts += _marked(row, start, baseline, kind)
    column = len(YOU)
    parts.append(
        f'<rect x="{MARGIN + column * CELL:.1f}" y="{baseline - 13}" width="{CELL}" height="17" '
        'fill="#8a90a0"/>'
    )
    bottom = BAR + MARGIN + LINE * (number + 1)
    parts.append(
        f'<rect x="{MARGIN - 6}" y="{bottom - 3}" width="{wide - 2 * MARGIN + 12}" '
        f'height="{LINE}" fill="#3a4152"/>'
    )
    parts += _texts(status, 0, bottom + 11, "said")
    return "\n".join([*parts, "</svg>"]) + "\n"


def _marked(row: list[str], start: int, baseline: int, kind: str) -> list[str]:
    """The texts of a row from `start`, the mark of a reply at its end in a colour of its own."""
    found = _MARK.search("".join(row).rstrip())
    if kind != "reply" or found is None:
        return _texts(row[start:], start, baseline, kind)
    # wide characters take two cells, the second of which is empty
    column = len(row) - len("".join(row)[found.start() :])
    assert "".join(row[column:]).strip() == found[0]
    body = _texts(row[start:column], start, baseline, kind)
    return body + _texts(row[column:], column, baseline, found[1])


def _texts(cells: list[str], column: int, baseline: int, kind: str) -> list[str]:
    """A text for each run without a gap: narrow ones stretched to their cells, and wide ones a
    little larger, each character placed, as few fonts have both in step."""
    parts = []
    places = [(MARGIN + (column + at) * CELL, char) for at, char in enumerate(cells) if char]
    for (blank, wide), run in groupby(places, lambda each: (each[1] == " ", width(each[1][0]) > 1)):
        found = list(run)
        text = escape("".join(char for _, char in found))
        if wide:
            shape = f'x="{" ".join(f"{left:.1f}" for left, _ in found)}" font-size="{WIDE}"'
        else:
            shape = f'x="{found[0][0]:.1f}" textLength="{len(found) * CELL:.1f}"'
        if not blank:
            parts.append(f'<text class="{kind}" y="{baseline}" {shape}>{text}</text>')
    return parts


def main() -> None:
    """Runs the chat and writes the picture."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("bundle", nargs="?", help="a trained bot's folder; else the starter bot")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:  # for the bot is taught
        bot = Path(options.bundle).resolve() if options.bundle else starter_bot()
        copy = shutil.copytree(bot, Path(folder) / bot.name)
        cells = talk([str(copy)], QUESTIONS)
    PICTURE.write_text(drawn(cells), encoding="utf-8", newline="\n")
    for row in cells:
        print("".join(row).rstrip())
    print(f"Written to {PICTURE}", file=sys.stderr)


if __name__ == "__main__":
    main()
