"""The public entry: choice of format, parallel text, Python items, and real corpora."""

from __future__ import annotations

import csv
import gzip
import json
import re
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialog_s2s.errors import DataError, UsageError
from dialog_s2s.text.readers import FORMATS, from_items, read
from dialog_s2s.text.turns import Dialogue, Origin, Role, Turn

DATA = Path(__file__).parents[2].parent / "shared" / "data"
YAML = "intents: [{ask: hi, reply: hello}]\n"
JSON = '{"question": "hi", "answer": "hello"}\n'


def pairs(paths: Sequence[str | Path], format: str | None = None) -> list[tuple[str, ...]]:
    return [tuple(turn.text for turn in dialogue.turns) for dialogue in read(paths, format)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.csv", "hi,hello\n"),
        ("x.csv", "hi;hello\n"),
        ("x.tsv", "hi\thello\n"),
        ("x.jsonl", JSON),
        ("x.ndjson", JSON),
        ("x.json", JSON),
        ("x.yaml", YAML),
        ("x.yml", YAML),
        ("X.CSV", "hi,hello\n"),
        ("x", "\n \nhi\thello\n"),
        ("x.txt", "hi,hello\n"),
        ("x.dat", "hi;hello\n"),
        ("x.de", JSON),
    ],
)
@pytest.mark.parametrize("gz", [False, True])
def test_format_is_chosen_by_suffix_or_content(
    tmp_path: Path, name: str, text: str, gz: bool
) -> None:
    path = tmp_path / (name + ".gz" * gz)
    path.write_bytes(gzip.compress(text.encode()) if gz else text.encode())
    assert pairs([path]) == pairs([str(path)]) == [("hi", "hello")]
    assert str(next(read([path])).turns[0].origin).startswith(f"{path}:")


def test_suffix_beats_content_and_format_beats_suffix(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_text("a,b\tc,d\n")
    assert pairs([path]) == [("a,b", "c,d")]
    (tmp_path / "x.csv").write_text(JSON)
    assert pairs([tmp_path / "x.csv"], "jsonl") == [("hi", "hello")]


def test_lines_are_counted_from_the_top_when_content_decides(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("\n\nhi\thello\n")
    assert next(read([path])).turns[0].origin == Origin(str(path), 3)


def test_content_that_shows_no_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("\nhello\n")
    with pytest.raises(DataError, match=r"x\.txt:2: .*--format"):
        list(read([path]))


@pytest.mark.parametrize("text", ["[\n" + JSON + "]", "[" + JSON + "]"])
def test_array_without_suffix_is_told_apart(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.txt"
    path.write_text(text)
    with pytest.raises(DataError, match="one object per line"):
        list(read([path]))


def test_files_follow_each_other_in_order(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("q,a\n1,2\n")
    (tmp_path / "b.jsonl").write_text(JSON)
    paths = [tmp_path / "b.jsonl", tmp_path / "a.csv", tmp_path / "b.jsonl"]
    assert pairs(paths) == [("hi", "hello"), ("1", "2"), ("hi", "hello")]


def test_first_file_is_read_before_the_second_is_opened(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1,2\n")
    stream = read([tmp_path / "a.csv", tmp_path / "none.csv"])
    assert next(stream).turns[0].text == "1"
    with pytest.raises(DataError, match=r"none\.csv: does not exist"):
        next(stream)


@pytest.mark.parametrize("name", ["x.csv", "x.tsv", "x.jsonl", "x.yaml", "x.txt"])
@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"", "is empty"),
        (b"\n\r\n", "is empty"),
        (b"\xff\xfeh\0i\0", ":1: is UTF-16"),
        (b"\n\ncaf\xe9,x", ":3: byte 0xe9"),
        (b"\na\0b,c", ":2: .*NUL"),
    ],
)
def test_every_format_refuses_what_is_no_text(
    tmp_path: Path, name: str, raw: bytes, found: str
) -> None:
    path = tmp_path / name
    path.write_bytes(raw)
    with pytest.raises(DataError, match=found):
        list(read([path]))


def test_crlf_and_byte_order_mark_are_not_seen(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes('\ufeff질문;답변\r\n"안녕";반가워요\r\n'.encode())
    assert pairs([path]) == [("안녕", "반가워요")]
    (tmp_path / "x.yaml").write_bytes(b"\xef\xbb\xbf" + YAML.replace("\n", "\r\n").encode())
    assert pairs([tmp_path / "x.yaml"]) == [("hi", "hello")]


def test_truncated_gz_is_refused_after_what_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(JSON.encode() * 1000)[:-8])
    with pytest.raises(DataError, match="not a whole gzip file"):
        list(read([path]))


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    with path.open("w") as out:
        out.writelines(f'{number},"answer, {number}"\n' for number in range(30_000))
    next(read([path]))
    tracemalloc.start()
    count = sum(1 for _ in read([path]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 30_000
    assert peak < 1_000_000


def test_a_folder_is_refused(tmp_path: Path) -> None:
    for format in (None, *FORMATS):
        with pytest.raises(DataError, match="is a folder"):
            list(read([tmp_path, tmp_path], format))


@pytest.mark.parametrize("paths", ["x.csv", Path("x.csv"), [], ()])
def test_paths_must_be_a_list_of_at_least_one(paths: Sequence[str]) -> None:
    with pytest.raises(UsageError):
        read(paths)


@pytest.mark.parametrize(
    ("format", "hint"), [("json", "is jsonl meant"), ("paralel", "is parallel"), ("xml", "one of")]
)
def test_unknown_format_is_refused_at_once(format: str, hint: str) -> None:
    with pytest.raises(UsageError, match=hint):
        read(["x"], format)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("train.de", "train.en"),
        ("train.de.gz", "train.en.gz"),
        ("a.pt-br", "a.en"),
        ("a.de.txt", "a.en.txt"),
    ],
)
def test_two_languages_without_format_suggest_parallel(one: str, two: str) -> None:
    with pytest.raises(UsageError, match="--format parallel"):
        read(["d/" + one, "x.csv", "d/" + two])


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("a.txt", "a.log"),
        ("a.tsv", "a.csv"),
        ("d/a.de", "e/a.en"),
        ("a.de", "b.en"),
        ("a.de", "a.de"),
        ("a.de", "a.de.gz"),
        ("a.part1", "a.part2"),
    ],
)
def test_other_names_do_not(one: str, two: str) -> None:
    read([one, two])


