"""Answers that are as if they had been taught after the training, by which teaching is practised.

What is taught later is one wording of an answer, with terms that no vector was learnt for. A ranker
that has only seen what it was trained on would rely on its vectors alone, and find no names.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.memory.ranker import FEATURES, GATES, gates
from dialog_s2s.memory.rows import NewRow, Row
from dialog_s2s.memory.similarity import Bags
from dialog_s2s.training.neighbours import Neighbours

LEXICAL, MEANING = FEATURES.index("lexical"), FEATURES.index("meaning")
LENGTH = GATES.index("length")


@dataclass(frozen=True, slots=True)
class Withheld:
    """A share of the answers, drawn at random."""

    alive_N: NDArray[np.bool_]
    """The rows that are there: of an answer that is withheld, one."""
    novel_B: NDArray[np.bool_]
    """Buckets that no other row's question holds."""


def group(row: NewRow | Row) -> int | str:
    """What is the same for rows whose answers are interchangeable."""
    return row.intent or row.answer


def groups_of(rows: Sequence[NewRow]) -> NDArray[np.int64]:
    """The number of each row's group."""
    names = [group(row) for row in rows]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return np.array([numbers[name] for name in names], dtype=np.int64)


def withheld(
    groups_N: NDArray[np.int64], stored: Bags, buckets: int, random: np.random.Generator
) -> Withheld:
    """Withholds a share of the answers that is itself drawn, from none to all."""
    chosen = random.random(groups_N.max(initial=0) + 1) < random.random()
    order = random.permutation(len(groups_N))
    alive_N = ~chosen[groups_N]
    novel_B = np.ones(buckets, dtype=bool)
    novel_B[stored.buckets[np.repeat(alive_N, np.diff(stored.starts))]] = False
    alive_N[order[np.unique(groups_N[order], return_index=True)[1]]] = True
    return Withheld(alive_N, novel_B)


def left(near: Neighbours, alive_N: NDArray[np.bool_]) -> Neighbours:
    """The same where only these rows are.

    A query that would lose all right answers keeps what it has: not to know is learnt elsewhere.
    """
    there_QK = near.there_QK & alive_N[near.rows_QK]
    robbed_Q = near.alike_QK.any(1) & ~(near.alike_QK & there_QK).any(1)
    there_QK[robbed_Q] = near.there_QK[robbed_Q]
    gates_QG = gates(
        near.features_QKF[:, :, LEXICAL] * there_QK,
        near.features_QKF[:, :, MEANING] * there_QK,
        np.zeros(len(there_QK), dtype=np.int64),
    ).astype(np.float32)
    gates_QG[:, LENGTH] = near.gates_QG[:, LENGTH]
    return dataclasses.replace(
        near,
        there_QK=there_QK,
        gates_QG=gates_QG,
        right_QK=near.right_QK & there_QK,
        alike_QK=near.alike_QK & there_QK,
    )
