"""The values the four parts exchange.

Shape legend, used as suffixes on tensor names everywhere in `model/` and `training/`:

    B  sources in a batch          S  source length           T  target length
    R  rows being decoded (B times the hypotheses per source) N  rows chosen from R
    D  width of states             E  width of embeddings     H  heads
    K  width of one head (D / H)   V  vocabulary              L  layers
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Encoded:
    """What the encoder made of a batch of sources."""

    states_BSD: Tensor
    mask_BS: Tensor
    """True where there is a token."""
    summary_BD: Tensor
    """The sentence vector z: the source as one point."""
    source_BS: Tensor
    """The pieces that were read."""


@dataclass(frozen=True, slots=True)
class Keys:
    """One attention's view of the sources: made once a source, read at every step."""

    keys_BHSK: Tensor
    values_BHSK: Tensor
    mask_BS: Tensor
    source_BS: Tensor
    """The piece at each place."""

    def select(self, sources: Tensor) -> Keys:
        """The keys of these sources, in this order."""
        return Keys(
            self.keys_BHSK[sources],
            self.values_BHSK[sources],
            self.mask_BS[sources],
            self.source_BS[sources],
        )


@dataclass(frozen=True, slots=True)
class State:
    """Everything decoding needs between two steps; lives outside the modules.

    `rows` are the decoder's own tensors, one row a hypothesis. `keys` stay one row a source:
    the rows of a source stand together, `per_source` of them, and query its keys as so many
    queries, so that a beam never copies source states.
    """

    rows: tuple[Tensor, ...]
    keys: tuple[Keys, ...]
    per_source: int = 1

    @property
    def source_RS(self) -> Tensor:
        """The source of each row, as pieces."""
        return self.keys[-1].source_BS.repeat_interleave(self.per_source, 0)

    def select(self, rows_N: Sequence[int]) -> State:
        """The state of these rows, in this order: beam reorder, dropping rows, reusing slots."""
        runs = [
            (source, sum(1 for _ in run))
            for source, run in groupby(row // self.per_source for row in rows_N)
        ]
        if len({length for _, length in runs}) == 1:
            sources, per_source = [source for source, _ in runs], runs[0][1]
        else:
            sources, per_source = [row // self.per_source for row in rows_N], 1
        kept = self.rows[0].shape[0] // self.per_source
        keys = self.keys
        if sources != list(range(kept)):
            keys = tuple(each.select(torch.tensor(sources, dtype=torch.long)) for each in keys)
        index_N = torch.tensor(rows_N, dtype=torch.long)
        return State(tuple(each[index_N] for each in self.rows), keys, per_source)


@dataclass(frozen=True, slots=True)
class Loss:
    """A batch's loss, summed over its tokens so that batches of any size add up."""

    nats_B: Tensor
    """Negative log-likelihood of each source's targets; carries no gradient."""
    tokens: int
    """Targets that are not padding, EOS included."""
    objective: Tensor
    """What training minimises: the nats, weighted and smoothed; differentiable."""

    @property
    def nats(self) -> Tensor:
        """Negative log-likelihood of all targets."""
        return self.nats_B.sum()
