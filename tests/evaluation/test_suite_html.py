"""A run as a page: whole, alone, and nothing in it but what we put there."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reported import hostile, report

from dialog_s2s.evaluation.escaping import plain
from dialog_s2s.evaluation.suite_html import as_html

ANY = st.text(st.characters(exclude_categories=()), min_size=1, max_size=30)
VOID = {"meta"}


class Read(HTMLParser):
    """The elements of a page, and its words; elements must be closed in order."""

    def __init__(self, page: str):
        super().__init__()
        self.tags: list[str] = []
        self.names: set[str] = set()
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page() -> None:
    page = as_html(report())
    read = Read(page)
    text = "".join(read.words)
    assert page.startswith("<!DOCTYPE html>")
    assert "<title>Response tests: failed</title>" in page
    assert "prefers-color-scheme: dark" in page
    assert read.names <= {"lang", "charset", "name", "content", "class", "scope", "href", "id"} | {
        "open"
    }
    assert read.tags.count("details") == 5
    assert page.count("<details id=") == page.count('<a href="#case')
    assert page.count(" open>") == 4
    for words in (
        "50% regressed, does not pass",
        "100% same, passes, reworded",
        "not run",
        "other words than when it was blessed",
        "(a training pair, shop.csv:7)",
        "wanted 'Yes.'; got 'No.'",
        "No difference that could not be chance",
    ):
        assert words in text


def test_words_that_are_new_are_marked() -> None:
    page = as_html(report())
    assert "when it was blessed" in page
    assert page.index("<dd>Yes.</dd>") < page.index("<mark>yes!</mark>")
    assert "<dd><mark>No.</mark>" in page
    assert "<dd>No. <span" in page  # said when it was blessed, and now


def test_a_long_reply_is_folded() -> None:
    page = as_html(hostile("long " * 200))
    assert "<summary>long long" in page
    assert "... (1,009 characters)</summary>" in page
    assert Read(page).tags.count("mark") >= 1
    assert "characters)</summary>" not in as_html(hostile("long " * 100))


@pytest.mark.parametrize("word", ["http:", "https:", "<script", "<link", "<img", "url(", "@import"])
def test_it_needs_nothing_else(word: str) -> None:
    assert word not in as_html(report())


PLAIN = Read(as_html(hostile("x"))).tags


@given(ANY | st.sampled_from(["</style><script>", '" onclick="', "<!--", "]]>", "&#60;b&#62;"]))
def test_no_text_breaks_out(text: str) -> None:
    page = as_html(hostile(text))
    read = Read(page)
    assert read.tags == PLAIN
    assert "onclick" not in read.names
    page.encode()
    assert plain(text + " is wrong") in "".join(read.words)
