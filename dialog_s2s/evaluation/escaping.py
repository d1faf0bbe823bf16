"""Texts of others put into documents, so that none of them becomes a part of the document."""

from __future__ import annotations

import html
import re

# What XML 1.0 does not allow, and C1 controls.
_FORBIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_BREAKS = re.compile("[\t\n\x0b\x0c\r\x85\u2028\u2029]")
# What makes a text read otherwise than it is: the marks, overrides and isolates of direction.
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")

# Of Markdown: what marks up wherever it stands, and what does at the beginning alone.
_MARKUP = re.compile(r"[\\`*_{}\[\]|~$^]|^[-+=]|(?<=\d)[.)](?=\s|$)")
# Forges look for these in finished text, so that neither backslashes nor entities stop them.
_FOUND = re.compile(r"@|#|:(?=//)|(?<=www)(?=\.)", re.IGNORECASE)


def plain(text: str) -> str:
    """`text` on one line, of characters that XML 1.0 allows, in the order in which it reads."""
    return _DIRECTION.sub("", _FORBIDDEN.sub("", _BREAKS.sub(" ", text)))


def html_text(text: str) -> str:
    """`text` as the content of an HTML element, or of an attribute in quotes."""
    return html.escape(plain(text), quote=True)


def markdown_text(text: str) -> str:
    """`text` as words of Markdown (CommonMark, and the tables of forges), on one line, that mark up
    nothing and neither link nor mention."""
    escaped = html.escape(_MARKUP.sub(r"\\\g<0>", plain(text).strip()), quote=False)
    return _FOUND.sub(r"\g<0><!-- -->", escaped)
