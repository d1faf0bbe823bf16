"""Compression into one sentence vector fades with length, and attention cures it.

    python -m benchmarks.attention_by_length [--attention general additive] [--seconds 40]
        [--data FOLDER ...] [--real-seconds 60] [--out docs/attention_by_length.png] [--json]

The same GRU model is trained without attention (each step of the decoder sees the one sentence
vector) and with each kind of it; nothing else differs. Each training has the same CPU seconds, on
one core.

- reverse: say a random sequence of symbols backwards. Trained on lengths 3-24, asked greedily on
  sequences that were not in training, the longest longer than any in training. The share that is
  right to the last symbol.
- real pairs: for each folder with `train.jsonl.gz` and `test.jsonl.gz` of turns, nats a character
  of the reply (its end counted as one) by length of the source, in six parts of equal size. The
  settings are those that `dialog_s2s.train` would choose.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from dialog_s2s.config import (
    ATTENTIONS,
    Config,
    GenerationConfig,
    ModelConfig,
    TrainingConfig,
    given,
)
from dialog_s2s.generation.search import one_by_one
from dialog_s2s.generation.torch_backend import TorchBackend
from dialog_s2s.model.build import Pieces, build
from dialog_s2s.model.seq2seq import Seq2Seq
from dialog_s2s.text.batches import plain
from dialog_s2s.text.shards import Encoding, Shard, write_shard
from dialog_s2s.text.tokenizer import END, PADDING
from dialog_s2s.text.turns import Example
from dialog_s2s.training.corpus import corpus_of, prepare, survey
from dialog_s2s.training.host import best_precision, keep_freed_memory
from dialog_s2s.training.loop import fit, pace
from dialog_s2s.training.monitor import Display, Monitor
from dialog_s2s.training.objective import measure
from dialog_s2s.training.sizing import choose, paced

ALPHABET = 28
FIRST = END + 1
"""The piece of the first symbol; the special pieces come before it."""

PIECES = Pieces(FIRST + ALPHABET, PADDING, openers=())

TRAINED = (3, 24)
"""Shortest and longest sequence in training."""

BUCKETS = ((3, 6), (7, 10), (11, 14), (15, 18), (19, 24), (25, 32))
"""Lengths asked; the last are unseen in training."""

REAL_BUCKETS = 6

UPDATES, PASSES = 400, 2.0
"""Of real pairs, about: what the learning rate and the dropout follow from, alike for all."""

RESERVE = 0.03
"""Share of the seconds kept, since the timing that the number of updates follows from is short."""

MODEL = ModelConfig(
    core="gru",
    heads=1,
    embedding=64,
    width=128,
    encoder_layers=1,
    decoder_layers=1,
    dropout=0.0,
    copy=False,
)
TRAINING = TrainingConfig(
    batch_tokens=1600,
    learning_rate=6e-3,
    weight_decay=0.0,
    label_smoothing=0.0,
    precision="float32",
    threads=1,
)

STYLES = {
    "none": ("o--", "#c0392b"),
    "dot": ("D-", "#8e44ad"),
    "cosine": ("v-", "#7f8c8d"),
    "general": ("o-", "#1f77b4"),
    "additive": ("s-", "#2e8b57"),
}
"""Mark and colour of each kind of attention in the plot."""

Symbols = tuple[int, ...]
Bucket = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Task:
    """The reverse task: what is learnt, and distinct sequences of each bucket to ask."""

    learnt: Shard
    asked: dict[Bucket, list[Symbols]]


@dataclass(frozen=True, slots=True)
class Run:
    """A training, and its figure for every bucket of lengths."""

    attention: str
    figures: dict[Bucket, float]
    updates: int
    pairs: int
    parameters: int
    cpu_seconds: float
    seconds: float


def sequences(random: np.random.Generator, shortest: int, longest: int) -> Iterator[Symbols]:
    """Random sequences, every length as often; without end."""
    while True:
        length = int(random.integers(shortest, longest + 1))
        yield tuple(random.integers(FIRST, FIRST + ALPHABET, length).tolist())


def reverse_task(folder: Path, seed: int, learnt: int, asked: int) -> Task:
    """`learnt` sequences to train on and `asked` others of each bucket."""
    random = np.random.default_rng(seed)
    tests: dict[Bucket, list[Symbols]] = {}
    for bucket in BUCKETS:
        drawn: dict[Symbols, None] = {}
        stream = sequences(random, *bucket)
        while len(drawn) < asked:
            drawn[next(stream)] = None
        tests[bucket] = list(drawn)
    known = {symbols for drawn in tests.values() for symbols in drawn}

    def encodings() -> Iterator[Encoding]:
        stream = (symbols for symbols in sequences(random, *TRAINED) if symbols not in known)
        for _ in range(learnt):
            symbols = next(stream)
            yield Encoding(list(symbols), [*reversed(symbols), END])

    return Task(write_shard(folder / "reverse", encodings(), PIECES.size), tests)


def exact(model: Seq2Seq, asked: Sequence[Symbols]) -> float:
    """Share of sequences that greedy decoding reverses without a mistake."""
    settings = GenerationConfig(method="greedy", max_tokens=BUCKETS[-1][1] + 1)
    said: list[list[int]] = [[] for _ in asked]
    for each in one_by_one(TorchBackend(model), asked, settings, [0] * len(asked), []):
        if each.piece is not None:
            said[each.source].append(each.piece)
    right = [tuple(said[place][::-1]) == symbols for place, symbols in enumerate(asked)]
    return sum(right) / len(right)


def run(
    model: ModelConfig,
    training: TrainingConfig,
    pieces: Pieces,
    learnt: Shard,
    nothing: Shard,
    seconds: float,
    figures: Callable[[Seq2Seq], dict[Bucket, float]],
    monitor: Monitor,
) -> Run:
    """Trains for so many CPU seconds (or `training.steps` updates) and measures."""
    limit = float("inf")
    if training.steps is None:
        limit = seconds
        steps = max(1, int(seconds * (1 - RESERVE) / update_time(model, training, pieces, learnt)))
        training = dataclasses.replace(training, steps=steps)
    torch.manual_seed(training.seed)
    fresh = build(model, pieces)
    began = time.process_time()
    outcome = fit(
        fresh,
        learnt,
        nothing,
        training,
        None,
        monitor,
        stop=lambda: time.process_time() - began > limit,
    )
    spent = time.process_time() - began
    return Run(
        given(model.attention, "model.attention"),
        figures(fresh),
        outcome.updates,
        outcome.pairs,
        sum(weight.numel() for weight in fresh.parameters()),
        spent,
        outcome.seconds,
    )


def update_time(
    model: ModelConfig, training: TrainingConfig, pieces: Pieces, learnt: Shard
) -> float:
    """CPU seconds an update takes: wall seconds, less what other processes took."""
    fresh = build(model, pieces)
    wall, cpu = time.perf_counter(), time.process_time()
    update, _ = pace(fresh, learnt, training, None)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return update * min(1.0, cpu / wall)


def reverse_runs(
    attentions: Sequence[str],
    model: ModelConfig,
    training: TrainingConfig,
    seconds: float,
    learnt: int,
    asked: int,
    monitor: Monitor,
) -> list[Run]:
    """One run of the reverse task for each kind of attention."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        task = reverse_task(folder, training.seed, learnt, asked)
        nothing = write_shard(folder / "nothing", [], PIECES.size)
        return [
            run(
                dataclasses.replace(model, attention=attention),
                training,
                PIECES,
                task.learnt,
                nothing,
                seconds,
                lambda fresh: {bucket: exact(fresh, each) for bucket, each in task.asked.items()},
                monitor,
            )
            for attention in attentions
        ]


