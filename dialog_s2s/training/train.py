"""A whole run: corpus in, bot out."""

from __future__ import annotations

import dataclasses
import os
import shlex
import signal
import tempfile
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import torch

from dialog_s2s import bundle
from dialog_s2s.config import (
    Config,
    TextConfig,
    TrainingConfig,
    config_from_text,
    config_text,
    given,
)
from dialog_s2s.dialogue.manager import Bot
from dialog_s2s.errors import BundleError, DiskError, Stopped, UsageError
from dialog_s2s.generation.engine import Engine
from dialog_s2s.generation.torch_backend import TorchBackend
from dialog_s2s.memory.database import make_private
from dialog_s2s.memory.embeddings import SentenceEncoder
from dialog_s2s.memory.rows import NewRow
from dialog_s2s.model.build import Pieces, build
from dialog_s2s.model.seq2seq import Seq2Seq
from dialog_s2s.model.weights import load_weights, weights_to_bytes
from dialog_s2s.text.batches import measured
from dialog_s2s.text.noise import Noise
from dialog_s2s.text.tokenizer import VocabularyError
from dialog_s2s.training.ancestor import Ancestor
from dialog_s2s.training.calibration import Fitted
from dialog_s2s.training.card import model_card
from dialog_s2s.training.corpus import Corpus, Prepared, Survey, corpus_of, prepare, survey
from dialog_s2s.training.curves import write_curves
from dialog_s2s.training.distributed import World, job, joined, restarted
from dialog_s2s.training.finetuning import Tuning, learn
from dialog_s2s.training.folder import (
    CURVES,
    METRICS,
    REPORT,
    Record,
    config_of,
    how_to_resume,
    read_record,
    run_folder,
    saved,
    unfinished,
)
from dialog_s2s.training.host import best_precision, cores, keep_freed_memory
from dialog_s2s.training.joint import Joint
from dialog_s2s.training.ledger import Ledger
from dialog_s2s.training.loop import Outcome, fit, pace
from dialog_s2s.training.memory import thesaurus_of
from dialog_s2s.training.metrics_file import MetricsFile, read_metrics
from dialog_s2s.training.monitor import Monitor, Several, Silent
from dialog_s2s.training.recollection import Recalling, Recollection, index, taught_before
from dialog_s2s.training.run import Run, fingerprint
from dialog_s2s.training.sizing import Choice, choose, paced
from dialog_s2s.training.stopping import GO_ON
from dialog_s2s.training.summary import report, see, write_report
from dialog_s2s.training.tensorboard import tensorboard
from dialog_s2s.version import VERSION

RESERVE = 0.08
"""Share of the minutes kept for held-out checks, checkpoints, and what a timing misses."""

SAVE_SECONDS = 20.0
"""Training that a kill may cost."""

TIMED_DROPOUT = 0.1
"""Of the model that is timed, where it is chosen afterwards."""

LONGER = 0.5
"""Share of the pieces chosen that may be longer than a character, where characters alone are more
than were chosen."""

