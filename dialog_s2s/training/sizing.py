"""The one dial: from the corpus and the minutes allowed to every setting left open.

The rules come from the measurements in docs/lab-notes.md.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dialog_s2s.config import Config, given
from dialog_s2s.training.corpus import Survey

MINUTES = 1.0
"""Training time where none is given."""


SHARED = 4.0
"""Pairs a reply from which on replies are worth learning by the phrase."""

DROPOUT = ((20.0, 0.2), (4.0, 0.1), (0.0, 0.0))
"""By the least passes: the more often a pair is seen, the more of it is learnt by heart."""

RATES = {"gru": (0.02, 120), "transformer": (0.02, 120)}
"""Highest learning rate of a core, and the updates from which on it falls, with their root."""

PLENTY = 100_000
"""Characters of different text from which on there is much to learn beside a few replies."""

WIDTHS = ((150.0, 640, 384), (15.0, 384, 256), (0.0, 256, 192))
"""Width and embedding, by the seconds there are for PLENTY characters: for about eight passes, of
which more than of later ones is learnt."""

MEASURED = 200
"""Questions that are enough to measure the held-out loss on in a small corpus."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A setting, its value, and why it has it."""

    setting: str
    value: Any
    reason: str


def choose(
    config: Config, survey: Survey, precision: str, cores: int
) -> tuple[Config, list[Choice]]:
    """`config` with every open setting chosen, and the choices made; what depends on the number
    of updates, which takes a timing, is left to `paced`."""
    minutes = config.training.minutes or MINUTES
    copying = config.model.copy is not False and config.model.attention != "none"
    text, chosen = _filled(config, "text", _text(survey, config.text.phrases, copying))
    wanted = _model(survey, minutes, config.model.attention, text.slots)
    model, of_model = _filled(config, "model", wanted)
    wanted = _training(survey, model.core, precision, cores)
    training, of_training = _filled(config, "training", wanted)
    memory, of_memory = _filled(config, "memory", _memory(survey))
    sized = dataclasses.replace(config, text=text, model=model, training=training, memory=memory)
    return sized, [*chosen, *of_model, *of_training, *of_memory]


def paced(
    config: Config, survey: Survey, updates: int, passes: float
) -> tuple[Config, list[Choice]]:
    """`config` with the settings chosen that depend on how long is trained, and the choices."""
    model, chosen = _filled(config, "model", {"dropout": _dropout(survey, passes)})
    rate = _rate(given(model.core, "model.core"), updates)
    training, of_training = _filled(config, "training", {"learning_rate": rate})
    return dataclasses.replace(config, model=model, training=training), [*chosen, *of_training]


def _filled(
    config: Config, section: str, options: Mapping[str, tuple[Any, str]]
) -> tuple[Any, list[Choice]]:
    """A section with what is open in it chosen, and the choices."""
    part = getattr(config, section)
    open_ones = {name: each for name, each in options.items() if getattr(part, name) is None}
    chosen = [Choice(f"{section}.{name}", *each) for name, each in open_ones.items()]
    return dataclasses.replace(part, **{name: each[0] for name, each in open_ones.items()}), chosen


def _dropout(survey: Survey, passes: float) -> tuple[float, str]:
    if not open_ended(survey):
        return 0.0, "few replies, each for many questions, may be learnt by heart"
    rate = next(rate for least, rate in DROPOUT if passes >= least)
    return rate, f"{passes:.1f} passes: more of them learn more by heart"


def _rate(core: str, updates: int) -> tuple[float, str]:
    highest, usual = RATES[core]
    rate = highest * min(1.0, math.sqrt(usual / updates))
    return float(f"{rate:.2g}"), f"{updates:,} updates: the fewer, the higher"


def open_ended(survey: Survey) -> bool:
    """Whether there are many replies, and text enough to learn to make others."""
    return survey.pairs / survey.replies < SHARED and survey.characters >= PLENTY


