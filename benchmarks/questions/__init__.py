"""Questions to measure bots with, written for this project; never to train or to tune one.

`hard_rewordings` and `fresh_wordings` have a right intent in the starter corpora, `taught` brings
its own replies, and `unknown` has no reply that a starter bot could know.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Question:
    """Right is any reply of any of `intents`, ids of intents of the starter corpus `file`."""

    ask: str
    file: str
    intents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Taught:
    """A pair to teach, and the question in other words."""

    ask: str
    reply: str
    reworded: str
    language: str
    by_hand: bool


@dataclass(frozen=True, slots=True)
class Unknown:
    """A question without an answer; `group` is other_domain, near_domain or nonsense."""

    ask: str
    group: str
    language: str


def hard_rewordings() -> list[Question]:
    """300 questions of customers that share few words with their intent's wordings."""
    return [
        Question(each["ask"], "shop.en.yaml", _ids(each["intent"]))
        for each in _read("hard_rewordings.en.yaml")
    ]


def fresh_wordings() -> list[Question]:
    """Two ordinary new wordings for every intent of the starter corpora."""
    return [
        Question(each["ask"], each["file"], _ids(each["intent"]))
        for each in _read("fresh_wordings.yaml")
    ]


def taught() -> list[Taught]:
    """1,000 pairs: 250 by hand and 750 by template."""
    return [
        Taught(**each, language=language, by_hand=origin == "by_hand")
        for origin, languages in _read("taught.yaml").items()
        for language, pairs in languages.items()
        for each in pairs
    ]


def unknown() -> list[Unknown]:
    """600 questions, 200 a group."""
    return [
        Unknown(ask, group, language)
        for group, languages in _read("unknown.yaml").items()
        for language, asked in languages.items()
        for ask in asked
    ]


def _read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def _ids(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
