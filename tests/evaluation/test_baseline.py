"""Baselines: verdicts, the file and its faults, what blessing keeps."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from outcomes import A, B, case, outcome, ran

from dialog_s2s.errors import DataError, DiskError, UsageError
from dialog_s2s.evaluation.baseline import (
    HEADER,
    Baseline,
    Blessed,
    baseline_path,
    baseline_text,
    blessed,
    merged,
    read_baseline,
    reworded,
    text_of,
    verdict,
    write_baseline,
)
from dialog_s2s.evaluation.cases import Suite
from dialog_s2s.evaluation.runs import Run

SUITE = Suite("x/replies.suite.yaml", (case("hello"), case("Sunday"), case("hello")))
HELLO, SUNDAY, AGAIN = (f"replies.suite.yaml: {name}" for name in ("hello", "Sunday", "hello (2)"))


def then(*said: str, passed: int) -> Baseline:
    """A baseline in which the case was answered so, an attempt each."""
    replies = {(text,): said.count(text) for text in said}
    return {(HELLO, A.name): Blessed(passed, len(said), replies)}


@pytest.mark.parametrize(
    ("passed", "of", "now", "threshold", "expected"),
    [
        (1, 1, ["Yes."], 1.0, "same"),
        (0, 1, ["No."], 1.0, "same"),
        (1, 1, ["No."], 1.0, "regressed"),
        (0, 1, ["Yes."], 1.0, "fixed"),
        (2, 2, ["Yes.", "No."], 1.0, "regressed"),  # which flaky does not hide
        (2, 2, ["Yes.", "No."], 0.5, "flaky"),
        (1, 2, ["Yes.", "No."], 1.0, "flaky"),
        (0, 2, ["Yes.", "No."], 1.0, "flaky"),
        (0, 2, ["Yes.", "No."], 0.5, "fixed"),
        (1, 2, ["No.", "No."], 0.5, "regressed"),
        (1, 2, ["No.", "No."], 0.51, "same"),
        (1, 2, ["Yes.", "Yes."], 0.5, "same"),
        (1, 2, ["Yes.", "Yes."], 0.51, "fixed"),
        (1, 3, ["Yes."], 1 / 3, "same"),
    ],
)
def test_verdicts(passed: int, of: int, now: list[str], threshold: float, expected: str) -> None:
    came = outcome(now, threshold=threshold)
    assert verdict(came, then(*["Yes."] * of, passed=passed)) == expected


def test_what_is_not_in_the_baseline_is_new() -> None:
    known = then("Yes.", passed=1)
    assert verdict(outcome(["Yes."]), {}) == "new"
    assert verdict(outcome(["Yes."], variant=B), known) == "new"
    assert verdict(outcome(["Yes."], number=2), known) == "new"
    assert verdict(outcome(["Yes."], case("bye")), known) == "new"
    assert not reworded(outcome(["Yes!"]), {})


@pytest.mark.parametrize(
    ("before", "passed", "now", "threshold", "expected"),
    [
        (["Yes."], 1, ["Yes."], 1.0, False),
        (["Yes."], 1, ["yes"], 1.0, True),
        (["Yes."], 1, ["No."], 1.0, False),
        (["Yes."], 0, ["yes"], 1.0, False),
        (["Yes.", "yes"], 2, ["yes"], 1.0, False),
        (["Yes.", "Yes."], 2, ["Yes.", "yes"], 1.0, True),
        (["Yes.", "No."], 1, ["Yes.", "Nope."], 0.5, True),
        (["Yes.", "No."], 1, ["Yes.", "Nope."], 1.0, False),
    ],
)
def test_reworded(
    before: list[str], passed: int, now: list[str], threshold: float, expected: bool
) -> None:
    came = outcome(now, threshold=threshold)
    assert reworded(came, then(*before, passed=passed)) is expected


def run() -> Run:
    return ran(
        SUITE,
        {
            (HELLO, A.name): ["Yes."],
            (SUNDAY, A.name): ["Yes."],
            (AGAIN, A.name): ["No."],
            (HELLO, B.name): ["No.", "Yes.", "Yes.", 'Ah: "so" # é\t가\x85', ""],
        },
    )


TEXT = (
    HEADER
    + r"""cases:
  - case: "replies.suite.yaml: Sunday"
    variants:
      - variant: "bots/a"
        passed: 1
        asked: 1
        replies:
          - times: 1
            said: "Yes."
  - case: "replies.suite.yaml: hello"
    variants:
      - variant: "bots/a"
        passed: 1
        asked: 1
        replies:
          - times: 1
            said: "Yes."
      - variant: "bots/b method=sample"
        passed: 2
        asked: 5
        replies:
          - times: 2
            said: "Yes."
          - times: 1
            said: ""
          - times: 1
            said: "Ah: \"so\" # é\t가\u0085"
          - times: 1
            said: "No."
  - case: "replies.suite.yaml: hello (2)"
    variants:
      - variant: "bots/a"
        passed: 0
        asked: 1
        replies:
          - times: 1
            said: "No."
