"""Decoder: a conditional language model. After each piece, the feature to predict the next from.

The first piece fed is always the start piece; EOS ends the computation and is never fed.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from dialog_s2s.model.attention import Attention
from dialog_s2s.model.gru import Gru
from dialog_s2s.model.layers import (
    Dropout,
    FeedForward,
    Linear,
    SelfAttention,
    sinusoids,
    split_heads,
)
from dialog_s2s.model.values import Encoded, Keys, State


class Decoder(nn.Module):
    """The interface of both kinds."""

    def start(self, encoded: Encoded) -> State:
        """The state before the first piece, one row a source."""
        raise NotImplementedError

    def step(self, token_R: Tensor, state: State) -> tuple[Tensor, Tensor, State]:
        """Feeds one piece a row: feature_RE, attention weights_RS, the state after it."""
        raise NotImplementedError

    def unroll(self, tokens_BT: Tensor, encoded: Encoded) -> tuple[Tensor, Tensor]:
        """feature_BTE and attention weights_BTS after each of the pieces: equals repeated `step`,
        in one go."""
        raise NotImplementedError


def _attend(
    attention: Attention, query_R1D: Tensor, keys: Keys, per_source: int
) -> tuple[Tensor, Tensor]:
    """One query a row, all rows of a source asked at once."""
    rows, _, width = query_R1D.shape
    query_BTD = query_R1D.reshape(rows // per_source, per_source, width)
    context_BTD, weights_BTS = attention(query_BTD, keys)
    return context_BTD.reshape(rows, 1, width), weights_BTS.flatten(0, 1)


class GruDecoder(Decoder):
    """Attentional GRU (Luong et al. 2015) without input feeding, so that in training the
    recurrent part is one fused call and attention runs over all steps at once."""

    def __init__(
        self,
        pieces: nn.Embedding,
        attention: Attention,
        width: int,
        layers: int,
        dropout: float,
        keep: float = 0.0,
    ):
        super().__init__()
        self.pieces = pieces
        self.attention = attention
        inputs = [pieces.embedding_dim] + [width] * (layers - 1)
        self.layers = nn.ModuleList(Gru(size, width, keep=keep) for size in inputs)
        self.first = Linear(width, width * layers)
        self.combine = Linear(2 * width, pieces.embedding_dim)
        self.dropout = Dropout(dropout)

    def start(self, encoded: Encoded) -> State:
        return State((self._hidden(encoded),), (self.attention.prepare(encoded),))

    def step(self, token_R: Tensor, state: State) -> tuple[Tensor, Tensor, State]:
        output_1RD, hidden_RLD = self._recur(self.pieces(token_R[None]), state.rows[0])
        output_R1D = output_1RD.transpose(0, 1)
        context_R1D, weights_RS = _attend(
            self.attention, output_R1D, state.keys[0], state.per_source
        )
        feature_R1E = self._feature(output_R1D, context_R1D)
        return feature_R1E[:, 0], weights_RS, State((hidden_RLD,), state.keys, state.per_source)

    def unroll(self, tokens_BT: Tensor, encoded: Encoded) -> tuple[Tensor, Tensor]:
        fed_TBE = self.dropout(self.pieces(tokens_BT.T))
        output_TBD, _ = self._recur(fed_TBE, self._hidden(encoded))
        output_BTD = self.dropout(output_TBD).transpose(0, 1)
        context_BTD, weights_BTS = self.attention(output_BTD, self.attention.prepare(encoded))
        return self._feature(output_BTD, context_BTD), weights_BTS

    def _hidden(self, encoded: Encoded) -> Tensor:
        first_BD = torch.tanh(self.first(encoded.summary_BD))
        # the recurrence keeps its state in full precision whatever the products use
        return first_BD.reshape(len(first_BD), len(self.layers), -1).float()

    def _recur(self, inputs_TBE: Tensor, hidden_BLD: Tensor) -> tuple[Tensor, Tensor]:
        """All layers over all inputs: the last layer's states_TBD, every layer's last state."""
        states, last = inputs_TBE, []
        for depth, layer in enumerate(self.layers):
            if depth:
                states = self.dropout(states)
            states = layer(states[None], hidden_BLD[None, :, depth])[0]
            last.append(states[-1])
        return states, torch.stack(last, 1)

    def _feature(self, output_BTD: Tensor, context_BTD: Tensor) -> Tensor:
        feature_BTE: Tensor = self.dropout(
            torch.tanh(self.combine(torch.cat([output_BTD, context_BTD], -1)))
        )
        return feature_BTE


class TransformerDecoder(Decoder):
    """Pre-norm layers of self-attention, attention to the source, and feed-forward."""

    def __init__(
        self,
        pieces: nn.Embedding,
        attention: Callable[[], Attention],
        width: int,
        layers: int,
        heads: int,
        dropout: float,
    ):
        super().__init__()
        self.pieces = pieces
        self.heads = heads
        self.widen = Linear(pieces.embedding_dim, width)
        self.recall = nn.ModuleList(SelfAttention(width, heads, dropout) for _ in range(layers))
        self.asks = nn.ModuleList(nn.LayerNorm(width) for _ in range(layers))
        self.look = nn.ModuleList(attention() for _ in range(layers))
        self.take = nn.ModuleList(Linear(width, width) for _ in range(layers))
        self.think = nn.ModuleList(FeedForward(width, 4 * width, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.combine = Linear(width, pieces.embedding_dim)
        self.dropout = Dropout(dropout)

    def start(self, encoded: Encoded) -> State:
        batch, width = encoded.summary_BD.shape
        none_BHSK = split_heads(encoded.states_BSD.new_zeros(batch, 0, width), self.heads)
        caches = (none_BHSK,) * (2 * len(self.recall))
        return State(caches, tuple(look.prepare(encoded) for look in self.look))  # type: ignore[operator]

    def step(self, token_R: Tensor, state: State) -> tuple[Tensor, Tensor, State]:
        place = state.rows[0].shape[2]
        state_R1D = self._embedded(token_R[:, None], place)
        caches: list[Tensor] = []
        for depth, (recall, look) in enumerate(zip(self.recall, self.look, strict=True)):
            state_R1D, *cache = recall.extend(  # type: ignore[operator]
                state_R1D, state.rows[2 * depth], state.rows[2 * depth + 1]
            )
            caches += cache
            query_R1D = self.asks[depth](state_R1D)
            context_R1D, weights_RS = _attend(
                look,  # type: ignore[arg-type]
                query_R1D,
                state.keys[depth],
                state.per_source,
            )
            state_R1D = self._think(depth, state_R1D, context_R1D)
        feature_RE = self._feature(state_R1D)[:, 0]
        return feature_RE, weights_RS, State(tuple(caches), state.keys, state.per_source)

    def unroll(self, tokens_BT: Tensor, encoded: Encoded) -> tuple[Tensor, Tensor]:
        state_BTD = self.dropout(self._embedded(tokens_BT, 0))
        for depth, (recall, look) in enumerate(zip(self.recall, self.look, strict=True)):
            state_BTD = recall.causal(state_BTD)  # type: ignore[operator]
            keys = look.prepare(encoded)  # type: ignore[operator]
            context_BTD, weights_BTS = look(self.asks[depth](state_BTD), keys)
            state_BTD = self._think(depth, state_BTD, context_BTD)
        return self._feature(state_BTD), weights_BTS

    def _embedded(self, tokens_BT: Tensor, place: int) -> Tensor:
        state_BTD: Tensor = self.widen(self.pieces(tokens_BT))
        length, width = state_BTD.shape[1:]
        return state_BTD + sinusoids(length, width, place, state_BTD.device)

    def _think(self, depth: int, state_BTD: Tensor, context_BTD: Tensor) -> Tensor:
        state_BTD = state_BTD + self.dropout(self.take[depth](context_BTD))
        thought_BTD: Tensor = self.think[depth](state_BTD)
        return thought_BTD

    def _feature(self, state_BTD: Tensor) -> Tensor:
        feature_BTE: Tensor = self.dropout(self.combine(self.norm(state_BTD)))
        return feature_BTE
