"""Going on from a trained bot with a few new pairs, in seconds.

How many updates there are follows from the new pairs. Each update learns some of them together with
old ones drawn at random, so that these are not forgotten (Robins 1995; Rolnick et al. 2019). AdamW
moves every weight by about its rate, however small the gradient, and so shakes a trained model; a
large epsilon makes it move what has a gradient. Of the way from the old weights to the new ones
only so much is gone as the loss on old held-out pairs allows (cf. Wortsman et al. 2022).

What was fitted to all pairs is inherited where the new ones are few: the vectors of terms, the
ranker, the calibration and the thesaurus. New pairs are then remembered as taught ones are.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dialog_s2s.config import Config, TrainingConfig, given
from dialog_s2s.dialogue.confidence import Confidence
from dialog_s2s.errors import ConfigError
from dialog_s2s.memory.embeddings import SentenceEncoder
from dialog_s2s.memory.rows import NewRow, Row
from dialog_s2s.memory.stored import Ranking, read_ranking
from dialog_s2s.model.build import build
from dialog_s2s.model.seq2seq import Seq2Seq
from dialog_s2s.model.weights import load_weights
from dialog_s2s.text.batches import Batch, epoch, plain
from dialog_s2s.text.noise import Noise
from dialog_s2s.text.shards import Shard
from dialog_s2s.text.split import key as opening
from dialog_s2s.text.turns import Example
from dialog_s2s.training.ancestor import Ancestor, Pair
from dialog_s2s.training.calibration import Fitted
from dialog_s2s.training.corpus import Corpus, Prepared, prepare
from dialog_s2s.training.lanes import Lanes
from dialog_s2s.training.loop import Outcome
from dialog_s2s.training.memory import files, prior_of, rows_of
from dialog_s2s.training.monitor import CHECKED, Event, Monitor, Progress
from dialog_s2s.training.objective import measure
from dialog_s2s.training.optimizer import clipped, rate_at
from dialog_s2s.training.recollection import Recalling, Recollection, unknown
from dialog_s2s.training.stopping import GO_ON, LEAVE

INHERITS = 0.05
"""Share of the pairs that may be newer than what was fitted to all of them."""

MOST = 0.5
"""Share of new pairs above which all are trained on as for the first time."""

NEW, OLD = 24, 40
"""Pairs in an update: at most so many new ones, and so many old ones."""

PASSES, FEWEST, FEW = 24, 8, 8
"""Times that each new pair is seen: up to FEW of them PASSES, and fewer the more there are."""

RATE, EPSILON, WARMUP = 0.035, 1e-2, 0.1
"""Of AdamW. The rate is high only beside its epsilon, which most gradients are far below."""

TOLERATED = 0.02
"""Nats a token by which the loss on old held-out pairs may rise."""

BACK = 0.1
"""Steps in which the way to the new weights is gone back where it rises more."""

MEASURED = 400
"""Held-out pairs that tell how far to go, at most."""

UNMEASURED = 0.7
"""Share of that way that is gone where nothing is held out."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """What is new to a bot, and how it is learnt."""

    ancestor: Ancestor
    new: int
    """Pairs it was not trained on."""
    pairs: int
    """All pairs there will be."""
    learnt: Mapping[Pair, Row]
    """What it was trained on."""
    ranking: Ranking
    inherits: bool

    @classmethod
    def of(
        cls, ancestor: Ancestor, corpus: Corpus, asked: Config, settings: Config
    ) -> Tuning | None:
        """None where a whole training is asked for, by any setting of training but the seed and
        the threads, or is due: nothing is new, most is, or the weights begin anew."""
        training = replace(asked.training, seed=1, threads=None)
        if ancestor.weights is None or training != TrainingConfig() or not settings.memory.enabled:
            return None
        learnt = ancestor.learnt()
        pairs = new = later = 0
        for example in corpus:
            row = learnt.get(ancestor.pair(example))
            pairs += 1
            new += row is None
            later += row is not None and row.id > ancestor.ranked
        if not new or new > MOST * pairs:
            return None
        ranking = read_ranking(ancestor.bundle)
        inherits = (
            new + later <= INHERITS * pairs
            and settings.memory == ancestor.config.memory
            and not settings.memory.neighbours
            and ranking.tree.get("confidence") is not None
        )
        return cls(ancestor, new, pairs, learnt, ranking, inherits)

    def settings(self, settings: Config) -> Config:
        """With those of the bot's training, but for the seed and the threads."""
        own, chosen = self.ancestor.config.training, settings.training
        return replace(settings, training=replace(own, seed=chosen.seed, threads=chosen.threads))

    @property
    def passes(self) -> int:
        """How often each new pair is seen."""
        fewer = PASSES / float(np.cbrt(max(1.0, self.new / FEW)))
        return max(FEWEST, round(fewer))

    @property
    def updates(self) -> int:
        """How many there are."""
        return self.passes * math.ceil(self.new / NEW)

    def told(self) -> list[str]:
        """The plan, for people."""
        one = "pair" if self.new == 1 else "pairs"
        lines = [
            f"Fine-tuning: {self.new:,} new {one}, each seen {self.passes} times with old ones "
            f"beside it, in {self.updates:,} updates; give --minutes to train on all pairs.",
        ]
        if self.ancestor.held_out is None:
            lines.append(
                "It does not say which pairs were held out of its training, so that a loss on held-"
                "out pairs would tell nothing: nothing is held out."
            )
        if self.inherits:
            lines.append(
                "Inherited, for the new pairs are few: the ranking of remembered pairs, the "
                "thesaurus, and the calibration, which was not measured with the new pairs."
            )
        else:
            lines.append("Fitted anew, for the new pairs are many: ranking and calibration.")
        return lines

    def is_new(self, examples: Sequence[Example]) -> NDArray[np.bool_]:
        """Which of these the weights were not trained on."""
        pairs = map(self.ancestor.pair, examples)
        return np.array([pair not in self.learnt for pair in pairs], dtype=bool)

    def held(self, corpus: Corpus) -> set[str]:
        """The openings to hold out: old ones alone, for new pairs are given to be learnt."""
        held = self.ancestor.held_openings(corpus, 0.0, 0) or set()
        for example in corpus:
            if self.ancestor.pair(example) not in self.learnt:
                held.discard(opening(example))
        return held


