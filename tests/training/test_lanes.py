"""Gradients of a batch shared out over threads are those of the whole batch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tiny import CONFIG, model, shard
from torch import Tensor

from dialog_s2s.model.layers import randomness
from dialog_s2s.model.seq2seq import Seq2Seq
from dialog_s2s.text.batches import Batch, collate
from dialog_s2s.text.tokenizer import PADDING, Tokenizer
from dialog_s2s.training.lanes import WORTHWHILE, Lanes, OutOfMemory
from dialog_s2s.training.objective import batch_loss

SIZE = 2 * WORTHWHILE + 1


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory, tokenizer: Tokenizer) -> Batch:
    """A batch just large enough for two lanes of unequal size."""
    learnt = shard(tmp_path_factory.mktemp("shard"), tokenizer)
    rows = range(SIZE)
    return collate([learnt.source(i) for i in rows], [learnt.target(i) for i in rows])


def gradients(
    batch: Batch,
    threads: int,
    *,
    core: str = "gru",
    dropout: float = 0.0,
    seed: int = 1,
    weight_B: NDArray[np.float32] | None = None,
    update: int = 0,
    pieces: int = 1,
) -> tuple[list[Tensor], NDArray[np.float32], int]:
    """Gradients of the mean loss made by so many lanes, the second time they are asked for."""
    settings = replace(CONFIG.training, threads=threads, seed=seed, label_smoothing=0.1)
    fresh = model(core, dropout).train()
    with Lanes(fresh, settings) as lanes:
        lanes.gradients(batch)
        heard = lanes.gradients(batch, weight_B, update, pieces)
    found = [each.grad / heard.counted for each in fresh.parameters() if each.grad is not None]
    return found, heard.nats_B, heard.targets


@pytest.mark.parametrize("core", ["gru", "transformer"])
@pytest.mark.parametrize("threads", [1, 2, 4])
def test_lanes_make_the_gradient_of_the_mean_loss(batch: Batch, core: str, threads: int) -> None:
    plain = model(core).train()
    loss = batch_loss(plain, batch, 0.1)
    (loss.objective / loss.tokens).backward()
    wanted = [weight.grad for weight in plain.parameters()]
    found, nats_B, targets = gradients(batch, threads, core=core)
    assert targets == loss.tokens
    assert nats_B.dtype == np.float32
    assert nats_B.tolist() == pytest.approx(loss.nats_B.tolist(), rel=1e-5)
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert other is None or torch.allclose(one, other, atol=1e-5, rtol=1e-5)
        assert other is not None or not one.any()
    assert max(one.abs().max().item() for one in found) > 1e-3


WEIGHTS_B = np.random.default_rng(4).random(SIZE, dtype=np.float32)
"""What each example of a batch may count."""


@pytest.mark.parametrize("core", ["gru", "transformer"])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_mean_over_weighted_targets(batch: Batch, core: str, threads: int) -> None:
    plain = model(core).train()
    loss = batch_loss(plain, batch, 0.1, WEIGHTS_B)
    counted = float(((batch.target_BT != PADDING).sum(1) * WEIGHTS_B).sum())
    assert counted < 0.7 * loss.tokens
    (loss.objective / counted).backward()
    wanted = [weight.grad for weight in plain.parameters()]
    found, nats_B, targets = gradients(batch, threads, core=core, weight_B=WEIGHTS_B)
    assert targets == loss.tokens
    assert nats_B.tolist() == pytest.approx(loss.nats_B.tolist(), rel=1e-5)  # as if unweighted
    for one, other in zip(found, wanted, strict=True):
        assert other is None or torch.allclose(one, other, atol=1e-5, rtol=1e-5)
    assert max(one.abs().max().item() for one in found) > 1e-3


def test_weights_of_one_change_nothing(batch: Batch) -> None:
    one, other = (gradients(batch, 2, weight_B=each) for each in (None, np.ones(SIZE, np.float32)))
    assert np.array_equal(one[1], other[1])
    for before, after in zip(one[0], other[0], strict=True):
        assert torch.allclose(before, after, atol=1e-7, rtol=1e-6)


def test_what_counts_nothing_teaches_nothing(batch: Batch) -> None:
    chosen = (np.arange(SIZE) % 3 > 0).astype(np.float32)
    rows = np.flatnonzero(chosen)
    less = Batch(*(array[rows] for array in arrays(batch)))
    found, nats_B, _ = gradients(batch, 2, weight_B=chosen)
    wanted, _, _ = gradients(less, 1)
    assert nats_B.all()
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(found, wanted, strict=True))
    found, _, _ = gradients(batch, 2, weight_B=np.zeros(SIZE, np.float32))
    assert not any(each.any() for each in found)


@pytest.mark.parametrize("threads", [1, 2])
def test_dropout_follows_from_the_seed(batch: Batch, threads: int) -> None:
    runs = [gradients(batch, threads, dropout=0.3, seed=seed)[0] for seed in (1, 1, 2)]
    assert all(torch.equal(one, other) for one, other in zip(runs[0], runs[1], strict=True))
    assert not all(torch.equal(one, other) for one, other in zip(runs[0], runs[2], strict=True))


def test_dropout_is_drawn_anew_at_each_update(batch: Batch) -> None:
    fresh = model(dropout=0.3).train()
    with Lanes(fresh, replace(CONFIG.training, threads=2)) as lanes:
        one, again, other = (lanes.gradients(batch, update=update).nats_B for update in (4, 4, 5))
    assert np.array_equal(one, again)
    assert not np.allclose(one, other)


def test_lanes_drop_out_other_places(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the lanes' generators alike, twins in two lanes would have the same loss."""
    monkeypatch.setattr(randomness, "generator", None)  # put back: here it is this thread's
    twins = Batch(*(array[[0, 0]] for array in arrays(batch)))
    fresh = model(dropout=0.5).train()
    with Lanes(fresh, replace(CONFIG.training, threads=2)) as lanes:
        parts = [lanes._share(twins, None, 2, lane, 0, 1) for lane in (0, 1)]
    assert parts[0] is not None
    assert parts[1] is not None
    assert parts[0][0] != parts[1][0]


