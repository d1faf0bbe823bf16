"""What tests of runs share: the runs made by hand that tests of `evaluation` have, and bots."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from scripted import SUITE, Scripted, Scripts

from dialog_s2s.dialogue.manager import Bot
from dialog_s2s.errors import BundleError

sys.path.append(str(Path(__file__).parents[2] / "evaluation"))


@pytest.fixture
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scripts:
    """What bots say, by the path of their bundle; the working folder is the test's own."""
    found: Scripts = {}

    def load(path: str | Path) -> Any:
        if str(path) not in found:
            raise BundleError(f"{path}: there is no bot here")
        return Scripted(str(path), found[str(path)])

    monkeypatch.setattr(Bot, "load", load)
    monkeypatch.chdir(tmp_path)
    Path("s.suite.yaml").write_text(SUITE, encoding="utf-8")
    return found