def parallel(folder: Path, *texts: str) -> list[Path]:
    paths = [folder / f"side{number}" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_bytes(text.encode())
    return paths


def test_parallel_text(tmp_path: Path) -> None:
    paths = parallel(tmp_path, "a, b\r\n\nc\td\n", "A\n\nC\u2028D", '"x\n', "X\n")
    assert pairs(paths, "parallel") == [("a, b", "A"), ("c d", "C\u2028D"), ('"x', "X")]
    user, bot = list(read(paths, "parallel"))[1].turns
    assert (user.role, user.origin) == (Role.USER, Origin(str(paths[0]), 3))
    assert (bot.role, bot.origin) == (Role.BOT, Origin(str(paths[1]), 3))


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (("a\nb\nc\n", "A\n"), r"side0:2: .*side1 has only 1 "),
        (("a\n", "A\nB\n"), r"side1:2: .*side0 has only 1 "),
        (("a\nb\n", "A\n\n"), r"side1:2: the answer is empty"),
        (("a\n\n", "A\nB\n"), r"side0:2: the question is empty"),
        (("", "A\n"), r"side0: is empty"),
        (("a\n", ""), r"side1: is empty"),
    ],
)
def test_parallel_text_that_does_not_match_is_refused(
    tmp_path: Path, texts: tuple[str, str], found: str
) -> None:
    with pytest.raises(DataError, match=found):
        list(read(parallel(tmp_path, *texts), "parallel"))


def test_parallel_text_of_an_odd_number_of_files_is_refused() -> None:
    with pytest.raises(UsageError, match="even number of files, not 3"):
        read(["a", "b", "c"], "parallel")


def test_items_of_every_kind() -> None:
    ready = Dialogue((Turn(Role.USER, "u"), Turn(Role.BOT, "b")))
    items = [
        ("hi", " hello\n"),
        ["hi", "hello"],
        {"question": "hi", "answer": "hello", "id": 7},
        {"turns": ({"role": "A", "text": "hi"}, {"role": "B", "text": "hello"})},
        {
            "messages": [
                {"role": "user", "content": "hi"},
                {"role": "assistant", "content": "hello"},
            ]
        },
        ready,
    ]
    found = list(from_items(items))
    assert found[-1] is ready
    assert {tuple(turn.text for turn in d.turns) for d in found[:-1]} == {("hi", "hello")}
    assert [d.turns[0].origin for d in found[:-1]] == [Origin("<items>", n) for n in range(1, 6)]


