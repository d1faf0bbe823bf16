"""What became of cases since a run was blessed: regressed, fixed, flaky, reworded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dialog_s2s.errors import UsageError
from dialog_s2s.evaluation.runs import Attempt, Outcome, Run, keys

Verdict = Literal["new", "fixed", "regressed", "flaky", "same"]

Said = tuple[str, ...]
"""The replies to the questions of a case, in order."""


@dataclass(frozen=True, slots=True)
class Blessed:
    """What came of a case with a variant."""

    passed: int
    asked: int
    replies: Mapping[Said, int]
    """How often each came."""

    @property
    def rate(self) -> float:
        """The share of attempts that passed."""
        return self.passed / self.asked


Baseline = Mapping[tuple[str, str], Blessed]
"""By `Outcome.key` and the variant's name."""


def verdict(outcome: Outcome, baseline: Baseline) -> Verdict:
    """What became of a case since it was blessed.

    Then and now count as passed by the same threshold, that of the outcome, so that another one is
    no regression; whether it passes goes before whether attempts differ. `regressed`: passed then,
    does not now. `fixed`: the reverse. `flaky`: neither, but attempts differ now. `new`: it is not
    in the baseline with this variant.
    """
    then = baseline.get((outcome.key, outcome.variant.name))
    if then is None:
        return "new"
    passed = then.rate >= outcome.threshold
    if passed != outcome.passed:
        return "regressed" if passed else "fixed"
    return "flaky" if outcome.flaky else "same"


def reworded(outcome: Outcome, baseline: Baseline) -> bool:
    """Whether the case passes as it did when it was blessed, but says what was not said then."""
    then = baseline.get((outcome.key, outcome.variant.name))
    return (
        then is not None
        and outcome.passed
        and then.rate >= outcome.threshold
        and any(_said(attempt) not in then.replies for attempt in outcome.attempts)
    )


def before(outcome: Outcome, baseline: Baseline) -> Said | None:
    """The replies that the case had most often when it was blessed, where it regressed, or passes
    and says something else."""
    then = baseline.get((outcome.key, outcome.variant.name))
    regressed = verdict(outcome, baseline) == "regressed"
    if then is None or not (regressed or reworded(outcome, baseline)):
        return None
    said = min(then.replies, key=lambda each: (-then.replies[each], each))
    return said if len(said) == len(outcome.case.turns) else None


def blessed(run: Run) -> Baseline:
    """The baseline that a run makes.

    Raises:
        UsageError: two of its suites have files of the same name.
    """
    names = [Path(suite.file).name for suite in run.suites]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise UsageError(f"two suites are called {name}; rename one, or bless them apart")
    return {
        (each.key, each.variant.name): Blessed(
            sum(attempt.passed for attempt in each.attempts),
            len(each.attempts),
            Counter(map(_said, each.attempts)),
        )
        for each in run.outcomes
    }


def merged(old: Baseline, run: Run) -> Baseline:
    """A baseline with what a run makes in the place of what was there for the same; without cases
    that are gone from the run's suites. Raises as `blessed` does."""
    fresh = blessed(run)
    heads = tuple(f"{Path(suite.file).name}: " for suite in run.suites)
    present = {key for suite in run.suites for key in keys(suite)}
    kept = {
        place: each
        for place, each in old.items()
        if place[0] in present or not place[0].startswith(heads)
    }
    return {**kept, **fresh}


def _said(attempt: Attempt) -> Said:
    return tuple(step.reply.text for step in attempt.result.steps)
