"""A run in a terminal: a row a case, a column a variant; what failed; a summary of each variant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wcwidth import width

from dialog_s2s.evaluation.runs import Outcome, Variant
from dialog_s2s.evaluation.suite_report import (
    Report,
    Row,
    Summary,
    Way,
    compared,
    counts,
    reasons,
    ways,
)
from dialog_s2s.interfaces.chat.theme import Theme
from dialog_s2s.interfaces.chat.wrapping import fitted, wrapped
from dialog_s2s.interfaces.listing import counted
from dialog_s2s.interfaces.sanitize import clean
from dialog_s2s.interfaces.testing.differences import beside

GAP = "  "
CELL = len("x 100% regressed*")
NAME = 24
"""Columns that a case's name has at least, where it is that long."""

MOST = 10
"""Lines of a reply, unless all is wanted."""

_STYLES = {"new": "command", "fixed": "added", "flaky": "generated", "same": ""}


def shown(report: Report, columns: int, theme: Theme, *, verbose: bool = False) -> list[str]:
    """All lines: table, failures and other words than were blessed (`verbose`: all replies),
    summary. Clean but for the theme's codes and of no more than so many columns, except where these
    are too few for a cell."""
    labels = Labels(report.run.variants)
    rows = report.rows()
    lines = [*labels.legend(columns), *matrix(report, rows, labels, columns, theme)]
    for row in rows:
        if verbose or any(not each.passed or report.before(each) for each in row.outcomes.values()):
            lines += ["", *_case(report, row, labels, columns, theme, verbose)]
    return [*lines, "", *summary(report, columns, theme)]


class Labels:
    """What variants are called in columns: by letters, where their names are too long for that."""

    def __init__(self, variants: Sequence[Variant]):
        self.variants = variants
        self.short = all(width(clean(each.name)) <= CELL for each in variants)

    def of(self, variant: Variant) -> str:
        """A name that fits a cell."""
        if self.short:
            return clean(variant.name)
        return _letters([each.name for each in self.variants].index(variant.name))

    def legend(self, columns: int) -> list[str]:
        """What the letters stand for."""
        if self.short:
            return []
        told = (f"{self.of(each)} = {clean(each.name)}" for each in self.variants)
        return [*(part for line in told for part in _broken(line, columns, 4)), ""]


def matrix(
    report: Report, rows: Sequence[Row], labels: Labels, columns: int, theme: Theme
) -> Iterator[str]:
    """The table; variants for which there is no room are in tables below it."""
    names = [clean(report.short(row.key)) for row in rows]
    head = clean(report.file) or "case"
    longest = max(map(width, [head, *names]))
    least = min(longest, NAME)
    count = max(1, (columns - least) // (CELL + len(GAP)))
    for start in range(0, len(labels.variants), count):
        shown = labels.variants[start : start + count]
        left = max(least, min(longest, columns - len(shown) * (CELL + len(GAP))))
        heads = GAP.join(fitted(labels.of(each), CELL) for each in shown)
        if start:
            yield ""
        yield theme.painted("strong", f"{fitted(head, left)}{GAP}{heads}".rstrip())
        for name, row in zip(names, rows, strict=True):
            cells = (_cell(report, row.outcomes.get(each.name), theme) for each in shown)
            yield GAP.join([fitted(name, left), *cells]).rstrip()
    if any(report.reworded(each) for each in report.run.outcomes):
        yield theme.painted("hint", "* says what it did not say when it was blessed")


def summary(report: Report, columns: int, theme: Theme) -> Iterator[str]:
    """A line or more of each variant, and which of two is better."""
    for variant in report.run.variants:
        each = report.summary(variant)
        style = "removed" if each.failed else "added"
        for part in _broken(_summed(each), columns, 2):
            yield theme.painted(style, part)
    found = report.comparison()
    if found is not None:
        yield from _broken(compared(found), columns, 2)


def _summed(each: Summary) -> str:
    return (
        f"{clean(each.variant.name)}: pass rate {each.rate:.1%}, {each.passed} of "
        f"{counted(each.cases, 'case')}: {counts(each)}"
    )


def _cell(report: Report, outcome: Outcome | None, theme: Theme) -> str:
    if outcome is None:
        return theme.painted("hint", fitted("  -", CELL))
    verdict = report.verdict(outcome)
    mark = "x" if not outcome.passed else " "
    reworded = "*" if report.reworded(outcome) else ""
    style = _STYLES.get(verdict, "removed") if outcome.passed else "removed"
    return theme.painted(style, fitted(f"{mark} {outcome.rate:4.0%} {verdict}{reworded}", CELL))


def _case(
    report: Report, row: Row, labels: Labels, columns: int, theme: Theme, verbose: bool
) -> Iterator[str]:
    origin = f"{row.case.origin.file}:{row.case.origin.line}"
    name = theme.painted("strong", clean(report.short(row.key)))
    yield name + theme.painted("hint", f"  {clean(origin)}")
    told: list[tuple[str, Sequence[str]]] = []
    for each in row.outcomes.values():
        label, before = labels.of(each.variant), report.before(each)
        if before is not None:
            told.append((f"{label}, blessed", before))
        for way in ways(each):
            head = f"{label}, {_seeds(way)}"
            told.append((head, [step.reply.text for step in way.result.steps]))
            if not way.result.passed:
                yield from _failed(head, way, columns)
    for step, *texts in zip(row.case.turns, *(said for _, said in told), strict=True):
        if verbose or len(set(texts)) > 1:
            yield from _broken(f"  you> {clean(step.ask)}", columns, 7)
            heads, most = [head for head, _ in told], None if verbose else MOST
            yield from (f"  {line}" for line in beside(heads, texts, columns - 2, theme, most))


def _failed(head: str, way: Way, columns: int) -> Iterator[str]:
    """What was asked, wanted and got."""
    yield from _broken(f"  {clean(head)}", columns, 2)
    before = None
    for ask, failure in reasons(way.result):
        if ask and ask != before:
            yield from _broken(f"    you> {clean(ask)}", columns, 9)
        before = ask
        yield from _broken(f"      {clean(failure)}", columns, 8)


def _broken(text: str, columns: int, indent: int) -> list[str]:
    return [part.rstrip() for part in wrapped(text, columns, indent).split("\n")]


def _seeds(way: Way) -> str:
    """`seed 1`, or `seeds 1, 2 and 7 more`."""
    shown, more = way.seeds[:3], len(way.seeds) - 3
    told = ", ".join(map(str, shown)) + (f" and {more} more" if more > 0 else "")
    return f"seed{'' if len(way.seeds) == 1 else 's'} {told}"


def _letters(number: int) -> str:
    """A, B, ..., Z, AA, AB, ..."""
    text = ""
    while number >= 0:
        number, letter = number // 26 - 1, number % 26
        text = chr(ord("A") + letter) + text
    return text
