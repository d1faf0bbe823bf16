"""The four parts joined, nothing else."""

from __future__ import annotations

from torch import Tensor, nn

from dialog_s2s.model.decoder import Decoder
from dialog_s2s.model.encoder import Encoder
from dialog_s2s.model.generator import Generator
from dialog_s2s.model.values import Encoded, Loss, State


class Seq2Seq(nn.Module):
    """P(Y|X) from an encoder, a decoder (which holds the attention) and a generator."""

    def __init__(self, encoder: Encoder, decoder: Decoder, generator: Generator):
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.generator = generator

    def encode(self, source_BS: Tensor, mask_BS: Tensor) -> Encoded:
        """States and summary of right-padded sources."""
        encoded: Encoded = self.encoder(source_BS, mask_BS)
        return encoded

    def step(self, token_R: Tensor, state: State) -> tuple[Tensor, Tensor, State]:
        """logits_RV for the next piece, attention weights_RS, the state after `token_R`."""
        feature_RE, weights_RS, after = self.decoder.step(token_R, state)
        return self.generator.step(feature_RE, weights_RS, state.source_RS), weights_RS, after

    def loss(
        self,
        source_BS: Tensor,
        mask_BS: Tensor,
        fed_BT: Tensor,
        target_BT: Tensor,
        smoothing: float = 0.0,
        weight_B: Tensor | None = None,
    ) -> Loss:
        """The loss of replies `target_BT` (ending in EOS, then padding), each counting `weight_B`.

        `fed_BT` is what the decoder reads: the start piece, then the reply without its EOS.
        """
        encoded = self.encode(source_BS, mask_BS)
        feature_BTE, weights_BTS = self.decoder.unroll(fed_BT, encoded)
        return self.generator.loss(
            feature_BTE, target_BT, smoothing, weight_B, weights_BTS, source_BS
        )
