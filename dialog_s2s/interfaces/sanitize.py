"""Clean output: text from a corpus, a model or a user, made safe for a terminal.

Removed are control characters (C0 and C1, so every escape sequence loses its introducer), and
the bidirectional overrides and isolates that make text read otherwise than it is.
"""

from __future__ import annotations

_BIDI = {0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
_BREAKS = {0x2028, 0x2029, 0x85, *range(0x09, 0x0E)}
_CONTROLS = {*range(0x20), *range(0x7F, 0xA0)} - _BREAKS
_SURROGATES = range(0xD800, 0xE000)

_TABLE: dict[int, str | None] = {
    **dict.fromkeys(_BIDI | _CONTROLS | {0xFEFF}, None),
    **dict.fromkeys(_BREAKS, " "),
    **dict.fromkeys(_SURROGATES, "\ufffd"),
}


def clean(text: str) -> str:
    """`text` on one line, with nothing in it that a terminal would obey.

    Works a character at a time, so cleaning parts of a text cleans the whole.
    """
    return text.translate(_TABLE)


def clean_lines(text: str) -> str:
    """As `clean`, with line feeds kept: for messages of several lines."""
    return "\n".join(clean(line) for line in text.split("\n"))
