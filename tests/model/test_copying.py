"""The copy gate: a mixture of vocabulary and source, its loss, and what it is good for."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from samples import CLOSE, END, FIRST, OPENERS, PADDING, PIECES, START
from torch import Tensor, nn

from dialog_s2s.config import ModelConfig
from dialog_s2s.errors import ConfigError
from dialog_s2s.model.build import build
from dialog_s2s.model.generator import Generator
from dialog_s2s.model.layers import PieceEmbedding
from dialog_s2s.training.optimizer import Optimizer, rate_at

SIZE, WIDTH = 23, 6
CONFIG = ModelConfig(
    core="gru",
    attention="general",
    heads=1,
    embedding=32,
    width=48,
    encoder_layers=1,
    decoder_layers=1,
    dropout=0.0,
    copy=True,
)


@pytest.fixture
def part() -> Generator:
    torch.manual_seed(8)
    part = Generator(PieceEmbedding(SIZE, WIDTH), PADDING, copies=True)
    nn.init.normal_(part.bias_V)
    return part


@pytest.fixture
def feature_BTE() -> Tensor:
    return torch.randn(3, 4, WIDTH, generator=torch.Generator().manual_seed(9), requires_grad=True)


@pytest.fixture
def weights_BTS() -> Tensor:
    random = torch.Generator().manual_seed(10)
    return torch.randn(3, 4, 5, generator=random).softmax(-1).requires_grad_()


SOURCE_BS = torch.tensor([[7, 9, 9, 11, 12], [8, 8, 8, 8, 8], [20, 21, 22, 7, 6]])
TARGET_BT = torch.tensor([[9, 12, 3, PADDING], [8, 7, 8, 3], [22, 3, PADDING, PADDING]])
"""Some of it stands once, twice or not at all in the source."""


def mixture(part: Generator, feature_BTE: Tensor, weights_BTS: Tensor) -> Tensor:
    """The formula of See et al., one place at a time."""
    assert part.gate is not None
    gate_BT1 = part.gate(feature_BTE).sigmoid()
    rows = []
    for row, source_S in enumerate(SOURCE_BS):
        copied_TV = torch.stack(
            [weights_BTS[row][:, source_S == piece].sum(-1) for piece in range(SIZE)], -1
        )
        vocabulary_TV = part(feature_BTE[row]).softmax(-1)
        rows.append((1 - gate_BT1[row]) * vocabulary_TV + gate_BT1[row] * copied_TV)
    return torch.stack(rows)


def test_a_step_is_the_mixture(part: Generator, feature_BTE: Tensor, weights_BTS: Tensor) -> None:
    wanted_BTV = mixture(part, feature_BTE, weights_BTS)
    for time in range(4):
        likely_BV = part.step(feature_BTE[:, time], weights_BTS[:, time], SOURCE_BS).exp()
        torch.testing.assert_close(likely_BV, wanted_BTV[:, time], **CLOSE)
        torch.testing.assert_close(likely_BV.sum(-1), torch.ones(3), **CLOSE)


def test_what_attention_does_not_reach_can_still_be_said(part: Generator) -> None:
    weights_RS = torch.tensor([[1.0, 0.0, 0.0, 0.0, 0.0]])
    likely_RV = part.step(torch.zeros(1, WIDTH), weights_RS, SOURCE_BS[:1])
    assert likely_RV.isfinite().all()


@pytest.mark.parametrize("weight_B", [None, torch.tensor([0.3, 1.0, 2.5])])
def test_the_loss_is_that_of_the_mixture(
    part: Generator, feature_BTE: Tensor, weights_BTS: Tensor, weight_B: Tensor | None
) -> None:
    likely_BTV = mixture(part, feature_BTE, weights_BTS)
    nats_BT = -likely_BTV.gather(2, TARGET_BT[:, :, None])[:, :, 0].log()
    nats_BT = nats_BT * (TARGET_BT != PADDING)
    wanted = nats_BT.sum() if weight_B is None else nats_BT.sum(1) @ weight_B
    loss = part.loss(feature_BTE, TARGET_BT, 0.0, weight_B, weights_BTS, SOURCE_BS)
    torch.testing.assert_close(loss.objective, wanted, **CLOSE)
    torch.testing.assert_close(loss.nats_B, nats_BT.sum(1).detach(), **CLOSE)
    inputs = [feature_BTE, weights_BTS, *part.parameters()]
    found = torch.autograd.grad(loss.objective, inputs)
    for gradient, right in zip(found, torch.autograd.grad(wanted, inputs), strict=True):
        torch.testing.assert_close(gradient, right, **CLOSE)
        assert right.abs().max() > 1e-3


def test_smoothing_changes_no_nats(
    part: Generator, feature_BTE: Tensor, weights_BTS: Tensor
) -> None:
    plain, smooth = (
        part.loss(feature_BTE, TARGET_BT, smoothing, None, weights_BTS, SOURCE_BS)
        for smoothing in (0.0, 0.1)
    )
    torch.testing.assert_close(plain.nats_B, smooth.nats_B, **CLOSE)
    assert not torch.allclose(plain.objective, smooth.objective, atol=1e-3)


def test_copying_needs_attention() -> None:
    from_nothing = dataclasses.replace(CONFIG, attention="none")
    with pytest.raises(ConfigError, match="needs attention"):
        build(from_nothing, PIECES)


def renamed(batch: int, names: tuple[int, int], seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """source_BS, fed_BT, target_BT: of a name among other words, "hello" and the name."""
    random = torch.Generator().manual_seed(seed)
    source_BS = torch.randint(FIRST, FIRST + 8, (batch, 6), generator=random)
    source_BS[:, 0] = OPENERS[0]
    name_B = torch.randint(*names, (batch,), generator=random)
    place_B = torch.randint(1, 6, (batch,), generator=random)
    source_BS[torch.arange(batch), place_B] = name_B
    greeting_B, end_B = torch.full((batch,), FIRST), torch.full((batch,), END)
    fed_BT = torch.stack([torch.full((batch,), START), greeting_B, name_B], 1)
    return source_BS, fed_BT, torch.stack([greeting_B, name_B, end_B], 1)


@pytest.mark.parametrize("copies", [True, False])
def test_names_never_learnt_can_be_said_if_copied(copies: bool) -> None:
    torch.manual_seed(1)
    model = build(dataclasses.replace(CONFIG, copy=copies), PIECES)
    optimizer = Optimizer(model, 0.01)
    learnt, never = (FIRST + 8, FIRST + 24), (FIRST + 24, FIRST + 33)
    for update in range(250):
        source_BS, fed_BT, target_BT = renamed(48, learnt, 100 + update)
        loss = model.loss(source_BS, source_BS != PADDING, fed_BT, target_BT)
        model.zero_grad()
        loss.objective.backward()
        optimizer.clip(loss.tokens, 1.0)
        optimizer.step(rate_at(update, 250, 1e-2, 0.1))
    model.eval()
    with torch.no_grad():
        source_BS, fed_BT, target_BT = renamed(200, never, 7)
        state = model.decoder.start(model.encode(source_BS, source_BS != PADDING))
        for token_R in fed_BT.T[:2]:
            logits_RV, _, state = model.step(token_R, state)
    right = (logits_RV.argmax(-1) == target_BT[:, 1]).float().mean()
    assert right > 0.9 if copies else right < 0.2
