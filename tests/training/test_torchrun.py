"""The command under `torchrun`: one voice, a way on where a process is lost, and two machines."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from processes import PAIRS, SETTINGS, free_port
from test_train import digests

import dialog_s2s
from dialog_s2s import train
from dialog_s2s.config import config_text

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc"),
]

CONFIG = replace(
    SETTINGS,
    training=replace(SETTINGS.training, steps=60, save_updates=5),
    memory=replace(SETTINGS.memory, enabled=False),
)

SECONDS = 150


def corpus(folder: Path, pairs: list[tuple[str, str]] = PAIRS) -> None:
    folder.mkdir(exist_ok=True)
    lines = [json.dumps({"question": q, "answer": a}) for q, a in pairs]
    (folder / "faq.jsonl").write_text("\n".join(lines))
    (folder / "settings.yaml").write_text(config_text(CONFIG))


def started(
    folder: Path, launcher: tuple[str, ...], arguments: tuple[str, ...]
) -> subprocess.Popen[str]:
    """`torchrun`, in a folder with its own temporary folder."""
    (folder / "tmp").mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "torch.distributed.run", *launcher, "-m", "dialog_s2s", *arguments],
        cwd=folder,
        env={
            **{name: each for name, each in os.environ.items() if not name.startswith("GLOO")},
            "TMPDIR": str(folder / "tmp"),
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        stderr=subprocess.PIPE,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> list[str]:
    """What it told, without what `torchrun` itself tells."""
    _, told = process.communicate(timeout=SECONDS)
    return [line.strip() for line in told.splitlines()]


TRAIN = ("train", "faq.jsonl", "--config", "settings.yaml", "--out", "bot")
TWO = ("--nproc-per-node", "2")


def wait_for(place: Path, process: subprocess.Popen[str]) -> None:
    """Until a checkpoint is there."""
    end = time.monotonic() + SECONDS
    while not place.exists():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.02)


def worker(launcher: int, rank: int) -> int:
    """The process that a `torchrun` started."""
    for task in Path(f"/proc/{launcher}/task").iterdir():
        for child in (task / "children").read_text().split():
            if f"RANK={rank}".encode() in Path(f"/proc/{child}/environ").read_bytes().split(b"\0"):
                return int(child)
    raise AssertionError


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The bot of one process."""
    folder = tmp_path_factory.mktemp("alone")
    corpus(folder)
    train(folder / "faq.jsonl", folder / "bot", config=CONFIG)
    return digests(folder / "bot")


def test_a_lost_process_is_started_anew(tmp_path: Path, undisturbed: dict[str, str]) -> None:
    corpus(tmp_path)
    process = started(tmp_path, (*TWO, "--max-restarts", "2"), TRAIN)
    wait_for(tmp_path / "runs" / "bot" / "checkpoints" / "000000015", process)
    os.kill(worker(process.pid, 1), signal.SIGKILL)
    lines = said(process)
    assert process.returncode == 0
    for once in ("Going on with the training of bot.", "Trained after ", "60 pairs, "):
        wanted = 2 if once == "60 pairs, " else 1
        assert sum(line.startswith(once) for line in lines) == wanted, once
    assert digests(tmp_path / "bot") == undisturbed


ENDING = """
import os, signal, sys
from dialog_s2s.interfaces.command import main
from dialog_s2s.training import run, train
place, name, rank = {place}, {name!r}, {rank!r}
real = getattr(place, name)
def ended(*given):
    if name == "finish":
        real(*given)
    os.kill(os.getpid(), signal.SIGKILL)
if os.environ["TORCHELASTIC_RESTART_COUNT"] == "0" and os.environ["RANK"] == rank:
    setattr(place, name, ended)
sys.exit(main(sys.argv[3:]))
"""


