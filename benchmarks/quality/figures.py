"""Figures with what is wanted of them, as a table that Markdown shows too, and as JSON."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

UNITS: Mapping[str, Callable[[float], str]] = {
    "share": lambda value: f"{value:.1%}",
    "points": lambda value: f"{100 * value:+.1f} points",
    "nats": lambda value: f"{value:.3f}",
    "score": lambda value: f"{value:.1f}",
    "ratio": lambda value: f"{value:.3f}",
    "milliseconds": lambda value: f"{value:.1f} ms",
    "seconds": lambda value: f"{value:.0f} s",
    "count": lambda value: f"{value:,.0f}",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A bound, and on which side of it a figure must be."""

    bound: float
    least: bool

    def holds(self, value: float) -> bool:
        """Whether `value` is on the right side; NaN never is."""
        return value >= self.bound if self.least else value <= self.bound


def at_least(bound: float) -> Wanted:
    """`bound` or more."""
    return Wanted(bound, True)


def at_most(bound: float) -> Wanted:
    """`bound` or less."""
    return Wanted(bound, False)


@dataclass(frozen=True, slots=True)
class Row:
    """A figure; `lookup` is what looking up the nearest question by TF-IDF gives."""

    what: str
    value: float
    unit: str = "share"
    """One of UNITS."""
    lookup: float | None = None
    wanted: Wanted | None = None

    @property
    def holds(self) -> bool | None:
        """Whether it is as wanted; None where nothing is."""
        return None if self.wanted is None else self.wanted.holds(self.value)

    def tree(self) -> dict[str, Any]:
        """For JSON; shares are 0..1, and what cannot be measured is None."""
        tree: dict[str, Any] = {"value": None if math.isnan(self.value) else self.value}
        if self.lookup is not None:
            tree["lookup"] = self.lookup
        if self.wanted is not None:
            bound = "at_least" if self.wanted.least else "at_most"
            tree |= {bound: self.wanted.bound, "holds": self.holds}
        return tree

    def cells(self) -> tuple[str, ...]:
        """As a row of the table."""
        shown = UNITS[self.unit]
        wanted = ""
        if self.wanted is not None:
            wanted = f"{'≥' if self.wanted.least else '≤'} {shown(self.wanted.bound)}"
        return (
            self.what,
            "–" if math.isnan(self.value) else shown(self.value),
            "" if self.lookup is None else shown(self.lookup),
            wanted,
            {None: "", True: "yes", False: "NO"}[self.holds],
        )


@dataclass(frozen=True, slots=True)
class Found:
    """What a part found: for JSON, and as text."""

    tree: Mapping[str, Any]
    text: str


def found(rows: Sequence[Row]) -> Found:
    """Rows as a table."""
    header = ("", "bot", "TF-IDF look-up", "wanted", "holds")
    return Found(
        {row.what: row.tree() for row in rows}, table(header, [row.cells() for row in rows])
    )


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, aligned so that it can be read as it is; numbers to the right."""
    widths = [max(3, *map(len, column)) for column in zip(header, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([line(header), line(rule), *map(line, rows)])
