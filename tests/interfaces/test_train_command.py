"""`dialog-s2s train`, interrupted in every way and gone on with: the bot is the same in the end."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import shell as module
from shell import CTRL_C, OnTerminal, Shell, process
from tiny import CONFIG, SINGLES

from dialog_s2s import Bot
from dialog_s2s.bundle import open_bundle
from dialog_s2s.config import Config, config_text
from dialog_s2s.interfaces.train import StopSignal
from dialog_s2s.training.checkpoint import read_checkpoint
from dialog_s2s.training.folder import checkpoints, unfinished
from dialog_s2s.training.monitor import Progress

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="other signals"),
]

STEPS = 150
SETTINGS: Config = replace(
    CONFIG,
    model=replace(CONFIG.model, dropout=0.1, embedding=24, width=32),
    training=replace(CONFIG.training, steps=STEPS, save_updates=5, subword_noise=0.3),
    memory=replace(CONFIG.memory, enabled=False),
)
"""A second or two of learning, which the tests interrupt as soon as something is saved."""

ENDLESS = replace(SETTINGS, training=replace(SETTINGS.training, steps=1_000_000))


def digest(place: Path) -> str:
    files = sorted(each for each in place.rglob("*") if each.is_file())
    return hashlib.sha256(b"".join(each.read_bytes() for each in files)).hexdigest()


def corpus(folder: Path) -> None:
    rows = "".join(f'"{question}","{reply}"\n' for question, reply in SINGLES)
    (folder / "pairs.csv").write_text("question,answer\n" + rows, encoding="utf-8")
    (folder / "settings.yaml").write_text(config_text(SETTINGS), encoding="utf-8")
    (folder / "endless.yaml").write_text(config_text(ENDLESS), encoding="utf-8")
    (folder / "tmp").mkdir()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of a bot whose training was not interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    corpus(folder)
    training = started(folder)
    training.communicate()
    assert training.returncode == 0
    return digest(folder / "bot")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder to train in, and for temporary files."""
    corpus(tmp_path)
    yield tmp_path
    left = [each for each in (tmp_path / "tmp").iterdir() if "torch" not in each.name]
    assert left == []


def started(folder: Path, *more: str, settings: str = "settings.yaml") -> subprocess.Popen[str]:
    words = more or ("pairs.csv", "--config", settings)
    environment = {"TMPDIR": str(folder / "tmp"), "TERM": "dumb"}
    return process("train", *words, "--out", "bot", cwd=folder, env=environment)


def saved(folder: Path) -> list[Path]:
    return checkpoints(folder / "runs" / "bot" / "checkpoints")


def until_saved(folder: Path, training: subprocess.Popen[str], count: int = 1) -> None:
    end = time.monotonic() + 60
    while len(saved(folder)) < count:
        assert training.poll() is None, training.communicate()
        assert time.monotonic() < end
        time.sleep(0.002)


def finished(folder: Path, *more: str) -> str:
    """Goes on in good order; the digest of the bot."""
    done = started(folder, *(more or ("--resume",)))
    out, err = done.communicate()
    assert (done.returncode, out) == (0, ""), err
    assert not unfinished(folder / "bot")
    return digest(folder / "bot")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_at_once(place: Path, whole: str, number: signal.Signals, code: int) -> None:
    """Ctrl-C makes a bot of the best so far, too; SIGTERM leaves no time for that."""
    training = started(place)
    until_saved(place, training)
    sent = time.time()
    training.send_signal(number)
    out, err = training.communicate()
    assert (training.returncode, out) == (code, "")
    assert "Traceback" not in err
    assert "Go on with it at any time: dialog-s2s train --resume --out bot\n" in err
    assert saved(place)[-1].stat().st_mtime < sent + 5
    lines = (place / "runs" / "bot" / "metrics.jsonl").read_text().splitlines()
    told = [json.loads(line) for line in lines]
    last = max(each["update"] for each in told if "event" not in each)
    assert read_checkpoint(saved(place)[-1]).update == last < STEPS
    assert (place / "bot").exists() == (number == signal.SIGINT)
    if number == signal.SIGINT:
        assert open_bundle(place / "bot").files
        assert Bot.load(place / "bot").reply("hello").finish in ("stop", "length")
    assert finished(place) == whole


