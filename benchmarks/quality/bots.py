"""The bots that are measured: each is trained when a part first asks for it, and shared."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.quality.held_back import Intent, split
from benchmarks.quality.leave_out import unranked
from dialog_s2s import Bot, Display, train
from dialog_s2s.config import Config
from dialog_s2s.dialogue.reply import Reply
from dialog_s2s.errors import UsageError
from dialog_s2s.evaluation.baselines import Pair, nearest
from dialog_s2s.interfaces.starter import corpora, starter_config
from dialog_s2s.text.readers import read
from dialog_s2s.text.turns import Example, Turn, examples
from dialog_s2s.training.train import Report

MINUTES = 1.5
"""For corpora of --data; the starter bot has its own passes, and the shop's the default."""

TOGETHER = 512
"""Questions asked at once."""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for; `encoder` is the folder of a sentence encoder, or empty."""

    data: Path | None = None
    corpus: str = "ko_chatbot"
    test: str = "test"
    minutes: float | None = None
    seed: int = 1
    config: Config | None = None
    encoder: str = ""


@dataclass(frozen=True, slots=True)
class Variant:
    """A bot with other settings of memory or model, or without some of the ranker's features."""

    name: str = "all parts"
    memory: Mapping[str, Any] = field(default_factory=dict)
    model: Mapping[str, Any] = field(default_factory=dict)
    unranked: tuple[str, ...] = ()


WHOLE = Variant()


@dataclass(frozen=True, slots=True)
class Trained:
    """A bot, the pairs it was trained on, and how long that took, all in."""

    bot: Bot
    report: Report
    pairs: list[Pair]
    seconds: float

    def looked_up(self, questions: Sequence[str]) -> list[str]:
        """The answers of the nearest trained questions by TF-IDF."""
        return nearest(self.pairs, questions)


class Bots:
    """Trains each bot once, below `folder`."""

    def __init__(self, options: Options, folder: Path):
        self.options = options
        self.folder = folder
        self._made: dict[tuple[str, str], Trained] = {}
        self._split: tuple[list[Path], list[Intent]] | None = None

    def starter(self, variant: Variant = WHOLE) -> Trained:
        """The starter bot, as `make chat` trains it, without the wordings held back."""
        return self._trained("starter", self._starter()[0], starter_config(), None, variant)

    @property
    def intents(self) -> list[Intent]:
        """Of the starter corpora, whole."""
        return self._starter()[1]

    def shop(self, variant: Variant = WHOLE) -> Trained:
        """A bot of the English shop corpus alone, whole."""
        files = [each for each in corpora() if each.name == "shop.en.yaml"]
        return self._trained("shop", files, Config(), None, variant)

    def corpus(self, name: str, variant: Variant = WHOLE) -> Trained:
        """A bot of a corpus of --data. Raises `UsageError` where none was given."""
        return self._trained(name, [self.file(name, "train")], Config(), MINUTES, variant)

    def files(self, name: str, files: Sequence[Path], config: Config, minutes: float) -> Trained:
        """A bot of these files; `name` is for both."""
        return self._trained(name, files, config, minutes, WHOLE)

    def file(self, corpus: str, part: str) -> Path:
        """A split of a corpus of --data. Raises `UsageError` where it is not there."""
        if self.options.data is None:
            raise UsageError("this part needs corpora; give the folder they are in with --data")
        place = self.options.data / corpus / f"{part}.jsonl.gz"
        if not place.is_file():
            raise UsageError(f"{place}: is not there; see --data, --corpus and --test")
        return place

    def _starter(self) -> tuple[list[Path], list[Intent]]:
        if self._split is None:
            place = self.folder / "starter corpora"
            place.mkdir()
            self._split = split(place)
        return self._split

    def _trained(
        self,
        name: str,
        files: Sequence[Path],
        config: Config,
        minutes: float | None,
        variant: Variant,
    ) -> Trained:
        made = self._made.get((name, variant.name))
        if made is not None:
            return made
        _say(f"--- training: {name}, {variant.name}")
        config = self.options.config or config
        config = dataclasses.replace(
            config,
            memory=dataclasses.replace(config.memory, **variant.memory),
            model=dataclasses.replace(config.model, **variant.model),
        )
        place = self.folder / f"bot {len(self._made)}"
        began = time.perf_counter()
        with unranked(variant.unranked) if variant.unranked else nullcontext():
            report = train(
                files,
                place,
                minutes=minutes if self.options.minutes is None else self.options.minutes,
                seed=self.options.seed,
                config=config,
                monitor=Display(),
                say=_say,
            )
        seconds = time.perf_counter() - began
        pairs = [(each.question, each.reply) for file in files for each in read_examples(file)]
        made = Trained(Bot.load(place), report, pairs, seconds)
        self._made[name, variant.name] = made
        return made


def read_examples(file: Path) -> list[Example]:
    """All examples of a file."""
    return [example for dialogue in read([file]) for example in examples(dialogue)]


def greedy(bot: Bot, dialogues: Sequence[Sequence[Turn]], **settings: object) -> list[Reply]:
    """The bot's best replies to dialogues that end with a question, however unsure it is of them
    unless `threshold=None` leaves it its own bar."""
    chosen = {"method": "greedy", "threshold": 0.0} | settings
    found: list[Reply] = []
    for start in range(0, len(dialogues), TOGETHER):
        found += bot.replies(dialogues[start : start + TOGETHER], **chosen)
    return found


def texts(replies: Sequence[Reply]) -> list[str]:
    """What was said."""
    return [reply.text for reply in replies]


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
