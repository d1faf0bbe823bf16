"""What the tests of the interfaces share."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from shell import Shell
from tiny import SINGLES, brief

from dialog_s2s.bundle import MANIFEST, MEMORY, RECALL, RECALL_TENSORS, THESAURUS
from dialog_s2s.config import config_text
from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.interfaces.chat.loading import LoadingBot


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


@pytest.fixture
def own_bundle(tiny_bundle: Path, tmp_path: Path) -> Path:
    """A copy of `tiny_bundle`, to be taught."""
    return Path(shutil.copytree(tiny_bundle, tmp_path / "own bot"))


@pytest.fixture
def without_memory(own_bundle: Path) -> Path:
    """A bundle as training without a memory writes it."""
    manifest = json.loads((own_bundle / MANIFEST).read_text())
    for name in (MEMORY, RECALL, RECALL_TENSORS, THESAURUS):
        del manifest["files"][name]
        (own_bundle / name).unlink()
    (own_bundle / MANIFEST).write_text(json.dumps(manifest))
    return own_bundle


@pytest.fixture
def own(own_bundle: Path) -> LoadingBot:
    """The bot of `own_bundle`."""
    return LoadingBot(own_bundle)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Sessions]:
    """A store of conversations."""
    with Sessions.open(tmp_path / "kept.db") as sessions:
        yield sessions
