"""What a user says about themself in a conversation, and its recall: "my name is Alice".

Only whole clauses of known shapes become facts: forgetting one is a lesser evil than inventing
one. The wordings are tables, a file for each language; here they are applied and kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from dialog_s2s.dialogue.facts_english import ENGLISH
from dialog_s2s.dialogue.facts_korean import KOREAN
from dialog_s2s.dialogue.facts_wordings import Claim

LANGUAGES = (ENGLISH, KOREAN)
LONGEST = 300
"""Characters of a sentence or question that is read; a longer one states no simple fact."""
MOST = 500
"""Facts kept; beyond, the oldest go."""

# not after a title, an initial ("Dr. Lee", "J. Smith")
_END = re.compile(r"(?<=[.!?…。？！~])(?<!\b[A-Z]\.)(?<!\b[DMS][rst]\.)(?<!\bMrs\.) ")
_QUOTED = re.compile(
    r"""[“«「『][^“”«»「」『』]*[”»」』]|"[^"]*"|(?<!\w)'(?:[^']|(?<=\w)'(?=\w))*'(?!\w)"""
)


@dataclass(frozen=True, slots=True)
class Fact:
    """`words` are the user's own, in the user turn `turn`; 0 and "" where that is not known."""

    key: str
    value: str
    turn: int = 0
    words: str = ""


@dataclass(frozen=True, slots=True)
class Recollection:
    """A reply from memory and the facts it rests on, oldest first; none if it was never told."""

    text: str
    facts: tuple[Fact, ...]


class Facts:
    """The facts of one conversation; of two values of a key the later counts."""

    def __init__(self, facts: Iterable[Fact] = ()):
        self._facts = {fact.key: fact for fact in facts}

    def __iter__(self) -> Iterator[Fact]:
        """All facts, oldest first."""
        return iter(self._facts.values())

    def hear(self, text: str, turn: int) -> list[Fact]:
        """Notes what a user's turn states; the new and changed facts."""
        heard = []
        before = ""
        for sentence in sentences(text):
            for language in LANGUAGES:
                for claim in language.claims(sentence, before):
                    key = self._retract(claim) or claim.key
                    self._facts.pop(_opposite(key), None)
                    if key != "*" and claim.value:
                        self._facts.pop(key, None)  # the newest stands last
                        self._facts[key] = Fact(key, claim.value, turn, sentence)
                        heard.append(self._facts[key])
            before = sentence
        for key in list(self._facts)[:-MOST]:
            del self._facts[key]
        return heard

    def answer(self, question: str) -> Recollection | None:
        """What a question about the user recalls; None where the bot shall answer as usual."""
        for sentence in sentences(question)[-1:]:
            for language in LANGUAGES:
                asked = language.asked(sentence)
                for key in asked.keys if asked else ():
                    found = tuple(fact for fact in self if _answers(key, fact.key))
                    if found:
                        values = [fact.value for fact in found]
                        return Recollection(language.said(key, values, asked.name), found)
                untold = language.untold(asked.keys[0], asked.name) if asked else ""
                if asked and asked.memory and untold:
                    return Recollection(untold, ())
        return None

    def forget(self, pattern: str) -> list[Fact]:
        """Drops the facts whose key or value is `pattern` (* and ? are wild, case is not told)."""
        wanted = tidy(pattern).casefold()
        gone = [
            fact
            for fact in self
            if fnmatchcase(fact.key.casefold(), wanted)
            or fnmatchcase(fact.value.casefold(), wanted)
            or _answers(wanted + ":", fact.key)
        ]
        for fact in gone:
            del self._facts[fact.key]
        return gone

    def export(self) -> dict[str, str]:
        """For a store: by key the value, the turn and the words, with tabs between."""
        return {fact.key: f"{fact.value}\t{fact.turn}\t{fact.words}" for fact in self}

    @classmethod
    def load(cls, exported: Mapping[str, str]) -> Facts:
        """The facts that were exported; a value may stand alone, without turn and words."""
        facts = []
        for key, line in exported.items():
            value, turn, words = (*line.split("\t", 2), "", "")[:3]
            facts.append(Fact(key, value, int(turn) if turn.isdecimal() else 0, words))
        return cls(facts)

    def _retract(self, claim: Claim) -> str:
        """Drops what the claim denies; its key where the claim names none."""
        old = claim.old.casefold()
        for fact in list(self) if old else ():
            if fact.value.casefold() == old and claim.key in ("*", fact.key):
                del self._facts[fact.key]
                return fact.key
        return ""


def sentences(text: str) -> list[str]:
    """Sentences with their closing marks, without quotations; none longer than LONGEST."""
    text = unicodedata.normalize("NFC", text).replace("’", "'")
    # a quoted word or two may be a name
    text = _QUOTED.sub(lambda quote: quote[0] if quote[0].count(" ") < 2 else "…", text)
    found = (part for line in re.split("[\n;]", text) for part in _END.split(tidy(line)))
    return [part for part in found if 0 < len(part) <= LONGEST]


def tidy(text: str) -> str:
    """`text` with single spaces."""
    return " ".join(text.split())


def _opposite(key: str) -> str:
    """The key that a fact with this key makes wrong; "" for none."""
    kind, colon, thing = key.partition(":")
    return {"likes": "dislikes", "dislikes": "likes"}.get(kind, "") + colon + thing if colon else ""


def _answers(asked: str, key: str) -> bool:
    """Whether a fact's key is the one asked for, or one of a kind ("likes:")."""
    return key == asked or (asked.endswith(":") and key.startswith(asked))
