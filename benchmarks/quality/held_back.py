"""The starter corpora with one wording of every intent held back, and what is right."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from dialog_s2s.interfaces.starter import corpora
from dialog_s2s.text.turns import Role, Turn, fold

Intent = dict[str, Any]

Asked = tuple[str, Sequence[str]]
"""A question and the replies that are right."""


def held_back(intent: Intent) -> str:
    """The wording of an intent that is kept from training, by hash."""
    wordings: list[str] = intent["ask"]
    return min(wordings, key=lambda text: hashlib.sha256(text.encode()).digest())


def split(folder: Path) -> tuple[list[Path], list[Intent]]:
    """The starter corpora without the wordings held back, as files; and all intents."""
    files, intents = [], []
    for source in corpora():
        tree = yaml.safe_load(source.read_text(encoding="utf-8"))
        intents += tree["intents"]
        cut = [
            {**intent, "ask": [text for text in intent["ask"] if text != held_back(intent)]}
            for intent in tree["intents"]
        ]
        file = folder / source.name
        tree = {**tree, "intents": cut}
        file.write_text(yaml.safe_dump(tree, allow_unicode=True), encoding="utf-8")
        files.append(file)
    return files, intents


def replies_by_intent() -> dict[tuple[str, str], list[str]]:
    """(name of a starter corpus, id of an intent of it) to the intent's replies."""
    return {
        (source.name, intent["id"]): intent["reply"]
        for source in corpora()
        for intent in yaml.safe_load(source.read_text(encoding="utf-8"))["intents"]
    }


def trained_wordings(intents: Sequence[Intent]) -> list[Asked]:
    """Every wording given to training (some of which training itself held out)."""
    return [
        (text, intent["reply"])
        for intent in intents
        for text in intent["ask"]
        if text != held_back(intent)
    ]


def wordings_held_back(intents: Sequence[Intent]) -> list[Asked]:
    """One an intent, never seen."""
    return [(held_back(intent), intent["reply"]) for intent in intents]


def follow_ups(intents: Sequence[Intent]) -> Iterator[tuple[str, str, list[str]]]:
    """(parent's wording, follow-up's wording, its replies) for first-level follow-ups."""
    for intent in intents:
        parents = [text for text in intent["ask"] if text != held_back(intent)]
        place = 0
        for child in intent.get("then", ()):
            for wording in child["ask"]:
                yield parents[place % len(parents)], wording, child["reply"]
                place += 1


def hits(replies: Sequence[str], wanted: Sequence[Sequence[str]]) -> list[bool]:
    """Which replies are among those wanted, case and punctuation aside."""
    return [
        fold(reply) in {fold(text) for text in texts}
        for reply, texts in zip(replies, wanted, strict=True)
    ]


def right(replies: Sequence[str], wanted: Sequence[Sequence[str]]) -> float:
    """Share of replies that are among those wanted."""
    found = hits(replies, wanted)
    return sum(found) / len(found)


def user(text: str) -> Turn:
    """A user's turn."""
    return Turn(Role.USER, text)


def said(text: str) -> Turn:
    """A bot's turn."""
    return Turn(Role.BOT, text)
