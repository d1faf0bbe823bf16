"""Looking up: equal to the plain cosine, forgiving, up to date, and safe on any input and file."""

from __future__ import annotations

import math
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dialog_s2s
from dialog_s2s.errors import DataError, DiskError
from dialog_s2s.memory import cosine, term_index
from dialog_s2s.memory.grams import LONGEST, grams
from dialog_s2s.memory.term_index import ENDING, Read, TermIndex
from dialog_s2s.text.thesaurus import Thesaurus, word_hash

FILE = f"some{ENDING}"
QUESTIONS = (
    "When do you open?",
    "When do you close on Sundays?",
    "Do you sell green tea?",
    "Where is the shop?",
    "Can I return a broken teapot?",
    "몇 시에 문을 여나요?",
    "녹차를 파나요?",
    "가게가 어디에 있어요?",
    "주말에도 영업하시나요?",
)
WORDS = ("tea", "green", "open", "when", "문을", "녹차를", "茶", "?!", "a", "")

THESAURUS = Thesaurus.parse(
    "[drinks]\ntea, chai, 茶, 차\ngreen tea, 녹차\n[hours]\nopen, start\n문을, open"
)
READS: tuple[Read, ...] = (grams, THESAURUS.terms)

reads = st.sampled_from(READS)
texts = st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join)
stored = st.dictionaries(st.integers(0, 30), texts, max_size=12)


def terms(text: str, read: Read = grams) -> set[int]:
    return set(read([text])[0].tolist())


def plain(items: dict[int, str], text: str, read: Read = grams) -> dict[int, float]:
    """The cosine with every text that shares a term, term by term."""
    own = {number: terms(each, read) for number, each in items.items()}
    counts = Counter(term for held in own.values() for term in held)

    def squared(held: set[int]) -> float:
        return sum((math.log((len(items) + 1) / (counts[term] + 1)) + 1) ** 2 for term in held)

    asked = terms(text, read)
    return {
        number: squared(asked & held) / math.sqrt(squared(asked) * squared(held))
        for number, held in own.items()
        if asked & held
    }


def check(index: TermIndex, text: str, wanted: dict[int, float]) -> None:
    """All are found, with these scores, in their order."""
    found = index.search(text, 1000)
    assert dict(found) == pytest.approx(wanted, rel=1e-6)
    assert len(found) == len(wanted)
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    for count in (1, 3):
        assert index.search(text, count) == found[:count]


