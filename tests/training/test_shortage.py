"""Memory that runs out: known by its errors, and made do with by halves."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from test_lanes import ENDED

from dialog_s2s.errors import ConfigError
from dialog_s2s.training.shortage import by_halves, ran_out, within_memory


@pytest.mark.parametrize("error", ENDED, ids=lambda error: f"{type(error).__name__} {error}"[:60])
def test_it_is_known_by_its_errors(error: MemoryError | RuntimeError) -> None:
    assert ran_out(error)
    assert not ran_out(RuntimeError("shapes differ"))


def test_memory_that_the_allocator_really_lacks() -> None:
    assert within_memory(lambda: torch.empty(1 << 60, dtype=torch.uint8)) is None
    assert within_memory(lambda: 3) == 3


@pytest.mark.parametrize("error", [RuntimeError("shapes differ"), ValueError("x")])
def test_other_errors_are_not_taken_for_it(error: Exception) -> None:
    def work() -> None:
        raise error

    with pytest.raises(type(error)):
        within_memory(work)


@pytest.mark.parametrize("most", [1, 2, 3, 6, 7, 99])
def test_items_are_worked_on_in_their_order(most: int) -> None:
    sizes: list[int] = []

    def work(items: Sequence[int]) -> list[str]:
        if len(items) > most:
            raise MemoryError
        sizes.append(len(items))
        return [str(each) for each in items]

    assert by_halves(work, range(7)) == list("0123456")
    assert sum(sizes) == 7
    assert max(sizes) <= most
    assert by_halves(work, []) == []


def test_one_item_that_is_too_large_is_told() -> None:
    def work(_: Sequence[int]) -> list[int]:
        raise MemoryError

    with pytest.raises(ConfigError, match="memory does not suffice for a single example; lower"):
        by_halves(work, [1, 2, 3])
