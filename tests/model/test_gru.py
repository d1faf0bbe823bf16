"""The recurrent layer against the library's own, in value and in every gradient."""

from __future__ import annotations

import pytest
import torch
from samples import CLOSE
from torch import Tensor, nn

from dialog_s2s.model.gru import Gru

INPUTS, WIDTH = 5, 6


def made(groups: int = 1, inputs: int = INPUTS, width: int = WIDTH) -> Gru:
    torch.manual_seed(4)
    layer = Gru(inputs, width, groups)
    with torch.no_grad():
        layer.bias_G3M.normal_()
        layer.candidate_bias_GM.normal_()
    return layer


def library(layer: Gru, group: int) -> nn.GRU:
    """The library's layer with the weights of one group."""
    inputs, width = layer.input_GE3M.shape[1], layer.width
    twin = nn.GRU(inputs, width, batch_first=True)
    with torch.no_grad():
        twin.weight_ih_l0.copy_(layer.input_GE3M[group].T)
        twin.weight_hh_l0.copy_(layer.recur_GM3M[group].T)
        twin.bias_ih_l0.copy_(layer.bias_G3M[group])
        twin.bias_hh_l0.zero_()
        twin.bias_hh_l0[2 * width :] = layer.candidate_bias_GM[group]
    return twin


def data(groups: int, batch: int, length: int, inputs: int = INPUTS) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(5)
    return (
        torch.randn(groups, batch, length, inputs, generator=random, requires_grad=True),
        torch.randn(groups, batch, WIDTH, generator=random, requires_grad=True),
    )


def run(layer: Gru, inputs_GBTE: Tensor, first_GBM: Tensor) -> Tensor:
    """The layer, which reads step by step, on sources side by side: GBTM."""
    return layer(inputs_GBTE.transpose(1, 2), first_GBM).transpose(1, 2)


def squared(states: Tensor) -> Tensor:
    """A loss in which every state counts differently."""
    return (states**2 * torch.linspace(0.5, 2, states.numel()).view(states.shape)).sum()


@pytest.mark.parametrize(
    ("groups", "batch", "length"), [(1, 3, 7), (2, 4, 5), (3, 1, 1), (1, 1, 40)]
)
def test_equals_the_library_in_value_and_gradients(groups: int, batch: int, length: int) -> None:
    layer = made(groups)
    inputs_GBTE, first_GBM = data(groups, batch, length)
    states_GBTM = run(layer, inputs_GBTE, first_GBM)
    scales = torch.linspace(1, 2, groups)
    sum(squared(states_GBTM[g]) * scales[g] for g in range(groups)).backward()
    for g in range(groups):
        twin = library(layer, g)
        own_BTE = inputs_GBTE[g].detach().requires_grad_()
        own_BM = first_GBM[g].detach().requires_grad_()
        expected_BTM, _ = twin(own_BTE, own_BM[None])
        torch.testing.assert_close(states_GBTM[g], expected_BTM, **CLOSE)
        (squared(expected_BTM) * scales[g]).backward()
        bias_H = twin.bias_hh_l0.grad
        pairs = [
            (inputs_GBTE.grad, own_BTE.grad),
            (first_GBM.grad, own_BM.grad),
            (layer.input_GE3M.grad, twin.weight_ih_l0.grad.T),
            (layer.recur_GM3M.grad, twin.weight_hh_l0.grad.T),
            (layer.bias_G3M.grad, twin.bias_ih_l0.grad),
            (layer.candidate_bias_GM.grad, bias_H[2 * WIDTH :]),
        ]
        for found, expected in pairs:
            torch.testing.assert_close(found[g], expected, atol=2e-5, rtol=1e-4)


