"""All that changes while a model learns, so that it can be put down and taken up again."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from dialog_s2s.model.seq2seq import Seq2Seq
from dialog_s2s.text.batches import Position
from dialog_s2s.training.checkpoint import Checkpoint
from dialog_s2s.training.joint import Joint
from dialog_s2s.training.optimizer import Optimizer

SMOOTHED = 0.98
"""Weight of the past in the displayed training loss."""


@dataclass
class Counts:
    """The numbers of a run so far. Losses are nats a piece."""

    update: int = 0
    pairs: int = 0
    tokens: int = 0
    """Source and target pieces."""
    targets: int = 0
    skipped: int = 0
    """Updates left out, their gradient not being finite."""
    in_a_row: int = 0
    """The last so many of them one after the other."""
    rolled_back: int = 0
    since: int = 0
    """Times that it was rolled back since the last good state."""
    scale: float = 1.0
    """Of the learning rate: lower after it was rolled back."""
    pieces: int = 1
    """In which a share of a batch is worked through; more after memory ran out."""
    loss: float | None = None
    """Smoothed loss of training."""
    held_out: float | None = None
    best: float | None = None
    best_update: int = 0
    seconds: float = 0.0
    """Of all updates and checks."""

    def heard(self, loss: float) -> None:
        """Takes the loss of an update into the smoothed one."""
        self.loss = loss if self.loss is None else SMOOTHED * self.loss + (1 - SMOOTHED) * loss


@dataclass
class Learner:
    """A model, its optimizer, and where it is in its data."""

    model: Seq2Seq
    optimizer: Optimizer
    joint: Joint | None
    counts: Counts = field(default_factory=Counts)
    position: Position = field(default_factory=Position)
    best: dict[str, Tensor] = field(default_factory=dict)
    """The weights of the best check."""
    good: Checkpoint | None = None
    """The state that is gone back to where gradients stay bad."""

    def offer(self, loss: float) -> bool:
        """Keeps the weights if their held-out `loss` is the lowest; whether it is."""
        counts = self.counts
        if not math.isfinite(loss) or (counts.best is not None and loss > counts.best):
            return False
        if not self.finite():
            return False
        counts.best, counts.best_update = loss, counts.update
        self.best = _copied(dict(self.model.named_parameters()))
        return True

    def finite(self) -> bool:
        """Whether all weights are finite numbers."""
        with torch.no_grad():
            return all(bool(torch.isfinite(each).all()) for each in self.model.parameters())

    def checkpoint(self) -> Checkpoint:
        """A copy of everything that the next update depends on."""
        counts = {name: getattr(self.counts, name) for name in Counts.__dataclass_fields__}
        update = counts.pop("update")
        at = self.position
        tensors = {f"best.{name}": each for name, each in self.best.items()}
        for name, each in self.optimizer.tensors().items():
            tensors[name] = each.detach().cpu().clone()
        if self.joint is not None:
            tensors["joint.nats"] = torch.from_numpy(self.joint.nats_N.copy())
        state: dict[str, Any] = {
            "counts": counts,
            "position": [at.epoch, at.part, at.batch],
            "good": None if self.good is None else self.good.update,
        }
        return Checkpoint(update, state, _copied(dict(self.model.named_parameters())), tensors)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Becomes what it was at a checkpoint of the same run; `good` is left to the caller."""
        self._restore_weights(checkpoint)
        counts = {**checkpoint.state["counts"], "update": checkpoint.update}
        self.counts = Counts(**counts)
        self.position = Position(*checkpoint.state["position"])
        self.best = {
            name.removeprefix("best."): each
            for name, each in checkpoint.tensors.items()
            if name.startswith("best.")
        }
        if self.joint is not None:
            self.joint.nats_N = checkpoint.tensors["joint.nats"].numpy().copy()

    def mark_good(self) -> Checkpoint:
        """Makes this the state that is gone back to."""
        self.counts.since = 0
        made = self.checkpoint()
        self.good = replace(made, state={**made.state, "good": made.update})
        return self.good

    def roll_back(self) -> None:
        """Takes weights and optimizer from the last good state and halves the learning rate. The
        batches go on behind the bad ones."""
        if self.good is not None:
            self._restore_weights(self.good)
        self.counts.rolled_back += 1
        self.counts.since += 1
        self.counts.scale /= 2

    def _restore_weights(self, checkpoint: Checkpoint) -> None:
        with torch.no_grad():
            for name, weight in self.model.named_parameters():
                weight.copy_(checkpoint.weights[name])
        self.optimizer.restore(checkpoint.tensors)


def _copied(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: each.detach().cpu().clone().contiguous() for name, each in weights.items()}
