"""Which examples are kept out of training to measure on: no question is on both sides."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable

from dialog_s2s.text.turns import Example, fold

SMALL = 4000
"""Openings below which only rewordings are held out: what was given to be learnt must be."""

AT_MOST = 2000
"""Openings held out at most; more would measure no better."""


def key(example: Example) -> str:
    """The opening question, folded: all that grows from it stays on one side."""
    return fold(example.opening)


def held_out_keys(examples: Iterable[Example], share: float, seed: int) -> set[str]:
    """The openings to hold out: about `share` of all, chosen by hash.

    In a small corpus an opening is held out only where every one of its replies is also the
    reply to another opening that stays, so that nothing becomes unlearnable.
    """
    replies: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        replies[key(example)].add(example.reply)
    wanted = min(round(share * len(replies)), AT_MOST)
    order = sorted(replies, key=lambda name: _hash(name, seed))
    if len(replies) > SMALL:
        return set(order[:wanted])
    taught: dict[str, int] = defaultdict(int)
    for each in replies.values():
        for reply in each:
            taught[reply] += 1
    chosen: set[str] = set()
    for name in order:
        if len(chosen) == wanted:
            break
        if all(taught[reply] > 2 for reply in replies[name]):
            chosen.add(name)
            for reply in replies[name]:
                taught[reply] -= 1
    return chosen


def _hash(name: str, seed: int) -> bytes:
    return hashlib.blake2b(name.encode(), key=str(seed).encode(), digest_size=8).digest()
