"""`dialog-s2s test` with bots that say what a test wrote down: options, files, exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from scripted import RIGHT, Scripts, bundle
from shell import Shell

from dialog_s2s.dialogue.manager import Bot
from dialog_s2s.interfaces.evaluate import Steps


def cases(out: str) -> list[str]:
    return [each["name"] for each in json.loads(out)["cases"]]


def test_all_pass(shell: Shell, scripts: Scripts) -> None:
    scripts["bot"] = RIGHT
    code, out, err = shell("test", "s.suite.yaml", "--bundle", "bot")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "s.suite.yaml  bot",
        "tea             100% new",
        "coffee          100% new",
        "Sunday          100% new",
        "",
        "bot: pass rate 100.0%, 3 of 3 cases: 3 new",
    ]


def test_one_fails(shell: Shell, scripts: Scripts) -> None:
    scripts["bot"] = {**RIGHT, "and on Sunday": "\x1b[31mNever.\u202e"}
    code, out, _ = shell("test", "s.suite.yaml", "--bundle", "bot")
    assert code == 1
    assert "    you> and on Sunday" in out
    assert "wanted 'At ten.'; got " in out
    assert "\x1b" not in out
    assert "\u202e" not in out
    code, out, err = shell("test", "s.suite.yaml", "--bundle", "bot", "-q")
    assert (code, out, err) == (1, "bot: pass rate 66.7%, 2 of 3 cases: 3 new\n", "")
    code, out, _ = shell("test", "s.suite.yaml", "--bundle", "bot", "-v", "-k", "tea")
    assert code == 0
    assert "  Yes." in out


def test_bless_then_change(shell: Shell, scripts: Scripts) -> None:
    scripts["bot"] = {**RIGHT, "coffee": "Hm."}
    words = ("test", "s.suite.yaml", "--bundle", "bot")
    code, _, err = shell(*words, "--bless")
    assert code == 0
    assert err == (
        "blessed 3 outcomes in s.baseline.yaml; 1 not passing, which is known from now on\n"
    )
    assert shell(*words)[0] == 0
    scripts["bot"] = {"tea": "Hm.", "coffee": "No."}
    code, out, _ = shell(*words, "--json")
    tree = json.loads(out)
    assert code == 1
    assert [each["results"][0]["verdict"] for each in tree["cases"]] == [
        "regressed",
        "fixed",
        "regressed",
    ]
    assert shell(*words, "-k", "coffee")[0] == 0
    assert shell(*words, "--set", "top_k=3", "-k", "tea")[0] == 1  # never blessed with that
    assert shell(*words, "--bless")[0] == 0
    assert shell(*words)[0] == 0


def test_what_changed_since_it_was_blessed_is_shown(shell: Shell, scripts: Scripts) -> None:
    scripts["bot"] = {**RIGHT, "tea": "Yes."}
    words = ("test", "s.suite.yaml", "--bundle", "bot", "--html", "r.html")
    shell(*words, "--bless")
    scripts["bot"] = {**RIGHT, "tea": "Yes!", "coffee": "No, none."}
    code, out, _ = shell(*words)
    assert code == 1
    assert "tea             100% same*" in out
    assert re.search(r"^  bot, blessed +bot, seed 1$", out, re.MULTILINE)
    assert re.search(r"^  Yes\. +\[Yes!\]$", out, re.MULTILINE)
    assert re.search(r"^  No\. +\[No, none\.\]$", out, re.MULTILINE)
    page = Path("r.html").read_text(encoding="utf-8")
    assert page.index("<dd>No.</dd>") < page.index("<mark>No, none.</mark>")


def test_the_page_shows_what_is_shown(shell: Shell, scripts: Scripts) -> None:
    page = (Path(__file__).parents[3] / "docs" / "suites.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```text\n(shop\.suite\.yaml.*?)```", page, re.DOTALL)
    Path("shop.suite.yaml").write_text(
        "cases:\n"
        "- {name: tea, ask: do you sell tea, expect: {contains: tea}}\n"
        "- {name: coffee, ask: do you sell coffee, expect: {contains: coffee}}\n",
        encoding="utf-8",
    )
    words = ("test", "shop.suite.yaml", "--bundle", "my-bot")
    tea, coffee = "do you sell tea", "do you sell coffee"
    scripts["my-bot"] = {tea: "Yes, green and black tea.", coffee: "No coffee, sorry."}
    shell(*words, "--bless")
    scripts["my-bot"] = {tea: "Yes, green and white tea.", coffee: "No."}
    assert shell(*words)[:2] == (1, block)


def test_long_replies_are_cut_unless_all_is_wanted(shell: Shell, scripts: Scripts) -> None:
    scripts["a"], scripts["b"] = RIGHT, {**RIGHT, "tea": "word " * 500}
    words = ("test", "s.suite.yaml", "--bundle", "a", "--bundle", "b", "-k", "tea")
    out = shell(*words)[1]
    assert len(out.splitlines()) < 30
    assert "more lines; -v has all" in out
    whole = shell(*words, "-v")[1]
    assert whole.count("word") >= 500
    assert "more lines" not in whole


def test_a_baseline_elsewhere(shell: Shell, scripts: Scripts) -> None:
    scripts["bot"] = RIGHT
    words = ("test", "s.suite.yaml", "--bundle", "bot", "--baseline", "b.yaml")
    code, _, err = shell(*words)
    assert (code, err) == (2, "dialog-s2s: b.yaml: there is no baseline; --bless writes it\n")
    assert shell(*words, "--bless")[0] == 0
    assert not Path("s.baseline.yaml").exists()
    scripts["bot"] = {}
    assert shell(*words)[0] == 1
    Path("b.yaml").write_text("nonsense")
    assert shell(*words)[0] == 3


def test_some_cases(shell: Shell, scripts: Scripts) -> None:
    scripts["bot"] = {}
    words = ("test", "s.suite.yaml", "--bundle", "bot", "--json")
    assert cases(shell(*words, "-k", "OPEN")[1]) == ["Sunday"]
    assert cases(shell(*words, "--tag", "hot")[1]) == ["coffee"]
    assert cases(shell(*words, "--tag", "hot", "--tag", "drinks")[1]) == ["tea", "coffee"]
    code, _, err = shell(*words, "--tag", "none")
    assert code == 2
    assert "none of the cases is to be run" in err
    assert cases(shell(*words, "--fail-fast")[1]) == ["tea"]
    assert cases(shell(*words)[1]) == ["tea", "coffee", "Sunday"]


def test_a_failure_that_is_known_ends_nothing(shell: Shell, scripts: Scripts) -> None:
    scripts["bot"] = {"coffee": "No."}
    words = ("test", "s.suite.yaml", "--bundle", "bot")
    shell(*words, "--bless")
    scripts["bot"] = {}
    assert cases(shell(*words, "--fail-fast", "--json")[1]) == ["tea", "coffee"]


def test_columns_seeds_and_threshold(shell: Shell, scripts: Scripts) -> None:
    scripts["a"] = RIGHT
    scripts["b"] = {**RIGHT, "tea": ["Yes.", "No."]}
    words = ["test", "s.suite.yaml", "--bundle", "a", "--bundle", "b", "--json"]
    words += ["--set", "method=sample,temperature=0.70", "--set", "beam=2"]
    code, out, _ = shell(*words, "--seeds", "4", "--seed", "10")
    tree = json.loads(out)
    assert code == 1
    assert tree["seeds"] == [10, 11, 12, 13]
    assert [each["name"] for each in tree["variants"]] == [
        "a method=sample temperature=0.7",
        "a beam=2",
        "b method=sample temperature=0.7",
        "b beam=2",
    ]
    assert tree["variants"][0]["settings"] == {"method": "sample", "temperature": 0.7}
    flaky = tree["cases"][0]["results"][2]
    assert (flaky["rate"], flaky["flaky"], flaky["passed"]) == (0.5, True, False)
    sampled = (*words[:-2], "--seeds", "4", "--threshold", "0.5")
    assert shell(*sampled)[0] == 0


def test_progress(shell: Shell, scripts: Scripts, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(Steps, "__call__", lambda _, what, done, total: told.append((done, total)))
    scripts["bot"] = RIGHT
    shell("test", "s.suite.yaml", "--bundle", "bot", "-q")
    assert not told
    shell("test", "s.suite.yaml", "--bundle", "bot")
    assert told[-1] == (4, 4)
    assert told == sorted(set(told))


def test_two_variants_are_compared(shell: Shell, scripts: Scripts) -> None:
    scripts["a"], scripts["b"] = RIGHT, {**RIGHT, "tea": "No, never."}
    code, out, _ = shell("test", "s.suite.yaml", "--bundle", "a", "--bundle", "b")
    assert code == 1
    assert "No difference that could not be chance (0 won, 1 lost of 3 cases, p = 1.000)." in out
    assert re.search(r"^  Yes\. +\[No, never\.\]$", out, re.MULTILINE)


def test_reports(shell: Shell, scripts: Scripts, tmp_path: Path) -> None:
    scripts["bot"] = {}
    files = {"--junit": "a.xml", "--html": "a.html", "--markdown": "a.md"}
    words = [word for pair in files.items() for word in pair]
    code, _, err = shell("test", "s.suite.yaml", "--bundle", "bot", *words)
    assert code == 1
    assert set(err.splitlines()) == {"wrote a.xml", "wrote a.html", "wrote a.md"}
    assert ElementTree.parse("a.xml").getroot().get("failures") == "3"
    assert "shop.csv:3" in Path("a.html").read_text()
    assert "| s.suite.yaml: tea | ❌ 0% new |" in Path("a.md").read_text()
    scripts.clear()  # it ends before a bot is loaded
    code, _, err = shell("test", "s.suite.yaml", "--bundle", "bot", "--html", "none/a.html")
    assert code == 2
    assert "make it first" in err


def test_code_is_run_and_said_to_be(shell: Shell, scripts: Scripts) -> None:
    scripts["bot"] = RIGHT
    Path("code.suite.yaml").write_text("cases:\n- {ask: tea, expect: {function: 'c.py:f'}}\n")
    Path("c.py").write_text("def f(reply):\n    return reply.text == 'Yes.'\n")
    code, _, err = shell("test", "code.suite.yaml", "s.suite.yaml", "--bundle", "bot")
    assert (code, err) == (0, "runs the code of c.py\n")
    Path("c.py").write_text("1 / 0\n")
    assert shell("test", "code.suite.yaml", "--bundle", "bot")[0] == 3


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["none.suite.yaml", "--bundle", "bot"], 3, "none.suite.yaml"),
        (["bad.suite.yaml", "--bundle", "bot"], 3, "bad.suite.yaml:2"),
        (["s.suite.yaml", "--bundle", "none"], 3, "there is no bot here"),
        (["s.suite.yaml", "--bundle", "bot", "--bundle", "bot"], 2, "given twice"),
        (["s.suite.yaml", "--bundle", "bot", "--set", "temperatur=1"], 2, "temperature"),
        (["s.suite.yaml", "--bundle", "bot", "--set", "beam=0"], 2, "--set: generation.beam"),
        (["s.suite.yaml", "--bundle", "bot", "--set", "loud"], 2, "name=value"),
        (["s.suite.yaml", "--bundle", "bot", "--threshold", "0"], 2, "above 0"),
        (["s.suite.yaml", "--bundle", "bot", "--threshold", "nan"], 2, "above 0"),
        (["s.suite.yaml", "--bundle", "bot", "--seeds", "0"], 2, "from 1"),
        (["s.suite.yaml", "--bundle", "bot", "-q", "-v"], 2, "not allowed with"),
        (["--bundle", "bot"], 2, "SUITE"),
    ],
)
def test_mistakes(shell: Shell, scripts: Scripts, words: list[str], code: int, told: str) -> None:
    scripts["bot"] = RIGHT
    Path("bad.suite.yaml").write_text("cases:\n- {ask: tea, expekt: x}\n")
    found, out, err = shell("test", *words)
    assert (found, out) == (code, "")
    assert told in err


def test_the_starter_bot(shell: Shell, scripts: Scripts, monkeypatch, tmp_path: Path) -> None:
    place = tmp_path / "starter"
    monkeypatch.setattr("dialog_s2s.interfaces.testing.inputs.starter_path", lambda: place)
    code, _, err = shell("test", "s.suite.yaml")
    assert code == 2
    assert "give one with --bundle BUNDLE" in err
    bundle(place)
    scripts[str(place)] = RIGHT
    assert shell("test", "s.suite.yaml")[0] == 0


def test_bisect(shell: Shell, scripts: Scripts) -> None:
    for time, script in enumerate([RIGHT, {**RIGHT, "tea": "Hm."}, {}]):
        scripts[bundle(Path("bots") / "cab"[time], time)] = script
    code, out, err = shell("test", "s.suite.yaml", "--bisect", "bots")
    assert code == 1
    assert out.splitlines() == [
        "3 cases of the newest bundle, bots/b, do not pass:",
        "  s.suite.yaml: tea: passes with bots/c, first fails with bots/a",
        "  s.suite.yaml: coffee: passes with bots/a, first fails with bots/b",
        "  s.suite.yaml: Sunday: passes with bots/a, first fails with bots/b",
    ]
    assert err.splitlines() == [f"testing bots/{name}" for name in "bca"]
    given = [word for name in "bac" for word in ("--bisect", f"bots/{name}")]
    code, out, _ = shell("test", "s.suite.yaml", *given, "--json", "-k", "coffee")
    assert (code, json.loads(out)["cases"]) == (0, [])
    code, _, err = shell("test", "s.suite.yaml", "--bisect", "bots/a")
    assert code == 2
    assert "needs two bundles or more" in err


def test_bisect_asks_older_bundles_only_what_the_newest_fails(
    shell: Shell, scripts: Scripts
) -> None:
    for time, script in enumerate([RIGHT, RIGHT, {**RIGHT, "coffee": "Hm."}]):
        scripts[bundle(Path("bots") / "abc"[time], time)] = script
    asked: dict[str, list[str]] = {}
    load = Bot.load

    def watched(path: str | Path) -> Any:
        bot, own = load(path), asked.setdefault(str(path), [])
        said = bot.answered

        def answered(read: Any, *others: Any) -> Any:
            own.extend(turns[-1].text for turns in read)
            return said(read, *others)

        bot.answered = answered
        return bot

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Bot, "load", watched)
        code, out, _ = shell("test", "s.suite.yaml", "--bisect", "bots")
    assert code == 1
    assert out.splitlines()[1:] == [
        "  s.suite.yaml: coffee: passes with bots/b, first fails with bots/c"
    ]
    everything = ["tea", "coffee", "when do you open", "and on Sunday"]
    assert {place: sorted(texts) for place, texts in asked.items()} == {
        "bots/c": sorted(everything),
        "bots/a": ["coffee"],
        "bots/b": ["coffee"],
    }
