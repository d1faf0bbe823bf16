"""The matrix: each reply as if it were asked alone, nothing asked twice, faults at once."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import FOLLOW_UPS, SINGLES, SUNDAY

from dialog_s2s import Bot, Reply
from dialog_s2s.config import GenerationConfig, with_settings
from dialog_s2s.errors import ConfigError, UsageError
from dialog_s2s.evaluation.cases import CaseResult, Suite
from dialog_s2s.evaluation.matrix import run, run_all
from dialog_s2s.evaluation.runs import Outcome, Variant
from dialog_s2s.evaluation.suites import cases_of, run_case
from dialog_s2s.memory.recall import NOTHING_RECALLED, Recalled
from dialog_s2s.text.lines import Line
from dialog_s2s.text.turns import Role, Turn

GREEDY = Variant("bot")
SAMPLED = Variant("bot", {"method": "sample", "temperature": 4.0, "max_tokens": 12})
BEAM = Variant("bot", {"method": "beam", "beam": 2, "max_tokens": 12})
SEEDS = (3, 5, 8)


def suite(text: str, file: str = "a.suite.yaml") -> Suite:
    lines = (Line(*each) for each in enumerate(("cases:\n" + text).splitlines(), 1))
    return Suite(file, cases_of(lines, file))


MIXED = suite(
    "".join(f'- {{ask: "{asked}", expect: "{reply}"}}\n' for asked, reply in SINGLES[::2])
    + "".join(
        f'- turns: [{{ask: "{asked}"}}, {{ask: "{SUNDAY}", expect: "{reply}"}}]\n'
        for asked, reply in FOLLOW_UPS.items()
    )
    + """\
- turns: [{ask: my name is Ada}, {ask: what is my name, expect: {contains: Ada}}, {ask: hello}]
  expect_any: {contains: Ada}
- ask: what is my name
  expect: {not: {contains: Ada}}
