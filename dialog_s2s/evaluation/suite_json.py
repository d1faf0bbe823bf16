"""A run as JSON, for scripts."""

from __future__ import annotations

from typing import Any

from dialog_s2s.evaluation.cases import StepResult
from dialog_s2s.evaluation.compare import Comparison
from dialog_s2s.evaluation.runs import Outcome
from dialog_s2s.evaluation.suite_report import Report, Row, Summary, Way, ways


def as_mapping(report: Report) -> dict[str, Any]:
    """One object.

    - `failed`: whether the run fails; `seconds`: wall time; `suites`: files; `seeds`.
    - `variants`: of each `name`, `bundle`, `settings`, `cases`, `passed`, `pass_rate` (weighted,
      0..1), `failed` (cases that fail the run), `leaked` (questions), `verdicts` (cases by `new`,
      `fixed`, `regressed`, `flaky`, `same`).
    - `cases`: of each `case` (its name in baselines), `name`, `file`, `line`, `tags`, `weight`,
      and `results`, by variant: `variant`, `rate` (share of attempts that passed), `threshold`,
      `passed`, `flaky`, `verdict`, `reworded`, `fails` (the run), and `ways`: attempts with the
      same replies as one, with `seeds`, `passed`, `failures` (of the conversation as a whole) and
      `turns`: the keys of `ask --json`, and `failures`, and `leak` (origin of the training pair
      with the same question, or null).
    - `comparison`: of two variants `cases`, `both`, `lost`, `won`, `neither`, `first`, `second`,
      `difference`, `interval` (95%), `p` (exact McNemar), `verdict` (a sentence); else null.
    """
    found = report.comparison()
    return {
        "failed": report.failed,
        "seconds": round(report.run.seconds, 3),
        "suites": [suite.file for suite in report.run.suites],
        "seeds": list(report.run.seeds),
        "variants": [_variant(report.summary(each)) for each in report.run.variants],
        "cases": [_case(report, row) for row in report.rows()],
        "comparison": None if found is None else _comparison(found),
    }


def _variant(summary: Summary) -> dict[str, Any]:
    return {
        "name": summary.variant.name,
        "bundle": summary.variant.bundle,
        "settings": dict(summary.variant.settings),
        "cases": summary.cases,
        "passed": summary.passed,
        "pass_rate": round(summary.rate, 6),
        "failed": summary.failed,
        "leaked": summary.leaked,
        "verdicts": dict(summary.verdicts),
    }


def _case(report: Report, row: Row) -> dict[str, Any]:
    return {
        "case": row.key,
        "name": row.case.name,
        "file": row.case.origin.file,
        "line": row.case.origin.line,
        "tags": list(row.case.tags),
        "weight": row.case.weight,
        "results": [_result(report, each) for each in row.outcomes.values()],
    }


def _result(report: Report, outcome: Outcome) -> dict[str, Any]:
    return {
        "variant": outcome.variant.name,
        "rate": round(outcome.rate, 6),
        "threshold": outcome.threshold,
        "passed": outcome.passed,
        "flaky": outcome.flaky,
        "verdict": report.verdict(outcome),
        "reworded": report.reworded(outcome),
        "fails": report.fails(outcome),
        "ways": [_way(report, outcome, each) for each in ways(outcome)],
    }


def _way(report: Report, outcome: Outcome, way: Way) -> dict[str, Any]:
    return {
        "seeds": list(way.seeds),
        "passed": way.result.passed,
        "failures": list(way.result.failures),
        "turns": [_turn(report, outcome, each) for each in way.result.steps],
    }


def _turn(report: Report, outcome: Outcome, result: StepResult) -> dict[str, Any]:
    return {
        **result.reply.tree(),
        "question": result.step.ask,
        "failures": list(result.failures),
        "leak": report.leak(outcome.variant, outcome.case, result.step),
    }


def _comparison(found: Comparison) -> dict[str, Any]:
    names = ("cases", "both", "lost", "won", "neither")
    return {
        **{name: getattr(found, name) for name in names},
        "first": round(found.first, 6),
        "second": round(found.second, 6),
        "difference": round(found.difference, 6),
        "interval": [round(bound, 6) for bound in found.interval],
        "p": found.p,
        "verdict": found.verdict,
    }
