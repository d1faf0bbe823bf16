"""Encoder: models P(z|X). A source becomes one state per token and one sentence vector z."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dialog_s2s.model.gru import Gru
from dialog_s2s.model.layers import (
    Dropout,
    FeedForward,
    Linear,
    SelfAttention,
    SourceEmbedding,
    sinusoids,
)
from dialog_s2s.model.values import Encoded


class Encoder(nn.Module):
    """The interface of both kinds."""

    def forward(self, source_BS: Tensor, mask_BS: Tensor) -> Encoded:
        """States and summary of right-padded sources; padding never changes either."""
        raise NotImplementedError


class GruEncoder(Encoder):
    """Bidirectional GRU layers (Cho et al. 2014; Bahdanau et al. 2015)."""

    def __init__(
        self,
        embedding: SourceEmbedding,
        width: int,
        layers: int,
        dropout: float,
        keep: float = 0.0,
    ):
        super().__init__()
        self.embedding = embedding
        self.dropout = Dropout(dropout)
        inputs = [embedding.pieces.embedding_dim] + [width] * (layers - 1)
        half = width // 2
        self.layers = nn.ModuleList(Gru(size, half, groups=2, keep=keep) for size in inputs)
        self.summary = Linear(2 * width, width)

    def forward(self, source_BS: Tensor, mask_BS: Tensor) -> Encoded:
        length_B = mask_BS.sum(1)
        place_S = torch.arange(source_BS.shape[1], device=source_BS.device)
        # the order that reverses each source in place and leaves its padding at the end
        reverse_BS = torch.where(mask_BS, length_B[:, None] - 1 - place_S, place_S)
        states_BSD = self.embedding(source_BS)
        for depth, layer in enumerate(self.layers):
            if depth:
                states_BSD = self.dropout(states_BSD)
            both_GBSE = torch.stack([states_BSD, _reorder(states_BSD, reverse_BS)])
            start_GBM = states_BSD.new_zeros(2, len(states_BSD), layer.width, dtype=torch.float32)
            ahead_BSM, back_BSM = layer(both_GBSE, start_GBM)
            states_BSD = torch.cat([ahead_BSM, _reorder(back_BSM, reverse_BS)], -1)
        first_BD = states_BSD[:, 0]
        last_BD = states_BSD[torch.arange(len(length_B), device=source_BS.device), length_B - 1]
        half = states_BSD.shape[-1] // 2
        ends_BD = torch.cat([last_BD[:, :half], first_BD[:, half:]], -1)
        weight_BS = mask_BS.to(states_BSD.dtype)
        mean_BD = torch.einsum("bsd,bs->bd", states_BSD, weight_BS) / length_B[:, None]
        summary_BD = torch.tanh(self.summary(torch.cat([ends_BD, mean_BD], -1)))
        return Encoded(self.dropout(states_BSD), mask_BS, summary_BD, source_BS)


class TransformerEncoder(Encoder):
    """Pre-norm self-attention layers (Vaswani et al. 2017; Xiong et al. 2020)."""

    def __init__(
        self, embedding: SourceEmbedding, width: int, layers: int, heads: int, dropout: float
    ):
        super().__init__()
        self.embedding = embedding
        self.widen = Linear(embedding.pieces.embedding_dim, width)
        self.attend = nn.ModuleList(SelfAttention(width, heads, dropout) for _ in range(layers))
        self.think = nn.ModuleList(FeedForward(width, 4 * width, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.summary = Linear(width, width)

    def forward(self, source_BS: Tensor, mask_BS: Tensor) -> Encoded:
        states_BSD = self.widen(self.embedding(source_BS))
        width = states_BSD.shape[-1]
        states_BSD = states_BSD + sinusoids(source_BS.shape[1], width, 0, source_BS.device)
        for attend, think in zip(self.attend, self.think, strict=True):
            states_BSD = think(attend(states_BSD, mask_BS))
        states_BSD = self.norm(states_BSD)
        weight_BS = mask_BS.to(states_BSD.dtype)
        mean_BD = torch.einsum("bsd,bs->bd", states_BSD, weight_BS) / mask_BS.sum(1)[:, None]
        return Encoded(states_BSD, mask_BS, torch.tanh(self.summary(mean_BD)), source_BS)


def _reorder(states_BSD: Tensor, order_BS: Tensor) -> Tensor:
    return states_BSD.gather(1, order_BS[:, :, None].expand_as(states_BSD))
