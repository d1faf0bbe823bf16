"""A package that is missing is named with the command that installs it."""

from __future__ import annotations

import sys

import pytest

from dialog_s2s.errors import UsageError
from dialog_s2s.evaluation.extra import load


def test_what_is_there_is_loaded() -> None:
    assert load("json.decoder").JSONDecoder


@pytest.mark.parametrize("name", ["sacrebleu", "sklearn", "matplotlib.figure"])
def test_what_is_missing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UsageError, match=r"pip install 'dialog-s2s\[evaluate\]'") as raised:
        load(name)
    assert f"needs {name.split('.')[0]}," in str(raised.value)
    assert raised.value.exit_code == 2


def test_what_needs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(UsageError, match=r"^evaluate needs sacrebleu, which is not installed; "):
        load("sacrebleu")
    with pytest.raises(UsageError, match=r"^chrf needs sacrebleu, which is not installed; "):
        load("sacrebleu", "chrf")
