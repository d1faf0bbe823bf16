"""Suites: what is read, what is refused, and what a bot makes of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from parrot import Parrot
from tiny import FOLLOW_UPS, REPLIES, SUNDAY

from dialog_s2s import Bot
from dialog_s2s.errors import ConfigError, DataError, UsageError
from dialog_s2s.evaluation.assertions import Source
from dialog_s2s.evaluation.suites import (
    Case,
    Step,
    Suite,
    judged,
    read_suite,
    run_case,
    run_suite,
)
from dialog_s2s.evaluation.text_assertions import Contains, Same
from dialog_s2s.text.nodes import MAX_DEPTH
from dialog_s2s.text.turns import Origin

PAGE = Path(__file__).parents[2] / "docs" / "suites.md"

YAML = """\
# a suite
cases:
- ask: hello
  expect: Hello there!
- name: Sunday
  tags: [a, b]
  persona: I am short.
  settings: {method: beam, threshold: 0, seed: 7, temperature: 5e-1}
  turns:
  - ask: "when do you open"
  - ask: and on Sunday
    expect:
      contains: ten
      source: remembered
"""
JSONL = """\
{"ask": "hello", "expect": "Hello there!"}

{"name": "Sunday", "tags": ["a", "b"], "persona": "I am short.", \
"settings": {"method": "beam", "threshold": 0, "seed": 7, "temperature": 0.5}, \
"turns": [{"ask": "when do you open"}, \
{"ask": "and on Sunday", "expect": {"contains": "ten", "source": "remembered"}}]}
"""
BOTH = pytest.mark.parametrize(("text", "ending"), [(YAML, ".yaml"), (JSONL, ".JSONL")])


def written(folder: Path, text: str, ending: str = ".yaml") -> Path:
    file = folder / f"suite{ending}"
    file.write_text(text, encoding="utf-8")
    return file


@BOTH
def test_what_is_read(tmp_path: Path, text: str, ending: str) -> None:
    file = written(tmp_path, text, ending)
    suite = read_suite(file)
    at = Origin(str(file), 0)
    first = Case("hello", (), "", {}, (Step("hello", (Same(("Hello there!",)),), at),), at)
    turns = (
        Step("when do you open", (), at),
        Step("and on Sunday", (Contains(("ten",)), Source(("remembered",))), at),
    )
    settings = {"method": "beam", "threshold": 0, "seed": 7, "temperature": 0.5}
    second = Case("Sunday", ("a", "b"), "I am short.", settings, turns, at)
    assert suite == Suite(str(file), (first, second))


def test_everything_has_its_line(tmp_path: Path) -> None:
    first, second = read_suite(written(tmp_path, YAML)).cases
    assert [first.origin.line, second.origin.line] == [3, 5]
    assert [step.origin.line for step in second.turns] == [10, 11]
    first, second = read_suite(written(tmp_path, JSONL, ".jsonl")).cases
    assert str(second.turns[1].origin) == f"{tmp_path / 'suite.jsonl'}:3"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ": is empty; it must hold"),
        ("# cases:\n", ": holds nothing but comments; add to it"),
        ("- ask: a\n  expect: b", ":1: the file is a list; it must be a mapping"),
        ("case: []", ":1: unknown key 'case'; is cases meant? the file has only cases"),
        ("cases:", ":1: cases is empty; add a case below it"),
        ("cases: []", ":1: cases is an empty list; add to it or delete it"),
        ("cases: 1", ":1: cases is a number; it must be a list"),
        ("cases:\n- a", ":2: a case is a text; it must be a mapping"),
        ("cases:\n- ask: a\n  expects: b", ":3: unknown key 'expects'; is expect meant? a case"),
        ("cases:\n- ask: a", ':2: the case has no "expect"; add it'),
        ("cases:\n- expect: a", ':2: the case has no "ask"; add it'),
        ("cases:\n- name: a", ':2: the case has no "ask"; add it'),
        ("cases:\n- ask: [a]\n  expect: b", ":2: ask is a list; it must be a text"),
        ("cases:\n- ask: 12:30\n  expect: b", ":2: ask is '12:30', which is a number; "),
        ("cases:\n- ask: a\n  expect:\n  - 12", ":4: expect is '12', which is a number; "),
        ("cases:\n- ask: a\n  expect: {wods: 1}", ":3: unknown key 'wods'; is words meant?"),
        (
            "cases:\n- turns: [{ask: a, expect: b}]\n  ask: a",
            ':3: both "turns" and "ask"; put it into a turn',
        ),
        ("cases:\n- turns: []", ":2: turns is an empty list"),
        ("cases:\n- turns:\n  - ask: a", ":2: nothing is expected in the case; add"),
        ("cases:\n- turns:\n  - expect: a", ':3: the turn has no "ask"; add it'),
        ("cases:\n- turns:\n  - ask: a\n    tags: a", ":4: unknown key 'tags'; "),
        ("cases:\n- ask: a\n  expect: b\n  name: ' '", ":4: name is blank; write a text"),
        ("cases:\n- ask: a\n  expect: b\n  ask: c", ':4: the key "ask" occurs twice; keep one'),
        (
            "cases:\n- ask: a\n  expect: b\n  settings:\n    sead: 1",
            ":5: generation.sead: unknown setting; did you mean 'seed'?",
        ),
        (
            "cases:\n- ask: a\n  expect: b\n  settings: {seed: 1,\n    beam: 0}",
            ":5: generation.beam: must be a whole number from 1 to 64, but is 0",
        ),
        ("cases:\n- ask: a\n  expect: b\n  settings: {beam: .inf}", ":4: beam is '.inf'; write"),
        ("cases:\n- ask: a\n  expect: b\n  settings: [a]", ":4: settings is a list; it must be"),
        ("cases:\n- ask: a: b", ":2: not YAML: mapping values are not allowed here"),
        ("cases: &a\n- *a", ":1: an anchor (&a); write the text out"),
        (
            "cases:\n- ask: !!python/object:os.system a\n  expect: b",
            ":2: ask is 'a', which is some",
        ),
        ("cases: " + "[" * 99, f":1: nested more than {MAX_DEPTH} deep"),
        ("cases:\n- <<: a", ":2: a key is '<<', which is something of its own"),
    ],
)
def test_mistakes_in_yaml(tmp_path: Path, text: str, message: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(DataError, match="^" + re.escape(f"{file}{message}")) as raised:
        read_suite(file)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", ":1: a list; each line must be a JSON object"),
        ("{}", ":1: a case is an empty mapping"),
        ("{", ":1: not JSON at column"),
        ('\n{"cases": []}', ":2: unknown key 'cases'; "),
        ('{"ask": "a", "expect": 12}', ":1: expect is '12', which is a number; it must be a text"),
        ('{"ask": null, "expect": "a"}', ":1: ask is 'null', which is nothing"),
        ('{"ask": "a", "expect": {"no_repetition": "true"}}', ":1: no_repetition must be true"),
        ('{"ask": "a", "expect": {"words": {"most": "1"}}}', ":1: most is '1'; it must be a whole"),
        ('{"ask": "\\ud800", "expect": "a"}', ":1: ask holds the character U+D800"),
        ('{"ask": "a", "expect": ' + "[" * 50 + "]" * 50 + "}", ":1: nested more than"),
        (
            '{"ask": "a", "expect": "b", "settings": {"beam": 1e999}}',
            ":1: beam is 'inf'; write a number",
        ),
    ],
)
def test_mistakes_in_json(tmp_path: Path, text: str, message: str) -> None:
    file = written(tmp_path, text, ".jsonl")
    with pytest.raises(DataError, match="^" + re.escape(f"{file}{message}")):
        read_suite(file)


def test_json_values(tmp_path: Path) -> None:
    text = '{"ask": "🙂\\ud83d\\ude00", "expect": {"no_repetition": true, "words": {"most": 3}}}'
    (case,) = read_suite(written(tmp_path, text, ".jsonl")).cases
    assert case.name == "🙂😀"


@pytest.mark.parametrize("name", ["suite", "suite.txt", "suite.yaml.gz"])
def test_other_endings(tmp_path: Path, name: str) -> None:
    said = f"{tmp_path / name}: the name does not tell what it is; it must end in one of "
    with pytest.raises(DataError, match="^" + re.escape(said + ".yaml, .yml, .jsonl, .csv, .tsv")):
        read_suite(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ("ask,expect\nhello,Hello there!\n", ".csv"),
        ("ask;expect\nhello;Hello there!\n", ".csv"),
        ("ask\texpect\nhello\tHello there!\n", ".TSV"),
    ],
)
def test_tables(tmp_path: Path, text: str, ending: str) -> None:
    file = written(tmp_path, text, ending)
    at = Origin(str(file), 2)
    case = Case("hello", (), "", {}, (Step("hello", (Same(("Hello there!",)),), at),), at)
    suite = read_suite(file)
    assert suite == Suite(str(file), (case,))
    assert suite.cases[0].origin == at


def test_mistakes_in_tables(tmp_path: Path) -> None:
    file = written(tmp_path, "ask,expect\nhello\n", ".csv")
    with pytest.raises(DataError, match="^" + re.escape(f"{file}:2: 1 columns, but the header")):
        read_suite(file)
    file = written(tmp_path, "ask,expect\nhello,Hello there!\n", ".tsv")
    with pytest.raises(DataError, match="^" + re.escape(f"{file}:1: the first line is not a head")):
        read_suite(file)


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ("cases:\n- {ask: tea, expect: {function: checks.py:polite}}\n", ".yaml"),
        ('{"ask": "tea", "expect": {"function": "checks.py:polite"}}\n', ".jsonl"),
    ],
)
def test_functions_are_run_with_leave_alone(tmp_path: Path, text: str, ending: str) -> None:
    file = written(tmp_path, text, ending)
    for suite in (read_suite(file), read_suite(file, functions=False)):
        with pytest.raises(UsageError, match="not allowed to run"):
            run_case(Parrot(), suite.cases[0])
    with pytest.raises(DataError, match=r"checks\.py"):
        read_suite(file, functions=True)
    code = "def polite(reply):\n    return reply.text == '0: tea'\n"
    (tmp_path / "checks.py").write_text(code, encoding="utf-8")
    (case,) = read_suite(file, functions=True).cases
    assert run_case(Parrot(), case).passed


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist; check the name"):
        read_suite(tmp_path / "a.yml")
    (tmp_path / "b.yml").mkdir()
    with pytest.raises(DataError, match="is a folder"):
        read_suite(tmp_path / "b.yml")
    with pytest.raises(DataError, match="has no cases"):
        Suite("a", ())


RUN = f"""\
cases:
- ask: when do you open
  expect: we open at nine
