"""Regular endings come off, and words that only look alike stay apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.text.inflection import SHORTEST, forms, inflected, stem

english = st.text("abcdeginorstuxyz", min_size=1, max_size=9)


@pytest.mark.parametrize(
    ("word", "others"),
    [
        ("open", ("opens", "opened", "opening")),
        ("price", ("prices", "priced", "pricing")),
        ("delivery", ("deliveries",)),
        ("carry", ("carries", "carried", "carrying")),
        ("box", ("boxes", "boxed", "boxing")),
        ("dish", ("dishes",)),
        ("glass", ("glasses",)),
        ("match", ("matches", "matched", "matching")),
        ("size", ("sizes", "sized", "sizing")),
        ("headache", ("headaches",)),
        ("stop", ("stops", "stopped", "stopping")),
        ("fall", ("falls", "falling")),
        ("miss", ("misses", "missed", "missing")),
        ("agree", ("agrees",)),
        ("day", ("days",)),
        ("bus", ("buses",)),
    ],
)
def test_inflections_have_their_word_in_common(word: str, others: tuple[str, ...]) -> None:
    assert {stem(other) for other in others} == {stem(word)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bus", "bu"),
        ("this", "thi"),
        ("class", "clas"),
        ("sing", "s"),
        ("red", "r"),
        ("string", "str"),
        ("bring", "br"),
        ("bed", "b"),
        ("need", "ne"),
        ("thing", "the"),
        ("falling", "fal"),
        ("missing", "mis"),
        ("buzzing", "buz"),
        ("open", "opera"),
    ],
)
def test_words_that_are_no_inflection_stay_apart(one: str, other: str) -> None:
    assert stem(one) != stem(other)
    assert other not in forms(one)


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("leaves", ["leaves", "leave"]),
        ("opening", ["opening", "opene", "open"]),
        ("hoping", ["hoping", "hope", "hop"]),
        ("hopping", ["hopping", "hoppe", "hop"]),
        ("ties", ["ties", "tie"]),
        ("tried", ["tried", "try"]),
        ("bed", ["bed"]),
        ("gas", ["gas"]),
        ("문을", ["문을"]),
        ("cafés", ["cafés"]),
        ("", [""]),
    ],
)
def test_forms(word: str, wanted: list[str]) -> None:
    assert list(forms(word)) == wanted


@given(st.one_of(english, st.text(max_size=8)))
def test_a_word_is_its_own_first_form(word: str) -> None:
    first, *others = forms(word)
    assert first == word
    assert len(others) == len(set(others)) <= 2
    assert word not in others
    assert all(len(other) >= 2 and other.isascii() for other in others)


@given(st.one_of(english, st.text(max_size=8)))
def test_a_stem_is_the_beginning_of_its_word(word: str) -> None:
    found = stem(word)
    assert word.startswith(found[:-1])
    assert len(found) <= len(word)
    assert bool(found) == bool(word)
    assert len(word) >= SHORTEST or found == word
    assert word.isascii() or found == word


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("open", {"opens", "opened", "opening", "openned", "openning"}),
        ("stop", {"stops", "stoped", "stoping", "stopped", "stopping"}),
        ("tea", {"teas", "teaed", "teaing", "teaaed", "teaaing"}),
        ("carry", {"carries", "carried", "carrying"}),
        ("day", {"days", "dayed", "daying", "dayyed", "dayying"}),
        ("price", {"prices", "priced", "pricing"}),
        ("box", {"boxes", "boxed", "boxing"}),
        ("dish", {"dishes", "dished", "dishing"}),
        ("at", set()),
        ("24", set()),
        ("wi fi", set()),
        ("", set()),
    ],
)
def test_what_a_word_may_become(word: str, wanted: set[str]) -> None:
    assert set(inflected(word)) == wanted


@pytest.mark.parametrize(
    "word", ["open", "price", "delivery", "box", "dish", "glass", "stop", "match", "shop", "agree"]
)
def test_what_a_word_becomes_is_met_by_it(word: str) -> None:
    assert {stem(word)} <= {stem(made) for made in inflected(word)}
    for made in (f"{word}s", f"{word}es", f"{word[:-1]}ies", f"{word}ed", f"{word}ing"):
        if made in inflected(word):
            assert stem(made) == stem(word)


@given(english)
def test_what_a_word_may_become_is_longer_and_begins_like_it(word: str) -> None:
    for made in inflected(word):
        assert len(made) > len(word)
        assert made.startswith(word[:-1])
        assert made.endswith(("s", "ed", "ing"))
