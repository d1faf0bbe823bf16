"""`dialog-s2s suite check`: counts, leaks, and the mistakes of all suites."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from shell import Shell
from suites_given import SUITE


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    file = tmp_path / "shop.suite.yaml"
    file.write_text(SUITE, encoding="utf-8")
    return file


def test_check_counts_and_lists_leaks(shell: Shell, suite: Path, tiny_bundle: Path) -> None:
    code, out, err = shell("suite", "check", suite)
    assert (code, out, err) == (0, f"{suite}: 3 cases, 4 questions, 3 with expectations\n", "")
    code, out, err = shell("suite", "check", suite, suite, "--bundle", tiny_bundle)
    assert code == 0
    head, first, second, *again = out.splitlines()
    assert head == f"{suite}: 3 cases, 4 questions, 3 with expectations; 2 trained on"
    assert first.startswith(f'  {suite}:2: "when do you open" was trained on (')
    assert second.startswith(f'  {suite}:10: "and on Sunday" was trained on (')
    assert again == [head, first, second]
    assert err.startswith("warning: 4 of 6 questions with expectations were trained on")


def test_check_as_json(shell: Shell, suite: Path, tiny_bundle: Path) -> None:
    code, out, err = shell("suite", "check", suite, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "suite": str(suite),
        "cases": 3,
        "questions": 4,
        "expecting": 3,
        "tags": {"hours": 2, "odd": 1},
    }
    code, out, err = shell("suite", "check", suite, "--json", "--bundle", tiny_bundle)
    assert code == 0
    assert err.startswith("warning: 2 of 3 ")
    leak, _ = json.loads(out)["leaks"]
    assert (leak["question"], leak["at"]) == ("when do you open", f"{suite}:2")
    assert leak["origin"]


def test_check_shows_the_mistakes_of_all_suites(shell: Shell, suite: Path, tmp_path: Path) -> None:
    bad, none = tmp_path / "bad.suite.yaml", tmp_path / "none.suite.yaml"
    bad.write_text("cases:\n- ask: a\n  expct: b\n", encoding="utf-8")
    code, out, err = shell("suite", "check", bad, suite, none)
    assert code == 3
    assert out.startswith(f"{suite}: 3 cases")
    first, second = err.splitlines()
    assert first.startswith(f"dialog-s2s: {bad}:3: unknown key 'expct'")
    assert second.startswith(f"dialog-s2s: {none}: ")


def test_check_runs_no_functions(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "c.py").write_text("raise SystemExit(9)", encoding="utf-8")
    suite = tmp_path / "f.suite.yaml"
    suite.write_text("cases: [{ask: tea, expect: {function: c.py:f}}]", encoding="utf-8")
    assert shell("suite", "check", suite)[0] == 0
