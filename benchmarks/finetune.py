"""What going on from a bot with a few new pairs takes, learns and forgets.

    python -m benchmarks.finetune [--bundle BOT] [--pairs FILE] [--count N] [--old 1000]
                                  [--seed N] [--json]

The new pairs are five of this file, in English and Korean, with names that no corpus has, or
`count` of `FILE`, drawn at random. Asked before and after: old questions, drawn at random from what
the bot was trained on. The loss is that of the generator alone, in nats a token, on the pairs held
out of the bot's training. Fine-tuning looks at these pairs to see how far it may go, so that the
figure is not of pairs it never saw; `fresh` is that loss on old questions with a letter mistyped,
which it does not look at, though it was trained on many of them. `alone` is the share of new pairs
that the generator answers exactly without the memory.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

# as the program does, before torch is loaded: threads that spin take turns with what shall run
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np

from dialog_s2s import Bot, train
from dialog_s2s.evaluation.metrics import likelihood
from dialog_s2s.interfaces.starter import starter_bot
from dialog_s2s.text import readers
from dialog_s2s.text.misspell import misspelt
from dialog_s2s.text.turns import Example, Role, Turn, examples
from dialog_s2s.training.ancestor import Ancestor

PAIRS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "안녕 도담이 소개해줘",
        "저는 도담이에요.",
        ("도담이 소개 좀 해줘", "도담이가 누구야?"),
    ),
    (
        "what is the wifi code of room 7",
        "The code is blue-heron-42.",
        ("wifi code for room 7?", "tell me the wifi code of room 7 please"),
    ),
    (
        "who repairs the printer Zyxtron",
        "Ask Ottilie Brzezinski on floor three.",
        ("who can fix the Zyxtron printer?", "the Zyxtron is broken, who repairs it"),
    ),
    (
        "점심 메뉴는 누가 골라",
        "햇님반 쭈꾸미 담당이 골라요.",
        ("누가 점심 메뉴를 고르나요?", "점심 메뉴 누가 정해"),
    ),
    (
        "where do I park my Trabant",
        "Behind the greenhouse, next to the fence.",
        ("where can I park the Trabant?", "is there a place for my Trabant"),
    ),
)
"""Questions, their answers, and other wordings of the question by which they are not learnt."""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Figures:
    """What it took, and what came of it; shares are from 0 to 1."""

    pairs: int
    rows: int
    seconds: float
    processor_seconds: float
    """Of all threads."""
    updates: int
    new: float
    """New questions answered in the very words."""
    alone: float
    reworded: float | None
    """Other wordings that got the right answer; None where there are none."""
    unsure: int
    """Other wordings that it would not answer."""
    old: int
    unchanged: float
    """Old questions with the same reply as before."""
    held_out: float | None
    held_out_before: float | None
    fresh: float
    fresh_before: float


def drawn(file: Path, count: int, seed: int) -> list[Pair]:
    """Pairs of a file whose questions need no turns before, each question once."""
    answers: dict[str, str] = {}
    for dialogue in readers.read([file]):
        for example in examples(dialogue):
            if len(example.history) == 1:
                answers.setdefault(example.question, example.reply)
    return random.Random(seed).sample(sorted(answers.items()), min(count, len(answers)))


def measure(
    bundle: Path, pairs: Sequence[Pair], wordings: Sequence[Pair], old: int, seed: int
) -> Figures:
    """Fine-tunes the bot into a folder that is thrown away."""
    ancestor = Ancestor.load(bundle)
    before = Bot.load(bundle)
    new = {question for question, _ in pairs}
    trained = [row for row in ancestor.rows if row.question not in new]
    chosen = random.Random(seed).sample(trained, min(old, len(trained)))
    asked = [(*row.context, Turn(Role.USER, row.question)) for row in chosen]
    said = [reply.text for reply in before.replies(asked)]
    known = ancestor.held_out or frozenset()
    kept_out = [
        _example(row.context, row.question, row.answer) for row in trained if row.id in known
    ]
    mistyped = np.random.default_rng(seed)
    fresh = [
        _example(row.context, misspelt(row.question, mistyped) or row.question, row.answer)
        for row in chosen
    ]
    held_before, fresh_before = _loss(before, kept_out), _loss(before, fresh)
    with tempfile.TemporaryDirectory(prefix="dialog-s2s-") as folder:
        place = Path(folder) / "bot"
        wall, processor = time.perf_counter(), time.process_time()
        report = train(list(pairs), place, base=bundle, seed=seed)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        bot = Bot.load(place)
        alone = Bot(bot.engine, bot.format, bot.config, place)
        replies = bot.replies([(Turn(Role.USER, question),) for question, _ in wordings])
        right = [reply.text == wanted for reply, (_, wanted) in zip(replies, wordings, strict=True)]
        fresh_loss = _loss(bot, fresh)
        assert fresh_loss is not None
        assert fresh_before is not None
        return Figures(
            pairs=len(pairs),
            rows=len(ancestor.rows),
            seconds=wall,
            processor_seconds=processor,
            updates=report.outcome.updates,
            new=_exact(bot, pairs),
            alone=_exact(alone, pairs),
            reworded=sum(right) / len(right) if right else None,
            unsure=sum(reply.source == "unknown" for reply in replies),
            old=len(chosen),
            unchanged=_share(
                [one == reply.text for one, reply in zip(said, bot.replies(asked), strict=True)]
            ),
            held_out=_loss(bot, kept_out),
            held_out_before=held_before,
            fresh=fresh_loss,
            fresh_before=fresh_before,
        )


def _example(context: Sequence[Turn], question: str, answer: str) -> Example:
    return Example((*context, Turn(Role.USER, question)), answer)


def _exact(bot: Bot, pairs: Sequence[Pair]) -> float:
    replies = bot.replies([(Turn(Role.USER, question),) for question, _ in pairs])
    return _share([reply.text == answer for reply, (_, answer) in zip(replies, pairs, strict=True)])


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / max(1, len(hits))


def _loss(bot: Bot, given: Sequence[Example]) -> float | None:
    if not given:
        return None
    likely = likelihood(bot, given)
    return likely.nats / likely.tokens


def main() -> None:
    """Prints the figures, one a line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bundle", type=Path, help="default: the starter bot")
    parser.add_argument("--pairs", type=Path, help="a file of new pairs; default: five")
    parser.add_argument("--count", type=int, default=100, help="so many of the file")
    parser.add_argument("--old", type=int, default=1000, help="old questions that are asked")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one object")
    options = parser.parse_args()
    pairs = [(question, answer) for question, answer, _ in PAIRS]
    wordings = [(other, answer) for _, answer, others in PAIRS for other in others]
    if options.pairs is not None:
        pairs, wordings = drawn(options.pairs, options.count, options.seed), []
    bundle = options.bundle or starter_bot()
    figures = measure(bundle, pairs, wordings, options.old, options.seed)
    if options.json:
        print(json.dumps(asdict(figures)))
        return
    for name, value in asdict(figures).items():
        print(
            f"{name:<18}{value:>10.4f}" if isinstance(value, float) else f"{name:<18}{value!s:>10}"
        )


if __name__ == "__main__":
    main()