FEW = 4
"""Passes over the corpus below which a bot is likely to talk nonsense."""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a run."""

    path: Path
    config: Config
    survey: Survey
    held_out_pairs: int
    parameters: int
    outcome: Outcome
    calibrated: Fitted | None
    """How sure the bot is of its replies; None without an answer memory."""
    summary: tuple[str, ...] = ()
    """How it went and what it learnt, as lines for people; see `summary`."""


def train(
    data: object,
    out: str | Path,
    *,
    base: str | Path | None = None,
    minutes: float | None = None,
    seed: int | None = None,
    config: Config | None = None,
    format: str | None = None,
    replace: bool = False,
    resume: bool = False,
    monitor: Monitor | None = None,
    say: Callable[[str], None] = lambda line: None,
    stop: Callable[[], int] = lambda: GO_ON,
) -> Report:
    """Trains a bot on question-answer pairs and writes its bundle to `out`.

    `data` is a path, several, or an iterable of (question, answer) pairs, mappings or
    dialogues. Settings left open in `config` are chosen from the corpus; `say` is told what and
    why, line by line. When `stop` returns True the run ends and the best weights so far are kept;
    see `stopping`.

    With `base`, a trained bot, training goes on from its weights, on all that it remembers (what it
    was taught too) and on `data`, which may then be empty.

    The run is kept in `runs/` beside `out`, see `run`. With `resume` one that was interrupted goes
    on as it was begun, to the same bundle as if it had not been: `data` is that of then (empty: the
    same files), and the settings are its own. Where several processes were started, by `torchrun`
    or Ray Train, they train one bot together, and the first writes it.

    Raises:
        UsageError, DataError: the data cannot be read as it stands; the bot that is replaced
            was taught, and this one is to have no memory; there is an unfinished run, and neither
            `resume` nor `replace`; or there is none, and `resume`.
        BundleError, DiskError: `out` is taken or cannot be written, or `base` cannot be read; asked
            before training.
        Stopped: `stop` said to leave; what was learnt is in the run.
    """
    with joined() as world:
        task = _Task(
            Path(out),
            None if base is None else Path(base),
            replace,
            monitor or Silent(),
            say,
            stop,
            world,
            Ledger(),
        )
        if not world.first:
            task = dataclasses.replace(task, monitor=Silent(), say=lambda line: None)
        settings = _merged(config or Config(), minutes, seed, format)
        asked_for = _asked_for(data, format, task.base, settings)
        begun = world.same(world.by_the_first(lambda: _begun(task, resume, asked_for)))
        if begun is not None:
            data, format, task = _as_begun(data, task, Record(**begun[0]))
            settings = config_from_text(begun[1].encode(), "the run's configuration")
        with task.ledger.part("reading"):
            ancestor, corpus, counted = world.together(lambda: _read(data, format, task.base))
        tuning = None
        if ancestor is not None:
            if begun is None:
                asked = settings
                settings = ancestor.settings(settings, config is not None)
                tuning = Tuning.of(ancestor, corpus, asked, settings)
            task.say(_inherited(ancestor))
        if tuning is not None:
            settings = tuning.settings(settings)
        machine = world.same([best_precision(), cores() * world.size // world.local_size])
        settings, choices = choose(settings, counted, *machine)
        for line in _plan(counted, choices):
            task.say(line)
        torch.set_num_threads(_threads(settings.training, world.size))
        keep_freed_memory()
        named = None if task.base is None else str(task.base)
        record = Record(
            _paths(data), os.path.abspath("."), format, named, job=job(), asked=asked_for
        )
        chosen = {choice.setting for choice in choices}
        with _workplace() as folder:
            if tuning is not None:
                return _tuned(tuning, corpus, counted, settings, Path(folder), task)
            going_on = begun is not None
            report = _run(
                corpus, ancestor, counted, settings, chosen, Path(folder), task, record, going_on
            )
        world.same(None)  # until the bundle is there
        return report


@dataclass(frozen=True, slots=True)
class _Task:
    """What a run is to make, and who is told."""

    out: Path
    base: Path | None
    replace: bool
    monitor: Monitor
    say: Callable[[str], None]
    stop: Callable[[], int]
    world: World
    ledger: Ledger


def _begun(task: _Task, resume: bool, asked: str) -> tuple[dict[str, object], str] | None:
    """The record and the settings of the interrupted run that is taken up, if one is; and whether
    there is place for what is made."""
    record = _record(task, resume)
    if record is not None and _taken_up(record, task, resume, asked):
        bundle.check_place(task.out, True)
        return dataclasses.asdict(record), config_text(config_of(task.out))
    if resume:
        raise UsageError(
            f"{task.out}: there is no interrupted training to go on with; train without --resume, "
            "or go on from a finished bot with --from"
        )
    bundle.check_place(task.out, task.replace)
    if record is not None and unfinished(task.out) and not task.replace:
        raise UsageError(
            f"{run_folder(task.out)}: holds an interrupted training of this bot; go on with it: "
            f"{how_to_resume(task.out)}; or add --force to begin anew"
        )
    return None


def _record(task: _Task, resume: bool) -> Record | None:
    """That of the bot's run; none of a damaged one that is to be replaced."""
    try:
        return read_record(task.out)
    except BundleError:
        if resume or not task.replace:
            raise
        return None


def _taken_up(record: Record, task: _Task, resume: bool, asked: str) -> bool:
    """Whether it is gone on with a run. `torchrun` asks for no `resume` where it starts processes
    anew, which it does even where one was lost when the bot was there: then the same bot is written
    again. What another call of the same program made is replaced if that is asked for."""
    own = record.job != "" and record.job == job()
    if not saved(task.out):
        return False
    if not record.finished:
        return resume or own or (restarted() and not task.replace)
    return own and restarted() and (not task.replace or record.asked == asked != "")


