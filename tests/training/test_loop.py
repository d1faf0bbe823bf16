"""The loop: the same seed to the bit, a clean stop, the best weights kept, bad updates left out."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tiny import CONFIG, model, shard
from torch import Tensor

from dialog_s2s.config import TrainingConfig
from dialog_s2s.errors import DialogError
from dialog_s2s.model.seq2seq import Seq2Seq
from dialog_s2s.text.noise import Noise
from dialog_s2s.text.shards import Shard, write_shard
from dialog_s2s.text.tokenizer import Tokenizer
from dialog_s2s.training import loop
from dialog_s2s.training.lanes import Lanes
from dialog_s2s.training.loop import Outcome, fit, pace
from dialog_s2s.training.monitor import Progress


class Recorder:
    """Keeps what it is told, and a copy of the weights at every update."""

    def __init__(self, watched: Seq2Seq):
        self.watched = watched
        self.told: list[Progress] = []
        self.weights: list[list[Tensor]] = []
        self.closed = 0

    def update(self, progress: Progress) -> None:
        self.told.append(progress)
        self.weights.append([weight.detach().clone() for weight in self.watched.parameters()])

    def close(self) -> None:
        self.closed += 1


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory, tokenizer: Tokenizer) -> Shard:
    return shard(tmp_path_factory.mktemp("learnt"), tokenizer)


@pytest.fixture
def none(tmp_path: Path) -> Shard:
    """Nothing held out."""
    return write_shard(tmp_path / "none", [], 400)


def settings(steps: int = 6, **changes: object) -> TrainingConfig:
    return replace(CONFIG.training, steps=steps, **changes)


def run(
    learnt: Shard, held_out: Shard, tokenizer: Tokenizer, chosen: TrainingConfig, stop=lambda: False
) -> tuple[Seq2Seq, Outcome, Recorder]:
    fresh = model(dropout=0.2)
    recorder = Recorder(fresh)
    noise = Noise(tokenizer, 0.5, 0.1, 0.2)
    return fresh, fit(fresh, learnt, held_out, chosen, noise, recorder, stop), recorder


def same(one: list[Tensor], other: list[Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def weights(fresh: Seq2Seq) -> list[Tensor]:
    return list(fresh.parameters())


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_same_seed_gives_the_same_weights(
    learnt: Shard, none: Shard, tokenizer: Tokenizer, threads: int, precision: str
) -> None:
    chosen = settings(threads=threads, precision=precision, batch_tokens=8000)  # all in a batch
    runs = [
        weights(run(learnt, none, tokenizer, replace(chosen, seed=seed))[0]) for seed in (1, 1, 2)
    ]
    assert same(runs[0], runs[1])
    assert not same(runs[0], runs[2])


def test_what_is_held_out_does_not_steer(learnt: Shard, none: Shard, tokenizer: Tokenizer) -> None:
    (_, _, one), (_, _, other) = (
        run(learnt, held_out, tokenizer, settings(checks=6)) for held_out in (none, learnt)
    )
    assert same(one.weights[-1], other.weights[-1])


def test_progress_is_told(learnt: Shard, tokenizer: Tokenizer) -> None:
    fresh, outcome, recorder = run(learnt, learnt, tokenizer, settings(20, checks=4))
    told = recorder.told
    assert [each.update for each in told] == list(range(1, 21))
    assert {each.updates for each in told} == {20}
    assert [each.held_out is None for each in told] == [True] * 4 + [False] * 16
    assert len({each.held_out for each in told}) == 5
    assert told[-1].pairs == outcome.pairs > 20
    assert told[0].loss > told[-1].loss
    assert recorder.closed == 1
    assert (outcome.updates, outcome.interrupted, outcome.skipped) == (20, False, 0)
    assert outcome.held_out == told[-1].best
    assert not fresh.training


def test_the_best_weights_are_restored(learnt: Shard, tokenizer: Tokenizer, monkeypatch) -> None:
    losses = iter([5.0, 3.0, 4.0, math.nan, 3.5])

    def measure(*_: object) -> object:
        return type("Measured", (), {"nats_per_token": next(losses)})

    monkeypatch.setattr(loop, "measure", measure)
    fresh, outcome, recorder = run(learnt, learnt, tokenizer, settings(5, checks=5))
    assert (outcome.held_out, outcome.best_update, outcome.updates) == (3.0, 2, 5)
    assert same(weights(fresh), recorder.weights[1])
    assert not same(weights(fresh), recorder.weights[4])
    assert next(losses, None) is None


def test_without_held_out_the_last_weights_are_kept(
    learnt: Shard, none: Shard, tokenizer: Tokenizer
) -> None:
    fresh, outcome, recorder = run(learnt, none, tokenizer, settings())
    assert (outcome.held_out, outcome.best_update) == (None, 6)
    assert same(weights(fresh), recorder.weights[-1])


def test_stop_ends_early_and_keeps_the_best(learnt: Shard, tokenizer: Tokenizer) -> None:
    calls = iter(range(100))
    fresh, outcome, recorder = run(
        learnt, learnt, tokenizer, settings(50, checks=50), lambda: next(calls) == 6
    )
    assert (outcome.updates, outcome.interrupted) == (7, True)
    assert recorder.closed == 1
    best = min(each.held_out for each in recorder.told if each.held_out is not None)
    assert outcome.held_out == best
    assert same(weights(fresh), recorder.weights[outcome.best_update - 1])


def test_stop_before_the_first_check_still_measures(learnt: Shard, tokenizer: Tokenizer) -> None:
    fresh, outcome, recorder = run(learnt, learnt, tokenizer, settings(50, checks=1), lambda: True)
    assert (outcome.updates, outcome.best_update, outcome.interrupted) == (1, 1, True)
    assert outcome.held_out is not None
    assert same(weights(fresh), recorder.weights[0])


def spoilt(monkeypatch: pytest.MonkeyPatch, which: set[int]) -> None:
    """Makes the gradients of these updates, counted from 0, infinite or not a number."""
    real = Lanes.gradients
    update = -1

    def gradients(self: Lanes, *given: Any) -> tuple[NDArray[np.float32], int]:
        nonlocal update
        update += 1
        made = real(self, *given)
        if update in which and self.parameters[0].grad is not None:
            self.parameters[0].grad.view(-1)[0] = (math.nan, math.inf)[update % 2]
        return made

    monkeypatch.setattr(Lanes, "gradients", gradients)


def test_gradients_that_are_not_finite_are_left_out(
    learnt: Shard, none: Shard, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt(monkeypatch, {1, 4})
    fresh, outcome, recorder = run(learnt, none, tokenizer, settings())
    assert (outcome.skipped, outcome.updates) == (2, 6)
    kept = [same(*recorder.weights[place - 1 : place + 1]) for place in range(1, 6)]
    assert kept == [True, False, False, True, False]
    assert all(torch.isfinite(weight).all() for weight in fresh.parameters())


def test_no_finite_gradient_at_all(
    learnt: Shard, none: Shard, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt(monkeypatch, set(range(6)))
    with pytest.raises(DialogError, match=r"lower training\.learning_rate"):
        run(learnt, none, tokenizer, settings())


def test_pace_changes_nothing(learnt: Shard, tokenizer: Tokenizer) -> None:
    fresh = model()
    before = [weight.detach().clone() for weight in fresh.parameters()]
    assert pace(fresh, learnt, settings(), Noise(tokenizer)) > 0
    assert same(weights(fresh), before)