- turns: [{ask: I like tea}, {ask: zq xv wj}, {ask: what do I like, expect: {contains: tea}}]
- turns: [{ask: 제 이름은 민수예요}, {ask: "제 이름이 뭐예요?", expect: {contains: 민수}}]
- {ask: zq xv wj, expect: {source: unknown}}
- {ask: do you have cake, expect: hello, settings: {threshold: 0}}
- {ask: opening times, expect: We open at nine., persona: I am short.}
- {ask: opening times, expect: We open at nine., settings: {method: sample, seed: 7}}
- {ask: opening times, expect: We open at nine., settings: {method: sample, top_p: 1}}
- {ask: opening times, expect: We open at nine., settings: {method: beam}}
- {ask: hello, expect: Hello there!}
- {ask: hello, expect: {milliseconds: {most: 60000}}}
- turns: [{ask: when do you open}, {ask: and on Sunday, expect: At ten.}, {ask: and on Sunday}]
""",
)


def told(result: CaseResult) -> list[tuple[object, ...]]:
    return [
        (
            step.reply.text,
            step.reply.source,
            pytest.approx(step.reply.confidence, abs=1e-5),
            step.failures,
            [turn.text for turn in step.reply.turns],
        )
        for step in result.steps
    ]


def results(outcomes: Sequence[Outcome]) -> dict[tuple[str, int, str, int], CaseResult]:
    return {
        (each.case.name, each.number, each.variant.name, attempt.seed): attempt.result
        for each in outcomes
        for attempt in each.attempts
    }


@pytest.fixture(scope="module")
def whole(tiny_bot: Bot) -> list[Outcome]:
    return list(run([MIXED], [GREEDY, SAMPLED, BEAM], {"bot": tiny_bot}, SEEDS))


def test_each_case_is_as_if_it_were_asked_alone(tiny_bot: Bot, whole: list[Outcome]) -> None:
    sources: Counter[str] = Counter()
    for each in whole:
        for attempt in each.attempts:
            alone = run_case(tiny_bot, each.case, **{"seed": attempt.seed, **each.variant.settings})
            assert told(attempt.result) == told(alone)
            assert attempt.result.failures == alone.failures
            assert attempt.passed == alone.passed
            sources.update(step.reply.source for step in alone.steps)
    assert len(whole) == 3 * len(MIXED.cases)
    assert sources.keys() >= {"exact", "remembered", "unknown", "generated"}
    assert any(each.flaky for each in whole)
    assert any(each.rate == 0 for each in whole)


@pytest.mark.parametrize("together", [1, 8])
def test_batches_and_order_make_no_difference(
    tiny_bot: Bot, whole: list[Outcome], together: int
) -> None:
    cases = [case for case in MIXED.cases if case.name not in ("hello", "when do you open")]
    random.Random(together).shuffle(cases)
    shuffled = Suite(MIXED.file, tuple(cases))
    variants = [BEAM, GREEDY, SAMPLED]
    again = run([shuffled], variants, {"bot": tiny_bot}, SEEDS[::-1], together=together)
    known: dict[object, list[list[tuple[object, ...]]]] = {}
    for each in whole:
        for attempt in each.attempts:
            known.setdefault((each.variant.name, attempt.seed), []).append(told(attempt.result))
    count = 0
    for each in again:
        for attempt in each.attempts:
            assert told(attempt.result) in known[each.variant.name, attempt.seed]
            count += 1
    assert count == 9 * len(cases)


class Fake:
    """Says what it was asked, with which seed where that counts; counts what it is asked."""

    path = Path("fake")

    def __init__(self) -> None:
        self.asked: Counter[tuple[GenerationConfig, tuple[str, ...]]] = Counter()
        self.recalled: Counter[tuple[str, ...]] = Counter()
        self.calls: list[int] = []

    def settings(self, **changes: object) -> GenerationConfig:
        chosen: GenerationConfig = with_settings(GenerationConfig(), changes)
        return chosen

    def recall(self, turns: Sequence[Turn]) -> Recalled:
        self.recalled[tuple(turn.text for turn in turns)] += 1
        return NOTHING_RECALLED

    def answered(
        self,
        read: Sequence[tuple[Turn, ...]],
        recalled: Sequence[Recalled],
        settings: GenerationConfig,
        began: float,
        seeds: Sequence[int] | None = None,
    ) -> list[Reply]:
        assert len(read) == len(recalled)
        self.calls.append(len(read))
        several = [settings] * len(read)
        if seeds is not None:
            several = [dataclasses.replace(settings, seed=seed) for seed in seeds]
        return [self._said(*each) for each in zip(read, several, strict=True)]

    def reply(self, question: str, history: Sequence[Turn] = (), **settings: object) -> Reply:
        turns = (*history, Turn(Role.USER, question))
        (reply,) = self.answered([turns], [self.recall(turns)], self.settings(**settings), 0.0)
        return reply

    def _said(self, turns: tuple[Turn, ...], settings: GenerationConfig) -> Reply:
        self.asked[settings, tuple(turn.text for turn in turns)] += 1
        seed = settings.seed or 0
        drawn = f" {seed % 3}" if settings.method == "sample" else ""
        return Reply(
            text=f"{len(turns)}: {turns[-1].text}{drawn}",
            source="unknown" if "?" in turns[-1].text else "generated",
            confidence=0.5,
            evidence=(),
            finish="stop",
            seed=seed,
            milliseconds=7.0,
            turns=turns,
            turns_read=len(turns),
            settings=settings,
        )


def test_nothing_is_asked_twice() -> None:
    bot = Fake()
    asked = suite(
        """\
