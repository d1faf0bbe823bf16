"""What tests are run with: suites, bots, variants, what was blessed, and what was leaked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from dialog_s2s.bundle import MANIFEST
from dialog_s2s.dialogue.manager import Bot
from dialog_s2s.errors import ConfigError, DialogError, UsageError
from dialog_s2s.evaluation.assertions import Assertion
from dialog_s2s.evaluation.baseline import baseline_path, read_baseline
from dialog_s2s.evaluation.cases import Case, Suite
from dialog_s2s.evaluation.custom import Custom
from dialog_s2s.evaluation.leaks import leaks
from dialog_s2s.evaluation.runs import Variant
from dialog_s2s.evaluation.suite_report import Asked, by_question
from dialog_s2s.evaluation.suites import read_suite
from dialog_s2s.evaluation.verdicts import Baseline
from dialog_s2s.interfaces.starter import starter_path

Say = Callable[[str], None]
"""Takes a line for people."""


def bundles_of(given: Sequence[str]) -> list[str]:
    """The bundles given, or else the starter bot. Raises `UsageError` where that is not there."""
    if given:
        return list(given)
    starter = starter_path()
    if not (starter / MANIFEST).is_file():
        raise UsageError(
            "there is no bot to test; give one with --bundle BUNDLE (the starter bot, which is "
            "tested else, is not trained yet: dialog-s2s chat does that)"
        )
    return [str(starter)]


def read_suites(files: Sequence[str], say: Say) -> list[Suite]:
    """The suites, with their functions: of those that name some the code is run, and it is said
    before it is. Raises as `read_suite` does."""
    suites = [read_suite(file) for file in files]
    code = sorted({str(file) for suite in suites for file in code_of(suite)})
    if not code:
        return suites
    say(f"runs the code of {', '.join(code)}")
    return [read_suite(suite.file, functions=True) if code_of(suite) else suite for suite in suites]


def code_of(suite: Suite) -> list[Path]:
    """The Python files that a suite names, each once."""
    files = {
        Path(suite.file).parent / each.place.rpartition(":")[0]: None
        for case in suite.cases
        for each in _assertions(case)
        if isinstance(each, Custom)
    }
    return list(files)


def code_files(files: Sequence[str]) -> list[str]:
    """The Python files that suites name, of those suites that can be read."""
    found: list[str] = []
    for file in files:
        with suppress(DialogError):
            found += map(str, code_of(read_suite(file)))
    return found


def variants_of(
    bots: Mapping[str, Bot], columns: Iterable[Mapping[str, object]]
) -> tuple[Variant, ...]:
    """Each bot with each column of settings, as the bot reads them: 0.70 is 0.7.

    Raises:
        ConfigError: a setting is unknown or out of range.
    """
    settings = list(columns)
    found = []
    for bundle, bot in bots.items():
        for column in settings:
            try:
                chosen = bot.settings(**column)
            except ConfigError as error:
                raise ConfigError(f"--set: {error}") from None
            found.append(Variant(bundle, {name: getattr(chosen, name) for name in column}))
    return tuple(found)


def baseline_files(suites: Sequence[str], given: str | None) -> dict[str, str]:
    """The baseline's file of each suite."""
    return {file: given or str(baseline_path(file)) for file in suites}


def read_baselines(files: Mapping[str, str], given: str | None, bless: bool) -> Baseline:
    """All that was blessed; nothing where no file is there.

    Raises:
        UsageError: a file was named that is not there, and the run is not to be blessed to it.
        DataError: a file is not a baseline.
    """
    if given is not None and not bless and not Path(given).exists():
        raise UsageError(f"{given}: there is no baseline; --bless writes it")
    found: Baseline = {}
    for file in dict.fromkeys(files.values()):
        if Path(file).exists():
            found = {**found, **read_baseline(file)}
    return found


def leaked(
    bots: Mapping[str, Bot], suites: Sequence[Suite], takes: Callable[[Case], bool]
) -> dict[str, dict[Asked, str]]:
    """The questions that are asked and stand word for word among a bot's training pairs."""
    cases = tuple(case for suite in suites for case in suite.cases if takes(case))
    if not cases:
        return {}
    together = Suite("all suites", cases)
    return {
        bundle: by_question(leaks(together, bot.memory.rows))
        for bundle, bot in bots.items()
        if bot.memory is not None
    }


def _assertions(case: Case) -> list[Assertion]:
    steps = [each for step in case.turns for each in step.expected]
    return [*steps, *case.expect_all, *case.expect_any]
