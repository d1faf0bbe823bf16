"""What words mean: read as the longest phrases, in their inflections, whatever stands beside."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable
from importlib import resources
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialog_s2s.errors import DataError
from dialog_s2s.text.inflection import inflected
from dialog_s2s.text.spelling import one_edit_away
from dialog_s2s.text.thesaurus import (
    EMPTY,
    HANGUL,
    LANGUAGES,
    LIGHT,
    LONGEST,
    SYLLABLES,
    TOPIC,
    Thesaurus,
    word_hash,
)
from dialog_s2s.text.turns import fold

LINES = """
# English words, and some Korean ones
[returns]
return, give back, send back, bring back  # a sofa, say
refund, money back, reimburse
[money]
money, cash, 돈
money house, bank

[hours]
open, opening hours, start
shut, close
[plants]
leaves, foliage
river side, bank
back garden, yard
"""
MORE = """
leave, depart, go
Part-Time, half days
give, hand over
[한국어]
환불, 돈 돌려, 반품
규정, 방침
몇 시, 언제
차, 티
물, 워터
선물, 기프트
"""
WORDS = Thesaurus.parse(LINES + MORE)
SHIPPED = Thesaurus.known()

texts = st.lists(
    st.sampled_from(
        [*WORDS.phrases, "zebra", "opens", "가격은", "환불규정이", "몇", "시에", "back"]
    ),
    max_size=6,
).map(" ".join)
any_texts = st.one_of(texts, st.text(max_size=20))


def meant(text: str, thesaurus: Thesaurus = WORDS) -> set[int]:
    """The meanings of a text, without topics."""
    return {each for several in thesaurus.meanings(fold(text)) for each in several}


def strengths(text: str, thesaurus: Thesaurus = WORDS) -> dict[int, float]:
    found, strong, starts = thesaurus.read([text])
    assert starts.tolist() == [0, len(found)]
    assert len(set(found.tolist())) == len(found) == len(strong)
    return dict(zip(found.tolist(), strong.tolist(), strict=True))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("give back", "Send back!"),
        ("refund", "money-back"),
        ("reimburse", "REFUND?"),
        ("opening hours", "start"),
        ("돈 돌려", "환불"),
        ("cash", "돈"),
        ("part time", "half days"),
    ],
)
def test_phrases_of_one_line_mean_the_same(one: str, other: str) -> None:
    assert strengths(one) == strengths(other)
    assert len(meant(one)) == 1


def test_lines_differ_and_their_topic_is_shared() -> None:
    assert not meant("return") & meant("refund")
    both = strengths("return").keys() & strengths("refund").keys()
    assert len(both) == 1
    assert not both & (meant("return") | meant("refund"))
    assert not strengths("return").keys() & strengths("open").keys()


def test_a_topic_is_no_word() -> None:
    thesaurus = Thesaurus.parse("[plants]\nrose, tulip\n[rose]\noak, ash")
    topics = strengths("tulip", thesaurus).keys() - meant("tulip", thesaurus)
    assert len(topics) == 1
    for word in ("plants", "plant", "[plants]"):
        assert not topics & strengths(word, thesaurus).keys()
    assert not strengths("rose", thesaurus).keys() & strengths("oak", thesaurus).keys()
    for word in map(fold, {each for each in lines("en") if TOPIC.fullmatch(each)}):
        assert not set(SHIPPED.topics.values()) & {word_hash(word)}


def test_a_topic_may_have_commas_and_a_comment() -> None:
    thesaurus = Thesaurus.parse("[ a, b ] # both\nx, y\nz, w\n[a]\nu, v\n[a, b]\ns, t")
    assert set(thesaurus.phrases) == set("xyzwuvst")
    x, z, u, s = (strengths(word, thesaurus).keys() for word in "xzus")
    assert len(x & z) == len(x & s) == 1
    assert not x & u


def test_lines_before_any_topic_have_none() -> None:
    thesaurus = Thesaurus.parse("leave, depart\n[x]\ngo, walk")
    assert len(strengths("depart", thesaurus)) == 1
    assert len(strengths("walk", thesaurus)) == 2


def test_lines_of_one_topic_that_begin_alike_are_one_meaning() -> None:
    thesaurus = Thesaurus.parse("[a]\nopen, start\nclose, shut\nopen, begin\n[b]\nopen, frank")
    assert meant("start", thesaurus) == meant("begin", thesaurus)
    assert meant("start", thesaurus) < meant("open", thesaurus)
    assert not meant("start", thesaurus) & meant("frank", thesaurus)
    again = Thesaurus.parse("[a]\nopen, start\n[b]\nx, y\n[a]\nopen, begin")
    assert meant("start", again) == meant("begin", again)


@pytest.mark.parametrize("text", ["# nothing", "", "\n \n", "[topic]", "[a]\n[b]"])
def test_what_holds_no_words_is_empty(text: str) -> None:
    thesaurus = Thesaurus.parse(text)
    assert len(thesaurus) == 0
    assert thesaurus.read(["a b"])[2].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("lonely", "'lonely'"),
        ("lonely # one, two", "'lonely'"),
        ("one,", "'one,'"),
        (", two", "', two'"),
        ("one,,two", "'one,,two'"),
        ("  one, ,two  ", "'one, ,two'"),
        ("[]", "'[]'"),
        ("[[a]]", "'[[a]]'"),
        ("[open", "'[open'"),
        ("[open, shut", "'[open, shut'"),
        ("[a] open, shut", "'[a] open, shut'"),
        ("[a], [b]", "'[a], [b]'"),
        ("[[a, b]]", "'[[a, b]]'"),
        ("é" * 61, f"'{'é' * 60}'"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_of(line: str, shown: str, tmp_path: Path) -> None:
    text = f"[topic]\na, b\n\n{line}\nc, d\n"
    message = (
        "4: must be words or phrases of one meaning with commas between, or a [topic], "
        f"but is {shown}"
    )
    for read, where in (
        (lambda: Thesaurus.parse(text), "thesaurus"),
        (lambda: Thesaurus.parse(text, "mine.txt"), "mine.txt"),
        (lambda: Thesaurus.known(written(tmp_path, text)), str(tmp_path / "own.txt")),
    ):
        with pytest.raises(DataError) as caught:
            read()
        assert str(caught.value) == f"{where}:{message}"
        assert caught.value.line == 4


def written(folder: Path, text: str) -> Path:
    """A user's own file."""
    (folder / "own.txt").write_text(text, encoding="utf-8")
    return folder / "own.txt"