- {ask: a, expect: "1: a"}
- {ask: a, expect: "1: a", name: the same}
- turns: [{ask: a}, {ask: b, expect: "3: b"}]
- turns: [{ask: a}, {ask: b}, {ask: a, expect: "5: a"}]
- {ask: a, expect: "1: a 1", settings: {method: sample, seed: 4}}
"""
    )
    outcomes = list(run([asked], [GREEDY, SAMPLED, BEAM], {"bot": bot}, (1, 2), together=2))
    assert set(bot.asked.values()) == {1}
    assert set(bot.recalled.values()) == {1}
    by_method = Counter(settings.method for settings, _ in bot.asked)
    # a, b, a again; sampled with two seeds, and with a third that the case gives, once for each
    # temperature and once with that of the beam and of the greedy variant
    assert by_method == {"greedy": 3, "beam": 3, "sample": 2 * 3 + 3}
    assert [each.passed for each in outcomes if each.variant is GREEDY] == [True] * 5
    assert [each.seed for each in outcomes[0].attempts] == [1, 2]
    greedy, sampled = outcomes[0].attempts, outcomes[1].attempts
    assert greedy[0].result is greedy[1].result
    assert [each.result.steps[0].reply.text for each in sampled] == ["1: a 1", "1: a 2"]


def test_all_of_a_batch_are_asked_together() -> None:
    bot = Fake()
    text = "".join(f"- turns: [{{ask: a{n}}}, {{ask: b, expect: x}}]\n" for n in range(10))
    list(run([suite(text)], [GREEDY], {"bot": bot}, (1, 2), together=4))
    assert bot.calls == [4, 4, 4, 4, 2, 2]


def test_a_time_is_measured_alone_and_else_shared() -> None:
    bot = Fake()
    asked = suite(
        """\
