"""Where time goes: all of it is counted, and none of it twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.training.ledger import OTHER, Ledger


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_part_within_a_part_is_not_counted_twice() -> None:
    clock = Clock()
    ledger = Ledger(clock)
    clock.now += 1
    with ledger.part("training"):
        clock.now += 10
        with ledger.part("checks"):
            clock.now += 5
        clock.now += 20
        with ledger.part("training"):
            clock.now += 2
    with ledger.part("checks"):
        clock.now += 3
        assert ledger.seconds["checks"] == pytest.approx(8)  # asked while it is open
        clock.now += 1
    assert ledger.seconds == pytest.approx({"training": 32, "checks": 9, OTHER: 1})
    assert ledger.shares() == pytest.approx({"training": 32 / 42, "checks": 9 / 42, OTHER: 1 / 42})
    assert ledger.lines() == [
        "training      32.0 s   76%",
        "checks         9.0 s   21%",
        "all else       1.0 s    2%",
    ]


def test_what_failed_took_time_too() -> None:
    clock = Clock()
    ledger = Ledger(clock)

    def fail() -> None:
        with ledger.part("reading"):
            clock.now += 4
            raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        fail()
    clock.now += 1
    assert ledger.seconds == pytest.approx({"reading": 4, OTHER: 1})


def test_before_any_time_has_gone() -> None:
    ledger = Ledger(Clock())
    with ledger.part("reading"):
        pass
    assert ledger.shares() == {"reading": 0.0, OTHER: 0.0}
    assert ledger.lines() == []


def test_what_took_next_to_nothing_has_no_line() -> None:
    clock = Clock()
    ledger = Ledger(clock)
    for name, seconds in (("a", 1000.0), ("b", 1.0)):
        with ledger.part(name):
            clock.now += seconds
    assert ledger.lines() == ["a   1,000.0 s  100%"]


NESTED = st.recursive(
    st.floats(0, 100),
    lambda inside: st.tuples(st.sampled_from("abc"), st.lists(inside, max_size=4)),
    max_leaves=20,
)


@given(st.lists(NESTED, max_size=5))
def test_parts_sum_to_all_the_time(work: list[object]) -> None:
    clock = Clock()
    ledger = Ledger(clock)

    def do(part: object) -> None:
        if isinstance(part, tuple):
            with ledger.part(part[0]):
                for each in part[1]:
                    do(each)
        else:
            assert isinstance(part, float)
            clock.now += part

    for each in work:
        do(each)
    assert sum(ledger.seconds.values()) == pytest.approx(clock.now - 100.0, abs=1e-6)
    assert clock.now == 100.0 or sum(ledger.shares().values()) == pytest.approx(1)
