"""The loop: the same seed to the bit, a clean stop, the best weights kept, bad updates left out."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from accidents import infinite_step, scarce, spoilt
from tiny import CONFIG, model, shard
from torch import Tensor

from dialog_s2s.config import TrainingConfig
from dialog_s2s.errors import BundleError, ConfigError
from dialog_s2s.model.seq2seq import Seq2Seq
from dialog_s2s.text.noise import Noise
from dialog_s2s.text.shards import Shard, write_shard
from dialog_s2s.text.tokenizer import Tokenizer
from dialog_s2s.training import loop
from dialog_s2s.training.learner import Learner
from dialog_s2s.training.loop import Outcome, fit, pace
from dialog_s2s.training.monitor import (
    CHECKED,
    HALVED,
    ROLLED_BACK,
    SKIPPED,
    STOPPING,
    Event,
    Progress,
)
from dialog_s2s.training.objective import Measured
from dialog_s2s.training.stopping import LEAVE


class Recorder:
    """Keeps what it is told, and a copy of the weights at every update."""

    def __init__(self, watched: Seq2Seq):
        self.watched = watched
        self.told: list[Progress] = []
        self.events: list[Event] = []
        self.weights: list[list[Tensor]] = []
        self.closed = 0

    def update(self, progress: Progress) -> None:
        self.told.append(progress)
        self.weights.append([weight.detach().clone() for weight in self.watched.parameters()])

    def event(self, event: Event) -> None:
        self.events.append(event)

    def close(self) -> None:
        self.closed += 1

    def at(self, kind: str) -> list[int]:
        """The updates at which something happened."""
        return [each.update for each in self.events if each.kind == kind]


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


def scarce_in_checks(patch: pytest.MonkeyPatch, most: int) -> None:
    """Memory for so many examples at once where no gradients are made."""
    real = Seq2Seq.loss

    def loss(self: Seq2Seq, source_BS: Tensor, *given: object) -> object:
        if torch.is_inference_mode_enabled() and len(source_BS) > most:
            raise MemoryError
        return real(self, source_BS, *given)

    patch.setattr(Seq2Seq, "loss", loss)


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
        return Measured(next(losses), 1)

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


@pytest.mark.parametrize("nats", [False, True])
def test_gradients_that_are_not_finite_are_left_out(
    learnt: Shard, none: Shard, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch, nats: bool
) -> None:
    spoilt(monkeypatch, {1, 4}, nats)
    fresh, outcome, recorder = run(learnt, none, tokenizer, settings())
    assert (outcome.skipped, outcome.updates, outcome.rolled_back) == (2, 6, 0)
    assert recorder.at(SKIPPED) == [2, 5]
    assert [each.skipped for each in recorder.told] == [0, 1, 1, 1, 2, 2]
    assert all(math.isfinite(each.loss) for each in recorder.told)
    kept = [same(*recorder.weights[place - 1 : place + 1]) for place in range(1, 6)]
    assert kept == [True, False, False, True, False]
    assert all(torch.isfinite(weight).all() for weight in fresh.parameters())


def test_no_finite_gradient_at_all(
    learnt: Shard, none: Shard, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt(monkeypatch, set(range(6)))
    with pytest.raises(ConfigError, match=r"lower training\.learning_rate"):
        run(learnt, none, tokenizer, settings())


def test_after_three_in_a_row_it_goes_back(
    learnt: Shard, none: Shard, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the state of the last save, with half the rate; the batches go on."""
    spoilt(monkeypatch, {5, 6, 7})
    chosen = settings(12, save_updates=4, seed=3)
    _, outcome, recorder = run(learnt, none, tokenizer, chosen)
    assert (outcome.updates, outcome.skipped, outcome.rolled_back) == (12, 3, 1)
    assert recorder.at(ROLLED_BACK) == [8]
    assert same(recorder.weights[7], recorder.weights[3])
    assert not same(recorder.weights[6], recorder.weights[3])
    assert not same(recorder.weights[8], recorder.weights[7])
    assert [each.scale for each in recorder.told] == [1] * 7 + [0.5] * 5
    monkeypatch.undo()
    plain = run(learnt, none, tokenizer, chosen)[2]
    assert [each.pairs for each in plain.told] == [each.pairs for each in recorder.told]
    assert plain.told[9].rate == 2 * recorder.told[9].rate