def arrays(batch: Batch) -> tuple:
    return batch.source_BS, batch.mask_BS, batch.fed_BT, batch.target_BT, batch.places_B


def test_a_small_batch_uses_one_lane(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    real = Lanes._part

    def part(self: Lanes, share: Batch, *given: object) -> tuple:
        sizes.append(share.size)
        return real(self, share, *given)

    monkeypatch.setattr(Lanes, "_part", part)
    with Lanes(model(), replace(CONFIG.training, threads=2)) as lanes:
        lanes.gradients(batch)
        assert sorted(sizes) == [WORTHWHILE, WORTHWHILE + 1]
        sizes.clear()
        lanes.gradients(Batch(*(array[: 2 * WORTHWHILE - 1] for array in arrays(batch))))
        assert sizes == [2 * WORTHWHILE - 1]


def test_a_weight_that_is_not_used_has_no_slope(batch: Batch) -> None:
    fresh = model("gru")
    fresh.register_parameter("unused", torch.nn.Parameter(torch.ones(3)))
    with Lanes(fresh, CONFIG.training) as lanes:
        lanes.gradients(batch)
    assert fresh.unused.grad is not None
    assert not fresh.unused.grad.any()


@pytest.mark.parametrize("core", ["gru", "transformer"])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("pieces", [2, 4, 1000])
def test_pieces_make_the_same_gradient(batch: Batch, core: str, threads: int, pieces: int) -> None:
    wanted, nats_B, targets = gradients(batch, threads, core=core, weight_B=WEIGHTS_B)
    found = gradients(batch, threads, core=core, weight_B=WEIGHTS_B, pieces=pieces)
    assert found[2] == targets
    assert found[1].tolist() == pytest.approx(nats_B.tolist(), rel=1e-5)
    for one, other in zip(found[0], wanted, strict=True):
        assert torch.allclose(one, other, atol=1e-6, rtol=1e-5)


ENDED = (
    MemoryError(),
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError(
        "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: "
        "you tried to allocate 8000000000 bytes. Error code 12 (Cannot allocate memory)"
    ),
    RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 8000000000 bytes."),
)


def spoilt(monkeypatch: pytest.MonkeyPatch, error: Exception, most: int) -> list[int]:
    """Makes batches of more than `most` examples too many; the sizes that were tried."""
    sizes: list[int] = []
    real = Seq2Seq.loss

    def loss(self: Seq2Seq, source_BS: Tensor, *given: object) -> object:
        sizes.append(len(source_BS))
        if len(source_BS) > most:
            raise error
        return real(self, source_BS, *given)

    monkeypatch.setattr(Seq2Seq, "loss", loss)
    return sizes


@pytest.mark.parametrize("error", ENDED, ids=lambda error: f"{type(error).__name__} {error}"[:60])
@pytest.mark.parametrize("threads", [1, 2])
def test_memory_that_runs_out_is_told(
    batch: Batch, monkeypatch: pytest.MonkeyPatch, error: Exception, threads: int
) -> None:
    sizes = spoilt(monkeypatch, error, SIZE // threads // 2 + 1)
    fresh = model().train()
    with Lanes(fresh, replace(CONFIG.training, threads=threads)) as lanes:
        with pytest.raises(OutOfMemory):
            lanes.gradients(batch)
        assert all(weight.grad is None for weight in fresh.parameters())
        assert sum(sizes) == SIZE
        lanes.gradients(batch, pieces=2)
    assert sum(sizes) == 2 * SIZE


def test_memory_that_the_allocator_really_lacks(
    batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Seq2Seq, "loss", lambda *_: torch.empty(1 << 60, dtype=torch.uint8))
    with Lanes(model(), CONFIG.training) as lanes, pytest.raises(OutOfMemory):
        lanes.gradients(batch)


def test_other_errors_are_not_taken_for_it(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    spoilt(monkeypatch, RuntimeError("shapes differ"), 0)
    with Lanes(model(), CONFIG.training) as lanes, pytest.raises(RuntimeError, match="shapes"):
        lanes.gradients(batch)
