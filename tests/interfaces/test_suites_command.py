"""`dialog-s2s suite`: what is made, what is told, and what is never written over."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from shell import Shell
from suites_given import SUITE
from tiny import REPLIES, SINGLES, brief

from dialog_s2s import plan, train
from dialog_s2s.evaluation import suite_schema
from dialog_s2s.evaluation.derived import FITTED, from_corpus, unknown
from dialog_s2s.evaluation.robust import HISTORY, robust
from dialog_s2s.evaluation.suites import read_suite
from dialog_s2s.interfaces.suites_command import HEADLINE

ROOT = Path(__file__).parents[2]


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    file = tmp_path / "shop.suite.yaml"
    file.write_text(SUITE, encoding="utf-8")
    return file


def test_the_command_does_not_load_torch() -> None:
    program = "import sys; from dialog_s2s.interfaces import suites_command; "
    program += "sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_corpus_becomes_a_suite(shell: Shell, table: Path, tmp_path: Path) -> None:
    file = tmp_path / "made.suite.yaml"
    assert shell("suite", "from-corpus", table, "--out", file) == (0, "", f"{file}: 30 cases\n")
    assert read_suite(file).cases == from_corpus([table]).cases
    code, out, err = shell("suite", "from-corpus", table, "--limit", 4, "--seed", 3)
    assert (code, err) == (0, "")
    file.write_text(out, encoding="utf-8")
    assert read_suite(file).cases == from_corpus([table], limit=4, seed=3).cases


def test_the_format_is_taken(shell: Shell, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("question,hello\tHello there!\n", encoding="utf-8")
    code, out, _ = shell("suite", "from-corpus", pairs, "--format", "tsv")
    assert code == 0
    assert 'ask: "question,hello"' in out
    code, _, err = shell("suite", "from-corpus", pairs, "--format", "pdf")
    assert code == 2
    assert "pdf" in err


def test_what_training_would_keep_aside(shell: Shell, table: Path, tmp_path: Path) -> None:
    file = tmp_path / "held.suite.yaml"
    assert shell("suite", "from-corpus", table, "--held-out", "--seed", 3, "--out", file)[0] == 0
    share = plan([table]).text.held_out
    assert read_suite(file).cases == from_corpus([table], held_out=share, seed=3).cases
    assert len(read_suite(file).cases) < len(SINGLES) / 2


def test_what_a_bot_kept_aside(shell: Shell, table: Path, tmp_path: Path) -> None:
    config = brief(2)
    text = replace(config.text, held_out=0.2)
    config = replace(config, text=text, training=replace(config.training, seed=3))
    train([table], tmp_path / "bot", config=config)
    file = tmp_path / "kept.suite.yaml"
    words = ("suite", "from-corpus", table, "--held-out", "--bundle", tmp_path / "bot")
    assert shell(*words, "--out", file)[0] == 0
    kept = read_suite(file)
    assert kept.cases == from_corpus([table], held_out=0.2, seed=3).cases
    assert kept.cases != from_corpus([table], held_out=0.2, seed=1).cases
    code, out, _ = shell("suite", "check", file, "--bundle", tmp_path / "bot")
    remembered = len(kept.cases)  # the help says so
    assert (code, out.count("was trained on")) == (0, remembered)
    code, _, err = shell(*words, "--seed", 4)
    assert code == 2
    assert "leave out one of the two" in err


def test_bots_that_kept_nothing_aside(shell: Shell, table: Path, tiny_bundle: Path) -> None:
    code, out, err = shell("suite", "from-corpus", table, "--held-out", "--bundle", tiny_bundle)
    assert (code, out) == (2, "")
    assert "kept nothing aside" in err
    code, _, err = shell("suite", "from-corpus", table, "--bundle", tiny_bundle)
    assert code == 2
    assert "--held-out" in err


def test_robust(shell: Shell, suite: Path, tmp_path: Path) -> None:
    file = tmp_path / "robust.suite.yaml"
    code, out, err = shell("suite", "robust", suite, "--seed", 5, "--out", file)
    made = read_suite(file)
    assert (code, out, err) == (0, "", f"{file}: {len(made.cases)} cases\n")
    assert made.cases == robust(read_suite(suite), 5).cases
    code, out, _ = shell("suite", "robust", suite, "--kinds", f" typos, {HISTORY[1]}")
    file.write_text(out, encoding="utf-8")
    tags = [case.tags[-1] for case in read_suite(file).cases]
    assert set(tags) == {"typos", HISTORY[1]}
    code, out, err = shell("suite", "robust", suite, "--kinds", "typo")
    assert (code, out) == (2, "")
    assert "is typos meant?" in err


def test_functions_belong_beside_their_suite(shell: Shell, tmp_path: Path) -> None:
    suite = tmp_path / "a" / "f.suite.yaml"
    suite.parent.mkdir()
    suite.write_text("cases: [{ask: is there tea, expect: {function: c.py:f}}]", encoding="utf-8")
    words = ("suite", "robust", suite, "--kinds", "casing", "--out")
    code, _, err = shell(*words, tmp_path / "g.suite.yaml")
    assert code == 0
    assert f"warning: names functions relative to {suite.parent}" in err
    code, _, err = shell(*words, suite.parent / "g.suite.yaml")
    assert code == 0
    assert "warning" not in err


def test_unknown(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "unknown.suite.yaml"
    words = ("suite", "unknown", "--out", file, "--force")
    assert shell(*words, "--count", 7) == (0, "", f"{file}: 7 cases\n")
    assert read_suite(file).cases == unknown("en", 7).cases
    assert shell(*words, "--language", "all", "--count", 5, "--seed", 2)[0] == 0
    wanted = unknown("en", 3, 2).cases + unknown("ko", 2, 2).cases
    assert read_suite(file).cases == wanted
    assert shell(*words, "--language", "all", "--count", 1)[0] == 0
    assert len(read_suite(file).cases) == 1
    code, _, err = shell(*words, "--language", "ko", "--count", 9999)
    found = read_suite(file).cases
    fitted = sum(FITTED in case.tags for case in found)
    assert (code, fitted > 0) == (0, True)
    assert err.split("\n")[1:3] == [
        f"{fitted} of them are tagged fitted: training sets its threshold by these",
        f"there are no more than {len(found)} such questions",
    ]


def test_unknown_leaves_out_what_was_taught(shell: Shell, own_bundle: Path, tmp_path: Path) -> None:
    asked = unknown("en", 1).cases[0].turns[0].ask
    assert asked in shell("suite", "unknown", "--count", 1)[1]
    assert shell("teach", own_bundle, asked, "No idea.")[0] == 0
    code, out, _ = shell("suite", "unknown", "--count", 9999, "--bundle", own_bundle)
    assert code == 0
    assert asked not in out
    assert unknown("en", 2).cases[1].turns[0].ask in out


def test_schema(shell: Shell, tmp_path: Path) -> None:
    code, out, err = shell("suite", "schema")
    assert (code, out) == (0, suite_schema.text())
    assert err.endswith(f"{HEADLINE}{suite_schema.FILE}\n")
    file = tmp_path / "s.json"
    code, out, err = shell("suite", "schema", "--out", file)
    assert (code, out) == (0, "")
    assert json.loads(file.read_text(encoding="utf-8")) == suite_schema.schema()
    assert err.endswith(f"{HEADLINE}{file}\n")


@pytest.mark.parametrize(
    "words",
    [("unknown",), ("schema",), ("robust", "S"), ("from-corpus", "C")],
    ids=lambda words: words[0],
)
def test_nothing_is_written_over_unless_forced(
    shell: Shell, suite: Path, table: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    given = [{"S": suite, "C": table}.get(word, word) for word in words]
    file = tmp_path / "mine.yaml"
    file.write_text("mine", encoding="utf-8")
    file.chmod(0o640)
    code, out, err = shell("suite", *given, "--out", file)
    assert (code, out, file.read_text(encoding="utf-8")) == (2, "", "mine")
    assert "--force" in err
    before = sorted(tmp_path.iterdir())
    assert shell("suite", *given, "--out", file, "--force")[0] == 0
    assert file.read_text(encoding="utf-8") != "mine"
    assert file.stat().st_mode & 0o777 == 0o640
    assert sorted(tmp_path.iterdir()) == before
    fresh = tmp_path / "fresh.yaml"
    assert shell("suite", *given, "--out", fresh, "--force")[0] == 0
    assert fresh.read_text(encoding="utf-8") == file.read_text(encoding="utf-8")


def test_places_that_cannot_be_written(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, err = shell("suite", "unknown", "--out", tmp_path / "no" / "a.yaml")
    assert code == 4
    assert "cannot be written" in err
    code, _, err = shell("suite", "unknown", "--out", tmp_path / "a.jsonl")
    assert code == 2
    assert "end its name in .yaml" in err
    file = tmp_path / "a.yaml"
    file.write_text("mine", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert shell("suite", "unknown", "--out", file, "--force")[0] == 4
    assert file.read_text(encoding="utf-8") == "mine"
    assert list(tmp_path.iterdir()) == [file]


def test_what_goes_to_a_terminal_is_clean_and_read_back_the_same(
    shell: Shell, tmp_path: Path
) -> None:
    corpus = tmp_path / "evil.jsonl"
    pair = {"question": "a\u200eb \u202ec", "answer": "d\u061c \ufeffe"}
    corpus.write_text(json.dumps(pair) + "\n", encoding="utf-8")
    code, out, _ = shell("suite", "from-corpus", corpus)
    assert code == 0
    assert not {"\u200e", "\u202e", "\u061c", "\ufeff"} & set(out)
    file = tmp_path / "back.suite.yaml"
    file.write_text(out, encoding="utf-8")
    assert read_suite(file).cases == from_corpus([corpus]).cases


def test_words_that_make_no_sense(shell: Shell, suite: Path) -> None:
    for words in ((), ("make",), ("robust",), ("unknown", "--language", "xx"), ("check",)):
        assert shell("suite", *words)[0] == 2
    assert shell("suite", "unknown", "--count", 0)[0] == 2


def test_the_helps_examples_are_understood(
    shell: Shell, suite: Path, monkeypatch: pytest.MonkeyPatch, own_bundle: Path, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my-bot").symlink_to(own_bundle)
    pairs = "".join(f'"{question}","{reply}"\n' for question, reply in REPLIES.items())
    Path("faq.csv").write_text(f"question,answer\n{pairs}", encoding="utf-8")
    shutil.copy(ROOT / "corpora" / "smalltalk.en.yaml", ".")
    ran = 0
    for action in ("from-corpus", "robust", "unknown", "check", "schema"):
        for line in shell("suite", action, "--help")[1].splitlines():
            if line.startswith("  dialog-s2s suite "):
                words = line.split("    ")[0].replace("*.suite.yaml", str(suite)).split()[1:]
                if "--bundle" in words and "--held-out" in words:
                    continue  # of which this bot kept nothing; see above
                code, _, err = shell(*words, *["--force"] * ("--out" in words))
                assert code == 0, (line, err)
                ran += 1
    assert ran == 11
