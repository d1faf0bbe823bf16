"""Variants of a suite's cases that expect the same replies of questions put differently."""

from __future__ import annotations

import difflib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from dialog_s2s.errors import DataError, UsageError
from dialog_s2s.evaluation.cases import Case, Step, Suite
from dialog_s2s.evaluation.perturbations import TEXT_KINDS, Frequency, frequencies, perturbed
from dialog_s2s.text.turns import fold

STRAY = "stray_exchange"
"""Another case's first question is asked before."""

DEFAULT = (*TEXT_KINDS, STRAY)
"""Changes after which the same reply is right."""

HISTORY = ("shuffled_history", "removed_history")
"""What came before the last question is changed: its reply should be the same only where it does
not rest on that, and where it does, a pass shows that the bot does not read it."""

KINDS = (*DEFAULT, *HISTORY)

_TRIES = 20


def robust(suite: Suite, seed: int = 1, kinds: Sequence[str] = DEFAULT) -> Suite:
    """For each case and kind of change a variant, tagged and named with the kind.

    The last question of which something is expected is changed. There is no variant where a
    question cannot be changed so, or where it would become another question of the suite. The
    same seed gives the same variants, whatever other cases and kinds there are, as far as these
    do not serve as stray exchanges or tell which words are frequent.

    Raises:
        UsageError: an unknown kind.
        DataError: no case can be changed so.
    """
    for kind in kinds:
        if kind not in KINDS:
            near = difflib.get_close_matches(kind, KINDS, 1, 0.5)
            hint = f"is {near[0]} meant? " if near else ""
            raise UsageError(f"unknown kind {kind!r}; {hint}It must be one of {', '.join(KINDS)}")
    asked = [step.ask for case in suite.cases for step in case.turns]
    known, frequency = frozenset(map(fold, asked)), frequencies(asked)
    found: list[Case] = []
    for case in suite.cases:
        said = "\n".join((case.name, *(step.ask for step in case.turns)))
        for kind in dict.fromkeys(kinds):
            mark = zlib.crc32(f"{kind}\n{said}".encode("utf-8", "surrogatepass"))
            random = np.random.default_rng([seed, mark])
            turns = _turns(case, kind, random, suite, known, frequency)
            if turns is not None:
                name = f"{case.name} [{kind}]"
                found.append(replace(case, name=name, tags=(*case.tags, kind), turns=turns))
    if not found:
        raise DataError(f"no case can be changed by {', '.join(kinds)}; choose others", suite.file)
    return Suite(suite.file, tuple(found))


def _turns(
    case: Case,
    kind: str,
    random: np.random.Generator,
    suite: Suite,
    known: frozenset[str],
    frequency: Frequency,
) -> tuple[Step, ...] | None:
    if kind == STRAY:
        return _with_stray(case, random, suite)
    if kind in HISTORY:
        return _with_history(case, kind, random)
    place = _tested(case)
    step = case.turns[place]
    own = fold(step.ask)
    for _ in range(_TRIES):
        text = perturbed(step.ask, kind, random, frequency)
        if text is None:
            return None
        if fold(text) == own or fold(text) not in known:
            changed = replace(step, ask=text)
            return (*case.turns[:place], changed, *case.turns[place + 1 :])
    return None


def _tested(case: Case) -> int:
    """The place of the last question of which something is expected."""
    places = [place for place, step in enumerate(case.turns) if step.expected]
    return places[-1] if places else len(case.turns) - 1


def _with_stray(case: Case, random: np.random.Generator, suite: Suite) -> tuple[Step, ...] | None:
    if case.expect_all or case.expect_any:  # which would be about the stray reply too
        return None
    own = {fold(step.ask) for step in case.turns}
    others = [each.turns[0] for each in suite.cases if fold(each.turns[0].ask) not in own]
    if not others:
        return None
    stray = others[int(random.integers(len(others)))]
    return (Step(stray.ask, (), case.origin), *case.turns)


def _with_history(case: Case, kind: str, random: np.random.Generator) -> tuple[Step, ...] | None:
    place = _tested(case)
    before, tested = case.turns[:place], case.turns[place]
    if not before or case.expect_all or case.expect_any:
        return None
    if kind == "removed_history":
        return (tested,)
    bare = [replace(step, expected=()) for step in before]
    orders = ([bare[number] for number in random.permutation(len(bare))] for _ in range(_TRIES))
    said = [step.ask for step in bare]
    order = next(_others(orders, said), None)
    return None if order is None else (*order, tested)


def _others(orders: Iterator[list[Step]], said: list[str]) -> Iterator[list[Step]]:
    return (order for order in orders if [step.ask for step in order] != said)
