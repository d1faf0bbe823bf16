"""Values as the playground shows them: replies with their marks, results as they lie, all else as
Python tells it; what is long is cut, and how to see all of it is told."""

from __future__ import annotations

import pprint
from typing import Any

from dialog_s2s.dialogue.conversation import Conversation
from dialog_s2s.dialogue.reply import Reply
from dialog_s2s.evaluation.suites import CaseResult, Suite
from dialog_s2s.interfaces.chat.display import Display
from dialog_s2s.interfaces.listing import counted, numbered
from dialog_s2s.interfaces.repl.results import cases, results
from dialog_s2s.interfaces.repl.tables import COLUMNS, Shown

MOST = 60
"""Lines of a value that are shown."""

MOST_CHARACTERS = 20_000
"""The same, of a value in one line."""


def render(value: Any, display: Display, most: int | None = MOST) -> None:
    """Shows a value; `most` lines of it, or all."""
    if isinstance(value, Reply):
        display.reply([value.text])
        display.mark(value)
        return
    columns = display.columns() if display.wrap else COLUMNS
    lines = _lines(value, columns)
    for line in lines[:most]:
        cut = most is not None and len(line) > MOST_CHARACTERS
        display.line([("", line[:MOST_CHARACTERS] + "…" if cut else line)])
        if cut:
            display.hint(f"{len(line) - MOST_CHARACTERS:,} more characters; print(_) shows all")
    if most is not None and len(lines) > most:
        display.hint(f"{counted(len(lines) - most, 'more line')}; print(_) shows all")


def _lines(value: Any, columns: int) -> list[str]:
    if isinstance(value, Shown):
        return value.lines(columns)
    if isinstance(value, Suite):
        return cases(value).lines(columns)
    if isinstance(value, CaseResult):
        return results((value,)).lines(columns)
    if isinstance(value, tuple) and value and all(isinstance(each, CaseResult) for each in value):
        return results(value).lines(columns)
    if isinstance(value, Conversation):
        return numbered(value.turns) or ["nothing was said yet"]
    if type(value) in (list, tuple, dict, set, frozenset):
        return pprint.pformat(value, width=columns, sort_dicts=False).split("\n")
    return repr(value).split("\n")