def test_a_file_of_ones_own_goes_with_the_shipped_one(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeffrefund, xyzzy\r\n[places]\r\nDunfellow, the Mill\r\n")
    both = Thesaurus.known(path)
    assert len(SHIPPED) < len(both) <= len(SHIPPED) + 3
    assert meant("Dunfellow", both) == meant("the mill", both)
    assert meant("refund", SHIPPED) < meant("refund", both)
    assert meant("xyzzy", both) == meant("refund", both) - meant("refund", SHIPPED)
    assert meant("return", both) == meant("return", SHIPPED)
    alone = Thesaurus.known(str(path), shipped=False)
    assert set(alone.phrases) == {"refund", "xyzzy", "dunfellow", "the mill"}
    (tmp_path / "own.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert Thesaurus.known(tmp_path / "own.gz", shipped=False).json() == alone.json()


def test_a_topic_of_the_shipped_one_does_not_go_on_in_ones_own_file(tmp_path: Path) -> None:
    both = Thesaurus.known(written(tmp_path, "xyzzy, plugh\n"))
    assert len(strengths("xyzzy", both)) == 1


def test_a_file_of_ones_own_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist") as caught:
        Thesaurus.known(tmp_path / "none.txt")
    assert str(caught.value).startswith(f"{tmp_path / 'none.txt'}: ")


def test_without_any_nothing_is_known() -> None:
    assert Thesaurus.known(shipped=False) is EMPTY
    assert len(EMPTY) == 0
    assert not EMPTY.knows("open")
    assert EMPTY.reworded("Open, please!", np.random.default_rng(1), 1.0) == "open please"


def test_an_empty_thesaurus_reads_nothing() -> None:
    found, strong, starts = EMPTY.read(["when do you open", "", "환불"])
    assert (found.tolist(), strong.tolist(), starts.tolist()) == ([], [], [0, 0, 0, 0])
    assert (found.dtype, strong.dtype, starts.dtype) == (np.uint32, np.float32, np.int64)
    assert EMPTY.read([])[2].tolist() == [0]


def test_the_longest_phrase_wins() -> None:
    assert meant("money back") == meant("refund")
    assert meant("back garden") == meant("yard")
    assert meant("money house back") == meant("money house") | meant("back")
    assert meant("money back garden") == meant("refund") | meant("garden")
    assert meant("give") != meant("give back")
    assert meant("give it back") == meant("give") | meant("it") | meant("back")
    nested = Thesaurus.parse("a b c d, first\na b, second\nc d e f, third\nc d, fourth")
    for text, read in (
        ("a b c d e f", ("first", "e", "f")),
        ("a b c", ("second", "c")),
        ("a a b c d", ("a", "first")),
        ("b c d e f", ("b", "third")),
        ("a c d", ("a", "fourth")),
    ):
        wanted = [(meanings,) for word in read for meanings in nested.meanings(word)]
        assert [(each,) for each in nested.meanings(text)] == wanted


@pytest.mark.parametrize(
    ("entry", "others"),
    [
        ("open", ("opens", "opened", "opening", "Opening!")),
        ("depart", ("departs", "departing")),
        ("refund", ("refunds", "refunded", "refunding")),
        ("shut", ("shuts", "shutting")),
        ("give back", ("gives back", "giving back", "giving backs")),
        ("opening hours", ("opening hour", "opened hours")),
        ("go", ("go",)),
    ],
)
def test_english_is_met_in_its_inflections(entry: str, others: tuple[str, ...]) -> None:
    for other in others:
        assert meant(other) == meant(entry)


def test_an_entry_is_met_by_other_inflections_than_its_own() -> None:
    thesaurus = Thesaurus.parse("opening, start\nmade booking, reserved")
    for other in ("open", "opens", "opened", "opening"):
        assert meant(other, thesaurus) == meant("start", thesaurus)
    for other in ("made booked", "made books", "reserve", "reserves"):
        assert meant(other, thesaurus) == meant("reserved", thesaurus)


def test_a_word_as_it_is_comes_before_its_stem() -> None:
    assert meant("leaves") == meant("foliage")
    assert not meant("leaves") & meant("leave")
    assert meant("leaving") == meant("leaves") | meant("leave")


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ("movie", "movies"),
        ("menu", "menus"),
        ("panini", "paninis"),
        ("agree", "agreeing"),
        ("agree", "agreed"),
        ("control", "controlling"),
        ("use", "using"),
        ("fly", "flies"),
    ],
)
def test_words_are_met_in_every_ending(entry: str, word: str) -> None:
    thesaurus = Thesaurus.parse(f"{entry}, other")
    assert meant(word, thesaurus) == meant(entry, thesaurus)


