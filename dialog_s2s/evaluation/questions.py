"""The questions of an evaluation, what may be said to each, and how they group. N is examples."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.errors import DataError
from dialog_s2s.text.turns import Dialogue, Example, Role, Turn, examples, fold

DEPTHS = (1, 2, 3, 4, 6, 9)
"""Last depth of each group of depths; one more group holds what is deeper."""

LENGTHS = 6
"""Groups of source lengths, of near-equal size."""


@dataclass(frozen=True, slots=True)
class Questions:
    """Every reply to learn of some dialogues, with the turns before it."""

    examples: tuple[Example, ...]
    references: tuple[tuple[str, ...], ...]
    """All replies to the same question with the same history, case and punctuation aside."""
    dialogue_N: NDArray[np.int64]
    """The number of the dialogue that an example is of."""

    @property
    def depth_N(self) -> NDArray[np.int64]:
        """User turns so far, the question included."""
        return np.array(
            [sum(turn.role is Role.USER for turn in each.history) for each in self.examples]
        )


@dataclass(frozen=True, slots=True)
class Group:
    """Examples, by row, whose length or depth is from `low` to `high`."""

    low: int
    high: int
    rows: NDArray[np.int64]


def questions(dialogues: Iterable[Dialogue], limit: int | None = None) -> Questions:
    """The first `limit` examples of some dialogues, or all.

    Raises:
        DataError: there are none.
    """
    found: list[Example] = []
    numbers: list[int] = []
    for number, dialogue in enumerate(dialogues):
        for example in examples(dialogue):
            found.append(example)
            numbers.append(number)
        if limit is not None and len(found) >= limit:
            break
    found, numbers = found[:limit], numbers[:limit]
    if not found:
        raise DataError("there are no question-answer pairs to evaluate on; add some")
    known: dict[str, str] = {}
    keys = [_key(example.history, known) for example in found]
    wanted: defaultdict[int, dict[str, None]] = defaultdict(dict)
    for key, example in zip(keys, found, strict=True):
        wanted[key][example.reply] = None
    return Questions(tuple(found), tuple(tuple(wanted[key]) for key in keys), np.array(numbers))


def _key(history: Sequence[Turn], known: dict[str, str]) -> int:
    for turn in history:
        if turn.text not in known:
            known[turn.text] = fold(turn.text)
    return hash(tuple((turn.role, known[turn.text]) for turn in history))


def by_length(length_N: NDArray[np.int64]) -> list[Group]:
    """LENGTHS groups of near-equal size; fewer where many lengths are the same."""
    edges = np.quantile(length_N, np.linspace(0, 1, LENGTHS + 1), method="inverted_cdf")
    return _groups(length_N, np.unique(edges[1:-1]))


def by_depth(depth_N: NDArray[np.int64]) -> list[Group]:
    """The groups of DEPTHS that have examples."""
    return _groups(depth_N, np.array(DEPTHS))


def _groups(value_N: NDArray[np.int64], last: NDArray[np.int64]) -> list[Group]:
    """Groups that end at the values `last`; each is named by the values it has."""
    group_N = np.searchsorted(last, value_N, side="left")
    return [
        Group(int(value_N[rows].min()), int(value_N[rows].max()), rows)
        for rows in (np.flatnonzero(group_N == group) for group in np.unique(group_N))
    ]
