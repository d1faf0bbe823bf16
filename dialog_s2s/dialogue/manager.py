"""The dialogue manager: a trained bot that answers, and conversations that remember."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dialog_s2s.bundle import TOKENIZER, open_bundle
from dialog_s2s.config import Config, GenerationConfig, given, with_settings
from dialog_s2s.dialogue.history import History, source_of
from dialog_s2s.errors import UsageError
from dialog_s2s.generation.backend import load_backend
from dialog_s2s.generation.engine import Engine
from dialog_s2s.generation.search import Hypothesis
from dialog_s2s.text.source import SourceFormat
from dialog_s2s.text.tokenizer import Tokenizer
from dialog_s2s.text.turns import Turn

MAX_QUESTION = 20_000
"""Characters of a question that are read; a source's token budget is far below."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer and how it came about."""

    text: str
    source: str
    """`generated`: the only source until a bot has an answer memory."""
    confidence: float
    """Probability of this very reply under the model, not yet calibrated."""
    evidence: tuple[dict[str, Any], ...]
    """Pairs the reply rests on; none for a generated one."""
    finish: str
    """`stop`, or `length` where the reply was cut at `max_tokens`."""
    seed: int
    milliseconds: float
    turns_read: int
    """Turns that reached the encoder, the question included."""
    settings: GenerationConfig


class Bot:
    """A loaded bundle. Safe to share between threads; conversations are separate objects."""

    def __init__(self, engine: Engine, format: SourceFormat, config: Config, path: Path):
        self.engine = engine
        self.format = format
        self.config = config
        self.path = path

    @classmethod
    def load(cls, path: str | Path) -> Bot:
        """Opens, verifies and loads a bundle.

        Raises:
            BundleError: it is not there, damaged, changed, or of another format version.
        """
        bundle = open_bundle(path)
        config = bundle.config()
        tokenizer = Tokenizer(bundle.read(TOKENIZER))
        format = SourceFormat(
            tokenizer,
            config.text.max_source_tokens,
            given(config.text.history_turns, "text.history_turns"),
            given(config.text.fold_sources, "text.fold_sources"),
        )
        return cls(Engine(load_backend(bundle), tokenizer), format, config, bundle.path)

    def reply(self, question: str, history: Sequence[Turn] = (), **settings: object) -> Reply:
        """Answers one question, after earlier turns if any.

        `settings` are those of the config's `generation` section (`method="sample"`,
        `temperature=0.9`, `seed=7`, ...).

        Raises:
            UsageError: the question is empty, or a setting is unknown or out of range.
        """
        return self.candidates(question, history, **settings)[0]

    def candidates(
        self, question: str, history: Sequence[Turn] = (), **settings: object
    ) -> list[Reply]:
        """The n best replies with `method="beam"`, else the one reply. See `reply`."""
        began = time.perf_counter()
        chosen = self.settings(**settings)
        turns = History(history).with_question(_asked(question))
        source, used = source_of(turns, self.format)
        seed = _seed(chosen)
        return [
            self._reply(found, chosen, seed, began, used)
            for found in self.engine.candidates(source, chosen, seed)
        ]

    def replies(self, dialogues: Sequence[Sequence[Turn]], **settings: object) -> list[Reply]:
        """Answers many questions at once; each dialogue ends with its question."""
        began = time.perf_counter()
        chosen = self.settings(**settings)
        read = [source_of(turns, self.format) for turns in dialogues]
        seeds = [_seed(chosen) for _ in read]
        found = self.engine.replies([source for source, _ in read], chosen, seeds)
        return [
            self._reply(each, chosen, seed, began, used)
            for each, seed, (_, used) in zip(found, seeds, read, strict=True)
        ]

    def stream(
        self, question: str, history: Sequence[Turn] = (), **settings: object
    ) -> Iterator[str]:
        """The reply in pieces of text as they are found, never half a character."""
        chosen = self.settings(**settings)
        turns = History(history).with_question(_asked(question))
        source, _ = source_of(turns, self.format)
        said = self.engine.stream(source, chosen, _seed(chosen))
        return self.format.tokenizer.stream(each.piece for each in said if each.piece is not None)

    def conversation(self) -> Conversation:
        """A new conversation, which remembers its turns."""
        return Conversation(self)

    def settings(self, **changes: object) -> GenerationConfig:
        """The bot's generation settings with changes. Raises `ConfigError` (a `UsageError`)."""
        chosen: GenerationConfig = with_settings(self.config.generation, changes)
        return chosen

    def _reply(
        self, found: Hypothesis, settings: GenerationConfig, seed: int, began: float, used: int
    ) -> Reply:
        return Reply(
            text=self.format.tokenizer.decode(found.pieces).strip(),
            source="generated",
            confidence=math.exp(found.log_probability),
            evidence=(),
            finish=found.finish,
            seed=seed,
            milliseconds=(time.perf_counter() - began) * 1e3,
            turns_read=used,
            settings=settings,
        )


class Conversation:
    """Questions and replies in a row; each question is read with the turns before it."""

    def __init__(self, bot: Bot):
        self.bot = bot
        self.history = History()

    @property
    def turns(self) -> list[Turn]:
        """The turns so far, oldest first."""
        return list(self.history.turns)

    def reply(self, question: str, **settings: object) -> Reply:
        """Answers in context and remembers both turns. Raises as `Bot.reply` does."""
        reply = self.bot.reply(question, self.history.turns, **settings)
        self.history.add(_asked(question), reply.text)
        return reply

    def stream(self, question: str, **settings: object) -> Iterator[str]:
        """As `reply`, in pieces of text; remembered once the last piece has been taken."""
        said = []
        for text in self.bot.stream(question, self.history.turns, **settings):
            said.append(text)
            yield text
        self.history.add(_asked(question), "".join(said).strip())

    def undo(self) -> str | None:
        """Takes the last exchange back; its question, or None."""
        return self.history.undo()

    def reset(self) -> None:
        """Forgets all turns."""
        self.history.clear()


def _asked(question: str) -> str:
    text = " ".join(question[:MAX_QUESTION].split())
    if not text:
        raise UsageError("the question is empty; type some words")
    return text


def _seed(settings: GenerationConfig) -> int:
    return secrets.randbits(32) if settings.seed is None else settings.seed
