"""The training loop: updates, held-out checks, the best weights kept, a clean stop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

import torch

from dialog_s2s.config import TrainingConfig, given
from dialog_s2s.errors import ConfigError
from dialog_s2s.model.seq2seq import Seq2Seq
from dialog_s2s.text.batches import Batch, measured, plain, stream
from dialog_s2s.text.noise import Noise
from dialog_s2s.text.shards import Shard
from dialog_s2s.training.checkpoint import Checkpoint
from dialog_s2s.training.distributed import ALONE, World
from dialog_s2s.training.joint import Joint
from dialog_s2s.training.lanes import Heard, Lanes, OutOfMemory
from dialog_s2s.training.learner import Learner
from dialog_s2s.training.ledger import Ledger
from dialog_s2s.training.monitor import (
    CHECKED,
    HALVED,
    RESUMED,
    ROLLED_BACK,
    SAVED,
    SKIPPED,
    STOPPING,
    Event,
    Monitor,
    Progress,
)
from dialog_s2s.training.objective import Measured, measure, precision
from dialog_s2s.training.optimizer import Optimizer, rate_at
from dialog_s2s.training.run import Run
from dialog_s2s.training.shortage import too_large
from dialog_s2s.training.stopping import GO_ON, LEAVE

REHEARSED = 24
"""Updates timed, on a copy's gradients, to learn how many fit in the minutes allowed."""

IN_A_ROW = 3
"""Updates without a finite gradient after which training goes back to its last good state."""

HOPELESS = 8
"""Times it goes back to one and the same state."""

SAVE_UPDATES = 200
"""Updates between two checkpoints where nothing else is said."""


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
    left: bool = False
    """Whether no bot is to be made, for it was told to leave."""
    rolled_back: int = 0
    """Times that it went back to an earlier state, for gradients stayed bad."""


def fit(
    model: Seq2Seq,
    shard: Shard,
    held_out: Shard,
    settings: TrainingConfig,
    noise: Noise | None,
    monitor: Monitor,
    stop: Callable[[], int] = lambda: GO_ON,
    joint: Joint | None = None,
    world: World = ALONE,
    run: Run | None = None,
    ledger: Ledger | None = None,
) -> Outcome:
    """Makes `settings.steps` updates, or fewer when `stop` says so (see `stopping`), and keeps the
    best weights.

    With `joint`, what the memory knows of an example counts less: see there. With `run`, it goes on
    from the run's last checkpoint, if there is one, and writes new ones: every `save_updates`, and
    at its end.

    Raises:
        ConfigError: no update had a finite gradient, or memory does not suffice for an example.
        DiskError: a checkpoint cannot be written.
        BundleError: one cannot be read.
    """
    learner = Learner(model, Optimizer(model, settings.weight_decay), joint)
    learner.mark_good()
    try:
        if run is not None:
            run.take_up(learner)
    except BaseException:
        monitor.close()
        raise
    counts, ledger = learner.counts, ledger or Ledger()
    if counts.update:
        text = f"Went on after {counts.update:,} updates."
        monitor.event(Event(counts.update, RESUMED, text))
    fitting = _Fitting(learner, held_out, settings, monitor, stop, world, run, ledger)
    with ledger.part("updates"):
        return fitting.run_to_end(shard, noise)


