"""What every core with every attention must keep: one step, batches that do not mix, weights."""

from __future__ import annotations

import pytest
import torch
from samples import CLOSE, END, EVERY, PADDING, SIZE, replies, small, sources, unrolled
from torch import Tensor

from dialog_s2s.model.seq2seq import Seq2Seq

every = pytest.mark.parametrize(("core", "attention", "heads", "layers"), EVERY)


@pytest.fixture(autouse=True)
def _without_gradients(request: pytest.FixtureRequest) -> object:
    learns = "learns" in request.node.name
    with torch.set_grad_enabled(learns):
        yield


def stepped(
    model: Seq2Seq, fed_BT: Tensor, source_BS: Tensor, mask_BS: Tensor
) -> tuple[Tensor, Tensor]:
    """logits_BTV and weights_BTS of one step after another."""
    state = model.decoder.start(model.encode(source_BS, mask_BS))
    logits, weights = [], []
    for token_R in fed_BT.T:
        logits_RV, weights_RS, state = model.step(token_R, state)
        logits.append(logits_RV)
        weights.append(weights_RS)
    return torch.stack(logits, 1), torch.stack(weights, 1)


@every
def test_unroll_equals_repeated_step(core: str, attention: str, heads: int, layers: int) -> None:
    model = small(core, attention, heads, layers)
    source_BS, mask_BS = sources([9, 1, 4, 6])
    fed_BT = replies(4, 7)
    expected_BTV, _ = stepped(model, fed_BT, source_BS, mask_BS)
    found_BTV = unrolled(model, fed_BT, model.encode(source_BS, mask_BS))
    torch.testing.assert_close(found_BTV, expected_BTV, **CLOSE)
    assert expected_BTV.std(1).min() > 1e-4  # what was fed makes a difference


@every
def test_what_is_fed_later_changes_nothing_before(
    core: str, attention: str, heads: int, layers: int
) -> None:
    model = small(core, attention, heads, layers)
    encoded = model.encode(*sources([5, 3]))
    fed_BT = replies(2, 6)
    other_BT = fed_BT.clone()
    other_BT[:, 4:] = replies(2, 2, seed=11)
    feature_BTE, other_BTE = (model.decoder.unroll(fed, encoded)[0] for fed in (fed_BT, other_BT))
    torch.testing.assert_close(feature_BTE[:, :4], other_BTE[:, :4], **CLOSE)
    assert not torch.allclose(feature_BTE[:, 4:], other_BTE[:, 4:], atol=1e-3)


@every
def test_a_source_alone_equals_itself_among_others(
    core: str, attention: str, heads: int, layers: int
) -> None:
    model = small(core, attention, heads, layers)
    lengths = [1 + (5 * row) % 13 for row in range(32)]
    source_BS, mask_BS = sources(lengths)
    fed_BT = replies(32, 4)
    together = model.encode(source_BS, mask_BS)
    logits_BTV = unrolled(model, fed_BT, together)
    for row in (0, 1, 17, 31):
        own = slice(row, row + 1), slice(0, lengths[row])
        alone = model.encode(source_BS[own], mask_BS[own])
        states_SD = together.states_BSD[row, : lengths[row]]
        torch.testing.assert_close(alone.states_BSD[0], states_SD, **CLOSE)
        torch.testing.assert_close(alone.summary_BD[0], together.summary_BD[row], **CLOSE)
        logits_1TV = unrolled(model, fed_BT[row : row + 1], alone)
        torch.testing.assert_close(logits_1TV[0], logits_BTV[row], **CLOSE)


@every
def test_weights_are_a_distribution_over_what_is_there(
    core: str, attention: str, heads: int, layers: int
) -> None:
    model = small(core, attention, heads, layers)
    source_BS, mask_BS = sources([8, 1, 5])
    _, weights_BTS = stepped(model, replies(3, 5), source_BS, mask_BS)
    assert weights_BTS.shape == (3, 5, 8)
    assert (weights_BTS[~mask_BS[:, None].expand(-1, 5, -1)] == 0).all()
    if attention == "none":
        assert (weights_BTS == 0).all()
    else:
        torch.testing.assert_close(weights_BTS.sum(-1), torch.ones(3, 5), **CLOSE)
        assert (weights_BTS[mask_BS[:, None].expand(-1, 5, -1)] > 0).all()


@every
def test_probabilities_sum_to_one_over_the_vocabulary(
    core: str, attention: str, heads: int, layers: int
) -> None:
    model = small(core, attention, heads, layers)
    logits_BTV, _ = stepped(model, replies(2, 3), *sources([4, 2]))
    assert logits_BTV.shape == (2, 3, SIZE)
    torch.testing.assert_close(torch.softmax(logits_BTV, -1).sum(-1), torch.ones(2, 3), **CLOSE)


@every
def test_a_source_makes_a_difference(core: str, attention: str, heads: int, layers: int) -> None:
    model = small(core, attention, heads, layers)
    source_BS, mask_BS = sources([6, 6])
    source_BS[1] = source_BS[0]
    source_BS[1, 3] = 7 + (source_BS[0, 3] - 6) % (SIZE - 7)
    first_TV, second_TV = stepped(model, replies(1, 3).expand(2, -1), source_BS, mask_BS)[0]
    assert (first_TV - second_TV).abs().max() > 1e-3


def unused(core: str, attention: str, layers: int) -> set[str]:
    """The weights that no reply depends on.

    A transformer's decoder starts from no summary, but without attention sees nothing else; nor
    does anybody then read the query, which the norm before it makes.
    """
    if core == "gru":
        return set()
    idle = [f"decoder.asks.{depth}" for depth in range(layers)]
    parts = idle if attention == "none" else ["encoder.summary"]
    return {f"{part}.{name}" for part in parts for name in ("weight", "bias")}


@every
def test_every_weight_learns(core: str, attention: str, heads: int, layers: int) -> None:
    model = small(core, attention, heads, layers).train()
    source_BS, mask_BS = sources([7, 2, 5, 1])
    fed_BT = replies(4, 6)
    target_BT = torch.cat([fed_BT[:, 1:], torch.full((4, 1), END)], 1)
    target_BT[1, 3:] = PADDING
    model.loss(source_BS, mask_BS, fed_BT, target_BT, 0.1).objective.backward()
    idle = {name for name, weight in model.named_parameters() if weight.grad is None}
    assert idle == unused(core, attention, layers)
    still = {
        name
        for name, weight in model.named_parameters()
        if weight.grad is not None and weight.grad.abs().max() < 1e-7
    }
    # the same number added to every score of a query leaves its softmax as it is
    unmoved = core == "transformer" and attention in ("dot", "general")
    assert still == (
        {f"decoder.look.{depth}.key.bias" for depth in range(layers)} if unmoved else set()
    )
