"""`dialog-s2s test` with a bot that was trained: what it is taught between runs, and leaks."""

from __future__ import annotations

import json
import time
from pathlib import Path

from shell import Shell
from tiny import FOLLOW_UPS, REPLIES, SUNDAY

from dialog_s2s.interfaces.testing.wanted import Wanted
from dialog_s2s.interfaces.testing.watch import stamps


def suite(place: Path) -> Path:
    file = place / "shop.suite.yaml"
    first = next(iter(FOLLOW_UPS))
    file.write_text(
        "cases:\n"
        f"- {{ask: hello, expect: {json.dumps(REPLIES['hello'])}}}\n"
        "- {ask: do you sell any coffee, expect: {contains: coffee}}\n"
        f"- turns: [{{ask: {first}}}, {{ask: {SUNDAY}, expect: {FOLLOW_UPS[first]}}}]\n",
        encoding="utf-8",
    )
    return file


def test_teaching_makes_a_regression(shell: Shell, own_bundle: Path, tmp_path: Path) -> None:
    words = ("test", suite(tmp_path), "--bundle", own_bundle)
    code, out, err = shell(*words, "--bless", "--json")
    tree = json.loads(out)
    assert (code, tree["failed"]) == (0, False)
    assert [each["results"][0]["rate"] for each in tree["cases"]] == [1.0, 1.0, 1.0]
    assert "2 questions stand word for word among the training pairs of" in err
    turns = [each["results"][0]["ways"][0]["turns"] for each in tree["cases"]]
    assert [[turn["leak"] is not None for turn in each] for each in turns] == [
        [True],
        [False],
        [False, True],
    ]
    assert shell(*words)[0] == 0
    shell("teach", own_bundle, "hello", "Go away.")
    code, out, _ = shell(*words)
    assert code == 1
    assert "x   0% regressed" in out
    assert "Go away." in out
    shell("forget", own_bundle, "Go away", "--yes")
    assert shell(*words)[0] == 0


def test_a_run_does_not_look_like_a_change(shell: Shell, own_bundle: Path, tmp_path: Path) -> None:
    """Or watching would never wait."""
    file = str(suite(tmp_path))
    files = list(Wanted([file]).watched([str(own_bundle)], []))
    before = stamps(files)
    assert before[own_bundle / "memory.db"] is not None
    shell("test", file, "--bundle", own_bundle)
    assert stamps(files) == before
    time.sleep(0.01)
    shell("teach", own_bundle, "one", "uno")
    assert stamps(files) != before
