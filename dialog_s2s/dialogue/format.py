"""How a bundle's bot reads turns: the vocabulary, the limits and the names it was trained with."""

from __future__ import annotations

from dialog_s2s.bundle import TOKENIZER, WORDS, Bundle
from dialog_s2s.config import given
from dialog_s2s.errors import BundleError
from dialog_s2s.text.slots import Slots
from dialog_s2s.text.source import SourceFormat
from dialog_s2s.text.tokenizer import Tokenizer


def source_format(bundle: Bundle) -> SourceFormat:
    """The format of a bundle's sources. Raises `BundleError` where its files do not fit."""
    text = bundle.config().text
    tokenizer = Tokenizer(bundle.read(TOKENIZER))
    count = given(text.slots, "text.slots")
    if count and WORDS not in bundle.files:
        raise BundleError(f"{bundle.path}: does not list {WORDS}; train the bot again")
    return SourceFormat(
        tokenizer,
        text.max_source_tokens,
        given(text.history_turns, "text.history_turns"),
        given(text.fold_sources, "text.fold_sources"),
        Slots.read(tokenizer, bundle.read(WORDS), count) if count else None,
    )
