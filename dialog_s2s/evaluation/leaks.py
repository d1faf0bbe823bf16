"""Test questions that stand word for word among what a bot was trained on.

A bot with a memory answers those by looking them up, so they show that it kept what it was
taught, and nothing of how it takes new wordings (train-test overlap: Lewis et al. 2021).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from dialog_s2s import bundle
from dialog_s2s.evaluation.cases import Case, Step, Suite
from dialog_s2s.memory.keys import context_of
from dialog_s2s.memory.rows import TRAINED, NewRow, Row, Rows
from dialog_s2s.text.readers import read
from dialog_s2s.text.turns import Role, Turn, examples, fold


class Leak(NamedTuple):
    """A question of a suite, and a pair with the same one."""

    case: Case
    step: Step
    origin: str
    """Of the pair, `file:line`."""


def leaks(suite: Suite, rows: Iterable[Row | NewRow]) -> list[Leak]:
    """The questions with expectations that stand among trained rows, in the order of the suite.

    Questions are compared folded, as training and memory do. A pair that is a follow-up counts
    only where the same was asked before it; what the bot will have replied there is not compared,
    as the suite does not say it. Of several pairs with one question the first is named.
    """
    known: defaultdict[str, dict[str | None, str]] = defaultdict(dict)
    for row in rows:
        if row.kind == TRAINED:
            known[fold(row.question)].setdefault(_asked_before(row.context), row.origin)
    found = []
    for case in suite.cases:
        before: str | None = None
        for step in case.turns:
            asked = fold(step.ask)
            pairs = known.get(asked, {})
            origin = pairs.get(before) or pairs.get(None)
            if origin is not None and _expects(case, step):
                found.append(Leak(case, step, origin))
            before = asked
    return found


def rows_of_bundle(path: str | Path) -> Iterator[Row]:
    """The rows that a bundle was trained on.

    Raises:
        BundleError, DiskError: as `Rows.open` does.
    """
    with Rows.open(Path(path) / bundle.MEMORY) as rows:
        yield from (row for row in rows if row.kind == TRAINED)


def rows_of_files(files: Sequence[str | Path], format: str | None = None) -> Iterator[NewRow]:
    """The pairs of a corpus as training would remember them. Raises as `readers.read` does."""
    for dialogue in read(files, format):
        for each in examples(dialogue):
            context = context_of(each.history[:-1])
            origin = "pairs" if each.origin is None else str(each.origin)
            yield NewRow(each.question, context, each.reply, TRAINED, origin)


def _asked_before(context: Sequence[Turn]) -> str | None:
    return next((fold(turn.text) for turn in reversed(context) if turn.role is Role.USER), None)


def _expects(case: Case, step: Step) -> bool:
    return bool(step.expected or case.expect_all or case.expect_any)
