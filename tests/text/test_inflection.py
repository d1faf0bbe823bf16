"""Regular endings come off, and words that only look alike stay apart."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.text.inflection import SHORTEST, inflected, stem
from dialog_s2s.text.thesaurus import Thesaurus

english = st.text("abcdeginorstuxyz", min_size=1, max_size=9)
any_words = st.one_of(english, st.text(max_size=8))

SHIPPED = Thesaurus.known()
WORDS = {word for phrase in SHIPPED.phrases for word in phrase.split(" ")} | SHIPPED.common
PLAIN = [
    word
    for word in sorted(WORDS)
    if re.fullmatch("[a-z]*[aeiouy][a-z]*", word) and not re.search("([^s]s|ed|ing)$", word)
]
"""English words of the shipped thesaurus that have no ending yet."""

NO_VERBS = re.compile("(.*(bb|dd|gg|mm|nn|pp|rr|tt)e?|[^aeiouy]*[aeiouy][cfhklqv]|.*ee)")
"""How words end whose -ed and -ing, if they have any, may be taken for another word's: "added" for
one of "ad", "gelling" for one of "gell". Of "fee" and "see", "feed" and "seed" must be."""


@pytest.mark.parametrize(
    "words",
    [
        "open opens opened opening",
        "close closes closed closing",
        "price prices priced pricing",
        "size sizes sized sizing",
        "use uses used using",
        "change changes changed changing",
        "care cares cared caring",
        "note notes noted noting",
        "hope hopes hoped hoping",
        "arrive arrives arrived arriving",
        "leave leaves leaving",
        "create creates created creating",
        "enable enables enabled enabling",
        "ride rides riding",
        "hop hops hopped hopping",
        "stop stops stopped stopping",
        "shut shuts shutting",
        "plan plans planned planning",
        "prefer prefers preferred preferring",
        "control controls controlled controlling",
        "cancel cancels cancelled cancelling canceled canceling",
        "travel travels travelled traveling",
        "staff staffs staffed staffing",
        "fall falls falling",
        "sell sells selling",
        "miss misses missed missing",
        "pass passes passed passing",
        "delivery deliveries",
        "carry carries carried carrying",
        "fly flies flying",
        "try tries tried trying",
        "pay pays paying",
        "buy buys buying",
        "day days",
        "tie ties tied",
        "movie movies",
        "cookie cookies",
        "menu menus",
        "panini paninis",
        "headache headaches",
        "box boxes boxed boxing",
        "tax taxes taxed",
        "dish dishes",
        "wash washes washed washing",
        "match matches matched matching",
        "glass glasses",
        "agree agrees agreed agreeing",
        "see sees seeing",
        "need needs needed needing",
        "bed beds",
        "thing things",
        "bring brings bringing",
        "book books booked booking bookings",
        "house houses",
        "expense expenses",
        "shoe shoes",
        "course courses",
    ],
)
def test_inflections_have_their_word_in_common(words: str) -> None:
    first, *others = words.split()
    assert {stem(other) for other in others} == {stem(first)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("not", "note"),
        ("her", "here"),
        ("them", "theme"),
        ("car", "care"),
        ("hop", "hope"),
        ("don", "done"),
        ("scar", "scare"),
        ("min", "mine"),
        ("plan", "plane"),
        ("at", "ate"),
        ("us", "use"),
        ("on", "one"),
        ("win", "wine"),
        ("cut", "cute"),
        ("tap", "tape"),
        ("rat", "rate"),
        ("sit", "site"),
        ("can", "cane"),
        ("hopping", "hoping"),
        ("starring", "staring"),
        ("planning", "plane"),
        ("filling", "file"),
        ("seed", "see"),
        ("feed", "fee"),
        ("weed", "we"),
        ("shed", "she"),
        ("bus", "bu"),
        ("his", "hi"),
        ("was", "wa"),
        ("class", "clas"),
        ("sing", "s"),
        ("wing", "w"),
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
        ("general", "generation"),
        ("organ", "organization"),
    ],
)
def test_words_that_are_no_inflection_stay_apart(one: str, other: str) -> None:
    assert stem(one) != stem(other)


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("close", "close"),
        ("closing", "close"),
        ("change", "chang"),
        ("carried", "carri"),
        ("ties", "tie"),
        ("controlling", "control"),
        ("gas", "gas"),
        ("문을", "문을"),
        ("cafés", "cafés"),
        ("Opens", "Opens"),
        ("open24s", "open24s"),
        ("two words", "two words"),
        ("", ""),
    ],
)
def test_a_stem(word: str, wanted: str) -> None:
    assert stem(word) == wanted


@given(any_words)
def test_a_stem_is_the_beginning_of_its_word(word: str) -> None:
    found = stem(word)
    assert word.startswith(found[:-1])
    assert len(found) <= len(word)
    assert bool(found) == bool(word)
    assert len(word) >= SHORTEST or found[:-1] == word[:-1]
    assert len(word) >= SHORTEST or found == word or (word[-1], found[-1]) == ("y", "i")
    assert word.isascii() or found == word


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("open", {"opens", "opened", "opening"}),
        ("stop", {"stops", "stopped", "stopping"}),
        ("visit", {"visits", "visited", "visiting", "visitted", "visitting"}),
        ("tea", {"teas", "teaed", "teaing"}),
        ("carry", {"carries", "carried", "carrying"}),
        ("fly", {"flies", "flied", "flying"}),
        ("day", {"days", "dayed", "daying"}),
        ("price", {"prices", "priced", "pricing"}),
        ("agree", {"agrees", "agreed", "agreeing"}),
        ("box", {"boxes", "boxed", "boxing"}),
        ("dish", {"dishes", "dished", "dishing"}),
        ("glass", {"glasses", "glassed", "glassing"}),
        ("at", set()),
        ("24", set()),
        ("wi fi", set()),
        ("cafés", set()),
        ("환불", set()),
        ("", set()),
    ],
)
def test_what_a_word_may_become(word: str, wanted: set[str]) -> None:
    made = inflected(word)
    assert set(made) == wanted
    assert len(made) == len(wanted)
    assert {stem(each) for each in made} <= {stem(word)}


@given(any_words)
def test_what_a_word_may_become_is_longer_and_begins_like_it(word: str) -> None:
    for made in inflected(word):
        assert len(made) > len(word)
        assert made.startswith(word[:-1])
        assert made.endswith(("s", "ed", "ing"))


def unlike(words: list[str], ends: tuple[str, ...]) -> set[str]:
    """Words that have another stem than one of what they may become that ends so."""
    return {
        word
        for word in words
        for made in inflected(word)
        if made.endswith(ends) and stem(made) != stem(word)
    }


def test_shipped_words_are_met_in_their_plurals() -> None:
    assert len(PLAIN) > 5000
    assert unlike(PLAIN, ("s",)) <= {"she"}


def test_shipped_words_are_met_in_what_verbs_may_become() -> None:
    verbs = [word for word in PLAIN if len(word) > 3 and not NO_VERBS.fullmatch(word)]
    assert len(verbs) > len(PLAIN) * 0.9
    few = {
        "blue",
        "clue",
        "glue",
        "queue",
        "true",
        "shoe",
        "goodbye",
        "the",
        "she",
        "pre",
        "lte",
    } | {"royal", "loyal"}
    assert unlike(verbs, ("ed", "ing")) <= few


def test_shipped_words_that_are_inflections_of_others_are_met_by_them() -> None:
    apart = {
        (word, made)
        for word in WORDS
        for made in WORDS.intersection(inflected(word))
        if stem(made) != stem(word)
    }
    no_inflections = {
        ("fee", "feed"),
        ("see", "seed"),
        ("wee", "weed"),
        ("she", "shed"),
        ("the", "thing"),
        ("brows", "browsing"),
        ("teas", "teasing"),
        ("hors", "horses"),
        ("los", "losing"),
        ("dye", "dying"),
    }
    missed = {
        ("bus", "buses"),
        ("lens", "lenses"),
        ("trek", "trekking"),
        ("programme", "programmed"),
        ("programme", "programming"),
        ("breastfeed", "breastfeeding"),
    }
    assert no_inflections <= apart <= no_inflections | missed


@pytest.mark.parametrize(("word", "other"), [("add", "adding"), ("go", "going"), ("use", "using")])
def test_short_words_have_their_endings_too(word: str, other: str) -> None:
    assert stem(word) == stem(other)


@pytest.mark.parametrize(("one", "other"), [("being", "bee"), ("adding", "ad")])
def test_short_words_that_are_no_inflection_stay_apart(one: str, other: str) -> None:
    assert stem(one) != stem(other)


def test_what_is_not_met() -> None:
    """The price of rules; a thesaurus has the word itself where it matters."""
    apart = [("bus", "buses"), ("queue", "queuing"), ("proceed", "proceeding"), ("free", "freed")]
    assert all(stem(word) != stem(other) for word, other in apart)
    one = [("news", "new"), ("earring", "ear"), ("quite", "quit"), ("paste", "past")]
    assert all(stem(word) == stem(other) for word, other in one)
