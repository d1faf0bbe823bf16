"""A language's wordings of facts, and how they are applied: the part all languages share.

Wordings are tables of lines `key = pattern`. A pattern is a regular expression without regard to
case whose parentheses do not capture; `<slot>` stands for a slot's pattern, `<value:slot>` also
captures it. The first pattern that matches a whole clause counts.

Keys: name, age, home, origin, job, birthday, "phone number" and "e-mail address" mean the same in
all languages. What may be many has a key each, of a kind: "likes: tea", "dislikes: rain",
"pet: cat", "family: sister", "note: the meeting is at 3". Other keys are in the user's words, as
"favourite colour" or "locker code"; `{x}` in a table's key is the thing as the user calls it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

Rules = tuple[tuple[str, re.Pattern[str]], ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """`key` is `value` and not `old`. Without a value it only denies; the key "*" is any."""

    key: str
    value: str
    old: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about the user: the keys that answer it, best first; a kind ends in a colon."""

    keys: tuple[str, ...]
    name: str
    """What the question calls the thing."""
    memory: bool
    """Whether it asks what was told, so that "not yet" answers it too."""


@dataclass(frozen=True, slots=True)
class Language:
    """The wordings of one language."""

    told: Rules
    noted: Rules
    """More that counts within what is to be remembered."""
    questions: Rules
    note: re.Pattern[str]
    """A request to remember `value`, or, without one, the sentence before."""
    doubt: re.Pattern[str]
    """What makes a sentence no plain statement, wherever it stands."""
    clause: re.Pattern[str]
    """What clauses are parted by."""
    memory: re.Pattern[str]
    """Words of a question about what was told."""
    plain: Callable[[str], str]
    """A clause without greetings, fillers and closing marks."""
    opened: Callable[[str], str]
    """The same for a question."""
    checked: Callable[[str, str], str]
    """The value that was captured for a key, or nothing if it is none after all."""
    thing: Callable[[str], str]
    """A thing's key, given what it was called."""
    said: Callable[[str, list[str], str], str]
    """The reply, given the key, its values, and what the question calls the thing."""
    untold: Callable[[str, str], str]
    """The reply where nothing was told; empty if such things are not for telling."""

    def claims(self, sentence: str, before: str) -> Iterator[Claim]:
        """What a sentence claims; `before` is the sentence before it."""
        asks = sentence.endswith(("?", "？"))
        note = self.note.fullmatch(self.plain(sentence) + "?" * asks)
        if note:
            text = note["value"] or self.plain(before)
            if text:
                yield Claim(f"note: {text}", text)
                yield from self._matched(text, self.told + self.noted)
        elif not self.doubt.search(sentence):
            clauses = self.clause.split(sentence)
            for clause in clauses[:-1] if asks else clauses:
                yield from self._matched(self.plain(clause), self.told)

    def asked(self, question: str) -> Asked | None:
        """The question, if it is one about the user."""
        text = self.opened(question)
        for key, pattern in self.questions:
            match = pattern.fullmatch(text)
            if match:
                x = match.groupdict().get("x") or ""
                keys = tuple(each.format(x=self.thing(x)) for each in key.split(" / "))
                return Asked(keys, x, bool(self.memory.search(question)))
        return None

    def _matched(self, clause: str, rules: Rules) -> Iterator[Claim]:
        for key, pattern in rules:
            match = pattern.fullmatch(clause)
            if match is None:
                continue
            found = match.groupdict()
            key = key.format(x=self.thing(found.get("x") or ""))
            value = self.checked(key, found.get("value") or "")
            if value or found.get("old"):
                yield Claim(key, value, found.get("old") or "")
                if found.get("name"):
                    yield Claim(self.thing(found["x"]) + "'s name", found["name"])
                return


def rules(table: str, slots: Mapping[str, str]) -> Rules:
    """The patterns of a table."""
    lines = (line.split(" = ", 1) for line in re.sub("\n +", "", table).strip().splitlines())
    return tuple((key.strip(), pattern(text.strip(), slots)) for key, text in lines)


def pattern(text: str, slots: Mapping[str, str]) -> re.Pattern[str]:
    """A pattern in the notation of tables."""
    for slot, meaning in reversed(slots.items()):  # a slot may use those before it
        text = re.sub(rf"<(\w+):{slot}>", lambda m, s=meaning: f"(?P<{m[1]}>{s})", text)
        text = text.replace(f"<{slot}>", f"({meaning})")
    return re.compile(re.sub(r"(?<!\\)(?<!\(\?)\((?!\?)", "(?:", text), re.IGNORECASE)


def words(text: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(text.split())
