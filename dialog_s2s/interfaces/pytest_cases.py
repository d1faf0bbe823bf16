"""Suites as pytest sees them: a file of tests, one a case, whose failures show the dialogue.

A case is asked by the fixture `bot`; see `pytest_plugin`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest._code.code import (
    ExceptionInfo,
    ReprEntry,
    ReprExceptionInfo,
    ReprFileLocation,
    ReprTraceback,
    TerminalRepr,
)
from wcwidth import wcswidth

from dialog_s2s.dialogue.answerer import Answerer
from dialog_s2s.dialogue.reply import Evidence, Reply
from dialog_s2s.errors import DataError, DialogError
from dialog_s2s.evaluation.cases import Case, CaseResult, Step, Suite
from dialog_s2s.evaluation.suites import read_suite, run_case
from dialog_s2s.evaluation.text_assertions import Same
from dialog_s2s.interfaces.sanitize import clean

SHOWN = 3
"""Pairs that are shown of what a reply rests on."""

LEAST = 0.005
"""The weight that such a pair has; a lesser one would read 0.00."""

RESERVED = ("filterwarnings", "parametrize", "skipif", "timeout", "usefixtures")
"""Marks that mean something else, and need more than a name: such tags are for -k alone."""

_BRACKETS = str.maketrans("[]", "()")


class CaseFailed(AssertionError):
    """Not all that was expected came."""

    def __init__(self, result: CaseResult):
        super().__init__(result.case.name)
        self.result = result


class SuiteFile(pytest.Module):
    """A suite: a module without Python in it, as far as fixtures are concerned."""

    obj = None

    def collect(self) -> Iterator[CaseItem]:
        """Its cases, with their tags as marks. The Python functions that it names are loaded: who
        runs pytest runs the code of the folder."""
        try:
            suite = read_suite(self.path, functions=True)
        except DataError as error:
            raise self.CollectError(clean(str(error))) from None
        for name, case in zip(names(suite), suite.cases, strict=True):
            item: CaseItem = CaseItem.from_parent(self, name=name, callobj=_asking(case), case=case)
            for tag in case.tags:
                self._mark(item, tag)
            yield item

    def _mark(self, item: CaseItem, tag: str) -> None:
        name = re.sub(r"[^\w.+/-]", "_", clean(tag))
        item.extra_keyword_matches.add(name)
        if name.startswith("_") or name in RESERVED:
            return
        known = {line.split(":")[0].split("(")[0].strip() for line in self.config.getini("markers")}
        if name not in known:
            self.config.addinivalue_line("markers", f"{name}: a tag of suites")
        item.add_marker(name)


class CaseItem(pytest.Function):
    """A case as a test."""

    def __init__(self, *, case: Case, **options: object):
        super().__init__(**options)  # type: ignore[arg-type]
        self.case = case

    def reportinfo(self) -> tuple[Path, int, str]:
        """The file, the line counted from 0, and the name."""
        return self.path, max(self.case.origin.line - 1, 0), self.name

    def repr_failure(  # type: ignore[override]
        self, excinfo: ExceptionInfo[BaseException]
    ) -> str | TerminalRepr:
        """The dialogue, where it is the case that failed."""
        if not isinstance(excinfo.value, CaseFailed):
            return super().repr_failure(excinfo)
        here = self.config.invocation_params.dir
        file = self.path.relative_to(here) if self.path.is_relative_to(here) else self.path
        lines, problems = told(excinfo.value.result, str(file))
        line, message = problems[0]
        crash = ReprFileLocation(str(self.path), line, message)
        place = ReprFileLocation(str(file), line, "CaseFailed")
        entry = ReprEntry(lines, None, None, place, "value")
        # of pytest's own kind, as no other keeps the place and the message through xdist and JUnit
        return ReprExceptionInfo(ReprTraceback([entry], None, "value"), crash)


def names(suite: Suite) -> list[str]:
    """What the cases are called, all differently, so that each can be asked for by its name."""
    found: dict[str, None] = {}
    for case in suite.cases:
        # pytest reads "::" in a test's name as the end of a part, brackets as parameters
        base = " ".join(clean(case.name).split()).replace("::", ": :").translate(_BRACKETS)
        base = base or "case"
        name, number = base, 1
        while name in found:
            number += 1
            name = f"{base} ({number})"
        found[name] = None
    return list(found)


def told(result: CaseResult, file: str) -> tuple[list[str], list[tuple[int, str]]]:
    """A dialogue with what each reply rests on and what is wrong; and the wrongs alone, with their
    lines in the file."""
    lines: list[str] = []
    problems: list[tuple[int, str]] = []

    def tell(line: int, failure: str) -> None:
        problems.append((line, clean(failure)))
        lines.append(f"  {file}:{line}: {clean(failure)}")

    for step in result.steps:
        lines += [f"you> {clean(step.step.ask)}", f"bot> {clean(step.reply.text)}"]
        lines += [f"       {clean(line)}" for line in _grounds(step.reply)]
        for failure in step.failures:
            tell(step.step.origin.line, failure)
        lines += [f"    {clean(line)}" for line in _differences(step.step, step.reply)]
    for failure in result.failures:
        tell(result.case.origin.line, failure)
    return lines, problems


def _grounds(reply: Reply) -> Iterator[str]:
    """Where a reply came from, and the pairs with file and line."""
    yield f"{reply.source}, confidence {reply.confidence:.2f}"
    if reply.withheld is not None:
        yield f'withheld: "{reply.withheld}"'
    for each in (pair for pair in reply.evidence[:SHOWN] if pair.weight >= LEAST):
        yield f"from {_pair(each)}, weight {each.weight:.2f}"
    if not reply.evidence:
        for each in reply.nearest[:SHOWN]:
            yield f"near {_pair(each)}"


def _pair(evidence: Evidence) -> str:
    after = f' (after "{evidence.after}")' if evidence.after else ""
    return f'"{evidence.question}"{after} -> "{evidence.answer}" ({evidence.origin})'


def _differences(step: Step, reply: Reply) -> Iterator[str]:
    """The reply beside the likest of those wanted, where it is none of them."""
    for each in step.expected:
        if isinstance(each, Same) and not each.holds(reply):
            likest = max(each.texts, key=lambda text: _likeness(text, reply.text))
            for line in difflib.ndiff([clean(likest)], [clean(reply.text)]):
                # marks below letters that are wider, or narrower, than one column point elsewhere
                if line[0] != "?" or wcswidth(likest + reply.text) == len(likest + reply.text):
                    yield line.rstrip()


def _likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


def _asking(case: Case) -> object:
    def asked(bot: Answerer, bot_settings: dict[str, object]) -> None:
        try:
            result = run_case(bot, case, **bot_settings)
        except DialogError as error:
            pytest.fail(clean(str(error)), pytrace=False)
        if not result.passed:
            raise CaseFailed(result)

    return asked
