"""Texts of others in documents: they stay texts."""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.evaluation.escaping import html_text, markdown_text, plain

ANY = st.text(st.characters(exclude_categories=()), max_size=60)


@given(ANY)
def test_what_is_left_is_of_xml_and_one_line(text: str) -> None:
    left = plain(text)
    assert left == plain(left)
    assert len(left.splitlines()) <= 1
    assert not re.search("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]", left)
    tree = ElementTree.Element("a", b=left)
    tree.text = left
    again = ElementTree.fromstring(ElementTree.tostring(tree, "utf-8"))
    assert (again.text or "", again.get("b")) == (left, left)


@given(ANY)
def test_html_reads_back(text: str) -> None:
    escaped = html_text(text)
    assert not set(escaped) & set("<>\"'")
    assert html.unescape(escaped) == plain(text)


@given(ANY)
def test_markdown_reads_back(text: str) -> None:
    escaped = markdown_text(text)
    assert "<" not in escaped.replace("<!-- -->", "")
    assert not re.search(r"(?<!\\)(?:\\\\)*[|`*_\[\]]", re.sub(r"\\[|`*_\[\]]", "", escaped))
    bare = escaped.replace("<!-- -->", "")
    told = html.unescape(re.sub(r"\\([\\`*_{}\[\]|~$^=+.)-])", r"\1", bare))
    assert told == plain(text).strip()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("# h", "#<!-- --> h"),
        ("- x - y", "\\- x - y"),
        ("1. a 2.5", "1\\. a 2.5"),
        ("a|b\\|c", "a\\|b\\\\\\|c"),
        ("<b>x</b> & y", "&lt;b&gt;x&lt;/b&gt; &amp; y"),
        ("@me in #12", "@<!-- -->me in #<!-- -->12"),
        ("https://x.y", "https:<!-- -->//x.y"),
        ("www.x.y", "www<!-- -->.x.y"),
        ("![a](b)", "!\\[a\\](b)"),
        ("replies.suite.yaml: 안녕", "replies.suite.yaml: 안녕"),
        ("a\nb\x1b", "a b"),
    ],
)
def test_markdown(text: str, wanted: str) -> None:
    assert markdown_text(text) == wanted
