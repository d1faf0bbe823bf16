"""From what is known of each candidate to its weight in the mixture: a softmax of linear scores.

The scores of the candidates stand beside two more: the prior's and the generator's, which say
"none of these". All are learnt by maximising the likelihood of training's own replies with the
example itself left out (cf. TRIME, Zhong et al. 2022).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEATURES = ("lexical", "learned", "pretrained", "answer", "context", "needs", "astray")
"""What is known of a candidate: likeness of the questions by shared terms, by learned vectors, by
a pretrained encoder; of the question to the candidate's answer; of the turns before both; whether
the candidate needs earlier turns; and whether it does and there are none."""

GATES = ("constant", "best", "second", "length")
"""What the prior's and the generator's scores go by: the best and second best lexical likeness,
and the logarithm of the question's number of terms."""

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

    @classmethod
    def from_tree(cls, tree: Mapping[str, list[float]]) -> Ranker:
        """From JSON. Raises `ValueError`, `KeyError` or `TypeError` where it does not fit."""
        made = cls(*(tuple(float(number) for number in tree[item.name]) for item in fields(cls)))
        if tuple(map(len, (made.features, made.prior, made.generator))) != (
            len(FEATURES),
            len(GATES),
            len(GATES),
        ):
            raise ValueError("the ranker's coefficients are of another version")
        return made

    def tree(self) -> dict[str, list[float]]:
        """As JSON, numbers in full."""
        return {item.name: list(getattr(self, item.name)) for item in fields(self)}

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


def gates(lexical_K: NDArray[np.floating], terms: int) -> Floats:
    """The gates' features, from the candidates' likenesses and the question's terms."""
    ordered = np.sort(lexical_K)[::-1]
    best = float(ordered[0]) if len(ordered) else 0.0
    second = float(ordered[1]) if len(ordered) > 1 else 0.0
    return np.array([1.0, best, second, np.log1p(terms)])


def vectors(features: Mapping[str, NDArray[np.floating]], count: int) -> Floats:
    """Named features of `count` candidates as features_KF; what is not named is 0."""
    table = np.zeros((count, len(FEATURES)))
    for name, values in features.items():
        table[:, FEATURES.index(name)] = values
    return table
