"""Which weights decay, and how the learning rate rises and falls."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from dialog_s2s.config import ModelConfig
from dialog_s2s.model.build import Pieces, build
from dialog_s2s.training.optimizer import FURTHER, MATRICES, PERIOD, Optimizer, orthogonal, rate_at


def model(core: str) -> nn.Module:
    config = ModelConfig(
        core=core,
        attention="general",
        heads=2,
        embedding=6,
        width=8,
        encoder_layers=1,
        decoder_layers=1,
        dropout=0.0,
        copy=True,
    )
    return build(config, Pieces(12, 0, (4, 5, 6)))


def test_the_matrices_of_a_gru_and_of_a_transformer() -> None:
    for core, least in (("gru", 5), ("transformer", 10)):
        part = model(core)
        made = Optimizer(part, 0.25)
        matrices = [name.removeprefix("mean.") for name in made.tensors() if "mean." in name]
        assert len(matrices) >= least
        for name in matrices:
            assert not any(
                kind in name for kind in ("bias", "norm", "pieces", "kinds", "distances")
            )
        assert sorted(map(id, made.weights)) == sorted(map(id, part.parameters()))


def after_a_step(part: nn.Module, decay: float = 0.0, seed: int = 1) -> dict[str, Tensor]:
    """How each weight of a module is changed at rate 0.01."""
    torch.manual_seed(seed)
    before = {name: weight.detach().clone() for name, weight in part.named_parameters()}
    for weight in part.parameters():
        weight.grad = torch.randn_like(weight)
    optimizer = Optimizer(part, decay)
    optimizer.clip(1.0, 1e9)
    optimizer.step(0.01)
    return {name: weight.detach() - before[name] for name, weight in part.named_parameters()}


def test_a_matrix_is_changed_along_all_of_its_directions_alike() -> None:
    for shape in ((24, 24), (24, 48), (48, 24)):
        changed = after_a_step(nn.Linear(*shape))["weight"]
        lengths = torch.linalg.svdvals(changed) / (0.01 * MATRICES * FURTHER)
        lengths = lengths / (max(shape) / min(shape)) ** 0.5
        assert lengths.max() < 1.3
        assert lengths.median() > 0.5
        gradient = torch.linalg.svdvals(torch.randn(shape))
        assert lengths.min() / lengths.max() > gradient.min() / gradient.max()


def test_matrices_take_turns() -> None:
    torch.manual_seed(1)
    part = nn.Sequential(nn.Linear(6, 5), nn.Linear(5, 4), nn.Linear(4, 3))
    optimizer = Optimizer(part, 0.1)
    turns = []
    for _ in range(2 * PERIOD):
        before = [layer.weight.detach().clone() for layer in part]  # type: ignore[operator]
        for weight in part.parameters():
            weight.grad = torch.randn_like(weight)
        optimizer.clip(1.0, 1.0)
        optimizer.step(0.1)
        after = [layer.weight for layer in part]  # type: ignore[operator]
        turns.append([not torch.equal(a, b) for a, b in zip(before, after, strict=True)])
    assert turns[:PERIOD] == turns[PERIOD:]
    assert all(sum(made) == 1 for made in zip(*turns[:PERIOD], strict=True))
    assert len({sum(made) for made in turns}) > 1 or PERIOD == 1


def test_it_goes_on_as_it_would_have() -> None:
    def stepped(part: nn.Module, optimizer: Optimizer, seed: int) -> None:
        torch.manual_seed(seed)
        for weight in part.parameters():
            weight.grad = torch.randn_like(weight)
        optimizer.clip(1.0, 1.0)
        optimizer.step(0.1)

    for before in range(1, 4):
        one, other = model("gru"), model("gru")
        first, second = Optimizer(one, 0.1), Optimizer(other, 0.1)
        for seed in range(before):
            stepped(one, first, seed)
        other.load_state_dict(one.state_dict())
        second.restore({name: each.clone() for name, each in first.tensors().items()})
        for seed in range(before, before + 3):
            stepped(one, first, seed)
            stepped(other, second, seed)
        for a, b in zip(one.parameters(), other.parameters(), strict=True):
            assert torch.equal(a, b)


def test_groups_of_matrices_are_each_as_if_alone() -> None:
    stacked = torch.randn(3, 8, 5)
    apart = torch.stack([orthogonal(each) for each in stacked])
    torch.testing.assert_close(orthogonal(stacked), apart)
    torch.testing.assert_close(orthogonal(stacked.mT), apart.mT)


@given(st.floats(1e-6, 1e6))
def test_what_is_made_orthogonal_may_have_any_size(size: float) -> None:
    torch.manual_seed(1)
    matrix = torch.randn(6, 4)
    torch.testing.assert_close(orthogonal(matrix * size), orthogonal(matrix))


def test_no_gradient_is_no_change() -> None:
    assert not orthogonal(torch.zeros(4, 6)).any()
    layer = nn.Linear(6, 4)
    before = layer.weight.detach().clone()
    layer.bias.grad = torch.ones(4)
    optimizer = Optimizer(layer, 0.0)
    optimizer.clip(1.0, 1.0)
    optimizer.step(0.1)
    assert torch.equal(layer.weight, before)
    assert not torch.equal(layer.bias, torch.zeros(4))


def test_matrices_alone_decay() -> None:
    layer = nn.Linear(3, 2)
    before = layer.weight.detach().clone()
    bias = layer.bias.detach().clone()
    (layer(torch.zeros(1, 3)) * 0).sum().backward()
    optimizer = Optimizer(layer, 0.5)
    optimizer.clip(1.0, 1.0)
    optimizer.step(0.1)
    torch.testing.assert_close(layer.weight, before * (1 - 0.1 * PERIOD * MATRICES * 0.5))
    torch.testing.assert_close(layer.bias, bias)


@pytest.mark.parametrize("core", ["gru", "transformer"])
def test_gradients_are_over_what_was_counted_and_clipped(core: str) -> None:
    changes = []
    for counted, most in ((1.0, 1.0), (50.0, 1.0), (50.0, 1e9)):
        torch.manual_seed(3)
        part = model(core)
        optimizer = Optimizer(part, 0.0)
        torch.manual_seed(4)
        for _ in range(3):
            for weight in part.parameters():
                weight.grad = torch.randn_like(weight) * counted
            whole = torch.nn.utils.get_total_norm([weight.grad for weight in part.parameters()])
            norm = optimizer.clip(counted, most)
            assert norm == pytest.approx(float(whole) / counted)
            optimizer.step(0.01)
        changes.append((norm, [weight.detach().clone() for weight in part.parameters()]))
    assert changes[0][0] == pytest.approx(changes[1][0], rel=1e-5)
    for one, other in zip(changes[0][1], changes[1][1], strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_threads_change_nothing() -> None:
    made = []
    with ThreadPoolExecutor(2) as pool:
        for spread in (map, pool.map):
            torch.manual_seed(3)
            part = model("gru")
            optimizer = Optimizer(part, 0.1)
            for _ in range(2):
                for weight in part.parameters():
                    weight.grad = torch.randn_like(weight)
                optimizer.clip(2.0, 1.0)
                optimizer.step(0.01, spread)
            made.append([weight.detach().clone() for weight in part.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*made, strict=True))


def test_what_fails_in_a_thread_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(matrix: Tensor) -> Tensor:
        raise RuntimeError("not enough memory")

    monkeypatch.setattr("dialog_s2s.training.optimizer.orthogonal", failing)
    part = model("gru")
    optimizer = Optimizer(part, 0.1)
    for weight in part.parameters():
        weight.grad = torch.zeros_like(weight)
    with ThreadPoolExecutor(2) as pool, pytest.raises(RuntimeError, match="enough memory"):
        optimizer.step(0.01, pool.map)


def test_the_rate_rises_and_falls_in_lines() -> None:
    rates = [rate_at(update, 10, 1.0, 0.4) for update in range(10)]
    expected = [0.25, 0.5, 0.75, 1.0, 1.0, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6]
    assert rates == pytest.approx(expected)
    assert rate_at(10, 10, 1.0, 0.4) == 0


@given(
    updates=st.integers(1, 300),
    warmup=st.floats(0.0, 0.9),
    highest=st.floats(1e-7, 1.0),
)
def test_the_rate_is_positive_and_has_one_peak(updates: int, warmup: float, highest: float) -> None:
    rates = [rate_at(update, updates, highest, warmup) for update in range(updates)]
    assert all(0 < rate <= highest * (1 + 1e-12) for rate in rates)
    assert max(rates) == pytest.approx(highest)
    peak = rates.index(max(rates))
    assert rates[: peak + 1] == sorted(rates[: peak + 1])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
