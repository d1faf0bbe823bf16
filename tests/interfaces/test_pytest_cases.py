"""Suites as pytest sees them: names of cases, and what is told of one that failed."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from dialog_s2s import Bot
from dialog_s2s.evaluation.cases import CaseResult
from dialog_s2s.evaluation.suites import read_suite, run_case
from dialog_s2s.interfaces.pytest_cases import names, told

ROOT = Path(__file__).parents[2]
PARROT = runpy.run_path(str(ROOT / "tests" / "evaluation" / "parrot.py"))["Parrot"]


def result(text: str, tmp_path: Path) -> CaseResult:
    file = tmp_path / "x.suite.yaml"
    file.write_text(text, encoding="utf-8")
    return run_case(PARROT(), read_suite(file).cases[0])


def test_what_is_told_is_clean(tmp_path: Path) -> None:
    text = 'cases: [{ask: "a\\e[2Jb\\u202e", expect: {reply: "\\e]0;x\\a"}}]'
    lines, problems = told(result(text, tmp_path), "x")
    assert not {"\x1b", "\x07", "\u202e"} & set("".join(lines) + problems[0][1])


def test_marks_are_left_out_where_letters_are_wide(tmp_path: Path) -> None:
    lines, _ = told(result('cases: [{ask: 차, expect: "0: 자"}]', tmp_path), "x")
    assert lines[-2:] == ["    - 0: 자", "    + 0: 차"]


def test_what_the_conversation_lacks_is_told_last(tmp_path: Path) -> None:
    text = "cases:\n- turns: [{ask: a}, {ask: b}]\n  expect_any: {contains: tea}\n"
    lines, problems = told(result(text, tmp_path), "x.yaml")
    assert lines[-1].startswith("  x.yaml:2: expect_any, none of 2 replies; ")
    assert len(problems) == 1


def test_names_differ_whatever_they_are(tmp_path: Path) -> None:
    file = tmp_path / "n.suite.yaml"
    listed = ["a", "a (2)", "a", "a", "a::b", "a: :b", "[x]", "(x)", "b\\n  c"]
    cases = "".join(f'- {{name: "{name}", ask: q, expect: r}}\n' for name in listed)
    file.write_text(f"cases:\n{cases}", encoding="utf-8")
    found = names(read_suite(file))
    assert len(set(found)) == len(listed)
    assert found[:4] == ["a", "a (2)", "a (3)", "a (4)"]
    assert not any(mark in name for name in found for mark in ("::", "[", "]", "\n"))


def test_the_failure_of_the_page(tiny_bot: Bot, tmp_path: Path) -> None:
    (shown,) = re.findall(
        r"```text\n(you>.*?)```",
        (ROOT / "docs" / "suites.md").read_text(encoding="utf-8"),
        re.DOTALL,
    )
    file = tmp_path / "hours.suite.yaml"
    file.write_text(
        "cases:\n- turns:\n  - ask: when do you close\n  - ask: and on Sunday\n"
        "    expect: At five.\n",
        encoding="utf-8",
    )
    lines, _ = told(run_case(tiny_bot, read_suite(file).cases[0]), file.name)
    masked = [re.sub(r"\d\.\d\d|\((pairs|faq\.csv).*?\)", "*", line) for line in lines]
    wanted = [re.sub(r"\d\.\d\d|\((pairs|faq\.csv).*?\)", "*", line) for line in shown.splitlines()]
    assert masked == wanted, "\n".join(lines)
