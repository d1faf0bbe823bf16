"""Slots in the model: said by copying alone, at an exact probability, in batches as alone."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from samples import CLOSE, CORES, END, OPENERS, PADDING, PIECES, SIZE, START
from torch import Tensor, nn

from dialog_s2s.config import ModelConfig
from dialog_s2s.errors import ConfigError
from dialog_s2s.model.build import build
from dialog_s2s.model.generator import Generator
from dialog_s2s.model.layers import PieceEmbedding, SourceEmbedding
from dialog_s2s.model.seq2seq import Seq2Seq

SLOTS = 5
FIRST = SIZE - SLOTS
CONFIG = ModelConfig(
    core="gru",
    attention="general",
    heads=1,
    embedding=12,
    width=16,
    encoder_layers=1,
    decoder_layers=1,
    dropout=0.0,
    copy=True,
)
SOURCES = [[4, 9, FIRST, 11, 5, 9, FIRST + 3, 4, FIRST, 12], [6, 8, FIRST + 4, 4, 7]]
REPLIES = [[9, FIRST, 13, FIRST + 3, END], [FIRST + 4, 8, END]]


def made(core: str) -> Seq2Seq:
    torch.manual_seed(7)
    heads = 1 if core == "gru" else 4
    config = dataclasses.replace(CONFIG, core=core, heads=heads)
    model = build(config, dataclasses.replace(PIECES, slots=SLOTS))
    with torch.no_grad():
        for weight in model.parameters():
            if not weight.any():
                weight.normal_(std=0.3)
    return model.eval()


def padded(rows: list[list[int]]) -> Tensor:
    return nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], True, PADDING)


def stepped(model: Seq2Seq, source: list[int], reply: list[int]) -> Tensor:
    """likely_TV of every step of a reply, taken alone."""
    source_1S = torch.tensor([source])
    state = model.decoder.start(model.encode(source_1S, source_1S != PADDING))
    found = []
    for piece in [START, *reply[:-1]]:
        likely_1V, _, state = model.step(torch.tensor([piece]), state)
        found.append(likely_1V[0])
    return torch.stack(found)


@pytest.mark.parametrize("core", CORES)
def test_probabilities_sum_to_one_and_only_slots_of_the_source_have_any(core: str) -> None:
    model = made(core)
    for source, reply in zip(SOURCES, REPLIES, strict=True):
        chance_TV = stepped(model, source, reply).exp()
        assert chance_TV.shape[1] == SIZE
        torch.testing.assert_close(chance_TV.sum(1), torch.ones(len(reply)), **CLOSE)
        held = [piece in source for piece in range(FIRST, SIZE)]
        assert ((chance_TV[:, FIRST:] > 0) == torch.tensor(held)).all()


@pytest.mark.parametrize("core", CORES)
@torch.no_grad()
def test_the_loss_of_a_batch_is_that_of_each_alone_step_by_step(core: str) -> None:
    model = made(core)
    source_BS, target_BT = padded(SOURCES), padded(REPLIES)
    fed_BT = padded([[START, *reply[:-1]] for reply in REPLIES])
    loss = model.loss(source_BS, source_BS != PADDING, fed_BT, target_BT)
    alone = [
        -stepped(model, source, reply).gather(1, torch.tensor(reply)[:, None]).sum()
        for source, reply in zip(SOURCES, REPLIES, strict=True)
    ]
    torch.testing.assert_close(loss.nats_B, torch.stack(alone), atol=1e-4, rtol=1e-5)


def test_gradients_are_those_of_the_mixture() -> None:
    torch.manual_seed(3)
    part = Generator(PieceEmbedding(SIZE, 6), PADDING, copies=True, slots=SLOTS)
    nn.init.normal_(part.bias_V)
    assert part.gate is not None
    feature_BTE = torch.randn(2, 5, 6, requires_grad=True)
    weights_BTS = torch.randn(2, 5, 10).softmax(-1).requires_grad_()
    source_BS, target_BT = padded(SOURCES), padded(REPLIES)
    loss = part.loss(feature_BTE, target_BT, 0.0, None, weights_BTS, source_BS)
    gate_BT = part.gate(feature_BTE).sigmoid()[:, :, 0]
    said_BTV = nn.functional.pad(part(feature_BTE).softmax(-1), (0, SLOTS))
    same_BTS = source_BS[:, None] == target_BT[:, :, None]
    copied_BT = (weights_BTS * same_BTS).sum(-1)
    said_BT = said_BTV.gather(2, target_BT[:, :, None])[:, :, 0]
    likely_BT = (1 - gate_BT) * said_BT + gate_BT * copied_BT
    wanted = -likely_BT[target_BT != PADDING].log().sum()
    torch.testing.assert_close(loss.objective, wanted, **CLOSE)
    inputs = [feature_BTE, weights_BTS, *part.parameters()]
    found = torch.autograd.grad(loss.objective, inputs)
    for gradient, right in zip(found, torch.autograd.grad(wanted, inputs), strict=True):
        torch.testing.assert_close(gradient, right, **CLOSE)


def test_smoothing_leaves_slots_alone() -> None:
    torch.manual_seed(3)
    part = Generator(PieceEmbedding(SIZE, 6), PADDING, copies=True, slots=SLOTS)
    feature_BTE, weights_BTS = torch.randn(2, 5, 6), torch.randn(2, 5, 10).softmax(-1)
    args = (padded(REPLIES), 0.1, None, weights_BTS, padded(SOURCES))
    loss = part.loss(feature_BTE, *args)
    assert loss.objective.isfinite()
    plain = part.loss(feature_BTE, args[0], 0.0, *args[2:])
    torch.testing.assert_close(loss.nats_B, plain.nats_B, **CLOSE)


def test_a_source_tells_whether_and_when_a_name_comes_up_again() -> None:
    embedding = SourceEmbedding(PieceEmbedding(SIZE, 4), OPENERS, 6, 0.0, SLOTS)
    nn.init.normal_(embedding.mentions.weight)
    source_BS = padded(SOURCES)
    distance_BS = torch.zeros_like(source_BS)
    distance_BS[0] = torch.tensor([2, 2, 2, 2, 1, 1, 1, 0, 0, 0])
    distance_BS[1, :3] = 1
    told_BSE = embedding._mentioned(source_BS, distance_BS)
    again, never = embedding.mentions.weight[0], embedding.mentions.weight[6]
    assert torch.equal(told_BSE[0, 2], again)
    assert torch.equal(told_BSE[0, 8], never)
    assert torch.equal(told_BSE[0, 6], never)
    assert torch.equal(told_BSE[1, 2], never)
    slot_BS = source_BS >= FIRST
    assert not told_BSE[~slot_BS].any()


def test_slots_need_a_copy_gate() -> None:
    with pytest.raises(ConfigError, match=r"text\.slots needs model\.copy"):
        build(dataclasses.replace(CONFIG, copy=False), dataclasses.replace(PIECES, slots=SLOTS))
