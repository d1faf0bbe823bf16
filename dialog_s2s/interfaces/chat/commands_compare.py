"""Chat commands that set replies side by side: of two bots, of two settings, or the n best."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

from dialog_s2s.dialogue.manager import Bot
from dialog_s2s.dialogue.reply import Reply
from dialog_s2s.errors import UsageError
from dialog_s2s.interfaces.chat.display import marked
from dialog_s2s.interfaces.chat.loading import LoadingBot
from dialog_s2s.interfaces.chat.talk import Talk, parse_settings, place, whole
from dialog_s2s.interfaces.chat.wrapping import fitted, wrapped
from dialog_s2s.interfaces.sanitize import clean
from dialog_s2s.text.turns import Role, Turn

NARROW = 40
"""Columns below which replies are set one below the other."""

MOST = 20
"""Candidates that are shown."""


class Side(NamedTuple):
    """One of two that are compared."""

    name: str
    bot: Bot
    settings: dict[str, object]


def candidates(talk: Talk, rest: str) -> None:
    """`[N]` replies to the last question, the best first."""
    count = whole(rest) if rest else 5
    if count is None or not 1 <= count <= MOST:
        raise UsageError(f"/candidates takes a number from 1 to {MOST}, not {rest!r}")
    question, history = _asked(talk)
    # each as it is, however unsure; a beam finds no more than it keeps
    settings = {**talk.settings, "method": "beam", "beam": max(count, 4), "threshold": 0}
    settings["length_penalty"] = 0  # else the order would not be that of the shares
    found: dict[str, Reply] = {}
    shares: dict[str, float] = {}
    for reply in talk.bot.candidates(question, history, **settings):
        # one text may be said in several ways of cutting it into pieces
        found.setdefault(reply.text, reply)
        share = math.exp(min(reply.log_probability, 0.0))
        shares[reply.text] = shares.get(reply.text, 0.0) + share
    likeliest = sorted(found, key=lambda text: -shares[text])[:count]
    for number, reply in enumerate([found[text] for text in likeliest], 1):
        head = f"{number:3} {shares[reply.text]:6.1%} "
        talk.display.line(
            [
                ("strong", head),
                (reply.source, f"{marked(reply)}  "),
                ("", reply.text),
            ]
        )
    talk.hint("the share of all probability, where it comes from, how sure it is, the reply")


def compare(talk: Talk, rest: str) -> None:
    """`A [B] [QUESTION]`: each a bundle's folder, or settings joined by commas."""
    words = rest.split()
    if not words:
        raise UsageError(
            "give what to compare: /compare other-bot, /compare bot-1 bot-2, or "
            "/compare temperature=0.5,method=sample temperature=1.5,method=sample"
        )
    sides = [_side(talk, words.pop(0))]
    if words and _names_one(words[0]):
        sides.append(_side(talk, words.pop(0)))
    else:
        sides.insert(0, Side(talk.name, talk.bot, talk.settings))
    question, history = (" ".join(words), talk.conversation.history) if words else _asked(talk)
    if words:
        history = talk.conversation.history
    replies = [side.bot.reply(question, history, **side.settings) for side in sides]
    talk.display.line([("you", "you> "), ("", question)])
    show(talk, [side.name for side in sides], replies)


def show(talk: Talk, names: Sequence[str], replies: Sequence[Reply]) -> None:
    """Replies in columns, or one below the other where the terminal is narrow."""
    room = (talk.display.columns() - 3) // 2
    marks = [f"{marked(each)}, {each.milliseconds:.0f} ms" for each in replies]
    if room < NARROW - 10 or not talk.display.wrap:
        for name, reply, mark in zip(names, replies, marks, strict=True):
            talk.display.line([("strong", f"{name}: "), ("", reply.text)])
            talk.display.line([(reply.source, f"  {mark}")])
    else:
        left, right = (wrapped(clean(each.text), room).split("\n") for each in replies)
        head = " | ".join(fitted(clean(name), room) for name in names)
        talk.display.line([("strong", head.rstrip())])
        for one, other in zip_longest(left, right, fillvalue=""):
            talk.display.line([("", f"{fitted(one, room)} | {other}".rstrip())])
        first, second = replies
        talk.display.line(
            [
                (first.source, fitted(marks[0], room)),
                ("", " | "),
                (second.source, marks[1]),
            ]
        )
    if replies[0].text == replies[1].text:
        talk.hint("the same reply")


def _asked(talk: Talk) -> tuple[str, list[Turn]]:
    """The last question, and the turns before it."""
    history = talk.conversation.history
    asked = [number for number, turn in enumerate(history) if turn.role is Role.USER]
    if not asked:
        raise UsageError("nothing was asked yet; ask something first")
    return history[asked[-1]].text, history[: asked[-1]]


def _names_one(word: str) -> bool:
    name, equals, _ = word.partition("=")
    return bool(equals and name.isidentifier()) or os.path.isdir(os.path.expanduser(word))


def _side(talk: Talk, word: str) -> Side:
    if "=" in word and not os.path.exists(os.path.expanduser(word)):
        settings = {**talk.settings, **parse_settings(word.split(","))}
        talk.bot.settings(**settings)
        return Side(word, talk.bot, settings)
    path = place(word)
    loading = talk.others.get(path) or LoadingBot(path)
    bot = loading.get()
    bot.speaks = talk.bot.speaks
    talk.others[path] = loading  # not before it is there: one that is not yet may be later
    return Side(word, bot, talk.settings)
