"""`dialog-s2s sessions`: the conversations that are kept, without any bot."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TextIO

from dialog_s2s.dialogue.sessions import Session, Sessions
from dialog_s2s.interfaces.chat import typed
from dialog_s2s.interfaces.chat.typed import Typed
from dialog_s2s.interfaces.exports import write_new
from dialog_s2s.interfaces.lines import cleaned
from dialog_s2s.interfaces.listing import counted, sessions_table
from dialog_s2s.interfaces.sanitize import clean, clean_lines
from dialog_s2s.text.turns import Role


def listed(out: TextIO, *, as_json: bool = False) -> None:
    """A table, or a JSON object a line; the one that changed last comes first."""
    with Sessions.open() as sessions:
        found = sessions.listed()
    if as_json:
        for each in found:
            out.write(json.dumps(cleaned(_tree(each)), ensure_ascii=False) + "\n")
    elif found:
        for line in sessions_table(found):
            out.write(f"{clean(line)}\n")
    else:
        _say("No conversation is kept yet; dialog-s2s chat begins one.")


def export(id: str, format: str, out: TextIO, file: str | None = None) -> None:
    """One conversation in one of `transcript.FORMATS`, to `file` where one is given."""
    with Sessions.open() as sessions:
        text = sessions.export(sessions.find(id).id, format)
    if file is None:
        out.write(clean_lines(text))
    else:
        _say(f"wrote {write_new(file, text)}")


def delete(ids: Sequence[str]) -> None:
    """Deletes conversations for good, all or none, and what was typed in them."""
    with Sessions.open() as sessions:
        found = [sessions.find(id).id for id in ids]
        said = {turn.text for id in found for turn in sessions.turns(id) if turn.role is Role.USER}
        count = sessions.delete(found)
    Typed(typed.default_path()).remove(said)
    _say(f"Deleted {counted(count, 'conversation')}.")


def _tree(session: Session) -> dict[str, object]:
    times = {"started": session.started, "changed": session.changed}
    return asdict(session) | {
        name: datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds")
        for name, time in times.items()
    }


def _say(line: str) -> None:
    sys.stderr.write(clean(line) + "\n")