@pytest.fixture(params=[False, True], ids=["in memory", "on disk"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> TermIndex:
    """An index of `QUESTIONS` by their places."""
    file = tmp_path / "x" / FILE if request.param else None
    return TermIndex.build(grams, enumerate(QUESTIONS), file)


@given(read=reads, items=stored, text=texts)
def test_scores_are_cosines(read: Read, items: dict[int, str], text: str) -> None:
    check(TermIndex.build(read, items.items()), text, plain(items, text, read))


@given(items=stored, text=texts, budget=st.integers(1, 60))
def test_common_terms_count_as_if_they_were_added_up(
    items: dict[int, str], text: str, budget: int
) -> None:
    index = TermIndex.build(grams, items.items())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cosine, "BUDGET", budget)
        found = dict(index.search(text, 1000))
    wanted = plain(items, text)
    assert found == pytest.approx({number: wanted[number] for number in found}, rel=1e-6)
    rarest = [number for number in wanted if number in found]
    assert bool(rarest) == bool(wanted)


@given(read=reads, pieces=st.lists(stored, min_size=1, max_size=4), text=texts)
def test_batches_are_as_one(read: Read, pieces: list[dict[int, str]], text: str) -> None:
    whole: dict[int, str] = {}
    for piece in pieces:
        whole |= piece
    items = [item for piece in pieces for item in piece.items()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(term_index, "LETTERS", 7)
        patch.setattr(cosine, "CHUNK", 5)
        index = TermIndex.build(read, items)
    assert len(index) == len(whole)
    check(index, text, plain(whole, text, read))


changes = st.lists(
    st.one_of(
        st.tuples(st.just("add"), stored),
        st.tuples(st.just("remove"), st.lists(st.integers(0, 30), max_size=4)),
    ),
    max_size=6,
)


@settings(deadline=None)
@given(read=reads, items=stored, steps=changes, text=texts, small=st.sampled_from([0, 4, 1000]))
def test_changes_are_searchable_at_once(
    read: Read,
    items: dict[int, str],
    steps: list[tuple[str, dict[int, str] | list[int]]],
    text: str,
    small: int,
) -> None:
    index, now = TermIndex.build(read, items.items()), dict(items)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(term_index, "SMALL", small)
        for _, what in steps:
            if isinstance(what, dict):
                index.add(list(what.items()))
                now |= what
            else:
                index.remove(what)
                now = {number: each for number, each in now.items() if number not in what}
            assert len(index) == len(now)
            found = index.search(text, 1000)
            asked = terms(text, read)
            assert {number for number, _ in found} == {
                number for number, each in now.items() if asked & terms(each, read)
            }
            assert found == sorted(found, key=lambda each: (-each[1], each[0]))
            for number, score in found:
                assert (score > 1 - 1e-6) == (terms(now[number], read) == asked)
            many = index.search_all([text, *now.values()], 2)
            assert many == [index.search(each, 2) for each in (text, *now.values())]


@given(read=reads, first=stored, later=stored, text=texts)
def test_what_was_joined_is_as_if_built(
    read: Read, first: dict[int, str], later: dict[int, str], text: str
) -> None:
    index = TermIndex.build(read, first.items())
    index.add(list(later.items()))
    check(index, text, plain(first | later, text, read))


def test_frequencies_are_those_of_the_base_until_it_is_outgrown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(term_index, "SMALL", 0)
    items = dict(enumerate(f"question {number}" for number in range(40)))
    index = TermIndex.build(grams, items.items())
    before = dict(index.search("question 7", 100))
    for number in range(100, 108):
        index.add([(number, "question 7")])
    found = dict(index.search("question 7", 100))
    assert {number: found[number] for number in before} == before
    assert all(found[number] == found[7] for number in range(100, 108))
    more = dict(enumerate((f"other {number}" for number in range(20)), 200))
    index.add(list(more.items()))
    now = items | dict.fromkeys(range(100, 108), "question 7") | more
    check(index, "question 7", plain(now, "question 7"))


def test_equal_texts_come_by_id_however_many() -> None:
    index = TermIndex.build(grams, [(number, "the same") for number in reversed(range(3000))])
    assert [number for number, _ in index.search("the same", 50)] == list(range(50))
    index.add([(1 << 40, "the same"), (10_000, "the same")])
    found = index.search("the same", 3002)
    assert [number for number, _ in found] == [*range(3000), 10_000, 1 << 40]
    assert len({score for _, score in found}) == 1


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("When do you opne", 0),
        ("whendo you open", 0),
        ("on Sundays, when do you close", 1),
        ("do u sell geen tea", 2),
        ("몇시에 문을 열나요", 5),
        ("녹챠를 파나요", 6),
        ("가개가 어디 있어요", 7),
    ],
)
def test_typos_are_forgiven(index: TermIndex, text: str, place: int) -> None:
    (best, score), (_, second) = index.search(text)[:2]
    assert best == place
    assert second < score < 1


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_stored_text_has_one_with_itself(index: TermIndex, text: str) -> None:
    (best, score), *others = index.search(f"  {text.upper()} ")
    assert (best, score) == (QUESTIONS.index(text), pytest.approx(1, abs=1e-6))
    assert all(other < 0.999 for _, other in others)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t\n",
        "😀",
        "\0",
        "\ud800 lone",
        'open" OR *:* AND NOT (tea^9)~2 [a TO z] \\',
        "id:3 -tea +open",
        "e" * LONGEST,
        "when do you open " * 5000,
        "".join(map(chr, range(0x3000, 0x3000 + LONGEST))),
    ],
    ids=range(10),
)
def test_any_text_can_be_stored_and_asked(index: TermIndex, text: str) -> None:
    before = index.search(QUESTIONS[0])
    index.search(text)
    index.add([(99, text)])
    best = index.search(text, 1)
    assert [number for number, _ in best] == ([99] if text.strip() else [])
    index.remove([99])
    assert len(index) == len(QUESTIONS)
    found = index.search(QUESTIONS[0])
    assert [number for number, _ in found] == [number for number, _ in before]


