"""Each way of comparing a query with keys, against the formula written out."""

from __future__ import annotations

import math

import pytest
import torch
from samples import CLOSE, KINDS
from torch import Tensor

from dialog_s2s.model.attention import KINDS as CLASSES
from dialog_s2s.model.attention import (
    AdditiveAttention,
    Attention,
    CosineAttention,
    GeneralAttention,
    NoAttention,
)
from dialog_s2s.model.values import Encoded

BATCH, SOURCE, TARGET, WIDTH = 3, 5, 4, 8


@pytest.fixture
def encoded() -> Encoded:
    random = torch.Generator().manual_seed(1)
    mask_BS = torch.arange(SOURCE)[None] < torch.tensor([[5], [1], [3]])
    return Encoded(
        torch.randn(BATCH, SOURCE, WIDTH, generator=random),
        mask_BS,
        torch.randn(BATCH, WIDTH, generator=random),
        mask_BS.long(),
    )


@pytest.fixture
def query_BTD() -> Tensor:
    return torch.randn(BATCH, TARGET, WIDTH, generator=torch.Generator().manual_seed(2))


def made(kind: str, heads: int, project: bool) -> Attention:
    torch.manual_seed(3)
    return CLASSES[kind](WIDTH, heads, project)


def similarity(attention: Attention, query_D: Tensor, key_D: Tensor, head: int) -> Tensor:
    """How alike a query and a key are to one head, one pair at a time."""
    inner = WIDTH // attention.heads
    own = slice(head * inner, (head + 1) * inner)
    if isinstance(attention, GeneralAttention):
        query_D = attention.query(query_D)
    query_K, key_K = query_D[own], key_D[own]
    if isinstance(attention, CosineAttention):
        cosine = query_K @ key_K / (query_K.norm() * key_K.norm())
        return cosine * attention.sharpness_H[head].exp()
    if isinstance(attention, AdditiveAttention):
        both_K = torch.tanh(attention.from_query(query_K) + attention.from_key(key_K))
        return attention.compare_HK[head] @ both_K
    return query_K @ key_K / math.sqrt(inner)


def written_out(attention: Attention, query_BTD: Tensor, encoded: Encoded) -> tuple[Tensor, Tensor]:
    """context_BTD and weights_BTS with one loop an axis."""
    inner = WIDTH // attention.heads
    context_BTD = torch.zeros(BATCH, TARGET, WIDTH)
    weights_BTS = torch.zeros(BATCH, TARGET, SOURCE)
    for b in range(BATCH):
        states_SD = encoded.states_BSD[b, encoded.mask_BS[b]]
        keys_SD, values_SD = attention.key(states_SD), attention.value(states_SD)
        for t in range(TARGET):
            for h in range(attention.heads):
                scores = [similarity(attention, query_BTD[b, t], key, h) for key in keys_SD]
                weight_S = torch.softmax(torch.stack(scores), 0)
                own = slice(h * inner, (h + 1) * inner)
                context_BTD[b, t, own] = weight_S @ values_SD[:, own]
                weights_BTS[b, t, : len(keys_SD)] += weight_S / attention.heads
    return context_BTD, weights_BTS


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "none"])
@pytest.mark.parametrize("heads", [1, 4])
@pytest.mark.parametrize("project", [False, True])
@torch.no_grad()
def test_equals_the_formula(
    kind: str, heads: int, project: bool, encoded: Encoded, query_BTD: Tensor
) -> None:
    attention = made(kind, heads, project)
    context_BTD, weights_BTS = attention(query_BTD, attention.prepare(encoded))
    expected_BTD, expected_BTS = written_out(attention, query_BTD, encoded)
    torch.testing.assert_close(context_BTD, expected_BTD, **CLOSE)
    torch.testing.assert_close(weights_BTS, expected_BTS, **CLOSE)


@pytest.mark.parametrize("heads", [1, 4])
def test_none_gives_the_summary_whatever_is_asked(
    heads: int, encoded: Encoded, query_BTD: Tensor
) -> None:
    attention = made("none", heads, True)
    assert isinstance(attention, NoAttention)
    assert not list(attention.parameters())
    context_BTD, weights_BTS = attention(query_BTD, attention.prepare(encoded))
    assert torch.equal(context_BTD, encoded.summary_BD[:, None].expand(-1, TARGET, -1))
    assert weights_BTS.shape == (BATCH, TARGET, SOURCE)
    assert not weights_BTS.any()


@pytest.mark.parametrize("kind", KINDS)
def test_queries_do_not_see_each_other(kind: str, encoded: Encoded, query_BTD: Tensor) -> None:
    attention = made(kind, 4, True)
    keys = attention.prepare(encoded)
    together, _ = attention(query_BTD, keys)
    alone, _ = attention(query_BTD[:, 2:3], keys)
    torch.testing.assert_close(alone, together[:, 2:3], **CLOSE)


@pytest.mark.parametrize("kind", KINDS)
def test_padding_is_not_read_and_gets_no_gradient(
    kind: str, encoded: Encoded, query_BTD: Tensor
) -> None:
    attention = made(kind, 4, True)
    states_BSD = encoded.states_BSD.clone().requires_grad_()
    summary_BD = encoded.summary_BD.clone().requires_grad_()
    seen = Encoded(states_BSD, encoded.mask_BS, summary_BD, encoded.source_BS)
    context_BTD, _ = attention(query_BTD, attention.prepare(seen))
    (context_BTD**2).sum().backward()
    used = summary_BD if kind == "none" else states_BSD
    assert used.grad is not None
    assert used.grad.any()
    if kind != "none":
        assert not used.grad[~encoded.mask_BS].any()
        changed = torch.where(encoded.mask_BS[..., None], encoded.states_BSD, 1e4)
        other = Encoded(changed, encoded.mask_BS, encoded.summary_BD, encoded.source_BS)
        again_BTD, _ = attention(query_BTD, attention.prepare(other))
        torch.testing.assert_close(again_BTD, context_BTD, **CLOSE)


@pytest.mark.parametrize("kind", KINDS)
def test_low_precision_keeps_weights_in_full(
    kind: str, encoded: Encoded, query_BTD: Tensor
) -> None:
    attention = made(kind, 4, True)
    expected_BTD, _ = attention(query_BTD, attention.prepare(encoded))
    with torch.autocast("cpu", torch.bfloat16):
        context_BTD, weights_BTS = attention(query_BTD, attention.prepare(encoded))
    assert weights_BTS.dtype == torch.float32
    torch.testing.assert_close(context_BTD, expected_BTD, atol=0.05, rtol=0.05)
    if kind != "none":
        torch.testing.assert_close(weights_BTS.sum(-1), torch.ones(BATCH, TARGET), **CLOSE)
