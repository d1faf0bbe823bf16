"""What the memory knows of an example counts less in the generator's loss."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import CONFIG, model, shard

from dialog_s2s.model.seq2seq import Seq2Seq
from dialog_s2s.text.batches import plain
from dialog_s2s.text.shards import Shard, write_shard
from dialog_s2s.text.tokenizer import Tokenizer
from dialog_s2s.training.joint import Joint
from dialog_s2s.training.loop import fit
from dialog_s2s.training.monitor import Silent
from dialog_s2s.training.objective import measure_each

NEVER = -1e9
logs = st.floats(-200, 0)


def joint(known: list[float], left: list[float], nats: list[float], floor: float = 0.0) -> Joint:
    return Joint(np.array(known), np.array(left), np.array(nats), floor)


def test_a_weight_is_the_generators_part_in_the_likelihood() -> None:
    known, left, likely = [0.2, 0.01, 0.5], [0.7, 0.9, 0.5], [0.1, 0.5, 1e-4]
    whole = joint(
        [math.log(each) for each in known],
        [math.log(each) for each in left],
        [-math.log(each) for each in likely],
    )
    by_hand = [0.07 / 0.27, 0.45 / 0.46, 5e-5 / 0.50005]
    found = whole.weights(np.array([0, 1, 2]))
    assert found.dtype == np.float32
    assert found.tolist() == pytest.approx(by_hand, rel=1e-6)
    assert whole.weights(np.array([2, 0])).tolist() == pytest.approx(
        [by_hand[2], by_hand[0]], rel=1e-6
    )


def test_what_only_one_side_knows_is_all_its_own() -> None:
    both = joint([NEVER, -1.0, 0.0], [0.0, -0.5, NEVER], [3.0, 1e9, 5.0])
    assert both.weights(np.arange(3)).tolist() == pytest.approx([1.0, 0.0, 0.0], abs=1e-6)


@given(logs, logs, logs, st.floats(0, 1))
def test_nothing_counts_less_than_the_floor(
    known: float, left: float, likely: float, floor: float
) -> None:
    bare = float(joint([known], [left], [-likely]).weights(np.array([0]))[0])
    found = float(joint([known], [left], [-likely], floor).weights(np.array([0]))[0])
    assert np.float32(floor) <= found <= 1.0
    assert found == pytest.approx(floor + (1 - floor) * bare, abs=1e-6)


def test_what_was_heard_last_counts() -> None:
    whole = joint([-1.0] * 3, [-1.0] * 3, [30.0] * 3)
    every = np.arange(3)
    before = whole.weights(every)
    whole.heard(np.array([2, 0]), np.array([0.0, 1.0], dtype=np.float32))
    after = whole.weights(every)
    assert after[1] == before[1] < 1e-12
    assert after[[2, 0]].tolist() == pytest.approx([0.5, 1 / (1 + math.e)])


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory, tokenizer: Tokenizer) -> Shard:
    return shard(tmp_path_factory.mktemp("learnt"), tokenizer)


def run(learnt: Shard, folder: Path, told: Joint | None, steps: int = 30) -> Seq2Seq:
    """A model after so many updates."""
    fresh = model()
    none = write_shard(folder / "none", [], 400)
    settings = replace(CONFIG.training, steps=steps)
    fit(fresh, learnt, none, settings, None, Silent(), joint=told)
    return fresh


def test_a_memory_that_knows_nothing_changes_nothing(learnt: Shard, tmp_path: Path) -> None:
    count = len(learnt)
    told = joint([NEVER] * count, [0.0] * count, [30.0] * count, 0.3)
    runs = [run(learnt, tmp_path / str(place), each, 5) for place, each in enumerate((None, told))]
    for one, other in zip(runs[0].parameters(), runs[1].parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_what_is_remembered_is_not_learnt_by_heart(learnt: Shard, tmp_path: Path) -> None:
    count = len(learnt)
    replies = [tuple(learnt.target(place)) for place in range(count)]
    numbers = {reply: number for number, reply in enumerate(dict.fromkeys(replies))}
    remembered = np.array([numbers[reply] % 2 > 0 for reply in replies])
    told = Joint(np.where(remembered, 0.0, NEVER), np.full(count, -5.0), np.full(count, 30.0), 0.0)
    fresh = run(learnt, tmp_path, told, 150)
    nats = measure_each(fresh, plain(learnt, 8000), count)
    assert nats[remembered].mean() > 2 * nats[~remembered].mean()


def test_the_loop_tells_what_the_generator_makes_of_each(learnt: Shard, tmp_path: Path) -> None:
    every = np.arange(len(learnt))
    told = Joint(np.full(len(every), -70.0), np.zeros(len(every)), np.full(len(every), 300.0), 0.5)
    assert told.weights(every).tolist() == pytest.approx([0.5] * len(every))
    run(learnt, tmp_path, told, 150)
    assert np.median(told.weights(every)) > 0.99
