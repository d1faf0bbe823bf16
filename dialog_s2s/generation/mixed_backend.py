"""A backend whose next-piece probabilities are those of memory and generator together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.generation.backend import Backend, BackendState
from dialog_s2s.generation.rules import log_softmax
from dialog_s2s.memory.mixture import NOTHING, Prior, Share, Votes


@dataclass(frozen=True, slots=True)
class MixedState:
    """The generator's state; each row's share, and what the generator last thought of pieces."""

    inner: BackendState
    shares: tuple[Share, ...]
    likely_RV: NDArray[np.float32] | None
    """None before the first step."""


class MixedBackend:
    """A `Backend` over another one, with a memory's votes for each source it will be given."""

    def __init__(self, backend: Backend, votes: Sequence[Votes], prior: Prior = NOTHING):
        self.backend = backend
        self.vocabulary = backend.vocabulary
        self._votes = votes
        self._prior = prior

    def encode(self, sources: Sequence[Sequence[int]]) -> MixedState:
        """See `Backend`; as many sources as there are votes."""
        shares = tuple(
            Share.start(votes, self._prior) for votes, _ in zip(self._votes, sources, strict=True)
        )
        return MixedState(self.backend.encode(sources), shares, None)

    def step(
        self, tokens_R: Sequence[int], state: MixedState
    ) -> tuple[NDArray[np.float32], MixedState]:
        """See `Backend`; the logits are log-probabilities."""
        shares = state.shares
        if state.likely_RV is not None:
            shares = tuple(
                share.fed(piece, float(likely_V[piece]))
                for share, piece, likely_V in zip(shares, tokens_R, state.likely_RV, strict=True)
            )
        logits_RV, inner = self.backend.step(tokens_R, state.inner)
        likely_RV = log_softmax(logits_RV)
        mixed_RV = np.empty_like(likely_RV)
        for row, share in enumerate(shares):
            mixed_RV[row] = share.mixed(likely_RV[row])
        return mixed_RV, MixedState(inner, shares, likely_RV)

    def select(self, state: MixedState, rows: Sequence[int]) -> MixedState:
        """See `Backend`."""
        likely_RV = None if state.likely_RV is None else state.likely_RV[list(rows)]
        return MixedState(
            self.backend.select(state.inner, rows),
            tuple(state.shares[row] for row in rows),
            likely_RV,
        )

    def attention(self, state: MixedState) -> NDArray[np.float32]:
        """See `Backend`."""
        return self.backend.attention(state.inner)

    def likelihood(
        self, sources: Sequence[Sequence[int]], replies: Sequence[Sequence[int]]
    ) -> list[float]:
        """See `Backend`; of whole replies."""
        alone = self.backend.likelihood(sources, replies)
        return [
            votes.joined(tuple(reply), likely, self._prior)
            for votes, reply, likely in zip(self._votes, replies, alone, strict=True)
        ]
