"""The answer memory's rows: added, removed, restored and found; and a removed text is gone."""

from __future__ import annotations

import dataclasses
import random
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from dialog_s2s.errors import UsageError
from dialog_s2s.memory import rows as module
from dialog_s2s.memory.rows import NewRow, Row, Rows
from dialog_s2s.text.turns import Role, Turn

FAQ = [
    NewRow("When do you open?", (), "At nine.", "trained", "faq.csv:1", 1),
    NewRow("When do you close?", (), "At six.", "trained", "faq.csv:2", 2),
    NewRow("Opening hours?", (), "At nine.", "trained", "faq.csv:3", 1),
    NewRow(
        "And on Sunday?",
        (Turn(Role.USER, "When do you open?"), Turn(Role.BOT, "At nine.")),
        "We are closed.",
        "trained",
        "faq.csv:5",
    ),
]


def taught(question: str, answer: str, at: float = 1e9, kind: str = "taught") -> NewRow:
    return NewRow(question, (), answer, kind, "chat", 0, at)


def kept(row: NewRow, id: int) -> Row:
    return Row(id, **{name: getattr(row, name) for name in NewRow.__slots__})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of a memory of `FAQ`, alone in a folder."""
    Rows.create(tmp_path / "memory.db", FAQ)
    return tmp_path / "memory.db"


@pytest.fixture
def rows(path: Path) -> Iterator[Rows]:
    """A memory of `FAQ`."""
    with Rows.open(path) as rows:
        yield rows


def ids(rows: list[Row]) -> list[int]:
    return [row.id for row in rows]


def test_what_is_created_is_there(rows: Rows) -> None:
    assert [*rows] == [kept(row, id) for id, row in enumerate(FAQ, 1)]
    assert (len(rows), rows.version) == (4, 4)


def test_added_rows_are_there_and_stay(rows: Rows, path: Path) -> None:
    tea = taught("Do you sell tea?", "Green and black.")
    assert rows.add(tea) == kept(tea, 5)
    more = [taught("Milk?", "No.", 2e9), taught("Sugar?", "Yes.", 3e9, "fixed")]
    assert rows.add_all(iter(more)) == [kept(more[0], 6), kept(more[1], 7)]
    assert rows.add_all([]) == []
    for each in (rows, Rows.open(path)):
        with each:
            assert [*each] == [kept(row, id) for id, row in enumerate([*FAQ, tea, *more], 1)]


def test_any_text_comes_back_as_it_was(rows: Rows, path: Path) -> None:
    odd = (
        " two\n lines\t ",
        "NUL \0 and more",
        "안녕 👩‍👩‍👧 \u202e",
        "'); DROP TABLE rows; --",
        "x" * 99_999,
    )
    for text in odd:
        row = rows.add(NewRow(text, (Turn(Role.BOT, text),), text, "taught", text, 0, 1.0))
        assert row.question == row.answer == row.origin == row.context[0].text == text
        with Rows.open(path) as other:
            assert other.get([row.id]) == [row]


def test_half_a_surrogate_pair_becomes_a_question_mark(rows: Rows) -> None:
    row = rows.add(taught("a \ud800 b", "\udfff"))
    assert (row.question, row.answer) == ("a ? b", "?")
    assert rows.get([row.id]) == [row]


def test_if_one_row_is_not_sound_none_is_added(rows: Rows) -> None:
    with pytest.raises(UsageError, match="must have some text"):
        rows.add_all([taught("Tea?", "Yes."), taught("", "No.")])
    with pytest.raises(UsageError, match="must have some text"):
        rows.add(taught("Tea?", "  "))
    assert (len(rows), rows.version) == (4, 4)


def test_an_interruption_undoes_a_change(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "make_private", interrupt)
        with pytest.raises(KeyboardInterrupt):
            rows.add(taught("Tea?", "Yes."))
        patch.setattr(module, "answer_hash", interrupt)
        with pytest.raises(KeyboardInterrupt):
            rows.remove([1, 2])
    assert (len(rows), rows.version) == (4, 4)
    assert rows.add(taught("Tea?", "Yes.")).id == 5


def test_rows_are_got_in_the_order_asked(rows: Rows) -> None:
    assert ids(rows.get([3, 1, 99, -1, 0, 4, 3])) == [3, 1, 4, 3]
    assert ids(rows.get(np.array([2, 1], dtype=np.uint32))) == [2, 1]
    assert rows.get([2**63, -(2**80)]) == rows.get([]) == []


def test_removed_rows_are_handed_back_and_gone(rows: Rows, path: Path) -> None:
    before = {row.id: row for row in rows}
    assert rows.remove([4, 77, 2, 4]) == [before[4], before[2]]
    assert rows.remove([4, 2]) == rows.remove([]) == []
    with Rows.open(path) as other:
        assert ids([*other]) == ids([*rows]) == [1, 3]
    assert len(rows) == 2


def test_an_id_is_never_given_twice(rows: Rows, path: Path) -> None:
    given = [rows.add(taught("Tea?", "Yes.")).id]
    rows.remove(given)
    with Rows.open(path) as other:
        given.append(other.add(taught("Milk?", "No.")).id)
    rows.remove([1])
    given.append(rows.add(taught("Sugar?", "Yes.")).id)
    assert len({*given, 1, 2, 3, 4}) == 7


def test_what_is_restored_is_as_it_was(rows: Rows) -> None:
    before = [*rows]
    removed = rows.remove([4, 2, 1])
    assert rows.restore(removed) == removed
    assert [*rows] == before
    assert rows.restore([]) == []


def test_an_id_in_use_is_not_taken(rows: Rows) -> None:
    (row,) = rows.get([2])
    (copy,) = rows.restore([row])
    assert copy == dataclasses.replace(row, id=copy.id)
    assert copy.id not in (1, 2, 3, 4)
    assert rows.get([2, copy.id]) == [row, copy]


@pytest.mark.parametrize("id", [-1, 0, 5, 1000, 2**63])
def test_an_id_that_was_never_given_is_not_taken(rows: Rows, id: int) -> None:
    (row,) = rows.restore([dataclasses.replace(rows.get([1])[0], id=id)])
    assert row.id == 5
    assert rows.add(taught("Tea?", "Yes.")).id == 6


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("open", [1, 3, 4]),
        ("ＯＰＥＮ?", [1, 3, 4]),
        ("when do", [1, 2, 4]),
        ("  NINE ", [1, 3, 4]),
        ("closed", [4]),
        ("you  open", [1, 4]),
        ("open at", []),
        ("pen", [1, 3, 4]),
        ("faq.csv", []),
        ("%", []),
        ("\ud800", []),
    ],
)
def test_rows_are_matched_whatever_the_case_and_width(
    rows: Rows, pattern: str, found: list[int]
) -> None:
    assert ids(rows.matching(pattern)) == found


@pytest.mark.parametrize("pattern", ["", " \n", "　"])
def test_an_empty_pattern_is_refused(rows: Rows, pattern: str) -> None:
    with pytest.raises(UsageError, match="the pattern is empty"):
        rows.matching(pattern)


def test_listed_newest_first(rows: Rows) -> None:
    rows.add_all(
        [
            taught("Tea?", "Yes.", 2.0),
            taught("Milk?", "No.", 3.0, "fixed"),
            taught("Sugar?", "Yes.", 2.0),
            taught("Cake?", "Yes.", 1.0),
        ]
    )
    assert ids(rows.listed()) == [6, 7, 5, 8]
    assert ids(rows.listed(["fixed"])) == [6]
    assert ids(rows.listed(("trained", "fixed"))) == [6, 4, 3, 2, 1]
    assert rows.listed([]) == []


def test_rows_are_streamed_while_others_change_them(path: Path, monkeypatch) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    with Rows.open(path) as rows, Rows.open(path) as other:
        stream = iter(rows)
        assert next(stream).id == 1
        other.remove([3])
        other.add(taught("Tea?", "Yes."))
        assert [row.answer for row in stream] == ["At six.", "We are closed.", "Yes."]


def test_the_version_grows_with_every_change_by_anyone(rows: Rows, path: Path) -> None:
    seen = [rows.version]
    with Rows.open(path) as other:
        for who in (rows, other):
            who.add(taught("Tea?", "Yes."))
            assert rows.version == other.version
            seen.append(rows.version)
            removed = who.remove([seen[0]])
            seen.append(other.version)
            who.restore(removed)
            seen.append(rows.version)
        who.get([1])
        who.remove([9999])
        assert rows.version == seen[-1]
    assert seen == sorted(set(seen))


def test_what_has_changed_since(rows: Rows, path: Path) -> None:
    version = rows.version
    assert rows.since(version) == (version, [], [])
    with Rows.open(path) as other:
        tea = other.add(taught("Tea?", "Yes."))
        removed = other.remove([2, 3])
        assert rows.since(version) == (rows.version, [tea], [2, 3])
        later = rows.version
        back = other.restore(removed[:1])
        assert rows.since(later) == (rows.version, back, [])
        assert rows.since(version) == (rows.version, [tea, *back], [2, 3])
    now, added, gone = rows.since(0)
    assert (now, sorted(ids(added)), gone) == (rows.version, [1, 2, 4, 5], [2, 3])


def test_a_version_that_is_yet_to_come_is_another_files(rows: Rows) -> None:
    with pytest.raises(UsageError, match="has no version 5; begin again"):
        rows.since(5)


def test_the_last_answer_removed_is_blocked(rows: Rows, path: Path) -> None:
    assert not rows.blocks("At nine.")
    assert not rows.blocks("We never said this.")
    rows.remove([1])
    assert not rows.blocks("At nine.")  # row 3 still says it
    (last,) = rows.remove([3])
    with Rows.open(path) as other:
        assert rows.blocks("At nine.")
        assert other.blocks("at  ＮＩＮＥ")
        assert not other.blocks("At six.")
        assert not other.blocks("We never said this.")
        other.restore([last])
        assert not rows.blocks("At nine.")
        rows.remove([last.id])
        assert other.blocks("At nine.")
        other.add(taught("Since when?", "at nine!"))
        assert not rows.blocks("At nine.")


def test_what_is_blocked_cannot_be_looked_up_in_another_file(tmp_path: Path) -> None:
    hashes = set()
    for name in "ab":
        Rows.create(tmp_path / name, FAQ)
        with Rows.open(tmp_path / name) as rows:
            rows.remove([2])
        with closing(sqlite3.connect(tmp_path / name)) as connection:
            query = "SELECT answer_hash FROM rows WHERE version = 2"
            hashes.add(connection.execute(query).fetchone())
    assert len(hashes) == 2


def test_closed_rows_say_so(rows: Rows) -> None:
    rows.close()
    rows.close()
    for call in (lambda: rows.version, lambda: rows.add(FAQ[0]), lambda: list(rows)):
        with pytest.raises(UsageError, match=r"memory\.db: is closed"):
            call()


def tagged(number: int, dice: random.Random) -> NewRow:
    """A row whose every text is its tag again and again, for a few bytes or for some pages."""
    tag = f"<({number})>"
    question, answer, turn = (tag * dice.choice([1, 2, 5, 20, 90, 700]) for _ in range(3))
    context = (Turn(Role.USER, turn),) if dice.random() < 0.3 else ()
    return NewRow(question, context, answer, "taught", tag, 0, 1.0)


def tags(folder: Path) -> set[int]:
    """The numbers of all rows of which something is left in the folder's files."""
    data = b"\0".join(each.read_bytes() for each in folder.iterdir())
    return {int(tag) for tag in re.findall(rb"<\((\d+)\)>", data)}


