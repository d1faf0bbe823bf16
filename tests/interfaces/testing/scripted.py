"""Bots that say what a test wrote down for them, by the path of their bundle."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from dialog_s2s import Reply
from dialog_s2s.bundle import MANIFEST
from dialog_s2s.config import GenerationConfig, with_settings
from dialog_s2s.dialogue.reply import Evidence
from dialog_s2s.memory.recall import NOTHING_RECALLED, Recalled
from dialog_s2s.text.turns import Role, Turn

SUITE = """\
cases:
  - {ask: tea, expect: Yes., tags: drinks}
  - {ask: coffee, expect: No., tags: [drinks, hot]}
  - name: Sunday
    turns: [{ask: when do you open}, {ask: and on Sunday, expect: At ten.}]
"""

RIGHT = {
    "tea": "Yes.",
    "coffee": "No.",
    "when do you open": "At nine.",
    "and on Sunday": "At ten.",
}

Scripts = dict[str, Mapping[str, str | Sequence[str]]]
"""What bots say, by the path of their bundle."""


class Scripted:
    """Says what its script holds for a question; of several replies, by turns of the seed."""

    memory = None

    def __init__(self, path: str, script: Mapping[str, str | Sequence[str]]):
        self.path = Path(path)
        self.script = script

    def settings(self, **changes: object) -> GenerationConfig:
        chosen: GenerationConfig = with_settings(GenerationConfig(), changes)
        return chosen

    def recall(self, turns: Sequence[Turn]) -> Recalled:
        return NOTHING_RECALLED

    def answered(
        self,
        read: Sequence[tuple[Turn, ...]],
        recalled: Sequence[Recalled],
        settings: GenerationConfig,
        began: float,
        seeds: Sequence[int] | None = None,
    ) -> list[Reply]:
        several = [settings] * len(read)
        if seeds is not None:
            several = [replace(settings, seed=seed) for seed in seeds]
        return [self._said(*each) for each in zip(read, several, strict=True)]

    def reply(self, question: str, history: Sequence[Turn] = (), **settings: object) -> Reply:
        return self._said((*history, Turn(Role.USER, question)), self.settings(**settings))

    def _said(self, turns: tuple[Turn, ...], settings: GenerationConfig) -> Reply:
        said = self.script.get(turns[-1].text, "Hm.")
        return Reply(
            text=said if isinstance(said, str) else said[(settings.seed or 0) % len(said)],
            source="generated",
            confidence=0.5,
            evidence=(Evidence(turns[-1].text, "a", "shop.csv:3", 0.9, 1),),
            finish="stop",
            seed=settings.seed or 0,
            milliseconds=1.0,
            turns=turns,
            turns_read=len(turns),
            settings=settings,
        )


def bundle(place: Path, time: int = 0) -> str:
    """A folder that looks like a bundle, written at that time."""
    place.mkdir(parents=True)
    (place / MANIFEST).write_text("{}")
    os.utime(place / MANIFEST, (time, time))
    return str(place)
