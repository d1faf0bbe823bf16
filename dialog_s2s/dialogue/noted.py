"""What is kept of a reply beside its turn, so that it can still be explained and corrected when
its conversation is gone on with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialog_s2s.dialogue.reply import Evidence, Reply

_SETTINGS = "method", "max_tokens"
"""Those of the search that `why` tells of."""


def noted(reply: Reply) -> dict[str, Any]:
    """As JSON: `Reply.tree` with its pairs' ids, what was withheld, and how it was searched."""
    tree = reply.tree()
    for each, pair in zip(reply.evidence, tree["evidence"], strict=True):
        pair["row"] = each.row
    settings = {name: getattr(reply.settings, name) for name in _SETTINGS}
    exact = {"confidence": reply.confidence}  # rounded, 99.50004 % would be told as 99 % later
    return tree | exact | {"withheld": reply.withheld, "settings": settings}


def from_noted(detail: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a `Reply` that were noted.

    Raises:
        KeyError, TypeError, ValueError: no reply was noted so.
    """
    withheld = detail["withheld"]
    return {
        "text": str(detail["reply"]),
        "source": str(detail["source"]),
        "confidence": float(detail["confidence"]),
        "evidence": tuple(_evidence(**pair) for pair in detail["evidence"]),
        "finish": str(detail["finish"]),
        "seed": int(detail["seed"]),
        "milliseconds": float(detail["milliseconds"]),
        "withheld": None if withheld is None else str(withheld),
    }


def _evidence(question: object, answer: object, origin: object, weight: Any, row: Any) -> Evidence:
    return Evidence(str(question), str(answer), str(origin), float(weight), int(row))
