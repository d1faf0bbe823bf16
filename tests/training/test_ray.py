"""Inside Ray Train, `train` is as it is elsewhere and makes the same bot."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from processes import PAIRS
from test_torchrun import CONFIG
from test_train import digests

from dialog_s2s import train


@pytest.mark.slow
@pytest.mark.skipif(find_spec("ray") is None, reason="needs the extra `ray`")
def test_ray_train_makes_the_same_bot(tmp_path: Path) -> None:
    train(PAIRS, tmp_path / "alone" / "bot", config=CONFIG)
    temporary = tempfile.mkdtemp(prefix="ray-")  # short: it names sockets by it
    try:
        made = subprocess.run(
            [sys.executable, Path(__file__).with_name("under_ray.py"), tmp_path, temporary],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(sys.path),
                "RAY_USAGE_STATS_ENABLED": "0",
                "OMP_NUM_THREADS": "1",
            },
            capture_output=True,
            text=True,
            timeout=220,
        )
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    assert made.returncode == 0, made.stderr[-2000:]
    assert digests(tmp_path / "bot") == digests(tmp_path / "alone" / "bot")
