"""The backend that runs the model itself, in torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dialog_s2s.bundle import TOKENIZER, WEIGHTS, Bundle
from dialog_s2s.model.build import Pieces, build
from dialog_s2s.model.seq2seq import Seq2Seq
from dialog_s2s.model.values import State
from dialog_s2s.model.weights import load_weights
from dialog_s2s.text.batches import padded
from dialog_s2s.text.tokenizer import PADDING, START, Tokenizer


@dataclass(frozen=True, slots=True)
class TorchState:
    """The decoder's state, and the attention of the step that led to it."""

    state: State
    weights_RS: Tensor


class TorchBackend:
    """A `Backend` over a `Seq2Seq` in evaluation mode."""

    def __init__(self, model: Seq2Seq):
        self.model = model.eval()
        self.vocabulary = model.generator.pieces.num_embeddings

    @classmethod
    def load(cls, bundle: Bundle) -> TorchBackend:
        """The model of a bundle. Raises `BundleError` where config and weights disagree."""
        config = bundle.config()
        tokenizer = Tokenizer(bundle.read(TOKENIZER))
        slots = config.text.slots or 0
        pieces = Pieces(tokenizer.size + slots, PADDING, tokenizer.openers, slots)
        model = build(config.model, pieces)
        load_weights(model, bundle.read(WEIGHTS))
        return cls(model)

    @torch.inference_mode()
    def encode(self, sources: Sequence[Sequence[int]]) -> TorchState:
        """See `Backend`."""
        source_BS, mask_BS = (torch.from_numpy(each) for each in padded(sources))
        state = self.model.decoder.start(self.model.encode(source_BS, mask_BS))
        return TorchState(state, torch.zeros(source_BS.shape))

    @torch.inference_mode()
    def step(
        self, tokens_R: Sequence[int], state: TorchState
    ) -> tuple[NDArray[np.float32], TorchState]:
        """See `Backend`."""
        logits_RV, weights_RS, after = self.model.step(
            torch.tensor(tokens_R, dtype=torch.long), state.state
        )
        return logits_RV.numpy(), TorchState(after, weights_RS)

    @torch.inference_mode()
    def select(self, state: TorchState, rows: Sequence[int]) -> TorchState:
        """See `Backend`."""
        index = torch.tensor(rows, dtype=torch.long)
        return TorchState(state.state.select(rows), state.weights_RS[index])

    def attention(self, state: TorchState) -> NDArray[np.float32]:
        """See `Backend`."""
        return state.weights_RS.numpy()

    @torch.inference_mode()
    def likelihood(
        self, sources: Sequence[Sequence[int]], replies: Sequence[Sequence[int]]
    ) -> list[float]:
        """See `Backend`."""
        source_BS, mask_BS = (torch.from_numpy(each) for each in padded(sources))
        fed, _ = padded([(START, *reply[:-1]) for reply in replies])
        feature_BTE, weights_BTS = self.model.decoder.unroll(
            torch.from_numpy(fed), self.model.encode(source_BS, mask_BS)
        )
        found = []
        for row, reply in enumerate(replies):  # one at a time: logits are wide
            length = len(reply)
            logits_TV = self.model.generator.step(
                feature_BTE[row, :length],
                weights_BTS[row, :length],
                source_BS[row].expand(length, -1),
            )
            likely_TV = torch.log_softmax(logits_TV, -1)
            found.append(float(likely_TV[range(length), list(reply)].double().sum()))
        return found
