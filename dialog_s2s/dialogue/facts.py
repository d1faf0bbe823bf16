"""What the user says of themself in a conversation, and its recall: "my name is Alice".

Only whole clauses of known shapes become facts: a fact that is missed is asked for again, one
that was never told misleads. The wordings are tables, a file for each language.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from dialog_s2s.dialogue.facts_english import ENGLISH
from dialog_s2s.dialogue.facts_korean import korean
from dialog_s2s.dialogue.facts_wordings import Claim, Language

LONGEST = 300
"""Characters of a sentence that is read; a longer one states no simple fact."""
MOST_SENTENCES = 100
"""Sentences of a turn that are read."""
MOST_FACTS = 500
"""Facts kept; beyond, the oldest go."""
MOST_SAID = 3
"""Kinds of facts that are said again when they are noted."""

# not after a title or an initial: "Dr. Lee", "J. Smith"
_END = re.compile(r"(?<=[.!?…。？！~])(?<!\b[A-Z]\.)(?<!\b[DMS][rst]\.)(?<!\bMrs\.) ")
_QUOTED = re.compile(
    r"""[“«「『][^“”«»「」『』]*[”»」』]|"[^"]*"|(?<!\w)'(?:[^']|(?<=\w)'(?=\w))*'(?!\w)"""
)
_OPPOSITE = {"likes": "dislikes", "dislikes": "likes"}


@dataclass(frozen=True, slots=True)
class Fact:
    """`words` are the user's, said in turn `turn`; 0 and "" where that is not known."""

    key: str
    value: str
    turn: int = 0
    words: str = ""


@dataclass(frozen=True, slots=True)
class Recollection:
    """A reply from memory and the facts it rests on, oldest first; none if nothing was told."""

    text: str
    facts: tuple[Fact, ...]


class Facts:
    """The facts of one conversation; of two values for a key the later counts."""

    def __init__(self, facts: Iterable[Fact] = ()):
        self._facts = {fact.key: fact for fact in facts}

    def __iter__(self) -> Iterator[Fact]:
        """All facts, oldest first."""
        return iter(self._facts.values())

    def hear(self, text: str, turn: int) -> list[Fact]:
        """Notes what a turn of the user states; the facts that are new or said anew."""
        heard = []
        before = ""
        for sentence in sentences(text)[:MOST_SENTENCES]:
            for language in _languages(sentence):
                for claim in language.claims(sentence, before):
                    key = self._retract(claim)
                    if key and claim.value:
                        self._facts[key] = Fact(key, claim.value, turn, sentence)
                        heard.append(self._facts[key])
            before = "" if sentence.endswith("?") else sentence
        for key in list(self._facts)[:-MOST_FACTS]:
            del self._facts[key]
        return heard

    def answer(self, question: str) -> Recollection | None:
        """What a question about the user recalls; None where the bot shall answer as usual."""
        for sentence in sentences(question)[-1:]:
            for language in _languages(sentence):
                asked = language.asked(sentence)
                if asked is None:
                    continue
                for key in asked.keys:
                    found = tuple(fact for fact in self if _falls_under(key, fact.key))
                    if found:
                        return Recollection(language.said(key, [x.value for x in found]), found)
                untold = language.untold(asked.keys[0])
                if asked.memory and untold:
                    return Recollection(untold, ())
        return None

    def acknowledged(self, text: str, heard: Sequence[Fact]) -> Recollection | None:
        """That what a turn states was noted, for a bot that knows no better reply; `heard` is what
        `hear` found in it. None where the turn says or asks something else."""
        said = sentences(text)
        if not heard or not said or not " ".join(_straight(text).split()).endswith(said[-1]):
            return None
        language = ENGLISH
        if len(_languages(heard[-1].words)) > 1 and not any(ENGLISH.claims(heard[-1].words, "")):
            language = korean()
        while len(said) > 1 and language.courtesy.fullmatch(said[-1]):
            said.pop()
        notes = [fact for fact in heard if fact.key.startswith("note:")]
        asked = any(each.endswith(("?", "？")) for each in said)
        if said[-1] != heard[-1].words or (asked and not notes):
            return None
        told = tuple(fact for fact in notes or heard if self._facts.get(fact.key) is fact)
        kinds: dict[str, list[str]] = {}
        for fact in told:
            kind, colon, _ = fact.key.partition(":")
            kinds.setdefault(kind + colon, []).append(fact.value)
        parts = [language.said(kind, values) for kind, values in list(kinds.items())[:MOST_SAID]]
        return Recollection(" ".join((language.noted_it, *parts)), told)

    def forget(self, pattern: str) -> list[Fact]:
        """Drops the facts whose key, kind or value is `pattern`; those it dropped.

        `*` and `?` stand for any text and any character; upper and lower case are the same.
        """
        wanted = " ".join(pattern.split()).casefold()
        gone = [
            fact
            for fact in self
            if _falls_under(f"{wanted}:", fact.key)
            or fnmatchcase(fact.key.casefold(), wanted)
            or fnmatchcase(fact.value.casefold(), wanted)
        ]
        for fact in gone:
            del self._facts[fact.key]
        return gone

    def export(self) -> dict[str, str]:
        """For a store: by key the value, the turn and the words, with tabs between."""
        return {fact.key: f"{fact.value}\t{fact.turn}\t{fact.words}" for fact in self}

    @classmethod
    def load(cls, exported: Mapping[str, str]) -> Facts:
        """The facts that were exported; a value may also stand alone."""
        facts = []
        for key, line in exported.items():
            value, turn, words = (*line.split("\t", 2), "", "")[:3]
            facts.append(Fact(key, value, int(turn) if turn.isdecimal() else 0, words))
        return cls(facts)

    def _retract(self, claim: Claim) -> str:
        """Drops what a claim makes untrue; the key that it is about, if any."""
        key = claim.key
        old = claim.old.casefold()
        for fact in list(self) if old else ():
            if fact.value.casefold() == old and claim.key in ("*", fact.key):
                key = fact.key
                del self._facts[key]
        kind, colon, thing = key.partition(":")
        self._facts.pop(f"{_OPPOSITE.get(kind)}{colon}{thing}", None)
        if claim.value:
            self._facts.pop(key, None)  # so that the newest stands last
        return "" if key == "*" else key


def sentences(text: str) -> list[str]:
    """The sentences of a text with their closing marks, but overlong ones and those that quote."""
    text = _straight(text)
    # what is quoted in a word or two may be a name
    text = _QUOTED.sub(lambda quote: quote[0] if quote[0].count(" ") < 2 else "\0", text)
    lines = (" ".join(line.split()) for line in re.split("[\n;]", text))
    found = (sentence for line in lines for sentence in _END.split(line))
    return [each for each in found if 0 < len(each) <= LONGEST and "\0" not in each]


def _straight(text: str) -> str:
    return unicodedata.normalize("NFC", text).replace("’", "'")


def _languages(sentence: str) -> tuple[Language, ...]:
    """Those that a sentence may be in; a Korean one may hold English words, and the reverse."""
    return (ENGLISH, korean()) if re.search("[가-힣]", sentence) else (ENGLISH,)


def _falls_under(asked: str, key: str) -> bool:
    """Whether `key` is the one asked for, or of the kind asked for ("likes:")."""
    return key == asked or (asked.endswith(":") and key.startswith(asked))
