"""The protocol between search and whatever computes: plain NumPy arrays, a few operations.

R is rows (hypotheses), V the vocabulary, S the longest source of the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.bundle import Bundle

BackendState = Any
"""Opaque to everyone but the backend that made it; never changed in place."""


class Backend(Protocol):
    """Computes next-piece logits; safe to share between threads."""

    vocabulary: int

    def encode(self, sources: Sequence[Sequence[int]]) -> BackendState:
        """The state before the first piece, one row a source."""

    def step(
        self, tokens_R: Sequence[int], state: BackendState
    ) -> tuple[NDArray[np.float32], BackendState]:
        """Feeds one piece a row: logits_RV for the next one, and the state after."""

    def select(self, state: BackendState, rows: Sequence[int]) -> BackendState:
        """The state of these rows, in this order; rows may repeat."""

    def attention(self, state: BackendState) -> NDArray[np.float32]:
        """Weights_RS over the source at the step that made `state`."""

    def likelihood(
        self, sources: Sequence[Sequence[int]], replies: Sequence[Sequence[int]]
    ) -> list[float]:
        """The log-probability of a given reply to each source, in one go: what `step` gives its
        pieces, summed. A whole reply ends in the end piece."""


def load_backend(bundle: Bundle) -> Backend:
    """The best backend a bundle and this installation allow.

    Raises:
        BundleError: the bundle's weights or config do not fit together.
    """
    # the choice of backend: torch takes over a second to import, so nothing else imports it
    from dialog_s2s.generation.torch_backend import TorchBackend

    return TorchBackend.load(bundle)
