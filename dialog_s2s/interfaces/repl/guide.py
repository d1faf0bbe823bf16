"""`help()`, which teaches the playground, and `exit`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from dialog_s2s.interfaces.repl.tables import COLUMNS, Shown, Text

HELP = """\
A Python prompt. Lines run as Python does; the value of each is shown, and is then called _.

ASK
  ask("When do you open?")                  the reply, where it came from, how sure the bot is
  _.why                                     its grounds; _.evidence has the pairs
  ask("Tell me a joke", method="sample", temperature=1.2, seed=7)
  talk("Hello"), talk("and on Sunday?")     a conversation; talk shows it, talk.undo(), talk.reset()
  candidates("When do you open?", 5)        the likeliest replies with their probabilities

COMPARE
  compare("Hello")                          all bots; rows are replies, columns are bots
  compare("Hello", {"temperature": 0.5}, {"temperature": 1.5}, method="sample")
  sweep("Hello", temperature=[0.5, 1, 2], top_p=[0.8, 1], seeds=10)
  _.table()                                 _.plot("sweep.png") draws a picture

LOOK INSIDE
  attention("When do you open?")            what was read in columns, what was said in rows
  _.plot("attention.png")                   _.weights_TS is the matrix, T pieces said by S read

TEST
  suite("shop.suite.yaml")                  its cases
  test("shop.suite.yaml")                   runs it; _.failed has what failed

AT HAND
  bot, bots                                 the first bot, and all of them by name; bot("Hello")
  help(ask)                                 what a function takes, with examples
  exit()                                    leaves, as Ctrl-D does; Ctrl-C stops what runs"""


class Help:
    """Without a thing, teaches the playground; else tells what the thing is."""

    def __call__(self, thing: Any = None) -> Text:
        """The help as text."""
        return Text(HELP) if thing is None else Text(_described(thing))

    def __repr__(self) -> str:
        return HELP


class Exit(Shown):
    """Leaves with a code, when it is called."""

    __slots__ = ()

    def __call__(self, code: object = None) -> None:
        """Raises `SystemExit`."""
        raise SystemExit(code)

    def lines(self, columns: int = COLUMNS) -> list[str]:
        """See `Shown`."""
        return ["exit(), or Ctrl-D, leaves"]


def _described(thing: Any) -> str:
    named = thing if isinstance(thing, Callable | type) else type(thing)  # type: ignore[arg-type]
    name = getattr(named, "__name__", type(named).__name__)
    try:
        head = f"{name}{inspect.signature(named)}"
    except (TypeError, ValueError):  # written in C
        head = name
    return f"{head}\n\n{inspect.getdoc(thing) or 'nothing is written of it'}"
