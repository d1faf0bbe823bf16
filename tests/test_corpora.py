"""The starter corpora keep to what corpora/README.md promises."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dialog_s2s.text.readers import read
from dialog_s2s.text.turns import examples, fold

FOLDER = Path(__file__).parent.parent / "corpora"
FILES = sorted(FOLDER.glob("*.yaml"))
LANGUAGES = ("en", "ko")

Intent = dict[str, Any]


def intents_of(language: str) -> list[Intent]:
    """All top-level intents of a language."""
    return [
        intent
        for file in FILES
        if file.suffixes[0] == f".{language}"
        for intent in yaml.safe_load(file.read_text(encoding="utf-8"))["intents"]
    ]


INTENTS = {language: intents_of(language) for language in LANGUAGES}


def texts(value: str | list[str]) -> list[str]:
    """A text or a list of texts as a list."""
    return [value] if isinstance(value, str) else value


def follow_ups(intent: Intent) -> Iterator[Intent]:
    """The follow-ups of an intent, nested ones too."""
    for child in intent.get("then", ()):
        yield child
        yield from follow_ups(child)


def homes(language: str, key: str, nested: bool) -> dict[str, set[str]]:
    """Each folded text under `key`, and the intents or follow-ups it stands in."""
    found: dict[str, set[str]] = defaultdict(set)
    for intent in INTENTS[language]:
        parts = [intent, *(follow_ups(intent) if nested else ())]
        for number, part in enumerate(parts):
            for text in texts(part[key]):
                found[fold(text)].add(f"{intent['id']}/{number}")
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_reader_takes_it(file: Path) -> None:
    pairs = [example for dialogue in read([file]) for example in examples(dialogue)]
    assert len(pairs) > 300


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_bytes_are_plain(file: Path) -> None:
    text = file.read_bytes().decode("utf-8")
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    for number, line in enumerate(text.split("\n"), 1):
        assert line == line.rstrip(), f"{file.name}:{number}: white space at the end"
        odd = [char for char in line if unicodedata.category(char) in ("Cc", "Cf", "Co", "Cn")]
        assert not odd, f"{file.name}:{number}: {odd!r}"
    assert unicodedata.is_normalized("NFC", text)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_head_tells_language_and_licence(file: Path) -> None:
    head = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert file.suffixes[0] == f".{head['language']}"
    assert head["language"] in LANGUAGES
    assert head["licence"] == "CC0-1.0"
    assert f"`{file.name}`" in (FOLDER / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
class TestLanguage:
    def test_there_is_enough(self, language: str) -> None:
        intents = INTENTS[language]
        assert len(intents) >= 150
        assert [intent["id"] for intent in intents if len(intent["ask"]) < 5] == []
        several = sum(len(texts(intent["reply"])) > 1 for intent in intents)
        assert several / len(intents) >= 0.8
        assert sum("then" in intent for intent in intents) >= 40

    def test_ids_are_unique(self, language: str) -> None:
        ids = [intent["id"] for intent in INTENTS[language]]
        assert len(set(ids)) == len(ids)

    def test_a_wording_has_one_intent(self, language: str) -> None:
        found = homes(language, "ask", nested=False)
        assert {text: where for text, where in found.items() if len(where) > 1} == {}

    def test_no_wording_is_said_twice(self, language: str) -> None:
        for intent in INTENTS[language]:
            for part in (intent, *follow_ups(intent)):
                for key in ("ask", "reply"):
                    said = [fold(text) for text in texts(part[key])]
                    assert len(set(said)) == len(said), intent["id"]

    def test_a_reply_has_one_intent(self, language: str) -> None:
        found = homes(language, "reply", nested=True)
        assert {text: where for text, where in found.items() if len(where) > 1} == {}

    def test_follow_ups_are_not_questions_of_their_own(self, language: str) -> None:
        alone = homes(language, "ask", nested=False)
        later = {
            fold(text)
            for intent in INTENTS[language]
            for child in follow_ups(intent)
            for text in texts(child["ask"])
        }
        assert later & alone.keys() == set()

    def test_an_intent_has_no_follow_up_twice(self, language: str) -> None:
        for intent in INTENTS[language]:
            said = [fold(text) for child in intent.get("then", ()) for text in texts(child["ask"])]
            assert len(set(said)) == len(said), intent["id"]

    def test_replies_are_short(self, language: str) -> None:
        long = [
            reply
            for intent in INTENTS[language]
            for part in (intent, *follow_ups(intent))
            for reply in texts(part["reply"])
            if len(reply.split()) > 20
        ]
        assert long == []

    def test_the_same_follow_up_means_many_things(self, language: str) -> None:
        """What makes a bot read the turns before: one wording, another reply each time."""
        replies: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
        for intent in INTENTS[language]:
            for child in intent.get("then", ()):
                for text in texts(child["ask"]):
                    replies[fold(text)][intent["id"]] = tuple(texts(child["reply"]))
        generic = [found for found in replies.values() if len(found) >= 5]
        assert len(generic) >= 5
        assert all(len(set(found.values())) == len(found) for found in generic)
        why = {"en": "why", "ko": "왜"}[language]
        assert len(replies[why]) >= 5
