"""What is found out about the machine."""

from __future__ import annotations

import ctypes
import os

import pytest
import torch

from dialog_s2s.training import host
from dialog_s2s.training.host import best_precision, cores, keep_freed_memory


def test_cores_are_those_this_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 5}, raising=False)
    assert cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert cores() == 7
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores() == 1


@pytest.mark.parametrize(
    ("slow", "fast", "wanted"),
    [(1.0, 1.0, "float32"), (1.2, 1.0, "float32"), (1.4, 1.0, "bfloat16"), (1, 9, "float32")],
)
def test_low_precision_only_where_it_pays(monkeypatch, slow, fast, wanted) -> None:
    times = {torch.float32: slow, torch.bfloat16: fast}
    monkeypatch.setattr(host, "_product_time", lambda size, kind: times[kind])
    assert best_precision() == wanted


def test_trying_takes_the_median_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0, 1, 10, 13, 20, 22, 30, 39, 40, 44, 50, 52, 60, 62])
    monkeypatch.setattr(host.time, "perf_counter", lambda: next(clock))
    assert host._product_time(4, torch.float32) == 2
    assert next(clock, None) is None


def test_products_can_be_tried_here() -> None:
    assert best_precision(8) in ("float32", "bfloat16")


class Library:
    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def mallopt(self, name: int, value: int) -> int:
        self.asked.append((name, value))
        return 1


def test_freed_memory_is_kept_on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library()
    monkeypatch.setattr(ctypes, "CDLL", lambda _: library)
    monkeypatch.setattr(host.sys, "platform", "linux")
    keep_freed_memory()
    assert dict(library.asked).keys() == {-1, -3}
    assert all(value >= 1 << 30 for _, value in library.asked)
    monkeypatch.setattr(host.sys, "platform", "darwin")
    library.asked.clear()
    keep_freed_memory()
    assert library.asked == []


@pytest.mark.parametrize("library", [OSError, object])
def test_another_c_library_is_no_error(monkeypatch: pytest.MonkeyPatch, library) -> None:
    opened = []

    def load(_: object) -> object:
        opened.append(library)
        if library is OSError:
            raise OSError
        return library()

    monkeypatch.setattr(host.sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", load)
    keep_freed_memory()
    assert opened == [library]