def _read(
    data: object, format: str | None, base: Path | None
) -> tuple[Ancestor | None, Corpus, Survey]:
    """What is trained on."""
    ancestor = None if base is None else Ancestor.load(base)
    corpus = corpus_of(data, format, ancestor)
    return ancestor, corpus, survey(corpus)


def _as_begun(data: object, task: _Task, begun: Record) -> tuple[object, str | None, _Task]:
    """The data, the format and the task of a run that is taken up."""
    base = None if begun.base is None else Path(begun.named(begun.base))
    if begun.files and not _paths(data):
        data = [begun.named(file) for file in begun.files]
    task.say(f"Going on with the training of {task.out}.")
    return data, begun.format, dataclasses.replace(task, base=base, replace=True)


def _asked_for(data: object, format: str | None, base: Path | None, settings: Config) -> str:
    """A digest of what a call asks for; of pairs from Python, none."""
    files = _paths(data)
    if not files:
        return ""
    told = repr((files, format, None if base is None else str(base)))
    return fingerprint([told.encode(), config_text(settings).encode()])


def _paths(data: object) -> tuple[str, ...]:
    """The files that a run trains on; none of pairs from Python."""
    given = [data] if isinstance(data, str | Path) else data
    if not isinstance(given, list | tuple) or not all(isinstance(e, str | Path) for e in given):
        return ()
    return tuple(str(each) for each in given)


def plan(
    data: object,
    minutes: float | None = None,
    config: Config | None = None,
    format: str | None = None,
) -> Config:
    """The settings a run would have, nothing trained (`training.steps` takes a timing)."""
    counted = survey(corpus_of(data, format))
    settings = _merged(config or Config(), minutes, None, format)
    return choose(settings, counted, best_precision(), cores())[0]


