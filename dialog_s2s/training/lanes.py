"""One update's gradients, its batch shared out over threads and processes.

A thread a core beats the library's own threads: the products here are too small to be cut
further, but halves of a batch are independent. What a lane drops out follows from the seed, the
update and the lane alone, so that a run is a function of its seed and its number of lanes, and
is the same when it goes on after an interruption.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dialog_s2s.config import TrainingConfig, given
from dialog_s2s.model.layers import randomness
from dialog_s2s.model.seq2seq import Seq2Seq
from dialog_s2s.text.batches import Batch
from dialog_s2s.text.tokenizer import PADDING
from dialog_s2s.training.distributed import ALONE, World
from dialog_s2s.training.objective import batch_loss, precision
from dialog_s2s.training.shortage import ran_out
from dialog_s2s.training.stopping import FINISH, GO_ON, LEAVE

WORTHWHILE = 16
"""Examples a lane must have; a smaller batch uses fewer lanes."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a batch, beside the gradients."""

    nats_B: NDArray[np.float32]
    """Of each example."""
    targets: int
    """Pieces that are not padding."""
    counted: float
    """What they count together, where examples have weights; at least 1."""
    stop: int = 0
    """What the processes of the run were told, together: see `stopping`."""


class OutOfMemory(Exception):
    """The batch was too large for the memory of one of the processes; no weight has changed."""


class Lanes:
    """Threads that make gradients of a model; a context, which ends them.

    There are `training.threads` of them over all processes, and one at least for each; with a GPU
    one for each.
    """

    def __init__(self, model: Seq2Seq, settings: TrainingConfig, world: World = ALONE):
        self.model = model
        self.world = world
        self.parameters = list(model.parameters())
        self.smoothing = given(settings.label_smoothing, "training.label_smoothing")
        self.precision = given(settings.precision, "training.precision")
        self.seed = settings.seed
        self.device = model.generator.bias_V.device
        threads = given(settings.threads, "training.threads") if self.device.type == "cpu" else 1
        self.count = max(threads, world.size)
        self._own = range(world.rank, self.count, world.size)
        self._pool = ThreadPoolExecutor(len(self._own), initializer=_lane)

    def __enter__(self) -> Lanes:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def spread(self, work: Callable[[Any], None], each: Iterable[Any]) -> Iterator[None]:
        """`map`, by the threads."""
        return self._pool.map(work, each)

    def gradients(
        self,
        batch: Batch,
        weight_B: NDArray[np.float32] | None = None,
        update: int = 0,
        pieces: int = 1,
        stop: int = GO_ON,
    ) -> Heard:
        """Sets every parameter's gradient of the summed loss, where each example counts
        `weight_B`; that of the mean is it over `Heard.counted`. Each lane works through its share
        in so many `pieces`, one after the other.

        Raises:
            OutOfMemory: on every process, where it was too much for one.
        """
        lanes = max(1, min(self.count, batch.size // WORTHWHILE))
        shares = [lane for lane in self._own if lane < lanes]
        made = list(
            self._pool.map(
                lambda lane: self._share(batch, weight_B, lanes, lane, update, pieces), shares
            )
        )
        too_much = None in made
        nats_B = np.zeros(batch.size, dtype=np.float32)
        total: list[Tensor] | None = None
        for lane, part in zip(shares, made, strict=True):
            if part is not None and not too_much:
                nats_B[lane::lanes] = part[0]
                if total is None:
                    total = part[1]
                else:
                    torch._foreach_add_(total, part[1])
        if total is None:
            total = [torch.zeros_like(parameter) for parameter in self.parameters]
        if self.world.size > 1:
            total, nats_B, too_much, stop = self._over_all(total, nats_B, too_much, stop)
        if too_much:
            raise OutOfMemory
        lengths_B = (batch.target_BT != PADDING).sum(1)
        targets = int(lengths_B.sum())
        counted = float(targets)
        if weight_B is not None:
            counted = max(float((lengths_B * weight_B).sum()), 1.0)
        for parameter, gradient in zip(self.parameters, total, strict=True):
            parameter.grad = gradient
        return Heard(nats_B, targets, counted, stop)

    def _over_all(
        self, total: list[Tensor], nats_B: NDArray[np.float32], too_much: bool, stop: int
    ) -> tuple[list[Tensor], NDArray[np.float32], bool, int]:
        """The sums over all processes, in one message."""
        news = [too_much, stop == FINISH, stop == LEAVE]
        told = torch.tensor([*nats_B.tolist(), *news], dtype=torch.float32)
        flat = torch.cat([*(each.reshape(-1).float() for each in total), told.to(self.device)])
        self.world.summed(flat)
        parts = torch.split(flat, [*(each.numel() for each in total), len(told)])
        summed = [part.view_as(each) for part, each in zip(parts, total, strict=False)]
        told = parts[-1].cpu()
        stopping = LEAVE if told[-1] else FINISH if told[-2] else GO_ON
        return summed, told[:-3].numpy(), bool(told[-3]), stopping

    def _share(
        self,
        batch: Batch,
        weight_B: NDArray[np.float32] | None,
        lanes: int,
        lane: int,
        update: int,
        pieces: int,
    ) -> tuple[NDArray[np.float32], list[Tensor]] | None:
        """The nats and the summed gradients of a lane's share; None where memory does not
        suffice."""
        seed = np.random.SeedSequence([self.seed, update, lane]).generate_state(1, np.uint64)
        generator = torch.Generator(self.device)
        generator.manual_seed(int(seed[0] >> 1))
        share = batch.every(lanes, lane)
        weights = None if weight_B is None else weight_B[lane::lanes]
        nats_B = np.zeros(share.size, dtype=np.float32)
        total: list[Tensor] | None = None
        try:
            for piece in range(min(pieces, share.size)):
                part = share.every(min(pieces, share.size), piece)
                rows = slice(piece, None, min(pieces, share.size))
                weight = None if weights is None else weights[rows]
                nats_B[rows], gradients = self._part(part, weight, generator)
                if total is None:
                    total = list(gradients)
                else:
                    torch._foreach_add_(total, list(gradients))
        except (MemoryError, RuntimeError) as error:
            if not ran_out(error):
                raise
            return None
        return nats_B, total or []

    def _part(
        self, part: Batch, weight_B: NDArray[np.float32] | None, generator: torch.Generator
    ) -> tuple[NDArray[np.float32], tuple[Tensor, ...]]:
        randomness.generator = generator
        with precision(self.precision, self.device):
            loss = batch_loss(self.model, part, self.smoothing, weight_B)
        gradients = torch.autograd.grad(loss.objective, self.parameters, materialize_grads=True)
        return loss.nats_B.cpu().numpy(), gradients


def _lane() -> None:
    """Once in every thread: no threads of its own, and no time lost on denormal numbers, of
    which a confident softmax makes many."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
