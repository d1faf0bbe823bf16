"""What is kept of a run: whole lines, and of a resumed run those of an uninterrupted one."""

from __future__ import annotations

import errno
import json
import math
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialog_s2s.errors import DataError, DiskError
from dialog_s2s.training import metrics_file
from dialog_s2s.training.metrics_file import LINES, MetricsFile, due, read_metrics
from dialog_s2s.training.monitor import CHECKED, SAVED, SKIPPED, Event, Progress

FIRST = Progress(1, 100, 8, 2.5, 0.001, None, None, 0.5, 900.0, norm=1.5)
KEYS = ["update", "pairs", "loss", "held_out", "rate", "norm", "seconds", "tokens_per_second"]


def run(path: Path, updates: int, start: int, end: int, pace: float = 0.5) -> None:
    """The updates after `start` up to `end`, with checks and other events now and then."""
    file = MetricsFile(path, updates, start)
    held = None
    for update in range(1, end + 1):
        told = []
        if update % 7 == 0:
            told.append(Event(update, SKIPPED, "Left out."))
        if update % 5 == 0:
            held = 1 / update
            told.append(Event(update, CHECKED, "Measured."))
        if update <= start:
            continue
        for event in told:
            file.event(event)
        progress = replace(FIRST, update=update, updates=updates, pairs=8 * update)
        file.update(replace(progress, held_out=held, elapsed=pace * update))
    file.close()


def timeless(path: Path) -> list[dict[str, object]]:
    """Its lines but for times."""
    records = [json.loads(each) for each in path.read_text().splitlines()]
    return [
        {name: each[name] for name in each if name not in ("seconds", "tokens_per_second")}
        for each in records
    ]


def test_lines(tmp_path: Path) -> None:
    path = tmp_path / "run" / "metrics.jsonl"
    file = MetricsFile(path, 100)
    file.update(FIRST)
    file.event(Event(2, SKIPPED, "안 돼요.\n"))
    bad = replace(FIRST, update=2, loss=math.nan, norm=math.inf, held_out=1.23456789)
    file.update(bad)
    assert len(path.read_text().splitlines()) == 3  # nothing waits for the end
    file.close()
    file.close()
    file.update(FIRST)  # is too late
    first, event, second = [json.loads(each) for each in path.read_text().splitlines()]
    assert list(first) == list(second) == KEYS
    assert list(first.values()) == [1, 8, 2.5, None, 0.001, 1.5, 0.5, 900.0]
    assert event == {"update": 2, "event": "skipped", "text": "안 돼요.\n"}
    assert (second["loss"], second["norm"], second["held_out"]) == (None, None, 1.23457)


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    run(path, 20, 0, 20)
    found = read_metrics(path)
    assert found.update_N.tolist() == list(range(1, 21))
    assert found.pairs_N.tolist() == [8 * each for each in range(1, 21)]
    assert found.seconds_N[-1] == 10.0
    assert math.isnan(found.held_out_N[0])
    assert found.checks == [(5, 0.2), (10, 0.1), (15, pytest.approx(1 / 15, rel=1e-5)), (20, 0.05)]
    assert [event.update for event in found.events if event.kind == SKIPPED] == [7, 14]
    assert found.events[0] == Event(5, CHECKED, "Measured.")


@given(st.integers(1, 10**6))
def test_there_are_never_too_many_lines(updates: int) -> None:
    between = max(1, updates // LINES)
    assert updates // between <= 2 * LINES
    assert due(1, updates)
    assert due(updates, updates)
    assert due(between, updates)


def test_of_many_updates_some_have_a_line_and_all_checks_have(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    run(path, 10_000, 0, 120)
    found = read_metrics(path)
    kept = {1, *range(5, 121, 5)}
    assert found.update_N.tolist() == sorted(kept)
    assert [update for update, _ in found.checks] == list(range(5, 121, 5))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.data())
def test_a_resumed_run_has_the_lines_of_an_uninterrupted_one(
    tmp_path: Path, data: st.DataObject
) -> None:
    updates = data.draw(st.sampled_from([1, 30, 9000]))
    end = min(updates, 60)
    at = data.draw(st.integers(1, end))
    reached = data.draw(st.integers(at, end))
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    run(whole, updates, 0, end)
    run(broken, updates, 0, reached, pace=0.7)
    killed = broken.read_bytes()
    # a kill in the middle of a line behind the checkpoint
    lines = killed.splitlines(keepends=True)
    kept = sum(len(each) for each in lines if json.loads(each)["update"] <= at)
    broken.write_bytes(killed[: data.draw(st.integers(kept, len(killed)))])
    run(broken, updates, at, end)
    assert timeless(broken) == timeless(whole)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["broken", "whole"]


def test_without_a_resumption_it_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    run(path, 30, 0, 20)
    run(path, 30, 0, 4)
    assert read_metrics(path).update_N.tolist() == [1, 2, 3, 4]
    path.unlink()
    run(path, 30, 3, 4)  # somebody removed the file
    assert read_metrics(path).update_N.tolist() == [4]


TORN = [b'{"update": 21, "lo', b"\0" * 40, b"\xff\xfe", b"[1]\n", b'{"update": "x"}\n', b"7\n"]


@pytest.mark.parametrize("torn", [*TORN, b'{"update": 21}', b'{"update": 1%s}\n' % (b"0" * 400)])
def test_what_is_torn_is_left_out(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "metrics.jsonl"
    run(path, 30, 0, 20)
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    assert read_metrics(path).update_N.tolist() == list(range(1, 21))
    MetricsFile(path, 30, 20).close()
    assert path.read_bytes() == whole


def full(*_: object) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "metrics.jsonl"
    file = MetricsFile(path, 100)
    file.update(FIRST)
    real = os.write
    part = [True]

    def nearly_full(handle: int, data: bytes) -> int:
        return real(handle, data[:9]) if part.pop() else full()

    part[:] = [False, True]
    monkeypatch.setattr(metrics_file.os, "write", nearly_full)
    with pytest.raises(DiskError, match="No space left on device") as caught:
        file.update(replace(FIRST, update=2))
    monkeypatch.undo()
    assert str(caught.value).startswith(f"{path}: cannot be written")
    assert caught.value.exit_code == 4
    file.close()
    assert read_metrics(path).update_N.tolist() == [1]
    MetricsFile(path, 100, 1).close()
    assert len(path.read_text().splitlines()) == 1


def test_a_full_disk_while_resuming_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "metrics.jsonl"
    run(path, 30, 0, 20)
    before = path.read_bytes()
    monkeypatch.setattr(metrics_file.os, "fsync", full)
    with pytest.raises(DiskError, match="No space left on device"):
        MetricsFile(path, 30, 10)
    assert [each.name for each in tmp_path.iterdir()] == ["metrics.jsonl"]
    assert path.read_bytes() == before


def test_no_place_for_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DiskError, match="file"):
        MetricsFile(tmp_path / "file" / "metrics.jsonl", 10)


def test_no_file_to_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nothing\.jsonl: cannot be read \(No such file"):
        read_metrics(tmp_path / "nothing.jsonl")


def test_a_saved_state_has_a_line(tmp_path: Path) -> None:
    file = MetricsFile(tmp_path / "metrics.jsonl", 10)
    file.event(Event(3, SAVED, "Saved."))
    file.close()
    found = read_metrics(tmp_path / "metrics.jsonl")
    assert found.events == (Event(3, SAVED, "Saved."),)
    assert found.checks == []
    assert not len(found.update_N)
