"""From values of a file to cases, strictly: every mistake is told with its line."""

from __future__ import annotations

from collections.abc import Mapping

from dialog_s2s.config import GenerationConfig, with_settings
from dialog_s2s.errors import ConfigError
from dialog_s2s.evaluation import expectations
from dialog_s2s.evaluation.assertions import Assertion
from dialog_s2s.evaluation.cases import Case, Step
from dialog_s2s.evaluation.custom import Functions
from dialog_s2s.evaluation.placed import Placed
from dialog_s2s.evaluation.templates import expanded

WHOLE = ("expect_all", "expect_any")
"""Keys of what is expected of a conversation as a whole."""

CASE = (
    *("name", "tags", "persona", "settings", "weight", "parameters"),
    *("ask", "expect", "turns"),
    *WHOLE,
)
TURN = ("ask", "expect")
"""The keys that a case and a turn may have."""


def cases_of_file(root: Placed) -> Placed:
    """The list of cases that a suite in YAML is."""
    return root.entries("the file", ("cases",))["cases"]


def read_case(value: Placed, functions: Functions | None = None) -> tuple[Case, ...]:
    """The case that a value is, or, where it has parameters, the cases.

    Raises:
        DataError: with the line, where it breaks a rule.
    """
    return tuple(_case(each, name, functions) for each, name in expanded(value))


def _case(value: Placed, name: str | None, functions: Functions | None) -> Case:
    entries = value.entries("a case", CASE)
    turns = _turns(value, entries, functions)
    every, some = (
        expectations.read(entries[key], functions, key) if key in entries else () for key in WHOLE
    )
    _check_expected(value, entries, turns, every + some)
    written = entries["name"].text("name") if "name" in entries else turns[0].ask
    return Case(
        name=name or written,
        tags=entries["tags"].texts("tags") if "tags" in entries else (),
        persona=entries["persona"].text("persona") if "persona" in entries else "",
        settings=_settings(entries["settings"]) if "settings" in entries else {},
        turns=turns,
        origin=value.origin,
        weight=entries["weight"].number("weight", positive=True) if "weight" in entries else 1.0,
        expect_all=every,
        expect_any=some,
    )


def _turns(
    value: Placed, entries: Mapping[str, Placed], functions: Functions | None
) -> tuple[Step, ...]:
    if "turns" not in entries:
        return (_step(value, entries, "the case", functions),)
    for key in TURN:
        if key in entries:
            raise entries[key].fault(f'both "turns" and "{key}"; put it into a turn')
    return tuple(
        _step(item, item.entries("a turn", TURN), "the turn", functions)
        for item in entries["turns"].items("turns")
    )


def _step(
    value: Placed, entries: Mapping[str, Placed], what: str, functions: Functions | None
) -> Step:
    if "ask" not in entries:
        raise value.fault(f'{what} has no "ask"; add it')
    expected = expectations.read(entries["expect"], functions) if "expect" in entries else ()
    return Step(entries["ask"].text("ask"), expected, value.origin)


def _check_expected(
    value: Placed,
    entries: Mapping[str, Placed],
    turns: tuple[Step, ...],
    whole: tuple[Assertion, ...],
) -> None:
    if "turns" not in entries:
        for key in WHOLE:
            if key in entries:
                raise entries[key].fault(f'"{key}" is for a case with "turns"; write "expect"')
        if "expect" not in entries:
            raise value.fault('the case has no "expect"; add it')
    elif not whole and not any(step.expected for step in turns):
        raise value.fault('nothing is expected in the case; add "expect" to a turn')


def _settings(value: Placed) -> dict[str, object]:
    found = value.settings("settings")
    for name, (setting, place) in found.items():
        try:
            with_settings(GenerationConfig(), {name: setting})
        except ConfigError as error:
            raise place.fault(str(error)) from None
    return {name: setting for name, (setting, _) in found.items()}
