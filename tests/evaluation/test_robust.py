"""Variants of cases: what is changed, what stays, and the same by the same seed."""

from __future__ import annotations

import pytest
from parrot import Parrot

from dialog_s2s.errors import DataError, UsageError
from dialog_s2s.evaluation.cases import Case, Step, Suite
from dialog_s2s.evaluation.robust import DEFAULT, HISTORY, KINDS, STRAY, robust
from dialog_s2s.evaluation.suite_text import suite_text
from dialog_s2s.evaluation.suites import cases_of, run_suite
from dialog_s2s.evaluation.text_assertions import Contains, Same
from dialog_s2s.text.lines import Line
from dialog_s2s.text.turns import Origin, fold

SUITE = """\
cases:
- ask: when do you open on Sunday
  expect: At ten.
  tags: [hours]
- ask: do you sell green tea
  expect: Yes.
  settings: {seed: 3}
  weight: 2
- ask: 일요일에는 몇 시에 문을 여나요
  expect: 열 시에 엽니다.
- turns:
  - ask: where are you exactly
    expect: In the old street.
  - ask: is that near the station
  - ask: and how long does it take
    expect: {contains: minutes}
  - ask: thank you very much
"""


def parsed(text: str) -> Suite:
    return Suite("f", cases_of([Line(*each) for each in enumerate(text.split("\n"), 1)], "f"))


ALL = parsed(SUITE)


def variants(kind: str, suite: Suite = ALL, seed: int = 1) -> dict[str, Case]:
    return {
        case.name.removesuffix(f" [{kind}]"): case for case in robust(suite, seed, [kind]).cases
    }


def asked(case: Case) -> list[str]:
    return [step.ask for step in case.turns]


TALK = "where are you exactly"


@pytest.mark.parametrize("kind", [kind for kind in DEFAULT if kind != STRAY])
@pytest.mark.parametrize("seed", range(8))
def test_the_last_question_with_an_expectation_is_changed(kind: str, seed: int) -> None:
    for name, variant in variants(kind, ALL, seed).items():
        (case,) = (case for case in ALL.cases if case.name == name)
        place = 2 if name == TALK else 0
        before, after = asked(case), asked(variant)
        assert before.pop(place) != after.pop(place)
        assert before == after
        assert [step.expected for step in variant.turns] == [step.expected for step in case.turns]
        assert variant.tags == (*case.tags, kind)
        assert (variant.settings, variant.weight) == (case.settings, case.weight)
        assert variant.origin is case.origin


def test_every_kind_has_variants_of_the_right_cases() -> None:
    everything, korean = {case.name for case in ALL.cases}, {ALL.cases[2].name}
    for kind in DEFAULT:
        found = set(variants(kind))
        if kind.startswith("spacing"):
            assert found == korean
        else:
            assert found == (everything - korean if kind == "casing" else everything)


def test_a_stray_exchange() -> None:
    for name, variant in variants(STRAY).items():
        (case,) = (case for case in ALL.cases if case.name == name)
        stray, *rest = variant.turns
        assert rest == list(case.turns)
        assert stray.expected == ()
        assert stray.ask in {each.turns[0].ask for each in ALL.cases if each is not case}


def test_history() -> None:
    (shuffled,) = variants("shuffled_history").values()
    assert asked(shuffled) == [
        "is that near the station",
        TALK,
        "and how long does it take",
    ]
    assert [step.expected for step in shuffled.turns] == [(), (), (Contains(("minutes",)),)]
    (removed,) = variants("removed_history").values()
    assert asked(removed) == ["and how long does it take"]
    assert not set(HISTORY) & set(DEFAULT)
    assert set(HISTORY) | set(DEFAULT) == set(KINDS)


def test_what_is_about_the_whole_conversation_keeps_its_history() -> None:
    text = "cases:\n- {turns: [{ask: a}, {ask: b c d}], expect_any: x}\n- {ask: q, expect: x}"
    suite = parsed(text)
    for kind in HISTORY:
        with pytest.raises(DataError, match=f"f: no case can be changed by {kind}; choose others"):
            robust(suite, 1, [kind])
    assert set(variants(STRAY, suite)) == {"q"}
    (variant,) = variants("swapped_words", suite).values()
    assert asked(variant)[0] == "a"
    assert asked(variant)[1] != "b c d"


def test_by_seed_and_apart_from_other_cases_and_kinds() -> None:
    assert robust(ALL, 5) == robust(ALL, 5)
    assert robust(ALL, 5) != robust(ALL, 6)
    alone = robust(ALL, 5, ["typos"]).cases
    assert all(case in robust(ALL, 5).cases for case in alone)
    fewer = robust(Suite("f", ALL.cases[1:]), 5, ["typos"]).cases
    assert all(case in alone for case in fewer)


def test_never_another_question_of_the_suite() -> None:
    text = "cases:\n- {ask: a b c, expect: x}\n- {ask: b a c, expect: y}\n- {ask: a c b, expect: z}"
    suite = parsed(text)
    known = {fold(case.turns[0].ask) for case in suite.cases}
    for seed in range(10):
        for case in robust(suite, seed, ["swapped_words", "punctuation"]).cases:
            if "swapped_words" in case.tags:
                assert fold(case.turns[0].ask) not in known


def test_variants_read_back_and_run() -> None:
    made = robust(ALL, 2, KINDS)
    assert (
        cases_of([Line(*each) for each in enumerate(suite_text(made).split("\n"), 1)], "f")
        == made.cases
    )
    results = list(run_suite(Parrot(), made))
    assert [len(result.steps) for result in results] == [len(case.turns) for case in made.cases]
    assert len({case.name for case in made.cases}) == len(made.cases)


def test_mistakes() -> None:
    with pytest.raises(UsageError, match=r"unknown kind 'typo'; is typos meant\? It must be"):
        robust(ALL, 1, ["typo"])
    at = Origin("f", 1)
    lone = Suite("f", (Case("네", (), "", {}, (Step("네", (Same(("a",)),), at),), at),))
    with pytest.raises(DataError, match="f: no case can be changed by casing, stray_exchange"):
        robust(lone, 1, ["casing", STRAY])
