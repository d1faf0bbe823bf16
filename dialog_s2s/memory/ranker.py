"""From what is known of each candidate to its weight in the mixture: a softmax of linear scores.

The scores of the candidates stand beside two more: the prior's and the generator's, which say
"none of these". All are learnt by maximising the likelihood of training's own replies with the
example itself left out (cf. TRIME, Zhong et al. 2022).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEATURES = (
    "lexical",
    "meaning",
    "named",
    "learned",
    "pretrained",
    "answer",
    "told",
    "context",
    "needs",
    "astray",
)
"""What is known of a candidate: likeness of the questions by how they are spelt, by what they mean,
by the rare things both name, by learned vectors, by a pretrained encoder; of the question to the
candidate's answer by spelling and by meaning; of the turns before both; whether the candidate
needs earlier turns; and whether it does and there are none."""

GATES = ("constant", "best", "second", "meant", "length")
"""What the prior's and the generator's scores go by: the best and second best lexical likeness, the
best likeness of meaning, and the logarithm of the question's number of terms."""

EXACT = 8.0
"""Added to the score of a row whose question is the very one asked, in its context: training
leaves the example out, so it cannot learn what a verbatim match is worth."""

CORRECTED = 6.0
"""Added where such a row was taught: what the user said last outweighs what was trained."""


@dataclass(frozen=True, slots=True)
class Ranker:
    """The coefficients."""

    features: tuple[float, ...]
    prior: tuple[float, ...]
    generator: tuple[float, ...]
    wordings: float = 1.0
    """How many rows lead to the same answer, on average."""

    @classmethod
    def from_tree(cls, tree: Mapping[str, Any]) -> Ranker:
        """From JSON. Raises `ValueError`, `KeyError` or `TypeError` where it does not fit."""
        made = cls(
            tuple(map(float, tree["features"])),
            tuple(map(float, tree["prior"])),
            tuple(map(float, tree["generator"])),
            float(tree["wordings"]),
        )
        if made.wordings < 1.0 or tuple(map(len, (made.features, made.prior, made.generator))) != (
            len(FEATURES),
            len(GATES),
            len(GATES),
        ):
            raise ValueError("the ranker's coefficients are of another version")
        return made

    def tree(self) -> dict[str, Any]:
        """As JSON, numbers in full."""
        return {
            "features": list(self.features),
            "prior": list(self.prior),
            "generator": list(self.generator),
            "wordings": self.wordings,
        }

    @property
    def alone(self) -> float:
        """What is added to the score of a row that was taught: it stands alone where a trained
        answer has several, which vote together. Half of what would make up for that: with all of
        it, the taught ones win questions that are not theirs."""
        return 0.5 * math.log(self.wordings)

    def weights(
        self, features_KF: Floats, bonus_K: Floats, gates_G: Floats
    ) -> tuple[Floats, float, float]:
        """The weight of each of K candidates, of the prior and of the generator; they make 1."""
        scores = np.concatenate(
            [
                features_KF @ np.array(self.features) + bonus_K,
                [gates_G @ np.array(self.prior), gates_G @ np.array(self.generator)],
            ]
        )
        shifted = np.exp(scores - scores.max())
        shares = shifted / shifted.sum()
        return shares[:-2], float(shares[-2]), float(shares[-1])


def gates(
    lexical_QK: NDArray[np.floating], meaning_QK: NDArray[np.floating], terms_Q: NDArray[np.int64]
) -> Floats:
    """The gates' features [Q, G], from the likenesses of K candidates and the questions' terms."""
    ordered_QK = -np.sort(-np.pad(lexical_QK, ((0, 0), (0, 2))), 1)
    meant_Q = meaning_QK.max(1, initial=0.0)
    return np.stack(
        [
            np.ones(len(ordered_QK)),
            ordered_QK[:, 0],
            ordered_QK[:, 1],
            meant_Q,
            np.log1p(terms_Q),
        ],
        1,
    )


def vectors(features: Mapping[str, NDArray[np.floating]], count: int) -> Floats:
    """Named features of `count` candidates as features_KF; what is not named is 0."""
    table = np.zeros((count, len(FEATURES)))
    for name, values in features.items():
        table[:, FEATURES.index(name)] = values
    return table
