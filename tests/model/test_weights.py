"""A model's weights as bytes, and what is refused when they are read."""

from __future__ import annotations

import pytest
import safetensors.torch
import torch
from samples import CORES, small

from dialog_s2s.errors import BundleError
from dialog_s2s.model.weights import load_weights, weights_to_bytes


@pytest.mark.parametrize("core", CORES)
def test_weights_come_back(core: str) -> None:
    model = small(core)
    data = weights_to_bytes(model)
    other = small(core)
    with torch.no_grad():
        for weight in other.parameters():
            weight.zero_()
    load_weights(other, data)
    for one, two in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(one, two)
    assert weights_to_bytes(other) == data


def test_what_parts_share_is_stored_once() -> None:
    model = small()
    stored = safetensors.torch.load(weights_to_bytes(model))
    assert sum(weight.numel() for weight in stored.values()) == sum(
        weight.numel() for weight in model.parameters()
    )


def test_other_weights_are_refused_and_nothing_is_filled() -> None:
    model = small("gru", "dot")
    before = weights_to_bytes(model)
    data = [
        b"",
        b"garbage" * 100,
        before[: len(before) // 2],
        weights_to_bytes(small("transformer")),
        weights_to_bytes(small("gru", "general")),
        weights_to_bytes(small("gru", "dot", layers=2)),
    ]
    for bad in data:
        with pytest.raises(BundleError, match="train the bot again"):
            load_weights(model, bad)
    assert weights_to_bytes(model) == before
