"""Part `taught`: 1,000 pairs taught to a copy of the starter bot, and forgotten again.

- asked verbatim, and in other words: however unsure it is, and by its own bar;
- other answers: of 500 questions of the starter corpora (trained, held back, fresh), how many get
  another answer once the pairs are taught, and once they are forgotten; by its own bar, where all
  ways of saying that it does not know are one answer;
- taught answers to unknown questions: of 600, how many it answers with something just taught;
- teach to answer: milliseconds from `teach` to the reply to that question, and the same again with
  made-up rows up to 100,000;
- traces of forgotten pairs: in replies (text, evidence and suggestions) to their questions and
  rewordings, and in the bytes of all files that are not as they were before the first was taught.
"""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.lookup import Language
from benchmarks.quality.bots import Bots, greedy, texts
from benchmarks.quality.figures import Found, Row, at_least, at_most, found
from benchmarks.quality.held_back import right, trained_wordings, user, wordings_held_back
from benchmarks.questions import Taught, fresh_wordings, taught, unknown
from dialog_s2s import Bot
from dialog_s2s.dialogue.reply import Reply
from dialog_s2s.evaluation.baselines import nearest
from dialog_s2s.memory.rows import TRAINED, NewRow
from dialog_s2s.memory.stored import INDEX
from dialog_s2s.text.turns import fold

OTHERS = 500
ROWS = 100_000
TIMED = 50
"""Pairs taught with as many rows."""


def measure(bots: Bots) -> Found:
    """Teaches, asks, forgets and looks for what is left."""
    trained = bots.starter()
    pairs = taught()
    original = trained.bot.path
    place = original.with_name("taught")
    shutil.copytree(original, place)
    bot = Bot.load(place)
    others = _others(bots)
    before = decided(bot, others)
    times = [_teach(bot, each.ask, each.reply) for each in pairs]
    wanted = [(each.reply,) for each in pairs]
    asked = [each.ask for each in pairs]
    reworded = [each.reworded for each in pairs]
    known = [*trained.pairs, *((each.ask, each.reply) for each in pairs)]
    looked_up = right(nearest(known, reworded), wanted)
    verbatim, other_words, sure = (
        right(texts(greedy(bot, [[user(each)] for each in some], **settings)), wanted)
        for some, settings in ((asked, {}), (reworded, {}), (reworded, {"threshold": None}))
    )
    changed = share(was != now for was, now in zip(before, decided(bot, others), strict=True))
    strange = greedy(bot, [[user(each.ask)] for each in unknown()], threshold=None)
    wrong = share(reply.source == "taught" for reply in strange)
    for each in pairs:
        bot.forget(each.ask)
    after = share(was != now for was, now in zip(before, decided(bot, others), strict=True))
    replies = greedy(bot, [[user(each)] for each in [*asked, *reworded]], threshold=None)
    replies += greedy(bot, [[user(each)] for each in [*asked, *reworded]])
    told = _traces(pairs, trained.pairs, replies)
    written = len(in_files(pairs, original, place))
    many = _at_many_rows(bot, bots.options.seed)
    rows = [
        Row("taught, asked verbatim", verbatim, "share", None, at_least(1.0)),
        Row("taught, in other words", other_words, "share", looked_up, at_least(0.93)),
        Row("taught, in other words, by its own bar", sure),
        Row("other answers changed", changed, "share", None, at_most(0.005)),
        Row("taught answers to unknown questions", wrong),
        Row("forgotten: other answers changed", after, "share", None, at_most(0.005)),
        Row("forgotten: traces in replies", told, "count", None, at_most(0)),
        Row("forgotten: traces in files", written, "count", None, at_most(0)),
    ]
    for what, taken, limit in (
        ("teach to answer", times, None),
        (f"teach to answer, {ROWS:,} rows", many, at_most(50.0)),
    ):
        rows += [
            Row(f"{what}, median", float(np.median(taken)), "milliseconds", None, limit),
            Row(f"{what}, p95", float(np.percentile(taken, 95)), "milliseconds"),
        ]
    return found(rows)


def share(values: Iterable[bool]) -> float:
    """How many are true, of 1."""
    listed = list(values)
    return sum(listed) / len(listed)


def decided(bot: Bot, questions: Sequence[str]) -> list[str]:
    """What the bot says by its own bar; empty where it says that it does not know."""
    replies = greedy(bot, [[user(each)] for each in questions], threshold=None)
    return ["" if reply.source == "unknown" else reply.text for reply in replies]


def _teach(bot: Bot, question: str, answer: str) -> float:
    """Milliseconds until the question is answered."""
    began = time.perf_counter()
    bot.teach(question, answer)
    bot.reply(question, method="greedy")
    return (time.perf_counter() - began) * 1e3


def _others(bots: Bots) -> list[str]:
    every = [question for question, _ in trained_wordings(bots.intents)]
    every += [question for question, _ in wordings_held_back(bots.intents)]
    every += [each.ask for each in fresh_wordings()]
    return random.Random(bots.options.seed).sample(every, OTHERS)


def _traces(
    pairs: Sequence[Taught], kept: Sequence[tuple[str, str]], replies: Sequence[Reply]
) -> int:
    """Replies that show a forgotten question or answer which no kept pair has too."""
    still = {fold(text) for pair in kept for text in pair}
    gone = {fold(text) for each in pairs for text in (each.ask, each.reply)} - still

    def shown(reply: Reply) -> Iterable[str]:
        yield reply.text
        yield from () if reply.withheld is None else (reply.withheld,)
        yield from reply.suggestions
        for each in (*reply.evidence, *reply.nearest):
            yield from (each.question, each.answer)

    return sum(any(fold(text) in gone for text in shown(reply)) for reply in replies)


def in_files(pairs: Sequence[Taught], original: Path, place: Path) -> list[str]:
    """Questions and answers, as written or folded, that are in the bytes of a file below `place`
    which is not as below `original`, and in no file there."""
    old = {
        file.relative_to(original): file.read_bytes()
        for file in original.rglob("*")
        if file.is_file()
    }
    new = [
        content
        for file in place.rglob("*")
        if file.is_file() and (content := file.read_bytes()) != old.get(file.relative_to(place))
    ]
    found = []
    for text in dict.fromkeys(text for each in pairs for text in (each.ask, each.reply)):
        for sought in {text.encode(), fold(text).encode()}:
            here = any(sought in content for content in new)
            if here and not any(sought in content for content in old.values()):
                found.append(text)
                break
    return found


def _at_many_rows(bot: Bot, seed: int) -> list[float]:
    """Milliseconds from `teach` to the answer with ROWS rows."""
    assert bot.memory is not None
    dice = random.Random(seed)
    languages = [Language(dice, korean) for korean in (False, True)]

    def texts() -> Iterable[str]:
        while True:
            yield " ".join(dice.choice(languages).question(dice))

    made = texts()
    missing = ROWS - len(bot.memory.rows)
    fresh = [
        NewRow(question, (), answer, TRAINED, "made up", 0)
        for question, answer in islice(zip(made, made, strict=False), missing)
    ]
    bot.memory.rows.add_all(fresh)
    shutil.rmtree(bot.path / INDEX)
    large = Bot.load(bot.path)
    large.reply(next(iter(made)))  # the index is read into memory here
    return [_teach(large, question, question) for question in islice(made, TIMED)]