def test_marks_of_a_query_language_are_only_marks(index: TermIndex) -> None:
    assert index.search('"green" AND (tea)*', 5) == index.search("green and tea", 5)


def test_only_so_many_as_asked_for(index: TermIndex) -> None:
    assert len(index.search("do you", 2)) == 2
    assert index.search("do you", 0) == []
    assert index.search_all([], 3) == []
    assert index.search("xyz qqq", 3) == []


def test_a_long_text_with_too_many_terms_is_still_found(monkeypatch: pytest.MonkeyPatch) -> None:
    long = " ".join(f"w{number}" for number in range(3000))
    assert len(terms(long)) > cosine.TERMS
    items = {number: f"w{number} w{number + 1} and more" for number in range(100)}
    index = TermIndex.build(grams, [*items.items(), (500, long)])
    assert index.search(long, 1)[0][0] == 500


def test_the_best_of_many_rows_beyond_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    items = {number: f"how are you number {number}" for number in range(3000)}
    index = TermIndex.build(grams, items.items())
    exact = [index.search(f"how are you numbr {number}", 8) for number in range(0, 3000, 100)]
    monkeypatch.setattr(cosine, "BUDGET", 1500)
    cut = [index.search(f"how are you numbr {number}", 8) for number in range(0, 3000, 100)]
    for one, other in zip(exact, cut, strict=True):
        assert one[0][0] == other[0][0]
        assert [score for _, score in one] == pytest.approx([score for _, score in other], abs=0.02)


def test_an_empty_index_takes_its_first_text(tmp_path: Path) -> None:
    for index in (
        TermIndex(grams),
        TermIndex.build(grams, []),
        TermIndex.build(grams, [], tmp_path / FILE),
        TermIndex.open(grams, tmp_path / FILE),
    ):
        assert (len(index), index.search("tea")) == (0, [])
        index.remove([1])
        index.add([])
        index.add([(1, "green tea")])
        assert [number for number, _ in index.search("tea")] == [1]
        index.remove([1])
        assert (len(index), index.search("tea")) == (0, [])


@pytest.mark.parametrize("add", [False, True])
def test_a_negative_id_is_refused(index: TermIndex, add: bool) -> None:
    with pytest.raises(ValueError, match="must not be negative, and one is -3"):
        index.add([(1, "x"), (-3, "y")]) if add else TermIndex.build(grams, [(-3, "y")])
    assert len(index) == len(QUESTIONS)


@settings(max_examples=30, deadline=None)
@given(read=reads, items=stored, text=texts)
def test_opened_is_as_built(
    tmp_path_factory: pytest.TempPathFactory, read: Read, items: dict[int, str], text: str
) -> None:
    file = tmp_path_factory.mktemp("index") / FILE
    built = TermIndex.build(read, items.items(), file)
    opened, kept = TermIndex.open(read, file), TermIndex.build(read, items.items())
    assert len(opened) == len(built) == len(items)
    assert opened.search(text) == built.search(text) == kept.search(text)


def test_changes_leave_the_file_and_other_readers_alone(tmp_path: Path) -> None:
    index = TermIndex.build(grams, enumerate(QUESTIONS), tmp_path / FILE)
    other = TermIndex.open(grams, tmp_path / FILE)
    before = (tmp_path / FILE).read_bytes()
    index.add([(50, "brand new")])
    index.remove([0, 1])
    again = TermIndex.open(grams, tmp_path / FILE)
    assert len(other) == len(again) == len(QUESTIONS)
    assert other.search("brand new", 1) == again.search("brand new", 1)
    assert (tmp_path / FILE).read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_built_again_under_a_reader(tmp_path: Path) -> None:
    reader = TermIndex.build(grams, enumerate(QUESTIONS), tmp_path / FILE)
    TermIndex.build(grams, [(7, "all new")], tmp_path / FILE)
    assert reader.search(QUESTIONS[2], 1)[0][0] == 2
    assert TermIndex.open(grams, tmp_path / FILE).search("all new", 1)[0][0] == 7


