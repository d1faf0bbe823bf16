"""Suites: replies that a bot is expected to give, kept beside its corpus and asked again.

    cases:
      - ask: when do you open
        expect: We open at nine.        # or a list of replies, or a mapping of assertions
      - name: Sunday                    # optional, as are tags, persona and settings
        turns:
          - ask: when do you open
          - ask: and on Sunday
            expect: {contains: ten}

In JSON Lines each line is a case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dialog_s2s.config import GenerationConfig, with_settings
from dialog_s2s.dialogue.conversation import Answerer, Conversation
from dialog_s2s.dialogue.reply import Reply
from dialog_s2s.errors import ConfigError, DataError
from dialog_s2s.evaluation import expectations
from dialog_s2s.evaluation.assertions import Assertion
from dialog_s2s.evaluation.placed import Placed, from_json, from_yaml
from dialog_s2s.text.jsonl import parse
from dialog_s2s.text.lines import Line, stream
from dialog_s2s.text.turns import Origin

YAML = (".yaml", ".yml")
JSONL = ".jsonl"

_CASE = ("name", "tags", "persona", "settings", "ask", "expect", "turns")


@dataclass(frozen=True, slots=True)
class Step:
    """A question, and what is expected of its reply; nothing, where it only leads to the next."""

    ask: str
    expected: tuple[Assertion, ...]
    origin: Origin = field(compare=False)


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation of its own, from its first question."""

    name: str
    tags: tuple[str, ...]
    persona: str
    settings: Mapping[str, object]
    """Of the generation, those that the case gives."""
    turns: tuple[Step, ...]
    origin: Origin = field(compare=False)


@dataclass(frozen=True, slots=True)
class Suite:
    """The cases of a file, of which there is at least one."""

    file: str
    cases: tuple[Case, ...]

    def __post_init__(self) -> None:
        if not self.cases:
            raise DataError("has no cases; add one", self.file)


@dataclass(frozen=True, slots=True)
class StepResult:
    """What came of a question; `failures` has a line for each assertion that does not hold."""

    step: Step
    reply: Reply
    failures: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether all that was expected came."""
        return not self.failures


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What came of a case."""

    case: Case
    steps: tuple[StepResult, ...]

    @property
    def passed(self) -> bool:
        """Whether all of its questions passed."""
        return all(step.passed for step in self.steps)


def read_suite(path: str | Path) -> Suite:
    """The suite in a file whose name ends in .yaml, .yml or .jsonl.

    Raises:
        DataError: with file and line, where it cannot be read, is of no such kind, or breaks a
            rule.
    """
    ending = Path(path).suffix.lower()
    if ending not in (*YAML, JSONL):
        known = ", ".join((*YAML, JSONL))
        raise DataError(f"the name does not tell what it is; it must end in one of {known}", path)
    cases = _from_lines if ending == JSONL else cases_of
    return Suite(str(path), cases(stream(path), str(path)))


def cases_of(source: Iterable[Line], file: str) -> tuple[Case, ...]:
    """The cases of a suite in YAML. Raises as `read_suite` does."""
    root = from_yaml(source, file)
    listed = root.entries("the file", ("cases",))["cases"]
    if listed.is_empty:
        raise listed.fault("cases is empty; add a case below it")
    return tuple(_case(item) for item in listed.items("cases"))


def run_case(bot: Answerer, case: Case, **settings: object) -> CaseResult:
    """Asks a case's questions in a conversation of their own, to the last one even if one fails.

    `settings` are the bot's generation settings, except where the case has others.

    Raises:
        UsageError: a setting is unknown or out of range, or a package that `chrf` needs is not
            installed.
    """
    talk = Conversation(bot, case.persona)
    results = []
    for step in case.turns:
        reply = talk.reply(step.ask, **{**settings, **case.settings})
        checked = (each.check(reply) for each in step.expected)
        failures = tuple(each for each in checked if each is not None)
        results.append(StepResult(step, reply, failures))
    return CaseResult(case, tuple(results))


def run_suite(bot: Answerer, suite: Suite, **settings: object) -> Iterator[CaseResult]:
    """Runs the cases one by one, each when its result is asked for. Raises as `run_case` does."""
    for case in suite.cases:
        yield run_case(bot, case, **settings)


def _from_lines(source: Iterable[Line], file: str) -> tuple[Case, ...]:
    found = []
    for number, text in source:
        if text.strip():
            where = Origin(file, number)
            found.append(_case(from_json(parse(text, where), where)))
    return tuple(found)


def _case(value: Placed) -> Case:
    entries = value.entries("a case", _CASE)
    turns = _turns(value, entries)
    return Case(
        name=entries["name"].text("name") if "name" in entries else turns[0].ask,
        tags=entries["tags"].texts("tags") if "tags" in entries else (),
        persona=entries["persona"].text("persona") if "persona" in entries else "",
        settings=_settings(entries["settings"]) if "settings" in entries else {},
        turns=turns,
        origin=value.origin,
    )


def _turns(value: Placed, entries: Mapping[str, Placed]) -> tuple[Step, ...]:
    if "turns" in entries:
        for key in ("ask", "expect"):
            if key in entries:
                raise entries[key].fault(f'both "turns" and "{key}"; put it into a turn')
        turns = tuple(
            _step(item, item.entries("a turn", ("ask", "expect")), "the turn")
            for item in entries["turns"].items("turns")
        )
        if not any(step.expected for step in turns):
            raise value.fault('nothing is expected in the case; add "expect" to a turn')
        return turns
    if "ask" in entries and "expect" not in entries:
        raise value.fault('the case has no "expect"; add it')
    return (_step(value, entries, "the case"),)


def _step(value: Placed, entries: Mapping[str, Placed], what: str) -> Step:
    if "ask" not in entries:
        raise value.fault(f'{what} has no "ask"; add it')
    expected = expectations.read(entries["expect"]) if "expect" in entries else ()
    return Step(entries["ask"].text("ask"), expected, value.origin)


def _settings(value: Placed) -> dict[str, object]:
    found = value.settings("settings")
    for name, (setting, place) in found.items():
        try:
            with_settings(GenerationConfig(), {name: setting})
        except ConfigError as error:
            raise place.fault(str(error)) from None
    return {name: setting for name, (setting, _) in found.items()}
