"""Building blocks that more than one part uses."""

from __future__ import annotations

import math
import threading
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

GRAIN = 128
"""Rows of a low-precision matrix product come in multiples of this on a CPU, whose library
compiles each product anew for every number of rows it has not met."""


def product_dtype(operand: Tensor) -> torch.dtype:
    """The type matrix products are made in, here and now."""
    device = operand.device.type
    if torch.is_autocast_enabled(device):
        return torch.get_autocast_dtype(device)
    return operand.dtype


class Linear(nn.Linear):
    """A dense layer, [..., X] -> [..., Y], that keeps to a few numbers of rows; see GRAIN."""

    def forward(self, states: Tensor) -> Tensor:
        if states.device.type != "cpu" or product_dtype(states) == torch.float32:
            return super().forward(states)
        rows = states.reshape(-1, states.shape[-1])
        made = super().forward(functional.pad(rows, (0, 0, 0, -len(rows) % GRAIN)))
        return made[: len(rows)].reshape(*states.shape[:-1], self.out_features)


class Randomness(threading.local):
    """Where dropout draws its masks from: torch's own generator, or one for each thread."""

    generator: torch.Generator | None = None


randomness = Randomness()


class Dropout(nn.Module):
    """Dropout (Srivastava et al. 2014) with its rate rounded to 1/256.

    Drawing eight one-byte choices from each random integer costs an eighth of drawing a float
    for each; on a CPU the library's masks took 8 % of an update.
    """

    def __init__(self, rate: float):
        super().__init__()
        self.bar = round(rate * 256)

    def forward(self, states: Tensor) -> Tensor:
        if not self.training or not self.bar:
            return states
        words = torch.empty((states.numel() + 7) // 8, dtype=torch.int64, device=states.device)
        words.random_(-(2**63), None, generator=randomness.generator)
        choices = words.view(torch.uint8)[: states.numel()].view(states.shape)
        # straight into numbers: on a CPU a mask of booleans takes eight times as long
        kept = torch.ge(choices, self.bar, out=torch.empty(states.shape, **_like(states)))
        return states * kept.mul_(256 / (256 - self.bar))


def _like(states: Tensor) -> dict[str, Any]:
    return {"dtype": states.dtype, "device": states.device}


class PieceEmbedding(nn.Embedding):
    """Vectors of pieces, read at unit scale; the generator shares the small weights themselves
    (Vaswani et al. 2017, section 3.4)."""

    def __init__(self, pieces: int, width: int):
        super().__init__(pieces, width)
        self.scale = math.sqrt(width)
        nn.init.normal_(self.weight, std=1 / self.scale)

    def forward(self, pieces: Tensor) -> Tensor:
        return super().forward(pieces) * self.scale


class SourceEmbedding(nn.Module):
    """A source token's vector: its piece, its segment's kind, and how far back its segment is.

    Segments are opened by pieces of their own (for a dialogue: who speaks), given as plain ids,
    so both can be read off the source itself.

    Of a slot (see `Pieces.slots`), which says nothing of itself, it also tells how far back the
    last segment is that has it, if that is a later one: whether, and when, it came up again.

    Shapes: source_BS, mask_BS -> BSE.
    """

    def __init__(
        self,
        pieces: nn.Embedding,
        openers: tuple[int, ...],
        segments: int,
        dropout: float,
        slots: int = 0,
    ):
        super().__init__()
        self.pieces = pieces
        self.segments = segments
        self.kinds = nn.Embedding(len(openers) + 1, pieces.embedding_dim)
        self.distances = nn.Embedding(segments, pieces.embedding_dim)
        self.slots = slots
        told = [self.kinds, self.distances]
        if slots:
            self.mentions = nn.Embedding(segments + 1, pieces.embedding_dim)
            told.append(self.mentions)
        for embedding in told:
            nn.init.zeros_(embedding.weight)
        self.dropout = Dropout(dropout)
        kind_V = torch.zeros(pieces.num_embeddings, dtype=torch.long)
        for kind, opener in enumerate(openers, start=1):
            kind_V[opener] = kind
        self.register_buffer("kind_V", kind_V, persistent=False)

    def forward(self, source_BS: Tensor) -> Tensor:
        kind_BS = self.kind_V[source_BS]  # type: ignore[index]
        opens_BS = (kind_BS > 0).long()
        opened_BS = opens_BS.cumsum(1)
        # the place of the latest opener at or before each token
        place_BS = torch.arange(source_BS.shape[1], device=source_BS.device) * opens_BS
        segment_BS = kind_BS.gather(1, place_BS.cummax(1).values)
        distance_BS = (opened_BS[:, -1:] - opened_BS).clamp(max=self.segments - 1)
        embedded_BSE = self.pieces(source_BS) + self.kinds(segment_BS) + self.distances(distance_BS)
        if self.slots:
            embedded_BSE = embedded_BSE + self._mentioned(source_BS, distance_BS)
        dropped: Tensor = self.dropout(embedded_BSE)
        return dropped

    def _mentioned(self, source_BS: Tensor, distance_BS: Tensor) -> Tensor:
        """What is added to each place that holds a slot: BSE."""
        slot_BS = source_BS - (self.pieces.num_embeddings - self.slots)
        named_BS = slot_BS >= 0
        # all that is no slot shares a column of its own
        slot_BS = torch.where(named_BS, slot_BS, self.slots)
        last_BK = distance_BS.new_full((len(source_BS), self.slots + 1), self.segments)
        last_BK = last_BK.scatter_reduce(1, slot_BS, distance_BS, "amin")
        last_BS = last_BK.gather(1, slot_BS)
        again_BS = torch.where(last_BS < distance_BS, last_BS, self.segments)
        told: Tensor = self.mentions(again_BS) * named_BS[:, :, None]
        return told


def sinusoids(length: int, width: int, start: int, device: torch.device) -> Tensor:
    """Positions start..start+length as sines and cosines, (length, width) (Vaswani et al. 2017)."""
    place = torch.arange(start, start + length, device=device, dtype=torch.float32)[:, None]
    rates = torch.exp(
        torch.arange(0, width, 2, device=device, dtype=torch.float32)
        * (-math.log(10_000.0) / width)
    )
    waves = torch.zeros(length, width, device=device)
    waves[:, 0::2] = torch.sin(place * rates)
    waves[:, 1::2] = torch.cos(place * rates[: width // 2])
    return waves


def split_heads(states_BSD: Tensor, heads: int) -> Tensor:
    """BSD -> BHSK."""
    batch, length, width = states_BSD.shape
    return states_BSD.reshape(batch, length, heads, width // heads).transpose(1, 2)


def join_heads(states_BHSK: Tensor) -> Tensor:
    """BHSK -> BSD."""
    return states_BHSK.transpose(1, 2).flatten(2)


class SelfAttention(nn.Module):
    """Multi-head self-attention with pre-norm and residual (Vaswani et al. 2017; Xiong 2020)."""

    def __init__(self, width: int, heads: int, dropout: float):
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.project = Linear(width, 3 * width)
        self.output = Linear(width, width)
        self.dropout = Dropout(dropout)

    def forward(self, states_BSD: Tensor, mask_BS: Tensor) -> Tensor:
        """Every place sees every unmasked place."""
        query, key, value = self._project(states_BSD)
        seen = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=mask_BS[:, None, None, :]
        )
        return self._residual(states_BSD, seen)

    def causal(self, states_BTD: Tensor) -> Tensor:
        """Every place sees itself and the places before it."""
        query, key, value = self._project(states_BTD)
        seen = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self._residual(states_BTD, seen)

    def extend(
        self, state_R1D: Tensor, keys_RHSK: Tensor, values_RHSK: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """One more place after cached ones: its state, and the cache with it."""
        query, key, value = self._project(state_R1D)
        keys = torch.cat([keys_RHSK, key.to(keys_RHSK.dtype)], 2)
        values = torch.cat([values_RHSK, value.to(values_RHSK.dtype)], 2)
        seen = functional.scaled_dot_product_attention(query, keys, values)
        return self._residual(state_R1D, seen), keys, values

    def _project(self, states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        query, key, value = self.project(self.norm(states)).chunk(3, -1)
        return (
            split_heads(query, self.heads),
            split_heads(key, self.heads),
            split_heads(value, self.heads),
        )

    def _residual(self, states: Tensor, seen: Tensor) -> Tensor:
        changed: Tensor = states + self.dropout(self.output(join_heads(seen)))
        return changed


class FeedForward(nn.Module):
    """Two dense layers with pre-norm and residual; shapes: BSD -> BSD."""

    def __init__(self, width: int, inner: int, dropout: float):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.inner = Linear(width, inner)
        self.output = Linear(inner, width)
        self.dropout = Dropout(dropout)

    def forward(self, states_BSD: Tensor) -> Tensor:
        inner = self.dropout(functional.gelu(self.inner(self.norm(states_BSD))))
        changed: Tensor = states_BSD + self.dropout(self.output(inner))
        return changed