class _Fitting:
    """One call of `fit`."""

    def __init__(
        self,
        learner: Learner,
        held_out: Shard,
        settings: TrainingConfig,
        monitor: Monitor,
        stop: Callable[[], int],
        world: World,
        run: Run | None,
        ledger: Ledger,
    ):
        self.learner = learner
        self.held_out = held_out
        self.settings = settings
        self.monitor = monitor
        self.stop = stop
        self.world = world
        self.run = run
        self.ledger = ledger
        self.steps = given(settings.steps, "training.steps")
        self.budget = given(settings.batch_tokens, "training.batch_tokens")
        self.highest = given(settings.learning_rate, "training.learning_rate")
        checks = settings.checks
        self.checks = {max(1, round(self.steps * (i + 1) / checks)) for i in range(checks)}
        self.every = settings.save_updates or SAVE_UPDATES
        self._before = learner.counts.seconds
        self._began = time.perf_counter()

    def run_to_end(self, shard: Shard, noise: Noise | None) -> Outcome:
        learner, counts = self.learner, self.learner.counts
        stopping = GO_ON
        learner.model.train()
        try:
            with Lanes(learner.model, self.settings, self.world) as lanes:
                batches = stream(shard, self.budget, self.settings.seed, noise, learner.position)
                while counts.update < self.steps:
                    batch, after = next(batches)
                    stopping = self._update(lanes, batch, stopping)
                    learner.position = after
                    if counts.update in self.checks and len(self.held_out):
                        with self.ledger.part("held-out checks"):
                            self._check()
                    self._tell()  # before it is saved, so that what is saved was told
                    if counts.update % self.every == 0 or counts.update == self.steps:
                        with self.ledger.part("checkpoints"):
                            self._save()
                    told = self.stop()
                    if self.world.size == 1:
                        stopping = told
                    if stopping:
                        break
                    stopping = told
            if counts.update < self.steps:
                self._event(STOPPING, f"Stopped after {counts.update:,} updates.")
                counts.seconds = self._seconds()
                if counts.update % self.every and learner.finite():
                    self._keep(learner.checkpoint())  # else it goes on from the one before
        finally:
            self.monitor.close()
        return self._ended(stopping)

    def _ended(self, stopping: int) -> Outcome:
        learner, counts = self.learner, self.learner.counts
        seconds = self._seconds()
        left = counts.update < self.steps and stopping == LEAVE
        if counts.skipped == counts.update and not left:
            raise ConfigError("training found no finite gradient; lower training.learning_rate")
        if len(self.held_out) and counts.best is None and not left:  # before the first check
            learner.offer(self._measured().nats_per_token)
        if learner.best:
            with torch.no_grad():
                for name, weight in learner.model.named_parameters():
                    weight.copy_(learner.best[name])
        learner.model.eval()
        return Outcome(
            updates=counts.update,
            pairs=counts.pairs,
            held_out=counts.best,
            best_update=counts.best_update or counts.update,
            seconds=seconds,
            target_tokens_per_second=counts.targets / seconds,
            skipped=counts.skipped,
            interrupted=counts.update < self.steps,
            left=left,
            rolled_back=counts.rolled_back,
        )

    def _update(self, lanes: Lanes, batch: Batch, stopping: int) -> int:
        """One update, or none where its gradient is not finite; what the processes were told."""
        learner, counts = self.learner, self.learner.counts
        self.rate = counts.scale * rate_at(
            counts.update, self.steps, self.highest, self.settings.warmup
        )
        heard = self._heard(lanes, batch, stopping)
        self.norm = learner.optimizer.clip(heard.counted, self.settings.clip_norm)
        nats = float(heard.nats_B.sum())
        counts.update += 1
        counts.pairs += batch.size
        counts.tokens += batch.tokens
        counts.targets += heard.targets
        if math.isfinite(self.norm) and math.isfinite(nats):
            learner.optimizer.step(self.rate, lanes.spread)
            if learner.joint is not None:
                learner.joint.heard(batch.places_B, heard.nats_B)
            counts.heard(nats / heard.targets)
            counts.in_a_row = 0
        else:
            self._skip()
        return heard.stop

    def _heard(self, lanes: Lanes, batch: Batch, stopping: int) -> Heard:
        """A batch's gradients, worked out in smaller pieces where memory does not suffice."""
        counts, joint = self.learner.counts, self.learner.joint
        weight_B = None if joint is None else joint.weights(batch.places_B)
        while True:
            try:
                return lanes.gradients(batch, weight_B, counts.update, counts.pieces, stopping)
            except OutOfMemory:
                counts.pieces = _more_pieces(batch, counts.pieces)
                self._event(
                    HALVED,
                    f"Memory ran out: batches are worked through in {counts.pieces} pieces, with "
                    "the same result.",
                    counts.update + 1,  # the one that is being made
                )

    def _skip(self) -> None:
        """Leaves an update out; after some in a row it goes back to the last good state."""
        counts = self.learner.counts
        counts.skipped += 1
        counts.in_a_row += 1
        self._event(SKIPPED, "An update had no finite gradient and was left out.")
        if counts.in_a_row % IN_A_ROW == 0:
            self._roll_back()

    def _roll_back(self) -> None:
        learner, counts = self.learner, self.learner.counts
        learner.roll_back()
        if counts.since == HOPELESS:
            raise ConfigError(
                f"training went back {HOPELESS} times and found no finite gradient; lower "
                "training.learning_rate"
            )
        at = learner.good.update if learner.good is not None else 0
        self._event(
            ROLLED_BACK,
            f"Went back to the weights of update {at:,}; the learning rate is {counts.scale:g} of "
            "what it was.",
        )

    def _measured(self) -> Measured:
        """Of what is held out; each process measures a share."""
        model, world = self.learner.model, self.world
        device = model.generator.bias_V.device
        share = islice(plain(self.held_out, self.budget), world.rank, None, world.size)
        with precision(given(self.settings.precision, "training.precision"), device):
            own = world.together(lambda: measure(model, share))
        both = torch.tensor([own.nats, own.tokens], dtype=torch.float64, device=device)
        nats, tokens = world.summed(both).tolist()
        return Measured(nats, int(tokens))

    def _check(self) -> None:
        counts = self.learner.counts
        counts.held_out = self._measured().nats_per_token
        best = self.learner.offer(counts.held_out)
        told = "the lowest so far" if best else "not the lowest"
        self._event(CHECKED, f"Held-out loss {counts.held_out:.4f}, {told}.")

    def _save(self) -> None:
        """Writes a state, which is a good one if its last update was; with bad weights it is not
        written."""
        learner = self.learner
        learner.counts.seconds = self._seconds()
        if not learner.finite():
            self._roll_back()
        elif learner.counts.in_a_row:
            self._keep(learner.checkpoint())
        else:
            self._keep(learner.mark_good())

    def _keep(self, checkpoint: Checkpoint) -> None:
        if self.run is not None:
            self.run.save(checkpoint, self.settings.keep)
            self._event(SAVED, f"Saved after {checkpoint.update:,} updates.")

    def _seconds(self) -> float:
        return self._before + time.perf_counter() - self._began

    def _event(self, kind: str, text: str, update: int | None = None) -> None:
        at = self.learner.counts.update if update is None else update
        self.monitor.event(Event(at, kind, text))

    def _tell(self) -> None:
        counts, elapsed = self.learner.counts, self._seconds()
        self.monitor.update(
            Progress(
                update=counts.update,
                updates=self.steps,
                pairs=counts.pairs,
                loss=math.nan if counts.loss is None else counts.loss,
                rate=self.rate,
                held_out=counts.held_out,
                best=counts.best,
                elapsed=elapsed,
                tokens_per_second=counts.tokens / elapsed,
                norm=self.norm,
                skipped=counts.skipped,
                scale=counts.scale,
            )
        )


