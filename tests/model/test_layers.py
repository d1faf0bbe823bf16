"""Building blocks: dropout, dense layers in low precision, how a source is embedded."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import CLOSE
from torch import Tensor, nn

from dialog_s2s.model.layers import (
    GRAIN,
    Dropout,
    Linear,
    PieceEmbedding,
    SelfAttention,
    SourceEmbedding,
    join_heads,
    sinusoids,
    split_heads,
)

USER, BOT, SYSTEM = 4, 5, 6


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_dropout_drops_its_share_and_keeps_the_mean(rate: float, kind: torch.dtype) -> None:
    torch.manual_seed(1)
    dropped = Dropout(rate)(torch.ones(401, 999, dtype=kind))
    assert dropped.dtype == kind
    assert (dropped == 0).float().mean().item() == pytest.approx(rate, abs=0.005)
    assert dropped.float().mean().item() == pytest.approx(1.0, abs=0.02)
    assert len(dropped.unique()) == 2


def test_dropout_drops_places_independently() -> None:
    torch.manual_seed(2)
    kept = Dropout(0.5)(torch.ones(500, 800)) > 0
    for shift in (1, 2, 8, 64):
        both = (kept[:, shift:] & kept[:, :-shift]).float().mean().item()
        assert both == pytest.approx(0.25, abs=0.01)
    assert kept.float().mean(0).std().item() == pytest.approx(0.5 / 500**0.5, rel=0.2)


def test_dropout_repeats_under_a_seed() -> None:
    states = torch.randn(7, 5)
    layer = Dropout(0.5)
    masks = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        masks.append(layer(states) != 0)
    assert torch.equal(masks[0], masks[1])
    assert not torch.equal(masks[0], masks[2])


def test_dropout_is_off_in_eval_and_at_rate_zero() -> None:
    states = torch.randn(6, 11)
    assert torch.equal(Dropout(0.9).eval()(states), states)
    assert torch.equal(Dropout(0.0)(states), states)


def test_dropout_passes_gradients_where_it_kept() -> None:
    states = torch.randn(9, 13, requires_grad=True)
    dropped = Dropout(0.5)(states)
    dropped.sum().backward()
    assert torch.equal(states.grad == 0, dropped == 0)


@pytest.mark.parametrize("rows", [(1,), (3, 5), (GRAIN,), (2, 3, 50)])
def test_linear_equals_the_library_in_either_precision(rows: tuple[int, ...]) -> None:
    torch.manual_seed(5)
    layer = Linear(6, 9)
    states = torch.randn(*rows, 6, requires_grad=True)
    for low in (False, True):
        found, wanted = [], []
        for gathered, apply in ((found, layer), (wanted, lambda x: nn.Linear.forward(layer, x))):
            with torch.autocast("cpu", torch.bfloat16, enabled=low):
                made = apply(states)
            leaves = [states, layer.weight, layer.bias]
            gathered += [made, *torch.autograd.grad(made.float().square().sum(), leaves)]
        assert found[0].dtype == (torch.bfloat16 if low else torch.float32)
        for one, other in zip(found, wanted, strict=True):
            assert one.shape == other.shape
            torch.testing.assert_close(one, other, atol=0.02 if low else 1e-5, rtol=0.02)


def test_pieces_are_read_at_unit_scale() -> None:
    torch.manual_seed(6)
    embedding = PieceEmbedding(500, 64)
    assert embedding(torch.arange(500)).std().item() == pytest.approx(1.0, rel=0.02)
    assert embedding.weight.std().item() == pytest.approx(1 / 8, rel=0.02)


@pytest.fixture
def embedding() -> SourceEmbedding:
    torch.manual_seed(7)
    layer = SourceEmbedding(PieceEmbedding(20, 4), (USER, BOT, SYSTEM), 3, 0.0)
    nn.init.normal_(layer.kinds.weight)
    nn.init.normal_(layer.distances.weight)
    return layer


def embedded(layer: SourceEmbedding, source: list[int]) -> Tensor:
    with torch.no_grad():
        return layer(torch.tensor([source]))[0]


def test_a_token_is_its_piece_its_kind_and_its_distance(embedding: SourceEmbedding) -> None:
    source = [9, USER, 10, 11, BOT, 12, USER, 13]
    kinds = [0, 1, 1, 1, 2, 2, 1, 1]
    distances = [2, 2, 2, 2, 1, 1, 0, 0]  # the first token, before any opener, shares the last
    with torch.no_grad():
        wanted = (
            embedding.pieces(torch.tensor(source))
            + embedding.kinds(torch.tensor(kinds))
            + embedding.distances(torch.tensor(distances))
        )
    torch.testing.assert_close(embedded(embedding, source), wanted, **CLOSE)


def test_the_role_marks_its_own_segment_alone(embedding: SourceEmbedding) -> None:
    before = embedded(embedding, [USER, 10, 11, BOT, 12])
    after = embedded(embedding, [SYSTEM, 10, 11, BOT, 12])
    assert not torch.isclose(before[:3], after[:3]).all(-1).any()
    assert torch.equal(before[3:], after[3:])


def test_distance_counts_from_the_newest(embedding: SourceEmbedding) -> None:
    newest = embedded(embedding, [USER, 10])
    with_history = embedded(embedding, [USER, 11, BOT, 12, USER, 10])
    assert torch.equal(with_history[4:], newest)
    assert not torch.isclose(with_history[2:4], newest).all(-1).any()


def test_padding_changes_no_token_before_it(embedding: SourceEmbedding) -> None:
    alone = embedded(embedding, [USER, 11, BOT, 12])
    padded = embedded(embedding, [USER, 11, BOT, 12, 0, 0, 0])
    assert torch.equal(padded[:4], alone)


@settings(max_examples=100, deadline=None)
@given(source=st.lists(st.integers(4, 19), min_size=1, max_size=20))
def test_distances_beyond_the_last_share_it(source: list[int]) -> None:
    torch.manual_seed(8)
    layer = SourceEmbedding(PieceEmbedding(20, 4), (USER, BOT, SYSTEM), 3, 0.0)
    with torch.no_grad():
        layer.pieces.weight.zero_()
        layer.distances.weight.copy_(torch.arange(3)[:, None].expand(-1, 4))
    openers = [piece in (USER, BOT, SYSTEM) for piece in source]
    wanted = [min(2, sum(openers[place + 1 :])) for place in range(len(source))]
    assert embedded(layer, source)[:, 0].tolist() == wanted


def test_positions_continue_where_they_stopped() -> None:
    whole = sinusoids(9, 6, 0, torch.device("cpu"))
    assert whole.shape == (9, 6)
    torch.testing.assert_close(sinusoids(4, 6, 5, torch.device("cpu")), whole[5:], **CLOSE)
    assert len(whole.unique(dim=0)) == 9


def test_heads_split_and_join() -> None:
    states = torch.randn(2, 5, 12)
    split = split_heads(states, 3)
    assert torch.equal(split[1, 2, 3], states[1, 3, 8:12])
    assert torch.equal(join_heads(split), states)


@torch.no_grad()
def test_one_more_place_equals_all_places_at_once() -> None:
    torch.manual_seed(9)
    layer = SelfAttention(8, 2, 0.0)
    states_BTD = torch.randn(3, 5, 8)
    whole_BTD = layer.causal(states_BTD)
    keys = values = torch.zeros(3, 2, 0, 4)
    for place in range(5):
        state_B1D, keys, values = layer.extend(states_BTD[:, place : place + 1], keys, values)
        torch.testing.assert_close(state_B1D[:, 0], whole_BTD[:, place], **CLOSE)
    everything = torch.ones(3, 5, dtype=torch.bool)
    torch.testing.assert_close(layer(states_BTD, everything)[:, -1], whole_BTD[:, -1], **CLOSE)
