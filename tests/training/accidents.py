"""What can go wrong in an update, at updates of one's choice, counted from 0."""

from __future__ import annotations

import math
from collections.abc import Container
from typing import Any

import pytest
import torch

from dialog_s2s.text.batches import Batch
from dialog_s2s.training.lanes import Heard, Lanes


def spoilt(patch: pytest.MonkeyPatch, which: Container[int], nats: bool = False) -> None:
    """Gradients, or losses, that are infinite or not a number."""
    real = Lanes.gradients

    def gradients(
        self: Lanes, batch: Batch, weight_B: Any = None, update: int = 0, *given: Any
    ) -> Heard:
        made = real(self, batch, weight_B, update, *given)
        if update in which:
            spoiling: Any = made.nats_B
            if not nats:
                assert self.parameters[0].grad is not None
                spoiling = self.parameters[0].grad.view(-1)
            spoiling[0] = (math.nan, math.inf, -math.inf)[update % 3]
        return made

    patch.setattr(Lanes, "gradients", gradients)


def scarce(patch: pytest.MonkeyPatch, most: int, which: Container[int]) -> None:
    """Memory for so many examples at once."""
    real = Lanes._share

    def share(
        self: Lanes, batch: Batch, weight_B: Any, lanes: int, lane: int, update: int, *given: Any
    ) -> Any:
        made = real(self, batch, weight_B, lanes, lane, update, *given)
        sizes = len(range(lane, batch.size, lanes)) / given[0]
        return None if update in which and sizes > most else made

    patch.setattr(Lanes, "_share", share)


def interrupted(patch: pytest.MonkeyPatch, which: int) -> None:
    """As by Ctrl-C where nobody handles it: when its gradients are half made."""
    real = Lanes.gradients

    def gradients(
        self: Lanes, batch: Batch, weight_B: Any = None, update: int = 0, *given: Any
    ) -> Heard:
        made = real(self, batch, weight_B, update, *given)
        if update == which:
            raise KeyboardInterrupt
        return made

    patch.setattr(Lanes, "gradients", gradients)


def infinite_step(patch: pytest.MonkeyPatch, which: int) -> None:
    """A weight that is infinite after the so-manieth step."""
    real = torch.optim.AdamW.step
    steps = 0

    def step(self: torch.optim.AdamW, *given: Any) -> Any:
        nonlocal steps
        made = real(self, *given)
        if steps == which:
            with torch.no_grad():
                self.param_groups[0]["params"][0].view(-1)[0] = math.inf
        steps += 1
        return made

    patch.setattr(torch.optim.AdamW, "step", step)
