"""Batches of similar length under a token budget; their order follows from (seed, epoch) alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.text.noise import Noise
from dialog_s2s.text.shards import Shard
from dialog_s2s.text.tokenizer import END, PADDING, START

CHUNK = 1 << 15
"""Examples in memory at once: shuffled over the whole corpus, sorted by length within these."""

GRAIN = 16
"""Examples in a batch come in multiples of this."""

SLACK = 0.3
"""Padding allowed in a batch of more than half the budget, as a share of its cells."""

STRIPE = 3
"""Lengths of sources that are sorted by their targets together."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Arrays of one update: `fed` is what the decoder reads, `target` what it must say."""

    source_BS: NDArray[np.int64]
    mask_BS: NDArray[np.bool_]
    fed_BT: NDArray[np.int64]
    target_BT: NDArray[np.int64]
    places_B: NDArray[np.int64]
    """Where in its shard each example stands."""

    def every(self, count: int, first: int) -> Batch:
        """Every `count`-th example, from `first`: shares of near-equal size and lengths."""
        rows = slice(first, None, count)
        return Batch(
            self.source_BS[rows],
            self.mask_BS[rows],
            self.fed_BT[rows],
            self.target_BT[rows],
            self.places_B[rows],
        )

    @property
    def size(self) -> int:
        """Examples."""
        return len(self.source_BS)

    @property
    def tokens(self) -> int:
        """Source and target pieces that are not padding."""
        return int(self.mask_BS.sum()) + int((self.target_BT != PADDING).sum())

    @property
    def cells(self) -> int:
        """Places in source and target, padding included."""
        return self.source_BS.size + self.target_BT.size


def collate(
    sources: Sequence[Sequence[int]],
    targets: Sequence[Sequence[int]],
    places: Sequence[int] | NDArray[np.int64] | None = None,
) -> Batch:
    """Pads examples on the right; targets end in the end piece, which is never fed."""
    source_BS, mask_BS = padded(sources)
    target_BT, _ = padded(targets)
    fed_BT = np.full_like(target_BT, START)
    fed_BT[:, 1:] = np.where(target_BT[:, :-1] == END, PADDING, target_BT[:, :-1])
    places_B = np.arange(len(sources)) if places is None else np.asarray(places)
    return Batch(source_BS, mask_BS, fed_BT, target_BT, places_B)


