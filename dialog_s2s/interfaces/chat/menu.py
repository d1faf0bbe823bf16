"""The settings of a chat as a list to walk through with the arrow keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from prompt_toolkit.application import Application, get_app
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import Layout
from prompt_toolkit.layout.containers import Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.output import ColorDepth

from dialog_s2s.config import GenerationConfig
from dialog_s2s.interfaces.chat.preferences import ChatPreferences
from dialog_s2s.interfaces.chat.theme import COLOURLESS, Theme
from dialog_s2s.interfaces.chat.wrapping import fitted
from dialog_s2s.interfaces.sanitize import clean

GENERATION, CHAT = "generation", "chat"
_HEADS = {GENERATION: "Replies", CHAT: "This chat"}

_SHOWN = {
    GENERATION: (
        "method",
        "temperature",
        "top_p",
        "top_k",
        "min_p",
        "beam",
        "no_repeat_ngram",
        "threshold",
        "max_tokens",
        "seed",
    ),
    CHAT: ("theme", "marks", "stream", "wrap", "toolbar", "suggestions", "vi"),
}
_STEPS: Mapping[str, float] = {
    "temperature": 0.1,
    "top_p": 0.05,
    "min_p": 0.01,
    "threshold": 0.05,
    "top_k": 5,
    "max_tokens": 50,
}
_EMPTY = {"threshold": "as fitted", "seed": "new each time"}

_FOOT = "up, down: choose   left, right: change   Del: as the bot has it"
_KEYS = "Enter: use them   s: use them in every chat   Esc: leave all as it was"


class Chosen(NamedTuple):
    """What was changed in the menu: settings by section, and whether they are for every chat."""

    generation: dict[str, Any]
    chat: dict[str, Any]
    keep: bool


@dataclass
class Item:
    """One setting."""

    section: str
    name: str
    doc: str
    value: Any
    given: Any
    """The value that it has if nobody sets it."""
    least: float | None
    most: float | None
    choices: Sequence[Any]

    def step(self, way: int) -> None:
        """The next value, or with -1 the one before."""
        if self.choices:
            place = self.choices.index(self.value) + way
            self.value = self.choices[place % len(self.choices)]
            return
        assert self.least is not None
        assert self.most is not None
        size = _STEPS.get(self.name, 1)
        if self.value is None:  # which comes before the least
            self.value = type(size)(self.least) if way > 0 else None
            return
        value = round(self.value + way * size, 4)
        if value < self.least and self.name in _EMPTY:
            self.value = None
        else:
            self.value = min(max(value, self.least), self.most)

    def shown(self) -> str:
        """The value in words."""
        if self.value is None:
            return _EMPTY.get(self.name, "")
        if isinstance(self.value, bool):
            return "on" if self.value else "off"
        return f"{self.value:g}" if isinstance(self.value, float) else str(self.value)


def items(bot: GenerationConfig, now: GenerationConfig, chat: ChatPreferences) -> list[Item]:
    """The settings of the menu: those of replies as the bot has them and as they are now, and those
    of the chat."""
    made = []
    rules = {each.name: each.metadata for each in fields(GenerationConfig)}
    for name in _SHOWN[GENERATION]:
        rule = rules[name]
        made.append(
            Item(
                GENERATION,
                name,
                str(rule["doc"]),
                getattr(now, name),
                getattr(bot, name),
                rule["least"],
                rule["most"],
                rule["choices"],
            )
        )
    preset = ChatPreferences()
    for each in fields(ChatPreferences):
        if each.name in _SHOWN[CHAT]:
            choices = each.metadata["choices"] or (True, False)
            value, given = getattr(chat, each.name), getattr(preset, each.name)
            doc = str(each.metadata["doc"])
            made.append(Item(CHAT, each.name, doc, value, given, None, None, choices))
    return made


def choose(listed: list[Item], theme: Theme) -> Chosen | None:
    """Shows the menu until it is left; what was changed, or None where nothing shall be."""
    before = [item.value for item in listed]
    at = 0

    def text() -> StyleAndTextTuples:
        return _text(listed, at, get_app().output.get_size().columns)

    keys = KeyBindings()

    def moved(way: int) -> Callable[[KeyPressEvent], None]:
        def move(_: KeyPressEvent) -> None:
            nonlocal at
            at = (at + way) % len(listed)

        return move

    def stepped(way: int) -> Callable[[KeyPressEvent], None]:
        return lambda _: listed[at].step(way)

    def ended(keep: bool) -> Callable[[KeyPressEvent], None]:
        def end(event: KeyPressEvent) -> None:
            changed = [item for item, old in zip(listed, before, strict=True) if item.value != old]
            parts = {
                section: {item.name: item.value for item in changed if item.section == section}
                for section in (GENERATION, CHAT)
            }
            event.app.exit(result=Chosen(parts[GENERATION], parts[CHAT], keep))

        return end

    keys.add("up")(moved(-1))
    keys.add("down")(moved(1))
    keys.add("k")(moved(-1))
    keys.add("j")(moved(1))
    keys.add("left")(stepped(-1))
    keys.add("right")(stepped(1))
    keys.add("h")(stepped(-1))
    keys.add("l")(stepped(1))
    keys.add(" ")(stepped(1))
    keys.add("enter")(ended(False))
    keys.add("f2")(ended(False))
    keys.add("s")(ended(True))

    @keys.add("delete")
    @keys.add("backspace")
    def _(_: KeyPressEvent) -> None:
        listed[at].value = listed[at].given

    @keys.add("escape", eager=True)
    @keys.add("c-c")
    @keys.add("c-d")
    @keys.add("q")
    def _(event: KeyPressEvent) -> None:
        event.app.exit(result=None)

    app: Application[Chosen | None] = Application(
        Layout(Window(FormattedTextControl(text, focusable=True, show_cursor=False))),
        key_bindings=keys,
        style=theme.prompt_style(),
        color_depth=ColorDepth.DEPTH_1_BIT if theme is COLOURLESS else None,
        erase_when_done=True,
    )
    return app.run()


def _text(listed: list[Item], at: int, columns: int) -> StyleAndTextTuples:
    lines: StyleAndTextTuples = []
    section = ""
    for place, item in enumerate(listed):
        if item.section != section:
            section = item.section
            lines.append(("class:strong", fitted(_HEADS[section], columns - 1) + "\n"))
        sign = "*" if item.value != item.given else " "
        line = f"{'>' if place == at else ' '} {sign} {item.name:<16}{item.shown():<15}"
        # the cursor, though it is not shown, keeps the line in view where there are few rows
        style = "reverse [SetCursorPosition]" if place == at else ""
        lines.append((style, fitted(clean(line + item.doc), columns - 1) + "\n"))
    lines.append(("class:hint", fitted(_FOOT, columns - 1) + "\n"))
    lines.append(("class:hint", fitted(_KEYS, columns - 1)))
    return lines
