"""What this machine offers training: cores, fast low-precision products, memory kept at hand."""

from __future__ import annotations

import ctypes
import os
import statistics
import sys
import time

import torch

WORTHWHILE = 1.3
"""bfloat16 is used where it makes products at least this much faster."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def cores() -> int:
    """CPU cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def best_precision(size: int = 512) -> str:
    """`bfloat16` where the processor multiplies it clearly faster than `float32`, by trying."""
    slow, fast = (_product_time(size, kind) for kind in (torch.float32, torch.bfloat16))
    return "bfloat16" if slow > WORTHWHILE * fast else "float32"


def _product_time(size: int, kind: torch.dtype) -> float:
    square = torch.ones(size, size, dtype=kind)
    times = []
    for _ in range(7):
        began = time.perf_counter()
        torch.mm(square, square)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def keep_freed_memory() -> None:
    """Tells glibc to reuse freed memory rather than hand it back to the system.

    Logits are a few megabytes a chunk; mapped anew each time, their page faults cost a fifth of
    an update. Elsewhere than glibc this does nothing.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return
    mallopt(_M_MMAP_THRESHOLD, 1 << 30)
    mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