def _run(
    corpus: Corpus,
    ancestor: Ancestor | None,
    counted: Survey,
    settings: Config,
    chosen: Collection[str],
    folder: Path,
    task: _Task,
    record: Record,
    going_on: bool,
) -> Report:
    out, world, say = task.out, task.world, task.say
    asked = settings
    # if it cannot be read, that is told now, not when all is learnt
    world.by_the_first(lambda: _check_taught(out, asked))
    settings, prepared, recollection = world.together(
        lambda: _prepared(corpus, asked, chosen, folder, ancestor, task)
    )
    digest = _fingerprint(prepared, folder, ancestor)
    world.agree(f"{digest} {VERSION} {config_text(settings)}", "data")
    pieces = prepared.pieces
    training = settings.training
    noise = Noise(
        prepared.format.tokenizer,
        given(training.subword_noise, "training.subword_noise"),
        given(training.word_drop, "training.word_drop"),
        given(training.stray_history, "training.stray_history"),
        fold=prepared.format.fold,
        slots=pieces.slots,
    )
    with task.ledger.part("timing"):
        steps, every, passes, why = world.same(_steps(settings, pieces, prepared, noise, world))
    settings, choices = paced(settings, counted, steps, passes)
    if training.steps is None:
        choices += [
            Choice("training.steps", steps, why),
            Choice("training.save_updates", every, "updates between two checkpoints"),
        ]
        every = every if training.save_updates is None else training.save_updates
        training = dataclasses.replace(settings.training, steps=steps, save_updates=every)
        settings = dataclasses.replace(settings, training=training)
    for choice in choices:
        say(_told(choice))
    training = settings.training
    torch.manual_seed(training.seed)
    model = build(settings.model, pieces)
    if ancestor is not None and ancestor.weights is not None:
        load_weights(model, ancestor.weights)
    load_weights(model, world.same_bytes(weights_to_bytes(model)))
    parameters = sum(weight.numel() for weight in model.parameters())
    joint = None if recollection is None else _shared_joint(recollection.joint(), world)
    record = dataclasses.replace(record, fingerprint=digest)
    run = world.by_the_first(
        lambda: (
            Run.resume(out, record, world) if going_on else Run.begin(out, settings, record, world)
        )
    ) or Run(run_folder(out), world)
    try:
        say(
            f"Training {parameters / 1e6:.1f}M parameters; Ctrl-C stops early and keeps the best. "
            f"What is learnt is kept in {run.folder}."
        )
        outcome = fit(
            model.to(world.device),
            prepared.learnt,
            prepared.held_out,
            training,
            noise,
            _watched(task, run, given(training.steps, "training.steps")),
            task.stop,
            joint,
            world,
            run,
            task.ledger,
        )
        model.to("cpu")
        if outcome.interrupted:
            say(f"Go on with it at any time: {how_to_resume(out)}")
            if outcome.left or world.same(_same_place(task.base, out)):
                raise Stopped(signal.SIGTERM if outcome.left else signal.SIGINT)
        torch.set_num_threads(_threads(training, world.size // world.local_size))  # others wait
        calibrated = world.by_the_first(
            lambda: _finished(settings, counted, prepared, model, outcome, recollection, task)
        )
        lines = world.by_the_first(
            lambda: _summary(outcome, recollection, prepared, settings, model, run.folder, task)
        )
        if not outcome.interrupted:
            run.finish()
        held_out, told = len(prepared.held_out), tuple(lines or ())
        return Report(out, settings, counted, held_out, parameters, outcome, calibrated, told)
    finally:
        run.close()


def _watched(task: _Task, run: Run, steps: int) -> Monitor:
    """The user's monitor, and what is written into the run's folder."""
    if not task.world.first:
        return task.monitor
    at = 0 if run.resumed is None else run.resumed.update
    metrics = MetricsFile(run.folder / METRICS, steps, at)
    events = tensorboard(run.folder, at)
    return Several(task.monitor, metrics, *([] if events is None else [events]))


def _summary(
    outcome: Outcome,
    recollection: Recalling | None,
    prepared: Prepared,
    settings: Config,
    model: Seq2Seq,
    folder: Path,
    task: _Task,
) -> list[str]:
    """The report, also written into the run's folder with the curves."""
    if isinstance(recollection, Recollection) and recollection.seen is not None:
        seen = recollection.seen
    else:
        engine = Engine(TorchBackend(model), prepared.format.tokenizer)
        seen = see(Bot(engine, prepared.format, settings, folder), prepared, settings.training.seed)
    metrics = read_metrics(folder / METRICS)
    failure = write_curves(metrics, folder / CURVES)
    lines = report(outcome, metrics, seen.known, seen.held_out, task.ledger)
    write_report(lines, folder / REPORT)
    return [*lines, *([] if failure is None else [failure])]


def _tuned(
    tuning: Tuning,
    corpus: Corpus,
    counted: Survey,
    settings: Config,
    folder: Path,
    task: _Task,
) -> Report:
    """Seconds of learning what is new, of which no run is kept; each process does the same. What
    was left of an earlier run would write over the bot if it were gone on with, and is removed."""
    for line in tuning.told():
        task.say(line)
    world = task.world
    outdated = world.by_the_first(lambda: Run.outdated(task.out))
    try:
        prepared, recollection, model, outcome = world.together(
            lambda: learn(tuning, corpus, settings, folder, task.monitor, task.stop)
        )
        if outcome.left or (outcome.interrupted and world.same(_same_place(task.base, task.out))):
            raise Stopped(signal.SIGTERM if outcome.left else signal.SIGINT)
        calibrated = world.by_the_first(
            lambda: _finished(settings, counted, prepared, model, outcome, recollection, task)
        )
        world.by_the_first(lambda: None if outdated is None else outdated.discard())
    finally:
        if outdated is not None:
            outdated.close()
    parameters = sum(weight.numel() for weight in model.parameters())
    held_out = len(prepared.held_out)
    return Report(task.out, settings, counted, held_out, parameters, outcome, calibrated)


def _prepared(
    corpus: Corpus,
    settings: Config,
    chosen: Collection[str],
    folder: Path,
    ancestor: Ancestor | None,
    task: _Task,
) -> tuple[Config, Prepared, Recollection | None]:
    """The corpus as pieces, the settings with their number, and the answer memory."""
    say, ledger = task.say, task.ledger
    encoder = None
    if settings.memory.enabled and settings.memory.embeddings:
        encoder = SentenceEncoder.load(settings.memory.embeddings)
    if settings.memory.enabled:
        thesaurus_of(settings)  # if the user's own cannot be read, that is told now
    shape = None if ancestor is None else ancestor.shape
    held = None
    if ancestor is not None:
        share = given(settings.text.held_out, "text.held_out")
        held = ancestor.held_openings(corpus, share, settings.training.seed)
    seed = settings.training.seed
    with ledger.part("pieces"):
        try:
            prepared = prepare(corpus, settings.text, seed, folder, shape, held)
        except VocabularyError as error:
            if "text.vocabulary" not in chosen:
                raise
            text = _wider(settings.text, error.least)
            settings = dataclasses.replace(settings, text=text)
            prepared = prepare(corpus, text, seed, folder, shape, held)
            told = f"its characters alone are {error.least:,} pieces"
            say(f"  {'text.vocabulary':<26} {text.vocabulary:<12} {told}")
    for line in _split(prepared, settings):
        say(line)
    if not settings.memory.enabled:
        return settings, prepared, None
    with ledger.part("answer memory"):
        recollection = Recollection(prepared, settings, encoder, folder, ledger)
    say(recollection.told())
    return settings, recollection.prepared, recollection


def _wider(text: TextConfig, least: int) -> TextConfig:
    """With room for so many pieces that there must be, and for longer ones."""
    room = round(LONGER * given(text.vocabulary, "text.vocabulary"))
    return dataclasses.replace(text, vocabulary=least + room)


def _finished(
    settings: Config,
    counted: Survey,
    prepared: Prepared,
    model: Seq2Seq,
    outcome: Outcome,
    recollection: Recalling | None,
    task: _Task,
) -> Fitted | None:
    """Writes the bot; how sure it is of its replies."""
    tokenizer = prepared.format.tokenizer
    files: dict[str, bytes] = {}
    calibrated = None
    taught: list[NewRow] = []
    if recollection is not None:
        taught = recollection.new(taught_before(task.out))
        if taught:
            task.say(f"Kept {len(taught):,} pairs that the bot there was taught.")
        with task.ledger.part("calibration"):
            files, calibrated = recollection.finished(model, taught)
        task.say(_sureness(calibrated, settings.memory.precision))
    if prepared.format.slots is not None:
        files[bundle.WORDS] = prepared.format.slots.written()
    parameters = sum(weight.numel() for weight in model.parameters())
    files |= {
        bundle.CONFIG: config_text(settings).encode(),
        bundle.WEIGHTS: weights_to_bytes(model),
        bundle.TOKENIZER: tokenizer.model,
        bundle.CARD: model_card(
            settings,
            counted,
            tokenizer.size,
            len(prepared.held_out),
            parameters,
            outcome,
            calibrated,
        ).encode(),
    }
    written = bundle.write_bundle(task.out, files, task.replace)
    if taught:
        make_private(written.path / bundle.MEMORY)
    if recollection is not None:
        index(written, tokenizer)
    return calibrated


def _threads(settings: TrainingConfig, sharing: int) -> int:
    """The part of one of so many that share them."""
    return max(1, given(settings.threads, "training.threads") // sharing)


def _check_taught(out: Path, settings: Config) -> None:
    taught = taught_before(out)
    if taught and not settings.memory.enabled:
        raise UsageError(
            f"{out}: was taught {len(taught):,} pairs, which would be lost, for memory.enabled is "
            f"false; write them to a file with: dialog-s2s taught {shlex.quote(str(out))} --json, "
            "and remove the folder or choose another"
        )


def _fingerprint(prepared: Prepared, folder: Path, ancestor: Ancestor | None) -> str:
    """Of all that the updates are made from, but for the settings."""
    weights = b"" if ancestor is None or ancestor.weights is None else ancestor.weights
    shards = sorted(each for each in folder.rglob("*.bin"))
    return fingerprint([prepared.format.tokenizer.model, weights, *shards])


def _shared_joint(joint: Joint, world: World) -> Joint:
    """The first process's, so that all count an example the same to the bit."""
    return joint.with_arrays(world.same_bytes)


def _same_place(one: Path | None, other: Path) -> bool:
    return one is not None and one.resolve() == other.resolve()


def _inherited(ancestor: Ancestor) -> str:
    told = (
        f"Going on from {ancestor.path}: {len(ancestor.rows):,} pairs, of which it was taught "
        f"{ancestor.taught:,}"
    )
    if ancestor.weights is None:
        return f"{told}. It has forgotten pairs, which its weights may hold: these begin anew."
    return f"{told}; its vocabulary, its sizes and its weights."


def _sureness(fitted: Fitted, precision: float) -> str:
    error = fitted.confidence.error or 0.0
    bar = fitted.confidence.threshold
    if fitted.inherited:
        return f"It answers where it is at least {bar:.0%} sure, as before."
    if fitted.reached:
        return (
            f"It answers where it is at least {bar:.0%} sure: {fitted.answered:.0%} of questions "
            f"like those taught. {fitted.precision:.0%} of its answers are right even where half "
            f"of what it is asked was never taught (calibration error {error:.3f})."
        )
    return (
        f"No bar makes {precision:.0%} of its answers right and leaves it most questions, as in "
        f"open chat, where many answers are right: it is silent below {bar:.0%} and answers "
        f"{fitted.answered:.0%} of questions like those taught (calibration error {error:.3f})."
    )


def _merged(config: Config, minutes: float | None, seed: int | None, format: str | None) -> Config:
    text, training = config.text, config.training
    if format == "parallel" and text.fold_sources is None:
        # a translator's source: "Essen" is not "essen", and a question not a statement
        text = dataclasses.replace(text, fold_sources=False)
    if minutes is not None:
        training = dataclasses.replace(training, minutes=minutes)
    if seed is not None:
        training = dataclasses.replace(training, seed=seed)
    return dataclasses.replace(config, text=text, training=training)


def _steps(
    settings: Config, pieces: Pieces, prepared: Prepared, noise: Noise, world: World
) -> tuple[int, int, float, str]:
    """The updates to be made: those asked for, or else those that fit in the minutes by a short
    timing on a throw-away model, or fewer where the corpus is learnt before. And those between two
    checkpoints, and the passes over the corpus that they are."""
    training = settings.training
    budget = given(training.batch_tokens, "training.batch_tokens")
    if training.steps is not None:
        updates, _ = measured(prepared.learnt, budget, training.seed, noise)
        return training.steps, training.save_updates or 0, training.steps / updates, "given"
    torch.manual_seed(training.seed)
    shape = dataclasses.replace(settings.model, dropout=settings.model.dropout or TIMED_DROPOUT)
    model = build(shape, pieces).to(world.device)
    seconds, updates = pace(model, prepared.learnt, training, noise, world)
    every = max(1, round(SAVE_SECONDS / seconds))
    fitting = int(given(training.minutes, "training.minutes") * 60 * (1 - RESERVE) / seconds)
    enough = updates * given(training.epochs, "training.epochs")
    if fitting < enough:
        fitting = max(1, fitting)
        why = f"updates in {training.minutes:g} min at {seconds * 1e3:.0f} ms each"
        return fitting, every, fitting / updates, why
    why = f"updates: {training.epochs} passes, about {enough * seconds:.0f} s"
    return enough, every, enough / updates, why


def _plan(counted: Survey, choices: Iterable[Choice]) -> list[str]:
    lines = [
        f"{counted.pairs:,} pairs, {counted.questions:,} different questions, "
        f"{counted.replies:,} different replies. Chosen for them:"
    ]
    return lines + [_told(choice) for choice in choices]


def _told(choice: Choice) -> str:
    value = f"{choice.value:,}" if type(choice.value) is int else str(choice.value)
    return f"  {choice.setting:<26} {value:<12} {choice.reason}"


def _split(prepared: Prepared, settings: Config) -> list[str]:
    lines = []
    if len(prepared.held_out):
        lines.append(
            f"Held out {len(prepared.held_out):,} pairs to measure on; "
            "no question is on both sides."
        )
    elif settings.text.held_out:
        lines.append(
            "Held out nothing: each reply has too few wordings to spare one. Held-out loss is "
            "not measured."
        )
    if prepared.cut:
        lines.append(
            f"Cut {prepared.cut:,} replies at {settings.text.max_target_tokens} pieces; raise "
            "text.max_target_tokens to keep them whole."
        )
    return lines


def _workplace() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="dialog-s2s-", ignore_cleanup_errors=True)
    except OSError as error:
        raise DiskError(
            f"no temporary folder can be made ({error.strerror}); free some space or set TMPDIR"
        ) from None
