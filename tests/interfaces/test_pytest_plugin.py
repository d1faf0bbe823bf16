"""The pytest plugin: each run of pytest here is a process of its own, as its users have it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dialog_s2s.interfaces import pytest_plugin

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.timeout(600)

ROOT = Path(__file__).parents[2]
BOT = ROOT / "tests" / "evaluation" / "parrot.py"
PAGE = ROOT / "docs" / "suites.md"
NAME = "dialog_s2s"

SUITE = """\
cases:
- ask: hello
  tags: [greeting, two words, _own, filterwarnings]
  expect: "0: hello"
- ask: hello
  tags: greeting
  expect: "0: hallo"
- name: "tea [typos] :: 1"
  tags: drinks
  turns:
  - ask: tea
  - ask: and coffee
    expect: ["2: and cocoa", Bye]
- name: xfailing
  tags: xfail
  ask: a
  expect: b
"""
TABLE = "ask,expect\nhi,0: hi\n"
LINES = '{"ask": "bye", "expect": {"source": "generated"}}\n'

PARROT = """\
import pytest
from parrot import Parrot

@pytest.fixture(scope="session")
def bot():
    print("bot made")
    return Parrot()
"""
"""A conftest.py with a bot of its own, which needs no training."""


@pytest.fixture
def suites(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with suites, asked a parrot."""
    for name, text in {
        "a.suite.yaml": SUITE,
        "b.suite.csv": TABLE,
        "c.suite.jsonl": LINES,
        "not-a-suite.yaml": "cases: 3",
        "conftest.py": PARROT,
    }.items():
        (pytester.path / name).write_text(text, encoding="utf-8")
    shutil.copy(BOT, pytester.path)
    return pytester


def run(pytester: pytest.Pytester, *words: object) -> pytest.RunResult:
    """pytest in a process of its own; each warning is an error."""
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error", *map(str, words))


def test_it_is_announced_and_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {NAME: pytest_plugin.__name__}
    (found,) = entry_points(group="pytest11", name=NAME)
    assert found.value == pytest_plugin.__name__


def test_without_suites_hardly_anything_is_imported() -> None:
    program = f"""
import sys, pytest, dataclasses, typing, importlib
before = set(sys.modules)
import {pytest_plugin.__name__}
print(*sorted(set(sys.modules) - before))
"""
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    interfaces = "dialog_s2s.interfaces"
    assert told.stdout.split() == [
        NAME,
        interfaces,
        pytest_plugin.__name__,
        f"{NAME}.version",
    ]


def test_collecting_loads_no_torch_and_no_bot(suites: pytest.Pytester) -> None:
    (suites.path / "conftest.py").write_text(
        "import sys\ndef pytest_sessionfinish():\n    print('torch' in sys.modules, 'loaded')\n",
        encoding="utf-8",
    )
    done = run(suites, "--co", "-q", "--bot", "nowhere")
    assert done.ret == 0
    assert [line for line in done.outlines if "::" in line] == [
        "a.suite.yaml::hello",
        "a.suite.yaml::hello (2)",
        "a.suite.yaml::tea (typos) : : 1",
        "a.suite.yaml::xfailing",
        "b.suite.csv::hi",
        "c.suite.jsonl::bye",
    ]
    assert "False loaded" in "\n".join(done.outlines)


def test_failures_show_the_dialogue(suites: pytest.Pytester) -> None:
    done = run(suites, "--strict-markers", "--junitxml=told.xml")
    done.assert_outcomes(passed=3, failed=2, xfailed=1)
    done.stdout.fnmatch_lines(
        [
            "*_ hello (2) _*",
            "you> hello",
            "bot> 0: hello",
            "       generated, confidence 0.50",
            "  a.suite.yaml:5: wanted '0: hallo'; got '0: hello'",
            "    - 0: hallo",
            "    [?]     ^",
            "    + 0: hello",
            "a.suite.yaml:5: CaseFailed",
            "*_ tea (typos) : : 1 _*",
            "you> tea",
            "bot> 0: tea",
            "you> and coffee",
            "bot> 2: and coffee",
            "  a.suite.yaml:12: wanted one of '2: and cocoa', 'Bye'; got '2: and coffee'",
            "    - 2: and cocoa",
            "    + 2: and coffee",
            "FAILED a.suite.yaml::hello (2) - wanted '0: hallo'; got '0: hello'",
        ]
    )
    cases = ElementTree.parse(suites.path / "told.xml").getroot().iter("testcase")
    failed = {case.get("name"): case.find("failure") for case in cases}
    failure = failed["hello (2)"]
    assert failure is not None
    assert failure.get("message") == "wanted '0: hallo'; got '0: hello'"
    assert failed["hi"] is None