class Inherited:
    """The answer memory of a bot, with new rows in it that it was not fitted to."""

    def __init__(self, tuning: Tuning, prepared: Prepared, settings: Config):
        self.prepared = prepared
        self._settings = settings
        self._stored = tuning.ranking
        ancestor = tuning.ancestor
        fitted: list[Example] = []
        later: list[Example] = []
        for example in prepared.learnt_examples:
            row = tuning.learnt.get(ancestor.pair(example))
            (later if row is None or row.id > ancestor.ranked else fitted).append(example)
        held_out = prepared.held_out_examples
        turns = given(settings.text.history_turns, "text.history_turns")
        self._rows = rows_of([*fitted, *held_out, *later], turns)
        self._pairs = {
            "trained": len(self._rows),
            "ranked": len(fitted) + len(held_out),
            "held_out_from": len(fitted) + 1,
            "held_out_to": len(fitted) + len(held_out),
        }

    def new(self, taught: Sequence[NewRow]) -> list[NewRow]:
        """Those of what was taught that are not among the pairs as they are."""
        return unknown(taught, self._rows)

    def finished(self, model: Seq2Seq, taught: Sequence[NewRow]) -> tuple[dict[str, bytes], Fitted]:
        """The memory's files, and the confidence that the bot had."""
        stored = self._stored
        confidence = stored.tree["confidence"]
        made = files(
            [*self._rows, *taught],
            stored.similarity,
            stored.ranker,
            prior_of(self._rows, self.prepared.format.tokenizer, self._settings),
            self._settings.memory.embeddings,
            confidence,
            self._pairs,
        )
        return made, Fitted(Confidence.from_tree(confidence), True, 0.0, 0.0, inherited=True)


def learn(
    tuning: Tuning,
    corpus: Corpus,
    settings: Config,
    folder: Path,
    monitor: Monitor,
    stop: Callable[[], int] = lambda: GO_ON,
) -> tuple[Prepared, Recalling, Seq2Seq, Outcome]:
    """The pairs, how they are remembered, the model, and how its training ended."""
    ancestor, training = tuning.ancestor, settings.training
    prepared = prepare(
        corpus, settings.text, training.seed, folder, ancestor.shape, tuning.held(corpus)
    )
    recollection: Recalling
    if tuning.inherits:
        recollection = Inherited(tuning, prepared, settings)
    else:
        place = settings.memory.embeddings
        encoder = SentenceEncoder.load(place) if place else None
        recollection = Recollection(prepared, settings, encoder, folder)
        prepared = recollection.prepared
    noise = Noise(
        prepared.format.tokenizer,
        given(training.subword_noise, "training.subword_noise"),
        given(training.word_drop, "training.word_drop"),
        given(training.stray_history, "training.stray_history"),
        fold=prepared.format.fold,
        slots=prepared.pieces.slots,
    )
    model = build(settings.model, prepared.pieces)
    assert ancestor.weights is not None
    load_weights(model, ancestor.weights)
    outcome = _tuned(model, prepared, tuning, training, noise, monitor, stop)
    return prepared, recollection, model, outcome