def _more_pieces(batch: Batch, pieces: int) -> int:
    """Twice as many, for a batch for which memory did not suffice."""
    if pieces >= batch.size:
        raise too_large()
    return 2 * pieces


def pace(
    model: Seq2Seq,
    shard: Shard,
    settings: TrainingConfig,
    noise: Noise | None,
    world: World = ALONE,
) -> tuple[float, int]:
    """Seconds an update takes, from a few that change nothing, and the updates of a pass."""
    optimizer = Optimizer(model, settings.weight_decay)
    budget = given(settings.batch_tokens, "training.batch_tokens")
    times, cells = [], []
    pieces = 1
    model.train()
    with Lanes(model, settings, world) as lanes:
        for batch, _ in islice(stream(shard, budget, settings.seed, noise), REHEARSED):
            began = time.perf_counter()
            while True:
                try:
                    heard = lanes.gradients(batch, pieces=pieces)
                    break
                except OutOfMemory:
                    pieces = _more_pieces(batch, pieces)
            optimizer.clip(heard.counted, settings.clip_norm)
            optimizer.step(0.0, lanes.spread)  # the work of an update, not its effect
            times.append(time.perf_counter() - began)
            cells.append(batch.cells)
    first = len(times) // 4  # which also set up caches
    updates, usual = measured(shard, budget, settings.seed, noise)
    return sum(times[first:]) / sum(cells[first:]) * usual, updates
