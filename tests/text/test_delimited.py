"""CSV and TSV: quoting, delimiters, headers, and every table that cannot be read."""

from __future__ import annotations

import csv
import io
import re
import tracemalloc
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.errors import DataError
from dialog_s2s.text import delimited, lines
from dialog_s2s.text.lines import Line
from dialog_s2s.text.turns import Role


def numbered(text: str) -> Iterator[Line]:
    return (Line(number, line) for number, line in enumerate(text.split("\n"), 1))


def pairs(text: str, delimiter: str | None = None) -> list[tuple[str, str]]:
    return [
        (dialogue.turns[0].text, dialogue.turns[1].text)
        for dialogue in delimited.read(numbered(text), "f.csv", delimiter)
    ]


def origins(text: str) -> list[str]:
    return [str(d.turns[0].origin) for d in delimited.read(numbered(text), "f.csv")]


def refusal(source: str | Iterable[Line], delimiter: str | None = None) -> str:
    source = numbered(source) if isinstance(source, str) else source
    with pytest.raises(DataError) as caught:
        list(delimited.read(source, "f.csv", delimiter))
    message = str(caught.value)
    assert message.startswith("f.csv:")
    assert "\n" not in message
    return message


def test_turns_are_the_user_and_a_bot_reply_to_learn() -> None:
    (dialogue,) = delimited.read(numbered("hi,hello"), "f.csv")
    user, bot = dialogue.turns
    assert (user.role, bot.role, bot.learn) == (Role.USER, Role.BOT, True)
    assert str(user.origin) == str(bot.origin) == "f.csv:1"


def test_rfc_4180_quoting() -> None:
    assert pairs('"a, b","say ""hi"""\nx "y" z,"1\n\n2"') == [
        ("a, b", 'say "hi"'),
        ('x "y" z', "1 2"),
    ]


def test_origin_is_the_first_line_of_the_record() -> None:
    assert origins('q,a\n\n"1\n2","3\n4"\n\nx,y\n') == ["f.csv:3", "f.csv:7"]


def test_text_is_kept_but_for_surrounding_blanks_and_breaks() -> None:
    assert pairs('"  a  b ","c \r\n\t d\re"') == [("a  b", "c d e")]


def test_odd_separators_inside_fields_are_kept() -> None:
    assert pairs("a\x85b,c\u2028d\u2029e\x0cf") == [("a\x85b", "c\u2028d\u2029e\x0cf")]


def test_a_long_run_of_blanks_is_read_fast() -> None:
    question = "a" + " " * 400_000 + "b"
    assert pairs(f"{question},x") == [(question, "x")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiter_is_found(delimiter: str) -> None:
    table = [("question", "answer"), ("Hi, you; there", "Oh, hi"), ("a;b", "c")]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(table)
    assert pairs(out.getvalue()) == table[1:]
    assert pairs("".join(out.getvalue().splitlines(True)[1:])) == table[1:]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hallo, du;Guten Tag", ("Hallo, du", "Guten Tag")),
        ("Hi; hello,Good day", ("Hi; hello", "Good day")),
        ("a,b;c\nd,e", ("a", "b;c")),
        ("a;b,c\nd;e", ("a", "b,c")),
        ("a,b\tc\nd, e\tf", ("a,b", "c")),
        ("a,b,c;d", ("a,b,c", "d")),
        ("question;answer;n\na,b;c;1\nd,e;f;2", ("a,b", "c")),
    ],
)
def test_delimiter_without_quotes_is_told_by_all_records(
    text: str, expected: tuple[str, str]
) -> None:
    assert pairs(text)[0] == expected


def test_a_header_decides_the_delimiter_whatever_follows() -> None:
    assert refusal("question;answer;n\nx,y\nz,w").startswith("f.csv:2: 1 column, but the first")


def test_given_delimiter_is_the_only_one() -> None:
    assert pairs("a,b\tc;d", "\t") == [("a,b", "c;d")]
    assert "one column" in refusal("a,b", "\t")


@pytest.mark.parametrize(
    "header",
    ["Q,A,label", "id,Question,ANSWER", "'질문',답변,x", " input ,output,n", "prompt,completion,"],
)
def test_header_names_the_columns(header: str) -> None:
    place = 1 if header.startswith("id") else 0
    row = ["0", "0", "0"]
    row[place : place + 2] = ["hi", "hello"]
    assert pairs(f"{header}\n{','.join(row)}") == [("hi", "hello")]


def test_header_may_put_the_answer_first() -> None:
    assert pairs("answer,question\nhello,hi") == [("hi", "hello")]


def test_the_most_telling_name_wins() -> None:
    assert pairs("source,context,question,answer\nweb,c,hi,hello") == [("hi", "hello")]


def test_a_name_twice_is_refused() -> None:
    assert "two columns are called 'Answer'" in refusal("question,Answer,answer\na,b,c")


