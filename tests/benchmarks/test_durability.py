"""The benchmark of durability: fine where all is well, and it finds what it looks for."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import durability as benchmark
from benchmarks.durability import State, Tally, tags, text_of, told
from dialog_s2s.memory.rows import Rows

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="other signals")
MEMORY = benchmark.AnswerMemory()
NAMES = ("1.0", "1.1", "1.2")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A memory of `NAMES`, alone in a folder."""
    MEMORY.make(tmp_path / "x.db")
    with Rows.open(tmp_path / "x.db") as rows:
        rows.add_all(map(MEMORY._row, NAMES))
    return tmp_path / "x.db"


STATE = State({"1.0": "1", "1.1": "2", "1.2": "3"})


def looked(path: Path, state: State = STATE) -> Tally:
    tally = Tally()
    benchmark.look(path, MEMORY.read(path), state, tally)
    return tally


def test_a_short_run_is_fine(capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark.main(["--kills", "3", "--processes", "2", "--adds", "4"]) == 0
    heads, kills, crowd, *sessions = capsys.readouterr().out.splitlines()
    assert " ".join(heads.split()) == "kills changes halfway lost damaged traces seconds"
    assert kills.startswith("answer memory, kill -9 ")
    assert kills.split()[4] == "3"
    assert " ".join(crowd.split()).startswith("answer memory, 2 processes 0 8 0 0 0 0 ")
    assert sessions[0].startswith("sessions, kill -9 ")
    assert " ".join(sessions[1].split()).startswith("sessions, 2 processes 0 8 0 0 0 0 ")


def test_a_loss_is_an_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "kill", lambda *_, **__: Tally(lost=1))
    monkeypatch.setattr(benchmark, "at_once", lambda *_, **__: Tally())
    assert benchmark.main([]) == 1


def test_what_is_as_it_was_said_is_fine(path: Path) -> None:
    assert looked(path).fine


def test_losses_are_found(path: Path) -> None:
    assert looked(path, State({**STATE.keys, "1.3": "4"})).lost == 1
    assert looked(path, State({"1.0": "1", "1.1": "2"})).lost == 1
    assert looked(path, State({**STATE.keys, "1.2": "9"})).lost == 1
    assert looked(path, State({**STATE.keys, "1.2": ""})).fine


def test_traces_are_found(path: Path) -> None:
    (path.parent / "x.db-left").write_bytes(b"\0<(1.7)>\0" + text_of("1.1").encode())
    assert looked(path).traces == 1


def test_damage_is_found(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "text_of", lambda name: "another")
    assert looked(path).damaged == 3


@pytest.mark.parametrize(
    ("lines", "keys", "maybe", "changes"),
    [
        ([], {"a": "1"}, None, 0),
        (['{"added": ["b"], "removed": []}\n'], {"a": "1"}, {"a": "1", "b": ""}, 0),
        (
            ['{"added": ["b"], "removed": ["a"]}\n', '{"keys": {"b": "2"}}\n'],
            {"b": "2"},
            None,
            1,
        ),
        (['{"added": ["b"], "removed": []}\n', '{"keys": {"b'], {"a": "1"}, {"a": "1", "b": ""}, 0),
        (['{"added": [], "removed": ["a"]}\n'], {"a": "1"}, {}, 0),
    ],
)
def test_what_a_worker_said(
    lines: list[str], keys: dict[str, str], maybe: dict[str, str] | None, changes: int
) -> None:
    assert told(lines, State({"a": "1"})) == (
        State(keys),
        None if maybe is None else State(maybe),
        changes,
    )


def test_tags_are_found_in_a_text_that_was_cut() -> None:
    text = text_of("12.34")
    assert tags(text.encode()) == {"12.34"}
    assert tags(text.encode()[3:] + b"<(7.1)") == ({"12.34"} if text.count("<") > 1 else set())


def test_a_worker_that_fails_by_itself_is_no_kill(path: Path) -> None:
    path.write_bytes(b"")
    with pytest.raises(RuntimeError, match="ended by itself"):
        benchmark._killed(MEMORY, path, 1, 0.5)


def test_work_keeps_a_file_from_growing_for_ever(path: Path, capsys) -> None:
    class Enough(Exception):
        pass

    def names() -> Iterator[str]:
        for number in range(60):
            yield f"2.{number}"
        raise Enough

    with pytest.raises(Enough):
        MEMORY.work(path, names(), random.Random(0))
    state, maybe, changes = told(capsys.readouterr().out.splitlines(keepends=True), STATE)
    assert maybe is None
    assert changes > 50
    assert looked(path, state).fine
    assert len(state.keys) < 60
