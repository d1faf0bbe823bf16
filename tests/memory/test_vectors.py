"""The index against a search that compares with every vector, one at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from numpy.typing import NDArray

from dialog_s2s.errors import DataError
from dialog_s2s.memory import vectors
from dialog_s2s.memory.vectors import VectorIndex

POOL = np.array(
    [[1, 0, 0], [0, 1, 0], [0.6, 0.8, 0], [0.6, 0, 0.8], [0, -0.6, 0.8], [-1, 0, 0], [0, 0, 0]],
    dtype=np.float32,
)
"""Few, so that many rows are equal and ties decide; cosines are either equal or far apart."""

picks = st.integers(0, len(POOL) - 1)


def naive(rows: dict[int, Sequence[float]], query: Sequence[float], count: int) -> list[int]:
    """Ids by falling cosine, then rising id."""

    def score(number: int) -> float:
        return round(math.fsum(a * b for a, b in zip(rows[number], query, strict=True)), 6)

    return sorted(rows, key=lambda number: (-score(number), number))[:count]


def units(count: int, width: int, seed: int = 0) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).standard_normal((count, width), dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def found(index: VectorIndex, query: NDArray[np.float32], count: int) -> list[int]:
    return [number for number, _ in index.search(query, count)]


class Machine(RuleBasedStateMachine):
    """Adds, removes, saves and loads; the index must always be what a dictionary is."""

    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.index = VectorIndex.build([], np.empty((0, 3)))
        self.rows: dict[int, Sequence[float]] = {}

    @rule(new=st.dictionaries(st.integers(0, 40), picks, max_size=9))
    def add(self, new: dict[int, int]) -> None:
        new = {number: pick for number, pick in new.items() if number not in self.rows}
        self.index.add([*new], POOL[[*new.values()]] if new else np.empty((0, 3)))
        self.rows |= {number: POOL[pick].tolist() for number, pick in new.items()}

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        if self.rows:
            gone = data.draw(st.lists(st.sampled_from(sorted(self.rows)), unique=True))
            self.index.remove(gone)
            for number in gone:
                del self.rows[number]

    @rule()
    def save_and_load(self) -> None:
        self.index.save(self.folder / "index")
        self.index = VectorIndex.load(self.folder / "index")

    @rule(asked=st.lists(picks, max_size=4), count=st.integers(0, 12))
    def search(self, asked: list[int], count: int) -> None:
        queries = POOL[asked]
        ids, cosines = self.index.search_all(queries, count)
        assert ids.shape == cosines.shape == (len(asked), min(count, len(self.rows)))
        for query, row, near in zip(queries, ids, cosines, strict=True):
            assert row.tolist() == naive(self.rows, query.tolist(), count)
            assert self.index.search(query, count) == list(zip(row, near, strict=True))
            assert np.allclose(near, self.index.get(row) @ query, atol=1e-6)

    @invariant()
    def the_rows_are_those(self) -> None:
        assert len(self.index) == len(self.rows)
        assert self.index.ids.tolist() == sorted(self.rows)
        order = sorted(self.rows, reverse=True)
        assert self.index.get(order).tolist() == [self.rows[number] for number in order]


def test_it_is_what_a_dictionary_is(tmp_path: Path) -> None:
    class Here(Machine):
        folder = tmp_path

    run_state_machine_as_test(
        Here, settings=settings(max_examples=60, stateful_step_count=20, deadline=None)
    )


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(1, 12),
    size=st.integers(1, 300),
    width=st.integers(1, 40),
    seed=st.integers(0, 99),
)
def test_the_nearest_are_those_of_a_naive_search(
    count: int, size: int, width: int, seed: int
) -> None:
    rows, (query,) = units(size, width, seed), units(1, width, seed + 1)
    index = VectorIndex.build(range(size), rows)
    cosines = [
        math.fsum(a * b for a, b in zip(row, query.tolist(), strict=True)) for row in rows.tolist()
    ]
    best = sorted(range(size), key=lambda place: -round(cosines[place], 12))[:count]
    assert index.search(query, count) == [
        (place, pytest.approx(cosines[place], abs=1e-12)) for place in best
    ]


@pytest.mark.parametrize("width", [5, 64, 384])
def test_equal_vectors_tie_wherever_they_stand(width: int) -> None:
    rows = units(5000, width)
    same = np.random.default_rng(1).permutation(5000)[:700]
    rows[same] = rows[0]
    ids = np.random.default_rng(2).permutation(5000)
    index = VectorIndex.build(ids[:3001], rows[:3001])
    index.add(ids[3001:], rows[3001:])
    for query in (rows[0], units(1, width, 3)[0]):
        near = index.search(query, 5000)
        assert len({cosine for number, cosine in near if number in set(ids[same])}) == 1
        assert near == sorted(near, key=lambda pair: (-pair[1], pair[0]))
        assert index.search(query, 10) == near[:10]
    assert found(index, rows[0], 699) == sorted({ids[0], *ids[same]})[:699]


def test_many_are_searched_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, queries = units(50, 7), units(23, 7, 1)
    index = VectorIndex.build(range(50), rows)
    whole = index.search_all(queries, 5)
    monkeypatch.setattr(vectors, "CELLS", 200)
    monkeypatch.setattr(vectors, "BLOCK", 3)
    parts = index.search_all(queries, 5)
    assert all(np.array_equal(a, b) for a, b in zip(whole, parts, strict=True))


def test_adding_one_copies_no_others(tmp_path: Path) -> None:
    VectorIndex.build(range(1000), units(1000, 8)).save(tmp_path / "index")
    index = VectorIndex.load(tmp_path / "index")
    base = index._base_ND
    assert isinstance(base.base, np.memmap)
    tails = set()
    for number in range(1000, 1100):
        index.add([number], units(1, 8, number))
        tails.add(id(index._tail_ND))
    assert index._base_ND is base
    assert len(index._tail_ND) == 128
    assert found(index, units(1, 8, 1050)[0], 1) == [1050]


def test_removing_many_makes_room() -> None:
    index = VectorIndex.build(range(100), units(100, 4))
    index.add(range(100, 200), units(100, 4, 1))
    index.remove(range(20, 150))
    assert index._rows == len(index) == 70


def test_nothing_of_a_removed_row_is_in_the_file(tmp_path: Path) -> None:
    rows = units(9, 6)
    index = VectorIndex.build(range(8), rows[:8])
    index.add([99], rows[8:])
    index.remove([3])
    index.save(tmp_path / "index")
    data = (tmp_path / "index").read_bytes()
    assert rows[8].tobytes() in data
    assert rows[3].tobytes() not in data


def test_the_same_rows_make_the_same_file(tmp_path: Path) -> None:
    rows = units(6, 3)
    VectorIndex.build(range(6), rows).save(tmp_path / "a")
    index = VectorIndex.build([5, 9, 1], rows[[5, 2, 1]])
    index.add([4, 0, 3], rows[[4, 0, 3]])
    index.remove([9])
    index.add([2], rows[2:3])
    index.save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_an_index_survives_the_replacement_of_its_file(tmp_path: Path) -> None:
    rows = units(40, 5)
    VectorIndex.build(range(40), rows).save(tmp_path / "index")
    index = VectorIndex.load(tmp_path / "index")
    index.remove(range(10))
    index.save(tmp_path / "index")
    assert np.array_equal(index.get(range(10, 40)), rows[10:])
    assert np.array_equal(VectorIndex.load(tmp_path / "index").get(range(10, 40)), rows[10:])


@pytest.mark.parametrize(
    ("ids", "rows", "problem"),
    [
        ([1, 1], POOL[:2], "id 1 is given twice"),
        ([-1, 1], POOL[:2], "id -1 is negative"),
        ([1], POOL[:2], "1 ids for 2 vectors"),
        ([1], POOL[0], "shape"),
        ([1], POOL[:1] * 0.9, "length 1"),
        ([1], np.full((1, 3), np.nan), "length 1"),
        ([1], np.full((1, 3), np.inf), "length 1"),
    ],
)
def test_what_cannot_be_in_an_index_is_refused(
    ids: list[int], rows: NDArray[np.float32], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        VectorIndex.build(ids, rows)
    index = VectorIndex.build([7], POOL[:1])
    with pytest.raises(ValueError, match=problem):
        index.add(ids, rows)
    assert index.ids.tolist() == [7]


def test_a_wrong_width_and_a_known_or_unknown_id_are_refused() -> None:
    index = VectorIndex.build([3, 5], POOL[:2])
    for wrong in (index.add, lambda _, rows: index.search_all(rows, 1)):
        with pytest.raises(ValueError, match=r"\[N, 3\], but are \(1, 4\)"):
            wrong([1], units(1, 4))
    with pytest.raises(ValueError, match="id 5 is in the index already"):
        index.add([9, 5], POOL[:2])
    index.remove([3])
    for call in (index.get, index.remove):
        for missing in (3, 4):
            with pytest.raises(KeyError, match=str(missing)):
                call([5, missing])
    with pytest.raises(KeyError):
        index.get([vectors.GONE])
    assert index.ids.tolist() == [5]


def test_ids_in_a_file_must_be_sound(tmp_path: Path) -> None:
    file = tmp_path / "index"
    VectorIndex(np.array([4, 4]), POOL[:2]).save(file)
    with pytest.raises(DataError, match="id 4 is given twice") as caught:
        VectorIndex.load(file)
    assert str(caught.value).startswith(f"{file}: ")
