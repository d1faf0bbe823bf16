"""The loss against the library's cross-entropy."""

from __future__ import annotations

import pytest
import torch
from samples import CLOSE
from torch import Tensor, nn

from dialog_s2s.model import generator
from dialog_s2s.model.generator import Generator
from dialog_s2s.model.layers import PieceEmbedding
from dialog_s2s.model.values import Loss

PADDING, SIZE, WIDTH = 0, 23, 6


@pytest.fixture
def part() -> Generator:
    torch.manual_seed(8)
    part = Generator(PieceEmbedding(SIZE, WIDTH), PADDING)
    nn.init.normal_(part.bias_V)
    return part


@pytest.fixture
def feature_BTE() -> Tensor:
    random = torch.Generator().manual_seed(9)
    return torch.randn(4, 7, WIDTH, generator=random, requires_grad=True)


@pytest.fixture
def target_BT() -> Tensor:
    target_BT = torch.randint(1, SIZE, (4, 7), generator=torch.Generator().manual_seed(10))
    target_BT[1, 3:] = PADDING
    target_BT[2, 1:] = PADDING
    return target_BT


def expected(part: Generator, feature_BTE: Tensor, target_BT: Tensor, smoothing: float) -> Tensor:
    """The library's loss, summed."""
    return nn.functional.cross_entropy(
        part(feature_BTE).flatten(0, 1),
        target_BT.flatten(),
        ignore_index=PADDING,
        label_smoothing=smoothing,
        reduction="sum",
    )


def gradients(loss: Tensor, part: Generator, feature_BTE: Tensor) -> list[Tensor]:
    return list(torch.autograd.grad(loss, [feature_BTE, part.pieces.weight, part.bias_V]))


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("chunk", [1, 5, 256])
def test_equals_the_library_whatever_the_chunk(
    part: Generator,
    feature_BTE: Tensor,
    target_BT: Tensor,
    smoothing: float,
    chunk: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(generator, "CHUNK", chunk)
    loss = part.loss(feature_BTE, target_BT, smoothing)
    wanted = expected(part, feature_BTE, target_BT, smoothing)
    torch.testing.assert_close(loss.objective, wanted, **CLOSE)
    found = gradients(loss.objective * 0.7, part, feature_BTE)
    for one, other in zip(found, gradients(wanted * 0.7, part, feature_BTE), strict=True):
        torch.testing.assert_close(one, other, **CLOSE)
    assert not found[0][target_BT == PADDING].any()


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_nats_are_never_smoothed_and_carry_no_gradient(
    part: Generator, feature_BTE: Tensor, target_BT: Tensor, smoothing: float
) -> None:
    loss = part.loss(feature_BTE, target_BT, smoothing)
    torch.testing.assert_close(loss.nats, expected(part, feature_BTE, target_BT, 0.0), **CLOSE)
    assert not loss.nats.requires_grad
    assert loss.tokens == int((target_BT != PADDING).sum())


def test_losses_of_parts_add_up(part: Generator, feature_BTE: Tensor, target_BT: Tensor) -> None:
    whole = part.loss(feature_BTE, target_BT)
    halves = [part.loss(feature_BTE[rows], target_BT[rows]) for rows in (slice(1), slice(1, 4))]
    torch.testing.assert_close(sum(half.nats for half in halves), whole.nats, **CLOSE)
    assert sum(half.tokens for half in halves) == whole.tokens


def test_nothing_but_padding_loses_nothing(part: Generator, feature_BTE: Tensor) -> None:
    loss = part.loss(feature_BTE, torch.full((4, 7), PADDING))
    assert (loss.tokens, loss.nats.item(), loss.objective.item()) == (0, 0.0, 0.0)
    assert not any(each.any() for each in gradients(loss.objective, part, feature_BTE))


def test_without_gradients_the_value_is_the_same(
    part: Generator, feature_BTE: Tensor, target_BT: Tensor
) -> None:
    wanted = part.loss(feature_BTE, target_BT, 0.1)
    with torch.inference_mode():
        loss: Loss = part.loss(feature_BTE, target_BT, 0.1)
    assert loss.nats.item() == wanted.nats.item()
    assert loss.objective.item() == wanted.objective.item()


def test_low_precision_is_near_full(
    part: Generator, feature_BTE: Tensor, target_BT: Tensor
) -> None:
    wanted = part.loss(feature_BTE, target_BT, 0.1)
    full = gradients(wanted.objective, part, feature_BTE)
    with torch.autocast("cpu", torch.bfloat16):
        loss = part.loss(feature_BTE, target_BT, 0.1)
    assert loss.nats.dtype == torch.float32
    assert loss.nats.item() != wanted.nats.item()
    torch.testing.assert_close(loss.nats, wanted.nats, atol=0, rtol=0.01)
    for one, other in zip(gradients(loss.objective, part, feature_BTE), full, strict=True):
        assert one.dtype == torch.float32
        assert (one - other).norm() < 0.02 * other.norm()


def test_the_projection_is_the_embedding_itself(part: Generator, feature_BTE: Tensor) -> None:
    weights = dict(part.named_parameters())
    assert weights.keys() == {"pieces.weight", "bias_V"}
    wanted = feature_BTE @ part.pieces.weight.T + part.bias_V
    torch.testing.assert_close(part(feature_BTE), wanted, **CLOSE)
