"""The starter bot: found where it belongs, trained once."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tiny import ANSWERS, brief

import dialog_s2s
from dialog_s2s.bundle import CARD, FORMAT, MANIFEST, MEMORY, REQUIRED, write_bundle
from dialog_s2s.errors import BusyError, DiskError, Stopped
from dialog_s2s.interfaces import starter
from dialog_s2s.interfaces.starter import MINUTES, corpora, starter_bot, starter_path
from dialog_s2s.interfaces.train import StopSignal
from dialog_s2s.text.readers import read
from dialog_s2s.training.folder import CONFIG, RECORD, STATE, run_folder, unfinished
from dialog_s2s.training.monitor import Progress
from dialog_s2s.training.run import Run


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package moved to an empty folder."""
    package = tmp_path / "dialog_s2s"
    package.mkdir()
    monkeypatch.setattr(dialog_s2s, "__file__", str(package / "__init__.py"))
    return tmp_path


def test_the_corpora_are_there_and_can_be_read() -> None:
    files = corpora()
    assert files == sorted(files)
    assert len(files) >= 2
    assert sum(1 for _ in read(files)) > 500


@pytest.mark.parametrize("inside", [True, False])
def test_corpora_beside_or_inside_the_package(checkout: Path, inside: bool) -> None:
    with pytest.raises(DiskError, match="install dialog_s2s again"):
        corpora()
    folder = checkout / "dialog_s2s" / "corpora" if inside else checkout / "corpora"
    folder.mkdir()
    for name in ("b.yaml", "a.yaml", "c.txt"):
        (folder / name).write_text("")
    assert corpora() == [folder / "a.yaml", folder / "b.yaml"]


def test_the_place(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(checkout / "data"))
    assert starter_path() == checkout / "data" / "dialog_s2s" / "starter"
    monkeypatch.setenv("XDG_DATA_HOME", "")
    monkeypatch.setenv("HOME", str(checkout))
    assert starter_path() == checkout / ".local" / "share" / "dialog_s2s" / "starter"
    (checkout / "corpora").mkdir()
    (checkout / "pyproject.toml").write_text("")
    assert starter_path() == checkout / "bots" / "starter"


def test_it_is_trained_once(checkout: Path, monkeypatch, capsys) -> None:
    calls = []

    def train(data, out, config, replace, resume) -> None:
        assert not replace
        assert not resume
        calls.append((data, out, config.training.minutes))
        write_bundle(out, dict.fromkeys(REQUIRED, b""))

    monkeypatch.setenv("XDG_DATA_HOME", str(checkout))
    monkeypatch.setattr(starter, "train_watched", train)
    (checkout / "dialog_s2s" / "corpora").mkdir()
    file = checkout / "dialog_s2s" / "corpora" / "a.yaml"
    file.write_text("")
    place = starter_bot()
    assert calls == [([str(file)], place, MINUTES)]
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Training the starter bot" in shown.err
    assert starter_bot() == place == starter_path()
    assert len(calls) == 1
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("format", "taught", "trains"),
    [(FORMAT - 1, False, True), (FORMAT - 1, True, False), (FORMAT, False, False)],
)
def test_one_of_an_earlier_version_is_replaced(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, format: int, taught: bool, trains: bool
) -> None:
    """Unless it has a memory, which may hold what was taught."""
    calls = []
    monkeypatch.setenv("XDG_DATA_HOME", str(checkout))
    monkeypatch.setattr(starter, "corpora", list)
    monkeypatch.setattr(starter, "train_watched", lambda *_, replace, resume: calls.append(replace))
    starter_path().mkdir(parents=True)
    (starter_path() / MANIFEST).write_text(json.dumps({"format": format, "files": {}}))
    if taught:
        (starter_path() / MEMORY).touch()
    assert starter_bot() == starter_path()
    assert calls == [True] * trains


def test_a_damaged_one_is_left_to_be_explained(checkout: Path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(checkout))
    starter_path().mkdir(parents=True)
    for damage in ("", "[]", "{}", '{"format": "1"}'):
        (starter_path() / MANIFEST).write_text(damage)
        assert starter_bot() == starter_path()


