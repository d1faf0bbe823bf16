"""What every report of a run tells: verdicts, what fails, summaries, how two variants compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import get_args

from dialog_s2s.evaluation import verdicts
from dialog_s2s.evaluation.cases import Case, CaseResult, Step
from dialog_s2s.evaluation.compare import Comparison, compare
from dialog_s2s.evaluation.leaks import Leak
from dialog_s2s.evaluation.runs import Outcome, Run, Variant
from dialog_s2s.evaluation.verdicts import Baseline, Said, Verdict

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

Asked = tuple[str, str, str]
"""A question of a suite: where it stands, its case's name, its words."""


@dataclass(frozen=True, slots=True)
class Way:
    """One of the ways that a case went: attempts with the same replies, and what came of them."""

    seeds: tuple[int, ...]
    result: CaseResult
    """Of the first of them."""


@dataclass(frozen=True, slots=True)
class Row:
    """A case with its outcomes by the name of their variant; of some or all variants."""

    key: str
    case: Case
    outcomes: Mapping[str, Outcome]


@dataclass(frozen=True, slots=True)
class Summary:
    """A variant over all of its cases."""

    variant: Variant
    cases: int
    passed: int
    """Cases."""
    rate: float
    """Pass rate by the cases' weights, 0..1; of each case, the share of its attempts that passed.
    0 where no case was run."""
    verdicts: Mapping[Verdict, int]
    """Cases by verdict; each verdict is there."""
    failed: int
    """Cases that fail the run; see `Report.fails`."""
    leaked: int
    """Questions that were run and stand word for word among the bundle's training pairs."""


@dataclass(frozen=True, slots=True)
class Report:
    """A run beside what was blessed before it."""

    run: Run
    baseline: Baseline = field(default_factory=dict)
    leaked: Mapping[str, Mapping[Asked, str]] = field(default_factory=dict)
    """By bundle, as the variant names it: questions, with the origin of the pair."""

    def verdict(self, outcome: Outcome) -> Verdict:
        """See `verdicts.verdict`."""
        return verdicts.verdict(outcome, self.baseline)

    def reworded(self, outcome: Outcome) -> bool:
        """See `verdicts.reworded`."""
        return verdicts.reworded(outcome, self.baseline)

    def before(self, outcome: Outcome) -> Said | None:
        """See `verdicts.before`."""
        return verdicts.before(outcome, self.baseline)

    @property
    def file(self) -> str:
        """The name of the suite's file where there is one suite, else nothing."""
        one = self.run.suites[0].file if len(self.run.suites) == 1 else ""
        return one.rpartition("/")[2]

    def short(self, key: str) -> str:
        """A case's key, without the file where there is one suite."""
        return key.removeprefix(f"{self.file}: ")

    def fails(self, outcome: Outcome) -> bool:
        """Whether it fails the run: it regressed, or does not pass and was never blessed. What did
        not pass when it was blessed, and still does not, is known and fails nothing."""
        found = self.verdict(outcome)
        return found == "regressed" or (found == "new" and not outcome.passed)

    @property
    def failed(self) -> bool:
        """Whether any outcome fails the run."""
        return any(map(self.fails, self.run.outcomes))

    def rows(self) -> tuple[Row, ...]:
        """The cases that were run, in the order of the suites."""
        found: dict[str, tuple[Case, dict[str, Outcome]]] = {}
        for each in self.run.outcomes:
            found.setdefault(each.key, (each.case, {}))[1][each.variant.name] = each
        return tuple(Row(key, case, outcomes) for key, (case, outcomes) in found.items())

    def leak(self, variant: Variant, case: Case, step: Step) -> str | None:
        """The origin of the training pair that has this question, if one does."""
        return self.leaked.get(variant.bundle, {}).get(asked(case, step))

    def summary(self, variant: Variant) -> Summary:
        """What came of a variant."""
        outcomes = self.run.of(variant)
        counts = Counter(map(self.verdict, outcomes))
        weight = sum(each.case.weight for each in outcomes)
        return Summary(
            variant,
            len(outcomes),
            sum(each.passed for each in outcomes),
            sum(each.case.weight * each.rate for each in outcomes) / weight if weight else 0.0,
            {name: counts[name] for name in VERDICTS},
            sum(map(self.fails, outcomes)),
            sum(
                self.leak(variant, each.case, step) is not None
                for each in outcomes
                for step in each.case.turns
            ),
        )

    def comparison(self) -> Comparison | None:
        """The second variant against the first; None unless there are exactly two, and both were
        asked some case."""
        if len(self.run.variants) != 2:
            return None
        first, second = map(self.run.of, self.run.variants)
        shared = {each.key for each in first} & {each.key for each in second}
        return compare(first, second) if shared else None


def asked(case: Case, step: Step) -> Asked:
    """What a question is called among leaks; cases with parameters share their places."""
    return str(step.origin), case.name, step.ask


def by_question(leaks: list[Leak]) -> dict[Asked, str]:
    """Leaks as a report holds them."""
    return {asked(each.case, each.step): each.origin for each in leaks}


def ways(outcome: Outcome) -> tuple[Way, ...]:
    """The ways that a case went, in the order in which they first came."""
    found: dict[tuple[object, ...], tuple[list[int], CaseResult]] = {}
    for attempt in outcome.attempts:
        steps = attempt.result.steps
        said = tuple((step.reply.text, step.reply.source) for step in steps)
        seeds, _ = found.setdefault((said, attempt.passed), ([], attempt.result))
        seeds.append(attempt.seed)
    return tuple(Way(tuple(seeds), result) for seeds, result in found.values())


def reasons(result: CaseResult) -> tuple[tuple[str, str], ...]:
    """Why a case did not pass: questions with what is wrong with their replies; the question is
    empty where it is about the conversation as a whole."""
    steps = tuple((each.step.ask, failure) for each in result.steps for failure in each.failures)
    return *steps, *(("", failure) for failure in result.failures)


def compared(found: Comparison) -> str:
    """A comparison in two sentences."""
    low, high = (f"{100 * bound:+.1f}" for bound in found.interval)
    return (
        f"{found.verdict} Pass rate {found.first:.1%} and {found.second:.1%}: a difference of "
        f"{100 * found.difference:+.1f} points (95% interval {low} to {high})."
    )


def counts(summary: Summary) -> str:
    """The counts of verdicts in words, those that are there."""
    told = (f"{count} {name}" for name, count in summary.verdicts.items() if count)
    return ", ".join(told) or "nothing run"
