"""The matrix: cases by variants by seeds, asked in batches, each reply as if it were asked alone.

The cases of a batch advance together, turn by turn, with all variants of a bot and all seeds: what
is asked in the same round with the same settings is decoded together, and what was asked before is
not asked again. A case that a time is expected of (`milliseconds`) is asked alone.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dialog_s2s.config import GenerationConfig
from dialog_s2s.dialogue.together import Answers, Talk, Together
from dialog_s2s.errors import ConfigError, UsageError
from dialog_s2s.evaluation.assertions import Assertion, Not, Within
from dialog_s2s.evaluation.cases import Case, CaseResult, Suite
from dialog_s2s.evaluation.runs import Attempt, Outcome, Run, Variant, numbered
from dialog_s2s.evaluation.suites import judged, run_case

Progress = Callable[[int, int], None]
"""Told how many questions are answered, and of how many; never fewer than before."""

Only = Callable[[Case], bool]
"""Which cases are asked."""


def run(
    suites: Sequence[Suite],
    variants: Sequence[Variant],
    bots: Mapping[str, Answers],
    seeds: Sequence[int],
    threshold: float = 1.0,
    *,
    progress: Progress = lambda done, total: None,
    together: int = 256,
    only: Only = lambda case: True,
) -> Iterator[Outcome]:
    """The outcomes as they come: bot by bot, of each the cases in their order, `together` at a
    time, and of each case the bot's variants.

    Settings of a case have precedence over the variant's, and these over a seed of the run. The
    iterator may be left, or interrupted, at any time. `bots` are by the name of their bundle.

    Raises:
        UsageError: at once and before anything is asked: nothing to run, something given twice, a
            bundle without a bot, a setting, a seed, a threshold or a batch size out of range. While
            it runs, as `run_case` does.
    """
    _check(suites, variants, bots, seeds, threshold, together)
    cases = [each for suite in suites for each in numbered(suite) if only(each[0])]
    if not cases:
        raise UsageError("none of the cases is to be run; choose some, by other tags or names")
    return _outcomes(cases, variants, bots, seeds, threshold, progress, together)


def run_all(
    suites: Sequence[Suite],
    variants: Sequence[Variant],
    bots: Mapping[str, Answers],
    seeds: Sequence[int],
    threshold: float = 1.0,
    *,
    progress: Progress = lambda done, total: None,
    together: int = 256,
    only: Only = lambda case: True,
) -> Run:
    """All of `run`, variant by variant. Raises as it does."""
    began = time.perf_counter()
    outcomes = list(
        run(
            suites,
            variants,
            bots,
            seeds,
            threshold,
            progress=progress,
            together=together,
            only=only,
        )
    )
    place = {variant.name: number for number, variant in enumerate(variants)}
    outcomes.sort(key=lambda each: place[each.variant.name])
    seconds = time.perf_counter() - began
    return Run(tuple(suites), tuple(variants), tuple(seeds), tuple(outcomes), seconds)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A case to be asked with the settings of a variant, in as many ways as there are different
    replies to expect; `ways` says which of them each seed takes."""

    case: Case
    number: int
    variant: Variant
    settings: tuple[GenerationConfig, ...]
    ways: tuple[int, ...]

    @property
    def questions(self) -> int:
        """How many are asked, in all ways."""
        return len(self.case.turns) * len(self.settings)


def _outcomes(
    cases: Sequence[tuple[Case, int]],
    variants: Sequence[Variant],
    bots: Mapping[str, Answers],
    seeds: Sequence[int],
    threshold: float,
    progress: Progress,
    together: int,
) -> Iterator[Outcome]:
    batches: list[tuple[Together, list[_Plan]]] = []
    for bundle in dict.fromkeys(variant.bundle for variant in variants):
        asker, own = Together(bots[bundle]), [each for each in variants if each.bundle == bundle]
        for start in range(0, len(cases), together):
            part = cases[start : start + together]
            plans = [_plan(asker.bot, *each, one, seeds) for each in part for one in own]
            batches.append((asker, plans))
    total = sum(plan.questions for _, plans in batches for plan in plans)
    done = 0

    def told(more: int) -> None:
        progress(done + more, total)

    for asker, plans in batches:
        results = _asked(asker, plans, told)
        done += sum(plan.questions for plan in plans)
        progress(done, total)
        for plan, found in zip(plans, results, strict=True):
            attempts = tuple(map(Attempt, seeds, (found[way] for way in plan.ways)))
            yield Outcome(plan.case, plan.variant, attempts, threshold, plan.number)


def _plan(bot: Answers, case: Case, number: int, variant: Variant, seeds: Sequence[int]) -> _Plan:
    own = {**variant.settings, **case.settings}
    chosen = bot.settings(**{"seed": seeds[0], **own})
    if "seed" in own or chosen.method != "sample":
        return _Plan(case, number, variant, (chosen,), (0,) * len(seeds))
    settings = tuple(dataclasses.replace(chosen, seed=seed) for seed in seeds)
    return _Plan(case, number, variant, settings, tuple(range(len(seeds))))


def _asked(
    asker: Together, plans: Sequence[_Plan], told: Callable[[int], None]
) -> list[list[CaseResult]]:
    """What comes of each plan, for each of its settings."""
    alone = [_timed(plan.case) for plan in plans]
    talks = [
        Talk(tuple(step.ask for step in plan.case.turns), settings, plan.case.persona)
        for plan, apart in zip(plans, alone, strict=True)
        if not apart
        for settings in plan.settings
    ]
    said = iter(asker.replies(talks, told))
    return [
        [
            _alone(asker.bot, plan, settings) if apart else judged(plan.case, next(said))
            for settings in plan.settings
        ]
        for plan, apart in zip(plans, alone, strict=True)
    ]


def _alone(bot: Answers, plan: _Plan, settings: GenerationConfig) -> CaseResult:
    return run_case(bot, plan.case, **{"seed": settings.seed, **plan.variant.settings})


def _timed(case: Case) -> bool:
    """Whether a time is expected of a reply, which in company would not be its own."""
    expected = (each for step in case.turns for each in step.expected)
    return any(map(_is_time, (*expected, *case.expect_all, *case.expect_any)))


def _is_time(assertion: Assertion) -> bool:
    if isinstance(assertion, Not):
        return _is_time(assertion.assertion)
    return isinstance(assertion, Within) and assertion.quantity == "milliseconds"


def _check(
    suites: Sequence[Suite],
    variants: Sequence[Variant],
    bots: Mapping[str, Answers],
    seeds: Sequence[int],
    threshold: float,
    together: int,
) -> None:
    for what, given in (("suites", suites), ("variants", variants), ("seeds", seeds)):
        if not given:
            raise UsageError(f"there are no {what}; give at least one")
    _check_different("the variant", [variant.name for variant in variants])
    _check_different("the seed", list(map(str, seeds)))
    if not 0 < threshold <= 1:
        raise UsageError(f"threshold: must be above 0 and at most 1, but is {threshold:g}")
    if together < 1:
        raise UsageError(f"together: must be at least 1, but is {together}")
    for variant in variants:
        if variant.bundle not in bots:
            raise UsageError(f"{variant.bundle}: there is no bot of this bundle; load it")
        bot = bots[variant.bundle]
        try:
            bot.settings(**variant.settings)
        except ConfigError as error:
            raise ConfigError(f"{variant.name}: {error}") from None
        for seed in seeds:
            bot.settings(seed=seed)


def _check_different(what: str, names: Sequence[str]) -> None:
    for place, name in enumerate(names):
        if name in names[:place]:
            raise UsageError(f"{what} {name} is given twice; give it once")