def test_gradients_reach_back_from_the_last_state_alone() -> None:
    layer = made()
    inputs_GBTE, first_GBM = data(1, 2, 6)
    run(layer, inputs_GBTE, first_GBM)[:, :, -1].sum().backward()
    twin = library(layer, 0)
    own_BTE = inputs_GBTE[0].detach().requires_grad_()
    twin(own_BTE, first_GBM.detach())[0][:, -1].sum().backward()
    torch.testing.assert_close(inputs_GBTE.grad[0], own_BTE.grad, **CLOSE)
    assert inputs_GBTE.grad[:, :, 0].any()


def test_groups_are_independent() -> None:
    layer = made(2)
    inputs_GBTE, first_GBM = data(2, 3, 4)
    before = run(layer, inputs_GBTE, first_GBM)
    with torch.no_grad():
        for weight in layer.parameters():
            weight[1].normal_()
        inputs_GBTE[1] += 1
        first_GBM[1] += 1
    after = run(layer, inputs_GBTE, first_GBM)
    assert torch.equal(before[0], after[0])
    assert not torch.allclose(before[1], after[1], atol=1e-2)
    after[0].sum().backward()
    assert not inputs_GBTE.grad[1].any()
    assert not any(weight.grad[1].any() for weight in layer.parameters())


def test_one_step_at_a_time_equals_all_at_once() -> None:
    layer = made()
    inputs_GBTE, state_GBM = data(1, 3, 6)
    whole = run(layer, inputs_GBTE, state_GBM)
    for t in range(6):
        state_GBM = run(layer, inputs_GBTE[:, :, t : t + 1], state_GBM)[:, :, 0]
        torch.testing.assert_close(state_GBM, whole[:, :, t], **CLOSE)


def test_gradients_equal_finite_differences() -> None:
    """By hand: the layer keeps its states in single precision, too coarse for gradcheck."""
    layer = made()
    inputs_GBTE, first_GBM = data(1, 2, 3)
    squared(run(layer, inputs_GBTE, first_GBM)).backward()
    random = torch.Generator().manual_seed(6)
    leaves = [*layer.parameters(), inputs_GBTE, first_GBM]
    with torch.no_grad():
        for leaf in leaves:
            towards = torch.randn(leaf.shape, generator=random)
            towards /= towards.norm()
            ends = []
            for side in (1e-2, -2e-2):
                leaf += side * towards
                ends.append(squared(run(layer, inputs_GBTE, first_GBM)).item())
            leaf += 1e-2 * towards
            slope = (ends[0] - ends[1]) / 2e-2
            assert (leaf.grad * towards).sum().item() == pytest.approx(slope, rel=0.02, abs=5e-3)


def test_low_precision_is_near_full() -> None:
    layer = made(2)
    inputs_GBTE, first_GBM = data(2, 3, 9)
    expected = run(layer, inputs_GBTE, first_GBM)
    expected.sum().backward()
    leaves = [*layer.parameters(), inputs_GBTE, first_GBM]
    full = [leaf.grad.clone() for leaf in leaves]
    for leaf in leaves:
        leaf.grad = None
    with torch.autocast("cpu", torch.bfloat16):
        states = run(layer, inputs_GBTE, first_GBM)
    assert states.dtype == torch.float32
    assert not torch.equal(states, expected)  # products really were in low precision
    torch.testing.assert_close(states, expected, atol=0.03, rtol=0.03)
    states.sum().backward()
    for leaf, wanted in zip(leaves, full, strict=True):
        off = (leaf.grad - wanted).norm() / wanted.norm()
        assert off < 0.03


def test_a_state_is_kept_at_first_as_asked() -> None:
    layer = Gru(5, 4, groups=2, keep=3.0)
    assert layer.bias_G3M[:, 4:8].eq(3.0).all()
    assert not layer.bias_G3M[:, :4].any()
    assert not layer.bias_G3M[:, 8:].any()
    inputs, first = torch.zeros(2, 1, 1, 5), torch.ones(2, 1, 4)
    kept, fleeting = run(Gru(5, 4, 2, 9.0), inputs, first), run(Gru(5, 4, 2, -9.0), inputs, first)
    assert (kept - 1).abs().max() < 1e-2
    assert (fleeting - 1).abs().max() > 1e-2
