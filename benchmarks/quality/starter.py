"""Part `starter`: the starter bot on wordings it was trained on and on others.

One wording of every intent is held back; a bot is trained on the rest as `make chat` trains the
starter bot, then asked, greedily and however unsure it is:

- trained wordings: every wording given to training (some of which training itself held out);
- wordings held back: one an intent, never seen; and with typos, see `typos`;
- fresh wordings: two an intent, by another hand;
- follow-ups: each wording of a follow-up after its parent was asked and answered by the bot, and
  alone, as a check that it needs what went before;
- after small talk: trained wordings after an exchange that has nothing to do with them.

A reply is right when it is one of its intent's replies, case and punctuation aside. Beside: the
answer of the nearest trained question by TF-IDF, which looks at no earlier turns.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.quality.bots import Bots, Trained, greedy, texts
from benchmarks.quality.figures import Found, Row, Wanted, at_least, at_most, found
from benchmarks.quality.held_back import (
    Asked,
    follow_ups,
    replies_by_intent,
    right,
    said,
    trained_wordings,
    user,
    wordings_held_back,
)
from benchmarks.quality.typos import with_typos
from benchmarks.questions import fresh_wordings
from dialog_s2s.text.turns import Turn

Before = Sequence[Sequence[Turn]] | None
"""The turns before each question; None for none."""


def measure(bots: Bots) -> Found:
    """Trains the starter bot and measures it."""
    trained = bots.starter()
    known, back = trained_wordings(bots.intents), wordings_held_back(bots.intents)
    misspelt = typed(back, bots.options.seed)
    korean = [each for each in misspelt if not each[0].isascii()]
    by_intent = replies_by_intent()
    fresh = [(each.ask, by_intent[each.file, each.intents[0]]) for each in fresh_wordings()]
    later = list(follow_ups(bots.intents))
    parents = texts(greedy(trained.bot, [[user(parent)] for parent, _, _ in later]))
    after = [
        [user(parent), said(reply)] for (parent, _, _), reply in zip(later, parents, strict=True)
    ]
    followed = [(wording, replies) for _, wording, replies in later]
    turned = known[len(known) // 3 :] + known[: len(known) // 3]
    strange = [[user(question), said(replies[0])] for question, replies in turned]
    unspoilt = row(trained, "wordings held back", back, at_least(0.9))
    assert unspoilt.lookup is not None
    ahead = unspoilt.value - unspoilt.lookup
    return found(
        [
            row(trained, "trained wordings", known),
            unspoilt,
            Row("held back: ahead of the look-up", ahead, "points", None, at_least(0.1)),
            row(trained, "held back, with typos", misspelt, at_least(0.85)),
            row(trained, "held back, with typos, Korean", korean),
            row(trained, "fresh wordings", fresh),
            row(trained, "follow-ups", followed, at_least(0.92), after),
            row(trained, "follow-ups without history", followed, at_most(0.35)),
            row(trained, "after small talk", known, None, strange),
            Row("training, all in", trained.seconds, "seconds"),
        ]
    )


def typed(asked: Sequence[Asked], seed: int) -> list[Asked]:
    """The same, with typos."""
    return [(with_typos(question, seed), replies) for question, replies in asked]


def row(
    trained: Trained,
    what: str,
    asked: Sequence[Asked],
    wanted: Wanted | None = None,
    before: Before = None,
) -> Row:
    """The share of right answers, beside the look-up's."""
    questions = [question for question, _ in asked]
    answers = [replies for _, replies in asked]
    histories = before if before is not None else [()] * len(asked)
    dialogues = [
        [*history, user(question)] for history, question in zip(histories, questions, strict=True)
    ]
    share = right(texts(greedy(trained.bot, dialogues)), answers)
    return Row(what, share, "share", right(trained.looked_up(questions), answers), wanted)
