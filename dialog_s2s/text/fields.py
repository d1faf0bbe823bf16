"""What a field must be to become a turn, whatever format it was read from."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dialog_s2s.errors import DataError
from dialog_s2s.text.turns import Dialogue, Origin, Role, Turn

# The look-behind keeps a long run of blanks from being tried anew at each of them.
_BREAKS = re.compile(r"(?<! ) *[\r\n\t][\r\n\t ]*")
_UNWRITABLE = re.compile("[\0\ud800-\udfff]")


def utterance(value: object, what: str, where: Origin) -> str:
    """`value` as one line of text: stripped, each run of CR, LF and tabs turned into one space.

    Raises DataError if it is not a string, is blank, or holds what no UTF-8 text can (NUL, half
    a surrogate pair); `what` names it in the message.
    """
    if not isinstance(value, str):
        raise fault(f"the {what} is {kind(value)}; it must be a text in quotes", where)
    text = _BREAKS.sub(" ", value).strip()
    if not text:
        raise fault(f"the {what} is empty; write one or delete the entry", where)
    if bad := _UNWRITABLE.search(text):
        raise fault(
            f"the {what} holds the character U+{ord(bad[0]):04X}, which is not text; delete it",
            where,
        )
    return text


def pair(
    question: object, answer: object, asked: Origin, answered: Origin | None = None
) -> Dialogue:
    """A dialogue of one question and its answer; both are checked by `utterance`."""
    answered = answered or asked
    return Dialogue(
        (
            Turn(Role.USER, utterance(question, "question", asked), asked),
            Turn(Role.BOT, utterance(answer, "answer", answered), answered),
        )
    )


def fault(message: str, where: Origin) -> DataError:
    """The error to raise for what stands at `where`."""
    return DataError(message, where.file, where.line)


def excerpt(text: str, limit: int = 40) -> str:
    """`text` quoted for a one-line message: shortened, with control characters escaped."""
    return repr(text if len(text) <= limit else text[: limit - 3] + "...")


def kind(value: object) -> str:
    """What `value` is, in words that fit JSON, YAML and Python alike."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return f"a {type(value).__name__}"
