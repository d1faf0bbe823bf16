"""Nothing that a terminal would obey comes out."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.interfaces.sanitize import clean, clean_lines

PAYLOADS = {
    "red": "\x1b[31mred",
    "clear the screen": "\x1b[2J\x1b[H",
    "C1 CSI": "\x9b31m",
    "title": "\x1b]0;owned\x07",
    "clipboard": "\x1b]52;c;ZWNobyBvd25lZA==\x07",
    "clipboard, C1": "\x9d52;c;ZWNobw==\x9c",
    "link": "\x1b]8;;http://evil\x1b\\text\x1b]8;;\x1b\\",
    "device control": "\x1bP$q\x1b\\",
    "bell": "a\x07b",
    "backspace": "safe\x08\x08\x08\x08evil",
    "carriage return": "safe\revil",
    "nul": "a\0b",
    "delete": "a\x7fb",
    "line separators": "a\u2028b\u2029c\x85d\x0be\x0cf",
    "tab": "a\tb\nc",
    "override": "\u202egnp.exe\u202c",
    "isolates": "\u2066a\u2067b\u2068c\u2069d",
    "marks": "\u200ea\u200fb\u061cc",
    "embedding": "\u202aa\u202bb",
    "half a pair": "a\ud800b\udfffc",
    "byte order mark": "\ufeffa",
}
BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
MARKS = "\u200e\u200f\u061c"
ANY = st.text(st.characters(codec=None, exclude_categories=()))
NASTY = st.lists(st.one_of(ANY, st.sampled_from(sorted(PAYLOADS.values())))).map("".join)


def safe(text: str) -> bool:
    return not any(
        unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")
        or unicodedata.bidirectional(char) in BIDI
        or char in MARKS
        for char in text
    )


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_payloads(payload: str) -> None:
    assert not safe(payload) or payload.startswith("\ufeff")
    assert safe(clean(payload))
    assert clean(payload) != payload
    clean(payload).encode("utf-8")


def test_every_character() -> None:
    assert safe(clean("".join(map(chr, range(0x110000)))))


@given(NASTY)
def test_nothing_dangerous_comes_out(text: str) -> None:
    assert safe(clean(text))
    assert clean(clean(text)) == clean(text)


@given(NASTY, NASTY)
def test_cleaning_parts_cleans_the_whole(one: str, other: str) -> None:
    assert clean(one) + clean(other) == clean(one + other)


@given(st.text(st.characters(exclude_categories=["C", "Z"])))
def test_what_is_harmless_stays(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize("text", ["안녕하세요", "👩‍👩‍👧", "שלום عربي", "naïve café", "a b"])
def test_words_of_all_kinds_stay(text: str) -> None:
    assert clean(text) == text


def test_breaks_become_spaces_and_controls_nothing() -> None:
    assert clean("a\nb\tc\u2028d\x85e") == "a b c d e"
    assert clean("a\x1b[1mb\x00c") == "a[1mbc"


@given(NASTY)
def test_lines_stay_lines(text: str) -> None:
    made = clean_lines(text)
    assert made.split("\n") == [clean(line) for line in text.split("\n")]
    assert safe(made.replace("\n", ""))
