"""Where a run is kept, and how its files are called from elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dialog_s2s.training.folder import Record, run_folder


def test_the_folder_is_beside_the_bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for out in ("bots/x", "bots/x/", "./bots/y/../x", tmp_path / "bots" / "x"):
        assert run_folder(out) == tmp_path / "bots" / "runs" / "x"
    assert run_folder("x") == tmp_path / "runs" / "x"


def test_a_file_is_called_as_it_was_or_by_its_full_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = Record(("a.csv",), str(tmp_path), None, None)
    assert record.named("a.csv") == os.path.join(tmp_path, "a.csv")
    assert record.named(str(tmp_path / "b.csv")) == str(tmp_path / "b.csv")
    monkeypatch.chdir(tmp_path)
    assert record.named("a.csv") == "a.csv"


def test_it_can_be_told_without_torch() -> None:
    program = "import sys, dialog_s2s.training.folder; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
