"""The loss of batches: with gradients for learning, without for measuring."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from dialog_s2s.model.seq2seq import Seq2Seq
from dialog_s2s.model.values import Loss
from dialog_s2s.text.batches import Batch
from dialog_s2s.training.shortage import too_large, within_memory


@dataclass(frozen=True, slots=True)
class Measured:
    """Likelihood of replies, end pieces included."""

    nats: float
    tokens: int

    @property
    def nats_per_token(self) -> float:
        """Mean negative log-likelihood of a piece."""
        return self.nats / self.tokens if self.tokens else math.nan


def precision(kind: str, device: torch.device) -> AbstractContextManager[object]:
    """The context in which matrix products run in `kind` (float32 or bfloat16)."""
    return torch.autocast(device.type, torch.bfloat16, enabled=kind == "bfloat16")


def batch_loss(
    model: Seq2Seq,
    batch: Batch,
    smoothing: float = 0.0,
    weight_B: NDArray[np.float32] | None = None,
) -> Loss:
    """The loss of a batch on the model's own device; `weight_B` is what each example counts."""
    device = model.generator.bias_V.device
    source, mask, fed, target = (
        torch.from_numpy(array).to(device)
        for array in (batch.source_BS, batch.mask_BS, batch.fed_BT, batch.target_BT)
    )
    weight = None if weight_B is None else torch.from_numpy(weight_B).to(device)
    return model.loss(source, mask, fed, target, smoothing, weight)


def measure(model: Seq2Seq, batches: Iterable[Batch]) -> Measured:
    """The likelihood of batches under the model as it answers: no dropout, no smoothing.

    Raises:
        ConfigError: memory does not suffice for an example.
    """
    learning = model.training
    model.eval()
    nats, tokens = 0.0, 0
    with torch.inference_mode():
        for batch in batches:
            for _, loss in _losses(model, batch):
                nats += float(loss.nats)
                tokens += loss.tokens
    model.train(learning)
    return Measured(nats, tokens)


def measure_each(model: Seq2Seq, batches: Iterable[Batch], count: int) -> NDArray[np.float64]:
    """The nats of each of `count` replies, by its place in the shard; see `measure`."""
    learning = model.training
    model.eval()
    nats = np.zeros(count)
    with torch.inference_mode():
        for batch in batches:
            for part, loss in _losses(model, batch):
                nats[part.places_B] = loss.nats_B.double().cpu().numpy()
    model.train(learning)
    return nats


def _losses(model: Seq2Seq, batch: Batch) -> Iterator[tuple[Batch, Loss]]:
    """That of a batch, or those of its halves where memory does not suffice for it."""
    loss = within_memory(lambda: batch_loss(model, batch))
    if loss is not None:
        yield batch, loss
        return
    if batch.size < 2:
        raise too_large()
    for half in (0, 1):
        yield from _losses(model, batch.every(2, half))