@pytest.mark.parametrize(
    ("entry", "word"),
    [("note", "not"), ("here", "her"), ("theme", "them"), ("done", "don"), ("car", "care")],
)
def test_no_two_words_are_one(entry: str, word: str) -> None:
    thesaurus = Thesaurus.parse(f"{entry}, other")
    assert meant(word, thesaurus) == {word_hash(word)}


def test_a_word_that_has_no_meaning_stands_for_itself() -> None:
    for word in ("zebra", "zebras", "Zebra?"):
        assert strengths(word) == {word_hash("zebra"): 1.0}
    assert meant("zebra") != meant("lion")
    assert meant("얼룩말") == {word_hash("얼룩말")}
    assert meant("7") == {word_hash("7")}
    assert strengths("") == {}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("환불해 주세요", ("환불", "주세요")),
        ("환불해주세요", ("환불",)),
        ("환불규정이요", ("환불", "규정")),
        ("환불은", ("환불",)),
        ("선물을", ("선물",)),
        ("물은", ("물",)),
        ("규정물", ("규정",)),
        ("규정선물", ("규정", "선물")),
        ("몇 시에", ("몇 시",)),
        ("몇 시부터", ("언제",)),
        ("돈 돌려줘요", ("환불",)),
        ("돈이 없어", ("돈", "없어")),
        ("몇 개", ("몇", "개")),
        ("가나다환불", ("가나다환불",)),
    ],
)
def test_korean_is_met_by_what_it_begins_with(text: str, parts: tuple[str, ...]) -> None:
    assert WORDS.meanings(text) == tuple(
        meanings for part in parts for meanings in WORDS.meanings(part)
    )


def test_of_a_korean_word_so_much_is_looked_up() -> None:
    long = "가" * SYLLABLES
    thesaurus = Thesaurus.parse(f"{long}, x\n{long[1:]}, y")
    assert meant(long + "나", thesaurus) == meant("x", thesaurus)
    assert meant(long[1:] + "나", thesaurus) == meant("y", thesaurus)