@pytest.fixture
def small(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A starter bot of a small corpus, not trained yet: its file."""
    monkeypatch.setenv("XDG_DATA_HOME", str(checkout / "data"))
    file = checkout / "dialog_s2s" / "corpora" / "small.yaml"
    file.parent.mkdir()
    lines = ["name: Small", "language: en", "licence: CC0-1.0", "intents:"]
    for number, (reply, asked) in enumerate(ANSWERS.items()):
        lines += [f"  - id: a.{number}", "    ask:", *(f"      - {each}" for each in asked)]
        lines += ["    reply:", f"      - {reply!r}"]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    config = replace(brief(9), training=replace(brief(9).training, save_updates=2))
    monkeypatch.setattr(starter, "starter_config", lambda: config)
    return file


def interrupted(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asks for the starter bot, and sends a signal after its fifth update."""
    real = StopSignal.update

    def update(self: StopSignal, progress: Progress) -> None:
        real(self, progress)
        if progress.update == 5:
            signal.raise_signal(number)

    with monkeypatch.context() as patch:
        patch.setattr(StopSignal, "update", update)
        with pytest.raises(Stopped) as stopped:
            starter_bot()
    assert stopped.value.exit_code == 128 + number
    assert unfinished(starter_path())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_that_was_interrupted_is_gone_on_with(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    """Also where Ctrl-C left a bot: it has learnt too little to be talked to for ever."""
    interrupted(number, monkeypatch)
    assert (starter_path() / MANIFEST).is_file() == (number == signal.SIGINT)
    capsys.readouterr()
    assert starter_bot() == starter_path()
    assert "Went on after 5 updates." in capsys.readouterr().err
    assert not unfinished(starter_path())
    assert starter_bot() == starter_path()
    assert capsys.readouterr() == ("", "")
    assert "9 updates; ran to its end" in (starter_path() / CARD).read_text()


def damage_record(folder: Path) -> None:
    record = folder / RECORD
    record.write_bytes(record.read_bytes()[:40])


def damage_settings(folder: Path) -> None:
    settings = folder / CONFIG
    settings.write_bytes(settings.read_bytes()[:400])


def damage_checkpoints(folder: Path) -> None:
    for state in folder.rglob(STATE):
        state.write_text("{")


@pytest.mark.parametrize("damage", [damage_record, damage_settings, damage_checkpoints])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_that_was_interrupted_and_is_damaged_is_begun_anew(
    small: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: int,
    damage: Callable[[Path], None],
) -> None:
    interrupted(number, monkeypatch)
    damage(run_folder(starter_path()))
    capsys.readouterr()
    assert starter_bot() == starter_path()
    err = capsys.readouterr().err
    assert err.count("What was begun cannot be gone on with, and is begun anew.\n") == 1
    assert "Went on" not in err
    assert not unfinished(starter_path())
    assert "9 updates; ran to its end" in (starter_path() / CARD).read_text()
    assert starter_bot() == starter_path()
    assert capsys.readouterr() == ("", "")


def test_one_that_is_there_needs_no_record(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    starter_bot()
    damage_record(run_folder(starter_path()))
    capsys.readouterr()
    assert starter_bot() == starter_path()
    assert capsys.readouterr() == ("", "")


def test_one_that_another_program_trains_is_waited_for(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("fcntl")
    interrupted(signal.SIGTERM, monkeypatch)
    other = Run.outdated(starter_path())
    assert other is not None
    with pytest.raises(BusyError, match="another program is training this bot; wait for it"):
        starter_bot()
    assert "is begun anew" not in capsys.readouterr().err
    other.close()
    assert unfinished(starter_path())


def test_one_that_was_begun_on_other_corpora_is_begun_anew(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupted(signal.SIGINT, monkeypatch)
    small.write_text(small.read_text().replace("good morning", "good day"))
    capsys.readouterr()
    assert starter_bot() == starter_path()
    err = capsys.readouterr().err
    assert "Went on" not in err
    assert err.count("What was begun cannot be gone on with, and is begun anew.\n") == 1
    assert not unfinished(starter_path())
    assert "9 updates; ran to its end" in (starter_path() / CARD).read_text()
