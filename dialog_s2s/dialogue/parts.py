"""A reply in parts, as it is shown while it is made."""

from __future__ import annotations

from collections.abc import Iterator


def words(text: str) -> Iterator[str]:
    """A text in its words, spaces kept."""
    start = 0
    for place, char in enumerate(text):
        if char == " ":
            yield text[start:place]
            start = place
    yield text[start:]


def trimmed(parts: Iterator[str]) -> Iterator[str]:
    """The parts of a text without the blanks at its ends."""
    begun, held = False, ""
    for part in parts:
        text = held + (part if begun else part.lstrip())
        said = text.rstrip()
        held = text[len(said) :]
        if said:
            begun = True
            yield said
