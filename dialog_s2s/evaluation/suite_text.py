"""Suites written as YAML that is read back to equal cases."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable

from dialog_s2s.errors import UsageError
from dialog_s2s.evaluation.assertions import Assertion, Cites, Not, Source, Within
from dialog_s2s.evaluation.cases import Case, Step, Suite
from dialog_s2s.evaluation.custom import Custom
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

HEADER = """\
# Replies that the bot is expected to give.
# A case has "ask" and "expect", or "turns", a list of those.
# An "expect" is a reply, a list of replies, or a mapping of assertions; see docs/suites.md.
"""

# Beyond what JSON escapes: what YAML may not hold or takes for a line end, what reorders a line.
_HIDDEN = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")


def suite_text(suite: Suite, header: str = HEADER) -> str:
    """YAML of a suite; its cases, read back, are equal. Functions are written as they were, so the
    file belongs beside the one they were read from.

    Raises:
        UsageError: an `expect` that was put together in Python cannot be written as a mapping.
    """
    return header + "cases:\n" + "".join(map(_case, suite.cases))


def quoted(text: str) -> str:
    """A text as YAML reads it back, on one line."""
    return _HIDDEN.sub(lambda char: f"\\u{ord(char[0]):04x}", json.dumps(text, ensure_ascii=False))


def _case(case: Case) -> str:
    lines = [] if case.name == case.turns[0].ask else [f"name: {quoted(case.name)}"]
    lines += [f"tags: {_flow(case.tags)}"] if case.tags else []
    lines += [f"persona: {quoted(case.persona)}"] if case.persona else []
    lines += [f"settings: {_flow(dict(case.settings))}"] if case.settings else []
    lines += [f"weight: {_flow(case.weight)}"] if case.weight != 1 else []
    whole = (("expect_all", case.expect_all), ("expect_any", case.expect_any))
    if len(case.turns) == 1 and not case.expect_all and not case.expect_any:
        lines += _step(case.turns[0])
    else:
        lines.append("turns:")
        for step in case.turns:
            first, *rest = _step(step)
            lines += [f"  - {first}", *(f"    {line}" for line in rest)]
        lines += [f"{key}: {_expect(every)}" for key, every in whole if every]
    return "  - " + "\n    ".join(lines) + "\n"


def _step(step: Step) -> list[str]:
    asked = [f"ask: {quoted(step.ask)}"]
    return [*asked, f"expect: {_expect(step.expected)}"] if step.expected else asked


def _expect(assertions: tuple[Assertion, ...]) -> str:
    match assertions:
        case (Same((text,)),):
            return quoted(text)
        case (Same(texts),):
            return _flow(texts)
    return _flow(_mapping(assertions))


def _mapping(assertions: Iterable[Assertion], what: str = "expect") -> dict[str, object]:
    found: dict[str, object] = {}
    negated: list[Assertion] = []
    for each in assertions:
        if what == "not" and isinstance(each, Not | Custom):
            raise UsageError(f"what may not hold may not be {each.wanted!r}; expect the opposite")
        if isinstance(each, Not):
            if negated and next(reversed(found)) != "not":
                raise UsageError(f"an {what} keeps all that may not hold together; sort it so")
            negated.append(each.assertion)
            found["not"] = _mapping(negated, "not")
            continue
        kind, value = _pair(each)
        if kind == "reply" and kind in found:  # which is what `any_of` with one text is, too
            kind, value = "any_of", [value]
        if kind in found:
            raise UsageError(f'an {what} has "{kind}" twice; expect one of them in another case')
        found[kind] = value
    return found


def _pair(assertion: Assertion) -> tuple[str, object]:
    """The key and the value that an assertion is read from."""
    match assertion:
        case Same((text,)):
            return "reply", text
        case Same(texts):
            return "any_of", texts
        case Contains(texts, any):
            return ("contains_any" if any else "contains"), texts
        case Starts(text):
            return "starts", text
        case Ends(text):
            return "ends", text
        case Matches(pattern):
            return "regex", pattern.pattern
        case EditDistance(text, most):
            return "edit_distance", {"to": text, "most": most}
        case Scores(measure, references, least):
            return measure, {"to": references, "least": least}
        case Language(code):
            return "language", code
        case NoRepetition():
            return "no_repetition", True
        case Source(sources):
            return "source", sources
        case Cites(text):
            return "cites", text
        case Within(quantity, least, most):
            bounds = {"least": least, "most": most}
            if most == math.inf:
                del bounds["most"]
            elif quantity == "milliseconds" or not least:
                del bounds["least"]
            return quantity, bounds
        case Custom(place):
            return "function", place
    raise UsageError(f"{assertion.wanted}: an assertion of a kind that suites do not have")


def _flow(value: object) -> str:
    """A value in one line of YAML."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return _flow(value[0]) if len(value) == 1 else f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    return json.dumps(value)


def _key(key: str) -> str:
    return key if key.isidentifier() else quoted(key)
