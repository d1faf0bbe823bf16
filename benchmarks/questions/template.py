"""A template of questions and replies, and small helpers to fill it with things and facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle


@dataclass(frozen=True, slots=True)
class Template:
    """One question about each of `things`; `values` are their facts, in step.

    In the texts `{it}` stands for the thing and `{value}` for the fact. The ways to ask again
    take turns over the things.
    """

    ask: str
    reply: str
    reworded: tuple[str, ...]
    things: Sequence[str]
    values: Sequence[str]

    def pairs(self) -> Iterator[dict[str, str]]:
        """`ask`, `reply` and `reworded` of each thing."""
        facts = zip(self.things, self.values, strict=True)
        for (thing, value), again in zip(facts, cycle(self.reworded), strict=False):
            yield {
                "ask": self.ask.format(it=thing),
                "reply": self.reply.format(it=thing, value=value),
                "reworded": again.format(it=thing),
            }


def listed(text: str) -> list[str]:
    """The items of a list written with commas, over as many lines as it takes."""
    return [" ".join(item.split()) for item in text.split(",")]


def codes(count: int, low: int, span: int) -> list[str]:
    """`count` numbers from `low` up that look unrelated."""
    return [str(low + 389 * place**3 % span) for place in range(3, 3 + count)]


def turned(items: Sequence[str], by: int) -> list[str]:
    """`items` from the place `by` on and round, so that each meets another of the same list."""
    return [*items[by:], *items[:by]]