def test_one_known_name_is_no_header() -> None:
    assert pairs("question,who knows\nhi,hello")[0] == ("question", "who knows")


def test_more_columns_without_header_are_refused_and_shown() -> None:
    message = refusal("hi,hello,0\nyou,me,1")
    assert message.startswith("f.csv:1: 3 columns ('hi', 'hello', '0')")
    assert "question and answer" in message


def test_one_column_is_refused() -> None:
    assert refusal("\nhello\nthere").startswith("f.csv:2: one column only ('hello')")


@pytest.mark.parametrize("row", ["only", "a,b,c", "a,b,"])
def test_another_number_of_columns_is_refused(row: str) -> None:
    assert refusal(f"a,b\n\n{row}\nc,d").startswith("f.csv:3: ")


@pytest.mark.parametrize(("row", "what"), [(",b", "question"), ('a,"  "', "answer"), (",", "")])
def test_empty_question_or_answer_is_refused(row: str, what: str) -> None:
    message = refusal(f"a,b\n{row}")
    assert message.startswith("f.csv:2: ")
    assert f"{what} is empty" in message


def test_blank_lines_are_skipped() -> None:
    assert pairs('\n  \na,b\n\n""\nc,d\n\n') == [("a", "b"), ("c", "d")]


def test_header_alone_is_refused() -> None:
    assert refusal("\nquestion,answer\n\n") == (
        "f.csv:2: has a header and no pairs; add a question and its answer"
    )


def test_records_that_are_all_blank_are_refused() -> None:
    assert "is empty" in refusal('""\n')


def test_unclosed_quote_is_told_where_its_record_began() -> None:
    message = refusal('a,b\n"c,d\ne,f\ng,h')
    assert message.startswith("f.csv:2: a quote opened here is never closed?")


def test_unclosed_quote_that_meets_another_is_told_where_its_record_began() -> None:
    message = refusal('a,b\nc,"d\ne,"f"')
    assert message.startswith("f.csv:2: text after a closing quote")
    assert "line 3" in message


def test_unclosed_quote_is_given_up_after_many_lines() -> None:
    message = refusal('a,b\n"c,d\n' + "e,f\n" * 5000)
    assert message.startswith("f.csv:2: ")
    assert "never closed" in message
    assert f"line {2 + delimited.MAX_RECORD_LINES}" in message


def test_a_record_may_have_a_thousand_lines() -> None:
    answer = "\n".join("x" * delimited.MAX_RECORD_LINES)
    assert len(pairs(f'a,"{answer}"\nb,c')) == 2


def test_unclosed_quote_takes_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 50_000)
    endless = (Line(number, '"' * (number == 1) + "x" * 1000) for number in range(1, 100_000))
    tracemalloc.start()
    message = refusal(endless, ",")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert message.startswith("f.csv:1: ")
    assert "line 50;" in message
    assert peak < 1_000_000


def test_the_bound_is_on_each_record_not_on_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 100)
    assert len(pairs("question,answer\n" * 50)) == 49


def test_text_after_a_closing_quote_is_refused() -> None:
    message = refusal('a,b\n"He" said,hi')
    assert message.startswith("f.csv:2: ")
    assert "double each quote" in message


def test_carriage_return_outside_quotes_is_refused() -> None:
    assert refusal("a,b\nc,d\re,f").startswith("f.csv:2: a carriage return outside quotes")


def test_a_field_may_be_longer_than_the_csv_modules_own_limit() -> None:
    assert csv.field_size_limit() >= lines.MAX_LINE_BYTES
    assert len(pairs("a," + "x" * 500_000)[0][1]) == 500_000


def test_every_record_is_streamed() -> None:
    def endless() -> Iterator[Line]:
        number = 0
        while True:
            number += 1
            yield Line(number, f"{number},x")

    stream = delimited.read(endless(), "f.csv")
    assert [next(stream).turns[0].text for _ in range(200)][-1] == "200"


def fold_breaks(text: str) -> str:
    return re.sub(" *[\r\n\t][\r\n\t ]*", " ", text).strip()


printable = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('",;\n\t\r \x85'),
    min_size=1,
    max_size=30,
).filter(lambda text: text.strip())


@given(
    table=st.lists(st.tuples(printable, printable), min_size=1, max_size=8),
    delimiter=st.sampled_from(",;\t"),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_the_csv_module_writes_is_read_back(
    table: list[tuple[str, str]], delimiter: str, end: str
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("question", "answer"), *table])
    source = (
        Line(number, line.removesuffix("\r"))
        for number, line in enumerate(out.getvalue().split("\n"), 1)
    )
    read = delimited.read(source, "f.csv", delimiter)
    assert [(d.turns[0].text, d.turns[1].text) for d in read] == [
        (fold_breaks(question), fold_breaks(answer)) for question, answer in table
    ]
