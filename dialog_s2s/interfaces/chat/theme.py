"""The colours of a chat: names of what is shown, and the codes that a terminal colours it by.

Only the sixteen colours that every terminal lets its user choose, so that they fit its background;
`NO_COLOR` (no-color.org) and `TERM=dumb` take all of them away.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TextIO

from prompt_toolkit.styles import Style

END = "\x1b[0m"

_DARK = {
    "you": "ansibrightgreen bold",
    "bot": "ansibrightblue bold",
    "exact": "ansibrightgreen",
    "remembered": "ansibrightcyan",
    "taught": "ansibrightmagenta",
    "generated": "ansibrightyellow",
    "unknown": "ansibrightred",
    "command": "ansibrightcyan",
    "added": "ansibrightgreen",
    "removed": "ansibrightred",
    "error": "ansibrightred",
    "hint": "ansibrightblack",
    "strong": "bold",
}
_LIGHT = {
    "you": "ansigreen bold",
    "bot": "ansiblue bold",
    "exact": "ansigreen",
    "remembered": "ansiblue",
    "taught": "ansimagenta",
    "generated": "ansiyellow",
    "unknown": "ansired",
    "command": "ansiblue",
    "added": "ansigreen",
    "removed": "ansired",
    "error": "ansired",
    "hint": "ansibrightblack",
    "strong": "bold",
}
_CODES = {
    "bold": "1",
    **{
        name: str(code)
        for code, name in enumerate(
            ("ansired", "ansigreen", "ansiyellow", "ansiblue", "ansimagenta", "ansicyan"), 31
        )
    },
    **{
        name: str(code)
        for code, name in enumerate(
            (
                "ansibrightblack",
                "ansibrightred",
                "ansibrightgreen",
                "ansibrightyellow",
                "ansibrightblue",
                "ansibrightmagenta",
                "ansibrightcyan",
            ),
            90,
        )
    },
}


@dataclass(frozen=True, slots=True)
class Theme:
    """A style in prompt_toolkit's words for each name; none at all without colours."""

    styles: Mapping[str, str]

    def painted(self, name: str, text: str) -> str:
        """`text`, which must be clean, between the codes of its style."""
        words = self.styles.get(name, "").split()
        if not words or not text:
            return text
        return f"\x1b[{';'.join(_CODES[word] for word in words)}m{text}{END}"

    def prompt_style(self) -> Style:
        """For prompt_toolkit, which draws the prompt, the menu of completions and the bar."""
        return Style.from_dict(dict(self.styles))


DARK, LIGHT, COLOURLESS = (Theme(MappingProxyType(styles)) for styles in (_DARK, _LIGHT, {}))


def theme_for(
    out: TextIO, wanted: str = "auto", environment: Mapping[str, str] = os.environ
) -> Theme:
    """The colours that `out` can show; `wanted` is `dark`, `light`, `auto` or `none`.

    `auto` asks COLORFGBG, which some terminals set, and else takes the background for a dark one.
    """
    colourless = environment.get("NO_COLOR") or environment.get("TERM", "") in ("", "dumb")
    if colourless or wanted == "none" or not out.isatty():
        return COLOURLESS
    if wanted == "auto":
        background = environment.get("COLORFGBG", "").rpartition(";")[2]
        wanted = "light" if background in ("7", "15") else "dark"
    return LIGHT if wanted == "light" else DARK