def _tuned(
    model: Seq2Seq,
    prepared: Prepared,
    tuning: Tuning,
    settings: TrainingConfig,
    noise: Noise,
    monitor: Monitor,
    stop: Callable[[], int],
) -> Outcome:
    """Learns what is new; `model` has the old weights.

    Raises:
        ConfigError: no update had a finite gradient.
    """
    began = time.perf_counter()
    torch.manual_seed(settings.seed)
    before = _weights(model)
    budget = given(settings.batch_tokens, "training.batch_tokens")
    held_out = prepared.held_out
    if len(held_out) > MEASURED:
        held_out = held_out.some(np.linspace(0, len(held_out) - 1, MEASURED).astype(np.int64))
    old_loss = _loss(model, held_out, budget)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=0.0, betas=(0.9, 0.98), eps=EPSILON, weight_decay=0.0, fused=True
    )
    update = pairs = targets = tokens = skipped = stopping = 0
    model.train()
    try:
        with Lanes(model, settings) as lanes:
            for batch in _batches(prepared, tuning, settings.seed, noise):
                rate = rate_at(update, tuning.updates, RATE, WARMUP)
                optimizer.param_groups[0]["lr"] = rate
                heard = lanes.gradients(batch, None, update)
                norm = clipped(optimizer, heard.counted, settings.clip_norm)
                nats = float(heard.nats_B.sum())
                update += 1
                if math.isfinite(norm) and math.isfinite(nats):
                    optimizer.step()
                else:
                    skipped += 1
                pairs, targets, tokens = (
                    pairs + batch.size,
                    targets + heard.targets,
                    tokens + batch.tokens,
                )
                elapsed = time.perf_counter() - began
                monitor.update(
                    Progress(
                        update,
                        tuning.updates,
                        pairs,
                        nats / heard.targets,
                        rate,
                        old_loss,
                        None,
                        elapsed,
                        tokens / elapsed,
                        norm,
                        skipped,
                    )
                )
                stopping = stop()
                if stopping:
                    break
        if skipped == update:
            raise ConfigError("training found no finite gradient; train without --from")
        model.eval()
        share, loss = _brought_back(model, before, held_out, budget, old_loss)
        if loss is not None:
            text = f"Held-out loss {loss:.4f}, before {old_loss:.4f}; {share:.0%} of the way."
            monitor.event(Event(update, CHECKED, text))
    finally:
        monitor.close()
    seconds = time.perf_counter() - began
    return Outcome(
        updates=update,
        pairs=pairs,
        held_out=loss,
        best_update=update,
        seconds=seconds,
        target_tokens_per_second=targets / seconds,
        skipped=skipped,
        interrupted=update < tuning.updates,
        left=update < tuning.updates and stopping == LEAVE,
    )


def _batches(prepared: Prepared, tuning: Tuning, seed: int, noise: Noise | None) -> Iterator[Batch]:
    """One for each update: new pairs, each once in a pass, and old ones, none of them twice before
    all had their turn."""
    random = np.random.default_rng([seed, 29])
    is_new = tuning.is_new(prepared.learnt_examples)
    new, old = np.flatnonzero(is_new), np.flatnonzero(~is_new)
    line = random.permutation(old)
    number = 0
    for _ in range(tuning.passes):
        for part in np.array_split(random.permutation(new), math.ceil(len(new) / NEW)):
            count = min(OLD, len(old))
            if len(line) < count:
                line = random.permutation(old)
            some, line = line[:count], line[count:]
            chosen = prepared.learnt.some(np.concatenate([part, some]))
            yield from epoch(chosen, 1 << 40, seed, number, noise)
            number += 1


def _brought_back(
    model: Seq2Seq,
    before: list[Tensor],
    held_out: Shard,
    budget: int,
    old_loss: float | None,
) -> tuple[float, float | None]:
    """Goes back towards the weights `before` until the loss on old pairs is as good, or nearly;
    the share of the way that is left, and the loss."""
    after = _weights(model)
    if old_loss is None:
        _between(model, before, after, UNMEASURED)
        return UNMEASURED, None
    share, loss = 1.0, _loss(model, held_out, budget)
    assert loss is not None
    while loss > old_loss + TOLERATED and share > BACK:
        share = round(share - BACK, 4)
        _between(model, before, after, share)
        measured = _loss(model, held_out, budget)
        assert measured is not None
        loss = measured
    return share, loss


def _between(model: Seq2Seq, before: list[Tensor], after: list[Tensor], share: float) -> None:
    with torch.no_grad():
        for weight, old, new in zip(model.parameters(), before, after, strict=True):
            weight.copy_(torch.lerp(old, new, share))


def _weights(model: Seq2Seq) -> list[Tensor]:
    return [weight.detach().clone() for weight in model.parameters()]


def _loss(model: Seq2Seq, held_out: Shard, budget: int) -> float | None:
    return measure(model, plain(held_out, budget)).nats_per_token if len(held_out) else None
