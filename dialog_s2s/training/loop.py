"""The training loop: updates, held-out checks, the best weights kept, a clean stop."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import torch
from torch import Tensor

from dialog_s2s.config import TrainingConfig, given
from dialog_s2s.errors import ConfigError
from dialog_s2s.model.seq2seq import Seq2Seq
from dialog_s2s.text.batches import Batch, epoch, plain
from dialog_s2s.text.noise import Noise
from dialog_s2s.text.shards import Shard
from dialog_s2s.training.joint import Joint
from dialog_s2s.training.lanes import Lanes
from dialog_s2s.training.monitor import Monitor, Progress
from dialog_s2s.training.objective import measure, precision
from dialog_s2s.training.optimizer import optimizer_for, rate_at

REHEARSED = 24
"""Updates timed, on a copy's gradients, to learn how many fit in the minutes allowed."""

SMOOTHED = 0.98
"""Weight of the past in the displayed training loss."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended; the model holds the weights of its best check."""

    updates: int
    """Updates made."""
    pairs: int
    """Examples seen."""
    held_out: float | None
    """Best held-out nats per token; None where nothing was held out."""
    best_update: int
    seconds: float
    target_tokens_per_second: float
    skipped: int
    """Updates left out because their gradient was not finite."""
    interrupted: bool


def fit(
    model: Seq2Seq,
    shard: Shard,
    held_out: Shard,
    settings: TrainingConfig,
    noise: Noise | None,
    monitor: Monitor,
    stop: Callable[[], bool] = lambda: False,
    joint: Joint | None = None,
) -> Outcome:
    """Makes `settings.steps` updates, or fewer when `stop` says so, and keeps the best weights.

    With `joint`, what the memory knows of an example counts less: see there.

    Raises:
        ConfigError: no update had a finite gradient.
    """
    steps = given(settings.steps, "training.steps")
    budget = given(settings.batch_tokens, "training.batch_tokens")
    kind = given(settings.precision, "training.precision")
    device = model.generator.bias_V.device
    optimizer = optimizer_for(model, settings.weight_decay)
    checks = {max(1, round(steps * (i + 1) / settings.checks)) for i in range(settings.checks)}
    best = _Best(model)
    pairs = skipped = tokens = targets = made = 0
    shown, latest = math.nan, None
    began = time.perf_counter()
    model.train()
    with Lanes(model, settings) as lanes:
        for update, batch in enumerate(
            islice(_forever(shard, budget, settings.seed, noise), steps)
        ):
            rate = rate_at(
                update,
                steps,
                given(settings.learning_rate, "training.learning_rate"),
                settings.warmup,
            )
            for group in optimizer.param_groups:
                group["lr"] = rate
            weight_B = None if joint is None else joint.weights(batch.places_B)
            nats_B, heard = lanes.gradients(batch, weight_B)
            norm = torch.nn.utils.clip_grad_norm_(model.parameters(), settings.clip_norm)
            if torch.isfinite(norm):
                optimizer.step()
                if joint is not None:
                    joint.heard(batch.places_B, nats_B)
                per_token = float(nats_B.sum()) / heard
                shown = (
                    per_token if shown != shown else SMOOTHED * shown + (1 - SMOOTHED) * per_token
                )
            else:
                skipped += 1
            made = update + 1
            pairs += batch.size
            tokens += batch.tokens
            targets += heard
            if made in checks and len(held_out):
                with precision(kind, device):
                    latest = measure(model, plain(held_out, budget)).nats_per_token
                best.offer(latest, made)
            elapsed = time.perf_counter() - began
            monitor.update(
                Progress(
                    made, steps, pairs, shown, rate, latest, best.loss, elapsed, tokens / elapsed
                )
            )
            if stop():
                break
    monitor.close()
    seconds = time.perf_counter() - began
    if skipped == made:
        raise ConfigError("training found no finite gradient; lower training.learning_rate")
    if len(held_out) and best.loss is None:  # stopped before the first check
        with precision(kind, device):
            best.offer(measure(model, plain(held_out, budget)).nats_per_token, made)
    best.restore()
    model.eval()
    return Outcome(
        updates=made,
        pairs=pairs,
        held_out=best.loss,
        best_update=best.update or made,
        seconds=seconds,
        target_tokens_per_second=targets / seconds,
        skipped=skipped,
        interrupted=made < steps,
    )


def pace(model: Seq2Seq, shard: Shard, settings: TrainingConfig, noise: Noise | None) -> float:
    """Seconds an update takes, from a few that change nothing: gradients only, weights kept."""
    optimizer = optimizer_for(model, 0.0)  # at rate 0: the work of an update, not its effect
    batches = _forever(
        shard, given(settings.batch_tokens, "training.batch_tokens"), settings.seed, noise
    )
    times = []
    model.train()
    with Lanes(model, settings) as lanes:
        for batch in islice(batches, REHEARSED):
            began = time.perf_counter()
            lanes.gradients(batch)
            torch.nn.utils.clip_grad_norm_(model.parameters(), settings.clip_norm)
            optimizer.step()
            times.append(time.perf_counter() - began)
    # the first ones also set up caches; the mean of the rest, since batches differ in length
    return statistics.fmean(times[len(times) // 4 :])


def _forever(shard: Shard, budget: int, seed: int, noise: Noise | None) -> Iterator[Batch]:
    number = 0
    while True:
        yield from epoch(shard, budget, seed, number, noise)
        number += 1


class _Best:
    """A copy of the weights at the lowest held-out loss."""

    def __init__(self, model: Seq2Seq):
        self.model = model
        self.loss: float | None = None
        self.update = 0
        self.weights: dict[str, Tensor] = {}

    def offer(self, loss: float, update: int) -> None:
        if math.isfinite(loss) and (self.loss is None or loss <= self.loss):
            self.loss, self.update = loss, update
            self.weights = {
                name: weight.detach().clone() for name, weight in self.model.state_dict().items()
            }

    def restore(self) -> None:
        if self.weights:
            self.model.load_state_dict(self.weights)
