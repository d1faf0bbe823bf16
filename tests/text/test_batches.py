"""Batches: every example once, in an order that (seed, epoch) decides, with little padding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialog_s2s.text import batches
from dialog_s2s.text.batches import (
    GRAIN,
    Batch,
    Position,
    collate,
    epoch,
    grouped,
    padded,
    plain,
    stream,
)
from dialog_s2s.text.noise import Noise
from dialog_s2s.text.shards import Encoding, Shard, write_shard
from dialog_s2s.text.tokenizer import END, PADDING, START, Tokenizer
from dialog_s2s.text.turns import Role

bodies = st.lists(st.integers(7, 99), max_size=9)
rows_of = st.lists(st.tuples(bodies, bodies), min_size=1, max_size=8)
lengths_of = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 40)), max_size=150)


@pytest.fixture(scope="module")
def shard(tmp_path_factory: pytest.TempPathFactory) -> Shard:
    """3000 examples with lengths like those of talk: many short, a few long."""
    random = np.random.default_rng(1)
    items = []
    for number in range(3000):
        source, target = (min(int(random.geometric(p)) + 2, 80) for p in (0.1, 0.08))
        # each source begins with its own number, in two pieces
        own = [4, 7 + number // 100, 7 + number % 100]
        items.append(Encoding(own + [150] * source, [200] * target + [END]))
    return write_shard(tmp_path_factory.mktemp("talk"), items, 300)


def numbers(found: Iterable[Batch]) -> list[int]:
    """Which examples batches hold, in order."""
    return [(int(row[1]) - 7) * 100 + int(row[2]) - 7 for batch in found for row in batch.source_BS]


@settings(deadline=None)
@given(rows=rows_of)
def test_what_is_fed_is_the_target_one_later_without_its_end(
    rows: list[tuple[list[int], list[int]]],
) -> None:
    sources = [[4, *source] for source, _ in rows]
    targets = [[*target, END] for _, target in rows]
    batch = collate(sources, targets)
    assert batch.size == len(rows)
    assert batch.places_B.tolist() == list(range(len(rows)))
    assert not (batch.fed_BT == END).any()
    assert (batch.fed_BT[:, 0] == START).all()
    assert batch.fed_BT.shape == batch.target_BT.shape
    assert batch.source_BS.shape == batch.mask_BS.shape
    for row, (source, target) in enumerate(zip(sources, targets, strict=True)):
        assert batch.source_BS[row, batch.mask_BS[row]].tolist() == source
        assert not batch.source_BS[row, len(source) :].any()
        assert batch.mask_BS[row].tolist() == sorted(batch.mask_BS[row].tolist(), reverse=True)
        fed, said = batch.fed_BT[row], batch.target_BT[row]
        assert said.tolist() == target + [PADDING] * (len(said) - len(target))
        assert fed.tolist() == [START, *target[:-1]] + [PADDING] * (len(fed) - len(target))
    assert batch.tokens == sum(map(len, sources)) + sum(map(len, targets))
    widest, tallest = max(map(len, sources)), max(map(len, targets))
    assert batch.cells == len(rows) * (widest + tallest)


def test_rows_are_padded_on_the_right() -> None:
    array, mask = padded([[5], [6, 7, 8]])
    assert array.tolist() == [[5, 0, 0], [6, 7, 8]]
    assert mask.tolist() == [[True, False, False], [True, True, True]]
    assert array.dtype == np.int64


@settings(max_examples=200, deadline=None)
@given(lengths=lengths_of, budget=st.integers(1, 2000))
def test_groups_hold_every_place_once_within_the_budget(
    lengths: list[tuple[int, int]], budget: int
) -> None:
    sources, targets = [source for source, _ in lengths], [target for _, target in lengths]
    groups = grouped(sources, targets, budget)
    assert sorted(place for group in groups for place in group) == list(range(len(lengths)))
    for number, group in enumerate(groups):
        assert group
        widest = max(sources[place] for place in group)
        tallest = max(targets[place] for place in group)
        assert len(group) == 1 or len(group) * (widest + tallest) <= budget
        if len(group) > GRAIN and number < len(groups) - 1:
            assert len(group) % GRAIN == 0


@pytest.mark.parametrize("budget", [100, 1000, 8000])
@pytest.mark.parametrize("chunk", [700, 1 << 15])
def test_an_epoch_holds_every_example_once(
    shard: Shard, budget: int, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "CHUNK", chunk)
    found = list(epoch(shard, budget, 1, 0))
    assert Counter(numbers(found)) == Counter(range(3000))
    assert all(batch.cells <= budget or batch.size == 1 for batch in found)


@settings(max_examples=30, deadline=None)
@given(rows=rows_of, budget=st.integers(1, 60), seed=st.integers(0, 9), number=st.integers(0, 9))
def test_an_epoch_of_any_corpus_is_that_corpus(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[list[int], list[int]]],
    budget: int,
    seed: int,
    number: int,
) -> None:
    wanted = Counter(((4, *source), (*target, END)) for source, target in rows)
    items = [Encoding([4, *source], [*target, END]) for source, target in rows]
    shard = write_shard(tmp_path_factory.mktemp("any"), items, 300)
    for found in (epoch(shard, budget, seed, number), plain(shard, budget)):
        pairs = Counter(
            (tuple(source[mask].tolist()), tuple(target[target != PADDING].tolist()))
            for batch in found
            for source, mask, target in zip(
                batch.source_BS, batch.mask_BS, batch.target_BT, strict=True
            )
        )
        assert pairs == wanted


@pytest.mark.parametrize("chunk", [700, 1 << 15])
def test_every_example_knows_its_place(
    shard: Shard, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "CHUNK", chunk)
    for found in (epoch(shard, 1000, 1, 0), epoch(shard, 1000, 1, 3), plain(shard, 1000)):
        for batch in found:
            assert batch.places_B.dtype == np.int64
            assert batch.places_B.tolist() == numbers([batch])
            for lanes in (1, 3):
                for lane in range(lanes):
                    part = batch.every(lanes, lane)
                    assert part.places_B.tolist() == numbers([part])


def test_a_place_is_that_of_the_example_itself_whatever_noise_adds(
    tokenizer: Tokenizer, tmp_path: Path, texts: tuple[str, ...]
) -> None:
    shard = spoken(tokenizer, tmp_path, texts)
    for batch in epoch(shard, 500, 3, 0, Noise(tokenizer, subword=1.0, drop=0.2, stray=0.9)):
        for place, target in zip(batch.places_B, batch.target_BT, strict=True):
            assert target[target != PADDING].tolist() == shard.target(int(place))


def test_seed_and_epoch_alone_decide_the_order(shard: Shard) -> None:
    first = numbers(epoch(shard, 2000, 1, 0))
    list(islice(epoch(shard, 2000, 1, 7), 2))
    assert numbers(epoch(shard, 2000, 1, 0)) == first
    others = [numbers(epoch(shard, 2000, seed, number)) for seed, number in ((1, 1), (2, 0))]
    assert others[0] != first
    assert others[1] != first
    assert others[0] != others[1]


def test_examples_meet_others_in_another_epoch(shard: Shard) -> None:
    def companions(number: int) -> set[frozenset[int]]:
        return {frozenset(numbers([batch])) for batch in epoch(shard, 2000, 1, number)}

    assert len(companions(0) & companions(1)) < 0.5 * len(companions(0))


def test_batches_do_not_come_in_order_of_length(shard: Shard) -> None:
    widths = [batch.source_BS.shape[1] for batch in epoch(shard, 2000, 1, 0)]
    assert len(widths) > 20
    later = np.corrcoef(widths, range(len(widths)))[0, 1]
    assert abs(later) < 0.5


@pytest.mark.parametrize("budget", [400, 800, 1000])
def test_little_is_padding(shard: Shard, budget: int) -> None:
    """Where batches are many; with few of them, each has to mix lengths."""
    found = list(epoch(shard, budget, 1, 0))
    cells = sum(batch.cells for batch in found)
    assert 1 - sum(batch.tokens for batch in found) / cells < 0.1


def test_measuring_sees_every_example_once_as_it_is(
    shard: Shard, monkeypatch: pytest.MonkeyPatch
) -> None:
    for chunk in (999, 1 << 15):
        monkeypatch.setattr(batches, "CHUNK", chunk)
        found = list(plain(shard, 3000))
        assert Counter(numbers(found)) == Counter(range(3000))
        for batch in found[:3]:
            for number, target in zip(numbers([batch]), batch.target_BT, strict=True):
                assert target[target != PADDING].tolist() == shard.target(number)
    assert numbers(plain(shard, 3000)) == numbers(plain(shard, 3000))


def spoken(tokenizer: Tokenizer, folder: Path, texts: tuple[str, ...]) -> Shard:
    """A shard in which each text is answered by the next."""
    replies = (*texts[1:], texts[0])
    return write_shard(
        folder,
        [
            Encoding(
                [tokenizer.roles[Role.USER], *tokenizer.encode(x)], [*tokenizer.encode(y), END]
            )
            for x, y in zip(texts, replies, strict=True)
        ],
        tokenizer.size,
    )


def test_stray_history_is_another_example_before_the_source(
    tokenizer: Tokenizer, tmp_path: Path, texts: tuple[str, ...]
) -> None:
    shard = spoken(tokenizer, tmp_path, texts)
    user, bot = tokenizer.roles[Role.USER], tokenizer.roles[Role.BOT]
    known = {tuple(shard.source(i)): i for i in range(len(shard))}
    added = 0
    for number in range(100):
        for batch in epoch(shard, 10**6, 1, number, Noise(tokenizer, stray=0.5)):
            assert batch.size == len(shard)
            for source, mask in zip(batch.source_BS, batch.mask_BS, strict=True):
                pieces = source[mask].tolist()
                if pieces.count(user) == 1:
                    assert tuple(pieces) in known
                    continue
                added += 1
                newest = len(pieces) - pieces[::-1].index(user) - 1
                middle = pieces.index(bot)
                own = known[tuple(pieces[newest:])]
                other = known[tuple(pieces[:middle])]
                assert other != own  # or the answer would stand in the source
                assert pieces[middle + 1 : newest] == shard.target(other)[:-1]
    assert added / (100 * len(shard)) == pytest.approx(0.5 * (1 - 1 / len(shard)), abs=0.08)


def test_noise_repeats_with_seed_and_epoch_and_spares_targets(
    tokenizer: Tokenizer, tmp_path: Path, texts: tuple[str, ...]
) -> None:
    shard = spoken(tokenizer, tmp_path, texts)
    noise = Noise(tokenizer, subword=1.0, drop=0.2, stray=0.3)
    first, again, other = (list(epoch(shard, 500, 3, number, noise)) for number in (0, 0, 1))
    assert [b.source_BS.tolist() for b in first] == [b.source_BS.tolist() for b in again]
    assert [b.source_BS.tolist() for b in first] != [b.source_BS.tolist() for b in other]
    targets = sorted(row[row != PADDING].tolist() for batch in first for row in batch.target_BT)
    assert targets == sorted(shard.target(i) for i in range(len(shard)))


def test_noise_spares_what_was_remembered(tokenizer: Tokenizer, tmp_path: Path) -> None:
    user, memory = tokenizer.roles[Role.USER], tokenizer.memory
    answer = [memory, *tokenizer.encode("how are you today?")]
    words = ["hello there", "green tea", "open today"]
    shard = write_shard(
        tmp_path / "remembering",
        [
            Encoding([*answer, user, *tokenizer.encode(each)], [*tokenizer.encode("yes"), END])
            for each in words
        ],
        tokenizer.size,
    )
    noise = Noise(tokenizer, subword=1.0, drop=0.3, stray=0.5, cut=1.0)
    strays = 0
    for number in range(20):
        for batch in epoch(shard, 10**6, 1, number, noise):
            for source, mask in zip(batch.source_BS, batch.mask_BS, strict=True):
                pieces = source[mask].tolist()
                assert pieces[: len(answer)] == answer
                assert pieces[len(answer)] == user
                assert pieces.count(memory) == 1
                strays += pieces.count(user) == 2
    assert 10 < strays < 50


BEGINNING = Position()


def drawn(
    shard: Shard, count: int, start: Position = BEGINNING, noise: Noise | None = None
) -> list[tuple[Batch, Position]]:
    return list(islice(stream(shard, 9000, 1, noise, start), count))


def same(one: Batch, other: Batch) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in Batch.__slots__)


def test_a_stream_is_epoch_after_epoch(shard: Shard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "CHUNK", 1300)
    wanted = [each for number in (0, 1) for each in epoch(shard, 9000, 1, number)]
    found = drawn(shard, len(wanted))
    assert all(same(mine, other) for (mine, _), other in zip(found, wanted, strict=True))
    assert found[-1][1].epoch == 1


@pytest.mark.parametrize("chunk", [1300, 1 << 15])
def test_a_stream_goes_on_wherever_it_was_left(
    shard: Shard, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    """Also at the border of two parts and of two epochs, with whatever noise."""
    monkeypatch.setattr(batches, "CHUNK", chunk)
    noise: Any = Dropping(0.5)
    parts = -(-3000 // chunk)
    whole = drawn(shard, 130, noise=noise)
    positions = [position for _, position in whole]
    assert positions[-1].epoch >= 1
    assert {each.part for each in positions} == set(range(parts))
    borders = [n for n in range(1, 120) if positions[n].batch == 1]
    assert len(borders) >= parts
    for at in sorted({0, 1, 13, 70} | {n + d for n in borders for d in (-1, 0)}):
        again = drawn(shard, 4, positions[at], noise)
        for (mine, place), (other, wanted) in zip(again, whole[at + 1 : at + 5], strict=True):
            assert same(mine, other)
            assert place == wanted


class Dropping:
    """Noise that needs no tokenizer: some pieces of a source are left out."""

    def __init__(self, share: float):
        self.stray, self.drop = 0.0, share

    def renumbered(self, source: list[int], target: list[int], *_: object) -> tuple:
        return source, target

    def begins(self, source: list[int]) -> int:
        return 3

    def applied(self, source: list[int], random: np.random.Generator) -> list[int]:
        return [piece for piece in source if random.random() > self.drop]


def test_a_position_of_a_part_that_is_done_is_the_next_one(shard: Shard) -> None:
    last = drawn(shard, len(list(epoch(shard, 9000, 1, 0))))[-1][1]
    (one, place), (other, wanted) = (
        drawn(shard, 1, start)[0] for start in (last, Position(1, 0, 0))
    )
    assert same(one, other)
    assert place == wanted == Position(1, 0, 1)