def test_one_of_several_meanings_is_less_strong() -> None:
    assert set(strengths("bank").values()) == {np.float32(2**-0.5)}
    assert meant("bank") == meant("money house") | meant("river side")
    both = strengths("bank, money house")
    assert [both[each] for each in meant("money house")] == [1.0]
    assert [both[each] for each in meant("river side")] == [np.float32(2**-0.5)]
    assert sorted(both.values()) == pytest.approx([2**-0.5] * 2 + [1.0] * 2)


def test_common_words_that_stand_for_themselves_are_light() -> None:
    thesaurus = Thesaurus({"give": [5], "open": [6]}, {}, ["the", "give", "하는"])
    for text, wanted in (("the", LIGHT), ("하는", LIGHT), ("zebra", 1.0), ("give", 1.0)):
        assert list(strengths(text, thesaurus).values()) == [np.float32(wanted)]
    assert strengths("The open!", thesaurus) == {word_hash("the"): np.float32(LIGHT), 6: 1.0}
    for each in (WORDS, SHIPPED, Thesaurus.from_json(WORDS.json())):
        assert strengths("the", each) == {word_hash("the"): np.float32(LIGHT)}
    assert EMPTY.common == frozenset()


@given(st.integers(1, 6))
def test_several_meanings_together_are_as_strong_as_one(count: int) -> None:
    thesaurus = Thesaurus.parse("\n".join(f"word, other{number}" for number in range(count)))
    assert set(strengths("word", thesaurus).values()) == {1.0}
    thesaurus = Thesaurus.parse("\n".join(f"other{number}, word" for number in range(count)))
    found = strengths("word", thesaurus)
    assert len(found) == count
    assert math.hypot(*found.values()) == pytest.approx(1)


@given(st.lists(any_texts, max_size=5))
def test_a_text_is_read_the_same_in_company_as_alone(several: list[str]) -> None:
    found, strong, starts = WORDS.read(several)
    assert (starts[0], starts[-1], len(starts)) == (0, len(found), len(several) + 1)
    for place, text in enumerate(several):
        own = slice(starts[place], starts[place + 1])
        alone = strengths(text)
        assert dict(zip(found[own].tolist(), strong[own].tolist(), strict=True)) == alone
        assert len(found[own]) == len(alone)
        assert all(0 < each <= 1 for each in alone.values())
        assert meant(text) <= alone.keys()
    assert WORDS.terms(several)[0].tolist() == found.tolist()
    assert WORDS.terms(several)[1].tolist() == starts.tolist()


@given(any_texts)
def test_case_and_punctuation_mean_nothing(text: str) -> None:
    assert strengths(text) == strengths(fold(text))
    assert bool(strengths(text)) == bool(fold(text))


def test_what_comes_too_late_does_not_count() -> None:
    long = "zebra " * (LONGEST // 6)
    assert strengths(long + " " * 6 + "open") == strengths("zebra")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "a", "b"]),
            st.lists(st.sampled_from(["x", "y z", "환불", "bank", "é"]), min_size=2, max_size=4),
        ),
        max_size=6,
    ),
    texts,
)
def test_what_was_stored_reads_the_same(lines: list[tuple[str, list[str]]], text: str) -> None:
    made = "\n".join((f"[{topic}]\n" if topic else "") + ", ".join(line) for topic, line in lines)
    for thesaurus in (Thesaurus.parse(made), WORDS):
        again = Thesaurus.from_json(thesaurus.json())
        assert again.json() == thesaurus.json()
        assert len(again) == len(thesaurus)
        for each in (text, "bank, y z", "환불은"):
            assert strengths(each, again) == strengths(each, thesaurus)


