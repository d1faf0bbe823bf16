"""Small models and sources for the tests of `model/`."""

from __future__ import annotations

from itertools import product

import torch
from torch import Tensor

from dialog_s2s.config import ModelConfig
from dialog_s2s.model.build import Pieces, build
from dialog_s2s.model.seq2seq import Seq2Seq
from dialog_s2s.model.values import Encoded

PADDING, START, END = 0, 2, 3
OPENERS = (4, 5, 6)
FIRST, SIZE = 7, 40
"""The first ordinary piece, and how many pieces there are."""

PIECES = Pieces(SIZE, PADDING, OPENERS)
CORES = ("gru", "transformer")
KINDS = ("none", "dot", "cosine", "general", "additive")
EVERY = [
    (core, kind, heads, 1 if heads == 1 else 2)
    for core, kind, heads in product(CORES, KINDS, (1, 4))
]
"""Every core, attention and number of heads; those with four heads also have two layers."""

CLOSE = {"atol": 1e-5, "rtol": 1e-5}


def small(
    core: str = "gru", attention: str = "dot", heads: int = 4, layers: int = 1, dropout: float = 0.0
) -> Seq2Seq:
    """A model in eval mode, which copies if it attends; what starts at zero is given other values,
    so that it counts."""
    torch.manual_seed(7)
    config = ModelConfig(
        core=core,
        attention=attention,
        heads=heads,
        embedding=12,
        width=16,
        encoder_layers=layers,
        decoder_layers=layers,
        dropout=dropout,
        copy=attention != "none",
    )
    model = build(config, PIECES)
    with torch.no_grad():
        for weight in model.parameters():
            if not weight.any():
                weight.normal_(std=0.3)
    return model.eval()


def sources(lengths: list[int], seed: int = 3) -> tuple[Tensor, Tensor]:
    """Random sources of these lengths, padded, and their mask; openers come first and within."""
    random = torch.Generator().manual_seed(seed)
    source_BS = torch.full((len(lengths), max(lengths)), PADDING)
    for row, length in enumerate(lengths):
        source_BS[row, :length] = torch.randint(4, SIZE, (length,), generator=random)
        source_BS[row, 0] = OPENERS[row % 3]
    return source_BS, source_BS != PADDING


def unrolled(model: Seq2Seq, fed_BT: Tensor, encoded: Encoded) -> Tensor:
    """logits_BTV of all steps in one go."""
    feature_BTE, weights_BTS = model.decoder.unroll(fed_BT, encoded)
    source_BTS = encoded.source_BS[:, None].expand(-1, fed_BT.shape[1], -1)
    logits_NV = model.generator.step(
        feature_BTE.flatten(0, 1), weights_BTS.flatten(0, 1), source_BTS.flatten(0, 1)
    )
    return logits_NV.unflatten(0, fed_BT.shape)


def replies(batch: int, length: int, seed: int = 5) -> Tensor:
    """Random pieces to feed, the start piece first."""
    random = torch.Generator().manual_seed(seed)
    fed_BT = torch.randint(FIRST, SIZE, (batch, length), generator=random)
    fed_BT[:, 0] = START
    return fed_BT
