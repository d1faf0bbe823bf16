"""Which weights decay, and how the learning rate rises and falls."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from dialog_s2s.config import ModelConfig
from dialog_s2s.model.build import Pieces, build
from dialog_s2s.training.optimizer import optimizer_for, rate_at

RECURRENT_BIASES = ("bias_G3M", "candidate_bias_GM")


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


@pytest.mark.parametrize("core", ["gru", "transformer"])
def test_every_weight_is_optimised_once_and_matrices_alone_decay(core: str) -> None:
    part = model(core)
    groups = optimizer_for(part, 0.25).param_groups
    names = {id(weight): name for name, weight in part.named_parameters()}
    found = [(names[id(w)], group["weight_decay"]) for group in groups for w in group["params"]]
    assert sorted(name for name, _ in found) == sorted(names.values())
    free = ("bias", "norm", "asks", "pieces", "kinds", "distances")
    for name, decay in found:
        if not name.endswith(RECURRENT_BIASES):
            assert decay == (0.0 if any(part in name for part in free) else 0.25), name


def test_recurrent_biases_do_not_decay() -> None:
    part = model("gru")
    decaying, _ = (group["params"] for group in optimizer_for(part, 0.25).param_groups)
    decays = {id(weight) for weight in decaying}
    biases = [w for name, w in part.named_parameters() if name.endswith(RECURRENT_BIASES)]
    assert biases
    assert not [weight for weight in biases if id(weight) in decays]


def test_decay_shrinks_what_has_no_gradient() -> None:
    layer = nn.Linear(3, 2)
    before = layer.weight.detach().clone()
    optimizer = optimizer_for(layer, 0.5)
    for group in optimizer.param_groups:
        group["lr"] = 0.1
    (layer(torch.zeros(1, 3)) * 0).sum().backward()
    bias = layer.bias.detach().clone()
    optimizer.step()
    torch.testing.assert_close(layer.weight, before * 0.95)
    torch.testing.assert_close(layer.bias, bias)


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
