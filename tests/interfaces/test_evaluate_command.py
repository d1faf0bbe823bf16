"""`evaluate` as a command: files in, figures out, mistakes told."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path

import pytest
from tiny import FOLLOW_UPS, REPLIES, SINGLES, SUNDAY

from dialog_s2s.errors import BundleError, ConfigError, DataError, DiskError, UsageError
from dialog_s2s.interfaces.evaluate import Steps, evaluate

for package in ("sacrebleu", "sklearn", "matplotlib"):
    pytest.importorskip(package)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def talks(tmp_path: Path) -> Path:
    """The follow-ups, each after its question, as compressed dialogues."""
    file = tmp_path / "test.jsonl.gz"
    with gzip.open(file, "wt", encoding="utf-8") as stream:
        for question, reply in FOLLOW_UPS.items():
            texts = [question, REPLIES[question], SUNDAY, reply]
            turns = [
                {"role": role, "text": text}
                for role, text in zip(["user", "bot"] * 2, texts, strict=True)
            ]
            stream.write(json.dumps({"turns": turns}) + "\n")
    return file


def test_json(tiny_bundle: Path, talks: Path, table: Path, capsys) -> None:
    out = io.StringIO()
    evaluate(str(tiny_bundle), [str(talks)], out, as_json=True, training=[str(table)])
    (line,) = out.getvalue().splitlines()
    found = json.loads(line)
    assert (found["n"], found["exact"]) == (8, 1.0)
    assert (found["seen"]["n"], found["unseen"]["n"]) == (4, 4)
    assert [(each["low"], each["n"]) for each in found["by_turn_depth"]] == [(1, 4), (2, 4)]
    assert found["baselines"]["nearest_question"]["exact"] < 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "--training" not in shown.err


def test_a_table_and_plots(without_memory: Path, table: Path, tmp_path: Path, capsys) -> None:
    out = io.StringIO()
    files, plots = [str(table), str(table)], tmp_path / "plots"
    evaluate(str(without_memory), files, out, plots=str(plots), limit=40)
    assert out.getvalue().startswith("40 replies\n")
    assert "100.0%" in out.getvalue()
    assert len(list(plots.glob("*.png"))) == 4
    said = capsys.readouterr().err
    assert "--training" in said
    assert str(plots / "reliability.png") in said


def test_format_and_settings(tiny_bundle: Path, tmp_path: Path) -> None:
    sides = [tmp_path / "test.questions", tmp_path / "test.answers"]
    for side, texts in zip(sides, zip(*SINGLES, strict=True), strict=True):
        side.write_text("\n".join(texts) + "\n", encoding="utf-8")
    found = []
    for tokens in (1, 60):
        out = io.StringIO()
        evaluate(
            str(tiny_bundle),
            [str(side) for side in sides],
            out,
            as_json=True,
            format="parallel",
            settings={"min_tokens": tokens},
        )
        found.append(json.loads(out.getvalue()))
    assert [each["n"] for each in found] == [len(SINGLES)] * 2
    assert found[0]["exact"] == 1 > found[1]["exact"]
    assert found[0]["nats_per_char"] == found[1]["nats_per_char"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"test\.csv: is empty"),
        ("question,answer\n", r"test\.csv:1: .*no pairs"),
        ("question,answer\ntea,\n", r"test\.csv:2: .*answer is empty"),
    ],
)
def test_files_that_are_wrong(
    tiny_bundle: Path, tmp_path: Path, content: str, message: str
) -> None:
    file = tmp_path / "test.csv"
    file.write_text(content, encoding="utf-8")
    out = io.StringIO()
    with pytest.raises(DataError, match=message):
        evaluate(str(tiny_bundle), [str(file)], out)
    assert out.getvalue() == ""


def test_options_that_are_wrong(tiny_bundle: Path, table: Path, tmp_path: Path) -> None:
    bundle, files = str(tiny_bundle), [str(table)]
    out = io.StringIO()
    with pytest.raises(BundleError):
        evaluate(str(tmp_path / "none"), files, out)
    with pytest.raises(ConfigError, match="temperature"):
        evaluate(bundle, files, out, settings={"temprature": "1"})
    with pytest.raises(DataError, match=r"none\.csv"):
        evaluate(bundle, files, out, training=[str(tmp_path / "none.csv")])
    with pytest.raises(DiskError, match="--plots"):
        evaluate(bundle, files, out, plots=str(table))
    assert out.getvalue() == ""


@pytest.mark.parametrize("package", ["sacrebleu", "sklearn", "matplotlib.figure"])
def test_a_package_that_is_missing(
    tiny_bundle: Path, table: Path, tmp_path: Path, monkeypatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    files = [str(table)]
    with pytest.raises(UsageError, match=r"pip install 'dialog-s2s\[evaluate\]'"):
        evaluate(
            str(tiny_bundle),
            files,
            io.StringIO(),
            plots=str(tmp_path / "plots"),
            training=files,
        )


def test_what_is_missing_and_not_needed_is_no_matter(
    without_memory: Path, table: Path, monkeypatch
) -> None:
    for package in ("sklearn", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, package, None)
    out = io.StringIO()
    evaluate(str(without_memory), [str(table)], out, limit=3)
    assert out.getvalue().startswith("3 replies\n")


def test_progress_on_a_terminal_and_in_a_file() -> None:
    terminal, file = Terminal(), io.StringIO()
    for stream, every in ((terminal, 10.0), (file, 0.0)):
        steps = Steps(stream, every)
        steps("replies", 1000, 2000)
        steps("replies", 2000, 2000)
    assert terminal.getvalue().count("\n") == 1
    assert terminal.getvalue().endswith("replies: 2,000 of 2,000\n")
    assert file.getvalue() == "  replies: 1,000 of 2,000\n  replies: 2,000 of 2,000\n"
    steps.close()
    assert file.getvalue().count("\n") == 2
    terminal = Terminal()
    steps = Steps(terminal)
    steps("replies", 1, 2)
    for _ in range(2):
        steps.close()
    assert terminal.getvalue().endswith("replies: 1 of 2\n")
    rare = io.StringIO()
    Steps(rare, 1000.0)("replies", 1, 2)
    assert rare.getvalue() == ""
