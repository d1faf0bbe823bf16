"""Suites: replies that a bot is expected to give, kept beside its corpus and asked again.

    cases:
      - ask: when do you open
        expect: We open at nine.        # or a list of replies, or a mapping of assertions
      - name: Sunday                    # optional, as are tags, persona, settings and weight
        turns:
          - ask: when do you open
          - ask: and on Sunday
            expect: {contains: ten}

In JSON Lines each line is a case; in CSV and TSV each record, see `suite_table`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from dialog_s2s.dialogue.conversation import Answerer, Conversation
from dialog_s2s.dialogue.reply import Reply
from dialog_s2s.errors import DataError
from dialog_s2s.evaluation import suite_table
from dialog_s2s.evaluation.case_reader import cases_of_file, read_case
from dialog_s2s.evaluation.cases import Case, CaseResult, Step, StepResult, Suite
from dialog_s2s.evaluation.custom import Functions
from dialog_s2s.evaluation.placed import Placed, from_json, from_yaml
from dialog_s2s.text.jsonl import parse
from dialog_s2s.text.lines import Line, stream
from dialog_s2s.text.turns import Origin

__all__ = [
    "JSONL",
    "TABLES",
    "YAML",
    "Case",
    "CaseResult",
    "Step",
    "StepResult",
    "Suite",
    "cases_of",
    "read_suite",
    "run_case",
    "run_suite",
]

YAML = (".yaml", ".yml")
JSONL = ".jsonl"
TABLES = {".csv": None, ".tsv": "\t"}
"""Endings of tables, with their delimiter; None where the header shows it."""


def read_suite(path: str | Path, *, functions: bool = False) -> Suite:
    """The suite in a file whose name ends in .yaml, .yml, .jsonl, .csv or .tsv.

    With `functions` the Python files that its cases name are loaded, which runs code: for suites
    that are trusted as a program is. Without, such cases are read but cannot be run.

    Raises:
        DataError: with file and line, where it cannot be read, is of no such kind, breaks a
            rule, or names a function that cannot be loaded.
    """
    file, ending = str(path), Path(path).suffix.lower()
    if ending not in (*YAML, JSONL, *TABLES):
        known = ", ".join((*YAML, JSONL, *TABLES))
        raise DataError(f"the name does not tell what it is; it must end in one of {known}", path)
    source, allowed = stream(path), Functions() if functions else None
    if ending in YAML:
        return Suite(file, cases_of(source, file, allowed))
    if ending == JSONL:
        values = _from_lines(source, file)
    else:
        values = suite_table.read(source, file, TABLES[ending])
    return Suite(file, tuple(case for value in values for case in read_case(value, allowed)))


def cases_of(
    source: Iterable[Line], file: str, functions: Functions | None = None
) -> tuple[Case, ...]:
    """The cases of a suite in YAML. Raises as `read_suite` does."""
    listed = cases_of_file(from_yaml(source, file))
    if listed.is_empty:
        raise listed.fault("cases is empty; add a case below it")
    return tuple(case for item in listed.items("cases") for case in read_case(item, functions))


def run_case(bot: Answerer, case: Case, **settings: object) -> CaseResult:
    """Asks a case's questions in a conversation of their own, to the last one even if one fails.

    `settings` are the bot's generation settings, except where the case has others.

    Raises:
        UsageError: a setting is unknown or out of range, a package that `chrf` needs is not
            installed, or the suite was read without leave to run its functions.
    """
    talk = Conversation(bot, case.persona)
    chosen = {**settings, **case.settings}
    return judged(case, [talk.reply(step.ask, **chosen) for step in case.turns])


def judged(case: Case, replies: Sequence[Reply]) -> CaseResult:
    """What the replies to a case's questions, one for each, are worth. Raises `UsageError` as
    `run_case` does of what is expected."""
    results = []
    for step, reply in zip(case.turns, replies, strict=True):
        checked = (each.check(reply) for each in step.expected)
        failures = tuple(each for each in checked if each is not None)
        results.append(StepResult(step, reply, failures))
    return CaseResult(case, tuple(results), tuple(_whole(case, results)))


def run_suite(bot: Answerer, suite: Suite, **settings: object) -> Iterator[CaseResult]:
    """Runs the cases one by one, each when its result is asked for. Raises as `run_case` does."""
    for case in suite.cases:
        yield run_case(bot, case, **settings)


def _whole(case: Case, results: list[StepResult]) -> Iterator[str]:
    """A line for each assertion about the whole conversation that does not hold."""
    for each in case.expect_all:
        for number, result in enumerate(results, 1):
            if failure := each.check(result.reply):
                yield f"expect_all, turn {number}: {failure}"
    for each in case.expect_any:
        failures = [each.check(result.reply) for result in results]
        if all(failures):
            yield f"expect_any, none of {len(results)} replies; of the last: {failures[-1]}"


def _from_lines(source: Iterable[Line], file: str) -> Iterator[Placed]:
    for number, text in source:
        if text.strip():
            where = Origin(file, number)
            yield from_json(parse(text, where), where)
