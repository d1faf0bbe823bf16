"""Questions in, replies out: one a line, as text or as JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, BinaryIO, TextIO

from dialog_s2s.dialogue.manager import Bot
from dialog_s2s.dialogue.reply import Reply
from dialog_s2s.errors import DataError
from dialog_s2s.interfaces.sanitize import clean
from dialog_s2s.text.jsonl import parse, question
from dialog_s2s.text.turns import Origin, Role, Turn

MAX_LINE = 1_000_000
"""Bytes of a line that are read; what is longer is not a question."""


def lines_of(stream: BinaryIO, name: str) -> Iterator[tuple[str, Origin]]:
    """Lines of a byte stream, cleaned; what is not UTF-8 is marked, not refused.

    Raises:
        DataError: a line is longer than MAX_LINE.
    """
    number = 0
    while raw := stream.readline(MAX_LINE + 1):
        number += 1
        if len(raw) > MAX_LINE:
            raise DataError(f"the line is longer than {MAX_LINE:,} bytes; cut it", name, number)
        text = raw.decode("utf-8", "replace")
        yield clean(text.removeprefix("\ufeff").rstrip("\r\n")).strip(), Origin(name, number)


def ask(
    bot: Bot,
    lines: Iterable[tuple[str, Origin]],
    out: TextIO,
    *,
    as_json: bool,
    together: int,
    settings: dict[str, object],
) -> None:
    """Questions apart from each other, `together` at a time, replies in order.

    An empty line gives an empty one (in JSON, none). A line that is a JSON object with `turns`
    is a question with its history.

    Raises:
        DataError: a line begins as a JSON object but is not a question.
    """
    stream = iter(lines)
    while batch := list(islice(stream, together)):
        asked = [_turns(line, origin) for line, origin in batch]
        real = [turns for turns in asked if turns]
        replies = iter(bot.replies(real, **settings) if real else ())
        for turns in asked:
            if turns:
                out.write(shown(next(replies), as_json) + "\n")
            elif not as_json:
                out.write("\n")
        out.flush()


def shown(reply: Reply, as_json: bool) -> str:
    """A reply as a line of text or of JSON."""
    if not as_json:
        return clean(reply.text)
    return json.dumps(cleaned(reply.tree()), ensure_ascii=False)


def cleaned(tree: Any) -> Any:
    """JSON whose texts hold no control characters: a corpus or a question may have held some."""
    if isinstance(tree, str):
        return clean(tree)
    if isinstance(tree, dict):
        return {clean(name): cleaned(value) for name, value in tree.items()}
    if isinstance(tree, list):
        return [cleaned(value) for value in tree]
    return tree


def _turns(line: str, origin: Origin) -> list[Turn]:
    if line.startswith("{"):
        return list(question(parse(line, origin), origin))
    return [Turn(Role.USER, line, origin)] if line else []
