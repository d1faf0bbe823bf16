"""Cases of a suite, conversations with what is expected of their replies, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dialog_s2s.dialogue.reply import Reply
from dialog_s2s.errors import DataError
from dialog_s2s.evaluation.assertions import Assertion
from dialog_s2s.text.turns import Origin


@dataclass(frozen=True, slots=True)
class Step:
    """A question, and what is expected of its reply; nothing, where it only leads to the next."""

    ask: str
    expected: tuple[Assertion, ...]
    origin: Origin = field(compare=False)


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation of its own, from its first question."""

    name: str
    tags: tuple[str, ...]
    persona: str
    settings: Mapping[str, object]
    """Of the generation, those that the case gives."""
    turns: tuple[Step, ...]
    origin: Origin = field(compare=False)
    weight: float = 1.0
    """What it counts beside other cases; above 0."""
    expect_all: tuple[Assertion, ...] = ()
    """Each holds for every reply of the conversation."""
    expect_any: tuple[Assertion, ...] = ()
    """Each holds for at least one reply, not necessarily the same."""


@dataclass(frozen=True, slots=True)
class Suite:
    """The cases of a file, of which there is at least one."""

    file: str
    cases: tuple[Case, ...]

    def __post_init__(self) -> None:
        if not self.cases:
            raise DataError("has no cases; add one", self.file)


@dataclass(frozen=True, slots=True)
class StepResult:
    """What came of a question; `failures` has a line for each assertion that does not hold."""

    step: Step
    reply: Reply
    failures: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether all that was expected came."""
        return not self.failures


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What came of a case; `failures` has a line for each assertion about the whole conversation
    that does not hold."""

    case: Case
    steps: tuple[StepResult, ...]
    failures: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether all of its questions passed, and the conversation as a whole."""
        return not self.failures and all(step.passed for step in self.steps)