def test_it_is_killed_and_gone_on_with_from_elsewhere(place: Path, whole: str) -> None:
    """Its files, named from where it was begun, are found; what was half written is passed over."""
    training = started(place)
    until_saved(place, training, 2)
    training.kill()
    training.communicate()
    for each in (place / "tmp").iterdir():  # nobody could remove it
        shutil.rmtree(each)
    last = saved(place)[-1]
    shutil.copytree(last, last.with_name(f".{int(last.name) + 5:09}.1a2b3c4d.new"))
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    done = process("train", "--resume", "--out", "../bot", cwd=elsewhere)
    _, err = done.communicate()
    assert done.returncode == 0, err
    assert list(elsewhere.iterdir()) == []
    assert digest(place / "bot") == whole
    assert not list(place.rglob("*.new"))


def test_a_second_program_is_kept_out_and_changes_nothing(
    place: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    first = started(place, settings="endless.yaml")
    until_saved(place, first)
    for more in (("--resume",), ("pairs.csv", "--force", "--config", "settings.yaml")):
        code, _, err = shell("train", *more, "--out", "bot")
        assert code == 2
        assert "another program is training this bot; wait for it" in err.splitlines()[-1]
    assert first.poll() is None
    first.terminate()
    first.communicate()
    assert first.returncode == 143
    assert unfinished(place / "bot")


def test_errors_of_going_on(
    place: Path, whole: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each in one line that says what to do."""
    monkeypatch.chdir(place)
    fresh = ("pairs.csv", "--config", "settings.yaml")

    def failed(code: int, words: str, *more: str) -> None:
        found, out, err = shell("train", *more, "--out", "bot")
        assert (found, out) == (code, ""), err
        assert re.search(words, err.splitlines()[-1]), err
        assert "Traceback" not in err

    failed(2, "bot: there is no interrupted training to go on with", "--resume")
    training = started(place)
    until_saved(place, training, 2)
    training.terminate()
    training.communicate()
    failed(2, "interrupted training of this bot; go on with it: .* --force to begin anew", *fresh)
    failed(2, "goes on as the training was begun; leave out --seed", "--resume", "--seed=2")
    data = (place / "pairs.csv").read_text()
    (place / "pairs.csv").write_text(data + "one more,yes\n")
    failed(2, "runs/bot: was begun on other data, .* same files, .* --force", "--resume")
    (place / "pairs.csv").unlink()
    failed(3, "pairs.csv: does not exist", "--resume")
    (place / "pairs.csv").write_text(data)
    for name in ("run.json", "config.yaml"):
        file = place / "runs" / "bot" / name
        sound = file.read_bytes()
        file.write_bytes(sound[: len(sound) // 2])
        failed(3, f"runs/bot/{name}: is damaged; begin anew with --force", "--resume")
        file.write_bytes(sound)
    last = saved(place)[-1]
    weights = (last / "weights.safetensors").read_bytes()
    (last / "weights.safetensors").write_bytes(weights[:-100])
    failed(3, f"{last.name}: the checkpoint cannot be read .* remove it", "--resume")
    shutil.rmtree(last)
    assert shell("train", "--resume", "--out", "bot")[0] == 0
    assert digest(place / "bot") == whole
    failed(2, "bot: there is no interrupted training", "--resume")


def limited() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


def test_a_full_disk_while_it_saves(place: Path, whole: str) -> None:
    """A file may not be as large as a checkpoint's with the optimizer's state."""
    training = started(place)
    until_saved(place, training)
    training.terminate()
    training.communicate()
    before = {each.name: digest(each) for each in saved(place)}
    assert max(each.stat().st_size for each in saved(place)[-1].iterdir()) > 100_000
    done = process("train", "--resume", "--out", "bot", cwd=place, preexec_fn=limited)
    _, err = done.communicate()
    assert done.returncode == 4
    assert (
        "the checkpoint cannot be written (File too large); free some space, then go on with" in err
    )
    assert {each.name: digest(each) for each in saved(place)} == before
    assert finished(place) == whole


def test_a_terminal_is_as_it_was(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After Ctrl-C, typed: what it says is readable, and the cursor and the echo are there."""
    termios = pytest.importorskip("termios")
    monkeypatch.chdir(place)
    words = ("train", "pairs.csv", "--config", "endless.yaml", "--out", "bot")
    with OnTerminal(*words) as training:
        before = termios.tcgetattr(training.terminal)
        training.wait("loss")
        os.write(training.terminal, CTRL_C.encode())
        training.wait("The bot is in")
        assert training.process.wait() == 130
        after = termios.tcgetattr(training.terminal)
        assert before == after
        assert after[3] & termios.ECHO
    assert unfinished("bot")


def test_a_second_ctrl_c_ends_at_once(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    program = """
import sys, time
from dialog_s2s.training import loop
from dialog_s2s.training.lanes import Lanes
real = Lanes.gradients
def gradients(self, batch, weight_B=None, update=0, *given):
    if update == 20:
        print("slow", flush=True)
        time.sleep(600)
    return real(self, batch, weight_B, update, *given)
Lanes.gradients = gradients
from dialog_s2s.interfaces.command import main
sys.exit(main())
"""
    monkeypatch.setattr(module, "PROGRAM", (sys.executable, "-c", program))
    training = started(place)
    assert training.stdout is not None
    assert training.stdout.readline() == "slow\n"
    training.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert training.poll() is None  # it waits for the update to end
    training.send_signal(signal.SIGINT)
    _, err = training.communicate(timeout=20)
    assert training.returncode == 130
    assert err.splitlines()[-1].startswith("What was learnt is kept. Go on with it: dialog-s2s")
    assert "Traceback" not in err
    assert read_checkpoint(saved(place)[-1]).update == 20


PROGRESS = Progress(1, 2, 3, 4.0, 0.1, None, None, 1.0, 1.0)


def test_signals_before_between_and_after_the_updates() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with StopSignal(), pytest.raises(KeyboardInterrupt):  # there is nothing yet to be saved
        signal.raise_signal(signal.SIGINT)
    with StopSignal() as stop:
        assert not stop()
        stop.update(PROGRESS)
        signal.raise_signal(signal.SIGTERM)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
    with StopSignal() as stop:
        stop.update(PROGRESS)
        stop.close()
        with pytest.raises(KeyboardInterrupt):  # all is saved
            signal.raise_signal(signal.SIGTERM)
        assert stop.number == signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) == before


def test_while_it_is_loaded_ctrl_c_ends_it_in_silence(place: Path) -> None:
    """And so it does at the very end."""
    program = """
import importlib.abc, signal, sys
class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "dialog_s2s.interfaces.command":
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Finder())
import runpy
runpy.run_module("dialog_s2s", run_name="__main__", alter_sys=True)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, "train"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")
    program = """
import atexit, signal, sys
atexit.register(signal.raise_signal, signal.SIGINT)
sys.argv = ["dialog-s2s", "--version"]
import runpy
runpy.run_module("dialog_s2s", run_name="__main__", alter_sys=True)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "")


def test_ctrl_c_within_an_exec_ends_it_like_any_other(tmp_path: Path) -> None:
    """Python would end the process with SIGINT after all, though it was handled."""
    program = """
import sys
from dialog_s2s.errors import Stopped
from dialog_s2s.interfaces import command
def run(_):
    try:
        exec("raise KeyboardInterrupt")
    except KeyboardInterrupt:
        raise Stopped(15)
command._run = run
sys.exit(command.main(["taught", "x"]))
"""
    (tmp_path / "interrupted.py").write_text(program)
    words = [sys.executable, "-m", "interrupted"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    assert subprocess.run(words, env=environment, check=False).returncode == 143


def test_resume_takes_no_settings(shell: Shell, tmp_path: Path) -> None:
    for words in (("--minutes", "2"), ("--from", "x"), ("--seed", "1"), ("--format", "csv")):
        code, out, err = shell("train", "--resume", "--out", tmp_path / "x", *words)
        assert (code, out) == (2, "")
        assert f"leave out {words[0]}" in err
    code, _, err = shell("train", "--resume", "--out", tmp_path / "x", "--force")
    assert code == 2
    assert "leave out --force" in err
