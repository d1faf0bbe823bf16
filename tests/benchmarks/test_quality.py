"""The quality benchmark: its typos, what it counts as right, its thresholds, traces and tables."""

from __future__ import annotations

import json
import math
import unicodedata
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.quality import command, figures, held_back, history, taught, unknown
from benchmarks.quality.figures import Row, at_least, at_most
from benchmarks.quality.leave_out import unranked
from benchmarks.quality.typos import with_typos
from benchmarks.questions import Taught
from dialog_s2s.memory.ranker import FEATURES, GATES, Ranker
from dialog_s2s.text.turns import Example, Role, Turn
from dialog_s2s.training import memory


def distance(one: str, other: str) -> int:
    """Optimal string alignment: insertions, deletions, replacements and swaps of neighbours."""
    rows = [list(range(len(other) + 1))]
    for i, letter in enumerate(one, 1):
        rows.append([i])
        for j, theirs in enumerate(other, 1):
            best = min(rows[i - 1][j], rows[i][j - 1], rows[i - 1][j - 1] - (letter == theirs)) + 1
            if i > 1 and j > 1 and letter == other[j - 2] and theirs == one[i - 2]:
                best = min(best, rows[i - 2][j - 2] + 1)
            rows[i].append(best)
    return rows[-1][-1]


@pytest.mark.parametrize(
    "text", ["Where is my bloody parcel?", "배송비는 얼마예요?", "aaaaa bbbbb", "can't (really)"]
)
def test_every_long_word_has_one_edit(text: str) -> None:
    for seed in range(50):
        typed = with_typos(text, seed).split()
        for word, given in zip(typed, text.split(), strict=True):
            letters = [unicodedata.normalize("NFD", each) for each in (given, word)]
            long = sum(map(str.isalpha, letters[0])) >= 5
            assert distance(*letters) == long, (given, word)


def test_typos_depend_on_text_and_seed_alone() -> None:
    text = "opening hours tomorrow"
    assert with_typos(text, 3) == with_typos(text, 3)
    assert len({with_typos(text, seed) for seed in range(20)}) > 10
    assert with_typos("so be it", 1) == "so be it"


def test_right_is_any_of_the_replies_but_for_case_and_punctuation() -> None:
    wanted = [["Hello!", "Hi."], ["Yes"], ["No"]]
    assert held_back.hits(["hi", "yes!", "nope"], wanted) == [True, True, False]
    assert held_back.right(["hi", "yes!", "nope"], wanted) == pytest.approx(2 / 3)


def test_what_is_held_back_is_in_no_file_of_the_split(tmp_path: Path) -> None:
    files, intents = held_back.split(tmp_path)
    assert len(files) == 4
    known = {question for question, _ in held_back.trained_wordings(intents)}
    back = [question for question, _ in held_back.wordings_held_back(intents)]
    assert len(back) == len(intents) > 300
    from_files = {
        text.lstrip("-? ").strip("'\"") for file in files for text in file.read_text().splitlines()
    }
    assert known & from_files
    assert not set(back) & from_files - known


def test_questions_are_mixed_half_and_half() -> None:
    weights = unknown.halves(np.array([True, False, False, False]))
    assert weights.tolist() == pytest.approx([0.5, 1 / 6, 1 / 6, 1 / 6])


def test_the_threshold_is_the_lowest_that_is_precise() -> None:
    confidence = np.array([0.9, 0.8, 0.8, 0.6, 0.5])
    right = np.array([1.0, 1.0, 0.0, 1.0, 1.0])
    ones = np.ones(5)
    assert unknown.at_precision(confidence, right, ones, 0.7) == 0.5  # 4 of 5
    assert unknown.at_precision(confidence, right, ones, 0.9) == 0.9  # both of 0.8 or none
    assert unknown.at_precision(confidence, np.zeros(5), ones, 0.5) == math.inf
    heavy = np.array([1.0, 1.0, 3.0, 1.0, 1.0])
    assert unknown.at_precision(confidence, right, heavy, 0.5) == 0.5
    assert unknown.at_precision(confidence, right, heavy, 0.6) == 0.9


def test_only_the_order_of_what_is_read_is_shuffled() -> None:
    turns = tuple(Turn(Role.USER if i % 2 == 0 else Role.BOT, f"turn {i}") for i in range(7))
    example = Example(turns, "reply")
    for seed in range(20):
        other = history.shuffled(example, 3, seed).history
        assert other[:3] == turns[:3]
        assert other[-1] == turns[-1]
        assert set(other) == set(turns)
        assert other != turns
    same = Example((Turn(Role.USER, "a"), Turn(Role.BOT, "a"), Turn(Role.USER, "b")), "reply")
    assert history.shuffled(same, 4, 1) == same


