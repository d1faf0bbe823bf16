"""Encoder: models P(z|X). A source becomes one state per token and one sentence vector z."""

from __future__ import annotations

from typing import Any

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
            both = (states_BSD.transpose(0, 1), _reorder(states_BSD, reverse_BS).transpose(0, 1))
            start_GBM = states_BSD.new_zeros(2, len(states_BSD), layer.width, dtype=torch.float32)
            ahead_SBM, back_SBM = layer(torch.stack(both), start_GBM)
            back_BSM = _reorder(back_SBM.transpose(0, 1), reverse_BS)
            states_BSD = torch.cat([ahead_SBM.transpose(0, 1), back_BSM], -1)
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
    """Each source's states in an order that is its own inverse."""
    reordered: Tensor = _Swap.apply(states_BSD, order_BS)  # type: ignore[no-untyped-call]
    return reordered


class _Swap(torch.autograd.Function):
    """Undone by itself, so the gradient takes the same way: a gather's would be summed up."""

    @staticmethod
    def forward(ctx: Any, states_BSD: Tensor, order_BS: Tensor) -> Tensor:
        ctx.save_for_backward(order_BS)
        return _swapped(states_BSD, order_BS)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return _swapped(grads[0], ctx.saved_tensors[0]), None


def _swapped(states_BSD: Tensor, order_BS: Tensor) -> Tensor:
    batch, length, width = states_BSD.shape
    first_B1 = torch.arange(0, batch * length, length, device=order_BS.device)[:, None]
    chosen = (order_BS + first_B1).reshape(-1)
    return states_BSD.reshape(-1, width).index_select(0, chosen).view(batch, length, width)
