"""What a remembered reply is found by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.memory.keys import Keyed, context_of, context_text, indexed, key
from dialog_s2s.text.turns import Role, Turn

TEA = (Turn(Role.USER, "Do you sell tea?"), Turn(Role.BOT, "Yes, green tea."))
SYSTEM = Turn(Role.SYSTEM, "be kind")


@pytest.mark.parametrize(
    ("turns", "context"),
    [
        ((), ()),
        ((SYSTEM,), ()),
        (TEA[1:], TEA[1:]),
        (TEA, TEA),
        ((SYSTEM, *TEA), TEA),
        ((*TEA, SYSTEM), TEA),
        ((Turn(Role.USER, "hi"), Turn(Role.BOT, "hello"), *TEA), TEA),
    ],
)
def test_the_turns_that_belong_to_a_key(turns: tuple[Turn, ...], context: tuple[Turn, ...]) -> None:
    assert context_of(turns) == context
    assert context_of(list(turns)) == context


def test_what_a_key_is_indexed_by() -> None:
    assert context_text(()) == ""
    assert context_text(TEA) == "Do you sell tea? Yes, green tea."
    assert indexed("and on Sunday?", ()) == "and on Sunday?"
    assert indexed("and on Sunday?", TEA) == "and on Sunday? Do you sell tea? Yes, green tea."


def test_case_and_punctuation_make_no_other_key() -> None:
    lower = tuple(Turn(turn.role, turn.text.lower() + " !") for turn in TEA)
    assert key("And on  SUNDAY?", TEA) == key("and on sunday", lower)
    assert hash(key("?!", TEA)) == hash(key("?!", lower))


def test_other_words_turns_or_roles_do() -> None:
    swapped = tuple(Turn(Role.USER, turn.text) for turn in TEA)
    keys = [key("q", ()), key("r", ()), key("q", TEA), key("q", TEA[:1]), key("q", TEA[1:])]
    keys += [key("q", TEA[::-1]), key("q", swapped), key("?", ()), key("!", ())]
    assert len(set(keys)) == len(keys)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.sampled_from("abc")), max_size=30))
def test_keyed_is_a_table_of_ids(steps: list[tuple[bool, int, str]]) -> None:
    keyed, model = Keyed(), dict[int, str]()
    for add, id, name in steps:
        if add and model.get(id, name) == name:
            keyed.add(id, key(name, ()))
            model[id] = name
        elif not add:
            keyed.remove(id)
            model.pop(id, None)
        for each in "abc":
            wanted = {id for id, name in model.items() if name == each}
            assert set(keyed.of(key(each, ()))) == wanted
            assert len(keyed.of(key(each, ()))) == len(wanted)
