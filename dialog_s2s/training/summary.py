"""What came of a run, for people: what was learnt, what was not, and where time went.

Lines are free of line feeds and control characters, whatever the corpus holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dialog_s2s.dialogue.manager import Bot
from dialog_s2s.dialogue.reply import SOURCES, UNKNOWN, Reply
from dialog_s2s.files import write_whole
from dialog_s2s.memory.keys import Key, context_of, key
from dialog_s2s.text.turns import Example, Role, fold
from dialog_s2s.training.corpus import Prepared
from dialog_s2s.training.curves import curve
from dialog_s2s.training.ledger import Ledger
from dialog_s2s.training.loop import Outcome
from dialog_s2s.training.metrics_file import Metrics
from dialog_s2s.training.monitor import one_line
from dialog_s2s.training.shortage import by_halves

MOST = 300
"""Training questions that are asked at most: beside thousands of pairs a reply takes 8 ms."""

WORST, SAMPLES = 5, 5
"""Failures and held-out questions that are shown."""

LONG = 160
"""Characters of a question or a reply that are shown."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the corpus, and what the bot replied."""

    place: str
    """`file:line`; empty where the pair came from Python."""
    question: str
    after: str
    """What the user said before, where it is a follow-up."""
    wanted: str
    got: str
    source: str
    confidence: float
    right: bool
    """Whether the reply is one that was given for the question, but for case, punctuation and
    spacing."""


@dataclass(frozen=True, slots=True)
class Learned:
    """Training questions, all or some by chance, and what the bot replied to them."""

    total: int
    """Training questions there are."""
    asked: tuple[Asked, ...]
    weights: float | None = None
    """Share of them answered exactly without the answer memory; None where there is none, or where
    the model reads what it remembers."""

    @property
    def share(self) -> float:
        """Of the questions that were asked, those answered exactly."""
        return sum(each.right for each in self.asked) / max(1, len(self.asked))

    @property
    def failures(self) -> tuple[Asked, ...]:
        """The worst first: the surest of the wrong replies; questions it said nothing to last."""
        wrong = [each for each in self.asked if not each.right]
        return tuple(sorted(wrong, key=lambda each: (each.source == UNKNOWN, -each.confidence)))


@dataclass(frozen=True, slots=True)
class Seen:
    """What a bot replied at the end of its training."""

    known: Learned
    held_out: tuple[Asked, ...]


def see(bot: Bot, prepared: Prepared, seed: int) -> Seen:
    """Asks a bot that remembers what was learnt, and not what was held out."""
    return Seen(
        learned(bot, prepared.learnt_examples, seed),
        samples(bot, prepared.held_out_examples, prepared.learnt_examples, seed),
    )


def learned(bot: Bot, examples: Sequence[Example], seed: int, most: int = MOST) -> Learned:
    """Asks a bot what it was trained on, at most so many questions, as a user would."""
    chosen = _some(examples, seed, most)
    asked = ask(bot, chosen, examples, seed)
    if bot.memory is None or bot.config.memory.neighbours:
        return Learned(len(examples), asked)
    alone = Bot(bot.engine, bot.format, bot.config, bot.path)
    without = Learned(len(examples), ask(alone, chosen, examples, seed))
    return Learned(len(examples), asked, without.share)


def samples(
    bot: Bot, held_out: Sequence[Example], examples: Sequence[Example], seed: int
) -> tuple[Asked, ...]:
    """Asks a bot that does not remember what was `held_out` some of it; `examples` are those it was
    trained on."""
    return ask(bot, _some(held_out, seed, SAMPLES), [*examples, *held_out], seed)


def ask(
    bot: Bot, chosen: Sequence[Example], examples: Sequence[Example], seed: int
) -> tuple[Asked, ...]:
    """Asks all at once; right is whatever `examples` hold for the question, or for its meaning."""
    wanted: dict[object, set[str]] = {}
    for example in examples:
        for name in _names(example):
            wanted.setdefault(name, set()).add(fold(example.reply))
    asked = [each for each in chosen if each.question.strip()]
    replies = by_halves(lambda some: bot.replies([each.history for each in some], seed=seed), asked)
    return tuple(
        _asked(example, reply, set().union(*(wanted.get(name, ()) for name in _names(example))))
        for example, reply in zip(asked, replies, strict=True)
    )