@pytest.mark.parametrize(
    "item",
    [
        "hi",
        b"hi",
        None,
        3,
        ("hi",),
        ("a", "b", "c"),
        ("a", None),
        (1, "b"),
        ("a", " "),
        ("a\0", "b"),
        ("a", "\ud800"),
        {"question": "a"},
        {"turns": []},
        Turn(Role.USER, "u"),
    ],
)
def test_a_wrong_item_is_refused_by_number(item: object) -> None:
    stream = from_items([("a", "b"), item])
    next(stream)
    with pytest.raises(DataError, match=r"^<items>:2: ") as caught:
        next(stream)
    assert "\n" not in str(caught.value)


def test_no_items_are_refused() -> None:
    with pytest.raises(DataError, match="is empty"):
        list(from_items([]))


printable = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('",;\n\t\x85\u2028'),
    min_size=1,
    max_size=20,
).filter(lambda text: text.strip())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(table=st.lists(st.tuples(printable, printable), min_size=1, max_size=5))
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl"])
def test_written_by_the_standard_library_read_back_the_same(
    tmp_path: Path, suffix: str, table: list[tuple[str, str]]
) -> None:
    path = tmp_path / f"x{suffix}"
    with path.open("w", encoding="utf-8", newline="") as out:
        if suffix == ".jsonl":
            for question, answer in table:
                item = {"question": question, "answer": answer}
                out.write(json.dumps(item, ensure_ascii=False) + "\n")
        else:
            writer = csv.writer(out, "excel" if suffix == ".csv" else "excel-tab")
            writer.writerows([("question", "answer"), *table])
    expected = [
        tuple(re.sub(" *[\r\n\t][\r\n\t ]*", " ", text).strip() for text in row) for row in table
    ]
    assert pairs([path]) == expected


@pytest.mark.skipif(not DATA.is_dir(), reason="the real corpora are not here")
class TestRealCorpora:
    """Counts agree between a corpus as published and as normalised."""

    def test_korean_chatbot(self) -> None:
        folder = DATA / "ko_chatbot"
        raw = pairs([folder / "raw" / "ChatbotData.csv"])
        splits = pairs([folder / f"{name}.jsonl.gz" for name in ("train", "valid", "test")])
        assert len(raw) == len(splits) == 11_823
        assert raw[0] == ("12시 땡!", "하루가 또 가네요.")

    @pytest.mark.parametrize(
        ("name", "count"), [("faq_covidbert.csv", 213), ("faq_200327.tsv", 896)]
    )
    def test_quoted_fields_over_many_lines(self, name: str, count: int) -> None:
        assert len(pairs([DATA / "covid_faq" / "raw" / name])) == count

    def test_question_and_answer_tsv(self) -> None:
        folder = DATA / "personality_chat" / "raw"
        paths = sorted(folder.glob("Queries_*.tsv"))
        assert len(paths) == 3
        assert len(pairs(paths)) == 3 * 165

    def test_parallel_text(self) -> None:
        folder = DATA / "multi30k" / "raw"
        sides = [folder / "val.en.gz", folder / "val.de.gz"]
        normalised = pairs([DATA / "multi30k" / "valid.jsonl.gz"])
        assert pairs(sides, "parallel") == normalised
        assert len(normalised) == 1014
        with pytest.raises(UsageError, match="--format parallel"):
            read(sides)

    @pytest.mark.parametrize(
        ("folder", "count"), [("dailydialog", 1000), ("self_dialogue", 1188), ("babi_dialog", 6117)]
    )
    def test_many_turns(self, folder: str, count: int) -> None:
        assert sum(1 for _ in read([DATA / folder / "test.jsonl.gz"])) == count

    def test_an_empty_turn_in_published_data_is_found(self) -> None:
        with pytest.raises(DataError, match=r":6084: the text of turn 32 is empty"):
            list(read([DATA / "babi_dialog" / "train.jsonl.gz"]))
