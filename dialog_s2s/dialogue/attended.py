"""What the generator looked at while it said a reply, and how likely each piece of it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dialog_s2s.dialogue.reply import Attended
from dialog_s2s.generation.engine import Engine
from dialog_s2s.memory.mixture import Votes
from dialog_s2s.text.slots import Source
from dialog_s2s.text.turns import Turn


def attended(
    engine: Engine,
    turns: Sequence[Turn],
    source: Sequence[int],
    pieces: Sequence[int],
    votes: Votes,
) -> Attended:
    """The attention over a source, which was made of `turns`, as the pieces of a reply are said;
    `votes` are what the memory said of the question."""
    tokenizer = engine.tokenizer
    weights_TS = engine.attended(source, pieces)
    probabilities_T = tuple(engine.probabilities(source, pieces, votes))
    written: Callable[[int], str] = tokenizer.piece
    if isinstance(source, Source):
        written, pieces = source.shown, source.hidden(pieces)
    opened = set(tokenizer.roles.values())
    places = [place for place, piece in enumerate(source) if piece in opened]
    shares_S = weights_TS.mean(0)
    ends = [*places[1:], len(source)]
    return Attended(
        tuple(written(piece) for piece in source),
        (*(written(piece) for piece in pieces), ""),
        weights_TS,
        tuple(
            (turn, float(shares_S[start:end].sum()))
            for turn, start, end in zip(turns, places, ends, strict=True)
        ),
        probabilities_T,
    )
