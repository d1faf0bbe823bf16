"""Names of conversations: what may be one, and whose it is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from dialog_s2s.dialogue.transcript import UNSEEN
from dialog_s2s.errors import UsageError

LONGEST = 60
"""Characters of a name."""

DATE = len("2026-11-22-")
"""Characters of an id before its own ending."""

_LIKE_AN_ID = re.compile(r"\d{4}-\d\d-\d\d-\w+")


def sound(name: str, others: Sequence[tuple[str, str]]) -> str:
    """A name as it is kept, blanks made single; `others` are ids with their names.

    Raises:
        UsageError: the name is another's, is like an id, has several lines, or is too long.
    """
    if len(name.strip().splitlines()) > 1 or UNSEEN.search(name.strip()):
        raise UsageError(
            "the name of a conversation must be one line of plain text; leave out what is not"
        )
    chosen = " ".join(name.split())
    if len(chosen) > LONGEST:
        raise UsageError(
            f"the name of a conversation has {LONGEST} characters at most, not {len(chosen)}; "
            "shorten it"
        )
    key = _known_as(chosen)
    if _LIKE_AN_ID.fullmatch(key):
        raise UsageError(f"{chosen!r} is like the id of a conversation; choose another name")
    for id, known in others if key else ():
        if _known_as(known) == key:
            raise UsageError(f"{id} is named {known!r}; choose another name")
        if id[DATE:] == key:  # it would no longer be found by that
            raise UsageError(f"{chosen!r} is the end of the id {id}; choose another name")
    return chosen


def owner(name: str, named: Sequence[tuple[str, str]]) -> str | None:
    """The id of the conversation with this name, if there is one."""
    key = _known_as(name)
    return next((id for id, known in named if key and _known_as(known) == key), None)


def _known_as(name: str) -> str:
    """What makes two spellings the same name: case, width and blanks aside."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
