"""The hook by which a feature of the ranker is left out, for which training has no setting."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np

from dialog_s2s.memory.ranker import FEATURES, GATES, Ranker
from dialog_s2s.memory.similarity import Similarity
from dialog_s2s.training import memory
from dialog_s2s.training.ranking import fit_ranker

GATES_OF = {"lexical": ("best", "second"), "meaning": ("meant",)}
"""Gates that go by a feature."""


@contextmanager
def unranked(features: Sequence[str]) -> Iterator[None]:
    """While it is open, training learns its ranker without these of `ranker.FEATURES`.

    They, and the gates that go by them, are 0 in what the ranker is fitted to, and their
    coefficients are 0 in the ranker that comes of it: whatever they are later, they do not count.
    The rows to rank are still found by the same index.
    """
    chosen = [FEATURES.index(name) for name in features]
    gates = [GATES.index(gate) for name in features for gate in GATES_OF.get(name, ())]

    def without(
        similarity: Similarity, stored: Any, near: Any, *rest: Any, **named: Any
    ) -> tuple[Ranker, Similarity]:
        features_QKF, gates_QG = near.features_QKF.copy(), near.gates_QG.copy()
        features_QKF[:, :, chosen] = 0.0
        gates_QG[:, gates] = 0.0
        near = dataclasses.replace(near, features_QKF=features_QKF, gates_QG=gates_QG)
        ranker, learned = fit_ranker(similarity, stored, near, *rest, **named)
        silent = Ranker(
            _zeroed(ranker.features, chosen),
            _zeroed(ranker.prior, gates),
            _zeroed(ranker.generator, gates),
            ranker.wordings,
        )
        return silent, learned

    with mock.patch.object(memory, "fit_ranker", without):
        yield


def _zeroed(numbers: Sequence[float], places: Sequence[int]) -> tuple[float, ...]:
    values = np.array(numbers)
    values[list(places)] = 0.0
    return tuple(values.tolist())
