"""What a suite expects of a reply, read strictly: from a text, a list, or a mapping by kind."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable, Sequence
from typing import Literal

from dialog_s2s.dialogue.languages import SCRIPTS
from dialog_s2s.dialogue.reply import SOURCES
from dialog_s2s.evaluation import custom
from dialog_s2s.evaluation.assertions import Assertion, Cites, Not, Source, Within
from dialog_s2s.evaluation.custom import Functions
from dialog_s2s.evaluation.placed import Placed
from dialog_s2s.evaluation.text_assertions import (
    Contains,
    EditDistance,
    Ends,
    Language,
    Matches,
    NoRepetition,
    Same,
    Scores,
    Starts,
)
from dialog_s2s.text.fields import excerpt
from dialog_s2s.text.nodes import nearest

LANGUAGES = tuple(sorted(" ".join(SCRIPTS.values()).split()))
"""Codes that a `language` may be."""


def read(
    value: Placed, functions: Functions | None = None, what: str = "expect"
) -> tuple[Assertion, ...]:
    """The assertions of an `expect`: a text is the reply itself, a list is any of some replies.

    `what` names it in messages; `functions` are those that may run.

    Raises:
        DataError: with the line, for an unknown kind, a value of the wrong shape, a pattern that
            cannot be compiled, an unknown source or language, a function that cannot be loaded.
    """
    if not value.is_mapping:
        return (Same(value.texts(what)),)
    found: list[Assertion] = []
    for kind, each in value.entries(what, KINDS).items():
        if kind == "not":
            entries = each.entries("not", NEGATED)
            found += [Not(_READERS[name](inner)) for name, inner in entries.items()]
        elif kind == "function":
            found.append(custom.read(each, functions))
        else:
            found.append(_READERS[kind](each))
    return tuple(found)


def _pattern(value: Placed) -> Assertion:
    pattern = value.text("regex")
    try:
        with warnings.catch_warnings():
            # what Python may read in another way one day; no other warnings, of other threads
            warnings.filterwarnings("error", "Possible ", FutureWarning)
            return Matches(re.compile(pattern))
    except (re.error, OverflowError, RecursionError, FutureWarning) as error:
        raise value.fault(
            f"the regex {excerpt(pattern)} is not one: {error}; correct it, or use contains"
        ) from error


def _distance(value: Placed) -> Assertion:
    entries = _with(value, "edit_distance", ("to", "most"))
    return EditDistance(entries["to"].text("to"), entries["most"].whole("most"))


def _score(measure: Literal["token_f1", "chrf"]) -> Callable[[Placed], Assertion]:
    def read(value: Placed) -> Assertion:
        entries = _with(value, measure, ("to", "least"))
        return Scores(measure, entries["to"].texts("to"), entries["least"].number("least", 1))

    return read


def _words(value: Placed) -> Assertion:
    entries = value.entries("words", ("least", "most"))
    bounds = {name: float(each.whole(name)) for name, each in entries.items()}
    return _within("words", bounds, value)


def _confidence(value: Placed) -> Assertion:
    entries = value.entries("confidence", ("least", "most"))
    bounds = {name: each.number(name, 1) for name, each in entries.items()}
    return _within("confidence", bounds, value)


def _within(
    quantity: Literal["words", "confidence"], bounds: dict[str, float], value: Placed
) -> Assertion:
    least, most = bounds.get("least", 0.0), bounds.get("most", math.inf)
    if least > most:
        raise value.fault(f"{quantity}: least {least:g} is above most {most:g}; exchange them")
    return Within(quantity, least, most)


def _milliseconds(value: Placed) -> Assertion:
    entries = _with(value, "milliseconds", ("most",))
    return Within("milliseconds", most=entries["most"].number("most"))


def _language(value: Placed) -> Assertion:
    return Language(_one_of(value, value.text("language"), "language", LANGUAGES))


def _source(value: Placed) -> Assertion:
    names = value.texts("source")
    return Source(tuple(_one_of(value, name, "source", SOURCES) for name in names))


def _no_repetition(value: Placed) -> Assertion:
    if not value.is_true():
        raise value.fault("no_repetition must be true; write true, or delete it")
    return NoRepetition()


def _with(value: Placed, what: str, needed: Sequence[str]) -> dict[str, Placed]:
    """The entries of a mapping that must have all of them."""
    entries = value.entries(what, needed)
    for name in needed:
        if name not in entries:
            raise value.fault(f'{what} has no "{name}"; add it')
    return entries


def _one_of(value: Placed, name: str, what: str, known: Sequence[str]) -> str:
    if name not in known:
        raise value.fault(f"unknown {what} {excerpt(name)}; {nearest(name, known, what)}")
    return name


_READERS: dict[str, Callable[[Placed], Assertion]] = {
    "reply": lambda value: Same((value.text("reply"),)),
    "any_of": lambda value: Same(value.texts("any_of")),
    "contains": lambda value: Contains(value.texts("contains")),
    "contains_any": lambda value: Contains(value.texts("contains_any"), any=True),
    "regex": _pattern,
    "starts": lambda value: Starts(value.text("starts")),
    "ends": lambda value: Ends(value.text("ends")),
    "edit_distance": _distance,
    "token_f1": _score("token_f1"),
    "chrf": _score("chrf"),
    "words": _words,
    "language": _language,
    "source": _source,
    "confidence": _confidence,
    "cites": lambda value: Cites(value.text("cites")),
    "milliseconds": _milliseconds,
    "no_repetition": _no_repetition,
}
NEGATED = tuple(_READERS)
"""The keys that a `not` may have: no function, of which one that fails would hold there."""

KINDS = (*NEGATED, "function", "not")
"""The keys that an `expect` may have."""