def test_other_processes_read_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "x"
    TermIndex.build(grams, enumerate(QUESTIONS), folder / FILE)
    (folder / FILE).chmod(0o444)
    folder.chmod(0o555)
    program = """
import sys
from pathlib import Path
from dialog_s2s.memory.grams import grams
from dialog_s2s.memory.term_index import TermIndex
index = TermIndex.open(grams, Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
index.add([(77, "an addition")])
print(index.search("green tea", 1)[0][0], index.search("addition", 1)[0][0])
"""
    try:
        readers = [
            subprocess.Popen(
                [sys.executable, "-W", "error", "-c", program, str(folder / FILE)],
                cwd=Path(dialog_s2s.__file__).parent.parent,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(3)
        ]
        for reader in readers:  # all have it open before any goes on
            assert reader.stdout is not None
            assert reader.stdout.readline() == "ready\n"
        assert [reader.communicate("go\n")[0] for reader in readers] == ["2 77\n"] * 3
    finally:
        folder.chmod(0o755)


def test_a_missing_or_damaged_index_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="build it anew") as caught:
        TermIndex.open(grams, tmp_path / "none" / FILE)
    assert str(caught.value).startswith(f"{tmp_path / 'none' / FILE}: ")
    TermIndex.build(grams, enumerate(QUESTIONS), tmp_path / FILE)
    file = tmp_path / FILE
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0x40
    file.write_bytes(data)
    with pytest.raises(DataError, match="the index is damaged"):
        TermIndex.open(grams, tmp_path / FILE)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(DiskError, match="cannot be made"):
        TermIndex.build(grams, [(1, "tea")], tmp_path / "file" / FILE)
    assert (tmp_path / "file").read_text() == "mine"


def test_how_many_texts_hold_a_term() -> None:
    index = TermIndex.build(THESAURUS.terms, enumerate(["green tea", "tea", "chai tea", "zzz"]))
    tea, green = word_hash("tea"), THESAURUS.meanings("녹차")[0][0]
    (meant,) = THESAURUS.meanings("tea")[0]
    asked = [meant, green, word_hash("zzz"), tea, 1]
    assert index.counted(asked).tolist() == [2, 1, 1, 0, 0]
    index.add([(9, "茶"), (10, "hot tea")])
    assert index.counted(asked[:2]).tolist() == [4, 1]
    index.remove([0, 9])
    assert len(index) == 4
    index.add([(0, "zzz")])
    assert index.counted(asked[2:4]).tolist() == [2, 0]
    assert index.counted([]).tolist() == []
    assert TermIndex(grams).counted([1, 2]).tolist() == [0, 0]


def test_words_that_mean_the_same_find_one_another() -> None:
    index = TermIndex.build(THESAURUS.terms, enumerate(QUESTIONS))
    assert [number for number, _ in index.search("start?")] == [0, 5]
    for text in ("green tea", "녹차!", "녹차가"):
        assert {number for number, _ in index.search(text)} == {2, 6}
    assert index.search("xyzzy") == []


def test_threads_search_while_others_change() -> None:
    index = TermIndex.build(grams, [*enumerate(QUESTIONS * 20), (5000, "a word of its own")])
    count = len(index)
    stop = threading.Event()
    wrong: list[object] = []

    def search() -> None:
        while not stop.is_set():
            best = index.search("a word of its own", 1)
            if best[0][0] < 1000:
                wrong.append(best)

    def change(first: int) -> None:
        for number in range(first, first + 40):
            index.add([(number, "a word of its own"), (number + 500, "another")])
            index.remove([number])

    searching = [threading.Thread(target=search) for _ in range(2)]
    changing = [threading.Thread(target=change, args=(first,)) for first in (1000, 2000)]
    for thread in (*searching, *changing):
        thread.start()
    for thread in changing:
        thread.join()
    stop.set()
    for thread in searching:
        thread.join()
    assert wrong == []
    assert len(index) == count + 80
    best, second = index.search("a word of its own", 2)
    assert best[0] == 5000
    assert second[1] < 0.99
