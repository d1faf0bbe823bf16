"""Outcomes and runs without a bot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dialog_s2s.config import GenerationConfig
from dialog_s2s.dialogue.reply import Reply
from dialog_s2s.evaluation.cases import Case, Step, Suite
from dialog_s2s.evaluation.runs import Attempt, Outcome, Run, Variant, numbered
from dialog_s2s.evaluation.suites import judged
from dialog_s2s.evaluation.text_assertions import Same
from dialog_s2s.text.turns import Origin, Role, Turn

RIGHT = "Yes."
A = Variant("bots/a")
B = Variant("bots/b", {"method": "sample"})


def case(
    name: str = "hello", file: str = "x/replies.suite.yaml", turns: int = 1, weight: float = 1.0
) -> Case:
    """A case whose last reply must be RIGHT."""
    at = Origin(file, 1)
    steps = [Step(f"question {number}", (), at) for number in range(turns - 1)]
    steps.append(Step("the last", (Same((RIGHT,)),), at))
    return Case(name, (), "", {}, tuple(steps), at, weight)


def reply(text: str) -> Reply:
    return Reply(
        text=text,
        source="generated",
        confidence=0.5,
        evidence=(),
        finish="stop",
        seed=1,
        milliseconds=1.0,
        turns=(Turn(Role.USER, "?"),),
        turns_read=1,
        settings=GenerationConfig(),
    )


def outcome(
    said: Sequence[str | tuple[str, ...]],
    of: Case | None = None,
    variant: Variant = A,
    threshold: float = 1.0,
    number: int = 1,
) -> Outcome:
    """What came of a case that was answered so, an attempt each."""
    asked = of or case()
    texts = [(each,) if isinstance(each, str) else each for each in said]
    attempts = [
        Attempt(seed, judged(asked, [reply(text) for text in each]))
        for seed, each in enumerate(texts, 1)
    ]
    return Outcome(asked, variant, tuple(attempts), threshold, number)


def passing(passed: int, asked: int = 1, name: str = "hello", weight: float = 1.0) -> Outcome:
    """Of so many attempts, so many passed."""
    return outcome([RIGHT] * passed + ["No."] * (asked - passed), case(name, weight=weight))


def ran(suite: Suite, said: Mapping[tuple[str, str], Sequence[str]]) -> Run:
    """A run of a suite in which the cases, by key and variant's name, were answered so; those that
    are not named were not asked."""
    variants = (A, B)
    outcomes = [
        outcome(said[each.key, variant.name], each.case, variant, number=each.number)
        for variant in variants
        for each in [Outcome(one, variant, (), 1.0, number) for one, number in numbered(suite)]
        if (each.key, variant.name) in said
    ]
    return Run((suite,), variants, (1, 2, 3), tuple(outcomes), 1.0)
