"""The benchmark of attention by length, at a tiny size."""

from __future__ import annotations

import dataclasses
import gzip
import json
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks import attention_by_length as benchmark
from dialog_s2s.text.tokenizer import END
from dialog_s2s.training.monitor import Silent

TINY = dataclasses.replace(benchmark.MODEL, width=16, embedding=8)
BRIEF = dataclasses.replace(benchmark.TRAINING, steps=2, batch_tokens=400)


@pytest.fixture(scope="module")
def runs() -> list[benchmark.Run]:
    return benchmark.reverse_runs(("none", "general"), TINY, BRIEF, 1.0, 100, 4, Silent())


def test_what_is_asked_is_not_in_training_and_has_the_lengths_of_its_bucket(
    tmp_path: Path,
) -> None:
    task = benchmark.reverse_task(tmp_path, seed=3, learnt=5000, asked=50)
    assert len(task.learnt) == 5000
    learnt = {tuple(task.learnt.source(i)) for i in range(len(task.learnt))}
    lengths = {len(symbols) for symbols in learnt}
    assert (min(lengths), max(lengths)) == benchmark.TRAINED
    for (shortest, longest), asked in task.asked.items():
        assert len(set(asked)) == 50
        assert all(shortest <= len(symbols) <= longest for symbols in asked)
        assert not learnt & set(asked)


def test_the_target_is_the_source_backwards(tmp_path: Path) -> None:
    shard = benchmark.reverse_task(tmp_path, seed=3, learnt=20, asked=1).learnt
    for i in range(len(shard)):
        assert shard.target(i) == [*reversed(shard.source(i)), END]
        assert min(shard.source(i)) >= benchmark.FIRST
        assert max(shard.source(i)) < benchmark.PIECES.size


def test_the_table_has_every_run_and_every_bucket(runs: list[benchmark.Run]) -> None:
    title, header, *rows = benchmark.table("Reverse", runs, lambda share: f"{share:.1%}").split(
        "\n"
    )
    assert title == "Reverse"
    assert header.split() == ["length", *map(benchmark.span, benchmark.BUCKETS)]
    assert rows[0].startswith("no attention")
    assert rows[1].startswith("general attention")
    assert all(row.count("%") == len(benchmark.BUCKETS) for row in rows[:2])
    assert all(run.updates == 2 and run.cpu_seconds > 0 for run in runs)


def test_a_budget_in_seconds_is_kept() -> None:
    open_ = dataclasses.replace(BRIEF, steps=None)
    (run,) = benchmark.reverse_runs(("general",), TINY, open_, 0.3, 100, 1, Silent())
    assert run.updates > 1
    assert run.cpu_seconds < 0.6


def test_real_pairs_are_measured_by_length_of_the_source(tmp_path: Path) -> None:
    pairs = [(f"say {'very ' * (i % 8)}{i}", f"well, {i}") for i in range(64)]
    for name, part in (("train", pairs[:40]), ("test", pairs[40:])):
        with gzip.open(tmp_path / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            for question, reply in part:
                turns = [{"role": "user", "text": question}, {"role": "bot", "text": reply}]
                file.write(json.dumps({"turns": turns}) + "\n")
    (run,) = benchmark.real_runs(tmp_path, ("general",), 1, 0.3, Silent())
    spans = list(run.figures)
    assert len(spans) > 1
    assert all(before[1] < after[0] for before, after in pairwise(spans))
    assert all(0 < nats < 20 for nats in run.figures.values())


@pytest.mark.parametrize("real", [{}, {"pairs": True}])
def test_the_plot_is_a_png(
    runs: list[benchmark.Run], tmp_path: Path, real: dict[str, bool]
) -> None:
    pytest.importorskip("matplotlib")
    out = tmp_path / "docs" / "plot.png"
    benchmark.plot(runs, {name: runs for name in real}, out)
    assert out.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
