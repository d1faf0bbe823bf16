"""The benchmark of training, at a tiny size and without peers."""

from __future__ import annotations

import argparse
import dataclasses
import gzip
import json
import math
import os
import sys
from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import lookup
from benchmarks.training import command, ours, predicted, shapes, speed, venvs
from benchmarks.training.data import made_up, pieces_of
from benchmarks.training.peers.job import Clock, Pairs
from dialog_s2s.model.build import Pieces, build
from dialog_s2s.text.batches import collate
from dialog_s2s.text.tokenizer import END, PADDING
from dialog_s2s.training.objective import batch_loss

OPENERS = (4, 5, 6)

PIECES = 1000
"""More than the made-up texts have characters."""


@pytest.fixture(autouse=True)
def _few_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "VOCABULARY", 300)


def _of_a_product(onto: torch.Size, left: torch.Size, right: torch.Size, **other: object) -> int:
    return 2 * math.prod(left) * right[-1]


def _answer(rate: float, **more: float) -> dict[str, object]:
    return {
        "rate": rate,
        "wall_rate": rate,
        "core": 1.0,
        "parameters": 3e6,
        "megabytes": 500.0,
        "precision": "float32",
        **more,
    }


def _ours(rate: float) -> dict[str, object]:
    kinds = {
        f"{what} {kind}": 1e9 for what in ("ceiling", "square") for kind in ("float32", "bfloat16")
    }
    return _answer(rate, operations=1e6, **kinds)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    file = tmp_path / "small" / "train.jsonl.gz"
    file.parent.mkdir()
    with gzip.open(file, "wt", encoding="utf-8") as lines:
        for question, answer in made_up(120):
            turns = [{"role": "user", "text": question}, {"role": "bot", "text": answer}]
            lines.write(json.dumps({"id": question, "turns": turns}, ensure_ascii=False) + "\n")
    return file


@pytest.mark.parametrize("model", [shapes.GRU, shapes.TRANSFORMER])
def test_operations_are_those_that_torch_counts(model: shapes.ModelConfig) -> None:
    source, target, vocabulary, batch = 8, 6, 600, 16
    model = dataclasses.replace(model, width=128, embedding=64, dropout=0.0)
    lengths = shapes.Lengths(source, target)
    made = build(model, Pieces(vocabulary, PADDING, OPENERS))
    rows = collate([[9] * source] * batch, [[9] * (target - 1) + [END]] * batch)
    # which torch counts only where it makes a new tensor
    in_place = {torch.ops.aten.addmm_: _of_a_product, torch.ops.aten.baddbmm_: _of_a_product}
    with FlopCounterMode(display=False, custom_mapping=in_place) as counter:
        batch_loss(made, rows).objective.backward()
    counted = counter.get_total_flops() / (batch * target)
    parts = shapes.products(model, lengths, vocabulary)
    told = shapes.operations(parts, shapes.attending(model, lengths), lengths)
    assert told == pytest.approx(counted, rel=0.04)


def test_pairs_are_written_and_read_alike(corpus: Path, tmp_path: Path) -> None:
    pairs = pieces_of(corpus, PIECES)
    assert len(pairs.sources) == len(pairs.targets) == 120
    assert all(target[-1] == END for target in pairs.targets)
    file = tmp_path / "pairs.json"
    pairs.write(file)
    assert Pairs.read(file) == pairs


def test_the_clock_counts_after_the_warm_up_alone() -> None:
    clock = Clock(3.0)
    clock._begin = 1.0
    assert not clock.update(1000, (0.5, 0.5))
    assert not clock.update(1000, (1.0, 1.0))
    assert not clock.update(30, (2.0, 1.5))
    assert clock.update(50, (4.0, 2.0))
    measured = clock.measured()
    assert measured["rate"] == 80.0
    assert measured["wall_rate"] == pytest.approx(80 / 3)
    assert (measured["core"], measured["targets"], measured["updates"]) == (
        pytest.approx(1 / 3),
        40,
        2,
    )