- {ask: a, expect: {not: {milliseconds: {most: 6}}}}
- {ask: a, expect: {milliseconds: {most: 7}}}
- {ask: a, expect: {contains: a}}
- {ask: b, expect: {milliseconds: {most: 6}}}
- {turns: [{ask: a, expect: "1: a"}, {ask: b}], expect_all: {milliseconds: {most: 7}}}
- {turns: [{ask: a, expect: "1: a"}, {ask: b}], expect_any: {milliseconds: {most: 6}}}
"""
    )
    outcomes = list(run([asked], [GREEDY], {"bot": bot}, (1,)))
    assert [each.passed for each in outcomes] == [True, True, True, False, True, False]
    assert bot.calls == [1] * 8
    (third,) = outcomes[2].attempts
    assert 0 < third.result.steps[0].reply.milliseconds < 7


def test_settings_of_the_case_win_over_the_variants_and_these_over_the_seed() -> None:
    bot = Fake()
    asked = suite("- {ask: a, expect: x, settings: {top_k: 3, seed: 9}}\n- {ask: b, expect: x}")
    variants = [Variant("bot", {"method": "sample", "top_k": 2}), Variant("bot", {"seed": 6})]
    run_all([asked], variants, {"bot": bot}, (1,))
    found = {(c.method, c.top_k, c.seed, turns[-1]) for c, turns in bot.asked}
    assert found == {
        ("sample", 3, 9, "a"),
        ("greedy", 3, 9, "a"),
        ("sample", 2, 1, "b"),
        ("greedy", 0, 6, "b"),
    }


TWO = suite("- {ask: a, expect: x}\n- {ask: b, expect: x, tags: t}\n- {ask: a, expect: y}")


def test_order_and_names() -> None:
    bots = {"bot": Fake(), "other": Fake()}
    variants = [SAMPLED, Variant("other"), GREEDY]
    streamed = [
        (each.case.name, each.number, each.variant)
        for each in run([TWO], variants, bots, (1,), together=2)
    ]
    numbers = [("a", 1), ("b", 1), ("a", 2)]
    assert streamed == [
        *((*number, variant) for number in numbers for variant in (SAMPLED, GREEDY)),
        *((*number, variants[1]) for number in numbers),
    ]
    done = run_all([TWO], variants, bots, (1,), 0.5, together=2)
    assert (done.suites, done.variants, done.seeds) == ((TWO,), tuple(variants), (1,))
    assert done.seconds > 0
    assert [(each.case.name, each.number, each.variant) for each in done.outcomes] == [
        (*number, variant) for variant in variants for number in numbers
    ]
    assert {each.threshold for each in done.outcomes} == {0.5}


def test_only_some_cases() -> None:
    done = run_all(
        [TWO], [GREEDY], {"bot": Fake()}, (1,), only=lambda case: case is not TWO.cases[0]
    )
    assert [each.key for each in done.outcomes] == ["a.suite.yaml: b", "a.suite.yaml: a (2)"]
    assert done.suites == (TWO,)
    with pytest.raises(UsageError, match="none of the cases is to be run"):
        run([TWO], [GREEDY], {"bot": Fake()}, (1,), only=lambda case: False)


def test_progress() -> None:
    seen: list[tuple[int, int]] = []
    asked = suite(
        "- {ask: a, expect: x}\n- {turns: [{ask: my name is Ada}, {ask: what is my name, "
        "expect: x}]}\n- {ask: b, expect: {milliseconds: {most: 9}}}"
    )
    list(
        run(
            *([asked], [GREEDY, SAMPLED], {"bot": Fake()}, (1, 2)),
            progress=lambda done, total: seen.append((done, total)),
            together=2,
        )
    )
    assert {total for _, total in seen} == {4 + 8}
    done = [each for each, _ in seen]
    assert done == sorted(done)
    assert done[-1] == 12
    assert set(done) == {0, 2, 6, 9, 12}  # what the user said takes no asking


@given(st.permutations(range(7)), st.integers(1, 9), st.integers(0, 1))
def test_any_order_and_batches(order: list[int], together: int, start: int) -> None:
    text = "- turns: [{ask: I like tea}, {ask: what do I like, expect: x}]\n" + "".join(
        f"- turns: [{{ask: 'a{n % 2}?'}}, {{ask: 'b{n}', expect: '3: b{n}'}}]\n" for n in range(6)
    )
    cases = suite(text).cases
    shuffled = Suite("a", tuple(cases[place] for place in order))
    variants = [GREEDY, SAMPLED][start:]
    outcomes = list(run([shuffled], variants, {"bot": Fake()}, SEEDS, together=together))
    assert len(outcomes) == 7 * len(variants)
    for each in outcomes:
        for attempt in each.attempts:
            alone = run_case(Fake(), each.case, **{**each.variant.settings, "seed": attempt.seed})
            assert [step.reply.text for step in attempt.result.steps] == [
                step.reply.text for step in alone.steps
            ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"suites": []}, "there are no suites; give at least one"),
        ({"variants": []}, "there are no variants; give at least one"),
        ({"seeds": ()}, "there are no seeds; give at least one"),
        ({"seeds": (1, 2, 1)}, "the seed 1 is given twice; give it once"),
        ({"variants": [GREEDY, SAMPLED, GREEDY]}, "the variant bot is given twice; give it once"),
        ({"variants": [Variant("x")]}, "x: there is no bot of this bundle; load it"),
        ({"threshold": 0.0}, "threshold: must be above 0 and at most 1, but is 0"),
        ({"threshold": 1.01}, "threshold: must be above 0 and at most 1, but is 1.01"),
        ({"together": 0}, "together: must be at least 1, but is 0"),
        ({"seeds": (-1,)}, "generation.seed: must be"),
        ({"variants": [Variant("bot", {"beam": 0})]}, "bot beam=0: generation.beam: must be"),
    ],
)
def test_faults_come_before_anything_is_asked(changes: dict, message: str) -> None:
    bot = Fake()
    given = {"suites": [TWO], "variants": [GREEDY], "bots": {"bot": bot}, "seeds": (1,)}
    with pytest.raises(UsageError) as raised:
        run(**(given | changes))
    assert str(raised.value).startswith(message)
    assert not bot.asked
    with pytest.raises(UsageError):
        run_all(**(given | changes))


def test_the_errors_of_settings_are_of_their_kind() -> None:
    with pytest.raises(ConfigError, match=r"^bot colour=red: generation\.colour: unknown"):
        run([TWO], [Variant("bot", {"colour": "red"})], {"bot": Fake()}, (1,))


def test_an_interrupt_leaves_nothing_behind(tiny_bot: Bot) -> None:
    class Interrupted(Fake):
        def answered(self, *given: object) -> list[Reply]:  # type: ignore[override]
            if len(self.calls) == 1:
                self.calls.append(0)
                raise KeyboardInterrupt
            return super().answered(*given)  # type: ignore[arg-type]

    bot = Interrupted()
    outcomes = run([TWO], [GREEDY], {"bot": bot}, (1,), together=1)
    assert next(outcomes).case is TWO.cases[0]
    with pytest.raises(KeyboardInterrupt):
        next(outcomes)
    assert next(outcomes, None) is None
    assert len(list(run([TWO], [GREEDY], {"bot": bot}, (1,), together=1))) == 3
