"""The benchmark of look-ups, at a tiny size."""

from __future__ import annotations

import json
import random

import pytest

from benchmarks import lookup as benchmark


@pytest.fixture(autouse=True)
def _few_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "VOCABULARY", 300)


def test_a_task_is_the_same_for_the_same_seed() -> None:
    one, same, other = (benchmark.task(50, 10, seed) for seed in (1, 1, 2))
    assert one == same != other
    assert (len(one.stored), len(one.added), len(one.queries)) == (50, benchmark.ADDED, 10)


def test_a_query_is_altered_in_one_or_two_words() -> None:
    work = benchmark.task(200, 100, 1)
    for text, original in work.queries:
        assert text != work.stored[original]
        asked, stored = text.split(), work.stored[original].split()
        lost = len(stored) - len(asked)
        assert lost in (0, 1)  # a typo may delete a word of one letter
        if not lost:
            assert 0 < sum(a != b for a, b in zip(asked, stored, strict=True)) <= 2


def test_short_words_are_the_frequent_ones() -> None:
    rng = random.Random(1)
    for korean in (False, True):
        words = benchmark.Language(rng, korean).words
        assert len(set(words)) == len(words) == 300
        first, last = words[:100], words[-100:]
        assert sum(map(len, first)) < sum(map(len, last))


@pytest.mark.parametrize("kind", [benchmark.Ours, benchmark.Fts5])
def test_originals_are_found(kind: type[benchmark.Index]) -> None:
    figures = benchmark.measure(kind, benchmark.task(300, 40, 1))
    assert (figures.index, figures.rows) == (kind.__name__.lower(), 300)
    assert figures.first > 0.8
    assert figures.first <= figures.among_ten <= 1
    assert 0 < figures.median <= figures.p95


def test_the_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(benchmark, "FTS5_UP_TO", 60)
    arguments = ["lookup", "--rows", "60", "90", "--queries", "8"]
    monkeypatch.setattr("sys.argv", arguments)
    benchmark.main()
    head, *lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [["ours", "60"], ["fts5", "60"], ["ours", "90"]]
    assert {len(line) for line in lines} == {len(head)}
    monkeypatch.setattr("sys.argv", [*arguments, "--json"])
    benchmark.main()
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["index"], row["rows"]) for row in rows] == [
        ("ours", 60),
        ("fts5", 60),
        ("ours", 90),
    ]
