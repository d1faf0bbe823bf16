"""A run's folder: begun, gone on with, finished; and one program at a time."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from tiny import CONFIG, model

from dialog_s2s.errors import BundleError, BusyError, DiskError, UsageError
from dialog_s2s.training.folder import (
    CHECKPOINTS,
    LOCK,
    METRICS,
    RECORD,
    STATE,
    Record,
    config_of,
    how_to_resume,
    in_the_way,
    read_record,
    run_folder,
    saved,
    unfinished,
)
from dialog_s2s.training.folder import (
    CONFIG as SETTINGS,
)
from dialog_s2s.training.learner import Learner
from dialog_s2s.training.optimizer import Optimizer
from dialog_s2s.training.run import Run, fcntl, fingerprint

MADE = Record(("a.csv",), os.path.abspath("."), None, None, "digest")


def learner() -> Learner:
    fresh = model()
    made = Learner(fresh, Optimizer(fresh, 0.0), None)
    made.mark_good()
    return made


def begun(out: Path, *updates: int, keep: int = 9) -> Run:
    """A run that was saved after these updates."""
    run = Run.begin(out, CONFIG, MADE)
    learning = learner()
    for update in updates:
        learning.counts.update = update
        run.save(learning.mark_good(), keep)
    return run


def test_it_is_begun_saved_and_gone_on_with(tmp_path: Path) -> None:
    out = tmp_path / "a bot"
    assert run_folder(out) == tmp_path / "runs" / "a bot"
    assert (read_record(out), unfinished(out)) == (None, False)
    run = begun(out)
    assert read_record(out) == MADE
    assert config_of(out) == CONFIG
    assert not unfinished(out)
    run.save(learner().checkpoint(), 3)
    assert unfinished(out)
    run.close()
    again = Run.resume(out, MADE)
    assert again.resumed is not None
    taken = learner()
    taken.counts.update = 5
    again.take_up(taken)
    assert taken.counts.update == 0
    again.finish()
    again.close()
    assert not unfinished(out)
    assert read_record(out) == replace(MADE, finished=True)
    assert how_to_resume(out) == f"dialog-s2s train --resume --out '{out}'"


def test_a_run_that_saved_nothing_leaves_nothing(tmp_path: Path) -> None:
    begun(tmp_path / "bot").close()
    assert list(tmp_path.iterdir()) == []
    begun(tmp_path / "one", 1).close()
    begun(tmp_path / "other").close()
    assert os.listdir(tmp_path / "runs") == ["one"]


def test_one_that_is_begun_anew_has_nothing_of_the_old(tmp_path: Path) -> None:
    run = begun(tmp_path / "bot", 3, 6)
    (run.folder / METRICS).write_text("old")
    (run.folder / "mine").write_text("mine")
    run.close()
    run = Run.begin(tmp_path / "bot", CONFIG, MADE)
    assert sorted(os.listdir(run.folder)) == sorted([SETTINGS, RECORD, LOCK, "mine"])
    run.save(learner().checkpoint(), 3)
    run.close()


def test_a_second_program_is_kept_out(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    run = begun(tmp_path / "bot", 1)
    for second in (
        lambda: Run.begin(tmp_path / "bot", CONFIG, MADE),
        lambda: Run.resume(tmp_path / "bot", MADE),
    ):
        with pytest.raises(UsageError, match="another program is training this bot; wait for it"):
            second()
    assert unfinished(tmp_path / "bot")
    begun(tmp_path / "other").close()
    run.close()
    Run.resume(tmp_path / "bot", MADE).close()


def test_other_data_are_told(tmp_path: Path) -> None:
    begun(tmp_path / "bot", 1).close()
    with pytest.raises(UsageError, match="was begun on other data"):
        Run.resume(tmp_path / "bot", replace(MADE, fingerprint="other"))
    Run.resume(tmp_path / "bot", replace(MADE, files=("b.csv",), folder="x")).close()


def test_a_damaged_last_checkpoint_is_named_and_can_be_removed(tmp_path: Path) -> None:
    run = begun(tmp_path / "bot", 3, 6)
    run.close()
    last = run.folder / CHECKPOINTS / "000000006"
    (last / STATE).write_text("{")
    with pytest.raises(BundleError, match="000000006: the checkpoint cannot be read"):
        Run.resume(tmp_path / "bot", MADE)
    for file in last.iterdir():
        file.unlink()
    last.rmdir()
    again = Run.resume(tmp_path / "bot", MADE)
    assert again.resumed is not None
    assert again.resumed.update == 3
    again.close()


def test_the_good_state_is_taken_up_too(tmp_path: Path) -> None:
    out = tmp_path / "bot"
    run = Run.begin(out, CONFIG, MADE)
    learning = learner()
    learning.counts.update = 4
    run.save(learning.mark_good(), 1)
    for update in (5, 6, 7):
        learning.counts.update = update
        run.save(learning.checkpoint(), 1)
    run.close()
    assert sorted(os.listdir(run.folder / CHECKPOINTS)) == ["000000004", "000000007"]
    run, taken = Run.resume(out, MADE), learner()
    run.take_up(taken)
    run.close()
    assert taken.good is not None
    assert (taken.counts.update, taken.good.update) == (7, 4)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"files": 3}', '{"files": [], "x": 1}'])
def test_a_damaged_record_is_named(tmp_path: Path, text: str) -> None:
    run = begun(tmp_path / "bot", 1)
    run.close()
    (run.folder / RECORD).write_text(text)
    with pytest.raises(BundleError, match=r"run\.json: is damaged; begin anew with --force"):
        read_record(tmp_path / "bot")


def test_damaged_settings_are_named(tmp_path: Path) -> None:
    """However much of them is there: a part may be good YAML."""
    run = begun(tmp_path / "bot", 1)
    run.close()
    file = run.folder / SETTINGS
    whole = file.read_bytes()
    for size in {*range(0, len(whole), 997), len(whole) - 1}:
        file.write_bytes(whole[:size])
        with pytest.raises(BundleError, match=r"config\.yaml.* begin anew with --force"):
            config_of(tmp_path / "bot")
    for text in ("\0\0\n", "model: [\n", "mdoel:\n", "- x\n"):
        file.write_text(text)
        with pytest.raises(BundleError, match=r"config\.yaml.*; mend it, or .* --force"):
            config_of(tmp_path / "bot")
    file.unlink()
    with pytest.raises(BundleError, match=r"config\.yaml: is damaged"):
        config_of(tmp_path / "bot")


def test_what_is_in_the_way(tmp_path: Path) -> None:
    """A damaged record alone tells nothing, but what could be gone on from does."""
    out = tmp_path / "bot"
    assert not in_the_way(out)
    run = begun(out, 1)
    assert in_the_way(out)
    (run.folder / RECORD).write_text("{")
    assert in_the_way(out)
    run.close()
    run = begun(out, 1)
    run.finish()
    assert not in_the_way(out)
    (run.folder / RECORD).write_text("{")
    assert not in_the_way(out)
    run.close()


@pytest.mark.parametrize(("job", "whole"), [("", 0), ("tea host 7", 1)])
def test_what_may_be_started_anew_keeps_its_last_state(
    tmp_path: Path, job: str, whole: int
) -> None:
    run = Run.begin(tmp_path / "bot", CONFIG, replace(MADE, job=job))
    learning = learner()
    for update in (3, 6):
        learning.counts.update = update
        run.save(learning.mark_good(), 9)
    run.finish()
    run.close()
    assert [each.name for each in saved(tmp_path / "bot")] == ["000000006"] * whole
    assert not unfinished(tmp_path / "bot")


@pytest.mark.parametrize("damaged", [False, True])
def test_one_that_is_outdated_is_discarded_in_the_end_alone(tmp_path: Path, damaged: bool) -> None:
    out = tmp_path / "bot"
    run = begun(out, 3)
    if damaged:
        (run.folder / RECORD).write_text("{")
    if fcntl is not None:
        with pytest.raises(BusyError, match="another program is training this bot"):
            Run.outdated(out)
    run.close()
    for discarded in (False, True):
        old = Run.outdated(out)
        assert old is not None
        if discarded:
            old.discard()
        old.close()
        assert run_folder(out).exists() is not discarded
    assert Run.outdated(out) is None


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("mine")
    with pytest.raises(DiskError, match="choose another --out"):
        Run.begin(tmp_path / "bot", CONFIG, MADE)


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskError, match="No space left on device"):
        Run.begin(tmp_path / "bot", CONFIG, MADE)


def test_a_fingerprint_is_of_bytes_and_of_where_they_end(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"one")
    assert fingerprint([b"one", b"two"]) == fingerprint([tmp_path / "x", b"two"])
    several = [[b"one", b"two"], [b"on", b"etwo"], [b"two", b"one"], [b"onetwo"], [b"one"], []]
    assert len({fingerprint(each) for each in several}) == len(several)
