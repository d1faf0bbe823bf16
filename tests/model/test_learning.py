"""Every core learns to copy, which needs all four parts to work together."""

from __future__ import annotations

import pytest
import torch
from samples import END, FIRST, OPENERS, PADDING, PIECES, START
from torch import Tensor

from dialog_s2s.config import ModelConfig
from dialog_s2s.model.build import build
from dialog_s2s.model.seq2seq import Seq2Seq
from dialog_s2s.training.optimizer import Optimizer, rate_at

ALPHABET = 10


def task(batch: int, shortest: int, longest: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """source_BS, fed_BT, target_BT: random sequences to be said again."""
    random = torch.Generator().manual_seed(seed)
    words_BS = torch.randint(FIRST, FIRST + ALPHABET, (batch, longest), generator=random)
    length_B = torch.randint(shortest, longest + 1, (batch, 1), generator=random)
    there_BS = torch.arange(longest)[None] < length_B
    words_BS[~there_BS] = PADDING
    column = torch.full((batch, 1), PADDING)
    source_BS = torch.cat([column + OPENERS[0], words_BS], 1)
    target_BT = torch.cat([words_BS, column], 1).scatter(1, length_B, END)
    fed_BT = torch.cat([column + START, words_BS], 1)
    return source_BS, fed_BT, target_BT


def learn(
    core: str, attention: str, updates: int, shortest: int, longest: int, rate: float
) -> Seq2Seq:
    torch.manual_seed(1)
    config = ModelConfig(
        core=core,
        attention=attention,
        heads=2,
        embedding=32,
        width=48,
        encoder_layers=1,
        decoder_layers=1,
        dropout=0.0,
        copy=False,
    )
    model = build(config, PIECES)
    optimizer = Optimizer(model, 0.01)
    for update in range(updates):
        source_BS, fed_BT, target_BT = task(64, shortest, longest, 100 + update)
        loss = model.loss(source_BS, source_BS != PADDING, fed_BT, target_BT)
        model.zero_grad()
        loss.objective.backward()
        optimizer.clip(loss.tokens, 1.0)
        optimizer.step(rate_at(update, updates, rate, 0.1))
    return model.eval()


@torch.no_grad()
def exact(model: Seq2Seq, shortest: int, longest: int) -> float:
    """The share of new sequences said again without a mistake, greedily."""
    source_BS, _, target_BT = task(200, shortest, longest, 1)
    state = model.decoder.start(model.encode(source_BS, source_BS != PADDING))
    token_B = torch.full((200,), START)
    right_B = torch.ones(200, dtype=torch.bool)
    for wanted_B in target_BT.T:
        logits_BV, _, state = model.step(token_B, state)
        token_B = logits_BV.argmax(-1)
        right_B &= (token_B == wanted_B) | (wanted_B == PADDING)
        token_B = torch.where(token_B == END, PADDING, token_B)
    return right_B.float().mean().item()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("core", "attention", "updates", "rate"),
    [
        ("gru", "general", 400, 0.01),
        ("gru", "additive", 300, 0.01),
        ("transformer", "dot", 400, 0.005),
        ("transformer", "cosine", 400, 0.005),
    ],
)
def test_attention_learns_to_copy(core: str, attention: str, updates: int, rate: float) -> None:
    model = learn(core, attention, updates, 2, 7, rate)
    assert exact(model, 2, 7) > 0.95


@pytest.mark.parametrize(("core", "rate"), [("gru", 0.01), ("transformer", 0.005)])
def test_without_attention_short_copies_are_still_learnt(core: str, rate: float) -> None:
    assert exact(learn(core, "none", 500, 3, 3, rate), 3, 3) > 0.95