def number_of(row: Row) -> int:
    return int(row.origin[2:-2])


@pytest.mark.parametrize("seed", range(4))
def test_nothing_of_a_removed_row_is_left(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    path = tmp_path / "memory.db"
    Rows.create(path, [tagged(number, dice) for number in range(300)])
    next_number = 300
    removed: list[Row] = []
    for _ in range(20):
        with Rows.open(path) as rows:
            here = [*rows]
            removed += rows.remove(row.id for row in dice.sample(here, dice.choice([1, 9, 40])))
            if seed % 2:
                dice.shuffle(removed)
                rows.restore([removed.pop() for _ in range(len(removed) // 3)])
            rows.add_all([tagged(next_number + each, dice) for each in range(12)])
            next_number += 12
            here = [*rows]
        assert tags(tmp_path) == {number_of(row) for row in here}
    assert removed


def test_nothing_is_left_while_another_reads(path: Path) -> None:
    with Rows.open(path) as rows, Rows.open(path) as other:
        row = rows.add(tagged(7, random.Random(0)))
        stream = iter(other)
        next(stream)
        assert tags(path.parent) == {7}
        rows.remove([row.id])
        assert tags(path.parent) == set()
        assert [each.name for each in path.parent.iterdir()] == ["memory.db"]


texts = st.text(max_size=20).filter(str.strip)
new_rows = st.builds(
    NewRow,
    texts,
    st.just(()) | st.lists(st.builds(Turn, st.sampled_from(Role), texts), max_size=2).map(tuple),
    st.sampled_from(["Yes.", "yes", "No.", "Perhaps: it depends."]) | texts,
    st.sampled_from(["taught", "fixed"]),
    st.just("chat"),
    st.integers(0, 3),
    st.floats(0, 2e9),
)


class Model(RuleBasedStateMachine):
    """Two openings of one file against a dict; and an index that follows by `since`."""

    present = Bundle("present")
    absent = Bundle("absent")

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "memory.db"
        Rows.create(self.path, FAQ)
        self.both = [Rows.open(self.path), Rows.open(self.path)]
        self.dict = {row.id: row for row in self.both[0]}
        self.removed: list[str] = []
        self.index: dict[int, Row] = {}
        self.seen = 0

    @rule(target=present, rows=st.lists(new_rows, max_size=4), who=st.integers(0, 1))
    def add(self, rows: list[NewRow], who: int):
        added = self.both[who].add_all(rows)
        for row, new in zip(added, rows, strict=True):
            assert row == kept(new, row.id)
            assert row.id not in self.dict
            self.dict[row.id] = row
        return multiple(*added)

    @rule(target=absent, rows=st.lists(consumes(present), max_size=3), who=st.integers(0, 1))
    def remove(self, rows: list[Row], who: int):
        assert self.both[who].remove(ids(rows)) == [self.dict.pop(row.id) for row in rows]
        self.removed += [row.answer for row in rows]
        return multiple(*rows)

    @rule(target=present, rows=st.lists(consumes(absent), max_size=3), who=st.integers(0, 1))
    def restore(self, rows: list[Row], who: int):
        assert self.both[who].restore(rows) == rows
        self.dict.update({row.id: row for row in rows})
        return multiple(*rows)

    @rule(who=st.integers(0, 1))
    def reopen(self, who: int) -> None:
        self.both[who].close()
        self.both[who] = Rows.open(self.path)

    @rule(who=st.integers(0, 1))
    def follow(self, who: int) -> None:
        self.seen, added, removed = self.both[who].since(self.seen)
        for id in removed:
            self.index.pop(id, None)
        for row in added:
            assert row.id not in self.index
            self.index[row.id] = row
        assert self.index == self.dict

    @rule(who=st.integers(0, 1))
    def block(self, who: int) -> None:
        said = {module.answer_hash(row.answer) for row in self.dict.values()}
        for answer in self.removed:
            assert self.both[who].blocks(answer) == (module.answer_hash(answer) not in said)
        assert not any(self.both[who].blocks(row.answer) for row in self.dict.values())

    @invariant()
    def same(self) -> None:
        for rows in self.both:
            assert [*rows] == [self.dict[id] for id in sorted(self.dict)]
            assert len(rows) == len(self.dict)

    def teardown(self) -> None:
        for rows in self.both:
            rows.close()
        shutil.rmtree(self.folder)


Model.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestModel = Model.TestCase
