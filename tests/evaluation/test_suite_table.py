"""Suites in CSV and TSV: the same cases as in YAML, and mistakes with their lines."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.errors import DataError
from dialog_s2s.evaluation import suite_table
from dialog_s2s.evaluation.case_reader import read_case
from dialog_s2s.evaluation.suites import Case, cases_of, read_suite
from dialog_s2s.text.lines import Line

TABLE = """\
ask,expect,name,tags,source,contains

when do you open,We open at nine.,,,,
do you sell tea,,tea,drinks menu,exact remembered,"green, black"
"""
YAML = """\
cases:
- ask: when do you open
  expect: We open at nine.
- name: tea
  tags: [drinks, menu]
  ask: do you sell tea
  expect: {source: [exact, remembered], contains: "green, black"}
"""


def lines(text: str) -> list[Line]:
    return [Line(*each) for each in enumerate(text.split("\n"), start=1)]


def cases(folder: Path, text: str, ending: str = ".csv") -> tuple[Case, ...]:
    file = folder / f"suite{ending}"
    file.write_text(text, encoding="utf-8")
    return read_suite(file).cases


def as_yaml(text: str) -> list[tuple[object, ...]]:
    """Cases but for the order in which what is expected is told."""
    return [comparable(case) for case in cases_of(lines(text), "f")]


def comparable(case: Case) -> tuple[object, ...]:
    expected = frozenset(repr(each) for each in case.turns[0].expected)
    return case.name, case.tags, case.turns[0].ask, expected


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        (TABLE, ".csv"),
        (TABLE, ".CSV"),
        (TABLE.replace(",", ";").replace("green;", "green,"), ".csv"),
        (TABLE.replace(",", "\t").replace("green\t", "green,"), ".tsv"),
        (TABLE.replace(",", "\t").replace("green\t", "green,"), ".csv"),
        (TABLE.replace("ask,expect,", " ASK ,Expect,", 1).replace("\n", "\r\n"), ".csv"),
    ],
)
def test_the_same_as_in_yaml(tmp_path: Path, text: str, ending: str) -> None:
    found = cases(tmp_path, text, ending)
    assert [comparable(case) for case in found] == as_yaml(YAML)
    assert [case.origin.line for case in found] == [3, 4]


def test_columns_in_any_order(tmp_path: Path) -> None:
    (case,) = cases(tmp_path, "source,ask\nunknown,do you repair bicycles\n")
    assert (
        comparable(case)
        == as_yaml("cases:\n- ask: do you repair bicycles\n  expect: {source: unknown}")[0]
    )


fields = st.text(max_size=20).filter(lambda text: text.strip() and not {"\0", "\r"} & {*text})


@given(st.lists(st.tuples(fields, fields), min_size=1, max_size=5))
def test_whatever_a_spreadsheet_writes(pairs: list[tuple[str, str]]) -> None:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerows([("ask", "expect"), *pairs])
    values = suite_table.read(lines(written.getvalue()), "f")
    found = [case for value in values for case in read_case(value)]
    assert [" ".join(case.turns[0].ask.split()) for case in found] == [
        " ".join(ask.split()) for ask, _ in pairs
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("when do you open,We open at nine.\n", ":1: the first line is not a header with a column"),
        ("question,answer\na,b\n", ":1: the first line is not a header with a column ask"),
        ("ask,expects\na,b\n", ":1: unknown column 'expects'; is expect meant? the table has"),
        ("ask,\na,b\n", ":1: unknown column ''; "),
        ("ask,expect,ask\na,b,c\n", ":1: two columns are called 'ask'; delete one"),
        ("ask,name\na,b\n", ":1: nothing is expected; add a column, of expect, contains, source"),
        ("ask,expect\n\na,b,c\n", ":3: 3 columns, but the header has 2; put a field that holds a"),
        ("ask,expect\na\n", ":2: 1 columns, but the header has 2"),
        ("ask,expect\n,b\n", ":2: the record has no question; fill in ask"),
        ("ask,expect\na,b\nc, \n", ":3: the record expects nothing; fill in expect"),
        ('ask,expect\na,b\n"c,d\n', ":3: a quote opened here is never closed?"),
        ('ask,expect\n"a" x,b\n', ":2: text after a closing quote"),
        ("ask,source\na,b\nc,exakt\n", ":2: unknown source 'b'"),
        ("ask,source\na,exact\nc,exact exakt\n", ":3: unknown source 'exakt'; is exact meant?"),
        ("ask,expect\n", ": has no cases; add one"),
        ("\n\n", ": is empty; it must hold"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match="^" + re.escape(f"{tmp_path / 'suite.csv'}{message}")):
        cases(tmp_path, text)


def test_a_table_with_tabs_is_read_by_tabs_alone(tmp_path: Path) -> None:
    (case,) = cases(tmp_path, "ask\texpect\na, b\tc; d\n", ".tsv")
    assert case.turns[0].ask == "a, b"
    with pytest.raises(DataError, match="not a header with a column ask"):
        cases(tmp_path, "ask,expect\na,b\n", ".tsv")


def test_an_empty_source() -> None:
    with pytest.raises(DataError, match="f: is empty"):
        list(suite_table.read([], "f"))


def test_braces_are_braces(tmp_path: Path) -> None:
    (case,) = cases(tmp_path, "ask,expect\nwhat is {x},{{y}}\n")
    assert case.turns[0].ask == "what is {x}"