"""
)


def test_the_file(tmp_path: Path) -> None:
    assert baseline_text(run()) == TEXT
    file = tmp_path / "a.baseline.yaml"
    file.write_text(TEXT, encoding="utf-8")
    assert read_baseline(file) == blessed(run())
    assert blessed(run())[HELLO, B.name].rate == 0.4


def test_several_questions_have_a_list_of_replies(tmp_path: Path) -> None:
    of = case("talk", turns=2)
    came = outcome([("One.", "Yes."), ("", "Yes."), ("One.", "Yes.")], of)
    text = baseline_text(Run((Suite("x", (of,)),), (A,), (1,), (came,), 1.0))
    assert text.endswith(
        """\
          - times: 2
            said:
              - "One."
              - "Yes."
          - times: 1
            said:
              - ""
              - "Yes."
"""
    )
    write_baseline(tmp_path / "x", Run((Suite("x", (of,)),), (A,), (1,), (came,), 1.0))
    (found,) = read_baseline(tmp_path / "x").values()
    assert found == Blessed(3, 3, {("One.", "Yes."): 2, ("", "Yes."): 1})


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
SAID = st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=3)
REPLIES = st.dictionaries(SAID.map(tuple), st.integers(1, 9), min_size=1, max_size=4)


@given(st.dictionaries(st.tuples(NAMES, NAMES), REPLIES, max_size=4), st.randoms())
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, said: dict, random: object
) -> None:
    baseline = {}
    for place, replies in said.items():
        asked = sum(replies.values())
        baseline[place] = Blessed(random.randint(0, asked), asked, replies)  # type: ignore[attr-defined]
    text = text_of(baseline)
    file = tmp_path_factory.mktemp("any") / "b.yaml"
    file.write_bytes(text.encode())
    assert read_baseline(file) == baseline
    assert text_of(dict(reversed(baseline.items()))) == text


def test_paths() -> None:
    assert baseline_path("a/replies.suite.yaml") == Path("a/replies.baseline.yaml")
    assert baseline_path(Path("shop.jsonl")) == Path("shop.baseline.yaml")
    assert baseline_path("a.suite.b.yaml") == Path("a.suite.b.baseline.yaml")


def damaged(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ": is empty"),
        ("cases: 1", ":1: cases is a number; it must be a list"),
        ("cases:", ":1: cases is nothing; it must be a list"),
        ("case: []", ":1: unknown key 'case'; is cases meant?"),
        ("cases:\n- case: a", ':2: a case has no "variants"; bless the run again'),
        (damaged("passed: 1", "pased: 1"), ":7: unknown key 'pased'; is passed meant?"),
        (damaged("        passed: 1\n", ""), ':6: a variant has no "passed"; bless'),
        (damaged("passed: 1", "passed: -1"), ":7: passed is '-1'; it must be a whole number"),
        (damaged("passed: 1", "passed: 2"), ":6: 2 of 1 passed, which cannot be"),
        (damaged("asked: 1", "asked: 0"), ":6: 1 of 0 passed, which cannot be"),
        (damaged("asked: 1", "asked: 2"), ":6: asked 2 times, but with 1 replies"),
        (damaged("times: 1", "times: 0"), ":10: a reply is listed twice, or came no times"),
        (damaged('said: ""', 'said: "Yes."'), ":26: a reply is listed twice"),
        (damaged('said: ""', "said: 12"), ":27: said is '12', which is a number"),
        (damaged('said: ""', "said:"), ":27: said is empty; write a text"),
        (damaged('said: ""', "said: []"), ":27: said is an empty list"),
        (damaged('"bots/b method=sample"', '"bots/a"'), ":20: the case has this variant twice"),
        (
            damaged('yaml: hello"', 'yaml: Sunday"'),
            ":14: the case has this variant twice; bless the run again",
        ),
        (
            damaged('        replies:\n          - times: 1\n            said: "Yes."\n', ""),
            ":6: a ",
        ),
    ],
)
def test_faults(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "b.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="^" + re.escape(f"{file}{message}")):
        read_baseline(file)
    with pytest.raises(DataError):
        write_baseline(file, run())
    assert file.read_text(encoding="utf-8") == text


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist; check the name"):
        read_baseline(tmp_path / "b.yaml")


def test_blessing_keeps_what_was_not_asked_and_drops_what_is_gone(tmp_path: Path) -> None:
    one = Blessed(1, 1, {("Old.",): 1})
    places = [
        (HELLO, A.name),
        (HELLO, "bots/other"),
        (SUNDAY, A.name),
        ("replies.suite.yaml: gone", A.name),
        ("replies.suite.yaml: hello (3)", A.name),
        ("other.suite.yaml: gone", A.name),
    ]
    old = dict.fromkeys(places, one)
    part = ran(SUITE, {(HELLO, A.name): ["No."], (AGAIN, B.name): ["Yes."]})
    found = merged(old, part)
    assert set(found) == {*places[:3], places[5], (AGAIN, B.name)}
    assert found[HELLO, A.name] == Blessed(0, 1, {("No.",): 1})
    assert all(found[place] == one for place in (*places[1:3], places[5]))
    file = tmp_path / "b.yaml"
    file.write_text(text_of(old), encoding="utf-8")
    write_baseline(file, part)
    assert read_baseline(file) == found
    before = file.read_bytes()
    write_baseline(file, part)
    assert file.read_bytes() == before


def test_an_empty_baseline(tmp_path: Path) -> None:
    empty = Run((SUITE,), (A,), (1,), (), 1.0)
    write_baseline(tmp_path / "b.yaml", empty)
    assert read_baseline(tmp_path / "b.yaml") == {}
    assert baseline_text(empty) == HEADER + "cases: []\n"


def test_suites_of_one_name_cannot_be_blessed_together() -> None:
    twins = (Suite("a/x.yaml", (case(),)), Suite("b/x.yaml", (case(),)))
    with pytest.raises(UsageError, match=r"two suites are called x\.yaml; rename one"):
        baseline_text(Run(twins, (A,), (1,), (), 1.0))


def test_the_file_is_replaced_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "real.yaml"
    file.write_text(TEXT, encoding="utf-8")
    file.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(file)
    write_baseline(link, ran(SUITE, {(SUNDAY, A.name): ["No."]}))
    assert link.is_symlink()
    assert read_baseline(file)[SUNDAY, A.name].passed == 0
    assert file.stat().st_mode & 0o777 == 0o640
    before = file.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(DiskError, match=r"real\.yaml: cannot be written \(No space left"):
        write_baseline(file, run())
    assert file.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["link.yaml", "real.yaml"]