def real_runs(
    folder: Path, attentions: Sequence[str], seed: int, seconds: float, monitor: Monitor
) -> list[Run]:
    """One run on the real pairs of a folder for each kind of attention."""
    corpus = corpus_of(folder / "train.jsonl.gz")
    counted = survey(corpus)
    config, _ = choose(
        Config(training=TrainingConfig(seed=seed, minutes=seconds / 60)),
        counted,
        best_precision(),
        cores=1,
    )
    config, _ = paced(config, counted, UPDATES, PASSES)
    text = dataclasses.replace(config.text, held_out=0.0)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        prepared = prepare(corpus, text, seed, place)
        tokenizer = prepared.format.tokenizer
        parts = {
            bucket: write_shard(
                place / f"asked-{bucket[0]}",
                (
                    Encoding(
                        prepared.format.pieces(each.history), [*tokenizer.encode(each.reply), END]
                    )
                    for each in group
                ),
                tokenizer.size,
            )
            for bucket, group in by_length(list(corpus_of(folder / "test.jsonl.gz"))).items()
        }
        characters = {
            bucket: sum(len(tokenizer.decode(shard.target(i))) + 1 for i in range(len(shard)))
            for bucket, shard in parts.items()
        }
        budget = given(config.training.batch_tokens, "training.batch_tokens")
        return [
            run(
                dataclasses.replace(config.model, attention=attention),
                config.training,
                prepared.pieces,
                prepared.learnt,
                prepared.held_out,
                seconds,
                lambda fresh: {
                    bucket: measure(fresh, plain(shard, budget)).nats / characters[bucket]
                    for bucket, shard in parts.items()
                },
                monitor,
            )
            for attention in attentions
        ]


