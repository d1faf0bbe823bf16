"""One update's gradients, its batch shared out over threads.

A thread a core beats the library's own threads: the products here are too small to be cut
further, but halves of a batch are independent. Each lane has its own random generator, so a run
is a function of its seed and its number of lanes.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dialog_s2s.config import TrainingConfig, given
from dialog_s2s.model.layers import randomness
from dialog_s2s.model.seq2seq import Seq2Seq
from dialog_s2s.text.batches import Batch
from dialog_s2s.text.tokenizer import PADDING
from dialog_s2s.training.objective import batch_loss, precision

WORTHWHILE = 16
"""Examples a lane must have; a smaller batch uses fewer lanes."""


class Lanes:
    """Threads that make gradients of a model; a context, which ends them."""

    def __init__(self, model: Seq2Seq, settings: TrainingConfig):
        self.model = model
        self.parameters = list(model.parameters())
        self.smoothing = given(settings.label_smoothing, "training.label_smoothing")
        self.precision = given(settings.precision, "training.precision")
        on_cpu = model.generator.bias_V.device.type == "cpu"
        self.count = given(settings.threads, "training.threads") if on_cpu else 1
        self._generators = [torch.Generator() for _ in range(self.count)]
        for lane, generator in enumerate(self._generators):
            generator.manual_seed(settings.seed * self.count + lane)
        self._pool = ThreadPoolExecutor(self.count, initializer=_lane)

    def __enter__(self) -> Lanes:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def gradients(
        self, batch: Batch, weight_B: NDArray[np.float32] | None = None
    ) -> tuple[NDArray[np.float32], int]:
        """Sets every parameter's gradient of the mean loss a target, where each example counts
        `weight_B`; the nats of each example, and the targets there are."""
        lanes = max(1, min(self.count, batch.size // WORTHWHILE))
        rows = [slice(lane, None, lanes) for lane in range(lanes)]
        parts = [batch.every(lanes, lane) for lane in range(lanes)]
        weights = [None if weight_B is None else weight_B[row] for row in rows]
        made = list(self._pool.map(self._part, parts, weights, self._generators))
        nats_B = np.zeros(batch.size, dtype=np.float32)
        for row, part in zip(rows, made, strict=True):
            nats_B[row] = part[0]
        targets = sum(part[1] for part in made)
        counted = float(targets)
        if weight_B is not None:
            lengths_B = (batch.target_BT != PADDING).sum(1)
            counted = max(float((lengths_B * weight_B).sum()), 1.0)
        for place, parameter in enumerate(self.parameters):
            total = made[0][2][place]
            for _, _, gradients in made[1:]:
                total = total + gradients[place]
            parameter.grad = total.div_(counted)
        return nats_B, targets

    def _part(
        self, part: Batch, weight_B: NDArray[np.float32] | None, generator: torch.Generator
    ) -> tuple[NDArray[np.float32], int, tuple[Tensor, ...]]:
        device = self.model.generator.bias_V.device
        randomness.generator = generator if device.type == "cpu" else None
        with precision(self.precision, device):
            loss = batch_loss(self.model, part, self.smoothing, weight_B)
        gradients = torch.autograd.grad(loss.objective, self.parameters, materialize_grads=True)
        return loss.nats_B.cpu().numpy(), loss.tokens, gradients


def _lane() -> None:
    """Once in every thread: no threads of its own, and no time lost on denormal numbers, of
    which a confident softmax makes many."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