def test_traces_in_files_are_found_once(tmp_path: Path) -> None:
    original, place = tmp_path / "original", tmp_path / "copy"
    for folder in (original, place):
        (folder / "index").mkdir(parents=True)
        (folder / "weights").write_bytes(b"what is kept")
    (original / "memory").write_bytes(b"an answer of old")
    (place / "memory").write_bytes(b"an answer of old, the question\0")
    (place / "index" / "new").write_bytes("은밀한 답".encode())
    pairs = [
        Taught("The question?", "an answer of old", "", "en", True),
        Taught("what is kept", "은밀한 답!", "", "ko", True),
        Taught("nowhere", "nothing", "", "en", True),
    ]
    assert taught.in_files(pairs, original, place) == ["The question?", "은밀한 답!"]


@pytest.mark.parametrize(
    ("feature", "gated"), [("lexical", (1, 0, 0, 1, 1)), ("meaning", (1, 1, 1, 0, 1))]
)
def test_a_feature_left_out_counts_nowhere(
    monkeypatch: pytest.MonkeyPatch, feature: str, gated: tuple[int, ...]
) -> None:
    fitted = []

    def fit(similarity: object, stored: object, near: memory.Neighbours) -> object:
        fitted.append(near)
        ones = tuple(1.0 for _ in FEATURES)
        return Ranker(ones, ones[: len(GATES)], ones[: len(GATES)], 2.5), similarity

    monkeypatch.setattr("benchmarks.quality.leave_out.fit_ranker", fit)
    table = np.ones((2, 3, len(FEATURES)), np.float32)
    gates = np.ones((2, len(GATES)), np.float32)
    near = memory.Neighbours(*[table] * 3, table, gates, *[table] * 3)  # type: ignore[arg-type]
    before = memory.fit_ranker
    with unranked([feature]):
        ranker, similarity = memory.fit_ranker("similarity", "stored", near)
    assert memory.fit_ranker is before
    assert similarity == "similarity"
    silent = FEATURES.index(feature)
    for numbers in (ranker.features, fitted[0].features_QKF[0, 0].tolist()):
        assert [place for place, number in enumerate(numbers) if not number] == [silent]
    assert ranker.prior == ranker.generator == tuple(fitted[0].gates_QG[0]) == gated
    assert ranker.wordings == 2.5
    assert table.all()
    assert gates.all()


def test_rows_say_whether_they_hold() -> None:
    rows = [
        Row("share", 0.912, "share", 0.8, at_least(0.9)),
        Row("error", 0.07, "ratio", None, at_most(0.05)),
        Row("none", math.nan, "nats"),
    ]
    made = figures.found(rows)
    assert made.text.splitlines() == [
        "|       |   bot | TF-IDF look-up |  wanted | holds |",
        "| ----- | ----: | -------------: | ------: | ----: |",
        "| share | 91.2% |          80.0% | ≥ 90.0% |   yes |",
        "| error | 0.070 |                | ≤ 0.050 |    NO |",
        "| none  |     – |                |         |       |",
    ]
    assert made.tree == {
        "share": {"value": 0.912, "lookup": 0.8, "at_least": 0.9, "holds": True},
        "error": {"value": 0.07, "at_most": 0.05, "holds": False},
        "none": {"value": None},
    }
    assert not at_least(0.0).holds(math.nan)


def test_parts_are_chosen_by_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def part(bots: SimpleNamespace) -> figures.Found:
        asked.append(bots.options.minutes)
        return figures.found([Row("figure", 1.0)])

    monkeypatch.setattr(command, "PARTS", dict.fromkeys(command.PARTS, part))
    command.main(["hard", "--minutes", "0.5", "--json"])
    assert asked == [0.5]
    assert json.loads(capsys.readouterr().out) == {"hard": {"figure": {"value": 1.0}}}
    command.main([])
    assert len(asked) == 1 + len(command.PARTS) - len(command.NEED_DATA)
    assert "## starter" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [(["har"], "there is no part 'har'"), (["likelihood"], "need --data")],
)
def test_what_cannot_be_measured_is_told_of(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        command.main(arguments)
    assert reason in capsys.readouterr().err


def test_a_corpus_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"ko_chatbot/train\.jsonl\.gz: is not there"):
        command.main(["likelihood", "--data", str(tmp_path)])
