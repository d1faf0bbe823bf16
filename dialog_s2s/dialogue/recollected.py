"""Replies that are made of what the user said in the conversation, not by the bot."""

from __future__ import annotations

import secrets
import time

from dialog_s2s.config import GenerationConfig
from dialog_s2s.dialogue.facts import Recollection
from dialog_s2s.dialogue.reply import REMEMBERED, Evidence, Reply
from dialog_s2s.text.turns import Turn


def recollected(
    known: Recollection, turns: tuple[Turn, ...], settings: GenerationConfig, began: float
) -> Reply:
    """The reply to the last of `turns` from what the user said."""
    evidence = tuple(
        Evidence(
            fact.words,
            fact.value,
            f"turn {fact.turn} of this conversation",
            1.0 / len(known.facts),
            0,
        )
        for fact in known.facts
    )
    return Reply(
        text=known.text,
        source=REMEMBERED,
        confidence=1.0,
        evidence=evidence,
        finish="stop",
        seed=secrets.randbits(32) if settings.seed is None else settings.seed,
        milliseconds=(time.perf_counter() - began) * 1e3,
        turns=turns,
        turns_read=len(turns),
        settings=settings,
    )
