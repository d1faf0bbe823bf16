"""CSV and TSV: a question column and an answer column.

Quoting is that of RFC 4180: a field that holds the delimiter, a quote or a line end stands in
double quotes, and a quote within is doubled. Records are separated by LF or CRLF; blank lines are
skipped. With a header (a first record that names both columns) those two columns are read and
the others ignored; without one there must be exactly two.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain, islice

from dialog_s2s.errors import DataError
from dialog_s2s.text import lines
from dialog_s2s.text.fields import excerpt, pair
from dialog_s2s.text.lines import Line
from dialog_s2s.text.turns import Dialogue, Origin, fold

# Names that a header may give the columns, folded. The first of a list that occurs is the one
# used: a table with both "question" and "source" has its questions under "question".
QUESTION = (
    *("question", "questions", "q", "질문", "frage", "pregunta", "ask", "query", "prompt"),
    *("input", "instruction", "user", "human", "context", "source", "src"),
)
ANSWER = (
    *("answer", "answers", "a", "답변", "답", "대답", "antwort", "respuesta", "réponse", "reply"),
    *("response", "completion", "output", "bot", "assistant", "target", "tgt"),
)
MAX_RECORD_LINES = 1000

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
_PEEK_LINES, _PEEK_CHARACTERS = 50, 100_000

# Process-wide in the csv module. Records are bounded by `_Feed`; this only has to be no smaller.
csv.field_size_limit(lines.MAX_LINE_BYTES)


def read(source: Iterable[Line], file: str, delimiter: str | None = None) -> Iterator[Dialogue]:
    """A dialogue for each record; without `delimiter` it is the one of , ; tab that fits best.

    Raises DataError, with the line that the record begins on: columns that cannot be told, a
    record of another width than the first, an empty question or answer, a quote never closed or
    otherwise misplaced, a header with nothing below it.
    """
    rest = iter(source)
    if delimiter is None:
        first, rest = _peek(rest)
        delimiter = _likeliest([line.text for line in first])
    table = records(rest, file, delimiter)
    opening = next(table, None)
    if opening is None:
        raise DataError("is empty; it must hold at least one question and answer", file)
    number, names = opening
    columns = _header(names, file, number)
    found = columns is None
    if columns is None:
        _expect_two(names, file, number, delimiter)
        columns = (0, 1)
        table = chain([opening], table)
    for line, row in table:
        if len(row) != len(names):
            raise DataError(
                f"{_count(row)}, but the first record (line {number}) has {len(names)}; "
                f"put a field that holds a {DELIMITERS[delimiter]} in double quotes",
                file,
                line,
            )
        found = True
        yield pair(row[columns[0]], row[columns[1]], Origin(file, line))
    if not found:
        raise DataError("has a header and no pairs; add a question and its answer", file, number)


class _Feed:
    """Lines for the csv module, which remember where the record began and bound its size."""

    def __init__(self, source: Iterator[Line], file: str):
        self._source = source
        self._file = file
        self.begin()

    def begin(self) -> None:
        """The next line starts a record."""
        self.first = self.last = 0
        self._size = 0

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        number, text = next(self._source)
        self.first = self.first or number
        self.last = number
        self._size += len(text) + 1
        if number - self.first >= MAX_RECORD_LINES or self._size > lines.MAX_LINE_BYTES:
            raise _unclosed(self._file, self.first, number)
        return text + "\n"


def records(source: Iterator[Line], file: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each record that is not blank, with the line it begins on.

    Raises DataError, with that line, for a quote that is never closed or otherwise misplaced.
    """
    feed = _Feed(source, file)
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        feed.begin()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _misquoted(str(error), file, feed) from error
        if len(row) > 1 or any(field.strip() for field in row):
            yield feed.first, row


def _misquoted(problem: str, file: str, feed: _Feed) -> DataError:
    """The csv module's complaint, in words that say what to do."""
    if "end of data" in problem:
        return _unclosed(file, feed.first, feed.last)
    seen = "" if feed.last == feed.first else f" (seen on line {feed.last})"
    if "expected after" in problem:
        problem = "text after a closing quote: double each quote inside a quoted field"
    elif "new-line character" in problem:
        problem = "a carriage return outside quotes: save with LF or CRLF line ends"
    return DataError(f"{problem}{seen}", file, feed.first)


def _unclosed(file: str, first: int, last: int) -> DataError:
    return DataError(
        f"a quote opened here is never closed? Still open on line {last}; close it, or double it "
        "and put the whole field in double quotes",
        file,
        first,
    )


def _header(row: list[str], file: str, line: int) -> tuple[int, int] | None:
    """The places of question and answer if `row` names both."""
    names = [fold(field) for field in row]
    places = []
    for known in (QUESTION, ANSWER):
        name = next((name for name in known if name in names), None)
        if name is None:
            return None
        places.append(names.index(name))
    for place in places:
        if names.count(names[place]) > 1:
            raise DataError(
                f"two columns are called {excerpt(row[place])}; rename all but one", file, line
            )
    return places[0], places[1]


def _expect_two(row: list[str], file: str, line: int, delimiter: str) -> None:
    """Raise DataError unless a table without a header has two columns."""
    shown = ", ".join(excerpt(field) for field in row[:6]) + (", ..." if len(row) > 6 else "")
    if len(row) == 1:
        raise DataError(
            f"one column only ({shown}); it must have two, question and answer, "
            f"with a {DELIMITERS[delimiter]} between them",
            file,
            line,
        )
    if len(row) > 2:
        raise DataError(
            f"{_count(row)} ({shown}), and no header says which two to read; "
            "name two of them in a first line: question and answer",
            file,
            line,
        )


def _count(row: list[str]) -> str:
    return f"{len(row)} column" + ("s" if len(row) > 1 else "")


def _peek(source: Iterator[Line]) -> tuple[list[Line], Iterator[Line]]:
    """The first lines, and all lines including those."""
    first: list[Line] = []
    size = 0
    for line in islice(source, _PEEK_LINES):
        first.append(line)
        size += len(line.text)
        if size > _PEEK_CHARACTERS:
            break
    return first, chain(first, source)


def _likeliest(first: list[str]) -> str:
    """The delimiter that makes the best table of the first lines.

    A header decides; else the most records of two columns; else, as punctuation is followed by a
    blank and a delimiter is not, the one less often followed by a blank; else the comma.
    """

    def score(delimiter: str) -> tuple[bool, int, int, int]:
        rows: list[list[str]] = []
        with suppress(csv.Error):
            reader = csv.reader((text + "\n" for text in first), delimiter=delimiter)
            rows.extend(row for row in reader if row)
        names = {fold(field) for field in rows[0]} if rows else set()
        header = bool(names & {*QUESTION}) and bool(names & {*ANSWER})
        width = len(rows[0]) if header else 2
        fitting = sum(len(row) == width for row in rows)
        wide = sum(len(row) > 1 for row in rows)
        return header, fitting, wide, -sum(text.count(delimiter + " ") for text in first)

    return max(DELIMITERS, key=score)