def test_before_the_first_save_it_goes_back_to_the_beginning(
    learnt: Shard, none: Shard, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt(monkeypatch, {1, 2, 3})
    _, _, recorder = run(learnt, none, tokenizer, settings())
    assert same(recorder.weights[3], weights(model(dropout=0.2)))
    assert recorder.at(ROLLED_BACK) == [4]


def test_a_state_after_a_bad_update_is_not_a_good_one(
    learnt: Shard, none: Shard, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A save in the middle of bad updates is none to go back to."""
    spoilt(monkeypatch, {6, 7, 8})
    _, _, recorder = run(learnt, none, tokenizer, settings(12, save_updates=4))
    assert recorder.at(ROLLED_BACK) == [9]
    assert same(recorder.weights[8], recorder.weights[3])


@pytest.mark.parametrize("every", [1, 5, 200])
def test_it_gives_up_where_no_rate_helps(
    learnt: Shard, none: Shard, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch, every: int
) -> None:
    spoilt(monkeypatch, range(10, 1000))
    with pytest.raises(ConfigError, match=r"went back 8 times .* lower training\.learning_rate"):
        run(learnt, none, tokenizer, settings(1000, save_updates=every))


def test_weights_that_are_not_finite_are_never_good(
    learnt: Shard, none: Shard, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes back, should a step ever make such weights."""
    infinite_step(monkeypatch, 7)
    fresh, outcome, recorder = run(learnt, none, tokenizer, settings(12, save_updates=4))
    assert recorder.at(ROLLED_BACK) == [8]
    assert not all(torch.isfinite(weight).all() for weight in recorder.weights[7])
    assert all(torch.isfinite(weight).all() for weight in recorder.weights[8])
    assert all(torch.isfinite(weight).all() for weight in fresh.parameters())
    assert outcome.rolled_back == 1


@pytest.mark.parametrize("threads", [1, 2])
def test_where_memory_runs_out_batches_are_made_in_pieces(
    learnt: Shard, none: Shard, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    chosen = settings(3, batch_tokens=8000, threads=threads)
    wanted = plainly(learnt, none, chosen)
    scarce(monkeypatch, 5, range(9))
    fresh = model()
    recorder = Recorder(fresh)
    outcome = fit(fresh, learnt, none, chosen, None, recorder)
    assert (outcome.updates, outcome.skipped) == (3, 0)
    assert recorder.at(HALVED) == [1] * (4 - threads)
    for one, other in zip(weights(fresh), weights(wanted), strict=True):
        assert torch.allclose(one, other, atol=1e-4)


def plainly(learnt: Shard, none: Shard, chosen: TrainingConfig) -> Seq2Seq:
    fresh = model()
    fit(fresh, learnt, none, chosen, None, Recorder(fresh))
    return fresh


def test_memory_for_no_example(
    learnt: Shard, none: Shard, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in training nor in the timing before it."""
    scarce(monkeypatch, 0, range(9))
    with pytest.raises(ConfigError, match=r"single example; lower model\.width"):
        pace(model(), learnt, settings(), Noise(tokenizer))
    with pytest.raises(ConfigError, match=r"single example; lower model\.width"):
        run(learnt, none, tokenizer, settings())


def test_the_timing_makes_do_with_little_memory(
    learnt: Shard, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    scarce(monkeypatch, 3, range(9))
    seconds, updates = pace(model(), learnt, settings(), Noise(tokenizer))
    assert seconds > 0
    assert updates >= 1


def test_what_happened_is_told(learnt: Shard, tokenizer: Tokenizer) -> None:
    calls = iter(range(100))
    chosen = settings(50, checks=10)
    recorder = run(learnt, learnt, tokenizer, chosen, lambda: next(calls) == 11)[2]
    assert recorder.at(CHECKED) == [5, 10]
    assert recorder.at(STOPPING) == [12]
    assert all(each.text.endswith(".") for each in recorder.events)


def test_told_to_leave_it_measures_no_more(learnt: Shard, tokenizer: Tokenizer) -> None:
    """It has seconds, and its weights are saved."""
    outcome = run(learnt, learnt, tokenizer, settings(50, checks=1), lambda: LEAVE)[1]
    assert (outcome.updates, outcome.held_out, outcome.left) == (1, None, True)


def test_told_to_leave_after_bad_updates_alone(
    learnt: Shard, none: Shard, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt(monkeypatch, {0})
    outcome = run(learnt, none, tokenizer, settings(50), lambda: LEAVE)[1]
    assert (outcome.updates, outcome.skipped, outcome.left) == (1, 1, True)


def test_monitors_are_closed_where_it_cannot_begin(
    learnt: Shard, none: Shard, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Damaged:
        def take_up(self, _: Learner) -> None:
            raise BundleError("x")

    fresh = model()
    recorder = Recorder(fresh)
    with pytest.raises(BundleError):
        fit(fresh, learnt, none, settings(), None, recorder, run=Damaged())  # type: ignore[arg-type]
    assert recorder.closed == 1


def test_pace_changes_nothing(learnt: Shard, tokenizer: Tokenizer) -> None:
    fresh = model()
    before = [weight.detach().clone() for weight in fresh.parameters()]
    assert pace(fresh, learnt, settings(), Noise(tokenizer))[0] > 0
    assert same(weights(fresh), before)


@pytest.mark.parametrize("most", [1, 5])
def test_where_memory_runs_out_in_a_check_it_is_made_by_halves(
    learnt: Shard, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    chosen = settings(4, checks=2, batch_tokens=8000)
    _, wanted, plain = run(learnt, learnt, tokenizer, chosen)
    scarce_in_checks(monkeypatch, most)
    _, outcome, recorder = run(learnt, learnt, tokenizer, chosen)
    assert outcome.held_out == pytest.approx(wanted.held_out, rel=1e-5)
    assert (outcome.best_update, outcome.skipped) == (wanted.best_update, 0)
    assert same(recorder.weights[-1], plain.weights[-1])
    assert recorder.at(CHECKED) == [2, 4]


def test_an_example_that_cannot_be_checked_ends_it(
    learnt: Shard, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    scarce_in_checks(monkeypatch, 0)
    with pytest.raises(ConfigError, match="memory does not suffice for a single example; lower"):
        run(learnt, learnt, tokenizer, settings())
