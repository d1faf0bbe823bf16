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
WEIGHTS_B = torch.tensor([0.3, 1.0, 0.0, 2.5])
"""What each source of a batch may count."""


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


def expected(
    part: Generator,
    feature_BTE: Tensor,
    target_BT: Tensor,
    smoothing: float,
    weight_B: Tensor | None = None,
) -> Tensor:
    """The library's loss, each source's targets weighted, summed."""
    loss_BT = nn.functional.cross_entropy(
        part(feature_BTE).transpose(1, 2),
        target_BT,
        ignore_index=PADDING,
        label_smoothing=smoothing,
        reduction="none",
    )
    return loss_BT.sum() if weight_B is None else (loss_BT.sum(1) * weight_B).sum()


def gradients(loss: Tensor, part: Generator, feature_BTE: Tensor) -> list[Tensor]:
    return list(torch.autograd.grad(loss, [feature_BTE, part.pieces.weight, part.bias_V]))


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("chunk", [1, 5, 256])
@pytest.mark.parametrize("weight_B", [None, WEIGHTS_B], ids=["unweighted", "weighted"])
def test_equals_the_library_whatever_the_chunk(
    part: Generator,
    feature_BTE: Tensor,
    target_BT: Tensor,
    smoothing: float,
    chunk: int,
    weight_B: Tensor | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(generator, "CHUNK", chunk)
    loss = part.loss(feature_BTE, target_BT, smoothing, weight_B)
    wanted = expected(part, feature_BTE, target_BT, smoothing, weight_B)
    torch.testing.assert_close(loss.objective, wanted, **CLOSE)
    found = gradients(loss.objective * 0.7, part, feature_BTE)
    for one, other in zip(found, gradients(wanted * 0.7, part, feature_BTE), strict=True):
        torch.testing.assert_close(one, other, **CLOSE)
    assert not found[0][target_BT == PADDING].any()


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("weight_B", [None, WEIGHTS_B], ids=["unweighted", "weighted"])
def test_nats_are_never_smoothed_nor_weighted_and_carry_no_gradient(
    part: Generator,
    feature_BTE: Tensor,
    target_BT: Tensor,
    smoothing: float,
    weight_B: Tensor | None,
) -> None:
    loss = part.loss(feature_BTE, target_BT, smoothing, weight_B)
    torch.testing.assert_close(loss.nats, expected(part, feature_BTE, target_BT, 0.0), **CLOSE)
    assert not loss.nats.requires_grad
    assert loss.tokens == int((target_BT != PADDING).sum())


def test_each_source_has_its_own_nats(
    part: Generator, feature_BTE: Tensor, target_BT: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generator, "CHUNK", 3)  # which sources straddle
    target_BT[3] = PADDING
    nats_B = part.loss(feature_BTE, target_BT).nats_B
    alone = [
        expected(part, feature_BTE[row : row + 1], target_BT[row : row + 1], 0.0).item()
        for row in range(4)
    ]
    assert nats_B.tolist() == pytest.approx(alone, rel=1e-5)
    assert nats_B[3] == 0.0
    torch.testing.assert_close(nats_B.sum(), part.loss(feature_BTE, target_BT).nats)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_weights_of_one_change_nothing(
    part: Generator, feature_BTE: Tensor, target_BT: Tensor, smoothing: float
) -> None:
    plain = part.loss(feature_BTE, target_BT, smoothing)
    ones = part.loss(feature_BTE, target_BT, smoothing, torch.ones(4))
    assert torch.equal(ones.objective, plain.objective)
    assert torch.equal(ones.nats_B, plain.nats_B)
    found = gradients(ones.objective, part, feature_BTE)
    wanted = gradients(plain.objective, part, feature_BTE)
    assert all(torch.equal(one, other) for one, other in zip(found, wanted, strict=True))


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_a_source_that_counts_nothing_might_as_well_not_be_there(
    part: Generator, feature_BTE: Tensor, target_BT: Tensor, smoothing: float
) -> None:
    kept = torch.tensor([0, 1, 3])
    whole = part.loss(feature_BTE, target_BT, smoothing, WEIGHTS_B)
    less = part.loss(feature_BTE[kept], target_BT[kept], smoothing, WEIGHTS_B[kept])
    assert WEIGHTS_B[2] == 0
    assert whole.nats_B[2] > 0
    torch.testing.assert_close(whole.objective, less.objective, **CLOSE)
    found = gradients(whole.objective, part, feature_BTE)
    assert not found[0][2].any()
    for one, other in zip(found, gradients(less.objective, part, feature_BTE), strict=True):
        torch.testing.assert_close(one, other, **CLOSE)


def test_where_nothing_counts_nothing_is_learnt(
    part: Generator, feature_BTE: Tensor, target_BT: Tensor
) -> None:
    loss = part.loss(feature_BTE, target_BT, 0.3, torch.zeros(4))
    assert loss.objective.item() == 0.0
    assert not any(each.any() for each in gradients(loss.objective, part, feature_BTE))


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


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weight_B", [None, WEIGHTS_B], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("chunk", [5, 256])
def test_low_precision_is_near_full(
    part: Generator,
    feature_BTE: Tensor,
    target_BT: Tensor,
    smoothing: float,
    weight_B: Tensor | None,
    chunk: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wanted = part.loss(feature_BTE, target_BT, smoothing, weight_B)
    full = gradients(wanted.objective, part, feature_BTE)
    monkeypatch.setattr(generator, "CHUNK", chunk)
    with torch.autocast("cpu", torch.bfloat16):
        loss = part.loss(feature_BTE, target_BT, smoothing, weight_B)
    assert loss.nats_B.dtype == loss.objective.dtype == torch.float32
    assert loss.nats.item() != wanted.nats.item()
    torch.testing.assert_close(loss.nats_B, wanted.nats_B, atol=0, rtol=0.02)
    torch.testing.assert_close(loss.objective, wanted.objective, atol=0, rtol=0.02)
    for one, other in zip(gradients(loss.objective, part, feature_BTE), full, strict=True):
        assert one.dtype == torch.float32
        assert (one - other).norm() < 0.02 * other.norm()


def test_the_projection_is_the_embedding_itself(part: Generator, feature_BTE: Tensor) -> None:
    weights = dict(part.named_parameters())
    assert weights.keys() == {"pieces.weight", "bias_V"}
    wanted = feature_BTE @ part.pieces.weight.T + part.bias_V
    torch.testing.assert_close(part(feature_BTE), wanted, **CLOSE)
