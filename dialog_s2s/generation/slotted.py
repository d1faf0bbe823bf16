"""Votes, replies and what is found, between the pieces of text and those with slots for names.

Outside the engine a reply is pieces of text; inside, names of its source are slots. Sources without
slots are left alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from dialog_s2s.generation.search import Hypothesis, Said
from dialog_s2s.memory.mixture import Votes
from dialog_s2s.text.slots import Source
from dialog_s2s.text.tokenizer import END


def hidden(reply: Sequence[int], source: Sequence[int]) -> tuple[int, ...]:
    """A reply with slots for the names of its source."""
    return tuple(source.hidden(reply) if isinstance(source, Source) else reply)


def hidden_votes(votes: Votes, source: Sequence[int]) -> Votes:
    """Remembered answers with slots for the names of the question."""
    if not isinstance(source, Source) or not votes.answers:
        return votes
    answers = tuple(hidden(answer, source) for answer in votes.answers)
    return dataclasses.replace(votes, answers=answers)


def spelt(found: Hypothesis, source: Sequence[int], votes: Votes) -> Hypothesis:
    """What was found, its names spelt; a remembered answer with the very pieces it has in `votes`,
    which are not hidden."""
    if not isinstance(source, Source):
        return found
    if found.finish == "stop":
        for answer in votes.answers:
            if hidden(answer, source) == (*found.pieces, END):
                return dataclasses.replace(found, pieces=answer[:-1])
    return dataclasses.replace(found, pieces=tuple(source.spelt(found.pieces)))


def spelling(said: Iterator[Said], source: Sequence[int]) -> Iterator[Said]:
    """What is said, a name as the pieces that spell it."""
    for each in said:
        if each.piece is None or not isinstance(source, Source):
            yield each
            continue
        *first, last = source.spelling(each.piece)
        for piece in first:
            yield Said(each.source, piece, 0.0)
        yield dataclasses.replace(each, piece=last)