def _text(survey: Survey, by_phrase: bool | None, copying: bool) -> dict[str, tuple[Any, str]]:
    ladder = ((10_000, 1000), (40_000, 2000), (600_000, 4000), (10_000_000, 8000))
    vocabulary = next((size for most, size in ladder if survey.characters < most), 16_000)
    history = min(survey.usual_history, 8)
    held_out = round(min(0.08, max(0.01, MEASURED / survey.questions)), 3)
    shared = survey.pairs / survey.replies
    phrases = shared >= SHARED
    # a slot is a word, and is copied
    slots = survey.slots if copying and not (phrases if by_phrase is None else by_phrase) else 0
    if phrases:
        vocabulary = max(vocabulary, min(16_000, survey.characters // 14))
    return {
        "phrases": (phrases, f"{shared:.1f} pairs share a reply"),
        "vocabulary": (vocabulary, f"{survey.characters:,} characters of different text"),
        "fold_sources": (True, "questions come in any case, with or without a question mark"),
        "history_turns": (
            history,
            f"{survey.with_history:,} of {survey.pairs:,} pairs have earlier turns"
            if history
            else "no pair has earlier turns, so each question is answered alone",
        ),
        "slots": (
            slots,
            f"{survey.repeating:.0%} of replies repeat a name of what was said before",
        ),
        "held_out": (held_out, "of the questions, to measure on"),
    }


def _model(
    survey: Survey, minutes: float, attention: str | None, slots: int
) -> dict[str, tuple[Any, str]]:
    diverse = open_ended(survey)
    seconds = 60 * minutes / (survey.characters / PLENTY)
    sizes = WIDTHS if survey.characters >= PLENTY else WIDTHS[-1:]
    width, embedding = next((wide, each) for least, wide, each in sizes if seconds >= least)
    size = f"{minutes:g} min of training and {survey.characters:,} characters"
    return {
        "core": ("gru", "learns faster than a transformer at this size"),
        "attention": ("general", "a learned query projection"),
        "heads": (1, "one suffices for a GRU"),
        "width": (width, size),
        "embedding": (embedding, size),
        "encoder_layers": (1, "wide and shallow is quickest to learn"),
        "decoder_layers": (1, "wide and shallow is quickest to learn"),
        "keep": (
            1.5 if slots else 0.0,
            "what was said long ago counts" if slots else "a source is soon read",
        ),
        "copy": (
            (diverse or slots > 0) and attention != "none",
            "replies take up words of the question"
            if diverse or slots > 0
            else "few replies, each for many questions, need no word of the question",
        ),
    }


def _training(
    survey: Survey, core: str | None, precision: str, cores: int
) -> dict[str, tuple[Any, str]]:
    large = core == "transformer"
    with_history = survey.with_history > 0
    epochs = max(30, min(300, 150_000 // survey.pairs))
    return {
        "minutes": (MINUTES, "the default"),
        "epochs": (epochs, "enough to learn a corpus of this size"),
        "batch_tokens": (
            3200 if large else 2400,
            "larger ones are a tenth quicker for this core"
            if large
            else "smaller ones take longer, larger ones learn less from a pair",
        ),
        "label_smoothing": (
            0.03 if open_ended(survey) else 0.1,
            "little, for the likelihood is what counts"
            if open_ended(survey)
            else "against overconfidence",
        ),
        "subword_noise": (0.3 if with_history else 0.1, "so that wording matters less"),
        "word_drop": (0.0, "did not help"),
        "stray_history": (
            0.3 if with_history else 0.0,
            "so that it learns when history does not matter"
            if with_history
            else "there is no history to be led astray by",
        ),
        "precision": (precision, "measured on this processor"),
        "threads": (cores, "all cores"),
    }


def _memory(survey: Survey) -> dict[str, tuple[Any, str]]:
    shared = survey.pairs / survey.replies >= SHARED
    return {
        "learned": (
            64 if shared else 0,
            "questions that share a reply teach which words are alike"
            if shared
            else "too few questions share a reply to learn from which words are alike",
        ),
        "neighbours": (0, "the mixture quotes them already, and sources stay short"),
        "reworded": (0.6, "so that the meaning of words counts where the words differ"),
        "misspelt": (0.3, "so that slips of the finger do not matter"),
    }
