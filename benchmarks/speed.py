"""Target tokens a second in training, on one core and on all, at the size peers are quoted for.

    python -m benchmarks.speed --data DIR [--corpus ko_chatbot] [--updates 200]

Trains the GRU core of about 2.8M parameters (width 384, embedding 256, vocabulary 4000) for a
fixed number of updates with every part of a real run: batches, dropout 0.2, loss, clipping,
AdamW. The first tenth of the updates, in which caches fill, is left out of the rate.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import statistics
import tempfile
import time
from pathlib import Path

import torch

from dialog_s2s.config import Config, ModelConfig, TextConfig, TrainingConfig
from dialog_s2s.model.build import build
from dialog_s2s.text.noise import Noise
from dialog_s2s.training.corpus import corpus_of, prepare, survey
from dialog_s2s.training.host import best_precision, cores, keep_freed_memory
from dialog_s2s.training.loop import fit
from dialog_s2s.training.monitor import Progress
from dialog_s2s.training.sizing import choose


class Rates:
    """A monitor that keeps the time and the targets of every update."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def update(self, progress: Progress) -> None:
        """Notes when an update ended."""
        self.times.append(time.perf_counter())

    def close(self) -> None:
        """Nothing."""


def main() -> None:
    """Prints a line a number of threads."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--corpus", default="ko_chatbot")
    parser.add_argument("--updates", type=int, default=200)
    options = parser.parse_args()
    corpus = corpus_of(options.data / options.corpus / "train.jsonl.gz")
    wanted = Config(
        text=TextConfig(vocabulary=4000, held_out=0.0),
        model=ModelConfig(width=384, embedding=256, dropout=0.2),
        training=TrainingConfig(steps=options.updates, batch_tokens=2400),
    )
    config, _ = choose(wanted, survey(corpus), best_precision(), cores())
    keep_freed_memory()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        prepared = prepare(corpus, config.text, 1, Path(name))
        pieces = prepared.pieces
        for threads in sorted({1, cores()}):
            model = build(config.model, pieces)
            training = dataclasses.replace(config.training, threads=threads)
            rates = Rates()
            outcome = fit(
                model,
                prepared.learnt,
                prepared.held_out,
                training,
                Noise(prepared.format.tokenizer),
                rates,
            )
            targets = outcome.target_tokens_per_second * outcome.seconds / outcome.updates
            later = rates.times[len(rates.times) // 10 :]
            update = statistics.median(b - a for a, b in itertools.pairwise(later))
            size = sum(weight.numel() for weight in model.parameters()) / 1e6
            print(
                f"{threads} thread(s), {size:.1f}M parameters, {training.precision}: "
                f"{targets / update:,.0f} target tokens/s (median update {update * 1e3:.0f} ms)"
            )


if __name__ == "__main__":
    main()
