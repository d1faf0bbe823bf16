"""How long a suite of expected replies takes, in batches, and whether these change any reply.

    python -m benchmarks.suites [--cases 1000] [--seeds 3] [--together 256] [--check 60]
                                [--bundle BOT] [--json]

Each case is one question of the starter corpora, with one of its answers expected; all are asked
with each of the settings (greedy; sampled at two temperatures) and seeds. Replies a second count
what was asked for, though greedy replies are made once for all seeds. `--check` asks some of the
cases again, in other batches and one by one; all must be the same: text, source, and confidence to
four digits, as floating-point sums depend on what is padded beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

# as the program does, before torch is loaded: threads that spin take turns with what shall run
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from dialog_s2s import Bot
from dialog_s2s.evaluation.cases import Case, CaseResult, Step, Suite
from dialog_s2s.evaluation.matrix import run_all
from dialog_s2s.evaluation.runs import Run, Variant
from dialog_s2s.evaluation.suites import run_case
from dialog_s2s.evaluation.text_assertions import Same
from dialog_s2s.interfaces.starter import corpora, starter_bot
from dialog_s2s.text import readers
from dialog_s2s.text.turns import Origin, examples

SETTINGS: tuple[dict[str, object], ...] = (
    {},
    {"method": "sample", "temperature": 0.7},
    {"method": "sample", "temperature": 1.0},
)
BATCHES = (1, 8)


@dataclass(frozen=True, slots=True)
class Figures:
    """What was run, how long it took, and whether it came out the same in any batches."""

    cases: int
    settings: int
    seeds: int
    seconds: float
    replies_a_second: float
    passed: float
    """Share of the outcomes."""
    checked: int
    """Cases that were asked again."""
    same: bool


def suite(files: Sequence[Path], count: int, seed: int = 1) -> Suite:
    """Cases of one question each, drawn from corpora; always the same. Fewer, where these are."""
    answers: dict[str, list[str]] = {}
    for dialogue in readers.read(files):
        for example in examples(dialogue):
            if len(example.history) == 1:
                answers.setdefault(example.question, []).append(example.reply)
    drawn = random.Random(seed).sample(sorted(answers), min(count, len(answers)))
    cases = []
    for line, question in enumerate(drawn, 1):
        at = Origin("corpora.suite.yaml", line)
        step = Step(question, (Same(tuple(answers[question])),), at)
        cases.append(Case(question, (), "", {}, (step,), at))
    return Suite("corpora.suite.yaml", tuple(cases))


def measure(bot: Bot, asked: Suite, seeds: int, together: int, check: int) -> Figures:
    """Runs the suite, and some of its cases again in other batches."""
    variants = [Variant("bot", settings) for settings in SETTINGS]
    chosen = tuple(range(1, seeds + 1))
    done = run_all([asked], variants, {"bot": bot}, chosen, together=together)
    few = Suite(asked.file, asked.cases[: max(1, check)])
    return Figures(
        cases=len(asked.cases),
        settings=len(variants),
        seeds=seeds,
        seconds=done.seconds,
        replies_a_second=len(done.outcomes) * seeds / done.seconds,
        passed=sum(each.passed for each in done.outcomes) / len(done.outcomes),
        checked=len(few.cases),
        same=all(_same(done, other) for other in _again(bot, few, done)),
    )


def _again(bot: Bot, few: Suite, done: Run) -> Sequence[dict[tuple[str, str, int], CaseResult]]:
    """The results of a few cases by case, variant and seed: in other batches, and one by one."""
    found = []
    for size in BATCHES:
        other = run_all([few], done.variants, {"bot": bot}, done.seeds, together=size)
        found.append(_results(other))
    alone = {
        (case.name, variant.name, seed): run_case(bot, case, **{**variant.settings, "seed": seed})
        for case in few.cases
        for variant in done.variants
        for seed in done.seeds
    }
    return [*found, alone]


def _results(done: Run) -> dict[tuple[str, str, int], CaseResult]:
    return {
        (each.case.name, each.variant.name, attempt.seed): attempt.result
        for each in done.outcomes
        for attempt in each.attempts
    }


def _same(done: Run, other: dict[tuple[str, str, int], CaseResult]) -> bool:
    """Whether the replies are those of the run, wherever there are others."""
    first = _results(done)
    return all(_told(first[place]) == _told(result) for place, result in other.items())


def _told(result: CaseResult) -> list[tuple[str, str, float]]:
    replies = (step.reply for step in result.steps)
    return [(each.text, each.source, round(each.confidence, 4)) for each in replies]


def main() -> None:
    """Prints a table of one line; ends with 1 where replies depend on their company."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--together", type=int, default=256)
    parser.add_argument("--check", type=int, default=60)
    parser.add_argument("--bundle", type=Path, help="default: the starter bot")
    parser.add_argument("--json", action="store_true", help="one object")
    options = parser.parse_args()
    bot = Bot.load(options.bundle or starter_bot())
    asked = suite(corpora(), options.cases)
    figures = measure(bot, asked, options.seeds, options.together, options.check)
    if options.json:
        print(json.dumps(asdict(figures)))
    else:
        print(" cases  settings  seeds  seconds  replies/s  passed  checked  same")
        print(
            f"{figures.cases:>6,}{figures.settings:>10}{figures.seeds:>7}{figures.seconds:>9.1f}"
            f"{figures.replies_a_second:>11.0f}{figures.passed:>8.1%}{figures.checked:>9}"
            f"{'yes' if figures.same else 'NO':>6}"
        )
    sys.exit(not figures.same)


if __name__ == "__main__":
    main()