@pytest.mark.parametrize(
    ("place", "name", "rank"), [("train", "_summary", "0"), ("run.Run", "finish", "1")]
)
def test_a_process_is_lost_when_the_bot_is_there(
    tmp_path: Path,
    undisturbed: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    name: str,
    rank: str,
) -> None:
    """Before the run is finished, or when it is: the training is taken as finished."""
    corpus(tmp_path)
    (tmp_path / "ending.py").write_text(ENDING.format(place=place, name=name, rank=rank))
    monkeypatch.syspath_prepend(tmp_path)
    launcher = (*TWO, "--max-restarts", "2", "-m", "ending")
    process = started(tmp_path, launcher, TRAIN)
    lines = said(process)
    assert process.returncode == 0, "\n".join(lines)
    assert sum(line == "Going on with the training of bot." for line in lines) == 1
    assert digests(tmp_path / "bot") == undisturbed


def test_a_stop_is_clean_and_can_be_gone_on_from(
    tmp_path: Path, undisturbed: dict[str, str]
) -> None:
    corpus(tmp_path)
    process = started(tmp_path, TWO, TRAIN)
    wait_for(tmp_path / "runs" / "bot" / "checkpoints" / "000000015", process)
    process.terminate()
    lines = said(process)
    assert sum(line.startswith("Go on with it at any time: ") for line in lines) == 1
    assert not (tmp_path / "bot").exists()
    assert list((tmp_path / "tmp").glob("dialog-s2s-*")) == []
    process = started(tmp_path, TWO, ("train", "--resume", "--out", "bot"))
    lines = said(process)
    assert process.returncode == 0, "\n".join(lines)
    assert digests(tmp_path / "bot") == undisturbed


def test_an_error_is_told_once(tmp_path: Path) -> None:
    corpus(tmp_path, PAIRS[:1])
    process = started(tmp_path, TWO, TRAIN)
    lines = said(process)
    assert process.returncode == 1  # torchrun's own
    told = [line for line in lines if line.startswith("dialog-s2s: ")]
    assert len(told) == 1
    assert "two different" in told[0]
    assert any("exitcode  : 3" in line for line in lines)
    package = str(Path(dialog_s2s.__file__).parent)
    assert not any(package in line and line.startswith("File ") for line in lines)


def machines(tmp_path: Path, how: str, second: list[tuple[str, str]]) -> list[list[str]]:
    """What two machines tell, each with a folder of its own and one process."""
    port = free_port("127.0.0.2")
    running = []
    for number, pairs in enumerate((PAIRS, second)):
        folder = tmp_path / str(number)
        corpus(folder, pairs)
        launcher = ("--nnodes", "2", "--nproc-per-node", "1")
        if how == "static":
            launcher += ("--node-rank", str(number), "--master-addr", "127.0.0.2")
            launcher += ("--master-port", str(port))
        else:
            launcher += ("--rdzv-backend", "c10d", "--rdzv-endpoint", f"127.0.0.2:{port}")
            launcher += ("--rdzv-id", "tea", "--local-addr", f"127.0.0.{number + 2}")
        running.append(started(folder, launcher, TRAIN))
    return [said(process) for process in running]


@pytest.mark.parametrize("how", ["static", "c10d"])
def test_two_machines(tmp_path: Path, undisturbed: dict[str, str], how: str) -> None:
    told = machines(tmp_path, how, PAIRS)
    made = [number for number in (0, 1) if (tmp_path / str(number) / "bot").exists()]
    assert len(made) == 1
    assert made == [0] or how == "c10d"
    assert digests(tmp_path / str(made[0]) / "bot") == undisturbed
    spoke = [any(line.startswith("Trained after ") for line in lines) for lines in told]
    assert spoke == [made == [0], made == [1]]
    assert not (tmp_path / str(1 - made[0]) / "runs").exists()


def test_two_machines_with_other_data(tmp_path: Path) -> None:
    for lines in machines(tmp_path, "static", PAIRS[:-1]):
        told = [line for line in lines if line.startswith("dialog-s2s: ")]
        assert told == [
            "dialog-s2s: the processes have different data; give all of them the same files, "
            "settings and versions of the program"
        ]