def test_the_shipped_one_is_stored_in_full() -> None:
    again = Thesaurus.from_json(SHIPPED.json())
    assert again.phrases == SHIPPED.phrases
    assert again.topics == SHIPPED.topics
    assert again.common == SHIPPED.common > {"the", "not", "것"}
    assert "환불".encode() in SHIPPED.json()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"{}",
        b'{"phrases": {}}',
        b'{"topics": {}, "common": []}',
        b'{"phrases": {}, "common": []}',
        b'{"phrases": {}, "topics": {}}',
        b'{"phrases": {}, "topics": {"a": 1}, "common": []}',
        b'{"phrases": {}, "topics": {"1": "a"}, "common": []}',
        b'{"phrases": {"a": 3}, "topics": {}, "common": []}',
        b'{"phrases": {}, "topics": {}, "common": 3}',
        b"3",
        b'{"phrases": [], "topics": {}, "common": []}',
        b'{"phrases": {}, "topics": [], "common": []}',
        b'{"phrases": {"a": ["b"]}, "topics": {}, "common": []}',
        b'{"phrases": {"a": "b"}, "topics": {}, "common": []}',
        b'{"phrases": {"a": [1, null]}, "topics": {}, "common": []}',
        b'{"phrases": {"a": [[1]]}, "topics": {}, "common": []}',
        b'{"phrases": "a", "topics": {}, "common": []}',
        b'{"phrases": {}, "topics": null, "common": []}',
        b'{"phrases": {}, "topics": {}, "common": [1]}',
    ],
)
def test_what_is_no_thesaurus_is_refused(data: bytes) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        Thesaurus.from_json(data)
    tree = json.dumps({"phrases": {"a b": [1]}, "topics": {"1": 2}, "common": []}).encode()
    assert strengths("a b", Thesaurus.from_json(tree)) == {1: 1.0, 2: 1.0}


def parted(text: str) -> list[str]:
    return text.split(" xyzzy ")


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from(sorted(SHIPPED.phrases)), min_size=1, max_size=5),
    st.integers(0, 99),
    st.sampled_from([0.0, 0.5, 1.0]),
)
def test_every_phrase_that_is_reworded_keeps_a_meaning(
    phrases: list[str], seed: int, share: float
) -> None:
    text = " xyzzy ".join(phrases)
    made = SHIPPED.reworded(text, np.random.default_rng(seed), share)
    assert len(parted(made)) == len(phrases)
    for before, after in zip(phrases, parted(made), strict=True):
        if before == after:
            continue
        assert share > 0
        assert meant(before, SHIPPED) & meant(after, SHIPPED)
        assert after in SHIPPED.phrases
        assert bool(HANGUL.search(after)) == bool(HANGUL.search(before))
    assert made == SHIPPED.reworded(text, np.random.default_rng(seed), share)


@given(any_texts, st.integers(0, 99))
def test_no_share_rewords_nothing(text: str, seed: int) -> None:
    assert WORDS.reworded(text, np.random.default_rng(seed), 0.0) == " ".join(fold(text).split())


def test_what_has_several_meanings_or_none_is_not_reworded() -> None:
    for seed in range(9):
        random = np.random.default_rng(seed)
        assert WORDS.reworded("Bank, zebra? 환불규정이", random, 1.0) == "bank zebra 환불규정이"


@pytest.mark.parametrize("share", [0.2, 0.7])
def test_about_that_share_of_phrases_is_reworded(share: float) -> None:
    text = " ".join(["close"] * 2000)
    made = WORDS.reworded(text, np.random.default_rng(5), share).split()
    assert set(made) == {"close", "shut"}
    assert made.count("shut") / 2000 == pytest.approx(share, abs=0.04)


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("open", True),
        ("opens", True),
        ("opened", True),
        ("hours", True),
        ("back", True),
        ("half", True),
        ("house", True),
        ("houses", True),
        ("the", True),
        ("wont", True),
        ("zebra", False),
        ("thw", False),
        ("opne", False),
        ("", False),
        ("환불", True),
        ("환불을", True),
        ("한불", False),
        ("환", False),
        ("차", True),
        ("차를", False),
        ("돈", True),
        ("돈이", False),
        ("돌려", True),
        ("돌려줘요", True),
        ("돌", False),
        ("몇", True),
        ("시", True),
        ("시에", False),
        ("것", True),
    ],
)
def test_which_words_are_known(word: str, known: bool) -> None:
    assert WORDS.knows(word) is known
    assert WORDS.known_of([word]) == ({word} if known else set())
    assert Thesaurus.from_json(WORDS.json()).knows(word) is known
    assert not EMPTY.knows(word)
    assert EMPTY.known_of([word]) == set()


REGULAR = ("open", "refund", "price", "delivery", "box", "stop", "match", "size", "agree", "day")
single = Thesaurus.parse(f"{', '.join(REGULAR)}")


