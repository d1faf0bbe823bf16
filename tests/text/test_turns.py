"""Which examples a dialogue gives, and what folding a question folds away."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.text.turns import Dialogue, Example, Origin, Role, Turn, examples, fold

roles = st.sampled_from(Role)
turns = st.lists(st.builds(Turn, roles, st.text(max_size=3), st.none(), st.booleans()), max_size=9)


def user(text: str, line: int | None = None) -> Turn:
    return Turn(Role.USER, text, None if line is None else Origin("a.tsv", line))


def bot(text: str, learn: bool = True) -> Turn:
    return Turn(Role.BOT, text, Origin("a.tsv", 99), learn)


def test_every_answer_is_an_example_with_all_before_it() -> None:
    first, second, third = user("one", 1), bot("two"), user("three", 3)
    found = list(examples(Dialogue((first, second, third, bot("four")))))
    assert found == [
        Example((first,), "two", Origin("a.tsv", 1)),
        Example((first, second, third), "four", Origin("a.tsv", 3)),
    ]
    assert (found[1].question, found[1].opening) == ("three", "one")


def test_without_a_line_of_its_own_a_question_takes_that_of_its_answer() -> None:
    (example,) = examples(Dialogue((user("one"), bot("two"))))
    assert str(example.origin) == "a.tsv:99"


def test_an_example_means_what_its_reply_does() -> None:
    place = Origin("a.yaml", 7)
    turns = (user("one"), Turn(Role.BOT, "two", meaning=place), user("three"), bot("four"))
    assert [each.meaning for each in examples(Dialogue(turns))] == [place, None]


@pytest.mark.parametrize(
    "turns",
    [
        (),
        (user("alone"),),
        (bot("nobody asked"),),
        (user("q"), bot("not to be learnt", learn=False)),
        (user("q"), Turn(Role.SYSTEM, "s"), bot("after the system")),
        (user("q"), Turn(Role.SYSTEM, "never a reply")),
    ],
)
def test_what_answers_no_user_directly_is_not_learnt(turns: tuple[Turn, ...]) -> None:
    assert list(examples(Dialogue(turns))) == []


def test_the_opening_is_the_first_user_turn() -> None:
    turns = (Turn(Role.SYSTEM, "s"), bot("hi"), user("one"), bot("two"), user("x"), bot("y"))
    assert [example.opening for example in examples(Dialogue(turns))] == ["one", "one"]


@given(turns=turns)
def test_examples_are_the_learnt_answers_in_order(turns: list[Turn]) -> None:
    found = list(examples(Dialogue(tuple(turns))))
    for example in found:
        place = len(example.history)
        assert example.history == tuple(turns[:place])
        assert turns[place].text == example.reply
        assert turns[place].learn
        assert (turns[place - 1].role, turns[place].role) == (Role.USER, Role.BOT)
    lengths = [len(example.history) for example in found]
    assert lengths == sorted(set(lengths))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("When do you OPEN?", "when do you open"),
        ("  don't\tstop — now…", "don t stop now"),
        ("Straße", "STRASSE"),
        ("ｆｕｌｌ width", "full width"),
        ("몇 시에 여나요?", "몇 시에 여나요"),
        ("a\u200bb", "a b"),
    ],
)
def test_folding_equates(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("?!", "?"), ("tea", "teas"), ("한", "하"), ("1", "2")])
def test_folding_keeps_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(text=st.text())
def test_folding_is_by_the_character(text: str) -> None:
    """As the standard's categories say, whatever was folded before."""
    normal = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(" " if unicodedata.category(char)[0] in "PSZC" else char for char in normal)
    assert fold(text) == (" ".join(kept.split()) or "".join(normal.split()))


@given(text=st.text())
def test_folding_leaves_something_of_every_text_and_no_double_space(text: str) -> None:
    folded = fold(text)
    assert folded == folded.strip()
    assert "  " not in folded
    assert bool(folded) == bool("".join(text.split())) or not text.strip()
