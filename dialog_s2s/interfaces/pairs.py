"""`dialog-s2s teach | forget | taught`: a bot's answer memory, without the bot.

A chat that is open meanwhile knows of a change from its next question on.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from typing import Any, TextIO

from dialog_s2s.bundle import MEMORY, open_bundle
from dialog_s2s.dialogue.manager import spaced
from dialog_s2s.errors import UsageError
from dialog_s2s.interfaces.lines import cleaned
from dialog_s2s.interfaces.listing import counted, pair, taught_line
from dialog_s2s.interfaces.sanitize import clean, clean_lines
from dialog_s2s.memory.keys import key
from dialog_s2s.memory.rows import TAUGHT, NewRow, Row, Rows

ORIGIN = "command line"


def open_rows(bundle: str) -> Rows:
    """What a bot remembers.

    Raises:
        BundleError: there is no bot, or it is damaged.
        UsageError: it has no answer memory.
    """
    opened = open_bundle(bundle)
    if MEMORY not in opened.files:
        raise UsageError(f"{opened.path}: has no answer memory; train the bot again")
    return Rows.open(opened.path / MEMORY)


def teach(bundle: str, question: str, answer: str) -> None:
    """Teaches an answer; what was taught for this very question before is replaced."""
    asked, said = spaced(clean(question)), clean_lines(answer).strip()
    if not said:
        raise UsageError("the answer is empty; give the words the bot shall say")
    bare = key(asked, ())
    with open_rows(bundle) as rows:
        old = [row.id for row in rows.listed() if key(row.question, row.context) == bare]
        row = rows.add(NewRow(asked, (), said, TAUGHT, ORIGIN, 0, time.time()))
        replaced = rows.remove(old)
    _say(f"Taught: {pair(row)}")
    for each in replaced:
        _say(f"  replaced: {pair(each)}")


def forget(bundle: str, pattern: str, out: TextIO, *, sure: bool = False) -> None:
    """Lists the pairs that hold a pattern and, once the user is sure, removes them for good.

    Raises:
        UsageError: nobody is there to be asked.
    """
    with open_rows(bundle) as rows:
        found = rows.matching(pattern)
        for row in found:
            out.write(f"{pair(row)}  [{clean(row.origin)}]\n")
        out.flush()
        if not found:
            _say(f'No pair holds "{pattern}".')
        elif sure or confirmed(f"Remove {counted(len(found), 'pair')} for good?"):
            gone = rows.remove([row.id for row in found])
            _say(f"Forgot {counted(len(gone), 'pair')}.")
        else:
            _say("Nothing was removed.")


def taught(bundle: str, out: TextIO, *, as_json: bool = False) -> None:
    """Lists what was taught and corrected, the newest first."""
    with open_rows(bundle) as rows:
        for row in rows.listed():
            tree = cleaned(_tree(row))
            line = json.dumps(tree, ensure_ascii=False) if as_json else taught_line(row)
            out.write(f"{clean(line)}\n")


def confirmed(question: str) -> bool:
    """Asks on the terminal, no by default. Raises `UsageError` where there is none."""
    if not sys.stdin.isatty():
        raise UsageError(f"{question} Nobody is there to answer; add --yes")
    sys.stderr.write(f"{clean(question)} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _tree(row: Row) -> Any:
    context = [{"role": turn.role.value, "text": turn.text} for turn in row.context]
    when = datetime.fromtimestamp(row.taught_at or 0, UTC).isoformat(timespec="milliseconds")
    return {
        "question": row.question,
        "answer": row.answer,
        "context": context,
        "kind": row.kind,
        "origin": row.origin,
        "taught_at": when,
    }


def _say(line: str) -> None:
    sys.stderr.write(clean(line) + "\n")