@given(st.sampled_from(REGULAR), st.data())
def test_a_known_english_word_has_a_meaning(entry: str, data: st.DataObject) -> None:
    slips = one_edit_away(entry) or [entry]
    word = data.draw(st.sampled_from([entry, *inflected(entry), *slips]))
    if single.knows(word):
        assert single.meanings(word) != ((word_hash(word),),)
        assert single.meanings(word) == single.meanings(entry)


@given(st.sampled_from([each for each in SHIPPED.phrases if each.isalpha()]))
def test_entries_of_one_word_are_known_and_mean_something(word: str) -> None:
    assert SHIPPED.knows(word)
    assert SHIPPED.meanings(word) == (tuple(SHIPPED.phrases[word]),)
    assert word_hash(word) not in SHIPPED.phrases[word]


@given(st.sampled_from(sorted({*SHIPPED.phrases, *SHIPPED.common})))
def test_every_word_of_an_entry_and_every_common_one_is_known(phrase: str) -> None:
    assert all(map(SHIPPED.knows, phrase.split(" ")))


@settings(max_examples=40)
@given(st.sampled_from([each for each in SHIPPED.phrases if one_edit_away(each)]))
def test_the_known_of_many_are_each_known(word: str) -> None:
    near = one_edit_away(word)
    assert SHIPPED.known_of(near) == {other for other in near if SHIPPED.knows(other)}
    assert word in SHIPPED.known_of([*near, word])


shipped = pytest.mark.parametrize("language", LANGUAGES)


def lines(language: str) -> list[str]:
    """Of a shipped file, without comments and blank ones."""
    text = (resources.files("dialog_s2s") / "words" / f"{language}.txt").read_text("utf-8")
    return [each for line in text.split("\n") if (each := line.partition("#")[0].strip())]


def entries(line: str) -> list[str]:
    return [entry.strip() for entry in line.split(",")]


def offending(language: str, wrong: Callable[[list[str]], bool]) -> list[str]:
    return [line for line in lines(language) if not TOPIC.fullmatch(line) and wrong(entries(line))]


@shipped
def test_the_shipped_files_can_be_read(language: str) -> None:
    thesaurus = Thesaurus.parse("\n".join(lines(language)), language)
    assert len(thesaurus) > 1000
    assert thesaurus.phrases.keys() <= SHIPPED.phrases.keys()


@shipped
def test_a_shipped_line_has_two_entries_or_more(language: str) -> None:
    assert offending(language, lambda each: len(each) < 2 or not all(each)) == []


@shipped
def test_a_shipped_line_has_every_entry_once(language: str) -> None:
    assert offending(language, lambda each: len(set(each)) < len(each)) == []
    assert offending(language, lambda each: len(set(map(fold, each))) < 2) == []


@shipped
def test_shipped_entries_are_short_and_in_lower_case(language: str) -> None:
    assert offending(language, lambda each: any(entry != entry.lower() for entry in each)) == []
    assert offending(language, lambda each: any(len(fold(e).split()) > 5 for e in each)) == []


@shipped
def test_no_shipped_entry_is_longer_than_what_is_looked_up(language: str) -> None:
    korean = [each for line in lines(language) for each in entries(line) if HANGUL.search(each)]
    assert [each for each in korean if len(fold(each).split()[-1]) > SYLLABLES] == []


@shipped
def test_shipped_lines_all_have_a_topic_and_no_topic_comes_twice(language: str) -> None:
    every = lines(language)
    assert TOPIC.fullmatch(every[0])
    topics = [each for each in every if TOPIC.fullmatch(each)]
    assert len(topics) == len(set(topics)) > 5
    assert not [one for one, other in pairwise(every) if {one, other} <= {*topics}]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I want my money back", "can I get a refund"),
        ("how much is it", "what does it cost"),
        ("send it back", "I want to return it"),
        ("환불 받고 싶어요", "반품할래요"),
        ("몇 시에 열어요", "언제 문 여나요"),
    ],
)
def test_the_shipped_words_say_what_people_mean(one: str, other: str) -> None:
    assert strengths(one, SHIPPED).keys() & strengths(other, SHIPPED).keys()


def test_shipped_common_words_are_folded_and_stand_for_themselves() -> None:
    assert {fold(word) for word in SHIPPED.common} == SHIPPED.common
    assert all(len(word.split()) == 1 for word in SHIPPED.common)
    assert len(SHIPPED.common) > 200