def padded(rows: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Rows of pieces as one array, and where in it there are pieces."""
    length = np.array([len(row) for row in rows])
    mask = np.arange(length.max())[None] < length[:, None]
    array = np.full(mask.shape, PADDING, dtype=np.int64)
    array[mask] = np.concatenate([np.asarray(row, dtype=np.int64) for row in rows])
    return array, mask


@dataclass(frozen=True, slots=True)
class Position:
    """How far a run has come in the endless stream of its batches: so many `batch`es of a `part` of
    an `epoch`, each counted from 0."""

    epoch: int = 0
    part: int = 0
    batch: int = 0


def epoch(
    shard: Shard, budget: int, seed: int, number: int, noise: Noise | None = None
) -> Iterator[Batch]:
    """All examples once, in batches of at most `budget` cells (more for one longer example)."""
    order = _order(shard, seed, number)
    for part in range(_parts(shard)):
        yield from _batches(shard, budget, seed, Position(number, part), order, noise)


def stream(
    shard: Shard,
    budget: int,
    seed: int,
    noise: Noise | None = None,
    start: Position = Position(),
) -> Iterator[tuple[Batch, Position]]:
    """Epoch after epoch without an end, each batch with the position behind it: a stream that
    starts there goes on with the next batch, and no batch before it is made again."""
    number, part, done = start.epoch, start.part, start.batch
    while True:
        order = _order(shard, seed, number)
        while part < _parts(shard):
            at = Position(number, part, done)
            for place, batch in enumerate(_batches(shard, budget, seed, at, order, noise), 1):
                yield batch, Position(number, part, done + place)
            part, done = part + 1, 0
        number, part = number + 1, 0


def measured(shard: Shard, budget: int, seed: int, noise: Noise | None = None) -> tuple[int, float]:
    """The batches of a pass over a shard, and their mean cells; where there are many examples,
    judged by the first of them."""
    order = _order(shard, seed, 0)
    cells = [batch.cells for batch in _batches(shard, budget, seed, Position(), order, noise)]
    share = min(1.0, CHUNK / len(shard))
    return max(1, round(len(cells) / share)), sum(cells) / len(cells)


def _order(shard: Shard, seed: int, number: int) -> NDArray[np.int64]:
    return np.random.default_rng([seed, number]).permutation(len(shard))


def _parts(shard: Shard) -> int:
    return -(-len(shard) // CHUNK)


def _batches(
    shard: Shard,
    budget: int,
    seed: int,
    at: Position,
    order: NDArray[np.int64],
    noise: Noise | None,
) -> Iterator[Batch]:
    """Those of one part of an epoch, from a batch on."""
    random = np.random.default_rng([seed, at.epoch, at.part])
    chosen = order[at.part * CHUNK : (at.part + 1) * CHUNK]
    sources, targets = _examples(shard, chosen, noise, random)
    groups = grouped([len(x) for x in sources], [len(y) for y in targets], budget)
    for pick in random.permutation(len(groups))[at.batch :]:
        group = groups[pick]
        yield collate([sources[i] for i in group], [targets[i] for i in group], chosen[group])


def plain(shard: Shard, budget: int) -> Iterator[Batch]:
    """All examples once, as they are: for measuring."""
    for start in range(0, len(shard), CHUNK):
        chosen = range(start, min(start + CHUNK, len(shard)))
        sources, targets = [shard.source(i) for i in chosen], [shard.target(i) for i in chosen]
        for group in grouped([len(x) for x in sources], [len(y) for y in targets], budget):
            places = [start + i for i in group]
            yield collate([sources[i] for i in group], [targets[i] for i in group], places)


def grouped(sources: Sequence[int], targets: Sequence[int], budget: int) -> list[list[int]]:
    """Places of examples, given their lengths, cut into batches of near-equal lengths.

    Batches come in few shapes (a multiple of GRAIN examples wherever there are enough): CPU
    libraries compile a matrix product anew for every shape they have not met. And they come in
    few sizes: small ones use a processor badly, and count as much in an update as large ones.
    """
    order = _striped(np.asarray(sources), np.asarray(targets)).tolist()
    groups: list[list[int]] = []
    start = 0
    while start < len(order):
        widest = tallest = used = fitting = 0
        for place in order[start:]:
            source, target = sources[place], targets[place]
            widest, tallest = max(widest, source), max(tallest, target)
            cells = (widest + tallest) * (fitting + 1)
            used += source + target
            if fitting and (
                cells > budget or (cells - used > SLACK * cells and cells > budget // 2)
            ):
                break
            fitting += 1
        if fitting > GRAIN and start + fitting < len(order):
            fitting -= fitting % GRAIN
        groups.append(order[start : start + fitting])
        start += fitting
    return groups


def _striped(sources_N: NDArray[np.int64], targets_N: NDArray[np.int64]) -> NDArray[np.int64]:
    """An order in which neighbours have alike sources and alike targets: stripes of alike sources,
    from short targets to long ones, in the next stripe back, and so on."""
    stripe_N = sources_N // STRIPE
    return np.lexsort((np.where(stripe_N % 2, -targets_N, targets_N), stripe_N))


def _examples(
    shard: Shard, order: NDArray[np.int64], noise: Noise | None, random: np.random.Generator
) -> tuple[list[list[int]], list[list[int]]]:
    sources, targets = [], []
    for index in order.tolist():
        source, target = shard.source(index), shard.target(index)
        if noise is not None:
            source, target = noise.renumbered(source, target, random)
            start = noise.begins(source)
            remembered, source = source[:start], noise.applied(source[start:], random)
            if noise.stray and noise.opens(source) and random.random() < noise.stray:
                other = int(random.integers(len(shard)))
                if other != index:  # or the source would hold the answer
                    source = [*noise.exchange(shard, other), *source]
            source = [*remembered, *source]
        sources.append(source)
        targets.append(target)
    return sources, targets
