"""Our own training, measured as the peers are: pairs in, a line of JSON out.

Every part of a real run: batches, dropout, loss, clipping, AdamW. Only subword noise, which peers
do not have, is left out. Variants: `gru`, `gru copy` (with the copy gate that bots of open chat
have), `transformer`. The same process then measures the ceiling: products of the very shapes.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from benchmarks.training.ceiling import ceiling, square
from benchmarks.training.peers.job import WARM_UP, Clock, Pairs
from benchmarks.training.shapes import (
    GRU,
    TRANSFORMER,
    Lengths,
    attending,
    operations,
    products,
)
from dialog_s2s.config import Config, ModelConfig, TrainingConfig
from dialog_s2s.model.build import Pieces, build
from dialog_s2s.text.batches import epoch
from dialog_s2s.text.shards import Encoding, Shard, write_shard
from dialog_s2s.text.tokenizer import PADDING
from dialog_s2s.training.corpus import Survey
from dialog_s2s.training.host import best_precision, keep_freed_memory
from dialog_s2s.training.loop import fit
from dialog_s2s.training.monitor import Progress, Silent
from dialog_s2s.training.sizing import choose

VARIANTS = {
    "gru": GRU,
    "gru copy": dataclasses.replace(GRU, copy=True),
    "transformer": TRANSFORMER,
}

RATE = 0.005
"""What is learnt is not looked at."""

KINDS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class Watch(Silent):
    """Notes when each update was over; true when time is up."""

    def __init__(self, seconds: float):
        self.over = time.perf_counter() + seconds
        self.times: list[tuple[float, float]] = []

    def update(self, progress: Progress) -> None:
        """After each update."""
        self.times.append((time.perf_counter(), time.process_time()))

    def __call__(self) -> bool:
        return time.perf_counter() >= self.over


def settings(pairs: Pairs, model: ModelConfig, precision: str, threads: int) -> TrainingConfig:
    """As training would choose them for this corpus, but endless."""
    characters = sum(map(len, pairs.targets)) * 2
    counted = Survey(len(pairs.sources), len(pairs.sources), len(pairs.sources), characters, 0, 0)
    wanted = Config(model=model, training=TrainingConfig(steps=10**9, checks=1, learning_rate=RATE))
    return choose(wanted, counted, precision, threads)[0].training


def targets_of(shard: Shard, training: TrainingConfig) -> Iterator[int]:
    """Targets of each update, in the order of training."""
    for number in itertools.count():
        for batch in epoch(shard, training.batch_tokens or 0, training.seed, number):
            yield int((batch.target_BT != PADDING).sum())


def main() -> None:
    """Trains until time is up, then measures products."""
    parser = argparse.ArgumentParser()
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--variant", choices=VARIANTS, default="gru")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", choices=KINDS)
    options = parser.parse_args()
    pairs = Pairs.read(options.pairs)
    shape = VARIANTS[options.variant]
    torch.set_num_threads(1)
    precision = options.precision or best_precision()
    training = settings(pairs, shape, precision, options.threads)
    keep_freed_memory()
    torch.manual_seed(training.seed)
    model = build(shape, Pieces(pairs.vocabulary, pairs.padding, tuple(pairs.openers)))
    with tempfile.TemporaryDirectory() as name:
        encoded = map(Encoding, pairs.sources, pairs.targets)
        shard = write_shard(Path(name) / "learnt", encoded, pairs.vocabulary)
        nothing = write_shard(Path(name) / "held-out", [], pairs.vocabulary)
        clock = Clock(options.seconds)
        watch = Watch(options.seconds * (1 + WARM_UP) + 1)
        fit(model, shard, nothing, training, None, watch, watch)
        for now, targets in zip(watch.times, targets_of(shard, training), strict=False):
            if clock.update(targets, now):
                break
    lengths = Lengths.of(pairs)
    made = products(shape, lengths, pairs.vocabulary)
    in_batch = clock.measured()["targets"] / lengths.target
    clock.answer(
        sum(weight.numel() for weight in model.parameters()),
        precision=precision,
        operations=operations(made, attending(shape, lengths), lengths),
        **{f"ceiling {kind}": ceiling(made, in_batch, KINDS[kind]) for kind in KINDS},
        **{f"square {kind}": square(512, KINDS[kind]) for kind in KINDS},
    )


if __name__ == "__main__":
    main()
