"""What the tests of the interfaces share."""

from __future__ import annotations

from pathlib import Path

import pytest
from shell import Shell
from tiny import SINGLES, brief

from dialog_s2s.config import config_text


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(capsys, monkeypatch)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """The single pairs as a CSV file."""
    file = tmp_path / "pairs.csv"
    rows = "".join(f'"{question}","{reply}"\n' for question, reply in SINGLES)
    file.write_text("question,answer\n" + rows, encoding="utf-8")
    return file


@pytest.fixture
def quick(tmp_path: Path) -> Path:
    """Settings of a run of two updates."""
    file = tmp_path / "quick.yaml"
    file.write_text(config_text(brief(2)), encoding="utf-8")
    return file
