"""Suites as tables, CSV or TSV: a record is a case of one question.

    ask,expect,source,tags
    when do you open,We open at nine.,,hours
    do you sell tea,,exact remembered,drinks menu

The header names the columns, in any order. `ask` is needed, and in each record something that is
expected: `expect` (the reply), `contains` (a part of it) or `source` (one or several, with blanks
between them); all that are filled in must hold. Quoting is that of `text.delimited`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from dialog_s2s.errors import DataError
from dialog_s2s.evaluation.placed import Placed, from_json
from dialog_s2s.text.delimited import DELIMITERS, records
from dialog_s2s.text.fields import excerpt, fault
from dialog_s2s.text.lines import Line
from dialog_s2s.text.nodes import nearest
from dialog_s2s.text.turns import Origin

EXPECTED = {"expect": "reply", "contains": "contains", "source": "source"}
"""Columns of what is expected, with the kinds of their assertions."""

COLUMNS = ("ask", "name", "tags", *EXPECTED)
_LISTS = ("tags", "source")


def read(source: Iterable[Line], file: str, delimiter: str | None = None) -> Iterator[Placed]:
    """The cases as values, each with the line that its record begins on; without `delimiter` it
    is the one of , ; tab that parts the header.

    Raises:
        DataError: with the line: a header with unknown or double columns or without "ask", a
            record of another width, without a question or anything expected, or misquoted.
    """
    lines = iter(source)
    first = next((line for line in lines if line.text.strip()), None)
    if first is None:
        raise DataError("is empty; it must have a header and a case", file)
    delimiter = delimiter or _parting(first.text)
    table = records(chain([first], lines), file, delimiter)
    number, row = next(table)
    names = _header(row, Origin(file, number), delimiter)
    for number, row in table:
        where = Origin(file, number)
        if len(row) != len(names):
            raise fault(
                f"{len(row)} columns, but the header has {len(names)}; put a field that holds a "
                f"{DELIMITERS[delimiter]} in double quotes",
                where,
            )
        yield _case(dict(zip(names, row, strict=True)), where)


def _parting(header: str) -> str:
    """The delimiter whose parts of the header are the most columns of ours."""

    def known(delimiter: str) -> int:
        return sum(_name(part.strip().strip('"')) in COLUMNS for part in header.split(delimiter))

    return max(DELIMITERS, key=known)


def _name(field: str) -> str:
    return field.strip().casefold()


def _header(row: list[str], where: Origin, delimiter: str) -> list[str]:
    names = [_name(field) for field in row]
    if "ask" not in names:
        raise fault(
            f"the first line is not a header with a column ask; write one, such as "
            f"{delimiter.join(('ask', 'expect'))!r}",
            where,
        )
    for place, name in enumerate(names):
        if name not in COLUMNS:
            hint = nearest(name, COLUMNS, "the table")
            raise fault(f"unknown column {excerpt(name)}; {hint}", where)
        if name in names[:place]:
            raise fault(f"two columns are called {excerpt(name)}; delete one", where)
    if not EXPECTED.keys() & {*names}:
        raise fault(f"nothing is expected; add a column, of {', '.join(EXPECTED)}", where)
    return names


def _case(record: dict[str, str], where: Origin) -> Placed:
    filled: dict[str, object] = {
        name: text.split() if name in _LISTS else _one_line(text)
        for name, text in record.items()
        if text.strip()
    }
    if "ask" not in filled:
        raise fault("the record has no question; fill in ask, or delete it", where)
    expected = {kind: filled.pop(name) for name, kind in EXPECTED.items() if name in filled}
    if not expected:
        columns = " or ".join(name for name in EXPECTED if name in record)
        raise fault(f"the record expects nothing; fill in {columns}", where)
    return from_json({**filled, "expect": expected}, where)


def _one_line(text: str) -> str:
    """A field as a turn of a corpus is read."""
    return re.sub(r"\s*[\r\n\t]\s*", " ", text.strip())
