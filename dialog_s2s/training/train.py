"""A whole run: corpus in, bot out."""

from __future__ import annotations

import dataclasses
import shlex
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import torch

from dialog_s2s import bundle
from dialog_s2s.config import Config, config_text, given
from dialog_s2s.errors import DiskError, UsageError
from dialog_s2s.memory.database import make_private
from dialog_s2s.memory.embeddings import SentenceEncoder
from dialog_s2s.model.build import Pieces, build
from dialog_s2s.model.weights import load_weights, weights_to_bytes
from dialog_s2s.text.batches import epoch
from dialog_s2s.text.noise import Noise
from dialog_s2s.training.ancestor import Ancestor
from dialog_s2s.training.calibration import Fitted
from dialog_s2s.training.card import model_card
from dialog_s2s.training.corpus import Corpus, Prepared, Survey, corpus_of, prepare, survey
from dialog_s2s.training.host import best_precision, cores, keep_freed_memory
from dialog_s2s.training.loop import Outcome, fit, pace
from dialog_s2s.training.memory import thesaurus_of
from dialog_s2s.training.monitor import Monitor, Silent
from dialog_s2s.training.recollection import Recollection, index, taught_before
from dialog_s2s.training.sizing import Choice, choose

RESERVE = 0.04
"""Share of the minutes kept for held-out checks."""


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
    monitor: Monitor | None = None,
    say: Callable[[str], None] = lambda line: None,
    stop: Callable[[], bool] = lambda: False,
) -> Report:
    """Trains a bot on question-answer pairs and writes its bundle to `out`.

    `data` is a path, several, or an iterable of (question, answer) pairs, mappings or
    dialogues. Settings left open in `config` are chosen from the corpus; `say` is told what and
    why, line by line. When `stop` returns True the run ends and the best weights so far are kept.

    With `base`, a trained bot, training goes on from its weights, on all that it remembers (what it
    was taught too) and on `data`, which may then be empty.

    Raises:
        UsageError, DataError: the data cannot be read as it stands; or the bot that is replaced
            was taught, and this one is to have no memory.
        BundleError, DiskError: `out` is taken or cannot be written, or `base` cannot be read; asked
            before training.
    """
    bundle.check_place(out, replace)
    settings = _merged(config or Config(), minutes, seed, format)
    ancestor = None if base is None else Ancestor.load(base)
    corpus = corpus_of(data, format, ancestor)
    if ancestor is not None:
        settings = ancestor.settings(settings, config is not None)
        say(_inherited(ancestor))
    counted = survey(corpus)
    settings, choices = choose(settings, counted, best_precision(), cores())
    for line in _plan(counted, choices):
        say(line)
    torch.set_num_threads(given(settings.training.threads, "training.threads"))
    keep_freed_memory()
    with _workplace() as folder:
        place = Path(folder)
        return _run(
            corpus, ancestor, counted, settings, place, Path(out), replace, monitor, say, stop
        )


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
    folder: Path,
    out: Path,
    replace: bool,
    monitor: Monitor | None,
    say: Callable[[str], None],
    stop: Callable[[], bool],
) -> Report:
    encoder = None
    if settings.memory.enabled and settings.memory.embeddings:
        encoder = SentenceEncoder.load(settings.memory.embeddings)
    if settings.memory.enabled:
        thesaurus_of(settings)  # if the user's own cannot be read, that is told now
    taught = taught_before(out)  # if it cannot be read, that is told now, not when all is learnt
    if taught and not settings.memory.enabled:
        raise UsageError(
            f"{out}: was taught {len(taught):,} pairs, which would be lost, for memory.enabled is "
            f"false; write them to a file with: dialog-s2s taught {shlex.quote(str(out))} --json, "
            "and remove the folder or choose another"
        )
    shape = None if ancestor is None else ancestor.shape
    prepared = prepare(corpus, settings.text, settings.training.seed, folder, shape)
    for line in _split(prepared, settings):
        say(line)
    tokenizer = prepared.format.tokenizer
    # a corpus may not hold as many pieces as were asked for
    text = dataclasses.replace(settings.text, vocabulary=tokenizer.size)
    settings = dataclasses.replace(settings, text=text)
    pieces = prepared.pieces
    training = settings.training
    noise = Noise(
        tokenizer,
        given(training.subword_noise, "training.subword_noise"),
        given(training.word_drop, "training.word_drop"),
        given(training.stray_history, "training.stray_history"),
        fold=prepared.format.fold,
        slots=pieces.slots,
    )
    recollection = None
    if settings.memory.enabled:
        recollection = Recollection(prepared, settings, encoder, folder)
        prepared = recollection.prepared
        say(recollection.told())
    if training.steps is None:
        steps, why = _steps(settings, pieces, prepared, noise)
        training = dataclasses.replace(training, steps=steps)
        settings = dataclasses.replace(settings, training=training)
        say(f"  {'training.steps':<26} {steps:<12,} {why}")
    torch.manual_seed(training.seed)
    model = build(settings.model, pieces)
    if ancestor is not None and ancestor.weights is not None:
        load_weights(model, ancestor.weights)
    parameters = sum(weight.numel() for weight in model.parameters())
    say(f"Training {parameters / 1e6:.1f}M parameters; Ctrl-C stops early and keeps the best.")
    outcome = fit(
        model,
        prepared.learnt,
        prepared.held_out,
        training,
        noise,
        monitor or Silent(),
        stop,
        None if recollection is None else recollection.joint(),
    )
    files: dict[str, bytes] = {}
    calibrated = None
    taught = []
    if recollection is not None:
        taught = recollection.new(taught_before(out))
        if taught:
            say(f"Kept {len(taught):,} pairs that the bot there was taught.")
        files, calibrated = recollection.finished(model, taught)
        say(_sureness(calibrated, settings.memory.precision))
    if prepared.format.slots is not None:
        files[bundle.WORDS] = prepared.format.slots.written()
    report = Report(out, settings, counted, len(prepared.held_out), parameters, outcome, calibrated)
    files |= {
        bundle.CONFIG: config_text(settings).encode(),
        bundle.WEIGHTS: weights_to_bytes(model),
        bundle.TOKENIZER: tokenizer.model,
        bundle.CARD: model_card(
            settings, counted, len(prepared.held_out), parameters, outcome, calibrated
        ).encode(),
    }
    written = bundle.write_bundle(out, files, replace)
    if taught:
        make_private(written.path / bundle.MEMORY)
    if recollection is not None:
        index(written, tokenizer)
    return report


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


