"""Cases that are written: read back as they were said, added without touching what is there."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yaml.nodes import Node

from dialog_s2s import Bot
from dialog_s2s.errors import DataError, DiskError, UsageError
from dialog_s2s.evaluation import placed, suite_file
from dialog_s2s.evaluation.assertions import Source
from dialog_s2s.evaluation.suite_file import HEADER, append_case, case_text
from dialog_s2s.evaluation.suites import Case, cases_of, read_suite, run_suite
from dialog_s2s.evaluation.text_assertions import Same
from dialog_s2s.text.lines import Line
from dialog_s2s.text.nodes import compose

NEW = case_text([("when do you close", "We close at six.", "exact")])

SAMPLES = (
    "yes",
    "12:30",
    "- a: b # c",
    '"quoted" \\ {x} [y] *z &w !v',
    " blanks \u00a0 ",
    "tab\tand\nlines\r\n",
    "\0\x1b\x7f\x85\u2028\u2029\u202e\ufeff\ufffe",
    "한국어 🙂 👨‍👩‍👧",
    "x" * 5000,
)
texts = (st.text(max_size=40) | st.sampled_from(SAMPLES)).filter(str.strip)
exchanges = st.tuples(texts, texts, st.sampled_from(["exact", "generated", "taught", "unknown"]))


def parsed(text: str) -> tuple[Case, ...]:
    return cases_of([Line(*each) for each in enumerate(text.split("\n"), start=1)], "f")


@given(turns=st.lists(exchanges, min_size=1, max_size=3), name=st.none() | texts, persona=texts)
def test_any_text_reads_back(
    turns: list[tuple[str, str, str]], name: str | None, persona: str
) -> None:
    written = case_text(turns, name, persona)
    written.encode()
    assert not set(written) & set("\0\x1b\x7f\x85\u2028\u2029\u202e\ufeff\r")
    (case,) = parsed("cases:\n" + written)
    assert case.name == (name or turns[0][0])
    assert case.persona == persona
    assert [step.ask for step in case.turns] == [ask for ask, _, _ in turns]
    assert [step.expected for step in case.turns] == [
        (Source(("unknown",)),) if source == "unknown" else (Same((reply,)),)
        for _, reply, source in turns
    ]


def test_the_text() -> None:
    assert case_text([('a "b"', "c\n\u2028🙂", "exact")]) == (
        '- ask: "a \\"b\\""\n  expect: "c\\n\\u2028🙂"\n'
    )
    assert case_text([("a", "b", "taught"), ("c", "?", "unknown")], "n", "p") == (
        '- name: "n"\n  persona: "p"\n  turns:\n'
        '    - ask: "a"\n      expect: "b"\n'
        '    - ask: "c"\n      expect: {source: unknown}\n'
    )


@pytest.mark.parametrize("turns", [[], [("a", " ", "exact")], [("\n", "b", "exact")]])
def test_nothing_to_expect(turns: list[tuple[str, str, str]]) -> None:
    with pytest.raises(UsageError, match=r"nothing to expect|is blank"):
        case_text(turns)


def test_a_new_file(tmp_path: Path, tiny_bot: Bot) -> None:
    file = tmp_path / "new.yml"
    assert append_case(file, NEW) == 1
    assert file.read_text(encoding="utf-8") == (
        HEADER + 'cases:\n  - ask: "when do you close"\n    expect: "We close at six."\n'
    )
    followed = [
        ("when do you open", "We open at nine.", "exact"),
        ("and on Sunday", "At ten.", "remembered"),
    ]
    assert append_case(str(file), case_text(followed, "Sunday")) == 2
    results = list(run_suite(tiny_bot, read_suite(file)))
    assert [(result.case.name, result.passed) for result in results] == [
        ("when do you close", True),
        ("Sunday", True),
    ]
    assert os.listdir(tmp_path) == ["new.yml"]


FLAT = "cases:\n- ask: a\n  expect: b"
OLD = [
    FLAT,
    FLAT + "\n",
    FLAT + "\n\n# the end",
    FLAT + "   # a comment\n   \n\n",
    "# before\n\ncases:   # c\n  # d\n\n  - ask: a\n    expect: b\n  -   ask: c\n      expect: d\n",
    "cases:\n      - turns:\n        - ask: a\n          expect: |+\n            text\n\n",
    "cases:\n- ask: a\n  expect: |+\n    text",
    "cases:\n- ask: a\n  expect: >-\n    b\n    c",
    "cases:\n- {ask: a, expect: [b,\n  c]}",
    "cases:\n-\n  ask: a\n  expect: b\n",
    "cases:\r\n- ask: a\r\n  expect: b\r\n",
    "\ufeffcases:\n - ask: a\n   expect: b",
    "---\ncases:\n- ask: a\n  expect: b",
    '"cases":\n  - ask: a\n    expect: b',
    "  cases:\n  - ask: a\n    expect: b",
]


@pytest.mark.parametrize("old", OLD)
def test_what_is_there_stays(tmp_path: Path, old: str) -> None:
    file = tmp_path / "suite.yaml"
    file.write_bytes(old.encode())
    before = read_suite(file).cases
    for number, text in enumerate(
        [NEW, case_text([("x", "y", "unknown"), ("z", "z", "exact")])], 1
    ):
        assert append_case(file, text) == len(before) + number
    assert file.read_bytes().startswith(old.encode())
    after = read_suite(file).cases
    assert after[: len(before)] == before
    assert [case.origin for case in after[: len(before)]] == [case.origin for case in before]
    assert after[len(before)] == parsed("cases:\n" + NEW)[0]
    assert (b"\n" in file.read_bytes().replace(b"\r\n", b"")) is ("\r" not in old)


@pytest.mark.parametrize("old", ["", "# mine\ncases:", "cases:\n# none yet\n\n"])
def test_a_file_without_cases_yet(tmp_path: Path, old: str) -> None:
    file = tmp_path / "suite.yaml"
    file.write_text(old, encoding="utf-8")
    assert append_case(file, NEW) == 1
    assert file.read_text(encoding="utf-8").startswith(old)
    assert read_suite(file).cases == parsed("cases:\n" + NEW)


@pytest.mark.parametrize(
    ("old", "message"),
    [
        ("cases: []\n", ":1: cases is a list in brackets, to which nothing can be added; .*delete"),
        ("cases: [{ask: a, expect: b}]", ":1: cases is a list in brackets"),
        ("{cases: [{ask: a, expect: b}]}", ":1: cases is a list in brackets"),
        ("cases: {a: b}", ":1: cases is a mapping; it must be a list"),
        ("cases:\n- ask: a\n", ':2: the case has no "expect"'),
        ("intents: []", ":1: unknown key 'intents'"),
        ("hello", ":1: the file is a text"),
        ("# only", ": holds nothing but comments"),
        ("cases: [", ":2: not YAML"),
        (FLAT + "\n...\n", ": does not end with its list of cases; add the case by hand"),
        ("cases: !!seq\n- ask: a\n  expect: b\n", ": does not end with its list of cases"),
    ],
)
def test_files_to_which_nothing_is_added(tmp_path: Path, old: str, message: str) -> None:
    file = tmp_path / "suite.yaml"
    file.write_text(old, encoding="utf-8")
    with pytest.raises(DataError, match=rf"suite\.yaml{message}"):
        append_case(file, NEW)
    assert file.read_text(encoding="utf-8") == old
    assert os.listdir(tmp_path) == ["suite.yaml"]


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    file = tmp_path / "suite.yaml"
    file.write_bytes(FLAT.encode("utf-16"))
    with pytest.raises(DataError, match="UTF-16"):
        append_case(file, NEW)


@pytest.mark.parametrize("name", ["suite", "suite.jsonl", "suite.yaml.gz"])
def test_only_yaml(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"\.yaml or \.yml"):
        append_case(tmp_path / name, NEW)


@pytest.mark.parametrize(
    ("text", "error"),
    [("- ask: a\n", DataError), (NEW + NEW, UsageError), ("", DataError), ("- a: b: c", DataError)],
)
def test_text_that_is_no_case(tmp_path: Path, text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        append_case(tmp_path / "suite.yaml", text)
    assert os.listdir(tmp_path) == []


def test_twice(tmp_path: Path) -> None:
    file = tmp_path / "suite.yaml"
    append_case(file, case_text([("a", "b", "exact")]))
    append_case(file, NEW)
    before = file.read_bytes()
    with pytest.raises(UsageError, match=r"is there already \(.*suite\.yaml:7\)"):
        append_case(file, case_text([("when do you close", "We close at six.", "taught")], "other"))
    assert file.read_bytes() == before
    other = [("when do you close", "We close at five.", "exact")]
    assert append_case(file, case_text(other)) == 3
    assert append_case(file, case_text(other, persona="I am short.")) == 4
    assert append_case(file, case_text(other * 2)) == 5


def test_the_mode_and_a_link_stay(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    file, link = tmp_path / "real" / "suite.yaml", tmp_path / "link.yaml"
    file.write_text(FLAT, encoding="utf-8")
    file.chmod(0o640)
    link.symlink_to(file)
    assert append_case(link, NEW) == 2
    assert link.is_symlink()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert len(read_suite(file).cases) == 2


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match=r"none.*cannot be written \(No such file"):
        append_case(tmp_path / "none" / "a.yaml", NEW)
    with pytest.raises(DiskError, match="name too long"):
        append_case(tmp_path / ("a" * 300 + ".yaml"), NEW)
    (tmp_path / "b.yaml").mkdir()
    with pytest.raises(DataError, match="is a folder"):
        append_case(tmp_path / "b.yaml", NEW)


@pytest.mark.parametrize("name", ["fsync", "replace"])
def test_what_fails_on_the_way_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    file = tmp_path / "suite.yaml"
    file.write_text(FLAT, encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, name, full)
    with pytest.raises(DiskError, match="No space left"):
        append_case(file, NEW)
    monkeypatch.undo()
    assert file.read_text(encoding="utf-8") == FLAT
    assert os.listdir(tmp_path) == ["suite.yaml"]


@pytest.mark.parametrize(
    "old",
    [
        "cases:\n- ask: a\n  expect: b\n-\n\n  # the last\n  ask: c\n  expect: d\n",
        "cases:\n- ask: a\n  expect: b\n- !!map\n  ask: c\n  expect: d\n",
        'cases:\n- ask: "c\n\n  - d"\n  expect: a\n- ask: "c\n  - d"\n  expect: |\n    - e\n\n # f',
        "cases:\n  - ask: 'a\n\n    - b'\n    expect: >\n      c\n\n      - d\n  # e\n# f",
        "cases:\n- turns:\n  - ask: a\n  - ask: b\n    expect: c\n  - ask: d",
        "cases:\n- parameters: {x: [a, b]}\n  ask: '{x}'\n  expect: c\n  weight: 2\n",
        "cases:\n- ask: a\n  expect: {function: gone.py:f}\n",
    ],
)
def test_the_last_case_ends_where_it_ended(tmp_path: Path, old: str) -> None:
    file = tmp_path / "suite.yaml"
    file.write_text(old, encoding="utf-8")
    before = read_suite(file).cases
    assert append_case(file, NEW) == len(before) + 1
    assert read_suite(file).cases == (*before, *parsed("cases:\n" + NEW))


pieces = st.sampled_from(
    [
        *("- ", "-\n", " ", "  ", "\n", "ask: a", "expect: b", "cases:", "...", "---", "# c", "\t"),
        *("|", ">", "[", "]", "{", "}", ",", '"', "'", "? ", ": ", "!!seq"),
        "- ask: a\n  expect: b\n",
    ]
)


@given(head=st.sampled_from(["cases:\n", FLAT + "\n", ""]), tail=st.lists(pieces, max_size=8))
def test_whatever_a_file_holds(
    tmp_path_factory: pytest.TempPathFactory, head: str, tail: list[str]
) -> None:
    """It is added to as a whole reading says, or left as it is."""
    file = tmp_path_factory.mktemp("any") / "suite.yaml"
    file.write_text(head + "".join(tail), encoding="utf-8")
    before = file.read_bytes()
    try:
        old = read_suite(file).cases
    except DataError:
        old = ()
    try:
        count = append_case(file, NEW)
    except (DataError, UsageError):
        assert file.read_bytes() == before
    else:
        assert read_suite(file).cases == (*old, *parsed("cases:\n" + NEW))
        assert count == len(old) + 1


def test_a_large_file_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "suite.yaml"
    cases = "".join(f"- ask: question {number}\n  expect: reply\n" for number in range(200))
    file.write_text("cases:\n" + cases, encoding="utf-8")
    read: list[int] = []

    def counted(source: Iterable[Line], name: str) -> Node:
        lines = list(source)
        read.append(len(lines))
        return compose(lines, name)

    monkeypatch.setattr(placed, "compose", counted)
    assert append_case(file, NEW) == 201
    assert sorted(read) == [4, 5, 401]


def test_no_file_is_made_too_large_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "suite.yaml"
    file.write_text(FLAT, encoding="utf-8")
    monkeypatch.setattr(suite_file, "MAX_BYTES", len(FLAT) + 20)
    with pytest.raises(DataError, match="would be larger than 47 bytes; begin another suite"):
        append_case(file, NEW)
    assert file.read_text(encoding="utf-8") == FLAT


def test_what_is_expected_of_the_whole_tells_cases_apart(tmp_path: Path) -> None:
    file = tmp_path / "suite.yaml"
    file.write_text(
        "cases:\n- turns: [{ask: when do you close, expect: We close at six.}]\n"
        "  expect_any: We close at six.\n",
        encoding="utf-8",
    )
    assert append_case(file, NEW) == 2
