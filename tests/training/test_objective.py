"""The loss of batches, for learning and for measuring."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from test_lanes import spoilt

from dialog_s2s.config import ModelConfig
from dialog_s2s.errors import ConfigError
from dialog_s2s.model.build import Pieces, build
from dialog_s2s.model.seq2seq import Seq2Seq
from dialog_s2s.text.batches import Batch, collate
from dialog_s2s.text.tokenizer import END, PADDING, START
from dialog_s2s.training.objective import batch_loss, measure, measure_each, precision

SOURCES = [[4, 9, 10, 11], [4, 12], [5, 13, 14], [4, 8]]
REPLIES = [[9, 10, END], [11, END], [12, 13, 14, 15, END], [END]]


@pytest.fixture
def model() -> Seq2Seq:
    torch.manual_seed(1)
    config = ModelConfig(
        core="gru",
        attention="dot",
        heads=2,
        embedding=8,
        width=8,
        encoder_layers=1,
        decoder_layers=1,
        dropout=0.5,
        copy=True,
    )
    return build(config, Pieces(20, PADDING, (4, 5, 6)))


@pytest.fixture
def batch() -> Batch:
    return collate(SOURCES, REPLIES)


def by_hand(model: Seq2Seq) -> float:
    """Nats of every reply, one piece at a time: what is measured is how the bot answers."""
    nats = 0.0
    model.eval()
    with torch.no_grad():
        for source, reply in zip(SOURCES, REPLIES, strict=True):
            source_1S = torch.tensor([source])
            state = model.decoder.start(model.encode(source_1S, torch.ones_like(source_1S) > 0))
            token = START
            for piece in reply:
                logits_1V, _, state = model.step(torch.tensor([token]), state)
                nats -= torch.log_softmax(logits_1V, -1)[0, piece].item()
                token = piece
    return nats


def test_a_batch_loses_what_its_replies_do_step_by_step(model: Seq2Seq, batch: Batch) -> None:
    wanted = by_hand(model)
    loss = batch_loss(model, batch)
    assert loss.nats.item() == pytest.approx(wanted, rel=1e-5)
    assert loss.tokens == sum(len(reply) for reply in REPLIES)


def test_smoothing_changes_the_objective_alone(model: Seq2Seq, batch: Batch) -> None:
    model.eval()
    plain, smoothed = batch_loss(model, batch), batch_loss(model, batch, 0.2)
    assert plain.nats.item() == smoothed.nats.item()
    assert plain.objective.item() == pytest.approx(plain.nats.item())
    assert smoothed.objective.item() != pytest.approx(plain.objective.item(), rel=1e-4)


def test_measuring_uses_no_dropout_and_leaves_the_mode(model: Seq2Seq, batch: Batch) -> None:
    wanted = by_hand(model)
    for mode in (True, False):
        model.train(mode)
        measured = measure(model, [batch])
        assert measured.nats == pytest.approx(wanted, rel=1e-5)
        assert model.training is mode
        assert all(part.training is mode for part in model.modules())
    assert all(weight.grad is None for weight in model.parameters())


def test_measures_of_batches_add_up(model: Seq2Seq, batch: Batch) -> None:
    whole = measure(model, [batch])
    parts = measure(model, (collate(SOURCES[i : i + 1], REPLIES[i : i + 1]) for i in range(4)))
    assert parts.nats == pytest.approx(whole.nats, rel=1e-5)
    assert parts.tokens == whole.tokens
    assert whole.nats_per_token == pytest.approx(whole.nats / whole.tokens)


def test_each_reply_is_measured_in_its_place(model: Seq2Seq) -> None:
    alone = [
        measure(model, [collate([x], [y])]).nats for x, y in zip(SOURCES, REPLIES, strict=True)
    ]
    for mode in (True, False):
        model.train(mode)
        parts = [
            collate([SOURCES[i] for i in places], [REPLIES[i] for i in places], places)
            for places in ([2, 0], [3])
        ]
        found = measure_each(model, parts, 5)
        assert found.tolist() == pytest.approx([alone[0], 0, alone[2], alone[3], 0], rel=1e-5)
        assert model.training is mode
    assert all(weight.grad is None for weight in model.parameters())


def test_a_weight_is_what_an_example_counts(model: Seq2Seq, batch: Batch) -> None:
    model.eval()
    weights = np.array([0.5, 0.0, 2.0, 1.0], dtype=np.float32)
    loss = batch_loss(model, batch, 0.0, weights)
    assert loss.nats.item() == pytest.approx(by_hand(model), rel=1e-5)
    assert loss.objective.item() == pytest.approx(float(loss.nats_B @ torch.tensor(weights)))


def test_measuring_nothing_is_not_a_number(model: Seq2Seq) -> None:
    assert math.isnan(measure(model, []).nats_per_token)


@pytest.mark.parametrize(("kind", "low"), [("float32", False), ("bfloat16", True)])
def test_precision_is_that_of_matrix_products(kind: str, low: bool) -> None:
    square = torch.ones(2, 2)
    with precision(kind, torch.device("cpu")):
        made = square @ square
    assert made.dtype == (torch.bfloat16 if low else torch.float32)


@pytest.mark.parametrize("core", ["gru", "transformer"])
def test_low_precision_learns_nearly_the_same(core: str, batch: Batch) -> None:
    torch.manual_seed(2)
    config = ModelConfig(
        core=core,
        attention="additive",
        heads=2,
        embedding=8,
        width=8,
        encoder_layers=2,
        decoder_layers=2,
        dropout=0.0,
        copy=False,
    )
    model = build(config, Pieces(20, PADDING, (4, 5, 6)))
    found = {}
    for kind in ("float32", "bfloat16"):
        model.zero_grad()
        with precision(kind, torch.device("cpu")):
            loss = batch_loss(model, batch, 0.1)
        loss.objective.backward()
        weights = [weight.grad for weight in model.parameters() if weight.grad is not None]
        found[kind] = loss.nats.item(), torch.cat([weight.flatten() for weight in weights])
    (full, wanted), (low, near) = found["float32"], found["bfloat16"]
    assert low == pytest.approx(full, rel=0.01)
    assert low != full
    assert (near - wanted).norm() < 0.05 * wanted.norm()


@pytest.mark.parametrize("most", [1, 2, 3])
def test_measuring_goes_on_by_halves_where_memory_runs_out(
    model: Seq2Seq, batch: Batch, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    moved = collate(SOURCES, REPLIES, [3, 0, 2, 1])
    whole, each = measure(model, [batch, batch]), measure_each(model, [moved], 5)
    sizes = spoilt(monkeypatch, MemoryError(), most)
    parts = measure(model, [batch, batch])
    assert parts.nats == pytest.approx(whole.nats, rel=1e-6)
    assert parts.tokens == whole.tokens
    assert measure_each(model, [moved], 5).tolist() == pytest.approx(each.tolist(), rel=1e-6)
    assert sum(size for size in sizes if size <= most) == 3 * batch.size


def test_an_example_that_cannot_be_measured_is_told(
    model: Seq2Seq, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt(monkeypatch, torch.OutOfMemoryError("CUDA out of memory."), 0)
    for work in (lambda: measure(model, [batch]), lambda: measure_each(model, [batch], 4)):
        with pytest.raises(ConfigError, match="memory does not suffice for a single example"):
            work()
    spoilt(monkeypatch, RuntimeError("shapes differ"), 0)
    with pytest.raises(RuntimeError, match="shapes differ"):
        measure(model, [batch])
