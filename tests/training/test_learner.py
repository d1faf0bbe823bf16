"""What changes while a model learns: copied, put back, gone back to."""

from __future__ import annotations

import math

import numpy as np
import torch
from tiny import model

from dialog_s2s.text.batches import Position
from dialog_s2s.training.joint import Joint
from dialog_s2s.training.learner import SMOOTHED, Counts, Learner
from dialog_s2s.training.optimizer import Optimizer


def learner(joint: bool = False) -> Learner:
    fresh = model()
    ones = np.ones(3)
    return Learner(
        fresh, Optimizer(fresh, 0.01), Joint(ones, ones, ones.copy(), 0.1) if joint else None
    )


def step(learning: Learner, seed: int) -> None:
    torch.manual_seed(seed)
    for weight in learning.model.parameters():
        weight.grad = torch.randn_like(weight)
    learning.optimizer.step(0.01)
    learning.counts.update += 1


def weights(learning: Learner) -> list[torch.Tensor]:
    return [each.detach().clone() for each in learning.model.parameters()]


def same(one: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_the_smoothed_loss() -> None:
    counts = Counts()
    for loss in (2.0, 4.0):
        counts.heard(loss)
    assert counts.loss == SMOOTHED * 2.0 + (1 - SMOOTHED) * 4.0


def test_it_becomes_what_it_was() -> None:
    one, other = learner(True), learner(True)
    assert one.joint is not None
    assert other.joint is not None
    for seed in range(3):
        step(one, seed)
    one.counts.heard(0.1)
    one.counts.scale = 0.25
    one.position = Position(2, 1, 7)
    one.joint.nats_N[1] = 0.3
    assert one.offer(1.5)
    saved = one.checkpoint()
    before = weights(one)
    step(one, 9)
    one.joint.nats_N[2] = 9.0
    assert not same(weights(one), before)  # the checkpoint is a copy
    other.restore(saved)
    assert same(weights(other), before)
    assert other.position == Position(2, 1, 7)
    assert (other.counts.update, other.counts.scale, other.counts.loss) == (3, 0.25, 0.1)
    assert (other.counts.best, other.counts.best_update) == (1.5, 3)
    assert other.joint.nats_N.tolist() == [1.0, 0.3, 1.0]
    assert same(list(other.best.values()), before)
    step(other, 9)
    assert same(weights(other), weights(one))  # the moments are the same, too
    other.restore(saved)
    other.joint.nats_N[0] = 5.0
    assert saved.tensors["joint.nats"].tolist() == [1.0, 0.3, 1.0]


def test_the_best_is_the_lowest_finite_loss() -> None:
    learning = learner()
    offered = []
    for loss in (math.nan, 3.0, 2.0, 2.5, math.inf, 2.0):
        step(learning, 1)
        offered.append(learning.offer(loss))
    assert offered == [False, True, True, False, False, True]
    assert (learning.counts.best, learning.counts.best_update) == (2.0, 6)
    step(learning, 1)
    with torch.no_grad():
        next(iter(learning.model.parameters())).view(-1)[0] = math.nan
    assert not learning.finite()
    assert not learning.offer(1.0)
    assert all(bool(torch.isfinite(each).all()) for each in learning.best.values())


def test_it_goes_back_to_the_good_state_and_learns_more_slowly() -> None:
    learning = learner()
    step(learning, 1)
    good = learning.mark_good()
    assert good.state["good"] == good.update == 1
    before = weights(learning)
    for seed in (2, 3):
        step(learning, seed)
    learning.position = Position(0, 0, 3)
    assert learning.checkpoint().state["good"] == 1
    learning.roll_back()
    assert same(weights(learning), before)
    counts = learning.counts
    assert (counts.update, counts.scale, counts.rolled_back, counts.since) == (3, 0.5, 1, 1)
    assert learning.position == Position(0, 0, 3)
    again = learner()
    again.restore(good)
    step(again, 4)
    step(learning, 4)
    assert same(weights(again), weights(learning))  # the moments went back, too
    learning.roll_back()
    assert same(weights(learning), before)  # what was learnt since did not touch the copy
    assert (counts.scale, counts.since) == (0.25, 2)
    learning.mark_good()
    assert (counts.since, counts.scale) == (0, 0.25)