def by_length(asked: Sequence[Example]) -> dict[Bucket, list[Example]]:
    """Examples in parts of near-equal size, by characters of the source; equals stay together."""
    lengths = np.array([sum(len(turn.text) for turn in each.history) for each in asked])
    edges = np.unique(np.quantile(lengths, np.linspace(0, 1, REAL_BUCKETS + 1)).round())
    part = np.searchsorted(edges[1:-1], lengths, side="left")
    return {
        (int(lengths[part == each].min()), int(lengths[part == each].max())): [
            asked[i] for i in np.flatnonzero(part == each)
        ]
        for each in np.unique(part)
    }


def table(title: str, runs: Sequence[Run], shown: Callable[[float], str]) -> str:
    """Runs as rows, buckets as columns."""
    columns = [span(bucket) for bucket in runs[0].figures]
    lines = [title, f"{'length':<20}" + "".join(f"{column:>9}" for column in columns)]
    for each in runs:
        figures = "".join(f"{shown(figure):>9}" for figure in each.figures.values())
        lines.append(f"{label(each):<20}{figures}")
    for each in runs:
        lines.append(
            f"  {label(each)}: {each.parameters:,} parameters, {each.updates:,} updates, "
            f"{each.pairs:,} pairs, {each.cpu_seconds:.1f} CPU s, {each.seconds:.1f} s"
        )
    return "\n".join(lines)


def span(bucket: Bucket) -> str:
    """3-6, as it is written."""
    return f"{bucket[0]}–{bucket[1]}"


def label(each: Run) -> str:
    """What a run is called in tables and plots."""
    return "no attention" if each.attention == "none" else f"{each.attention} attention"


