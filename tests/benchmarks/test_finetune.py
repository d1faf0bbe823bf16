"""The benchmark of fine-tuning, at a tiny size."""

from __future__ import annotations

from pathlib import Path

from benchmarks import finetune as benchmark
from dialog_s2s.interfaces.starter import corpora


def test_it_forgets_nothing_of_a_small_bot(tiny_bundle: Path) -> None:
    pairs = [benchmark.PAIRS[0][:2]]
    wordings = [(other, benchmark.PAIRS[0][1]) for other in benchmark.PAIRS[0][2]]
    figures = benchmark.measure(tiny_bundle, pairs, wordings, 1000, 1)
    assert figures.pairs == 1
    assert figures.old == figures.rows == 34
    assert figures.new == figures.unchanged == 1.0
    assert figures.held_out is None
    assert figures.held_out_before is None
    assert figures.reworded is not None
    assert figures.fresh < figures.fresh_before + 0.5


def test_pairs_of_a_file_are_drawn_alike() -> None:
    file = corpora()[0]
    one = benchmark.drawn(file, 20, 1)
    assert one == benchmark.drawn(file, 20, 1) != benchmark.drawn(file, 20, 2)
    assert len({question for question, _ in one}) == 20
