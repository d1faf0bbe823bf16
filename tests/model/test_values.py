"""`State.select`: whatever rows are kept, it is as if their sources had been decoded alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import CLOSE, EVERY, FIRST, SIZE, START, small, sources, unrolled
from torch import Tensor

from dialog_s2s.model.seq2seq import Seq2Seq
from dialog_s2s.model.values import State

every = pytest.mark.parametrize(("core", "attention", "heads", "layers"), EVERY)
LENGTHS = [5, 2, 7, 1]


class Walk:
    """Decoding with selections, which remembers every row's source and what it was fed."""

    def __init__(self, model: Seq2Seq):
        self.model = model
        self.source_BS, self.mask_BS = sources(LENGTHS)
        self.state = model.decoder.start(model.encode(self.source_BS, self.mask_BS))
        self.rows: list[tuple[int, list[int]]] = [(source, []) for source in range(len(LENGTHS))]
        self.fed = 0

    def step(self) -> tuple[Tensor, Tensor]:
        """Feeds each row a piece of its own."""
        tokens = [START] * len(self.rows)
        if self.rows[0][1]:
            for row in range(len(tokens)):
                self.fed += 1
                tokens[row] = FIRST + 5 * self.fed % (SIZE - FIRST)
        logits_RV, weights_RS, self.state = self.model.step(torch.tensor(tokens), self.state)
        self.rows = [
            (source, [*fed, token]) for (source, fed), token in zip(self.rows, tokens, strict=True)
        ]
        return logits_RV, weights_RS

    def select(self, rows: Sequence[int]) -> None:
        self.state = self.state.select(rows)
        self.rows = [self.rows[row] for row in rows]

    def check(self) -> None:
        """One more step equals decoding each row's source from the beginning."""
        logits_RV, weights_RS = self.step()
        chosen = [source for source, _ in self.rows]
        encoded = self.model.encode(self.source_BS[chosen], self.mask_BS[chosen])
        fed_RT = torch.tensor([fed for _, fed in self.rows])
        expected_RTV = unrolled(self.model, fed_RT, encoded)
        torch.testing.assert_close(logits_RV, expected_RTV[:, -1], **CLOSE)
        assert (weights_RS[~self.mask_BS[chosen]] == 0).all()


def walk(model: Seq2Seq, selections: Sequence[Sequence[int]]) -> Walk:
    with torch.no_grad():
        walk = Walk(model)
        for rows in selections:
            walk.step()
            walk.select(rows)
        walk.check()
    return walk


@every
@pytest.mark.parametrize(
    "selections",
    [
        [[3, 1, 0, 2]],
        [[2, 0], [1]],
        [[0, 0, 1, 2, 2], [4, 0, 2]],
        [[0, 1, 0, 3, 3], [1, 1, 1, 4]],
        [[0, 0, 0, 1, 1, 1], [2, 0, 0, 4, 3, 3], [3, 4, 5], [2, 0, 0]],
        [[0, 0, 2, 2, 3, 3], [4, 4, 0, 1], [1, 3]],
    ],
    ids=["reorder", "drop", "repeat", "apart", "beam", "beam-to-one"],
)
def test_selecting_equals_decoding_the_chosen_rows(
    core: str, attention: str, heads: int, layers: int, selections: list[list[int]]
) -> None:
    walk(small(core, attention, heads, layers), selections)


@pytest.mark.parametrize(("core", "attention"), [("gru", "general"), ("transformer", "additive")])
@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_any_selections_equal_decoding_the_chosen_rows(
    core: str, attention: str, data: st.DataObject
) -> None:
    count, selections = len(LENGTHS), []
    for _ in range(data.draw(st.integers(1, 4))):
        rows = data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=8))
        if data.draw(st.booleans()):
            rows.sort()  # so that the rows of a source stand together
        selections.append(rows)
        count = len(rows)
    walk(small(core, attention, 4, 1), selections)


def same_keys(before: State, after: State) -> bool:
    """Whether the very tensors are shared, for every attention."""
    return all(
        old.keys_BHSK is new.keys_BHSK
        and old.values_BHSK is new.values_BHSK
        and old.mask_BS is new.mask_BS
        for old, new in zip(before.keys, after.keys, strict=True)
    )


@pytest.mark.parametrize("core", ["gru", "transformer"])
def test_a_beam_copies_no_source(core: str) -> None:
    model = small(core, "dot", 4, 2)
    state = model.decoder.start(model.encode(*sources([5, 3])))
    assert state.per_source == 1
    wide = state.select([0, 0, 0, 1, 1, 1])
    assert wide.per_source == 3
    assert same_keys(state, wide)
    _, weights_RS, wide = model.step(torch.full((6,), START), wide)
    assert weights_RS.shape == (6, 5)
    reordered = wide.select([2, 0, 0, 4, 3, 3])
    assert reordered.per_source == 3
    assert same_keys(state, reordered)
    narrow = reordered.select([1, 3])
    assert narrow.per_source == 1
    assert same_keys(state, narrow)


@pytest.mark.parametrize("core", ["gru", "transformer"])
def test_dropping_a_source_drops_its_keys(core: str) -> None:
    model = small(core, "dot", 4, 2)
    state = model.decoder.start(model.encode(*sources([5, 3]))).select([0, 0, 0, 1, 1, 1])
    last = state.select([3, 4, 5])
    assert last.per_source == 3
    for before, after in zip(state.keys, last.keys, strict=True):
        torch.testing.assert_close(after.keys_BHSK, before.keys_BHSK[1:], rtol=0, atol=0)
        torch.testing.assert_close(after.values_BHSK, before.values_BHSK[1:], rtol=0, atol=0)
        assert after.mask_BS.tolist() == before.mask_BS[1:].tolist()


def test_dropping_every_row_leaves_an_empty_state() -> None:
    model = small()
    state = model.decoder.start(model.encode(*sources([5, 3]))).select([])
    assert [len(row) for row in state.rows] == [0]
    assert [len(keys.mask_BS) for keys in state.keys] == [0]


def test_selecting_leaves_the_state_before_as_it_was() -> None:
    model = small("transformer", "dot", 4, 1)
    with torch.no_grad():
        before = model.decoder.start(model.encode(*sources([5, 3])))
        _, _, before = model.step(torch.tensor([START, START]), before)
        kept = [row.clone() for row in before.rows]
        model.step(torch.tensor([8, 9]), before.select([1, 0]))
    for row, copy in zip(before.rows, kept, strict=True):
        assert torch.equal(row, copy)
