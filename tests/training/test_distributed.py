"""Several processes that train one bot: the same updates, the same bot, and a way on where one of
them is lost."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from numpy.typing import NDArray
from processes import PAIRS, SETTINGS, in_processes
from test_train import digests
from tiny import model

from dialog_s2s import train
from dialog_s2s.config import Config
from dialog_s2s.errors import DataError, DialogError, DiskError, Stopped, UsageError
from dialog_s2s.text.batches import Batch, collate
from dialog_s2s.text.tokenizer import END, PADDING
from dialog_s2s.training import distributed, run
from dialog_s2s.training.checkpoint import Checkpoint
from dialog_s2s.training.distributed import LostError, World, joined
from dialog_s2s.training.lanes import Lanes
from dialog_s2s.training.learner import Learner
from dialog_s2s.training.monitor import Progress, Silent
from dialog_s2s.training.objective import batch_loss
from dialog_s2s.training.optimizer import Optimizer
from dialog_s2s.training.stopping import GO_ON, LEAVE

EXAMPLES = 64


def examples() -> Batch:
    """A batch for four lanes, of random pieces."""
    random = np.random.default_rng(3)
    rows = [random.integers(7, 400, random.integers(3, 12)).tolist() for _ in range(2 * EXAMPLES)]
    return collate(rows[:EXAMPLES], [[*row, END] for row in rows[EXAMPLES:]])


WEIGHTS_B = np.random.default_rng(4).random(EXAMPLES, dtype=np.float32)

Gradients = dict[str, NDArray[np.float32]]


def gradients(
    core: str, weight_B: NDArray[np.float32] | None, threads: int, dropout: float = 0.0
) -> Gradients:
    """Those that the processes make of a batch together."""
    settings = replace(SETTINGS.training, threads=threads)
    with joined() as world:
        fresh = model(core, dropout).train()
        with Lanes(fresh, settings, world) as lanes:
            heard = lanes.gradients(examples(), weight_B, update=5)
    parameters = fresh.named_parameters()
    made = {name: each.grad.numpy() / np.float32(heard.counted) for name, each in parameters}
    return {**made, "nats": heard.nats_B}


@pytest.mark.parametrize("weight_B", [None, WEIGHTS_B], ids=["plain", "weighted"])
@pytest.mark.parametrize("core", ["gru", "transformer"])
def test_gradients_are_those_of_the_union_batch(
    core: str, weight_B: NDArray[np.float32] | None
) -> None:
    alone = model(core).train()
    loss = batch_loss(alone, examples(), weight_B=weight_B)
    lengths_B = (examples().target_BT != PADDING).sum(1)
    counted = lengths_B.sum() if weight_B is None else (lengths_B * weight_B).sum()
    (loss.objective / float(counted)).backward()
    wanted = {name: each.grad for name, each in alone.named_parameters()}
    for made in in_processes(2, gradients, core, weight_B, 1):
        assert np.allclose(made.pop("nats"), loss.nats_B.detach(), rtol=1e-5)
        assert made.keys() == wanted.keys()
        for name, gradient in made.items():
            expected = np.zeros(1) if wanted[name] is None else wanted[name].numpy()
            assert np.abs(gradient - expected).max() <= 1e-6, name


@pytest.mark.parametrize("core", ["gru", "transformer"])
def test_a_process_is_a_lane(core: str) -> None:
    alone = gradients(core, WEIGHTS_B, 2, dropout=0.3)
    two = in_processes(2, gradients, core, WEIGHTS_B, 2, 0.3)
    for made in two:
        assert all(np.array_equal(made[name], each) for name, each in alone.items())


def trained(
    place: Path, config: Config, resume: bool = False, leave_at: int | None = None
) -> tuple[list[float], float | None]:
    """Trains with the other processes; the losses that the first was told, and the last of what is
    held out."""
    losses: list[float] = []
    asked = 0

    class Losses(Silent):
        def update(self, progress: Progress) -> None:
            losses.append(progress.loss)

    def stop() -> int:
        nonlocal asked
        asked += 1
        return LEAVE if asked == leave_at else GO_ON

    report = train(PAIRS, place, config=config, resume=resume, monitor=Losses(), stop=stop)
    return losses, report.outcome.held_out


def left(place: Path, config: Config, at: int) -> None:
    """Trains until update `at`, or one later, and leaves."""
    with pytest.raises(Stopped):
        trained(place, config, leave_at=at)


def of_core(core: str, memory: bool = False, dropout: float = 0.2) -> Config:
    """Settings of a bot; one with an answer memory takes its time to measure it."""
    heads = 1 if core == "gru" else 2
    return replace(
        SETTINGS,
        model=replace(SETTINGS.model, core=core, heads=heads, dropout=dropout),
        memory=replace(SETTINGS.memory, enabled=memory),
    )


def weights(place: Path) -> dict[str, torch.Tensor]:
    fresh: dict[str, torch.Tensor] = safetensors.torch.load_file(place / "model.safetensors")
    return fresh


@pytest.mark.slow
@pytest.mark.parametrize("core", ["gru", "transformer"])
def test_any_number_of_processes_makes_the_same_bot(tmp_path: Path, core: str) -> None:
    """To the bit where the number of lanes is the same, else but for rounding."""
    config = of_core(core, memory=core == "gru")
    wanted, held_out = trained(tmp_path / "1", config)
    two, other = in_processes(2, trained, tmp_path / "2", config)
    assert two == (wanted, held_out)
    assert other == ([], held_out)
    assert digests(tmp_path / "2") == digests(tmp_path / "1")
    plain = of_core(core, dropout=0.0)
    wanted, held_out = trained(tmp_path / "plain", plain)
    three = in_processes(3, trained, tmp_path / "3", plain)[0]
    assert three[0] == pytest.approx(wanted, rel=1e-4)
    assert three[1] == pytest.approx(held_out, rel=1e-4)
    alike = weights(tmp_path / "plain")
    for name, each in weights(tmp_path / "3").items():
        # what rounding makes of directions without a gradient is made orthogonal too
        assert torch.allclose(each, alike[name], atol=1e-2), name


@pytest.mark.slow
@pytest.mark.parametrize(("before", "after"), [(2, 1), (2, 3), (1, 2)])
def test_another_number_of_processes_goes_on(tmp_path: Path, before: int, after: int) -> None:
    """Where there is no dropout, all make the same updates."""
    config = of_core("gru", dropout=0.0)
    losses, held_out = trained(tmp_path / "whole", config)
    place = tmp_path / "parts"
    for made in in_processes(before, left, place, config, 5):
        assert made is None
    saved = sorted(each.name for each in (tmp_path / "runs" / "parts" / "checkpoints").iterdir())
    assert saved[-1] in ("000000005", "000000006")
    assert not place.exists()
    rest, again = in_processes(after, trained, place, config, True)[0]
    assert rest == pytest.approx(losses[-len(rest) :], rel=1e-4)
    assert len(rest) == 12 - int(saved[-1])
    assert again == pytest.approx(held_out, rel=1e-4)
    if 3 not in (before, after):
        assert digests(place) == digests(tmp_path / "whole")


def agreeing(value: str) -> str:
    with joined() as world:
        world.agree(value + str(world.rank), "data")
    return "agreed"


def told(world: World, name: str) -> object:
    """What a process hears of work that fails on one of them, or on each."""

    def work() -> int:
        if name == "first" and world.first:
            raise DataError("is empty", "a.csv", 3)
        if name == "second" and world.rank == 1:
            raise DiskError("full")
        if name == "each":
            raise DataError(f"of {world.rank}")
        if name == "odd" and world.rank == 1:
            raise OSError(28, "No space left on device")
        return world.rank

    try:
        return world.together(work)
    except DialogError as error:
        return type(error).__name__, str(error)


def talking() -> list[object]:
    with joined() as world:
        said = [told(world, name) for name in ("none", "first", "second", "each", "odd")]
        said += [world.same({"rank": world.rank}), world.same(""), world.same_bytes(b"")]
        said += [world.by_the_first(lambda: world.rank), world.same_bytes(b"%d" % world.rank)]
    return said


def test_what_processes_tell_each_other() -> None:
    first, second = in_processes(2, talking)
    none, *rest = zip(first, second, strict=True)
    assert none == (0, 1)
    full = "No space left on device; free some space, then try again"
    assert rest == [
        (("DataError", "a.csv:3: is empty"),) * 2,
        (("DiskError", "process 1: full"), ("DiskError", "full")),
        (("DataError", "of 0"), ("DataError", "of 1")),
        (("DiskError", f"process 1: {full}"), ("DiskError", full)),
        ({"rank": 0},) * 2,
        ("", ""),
        (b"", b""),
        (0, None),
        (b"0", b"0"),
    ]
    for made in in_processes(2, agreeing, "x"):
        assert isinstance(made, UsageError)
        assert "different data; give all of them the same files" in str(made)


def leaving() -> str:
    with joined() as world:
        if world.first:
            return "gone"
        world.same(1)
    return "never"


def test_a_lost_process_is_told() -> None:
    gone, error = in_processes(2, leaving)
    assert gone == "gone"
    assert isinstance(error, LostError)
    assert str(error) == (
        "another process of this training was lost; what was saved is kept: go on with --resume"
    )


def unsaved(place: Path) -> None:
    """The first process cannot write its second checkpoint."""
    real = run.write_checkpoint

    def full(folder: Path, checkpoint: Checkpoint) -> Path:
        if checkpoint.update > 4:
            raise DiskError("the checkpoint cannot be written")
        return real(folder, checkpoint)

    run.write_checkpoint = full
    trained(place, of_core("gru"))


def test_all_are_told_of_a_full_disk(tmp_path: Path) -> None:
    for made in in_processes(2, unsaved, tmp_path / "x"):
        assert isinstance(made, DiskError)
        assert str(made) == "the checkpoint cannot be written"
    assert (tmp_path / "runs" / "x" / "checkpoints" / "000000004").is_dir()


def of_other_data(place: Path, config: Config) -> None:
    second = os.environ["RANK"] == "1"
    train(PAIRS[:-1] if second else PAIRS, place, config=config)


def test_other_data_is_refused(tmp_path: Path) -> None:
    for steps in (4, None):
        config = of_core("gru")
        config = replace(config, training=replace(config.training, steps=steps))
        for made in in_processes(2, of_other_data, tmp_path / "x", config):
            assert isinstance(made, UsageError)
            assert "different data" in str(made)
    assert list(tmp_path.iterdir()) == []


class Gpus:
    """Stands in for so many GPUs; there are none where this was written."""

    def __init__(self, count: int):
        self.count = count

    def is_available(self) -> bool:
        return self.count > 0

    def device_count(self) -> int:
        return self.count


@pytest.mark.parametrize(
    ("gpus", "processes", "local_rank", "device"),
    [(0, 2, 1, "cpu"), (1, 1, 0, "cuda:0"), (2, 2, 1, "cuda:1"), (4, 2, 1, "cuda:1")],
)
def test_a_process_has_a_gpu_of_its_own(
    monkeypatch: pytest.MonkeyPatch, gpus: int, processes: int, local_rank: int, device: str
) -> None:
    monkeypatch.setattr(distributed.torch, "cuda", Gpus(gpus))
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(processes))
    monkeypatch.setenv("LOCAL_RANK", str(local_rank))
    assert distributed._own_device() == device


def test_more_processes_than_gpus_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distributed.torch, "cuda", Gpus(1))
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    with pytest.raises(UsageError, match="2 processes and 1 GPUs"):
        distributed._own_device()


def test_what_is_restored_is_where_the_weights_are() -> None:
    """A checkpoint is on the processor, whatever device it is of and goes to."""
    fresh = model().train()
    learner = Learner(fresh, Optimizer(fresh, 0.01), None)
    for weight in fresh.parameters():
        weight.grad = torch.ones_like(weight)
    learner.optimizer.step(0.1)
    learner.offer(1.0)
    saved = learner.checkpoint()
    elsewhere = model().to("meta")
    moved = Learner(elsewhere, Optimizer(elsewhere, 0.01), None)
    moved.restore(saved)
    made = moved.optimizer.tensors()
    assert made.keys() == learner.optimizer.tensors().keys()
    assert int(made.pop("steps")) == 1
    assert {each.device.type for each in made.values()} == {"meta"}
