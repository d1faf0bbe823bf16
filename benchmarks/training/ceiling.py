"""What the processor multiplies: the rate of a model's own products, nothing else done.

The best of a few runs of each, in all three passes, weighed by their operations. This, not the
largest figure of any square matrix, is what a model's training could reach at most.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from benchmarks.training.shapes import Product

RUNS = 9


def ceiling(made: Sequence[Product], pairs: float, kind: torch.dtype) -> float:
    """Operations a second over the products of a batch of so many pairs."""
    seconds = operations = 0.0
    for product in dict.fromkeys(made):
        count = sum(product == each for each in made)
        rows = max(1, math.ceil(product.rows * pairs / product.steps))
        left = torch.ones(rows, product.inner, dtype=kind)
        weight = torch.ones(product.inner, product.outer, dtype=kind)
        right = torch.ones(rows, product.outer, dtype=kind)
        work = 2 * rows * product.inner * product.outer
        rate = (
            3
            * work
            / (
                _best(torch.mm, left, weight)
                + _best(torch.mm, right, weight.T)
                + _best(torch.mm, left.T, right)
            )
        )
        operations += count * product.operations
        seconds += count * product.operations / rate
    return operations / seconds


def square(size: int, kind: torch.dtype) -> float:
    """Operations a second of a product of square matrices."""
    matrix = torch.ones(size, size, dtype=kind)
    return 2 * size**3 / _best(torch.mm, matrix, matrix)


def _best(product: Callable[[Tensor, Tensor], Tensor], left: Tensor, right: Tensor) -> float:
    product(left, right)
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        product(left, right)
        times.append(time.perf_counter() - began)
    return min(times)