def test_workers_have_one_bot_each(suites: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    (suites.path / "conftest.py").write_text(
        PARROT.replace('print("bot made")', 'open(f"made-{os.getpid()}", "x").close()')
        + "import os\n",
        encoding="utf-8",
    )
    done = run(suites, "-n", 2, "--strict-markers")
    done.assert_outcomes(passed=3, failed=2, xfailed=1)
    assert 1 <= len(list(suites.path.glob("made-*"))) <= 2
    done.stdout.fnmatch_lines(
        [
            "  a.suite.yaml:5: wanted '0: hallo'; got '0: hello'",
            "FAILED a.suite.yaml::hello (2) - wanted '0: hallo'; got '0: hello'",
        ]
    )


@pytest.mark.parametrize(
    ("words", "chosen"),
    [
        (("-m", "greeting and not two_words"), {"hello (2)"}),
        (("-k", "typos or xfailing"), {"tea (typos) : : 1", "xfailing"}),
        (("-k", "_own"), {"hello"}),
        (("a.suite.yaml::tea (typos) : : 1", "b.suite.csv"), {"tea (typos) : : 1", "hi"}),
    ],
)
def test_cases_are_chosen(
    suites: pytest.Pytester, words: tuple[str, ...], chosen: set[str]
) -> None:
    """In this process: nothing is asked."""
    options = ("--co", "-q", "-p", "no:cacheprovider", "--strict-markers")
    done = suites.runpytest_inprocess(*options, *words)
    shown = [line.split("::", 1) for line in done.outlines if "::" in line]
    assert {name for _, name in shown} == chosen


def test_where_a_case_is(suites: pytest.Pytester) -> None:
    items, _ = suites.inline_genitems("-p", "no:cacheprovider", "a.suite.yaml")
    assert [(item.location[0], item.location[1]) for item in items] == [
        ("a.suite.yaml", line) for line in (1, 4, 7, 13)
    ]


def test_a_broken_suite_is_an_error_with_its_line(suites: pytest.Pytester) -> None:
    (suites.path / "a.suite.yaml").write_text("cases:\n- ask: a\n  expct: b\n", encoding="utf-8")
    items, recorder = suites.inline_genitems("-p", "no:cacheprovider", "a.suite.yaml")
    (failed,) = recorder.getfailures("pytest_collectreport")
    assert not items
    assert re.search(r"a\.suite\.yaml:3: unknown key 'expct'", str(failed.longrepr))
    assert "Traceback" not in str(failed.longrepr)


def test_without_a_bot_it_is_an_error_that_tells_what_to_do(suites: pytest.Pytester) -> None:
    (suites.path / "conftest.py").unlink()
    done = run(suites, "b.suite.csv")
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["no bot is given: run pytest with --bot PATH*"])
    done.stdout.no_fnmatch_line("*Traceback*")
    done = run(suites, "b.suite.csv", "--bot", "nowhere")
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*nowhere*"])


def test_a_setting_that_makes_no_sense(suites: pytest.Pytester) -> None:
    for setting, wanted in (("hot", "'hot' is not name=value"), ("beam=x", "beam")):
        done = run(suites, "b.suite.csv", "--bot-set", setting)
        assert done.ret == 1
        done.stdout.fnmatch_lines([f"*{wanted}*"])
        done.stdout.no_fnmatch_line("*Error*")


def test_a_trained_bot_its_settings_and_its_fixtures(
    pytester: pytest.Pytester, tiny_bundle: Path
) -> None:
    """The bot of the ini file, relative to it; evidence with file and line; both fixtures."""
    (pytester.path / "bots").symlink_to(tiny_bundle.parent)
    pytester.makeini(f"[pytest]\ndialog_s2s_bot = bots/{tiny_bundle.name}\n")
    (pytester.path / "sub").mkdir()
    (pytester.path / "sub" / "shop.suite.yaml").write_text(
        "cases:\n- ask: hello\n  expect: Hello there!\n- ask: when do you open\n  expect: Bye\n"
        "- ask: do you mend bicycles\n  expect: Sure\n",
        encoding="utf-8",
    )
    (pytester.path / "sub" / "test_own.py").write_text(
        """
def test_bot(bot):
    reply = bot.reply("hello")
    assert reply.seed == 11 and reply.settings.seed == 11

def test_conversation(conversation):
    conversation.reply("when do you open")
    assert conversation.reply("and on Sunday").text == "At ten."

def test_another(conversation):
    assert not conversation.turns
""",
        encoding="utf-8",
    )
    done = run(pytester, "sub", "--bot-set", "seed=11")
    done.assert_outcomes(passed=4, failed=2)
    done.stdout.fnmatch_lines(
        [
            "you> when do you open",
            "bot> We open at nine.",
            "       exact, confidence *",
            '       from "when do you open" -> "We open at nine." (pairs*), weight *',
            "  sub?shop.suite.yaml:4: wanted 'Bye'; got 'We open at nine.'",
            "    - Bye",
            "    + We open at nine.",
            "you> do you mend bicycles",
        ]
    )


def test_no_suite_of_ours_is_collected_here() -> None:
    found = [
        file for ending in pytest_plugin.SUFFIXES for file in (ROOT / "tests").rglob(f"*{ending}")
    ]
    assert not found
