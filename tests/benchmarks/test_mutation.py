"""The mutation run: its figures, its lines, its end; and a whole one where mutmut is there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import mutation as benchmark
from benchmarks.mutation import Figures, Mutant

SUMS = '''\
"""Sums."""

LIMIT = 3


class Sum:
    def __init__(self):
        self.total = 0

    @staticmethod
    def zero():
        return 0

    def add(self, number):
        # a comment
        self.total += number
        return self


def _whole(first, second):
    total = first + second
    return total
'''
DIFF = """\
# sums.x__whole__mutmut_2: survived
--- sums.py
+++ sums.py
@@ -1,3 +1,3 @@
 def _whole(first, second):
-    total = first + second
+    total = first - second
     return total
"""
SAID = """\
    shop.sums.x__whole__mutmut_1: killed
    shop.sums.x__whole__mutmut_2: survived
    shop.sums.xǁSumǁadd__mutmut_1: timeout
    shop.sums.xǁSumǁadd__mutmut_2: no tests
    shop.sums.xǁSumǁadd__mutmut_10: segfault
    shop.other.x_other__mutmut_1: killed
"""
FILES = list(benchmark.FILES)


def test_the_figures_of_what_mutmut_says() -> None:
    found = benchmark.read(SAID, ["shop/sums.py"])
    assert [each.status for each in found] == [
        *("killed", "survived", "timeout", "no tests", "segfault")
    ]
    assert {each.file for each in found} == {"shop/sums.py"}
    assert found[1].name == "shop.sums.x__whole__mutmut_2"
    row = benchmark.figures("shop/sums.py", [*found, Mutant("x", "another.py", "killed")])
    assert row == Figures("shop/sums.py", 5, 1, 1, 1, 1, 1)
    assert row.share == 0.4
    assert benchmark.figures("empty.py", found).share == 0


@pytest.mark.parametrize(
    ("name", "diff", "text"),
    [
        ("sums.x__whole__mutmut_2", DIFF, "    total = first + second"),
        (
            "sums.xǁSumǁadd__mutmut_1",
            "@@ -1,4 +1,4 @@\n a\n b\n-c\n+d\n e\n",
            "self.total += number",
        ),
        ("sums.xǁSumǁadd__mutmut_3", "@@ -3,2 +3,2 @@\n a\n-c\n+d\n", "return self"),
        ("sums.xǁSumǁzero__mutmut_1", "@@ -1,3 +1,3 @@\n a\n b\n-c\n+d\n", "return 0"),
    ],
)
def test_a_mutant_has_its_line(name: str, diff: str, text: str) -> None:
    line = benchmark.place_of(name, diff, SUMS)
    assert SUMS.splitlines()[line - 1].strip() == text.strip()


def test_the_tests_are_named_after_the_files() -> None:
    assert benchmark.named_after(FILES) == [
        "tests/evaluation/test_compare.py",
        "tests/evaluation/test_suites.py",
    ]
    assert benchmark.named_after(["dialog_s2s/no_such.py"]) == []


@pytest.mark.parametrize(("killed", "code"), [(17, 0), (16, 1)])
def test_too_few_of_one_file_are_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], killed: int, code: int
) -> None:
    one, other = FILES
    found = [Mutant("m.x_a__mutmut_1", one, "killed")] * 20
    found += [Mutant("m.x_a__mutmut_1", other, "killed")] * (killed - 1)
    found += [Mutant("m.x_a__mutmut_1", other, "timeout")]
    found += [Mutant("m.x_b__mutmut_1", other, "survived", 7, "-a\n+b")] * (20 - killed)
    monkeypatch.setattr(benchmark, "measure", lambda *_: found)
    monkeypatch.setattr(benchmark, "installed", lambda: True)
    assert benchmark.main([]) == code
    *shown, head, first, second, seconds = capsys.readouterr().out.splitlines()
    assert shown[:3] == [f"{other}:7: survived", "-a", "+b"]
    assert len(head) == len(first) == len(second)
    assert first.split() == [one, "20", "20", "0", "0", "0", "0", "100.0%"]
    assert second.split()[1:4] == ["20", str(killed - 1), "1"]
    assert seconds == "0 seconds"
    assert benchmark.main(["--json", *FILES]) == code
    said = json.loads(capsys.readouterr().out)
    assert [each["share"] for each in said["files"]] == [1.0, killed / 20]
    assert len(said["not_killed"]) == 20 - killed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["dialog_s2s/no_such.py"],
            "dialog_s2s/no_such.py is no file; give its path from the root",
        ),
        ([FILES[0], "--tests", "no.py"], "no.py is no file"),
        (["dialog_s2s/__init__.py"], "no tests are named after the files; give some with --tests"),
        ([], "mutmut is not installed; "),
    ],
)
def test_what_cannot_be_run(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.setattr(benchmark, "installed", lambda: False)
    with pytest.raises(SystemExit) as ended:
        benchmark.main(arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_a_run_that_fails_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> list[Mutant]:
        raise benchmark.Failed("a test fails as it is")

    monkeypatch.setattr(benchmark, "measure", fails)
    monkeypatch.setattr(benchmark, "installed", lambda: True)
    assert benchmark.main([]) == 2
    assert capsys.readouterr().err == "a test fails as it is\n"


def test_a_small_run(tmp_path: Path) -> None:
    pytest.importorskip("mutmut")
    (tmp_path / "shop").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n", encoding="utf-8")
    (tmp_path / "shop" / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "shop" / "sums.py").write_text(SUMS, encoding="utf-8")
    test = "from shop.sums import _whole\n\n\ndef test_whole():\n    assert _whole(3, 0) == 3\n"
    (tmp_path / "tests" / "test_sums.py").write_text(test, encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    tests = benchmark.named_after(["shop/sums.py"], tmp_path)
    found = benchmark.measure(["shop/sums.py"], tests, 1, tmp_path)
    assert sorted(tmp_path.rglob("*")) == before
    (survived,) = (each for each in found if each.status == "survived")
    assert survived.diff == "-    total = first + second\n+    total = first - second"
    assert SUMS.splitlines()[survived.line - 1] == "    total = first + second"
    assert {each.status for each in found if "Sum" in each.name} == {"no tests"}
    assert "killed" in {each.status for each in found}
    (tmp_path / "tests" / "test_sums.py").write_text(f"{test}    assert 0\n", encoding="utf-8")
    with pytest.raises(benchmark.Failed, match="assert 0"):
        benchmark.measure(["shop/sums.py"], tests, 1, tmp_path)
