"""What came of suites that were run: cases by variants by seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dialog_s2s.evaluation.cases import Case, CaseResult, Suite


@dataclass(frozen=True, slots=True)
class Variant:
    """What is tested: a bot with settings. One column of the matrix."""

    bundle: str
    """As it was named, a path."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """Of the generation, unlike the bot's own."""

    @property
    def name(self) -> str:
        """The bundle and its settings in a few words; no two variants of a run share one."""
        told = " ".join(f"{name}={value}" for name, value in self.settings.items())
        return f"{self.bundle} {told}".strip()


@dataclass(frozen=True, slots=True)
class Attempt:
    """A case asked once, with one seed.

    Only sampled replies depend on the seed; of a case whose replies are not, or whose settings fix
    the seed, all attempts share one result.
    """

    seed: int
    result: CaseResult

    @property
    def passed(self) -> bool:
        """Whether all that was expected came."""
        return self.result.passed


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case with a variant, over all seeds."""

    case: Case
    variant: Variant
    attempts: tuple[Attempt, ...]
    threshold: float = 1.0
    """The pass rate from which on the case passes."""
    number: int = 1
    """Tells the cases of a suite with the same name apart; see `numbered`."""

    @property
    def key(self) -> str:
        """What it is called in a baseline; no other case of its suite is called so."""
        return _numbered(key(self.case), self.number)

    @property
    def rate(self) -> float:
        """The share of attempts that passed."""
        return sum(attempt.passed for attempt in self.attempts) / len(self.attempts)

    @property
    def passed(self) -> bool:
        """Whether enough attempts did."""
        return self.rate >= self.threshold

    @property
    def flaky(self) -> bool:
        """Whether attempts differ."""
        return 0.0 < self.rate < 1.0


@dataclass(frozen=True, slots=True)
class Run:
    """All outcomes: of each variant, each case in the order of the suites."""

    suites: tuple[Suite, ...]
    variants: tuple[Variant, ...]
    seeds: tuple[int, ...]
    outcomes: tuple[Outcome, ...]
    """Of some or all of the suites' cases."""
    seconds: float
    """Wall time."""

    def of(self, variant: Variant) -> tuple[Outcome, ...]:
        """The outcomes of one variant, in the order of the cases."""
        return tuple(each for each in self.outcomes if each.variant == variant)


def key(case: Case) -> str:
    """What a case is called in a baseline: its file's name and its own, which stay when lines are
    added above it."""
    return f"{case.origin.file.rpartition('/')[2]}: {case.name}"


def numbered(suite: Suite) -> tuple[tuple[Case, int], ...]:
    """The cases of a suite, each with its `Outcome.number`, so that all keys differ."""
    names = {case.name for case in suite.cases}
    latest: dict[str, int] = {}
    found = []
    for case in suite.cases:
        number = latest.get(case.name, 0) + 1
        while number > 1 and _numbered(case.name, number) in names:
            number += 1
        latest[case.name] = number
        found.append((case, number))
    return tuple(found)


def keys(suite: Suite) -> tuple[str, ...]:
    """What the cases of a suite are called in a baseline, in their order; all differ."""
    return tuple(_numbered(key(case), number) for case, number in numbered(suite))


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name} ({number})"