def _steps(settings: Config, pieces: Pieces, prepared: Prepared, noise: Noise) -> tuple[int, str]:
    """Updates that fit in the minutes by a short timing on a throw-away model, or fewer where the
    corpus is learnt before."""
    training = settings.training
    torch.manual_seed(training.seed)
    seconds = pace(build(settings.model, pieces), prepared.learnt, training, noise)
    fitting = int(given(training.minutes, "training.minutes") * 60 * (1 - RESERVE) / seconds)
    budget = given(training.batch_tokens, "training.batch_tokens")
    an_epoch = sum(1 for _ in epoch(prepared.learnt, budget, training.seed, 0, noise))
    enough = an_epoch * given(training.epochs, "training.epochs")
    if fitting < enough:
        return max(
            1, fitting
        ), f"updates in {training.minutes:g} min at {seconds * 1e3:.0f} ms each"
    return enough, f"updates: {training.epochs} passes, about {enough * seconds:.0f} s"


def _plan(counted: Survey, choices: Iterable[Choice]) -> list[str]:
    lines = [
        f"{counted.pairs:,} pairs, {counted.questions:,} different questions, "
        f"{counted.replies:,} different replies. Chosen for them:"
    ]
    return lines + [f"  {each.setting:<26} {each.value!s:<12} {each.reason}" for each in choices]


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
