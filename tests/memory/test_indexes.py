"""Rows by words and by meanings: each look-up as its own index gives it, on disk or not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.errors import DataError, DiskError
from dialog_s2s.memory.grams import grams
from dialog_s2s.memory.indexes import Asked, Indexes
from dialog_s2s.memory.keys import indexed
from dialog_s2s.memory.term_index import TermIndex
from dialog_s2s.text.thesaurus import EMPTY, Thesaurus
from dialog_s2s.text.turns import Role, Turn

THESAURUS = Thesaurus.parse("[hours]\nopen, start\nclose, shut\n[drinks]\ntea, chai, 차\n")
ITEMS = (
    (3, "When do you open?"),
    (5, "When do you close on Sundays?"),
    (7, "Do you sell green tea?"),
    (11, "차 있어요"),
)
TEA = (Turn(Role.USER, "do you sell tea"), Turn(Role.BOT, "Yes."))

words = st.sampled_from(
    ["when", "open", "start", "chai", "tea", "차를", "shut", "sundays", "?", ""]
)
texts = st.lists(words, max_size=4).map(" ".join)
stored = st.dictionaries(st.integers(0, 20), texts, max_size=6)
asked = st.tuples(texts, texts, st.sampled_from([(), TEA, TEA[1:]]))


def nearest(index: TermIndex, text: str, count: int) -> list[int]:
    return [row for row, _ in index.search(text, count)]


def wanted(items: dict[int, str], question: Asked, count: int) -> list[list[int]]:
    """What two indexes of the same rows find, each by itself."""
    typed, spelt, context = question
    found = []
    for index, text in (
        (TermIndex.build(grams, items.items()), typed),
        (TermIndex.build(THESAURUS.terms, items.items()), spelt),
    ):
        found.append(nearest(index, text, count))
        if context:
            found.append(nearest(index, indexed(text, context), count))
    return found


@given(stored, st.lists(asked, max_size=4), st.integers(1, 5))
def test_every_look_up_is_as_its_index_alone(
    items: dict[int, str], several: list[Asked], count: int
) -> None:
    found = Indexes.build(THESAURUS, items.items()).search(several, count)
    assert len(found) == len(several)
    for each, question in zip(found, several, strict=True):
        assert each == wanted(items, question, count)


@given(stored, stored, st.lists(st.integers(0, 20), max_size=5), asked)
def test_changes_are_in_both(
    before: dict[int, str], added: dict[int, str], removed: list[int], question: Asked
) -> None:
    indexes = Indexes.build(THESAURUS, before.items())
    indexes.add(list(added.items()))
    indexes.remove(removed)
    assert indexes.meaning is not None
    left = {row: text for row, text in (before | added).items() if row not in removed}
    assert len(indexes.lexical) == len(indexes.meaning) == len(left)
    (found,) = indexes.search([question], 50)
    rows = [set(each) for each in found]
    assert rows == [set(each) for each in wanted(left, question, 50)]


def test_words_that_share_no_letter_are_found() -> None:
    indexes = Indexes.build(THESAURUS, ITEMS)
    ((lexical, meaning),) = indexes.search([("chai", "chai", ())], 5)
    assert 7 not in lexical
    assert sorted(meaning) == [7, 11]
    ((lexical, meaning),) = indexes.search([("shut", "shut", ())], 1)
    assert meaning == [5]


def test_what_is_meant_is_looked_up_as_it_is_meant_to_be_spelt() -> None:
    indexes = Indexes.build(THESAURUS, ITEMS)
    assert indexes.spelt("When do you OPNE?") == "when do you open"
    ((lexical, meaning),) = indexes.search([("xyzzy", "shut", ())], 5)
    assert lexical == []
    assert meaning[0] == 5
    ((lexical, meaning),) = indexes.search([("green", "xyzzy", ())], 5)
    assert lexical[0] == 7
    assert meaning == []


def test_turns_before_are_looked_up_with_the_question() -> None:
    indexes = Indexes.build(THESAURUS, [*ITEMS, (20, "and cake? do you sell tea Yes.")])
    found = indexes.search([("and cake", "and cake", TEA), ("cake", "cake", ())], 1)
    assert [len(each) for each in found] == [4, 2]
    assert found[0][1] == found[0][3] == [20]


@given(st.lists(asked, max_size=3))
def test_without_a_thesaurus_there_are_words_alone(several: list[Asked]) -> None:
    indexes = Indexes.build(EMPTY, ITEMS)
    assert indexes.meaning is None
    assert indexes.spelt("When do you OPNE?") == "When do you OPNE?"
    for each, (typed, _, context) in zip(indexes.search(several, 9), several, strict=True):
        texts = [typed, *([indexed(typed, context)] if context else [])]
        assert each == [nearest(indexes.lexical, text, 9) for text in texts]
    indexes.add([(1, "brand new")])
    indexes.remove([3])
    assert len(indexes.lexical) == len(ITEMS)


@pytest.mark.parametrize(
    ("thesaurus", "names"),
    [(THESAURUS, {"lexical.index", "meaning.index"}), (EMPTY, {"lexical.index"})],
    ids=["with words", "without"],
)
def test_opened_is_as_built(thesaurus: Thesaurus, names: set[str], tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "index"
    built = Indexes.build(thesaurus, iter(ITEMS), folder)
    assert {file.name for file in folder.iterdir()} == names
    opened, kept = Indexes.open(thesaurus, folder), Indexes.build(thesaurus, ITEMS)
    questions: list[Asked] = [(text, text, TEA) for _, text in ITEMS] + [("shut", "start", ())]
    assert opened.search(questions, 5) == built.search(questions, 5) == kept.search(questions, 5)
    for each in (built, opened, kept):
        assert each.spelt("opne") == ("open" if len(thesaurus) else "opne")


@pytest.mark.parametrize("name", ["lexical", "meaning"])
def test_one_that_is_missing_or_damaged_is_told_of(name: str, tmp_path: Path) -> None:
    Indexes.build(THESAURUS, ITEMS, tmp_path)
    file = tmp_path / f"{name}.index"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0x40
    file.write_bytes(data)
    with pytest.raises(DataError, match="the index is damaged") as caught:
        Indexes.open(THESAURUS, tmp_path)
    assert str(caught.value).startswith(f"{file}: ")
    file.unlink()
    with pytest.raises(DataError, match="build it anew"):
        Indexes.open(THESAURUS, tmp_path)


def test_what_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must not be negative, and one is -3"):
        Indexes.build(THESAURUS, [(-3, "tea")])
    (tmp_path / "file").write_text("mine")
    with pytest.raises(DiskError, match="cannot be made"):
        Indexes.build(THESAURUS, ITEMS, tmp_path / "file")


def test_nothing_is_found_in_nothing() -> None:
    indexes = Indexes.build(THESAURUS, [])
    assert indexes.search([("tea", "tea", TEA)], 3) == [[[], [], [], []]]
    assert indexes.search([], 3) == []
    assert indexes.spelt("Opne it") == "opne it"
    indexes.add([(1, "green tea"), (2, "when do you start")])
    assert indexes.spelt("Opne it") == "open it"
    assert indexes.search([("tea", "chai", ())], 3) == [[[1], [1]]]
