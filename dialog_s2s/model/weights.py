"""A model's weights as bytes, and back: safetensors, no pickle."""

from __future__ import annotations

import safetensors.torch
import torch
from torch import nn

from dialog_s2s.errors import BundleError


def weights_to_bytes(model: nn.Module) -> bytes:
    """All parameters in full precision; one that several parts share is there once."""
    return safetensors.torch.save(
        {name: weight.detach().float().contiguous() for name, weight in model.named_parameters()}
    )


def load_weights(model: nn.Module, data: bytes) -> None:
    """Fills a model of the same shape.

    Raises:
        BundleError: the bytes are not safetensors, or hold other parameters than the model.
    """
    try:
        stored = safetensors.torch.load(data)
    except Exception as error:  # the library documents no narrower class
        raise BundleError(f"the weights cannot be read ({error}); train the bot again") from None
    wanted = dict(model.named_parameters())
    if stored.keys() != wanted.keys() or any(
        stored[name].shape != weight.shape for name, weight in wanted.items()
    ):
        raise BundleError("the weights do not fit the bot's config; train the bot again")
    with torch.no_grad():
        for name, weight in wanted.items():
            weight.copy_(stored[name])
