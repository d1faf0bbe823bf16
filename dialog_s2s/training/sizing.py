"""The one dial: from the corpus and the minutes allowed to every setting left open.

The rules come from the measurements in docs/lab-notes.md.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from dialog_s2s.config import Config
from dialog_s2s.training.corpus import Survey

MINUTES = 1.0
"""Training time where none is given."""


SHARED = 4.0
"""Pairs a reply from which on replies are worth learning by the phrase."""

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
    """`config` with every open setting chosen (`training.steps` excepted, which takes a timing),
    and the choices made."""
    chosen: list[Choice] = []

    def fill(section: str, **options: tuple[Any, str]) -> Any:
        part = getattr(config, section)
        changes = {}
        for name, (value, reason) in options.items():
            if getattr(part, name) is None:
                changes[name] = value
                chosen.append(Choice(f"{section}.{name}", value, reason))
        return dataclasses.replace(part, **changes)

    minutes = config.training.minutes or MINUTES
    copying = config.model.copy is not False and config.model.attention != "none"
    text = fill("text", **_text(survey, config.text.phrases, copying))
    model = fill("model", **_model(survey, minutes, config.model.attention, text.slots))
    training = fill("training", **_training(survey, model.core, precision, cores))
    memory = fill("memory", **_memory(survey))
    sized = dataclasses.replace(config, text=text, model=model, training=training, memory=memory)
    return sized, chosen


def open_ended(survey: Survey) -> bool:
    """Whether there are many replies, and text enough to learn to make others."""
    return survey.pairs / survey.replies < SHARED and survey.characters >= 100_000


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
    roomy = minutes >= 2.5 and survey.characters >= 100_000
    width, embedding = (384, 256) if roomy else (256, 192)
    size = f"{minutes:g} min of training and {survey.pairs:,} pairs"
    return {
        "core": ("gru", "learns faster than a transformer at this size"),
        "attention": ("general", "a learned query projection"),
        "heads": (1, "one suffices for a GRU"),
        "width": (width, size),
        "embedding": (embedding, size),
        "encoder_layers": (1, "wide and shallow is quickest to learn"),
        "decoder_layers": (1, "wide and shallow is quickest to learn"),
        "dropout": (
            0.3 if diverse else 0.0,
            "against learning by heart what the memory holds"
            if diverse
            else "few replies, each for many questions, may be learnt by heart",
        ),
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
            3200 if large else 1600,
            "larger ones are a tenth quicker for this core"
            if large
            else "small batches learn most from a pair",
        ),
        "learning_rate": (5e-3, "measured best for this core"),
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
