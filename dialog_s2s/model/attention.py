"""Attention: a soft dictionary. A query is compared with all keys, the similarities become
weights, and the values are summed by weight."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from dialog_s2s.model.layers import Linear, join_heads, split_heads
from dialog_s2s.model.values import Encoded, Keys


class Attention(nn.Module):
    """Attends with `heads` heads; a subclass says how a query is compared with a key.

    With `project`, keys and values are learned projections of the encoder's states (as in a
    transformer); without, they are the states themselves (as in Luong's).
    """

    def __init__(self, width: int, heads: int, project: bool):
        super().__init__()
        self.heads = heads
        self.key = Linear(width, width) if project else nn.Identity()
        self.value = Linear(width, width) if project else nn.Identity()

    def prepare(self, encoded: Encoded) -> Keys:
        """Keys and values of the sources, made once."""
        keys_BHSK = self._prepared(split_heads(self.key(encoded.states_BSD), self.heads))
        values_BHSK = split_heads(self.value(encoded.states_BSD), self.heads)
        return Keys(keys_BHSK.float(), values_BHSK.float(), encoded.mask_BS, encoded.source_BS)

    def forward(self, query_BTD: Tensor, keys: Keys) -> tuple[Tensor, Tensor]:
        """context_BTD and weights_BTS (the mean over heads); a masked place weighs exactly 0."""
        # many tiny products of ever new shapes: in full precision, which needs no compiling
        with torch.autocast(query_BTD.device.type, enabled=False):
            query_BHTK = split_heads(query_BTD.float(), self.heads)
            score_BHTS = self._score(query_BHTK, keys.keys_BHSK)
            score_BHTS = score_BHTS.masked_fill(~keys.mask_BS[:, None, None, :], -math.inf)
            weight_BHTS = torch.softmax(score_BHTS, -1)
            context_BHTK = weight_BHTS @ keys.values_BHSK
        return join_heads(context_BHTK), weight_BHTS.mean(1)

    def _prepared(self, keys_BHSK: Tensor) -> Tensor:
        return keys_BHSK

    def _score(self, query_BHTK: Tensor, keys_BHSK: Tensor) -> Tensor:
        raise NotImplementedError


class DotAttention(Attention):
    """Scaled dot product (Luong et al. 2015; Vaswani et al. 2017)."""

    def _score(self, query_BHTK: Tensor, keys_BHSK: Tensor) -> Tensor:
        return query_BHTK @ keys_BHSK.transpose(-1, -2) / math.sqrt(keys_BHSK.shape[-1])


class CosineAttention(Attention):
    """Cosine similarity with one learned sharpness a head (Graves et al. 2014)."""

    def __init__(self, width: int, heads: int, project: bool):
        super().__init__(width, heads, project)
        self.sharpness_H = nn.Parameter(torch.full((heads,), math.log(10.0)))

    def _prepared(self, keys_BHSK: Tensor) -> Tensor:
        return functional.normalize(keys_BHSK, dim=-1)

    def _score(self, query_BHTK: Tensor, keys_BHSK: Tensor) -> Tensor:
        cosine_BHTS = functional.normalize(query_BHTK, dim=-1) @ keys_BHSK.transpose(-1, -2)
        return cosine_BHTS * self.sharpness_H.exp()[:, None, None]


class GeneralAttention(Attention):
    """Dot product with a *learned* projection that makes the query (Luong et al. 2015)."""

    def __init__(self, width: int, heads: int, project: bool):
        super().__init__(width, heads, project)
        self.query = Linear(width, width)

    def forward(self, query_BTD: Tensor, keys: Keys) -> tuple[Tensor, Tensor]:
        return super().forward(self.query(query_BTD), keys)

    def _score(self, query_BHTK: Tensor, keys_BHSK: Tensor) -> Tensor:
        return query_BHTK @ keys_BHSK.transpose(-1, -2) / math.sqrt(keys_BHSK.shape[-1])


class AdditiveAttention(Attention):
    """A small network compares query and key (Bahdanau et al. 2015)."""

    def __init__(self, width: int, heads: int, project: bool):
        super().__init__(width, heads, project)
        inner = width // heads
        self.from_query = Linear(inner, inner)
        self.from_key = Linear(inner, inner, bias=False)
        self.compare_HK = nn.Parameter(torch.randn(heads, inner) / math.sqrt(inner))

    def _prepared(self, keys_BHSK: Tensor) -> Tensor:
        prepared: Tensor = self.from_key(keys_BHSK)
        return prepared

    def _score(self, query_BHTK: Tensor, keys_BHSK: Tensor) -> Tensor:
        query_BHT1K = self.from_query(query_BHTK)[:, :, :, None, :]
        both_BHTSK = torch.tanh(query_BHT1K + keys_BHSK[:, :, None])
        return torch.einsum("bhtsk,hk->bhts", both_BHTSK, self.compare_HK.to(both_BHTSK.dtype))


class NoAttention(Attention):
    """The baseline: every step sees the same sentence vector (Cho et al. 2014)."""

    def __init__(self, width: int, heads: int, project: bool):
        super().__init__(width, heads, project=False)

    def prepare(self, encoded: Encoded) -> Keys:
        """The summary in place of keys and values: nothing to look up."""
        summary_BHSK = split_heads(encoded.summary_BD[:, None], self.heads)
        return Keys(summary_BHSK, summary_BHSK, encoded.mask_BS, encoded.source_BS)

    def forward(self, query_BTD: Tensor, keys: Keys) -> tuple[Tensor, Tensor]:
        """The summary at every step; all weights are 0."""
        context_BTD = join_heads(keys.values_BHSK).expand(-1, query_BTD.shape[1], -1)
        batch, source = keys.mask_BS.shape
        return context_BTD, query_BTD.new_zeros(batch, query_BTD.shape[1], source)


KINDS: dict[str, type[Attention]] = {
    "none": NoAttention,
    "dot": DotAttention,
    "cosine": CosineAttention,
    "general": GeneralAttention,
    "additive": AdditiveAttention,
}