def plot(reverse: Sequence[Run], real: dict[str, list[Run]], out: Path) -> None:
    """One panel for the reverse task and one for each folder of real pairs."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        1, 1 + len(real), figsize=(5.6 * (1 + len(real)), 4.2), squeeze=False, layout="constrained"
    )
    for axis, runs in zip(axes[0], [reverse, *real.values()], strict=True):
        scale = 100 if runs is reverse else 1
        places = range(len(runs[0].figures))
        for each in runs:
            values = [scale * value for value in each.figures.values()]
            mark, colour = STYLES[each.attention]
            axis.plot(places, values, mark, color=colour, linewidth=2.5, label=label(each))
        axis.set_xticks(places, [span(bucket) for bucket in runs[0].figures])
        axis.grid(axis="y", alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
        axis.legend(frameon=False)
    first = axes[0][0]
    first.set_title("Saying a sequence backwards")
    first.set_xlabel("symbols in the sequence")
    first.set_ylabel("right to the last symbol, %")
    first.set_ylim(-3, 103)
    first.axvspan(len(BUCKETS) - 1.5, len(BUCKETS) - 0.5, color="black", alpha=0.06, lw=0)
    first.text(len(BUCKETS) - 1, 50, "longer than\nin training", ha="center", fontsize=9)
    for axis, name in zip(axes[0][1:], real, strict=True):
        axis.set_title(f"Real pairs: {name}")
        axis.set_xlabel("characters in the source")
        axis.set_ylabel("nats a character (lower is better)")
        axis.set_ylim(bottom=0)
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=110)
    pyplot.close(figure)


def figures_of(runs: Sequence[Run]) -> list[dict[str, object]]:
    """Runs for `--json`."""
    return [
        {
            **dataclasses.asdict(each),
            "figures": {span(bucket): figure for bucket, figure in each.figures.items()},
        }
        for each in runs
    ]


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    kinds = [kind for kind in ATTENTIONS if kind != "none"]
    parser.add_argument("--attention", choices=kinds, nargs="+", default=["general", "additive"])
    parser.add_argument("--seconds", type=float, default=40.0, help="CPU seconds, reverse task")
    parser.add_argument("--steps", type=int, help="updates of the reverse task, not seconds")
    parser.add_argument("--width", type=int, default=MODEL.width)
    parser.add_argument("--embedding", type=int, default=MODEL.embedding)
    parser.add_argument("--learning-rate", type=float, default=TRAINING.learning_rate)
    parser.add_argument("--batch-tokens", type=int, default=TRAINING.batch_tokens)
    parser.add_argument("--learnt", type=int, default=200_000, help="sequences to train on")
    parser.add_argument("--asked", type=int, default=300, help="sequences asked a bucket")
    parser.add_argument("--data", type=Path, nargs="*", default=[], help="folders of real pairs")
    parser.add_argument("--real-seconds", type=float, default=60.0, help="CPU seconds, real pairs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("docs/attention_by_length.png"))
    parser.add_argument("--json", action="store_true")
    return parser


def main(given_: Sequence[str] | None = None) -> None:
    """Trains, prints the tables, draws the plot."""
    options = arguments().parse_args(given_)
    torch.set_num_threads(1)
    keep_freed_memory()
    attentions = ("none", *options.attention)
    reverse = reverse_runs(
        attentions,
        dataclasses.replace(MODEL, width=options.width, embedding=options.embedding),
        dataclasses.replace(
            TRAINING,
            steps=options.steps,
            seed=options.seed,
            learning_rate=options.learning_rate,
            batch_tokens=options.batch_tokens,
        ),
        options.seconds,
        options.learnt,
        options.asked,
        Display(),
    )
    real = {
        folder.name: real_runs(folder, attentions, options.seed, options.real_seconds, Display())
        for folder in options.data
    }
    if not real:
        print("No --data given; real pairs are left out.", file=sys.stderr)
    plot(reverse, real, options.out)
    if options.json:
        tree = {name: figures_of(runs) for name, runs in {"reverse": reverse, **real}.items()}
        print(json.dumps(tree))
        return
    print(table("Reverse task, right to the last symbol", reverse, lambda share: f"{share:.1%}"))
    for name, runs in real.items():
        print()
        print(table(f"{name}, nats a character of the reply", runs, lambda nats: f"{nats:.3f}"))


if __name__ == "__main__":
    main()
