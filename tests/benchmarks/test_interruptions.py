"""The benchmark of interruptions: fine where all is well, and it finds what it looks for."""

from __future__ import annotations

import math
import random
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny import brief

from benchmarks import interruptions as benchmark
from benchmarks.interruptions import Wrong, table
from dialog_s2s import train
from dialog_s2s.config import MemoryConfig
from dialog_s2s.training.checkpoint import Checkpoint, write_checkpoint
from dialog_s2s.training.folder import CHECKPOINTS, run_folder
from dialog_s2s.training.lanes import Lanes

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="other signals")


@pytest.mark.slow
def test_a_short_run_is_fine(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    short = replace(
        benchmark.SETTINGS,
        training=replace(benchmark.SETTINGS.training, steps=30),
        memory=MemoryConfig(enabled=False),
    )
    monkeypatch.setattr(benchmark, "SETTINGS", short)
    words = ["--points", "2", "--events", "2", "--kills", "1", "--signals", "1"]
    assert benchmark.main(words) == 0
    lines = [line.split(" (")[0].split() for line in capsys.readouterr().out.splitlines()]
    assert [line[:2] for line in lines] == [
        ["points", "2"],
        ["events", "2"],
        ["kills", "1"],
        ["signals", "1"],
    ]
    assert all(word == "0" for line in lines for word in line[2:] if word.isdigit())


def test_anything_wrong_is_an_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*_: object) -> Wrong:
        found = Wrong("x")
        found.update(tried=3, x=1)
        return found

    fine = dict.fromkeys(benchmark.RUNS, (1, lambda *_: Wrong("x")))
    monkeypatch.setattr(benchmark, "RUNS", fine)
    assert benchmark.main([]) == 0
    monkeypatch.setattr(benchmark, "RUNS", {**fine, "points": (1, wrong)})
    assert benchmark.main([]) == 1
    assert benchmark.main(["--points", "0"]) == 0
    assert table({"points": (wrong(), 2.4)}) == "points            3 1 x (2 s)"


@pytest.mark.slow
def test_a_run_that_goes_on_otherwise_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dropout that follows from how often it was drawn, not from the update."""
    real = Lanes._share
    calls = 0

    def share(self: Lanes, *given: object) -> object:
        nonlocal calls
        *rest, _, pieces = given
        calls += 1
        return real(self, *rest, calls, pieces)  # type: ignore[arg-type]

    monkeypatch.setattr(Lanes, "_share", share)
    found = benchmark.points(tmp_path, 1, random.Random(1))
    assert found["tried"] == 1
    assert all(found[kind] > 0 for kind in ("weights", "optimizer", "losses", "bundles"))
    assert not found.fine


@pytest.mark.parametrize("number", [math.nan, math.inf])
@pytest.mark.parametrize("where", ["weights", "tensors", "loss", ""])
def test_bad_checkpoints_are_found(tmp_path: Path, number: float, where: str) -> None:
    values = {name: number if name == where else 1.0 for name in ("weights", "tensors", "loss")}
    bad = Checkpoint(
        3,
        {"counts": {"loss": values["loss"]}},
        {"a": torch.tensor([1.0, values["weights"]])},
        {"best.a": torch.tensor([values["tensors"]])},
    )
    write_checkpoint(run_folder(tmp_path / "bot") / CHECKPOINTS, bad)
    assert benchmark._finite(tmp_path / "bot") == (where == "")


def test_digests_are_of_names_and_bytes(tmp_path: Path) -> None:
    for name, file, data in (("a", "x", "1"), ("b", "x", "1"), ("c", "y", "1"), ("d", "x", "2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text(data)
    one, same, *others = (benchmark.digest(tmp_path / name) for name in "abcd")
    assert one == same
    assert one not in others


def test_bytes_that_differ_are_counted() -> None:
    assert benchmark._differing(b"abcd", b"abcd") == 0
    assert benchmark._differing(b"abcd", b"axcy") == 2
    assert benchmark._differing(b"abcd", b"ab") == 2


def test_what_was_told_is_read(tmp_path: Path) -> None:
    assert (benchmark._made(tmp_path / "bot"), benchmark._finished(tmp_path / "bot")) == (0, False)
    train(benchmark.PAIRS, tmp_path / "bot", config=brief(3))
    assert (benchmark._made(tmp_path / "bot"), benchmark._finished(tmp_path / "bot")) == (3, True)
    assert b'"update": 3' in benchmark._losses(tmp_path / "bot")
    assert b"seconds" not in benchmark._losses(tmp_path / "bot")