@pytest.mark.parametrize("variant", ["gru", "transformer"])
def test_ours_answers(
    corpus: Path,
    tmp_path: Path,
    variant: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    small = dataclasses.replace(ours.VARIANTS[variant], width=32, embedding=16)
    monkeypatch.setitem(ours.VARIANTS, variant, small)
    monkeypatch.setattr(ours, "keep_freed_memory", lambda: None)
    threads = torch.get_num_threads()
    file = tmp_path / "pairs.json"
    pieces_of(corpus, PIECES).write(file)
    arguments = ["ours", str(file), "--variant", variant, "--seconds", "0.5"]
    monkeypatch.setattr("sys.argv", [*arguments, "--precision", "float32"])
    try:
        ours.main()
    finally:
        torch.set_num_threads(threads)
    answer = json.loads(capsys.readouterr().out.rstrip().rpartition("\n")[2])
    assert answer["rate"] > 0
    assert answer["operations"] > 0
    measured = speed.Measured(speed.OWN[0], answer)
    assert measured.share is not None
    assert 0 < measured.share < 1


def test_the_goals() -> None:
    own, peers = speed.OWN, speed.PEERS
    made = [
        speed.Measured(own[0], _ours(600.0)),
        speed.Measured(own[2], _ours(400.0)),
        *(speed.Measured(each, _answer(100.0)) for each in peers if each.kind == "gru"),
        *(
            speed.Measured(each, _answer(250.0 if each.variant == "sorted" else 900.0))
            for each in peers
            if each.kind == "transformer"
        ),
        speed.Measured(own[0], _ours(900.0), threads=2),
    ]
    values = {row.what: (round(row.value, 3), row.holds) for row in speed.rows(made)}
    assert values == {
        "gru: times as fast as tutorial, this shape": (6.0, True),
        "gru: times as fast as tutorial, its own sizes": (6.0, True),
        "gru: share of the ceiling": (0.6, True),
        "gru: two cores, times one": (1.5, False),
        "transformer: times as fast as the same, sorted": (1.6, False),
        "transformer: share of the ceiling": (0.4, False),
    }
    assert speed.report(made).count("\n\n") == 2
    assert json.loads(json.dumps(speed.tree(made)))["goals"].keys() == values.keys()


def test_a_peer_that_fails_is_told_of(
    corpus: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = speed.Contender("broken", "tutorial", "nowhere", "", "gru")
    monkeypatch.setattr(speed, "OWN", ())
    monkeypatch.setattr(speed, "PEERS", (broken,))
    monkeypatch.setattr(speed, "cores", lambda: 1)
    assert speed.measure(corpus, PIECES, ["tutorial"], 1.0, tmp_path) == []
    assert "broken: " in capsys.readouterr().err
    if hasattr(os, "sched_getaffinity"):
        assert len(os.sched_getaffinity(0)) >= 1


def test_an_environment_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []

    class Done:
        returncode = 0

    def run(call: list[object], **settings: object) -> Done:
        ran.append([str(each) for each in call])
        (tmp_path / "some").mkdir(exist_ok=True)
        return Done()

    monkeypatch.setattr(venvs.subprocess, "run", run)
    python = venvs.python_of(tmp_path, "some", ("one==1", "two"))
    assert python.is_relative_to(tmp_path / "some")
    assert ran[0][:3] == [sys.executable, "-m", "venv"]
    assert ran[1][-2:] == ["one==1", "two"]
    venvs.python_of(tmp_path, "some", ("one==1", "two"))
    assert len(ran) == 2
    venvs.python_of(tmp_path, "some", ("one==2",))
    assert len(ran) == 4
    Done.returncode = 1
    with pytest.raises(RuntimeError, match="cannot be installed"):
        venvs.python_of(tmp_path, "other", ("one",))


def test_the_time_told_is_found() -> None:
    assert (
        predicted.seconds_told(["x", "  training.steps  900  updates: 30 passes, about 45 s"]) == 45
    )
    assert predicted.seconds_told(["  training.steps  900  updates in 1.5 min at 40 ms each"]) == 90
    assert predicted.seconds_told(["nothing"]) is None
    assert predicted.Told(10, 40.0, 50.0, 60.0).off == pytest.approx(0.25)
    assert not predicted.rows([predicted.Told(10, None, 50.0, 60.0)])[0].holds


def test_made_up_pairs_are_the_same_for_the_same_seed() -> None:
    one, same, other = (list(made_up(20, seed)) for seed in (1, 1, 2))
    assert one == same != other


def test_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    parsed = command.parser().parse_args(["speed", "--peers", "none"])
    assert parsed.peers == []
    assert command.parser().parse_args(["speed"]).peers == list(speed.NAMES)
    with pytest.raises(argparse.ArgumentTypeError, match="nowhere"):
        command._peers("nowhere")
    with pytest.raises(SystemExit, match="--data"):
        command.main(["speed"])
