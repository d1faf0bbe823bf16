"""`dialog-s2s test` with a bot that was trained: what it is taught between runs, and leaks."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from xml.etree import ElementTree

from shell import Shell
from tiny import FOLLOW_UPS, REPLIES, SUNDAY

from dialog_s2s.bundle import MANIFEST
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


def test_the_training_that_broke_it_is_found(
    shell: Shell, tiny_bundle: Path, tmp_path: Path
) -> None:
    row = [Path(shutil.copytree(tiny_bundle, tmp_path / "bots" / name)) for name in "cab"]
    for time_, place in enumerate(row):
        os.utime(place / MANIFEST, (time_, time_))
    for place in row[1:]:
        shell("teach", place, "hello", "Go away.")
    code, out, err = shell("test", suite(tmp_path), "--bisect", tmp_path / "bots")
    assert (code, out.splitlines()[1:]) == (
        1,
        [f"  shop.suite.yaml: hello: passes with {row[0]}, first fails with {row[1]}"],
    )
    assert err.splitlines() == [f"testing {row[at]}" for at in (2, 0, 1)]
    code, out, _ = shell("test", suite(tmp_path), "--bisect", tmp_path / "bots", "--json")
    (case,) = json.loads(out)["cases"]
    assert (code, case["first_failing"]) == (1, str(row[1]))


def test_reports_of_a_bot(shell: Shell, own_bundle: Path, tmp_path: Path) -> None:
    shell("teach", own_bundle, "hello", "<script>x</script>")
    files = [tmp_path / f"r.{ending}" for ending in ("xml", "md", "html")]
    options = [
        word
        for name, file in zip(("--junit", "--markdown", "--html"), files, strict=True)
        for word in (name, file)
    ]
    code, _, _ = shell("test", suite(tmp_path), "--bundle", own_bundle, *options)
    assert code == 1
    tests = ElementTree.parse(files[0]).getroot()
    assert (tests.get("tests"), tests.get("failures")) == ("3", "1")
    for file in files[1:]:
        told = file.read_text(encoding="utf-8")
        assert "shop.suite.yaml" in told
        assert "wanted" in told
        assert "<script" not in told
        assert "&lt;script&gt;x" in told
