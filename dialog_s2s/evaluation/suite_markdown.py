"""A run as Markdown: a table for a pull request, and what failed below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dialog_s2s.evaluation.escaping import markdown_text
from dialog_s2s.evaluation.runs import Outcome
from dialog_s2s.evaluation.suite_report import Report, Row, compared, counts, reasons, ways

SIGNS = {True: "❌", False: "✅"}


def as_markdown(report: Report) -> str:
    """Markdown with the tables of GitHub; texts of suites and bots mark up nothing in it."""
    variants = report.run.variants
    lines = ["# Response tests", ""]
    heads = ("variant", "pass rate", "cases", "verdicts")
    lines += _table(
        heads,
        [
            (
                markdown_text(each.variant.name),
                f"{each.rate:.1%}",
                f"{each.passed} of {each.cases}",
                counts(each),
            )
            for each in map(report.summary, variants)
        ],
    )
    found = report.comparison()
    lines += [] if found is None else ["", markdown_text(compared(found))]
    rows = report.rows()
    lines.append("")
    lines += _table(
        ("case", *(markdown_text(each.name) for each in variants)),
        [
            (
                markdown_text(row.key),
                *(_cell(report, row.outcomes.get(each.name)) for each in variants),
            )
            for row in rows
        ],
    )
    failing = [row for row in rows if not all(each.passed for each in row.outcomes.values())]
    if failing:
        lines += ["", "## Failures", *(line for row in failing for line in _failures(row))]
    return "\n".join(lines) + "\n"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for row in (heads, ["---"] * len(heads), *rows):
        yield f"| {' | '.join(row)} |"


def _cell(report: Report, outcome: Outcome | None) -> str:
    if outcome is None:
        return "not run"
    reworded = ", reworded" if report.reworded(outcome) else ""
    sign = SIGNS[not outcome.passed]
    return f"{sign} {outcome.rate:.0%} {report.verdict(outcome)}{reworded}"


def _failures(row: Row) -> Iterator[str]:
    origin = f"{row.case.origin.file}:{row.case.origin.line}"
    yield from ("", f"### {markdown_text(row.key)}", "", f"At {markdown_text(origin)}.", "")
    for outcome in row.outcomes.values():
        for way in ways(outcome):
            if way.result.passed:
                continue
            seeds = ", ".join(map(str, way.seeds))
            yield f"- {markdown_text(outcome.variant.name)} (seeds {seeds})"
            for ask, failure in reasons(way.result):
                head = f"{markdown_text(ask)}: " if ask else ""
                yield f"  - {head}{markdown_text(failure)}"
