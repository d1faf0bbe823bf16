"""Memory that runs out: how that is known, and what is done in halves then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import torch

from dialog_s2s.errors import ConfigError

T = TypeVar("T")
R = TypeVar("R")


def ran_out(error: MemoryError | RuntimeError) -> bool:
    """Whether it says that memory did not suffice."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    # the processor's allocator has no error of its own
    told = str(error)
    return "not enough memory" in told or "can't allocate memory" in told


def within_memory(work: Callable[[], T]) -> T | None:
    """What `work` makes; None where memory does not suffice for it."""
    try:
        return work()
    except (MemoryError, RuntimeError) as error:
        if not ran_out(error):
            raise
        return None


def by_halves(work: Callable[[Sequence[T]], Sequence[R]], items: Sequence[T]) -> list[R]:
    """What `work` makes of each of `items`, which it is given all at once, or by halves where
    memory does not suffice for so many.

    Raises:
        ConfigError: it does not suffice for one.
    """
    made = within_memory(lambda: work(items))
    if made is not None:
        return list(made)
    if len(items) < 2:
        raise too_large()
    middle = len(items) // 2
    return [*by_halves(work, items[:middle]), *by_halves(work, items[middle:])]


def too_large() -> ConfigError:
    """What there is to say where memory does not suffice for one example."""
    return ConfigError(
        "memory does not suffice for a single example; lower model.width, "
        "text.max_source_tokens or text.vocabulary"
    )
