"""Rules on next-piece logits: small pure functions, logits_V in, new logits_V out."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Logits = NDArray[np.float32]


def forbid(logits_V: Logits, pieces: Sequence[int]) -> Logits:
    """These pieces cannot come next."""
    changed = logits_V.copy()
    changed[list(pieces)] = -np.inf
    return changed


def repeated(said: Sequence[int], size: int) -> list[int]:
    """Pieces that would complete a sequence of `size` already said (Paulus et al. 2018)."""
    if size <= 0 or len(said) < size:
        return []
    tail = tuple(said[len(said) - size + 1 :])
    return [
        said[start + size - 1]
        for start in range(len(said) - size + 1)
        if tuple(said[start : start + size - 1]) == tail
    ]


def log_softmax(logits: Logits) -> Logits:
    """Logits to log-probabilities over the last axis; -inf stays."""
    shifted = logits - logits.max(-1, keepdims=True)
    normal: Logits = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return normal


def top_k(logits_V: Logits, k: int) -> Logits:
    """Only the k likeliest pieces, ties with the last included (Fan et al. 2018); 0 keeps all."""
    if k <= 0 or k >= len(logits_V):
        return logits_V
    least = np.partition(logits_V, -k)[-k]
    return np.where(logits_V < least, np.float32(-np.inf), logits_V)


def top_p(logits_V: Logits, p: float) -> Logits:
    """The fewest likeliest pieces that hold probability `p` (Holtzman et al. 2020)."""
    if p >= 1:
        return logits_V
    likely_V = np.exp(log_softmax(logits_V))
    # all others together hold less than half of what is cut away, so they need no sorting
    head = np.flatnonzero(likely_V >= (1 - p) / (2 * len(likely_V)))
    order = head[np.argsort(-logits_V[head], kind="stable")]
    held = likely_V[order].cumsum()
    kept = order[: int(np.searchsorted(held, p)) + 1]
    changed = np.full_like(logits_V, -np.inf)
    changed[kept] = logits_V[kept]
    return changed


def min_p(logits_V: Logits, share: float) -> Logits:
    """Only pieces at least `share` as likely as the likeliest (Nguyen et al. 2024)."""
    if share <= 0:
        return logits_V
    least = logits_V.max() + np.float32(math.log(share))
    return np.where(logits_V < least, np.float32(-np.inf), logits_V)