def _some(examples: Sequence[Example], seed: int, most: int) -> list[Example]:
    """At most so many by chance, in their order."""
    order = np.random.default_rng([seed, 23]).permutation(len(examples))[:most]
    return [examples[place] for place in sorted(order.tolist())]


def _names(example: Example) -> list[object]:
    """What it has in common with the examples whose replies are as right."""
    own: Key = key(example.question, context_of(example.history[:-1]))
    return [own] if example.meaning is None else [own, example.meaning]


def _asked(example: Example, reply: Reply, right: set[str]) -> Asked:
    before = [turn.text for turn in example.history[:-1] if turn.role is Role.USER]
    return Asked(
        place="" if example.origin is None else str(example.origin),
        question=example.question,
        after=before[-1] if before else "",
        wanted=example.reply,
        got=reply.text,
        source=reply.source,
        confidence=reply.confidence,
        right=fold(reply.text) in right | {fold(example.reply)},
    )


def report(
    outcome: Outcome,
    metrics: Metrics,
    known: Learned,
    held_out: Sequence[Asked],
    ledger: Ledger,
    columns: int = 80,
    blocks: bool = True,
) -> list[str]:
    """All of it as lines; the curve has less than so many columns and is ASCII without `blocks`."""
    parts = {
        "How the loss fell": [*curve(metrics, columns - 2, blocks), *_loss(outcome)],
        "What it learnt": _learned(known),
        "What it replies to questions kept out of training": [
            line for each in held_out for line in _shown(each)
        ],
        "Where time went": ledger.lines(),
    }
    lines: list[str] = []
    for title, told in parts.items():
        if told:
            lines += ["", title] if lines else [title]
            lines += [f"  {line}".rstrip() for line in told]
    return lines


def write_report(lines: Sequence[str], path: Path) -> None:
    """Raises `DiskError`."""
    write_whole(path, "".join(f"{line}\n" for line in lines).encode())


def _loss(outcome: Outcome) -> list[str]:
    if outcome.held_out is None:
        return ["Nothing was held out to measure on: the weights are the last ones."]
    return [
        f"Lowest held-out loss {outcome.held_out:.3f} nats a piece, at update "
        f"{outcome.best_update:,} of {outcome.updates:,}: these weights are kept."
    ]


def _learned(known: Learned) -> list[str]:
    asked, failures = known.asked, known.failures
    if not asked:
        return []
    of = "all" if len(asked) == known.total else f"{len(asked):,} of"
    lines = [
        f"Of {of} {known.total:,} questions it was trained on, "
        f"{_percent(known.share)} are answered exactly.",
        f"{'':<12}{'asked':>8}{'exactly':>10}",
    ]
    for source in SOURCES:
        of_it = [each.right for each in asked if each.source == source]
        if of_it:
            share = _percent(sum(of_it) / len(of_it))
            lines.append(f"{source:<12}{len(of_it):>8,}{share:>10}")
    if known.weights is not None:
        lines.append(f"By its weights alone, without the answer memory: {_percent(known.weights)}.")
    if failures:
        several = len(failures) > WORST
        lines.append(f"The worst of {len(failures):,} failures:" if several else "Failures:")
        lines += [line for each in failures[:WORST] for line in _shown(each)]
    return lines


def _percent(share: float) -> str:
    """Rounded, but 100 % only where it is all of them."""
    return f"{min(share, 0.999 if share < 1 else 1):.1%}"


def _shown(asked: Asked) -> list[str]:
    after = f" after {_quoted(asked.after)}" if asked.after else ""
    place = f"{one_line(asked.place)}: " if asked.place else ""
    if asked.source == UNKNOWN:
        told = f"{asked.source}; {asked.confidence:.0%} sure of what it held back"
    else:
        told = f"{asked.source}, {asked.confidence:.0%} sure"
    same = fold(asked.wanted) == fold(asked.got)
    said = "" if same else "; as good a reply" if asked.right else ""
    return [
        f"{place}{_quoted(asked.question)}{after}",
        *([] if same else [f"  wanted  {_quoted(asked.wanted)}"]),
        f"  got     {_quoted(asked.got)}  ({told}{said})",
    ]


def _quoted(text: str) -> str:
    shown = one_line(text)
    return f'"{shown if len(shown) <= LONG else shown[: LONG - 3] + "..."}"'
