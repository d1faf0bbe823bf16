"""A run that is interrupted and gone on with is the run that was not, to the bit."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from accidents import infinite_step, interrupted, scarce, spoilt
from tiny import CONFIG, model, shard
from torch import Tensor

from dialog_s2s.config import Config, TrainingConfig
from dialog_s2s.model.seq2seq import Seq2Seq
from dialog_s2s.text import batches
from dialog_s2s.text.noise import Noise
from dialog_s2s.text.shards import Shard
from dialog_s2s.text.tokenizer import Tokenizer
from dialog_s2s.training import lanes
from dialog_s2s.training.checkpoint import Checkpoint, read_checkpoint
from dialog_s2s.training.folder import CHECKPOINTS, Record, weights_kept
from dialog_s2s.training.joint import Joint
from dialog_s2s.training.learner import Counts
from dialog_s2s.training.loop import fit
from dialog_s2s.training.monitor import Progress, Silent
from dialog_s2s.training.run import Run
from dialog_s2s.training.stopping import FINISH, GO_ON, LEAVE

STEPS = 15
EVERY = 4
RECORD = Record((), "", None, None)
Spoil = Callable[[pytest.MonkeyPatch], None]


class Watch(Silent):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def update(self, progress: Progress) -> None:
        self.told.append(repr(replace(progress, elapsed=0.0, tokens_per_second=0.0)))


@dataclass
class Runner:
    """Trains a small model in a folder, in one go or several."""

    folder: Path
    learnt: Shard
    noise: Noise
    settings: TrainingConfig
    core: str = "gru"
    joint: bool = False

    def __post_init__(self) -> None:
        self.out = self.folder / "bot"
        self.watch = Watch()
        self.fresh: Seq2Seq | None = None

    def go(self, resume: bool = False, until: int | None = None, told: int = LEAVE) -> None:
        """Trains until it is told to stop after an update, or to the end."""
        count = len(self.learnt)
        random = np.random.default_rng(7)
        joint = Joint(random.normal(-1, 1, count), np.full(count, -0.5), np.full(count, 3.0), 0.1)
        if resume:
            run = Run.resume(self.out, RECORD)
            at = 0 if run.resumed is None else run.resumed.update
            del self.watch.told[at:]
        else:
            self.watch.told.clear()
            run = Run.begin(self.out, Config(training=self.settings), RECORD)
        self.fresh = model(self.core, dropout=0.2)
        try:
            fit(
                self.fresh,
                self.learnt,
                self.learnt,
                self.settings,
                self.noise,
                self.watch,
                lambda: told if len(self.watch.told) == until else GO_ON,
                joint if self.joint else None,
                run=run,
            )
        finally:
            run.close()

    @property
    def saved(self) -> list[Checkpoint]:
        """What is there."""
        folder = self.out.parent / "runs" / "bot" / CHECKPOINTS
        return [read_checkpoint(each) for each in weights_kept(folder)]

    @property
    def state(self) -> dict[str, Any]:
        """Of the end, without the clock."""
        state = dict(self.saved[-1].state)
        return {**state, "counts": {**state["counts"], "seconds": 0.0}}


def same(one: Runner, other: Runner) -> None:
    """Asserts that two runs came to the same end by the same way."""
    assert one.watch.told == other.watch.told
    first, second = one.saved[-1], other.saved[-1]
    assert first.update == second.update == one.settings.steps
    assert one.state == other.state
    for mine, others in ((first.weights, second.weights), (first.tensors, second.tensors)):
        assert mine.keys() == others.keys()
        assert [name for name in mine if not torch.equal(mine[name], others[name])] == []
    assert one.fresh is not None
    assert other.fresh is not None
    pairs = zip(one.fresh.parameters(), other.fresh.parameters(), strict=True)
    assert all(torch.equal(mine, others) for mine, others in pairs)  # the best ones


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory, tokenizer: Tokenizer) -> Shard:
    return shard(tmp_path_factory.mktemp("learnt"), tokenizer)


@pytest.fixture
def runner(
    tmp_path: Path, learnt: Shard, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Runner]:
    """Makes a runner; the corpus is read in parts of an odd size, several in an epoch."""
    monkeypatch.setattr(batches, "CHUNK", 13)
    monkeypatch.setattr(batches, "SLACK", 1.0)
    monkeypatch.setattr(lanes, "WORTHWHILE", 3)  # so that they are work for two lanes
    noise = Noise(tokenizer, 0.5, 0.1, 0.2)
    number = iter(range(100))

    def made(core: str = "gru", joint: bool = False, **changes: Any) -> Runner:
        chosen = replace(
            CONFIG.training,
            steps=STEPS,
            batch_tokens=300,
            save_updates=EVERY,
            checks=4,
            label_smoothing=0.1,
        )
        folder = tmp_path / str(next(number))
        return Runner(folder, learnt, noise, replace(chosen, **changes), core, joint)

    return made


def test_wherever_it_is_told_to_leave(runner: Callable[..., Runner]) -> None:
    """Amid a part of an epoch, and at the border of two parts and two epochs."""
    whole = runner()
    whole.go()
    epochs = [each.state["position"] for each in whole.saved]
    assert epochs[-1][0] >= 1, "the runs go through more than an epoch"
    ends = set()
    for at in range(1, STEPS):
        parts = runner()
        parts.go(until=at)
        ends.add(tuple(parts.saved[-1].state["position"][1:]))
        assert parts.saved[-1].update == at
        parts.go(resume=True)
        same(whole, parts)
    assert len({part for part, _ in ends}) == 3
    assert len(ends) > 4


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("core", ["gru", "transformer"])
@pytest.mark.parametrize("joint", [False, True])
def test_whatever_it_learns(
    runner: Callable[..., Runner], threads: int, precision: str, core: str, joint: bool
) -> None:
    """Again and again."""
    settings = {"threads": threads, "precision": precision}
    whole, parts = (runner(core, joint, **settings) for _ in "ab")
    whole.go()
    parts.go(until=3)
    for at in (8, 9, 14):
        parts.go(resume=True, until=at)
    parts.go(resume=True)
    same(whole, parts)
    other = runner(core, joint, **{**settings, "seed": 2})
    other.go()
    assert other.watch.told != whole.watch.told


@pytest.mark.parametrize("at", range(0, STEPS))
def test_ctrl_c_amid_an_update_costs_an_interval_at_most(
    runner: Callable[..., Runner], at: int
) -> None:
    """Where nobody handles the signal, as from Python."""
    whole, parts = runner(joint=True), runner(joint=True)
    whole.go()
    with pytest.MonkeyPatch.context() as patch:
        interrupted(patch, at)
        with pytest.raises(KeyboardInterrupt):
            parts.go()
    if at < EVERY:
        assert not (parts.folder / "runs").exists()
        parts.go()
    else:
        assert parts.saved[-1].update == at - at % EVERY
        parts.go(resume=True)
    same(whole, parts)


SPOILT: dict[str, Spoil] = {
    "one is left out": lambda patch: spoilt(patch, {4, 9}),
    "a loss is": lambda patch: spoilt(patch, {4, 9}, nats=True),
    "the first ones": lambda patch: spoilt(patch, {0, 1}),
    "three: it goes back": lambda patch: spoilt(patch, {4, 5, 6}),
    "four, before the first save": lambda patch: spoilt(patch, {0, 1, 2, 3}),
    "around a save": lambda patch: spoilt(patch, {6, 7, 8, 9}),
    "twice from one state": lambda patch: spoilt(patch, {*range(5, 11)}),
    "infinite weights": lambda patch: infinite_step(patch, 5),
    "little memory": lambda patch: scarce(patch, 3, range(5, 99)),
    "less and less": lambda patch: (scarce(patch, 4, range(2, 6)), scarce(patch, 1, range(6, 99))),
}


@pytest.mark.parametrize("name", SPOILT)
def test_whatever_goes_wrong(runner: Callable[..., Runner], name: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        SPOILT[name](patch)
        whole = runner(joint=True, threads=1)
        whole.go()
    for at in (2, 6, 7, 10):
        with pytest.MonkeyPatch.context() as patch:
            if name == "infinite weights":  # it counts steps: each of a run's own
                infinite_step(patch, 5)
                parts = runner(joint=True, threads=1)
                parts.go(until=at)
                left = parts.saved[-1].update if parts.saved else 0
                patch.undo()
                if left < 6:
                    infinite_step(patch, 5 - left)
            else:
                SPOILT[name](patch)
                parts = runner(joint=True, threads=1)
                parts.go(until=at)
            parts.go(resume=bool(parts.saved))
        same(whole, parts)
        for each in parts.saved:
            assert all(bool(torch.isfinite(w).all()) for w in each.weights.values())


def test_a_good_state_older_than_the_last_is_kept(runner: Callable[..., Runner]) -> None:
    """Even where two are kept: between a rollback and the next good one it is gone back to."""
    with pytest.MonkeyPatch.context() as patch:
        spoilt(patch, {5, 6, 7, 8, 9, 10, 11, 12})
        parts = runner(save_updates=1, keep=1)
        parts.go(until=11)
        assert [each.update for each in parts.saved] == [5, 11]
        assert parts.saved[-1].state["good"] == 5
        parts.go(resume=True)
        whole = runner(save_updates=1, keep=1)
        whole.go()
    same(whole, parts)
    assert whole.watch.told[-1].endswith("scale=0.25)")


def test_a_stop_that_makes_a_bot_changes_nothing(runner: Callable[..., Runner]) -> None:
    """The best weights are in the model then, but the run is as it was."""
    whole, parts = runner(), runner()
    whole.go()
    parts.go(until=1, told=FINISH)  # it measures, for it has no best weights yet
    parts.go(resume=True, until=10, told=FINISH)
    parts.go(resume=True)
    same(whole, parts)


def test_interrupted_after_the_last_update(runner: Callable[..., Runner]) -> None:
    whole, parts = runner(), runner()
    whole.go()
    parts.go(until=STEPS)
    parts.go(resume=True)
    same(whole, parts)


def test_so_many_checkpoints_are_kept(runner: Callable[..., Runner]) -> None:
    for keep, kept in ((1, [15]), (2, [12, 15]), (9, [4, 8, 12, 15])):
        run = runner(keep=keep)
        run.go()
        assert [each.update for each in run.saved] == kept


def test_a_checkpoint_holds_all_that_changes(runner: Callable[..., Runner]) -> None:
    """Each part of one, if it were lost, would be missed."""
    whole = runner(joint=True)
    whole.go()
    parts = runner(joint=True)
    parts.go(until=7)
    saved = parts.saved[-1]
    kinds = {name.split(".")[0] for name in saved.tensors}
    assert kinds == {"best", "mean", "square", "step", "steps", "joint"}

    def told(changed: Checkpoint) -> list[str]:
        again = runner(joint=True)
        run = Run.begin(again.out, Config(training=again.settings), RECORD)
        run.save(replace(changed, state={**changed.state, "good": changed.update}), 3)
        run.close()
        again.go(resume=True)
        return again.watch.told

    rest = whole.watch.told[7:]
    assert told(saved) == rest

    def without(kind: str) -> dict[str, Tensor]:
        def is_it(name: str) -> bool:
            return name.split(".")[0] == kind

        less = {n: e - 1 if kind == "steps" else e * 0.5 for n, e in saved.tensors.items()}
        return {n: less[n] if is_it(n) else e for n, e in saved.tensors.items()}

    for kind in ("mean", "square", "step", "steps", "joint"):
        assert told(replace(saved, tensors=without(kind))) != rest, kind
    halved = {name: each * 0.5 for name, each in saved.weights.items()}
    assert told(replace(saved, weights=halved)) != rest
    number, part, batch = saved.state["position"]
    for moved in ([number + 1, part, batch], [number, (part + 1) % 3, 0], [number, part, 0]):
        if moved != saved.state["position"]:
            assert told(replace(saved, state={**saved.state, "position": moved})) != rest
    counts = saved.state["counts"]
    for name in ("scale", "loss", "best", "pairs"):
        changed = {**counts, name: counts[name] * 0.5}
        assert told(replace(saved, state={**saved.state, "counts": changed})) != rest, name
    assert set(counts) | {"update"} == {each.name for each in dataclasses.fields(Counts)}
