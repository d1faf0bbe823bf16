"""Answers without a model, and where the training pairs come from."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from dialog_s2s.errors import DataError, UsageError
from dialog_s2s.evaluation import baselines
from dialog_s2s.evaluation.baselines import most_frequent, nearest, training_pairs

PAIRS = [
    ("when do you open", "At nine."),
    ("what time do you open", "At nine."),
    ("when do you close", "At six."),
    ("do you sell tea", "Yes."),
    ("몇 시에 여나요", "아홉 시요."),
]


def row(kind: str, question: str, answer: str) -> SimpleNamespace:
    return SimpleNamespace(kind=kind, question=question, answer=answer, context=())


def test_the_most_frequent_answer() -> None:
    assert most_frequent(PAIRS) == "At nine."
    assert most_frequent(PAIRS[1:]) == "At nine."
    assert most_frequent(PAIRS[2:]) == "At six."


@pytest.mark.parametrize("cells", [1, 7, 1 << 24])
def test_the_nearest_question(monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    pytest.importorskip("sklearn")
    monkeypatch.setattr(baselines, "CELLS", cells)
    told: list[int] = []
    asked = ["When do you close?", "tee, do you sell it", "몇 시에 열어요?", "WHEN DO YOU OPEN"]
    assert nearest(PAIRS, asked, told.append) == ["At six.", "Yes.", "아홉 시요.", "At nine."]
    assert told == sorted(told)
    assert told[-1] == 4


def test_of_equals_the_first_is_the_nearest() -> None:
    pytest.importorskip("sklearn")
    assert nearest([("tea", "one"), ("Tea", "two")], ["TEA", "xyz"]) == ["one", "one"]


def test_pairs_of_files(tmp_path: Path) -> None:
    file = tmp_path / "train.csv"
    file.write_text("tea,Yes.\ncoffee,No.\n", encoding="utf-8")
    memory = SimpleNamespace(rows=[row("trained", "a", "b")])
    found = training_pairs(SimpleNamespace(memory=memory), [str(file)])
    assert found == [("tea", "Yes."), ("coffee", "No.")]


def test_pairs_of_the_memory() -> None:
    rows = [row("trained", "tea", "Yes."), row("taught", "milk", "No."), row("trained", "a", "b")]
    bot = SimpleNamespace(memory=SimpleNamespace(rows=iter(rows)))
    assert training_pairs(bot) == [("tea", "Yes."), ("a", "b")]


@pytest.mark.parametrize(
    "bot",
    [
        SimpleNamespace(),
        SimpleNamespace(memory=None),
        SimpleNamespace(memory=SimpleNamespace(rows=[row("taught", "milk", "No.")])),
    ],
    ids=["old", "none", "only taught"],
)
def test_no_pairs(bot: SimpleNamespace) -> None:
    assert training_pairs(bot) is None


def test_files_that_are_wrong(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.csv"):
        training_pairs(None, [str(tmp_path / "none.csv")])
    with pytest.raises(UsageError, match="unknown format"):
        training_pairs(None, ["x"], "cvs")
    for name in ("blank.a", "blank.b"):
        (tmp_path / name).write_text("\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"blank\.a"):
        training_pairs(None, [str(tmp_path / "blank.a"), str(tmp_path / "blank.b")], "parallel")
