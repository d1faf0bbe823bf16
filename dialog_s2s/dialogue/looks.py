"""The pieces of what was read and said put together to words, each with its numbers.

A word is what stands between two spaces; a piece that spans several keeps them together. Of a
character in several pieces, the pieces are put together first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

from dialog_s2s.dialogue.reply import Attended
from dialog_s2s.text.tokenizer import MEMORY_PIECE, ROLE_PIECES

_BYTE = re.compile("<0x([0-9A-F]{2})>")
_OPENERS = {piece: role.value for role, piece in ROLE_PIECES.items()} | {MEMORY_PIECE: "memory"}


@dataclass(frozen=True, slots=True)
class Look:
    """A turn that was read, or an answer remembered for another question."""

    role: str
    """`user`, `bot`, `system` or `memory`."""
    share: float
    """Of all attention, over all pieces of the reply."""
    words: tuple[tuple[str, float], ...]
    """Each with its share of all attention; what opens the turn is left out."""


def looks(attended: Attended) -> tuple[Look, ...]:
    """All that was read, in order; nothing where the model has no attention."""
    shares_S = attended.weights_TS.mean(0).tolist() if attended.weights_TS.size else []
    if not sum(shares_S):
        return ()
    pieces = attended.source
    places = [place for place, piece in enumerate(pieces) if piece in _OPENERS]
    found = []
    for start, end in zip(places, [*places[1:], len(pieces)], strict=True):
        words = tuple(
            (word, sum(shares_S[start + 1 + place] for place in spelt))
            for word, spelt in put_together(pieces[start + 1 : end])
        )
        found.append(Look(_OPENERS[pieces[start]], sum(shares_S[start:end]), words))
    return tuple(found)


def said(attended: Attended) -> tuple[tuple[str, float], ...]:
    """The words of the reply, each with its probability after those before it; the last is "", the
    end. Nothing where the probabilities are not known."""
    likely_T = attended.probabilities_T
    if not likely_T:
        return ()
    words = [
        (word, prod(likely_T[place] for place in spelt))
        for word, spelt in put_together(attended.reply[:-1])
    ]
    return (*words, ("", likely_T[-1]))


def put_together(pieces: Sequence[str]) -> Iterator[tuple[str, list[int]]]:
    """The words that pieces spell, each with the places of its pieces."""
    spelt: list[int] = []
    for place, piece in enumerate(pieces):
        begins = piece.startswith("▁")
        if begins and _text([pieces[each] for each in spelt]):
            yield _text([pieces[each] for each in spelt]), spelt
            spelt = []
        spelt = [*spelt, place]
    if spelt:
        yield _text([pieces[each] for each in spelt]), spelt


def _text(pieces: Sequence[str]) -> str:
    """What pieces spell; bytes that make no character are left out."""
    data = b""
    for piece in pieces:
        byte = _BYTE.fullmatch(piece)
        data += bytes([int(byte[1], 16)]) if byte else piece.replace("▁", " ").encode()
    return data.decode("utf-8", "ignore").strip()
