"""Rows of the answer memory as values, and as the columns they are kept in."""

from __future__ import annotations

import hashlib
import json
import math
import sqlite3
from dataclasses import dataclass
from typing import Any

from dialog_s2s.errors import UsageError
from dialog_s2s.text.turns import Role, Turn, fold

KINDS = TRAINED, TAUGHT, FIXED = "trained", "taught", "fixed"

FIELDS = "id, question, context, answer, kind, origin, intent, taught_at"
"""The columns that `row_of` takes."""


@dataclass(frozen=True, slots=True)
class NewRow:
    """A question and its answer, to be remembered; the fields are those of `Row`."""

    question: str
    context: tuple[Turn, ...]
    answer: str
    kind: str
    origin: str
    intent: int = 0
    taught_at: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A question and its answer, as they are remembered."""

    id: int
    """Never given to another row."""
    question: str
    """As it was typed."""
    context: tuple[Turn, ...]
    """The turns before the question that it needs, oldest first; role and text alone."""
    answer: str
    kind: str
    """`trained`, `taught` or `fixed`."""
    origin: str
    """A corpus's `file:line`, or where it was taught."""
    intent: int
    """Rows with the same one have interchangeable answers; 0 is none."""
    taught_at: float | None
    """Seconds since 1970, UTC. None if trained: a bundle's bytes do not depend on the time."""


def record_of(row: NewRow | Row) -> tuple[Any, ...]:
    """The columns of `FIELDS` after the id, and `answer_hash`.

    Raises:
        UsageError: the row is not sound; the message begins with its origin.
    """
    if not row.question.strip() or not row.answer.strip():
        raise UsageError(f"{row.origin}: a question and an answer must have some text")
    if row.kind not in KINDS:
        raise UsageError(f"{row.origin}: kind must be one of {', '.join(KINDS)}, not {row.kind!r}")
    if (row.kind == TRAINED) != (row.taught_at is None) or not math.isfinite(row.taught_at or 0):
        raise UsageError(
            f"{row.origin}: taught_at must be None for a trained row and a time for others, not "
            f"{row.taught_at!r}"
        )
    if not -(2**63) <= row.intent < 2**63:
        raise UsageError(f"{row.origin}: intent must fit in 64 bits, not {row.intent}")
    turns = [[turn.role.value, turn.text] for turn in row.context]
    return (
        clean(row.question),
        clean(json.dumps(turns, ensure_ascii=False)) if turns else "",
        clean(row.answer),
        row.kind,
        clean(row.origin),
        row.intent,
        row.taught_at,
        answer_hash(row.answer),
    )


def row_of(*fields: Any) -> Row:
    """The row of these columns. Raises `sqlite3.DatabaseError` where they cannot be ours."""
    id, question, context, answer, kind, origin, intent, taught_at = fields
    texts = str is type(question) is type(context) is type(answer) is type(origin)
    if not texts or kind not in KINDS or intent is None:
        raise sqlite3.DatabaseError(f"row {id} is not sound")
    turns: tuple[Turn, ...] = ()
    if context:  # seldom: most rows do without the parser
        try:
            turns = tuple(Turn(Role(role), text) for role, text in json.loads(context))
        except (ValueError, TypeError, RecursionError):
            raise sqlite3.DatabaseError(f"row {id} is not sound") from None
    return Row(id, question, turns, answer, kind, origin, intent, taught_at)


def answer_hash(answer: str, key: bytes = b"") -> int:
    """64 bits of what an answer says, folded; with a key, no table made elsewhere tells which."""
    text = fold(clean(answer)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8, key=key).digest(), signed=True)


def clean(text: str) -> str:
    """`text` as it can be kept: half a surrogate pair becomes a question mark, as in `encode`."""
    return text.encode("utf-8", "replace").decode()