- turns:
  - ask: when do you open
  - ask: {SUNDAY}
    expect: {{reply: {FOLLOW_UPS["when do you open"]}, not: {{contains: four}}}}
- turns:
  - ask: when do you close
    expect: We open at nine.
  - ask: {SUNDAY}
    expect: {{contains: [four, nine], words: {{most: 1}}, language: ko}}
"""


def test_run(tiny_bot: Bot, tmp_path: Path) -> None:
    suite = read_suite(written(tmp_path, RUN))
    one, two, three = run_suite(tiny_bot, suite)
    assert [one.case, two.case, three.case] == list(suite.cases)
    assert one.passed
    assert two.passed
    assert not three.passed
    assert two.steps[1].reply.text == FOLLOW_UPS["when do you open"]
    first, second = three.steps
    assert not first.passed
    assert first.failures == (f"wanted 'We open at nine.'; got {REPLIES['when do you close']!r}",)
    assert second.failures == (
        "wanted a reply that contains 'four', 'nine'; got 'At four.', without 'nine'",
        "wanted words <= 1; got 2, for 'At four.'",
        "wanted a reply in the language ko; got no clear language, for 'At four.'",
    )
    assert second.step is suite.cases[2].turns[1]


def test_cases_know_nothing_of_each_other(tiny_bot: Bot, tmp_path: Path) -> None:
    text = "cases:\n- ask: my name is Ada\n  expect: {language: en}\n"
    text += "- ask: what is my name\n  expect: {not: {contains: Ada}}\n"
    text += "- turns: [{ask: my name is Ada}, {ask: what is my name, expect: {contains: Ada}}]"
    results = list(run_suite(tiny_bot, read_suite(written(tmp_path, text))))
    assert [result.passed for result in results[1:]] == [True, True]


def test_settings_of_the_case_win(tiny_bot: Bot, tmp_path: Path) -> None:
    text = "cases:\n- ask: hello\n  expect: Hello there!\n  settings: {threshold: 0, seed: 5}\n"
    text += "  persona: I am short.\n"
    (case,) = read_suite(written(tmp_path, text)).cases
    (step,) = run_case(tiny_bot, case, threshold=1, beam=3).steps
    assert (step.reply.settings.threshold, step.reply.settings.beam, step.reply.seed) == (0, 3, 5)
    assert step.reply.turns[0].text == "I am short."
    with pytest.raises(ConfigError, match="beam"):
        run_case(tiny_bot, case, beam=0)


def talk(*asked: str, **given: Any) -> Case:
    """A case with these questions, of which nothing is expected one by one."""
    at = Origin("talk.suite.yaml", 1)
    settings, persona = given.pop("settings", {}), given.pop("persona", "")
    return Case("talk", (), persona, settings, tuple(Step(a, (), at) for a in asked), at, **given)


def test_a_result_holds_what_was_asked_and_said() -> None:
    case = talk("a", "b", settings={"seed": 5}, persona="I am short.")
    (result,) = run_suite(Parrot(), Suite("talk.suite.yaml", (case,)), seed=3, beam=2)
    assert result == run_case(Parrot(), case, seed=3, beam=2)
    assert result.case is case
    assert tuple(step.step for step in result.steps) == case.turns
    replies = [step.reply for step in result.steps]
    assert [reply.text for reply in replies] == ["1: a", "3: b"]
    assert [reply.turns[0].text for reply in replies] == ["I am short."] * 2
    assert [(reply.seed, reply.settings.beam) for reply in replies] == [(5, 2)] * 2


def test_each_question_has_a_reply() -> None:
    case = talk("a", "b")
    replies = [step.reply for step in run_case(Parrot(), case).steps]
    for given in (replies[:1], [*replies, replies[0]]):
        with pytest.raises(ValueError, match="zip"):
            judged(case, given)


def test_what_is_expected_of_the_whole_conversation() -> None:
    asked = "a", "b", "c"
    ends = tuple(Contains((end,)) for end in asked)
    result = run_case(Parrot(), talk(*asked, expect_any=ends, expect_all=(Contains((":",)),)))
    assert result.passed
    assert result.failures == ()
    wanted = "wanted a reply that contains"
    result = run_case(Parrot(), talk(*asked, expect_all=(ends[1],)))
    assert not result.passed
    assert result.failures == (
        f"expect_all, turn 1: {wanted} 'b'; got '0: a'",
        f"expect_all, turn 3: {wanted} 'b'; got '4: c'",
    )
    result = run_case(Parrot(), talk(*asked, expect_any=(ends[0], Contains(("d",)))))
    assert not result.passed
    assert result.failures == (
        f"expect_any, none of 3 replies; of the last: {wanted} 'd'; got '4: c'",
    )


def test_a_suite_runs_as_its_results_are_asked_for(tiny_bot: Bot, tmp_path: Path) -> None:
    results = run_suite(tiny_bot, read_suite(written(tmp_path, RUN)), no_such=1)
    with pytest.raises(ConfigError, match="no_such"):
        next(results)


def test_the_page(tiny_bot: Bot, tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"```(yaml|json|csv)\n(.*?)```", page, re.DOTALL)
    assert [kind for kind, _ in blocks] == ["yaml", "json", "csv", "yaml", "yaml", "yaml"]
    for kind, text in blocks:
        file = written(tmp_path, text, {"json": ".jsonl"}.get(kind, f".{kind}"))
        results = list(run_suite(tiny_bot, read_suite(file)))
        steps = [step.failures for result in results for step in result.steps if step.failures]
        assert (steps, [result.failures for result in results if result.failures]) == ([], [])


def test_the_function_of_the_page(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    code = re.search(r"```python\n(def polite.*?)```", page, re.DOTALL)
    assert code is not None
    (tmp_path / "checks.py").write_text(code[1], encoding="utf-8")
    text = "cases:\n- ask: tea, please\n  expect: {function: checks.py:polite}\n"
    text += "- ask: tea\n  expect: {function: checks.py:polite}\n"
    one, two = run_suite(Parrot(), read_suite(written(tmp_path, text), functions=True))
    assert one.passed
    assert two.steps[0].failures == (
        "wanted checks.py:polite to hold; got there is no please in it, for '0: tea'",
    )


def test_what_the_page_makes(
    tiny_bundle: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = PAGE.read_text(encoding="utf-8")
    code = re.search(r"```python\n([^`]*import from_corpus.*?)```", page, re.DOTALL)
    assert code is not None
    monkeypatch.chdir(tmp_path)
    Path("my-bot").symlink_to(tiny_bundle)
    Path("shop.suite.yaml").write_text("cases: [{ask: hello, expect: Bye}]", encoding="utf-8")
    Path("shop.tsv").write_text("hi\tHello there!\n", encoding="utf-8")
    exec(code[1], {})
    assert capsys.readouterr().out == ("shop.suite.yaml:1: was trained on, word for word (pairs)\n")
    assert read_suite("variants.suite.yaml").cases


def test_the_python_of_the_page(
    tiny_bundle: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = PAGE.read_text(encoding="utf-8")
    code = re.search(r"```python\n(from dialog_s2s import Bot.*?)```", page, re.DOTALL)
    assert code is not None
    monkeypatch.chdir(tmp_path)
    Path("my-bot").symlink_to(tiny_bundle)
    Path("shop.suite.yaml").write_text("cases: [{ask: hello, expect: Bye}]", encoding="utf-8")
    exec(code[1], {})
    assert capsys.readouterr().out == (
        "shop.suite.yaml:1: hello: wanted 'Bye'; got 'Hello there!'\n"
    )
