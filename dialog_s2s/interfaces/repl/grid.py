"""What a sweep asks: every combination of settings, and the seeds."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping

from dialog_s2s.errors import UsageError


def is_list(value: object) -> bool:
    """Whether a setting has several values, which are swept."""
    return isinstance(value, Iterable) and not isinstance(value, str)


def combinations(settings: Mapping[str, object]) -> list[dict[str, object]]:
    """Every combination. Raises `UsageError` of a list without values."""
    lists = {
        name: list(value) if isinstance(value, Iterable) and not isinstance(value, str) else [value]
        for name, value in settings.items()
    }
    for name, values in lists.items():
        if not values:
            raise UsageError(f"{name}: there are no values to sweep; give at least one")
    return [dict(zip(lists, each, strict=True)) for each in itertools.product(*lists.values())]


def seeds_of(given: int | Iterable[int]) -> tuple[int, ...]:
    """So many seeds from 1, or those of a list. Raises `UsageError` where there are none."""
    seeds = tuple(range(1, given + 1) if isinstance(given, int) else given)
    if not seeds or len(set(seeds)) < len(seeds):
        raise UsageError("seeds: must be a number from 1, or a list of different seeds")
    return seeds
