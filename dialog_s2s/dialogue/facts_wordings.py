"""What a language's wordings of facts are, and how they are applied to a sentence.

Wordings are tables of lines `key = pattern`. A pattern is a regular expression without regard to
case, in which parentheses do not capture, `<slot>` stands for the pattern of a slot and
`<value:slot>` captures it as well. The first that matches a whole clause counts.

Keys: name, age, home, origin, job, birthday, "phone number" and "e-mail address" are the same in
all languages. What may be many has a key each, of a kind: "likes: tea", "dislikes: rain",
"pet: cat", "family: sister", "note: the meeting is at 3". Other keys are the user's words, as
"favourite colour" or "locker code"; `{x}` in a table's key is a thing as the user calls it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

Rules = tuple[tuple[str, re.Pattern[str]], ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """`key` is `value`, and not `old`, or just not `old`; the key "*" is any that was `old`."""

    key: str
    value: str
    old: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about the user: the keys that answer it, best first; a kind ends in a colon."""

    keys: tuple[str, ...]
    memory: bool
    """Whether it asks what was told, so that "not yet" is an answer too."""


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
    """What a question about things told has in it."""
    plain: Callable[[str], str]
    """A clause without greetings, fillers and closing marks."""
    opened: Callable[[str], str]
    """A question, the same."""
    checked: Callable[[str, str], str]
    """Given a key and what was captured: the value, or nothing if it is none after all."""
    thing: Callable[[str], str]
    """A thing as keys have it, given what it was called."""
    said: Callable[[str, list[str]], str]
    """The reply, given a key and its values."""
    noted_it: str
    """What the reply to a statement opens with, before what is `said` of it."""
    courtesy: re.Pattern[str]
    """A sentence that may follow a statement and adds nothing."""
    untold: Callable[[str], str]
    """The reply where a key has no value; nothing if such things are not for telling."""

    def claims(self, sentence: str, before: str) -> Iterator[Claim]:
        """What a sentence claims; `before` is the sentence before it, or empty."""
        asks = sentence.endswith(("?", "？"))
        note = self.note.fullmatch(self.plain(sentence) + "?" * asks)
        text = (note["value"] or before.rstrip(" .!~")) if note else ""
        if text:
            yield Claim(f"note: {text}", text)
            yield from self._matched(self.plain(text), self.told + self.noted)
        elif not self.doubt.search(sentence):
            clauses = self.clause.split(sentence)
            for clause in clauses[:-1] if asks else clauses:
                yield from self._matched(self.plain(clause), self.told)

    def asked(self, question: str) -> Asked | None:
        """The question, if it is about the user."""
        text = self.opened(question)
        for key, form in self.questions:
            match = form.fullmatch(text)
            if match:
                x = self.thing(match.groupdict().get("x") or "")
                keys = tuple(each.format(x=x) for each in key.split(" / "))
                return Asked(keys, self.memory.search(question) is not None)
        return None

    def _matched(self, clause: str, table: Rules) -> Iterator[Claim]:
        for key, form in table:
            match = form.fullmatch(clause)
            if match is None:
                continue
            found = match.groupdict()
            thing = self.thing(found.get("x") or "")
            key = key.format(x=thing)
            value = self.checked(key, found.get("value") or "")
            if value or found.get("old"):
                yield Claim(key, value, found.get("old") or "")
                if found.get("name"):  # "a dog called Rex"
                    yield Claim(f"{thing}'s name", found["name"])
                return


def rules(table: str, slots: Mapping[str, str]) -> Rules:
    """The patterns of a table; an indented line goes on with the one before."""
    lines = re.sub("\n +", "", table).strip().splitlines()
    pairs = (line.split(" = ", 1) for line in lines)
    return tuple((key, pattern(text, slots)) for key, text in pairs)


def pattern(text: str, slots: Mapping[str, str] = {}) -> re.Pattern[str]:
    """A pattern in the notation of tables; a slot may use those before it."""
    for slot in reversed(list(slots)):
        text = re.sub(rf"<(\w+):{slot}>", rf"(?P<\1><{slot}>)", text)
        text = text.replace(f"<{slot}>", f"({slots[slot]})")
    return re.compile(re.sub(r"(?<!\\)(?<!\(\?)\((?!\?)", "(?:", text), re.IGNORECASE)


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())
