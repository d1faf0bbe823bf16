"""`/expect` and `/test` of the chat, by the command, with files that are there."""

from __future__ import annotations

from pathlib import Path

import pytest
from shell import Shell

from dialog_s2s.evaluation.suites import read_suite


def test_what_was_said_becomes_a_test_that_fails_when_it_changes(
    shell: Shell, own_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = ("-q", "hello", "-q", "/expect own.suite.yaml", "-q", "/test own.suite.yaml")
    code, out, _ = shell("chat", own_bundle, *said)
    assert code == 0
    assert out.splitlines()[-1] == "1 of 1 case passed."
    (case,) = read_suite("own.suite.yaml").cases
    assert [step.ask for step in case.turns] == ["hello"]
    assert shell("test", "own.suite.yaml", "--bundle", own_bundle)[0] == 0
    shell("teach", own_bundle, "hello", "Go away.")
    code, out, _ = shell("chat", own_bundle, "-q", "/test own.suite.yaml")
    assert code == 1
    assert out.splitlines()[-1] == "0 of 1 case passed."
    assert "Go away." in out
    assert shell("test", "own.suite.yaml", "--bundle", own_bundle)[0] == 1
