"""How sure a fresh bot may be: its replies to questions it was not trained on and to ones nobody
taught it, and a confidence fitted to which of them were right."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.dialogue.confidence import CLEAR, FEATURES, Confidence, reply_features
from dialog_s2s.dialogue.manager import Bot
from dialog_s2s.memory.keys import Key, key
from dialog_s2s.memory.rows import NewRow, Row
from dialog_s2s.text.misspell import misspelt
from dialog_s2s.text.thesaurus import Thesaurus
from dialog_s2s.text.tokenizer import END
from dialog_s2s.text.turns import Example, Role, Turn, fold
from dialog_s2s.training.shortage import by_halves
from dialog_s2s.training.strangers import mashed, scrambled, strangers
from dialog_s2s.training.teaching import tried
from dialog_s2s.training.withholding import group

ASKED = 600
"""Held-out questions that are asked at most."""

FEW, AT_LEAST = 40, 200
"""Held-out questions below which the bot's own are asked too, and how many of those; and as for
how many known questions unknown ones are asked at least."""

SHUFFLED = 4
"""Words of a question that makes no sense when shuffled; of fewer, what is meant shines through."""

MISSPELT = 0.3
"""Share of those made from rows that are misspelt."""

REWORDED = 0.5
"""Share of those made from rows that are put in other words, and asked with their row there."""

CHANGED = 0.7
"""Share of the phrases of such a question that are changed."""

HELD_OUT, LEFT_OUT, UNTAUGHT, STRANGE = "held out", "left out", "untaught", "strange"

KNOWN_ALREADY = 0.8
"""Likeness from which on a stranger's question is one the bot was taught."""

FOLDS = 5
RIDGE = 0.5
"""Strength of the pull of the coefficients to the usual ones, on standardised features."""

FEWER = 200
"""How much stronger that is for few known questions: by this number, over how many they are."""

USUAL = {
    "constant": -4.0,
    "weight": 4.0,
    "lexical": 2.5,
    "meaning": 2.0,
    "named": 1.5,
    "learned": 1.0,
    "needs": -4.0,
    "before": 5.0,
}
"""Coefficients of a confidence, roughly those of the starter bot; a bot of a few pairs has too
little to learn them from, and a corpus of hundreds has its own. What is not named is 0."""

CURVE = 20
"""Points of the coverage-accuracy curve."""

MOST_WITHHELD = 0.1
"""Share of the right answers that the bot may withhold, where the precision asked for would take a
great many."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions that were asked of the bot: what was known of each reply, and whether it was
    right."""

    features_QF: NDArray[np.float64]
    right_Q: NDArray[np.bool_]
    known_Q: NDArray[np.bool_]
    """Whether the question was of the kind that was taught."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A confidence, and how well it does on questions it was not fitted to."""

    confidence: Confidence
    reached: bool
    """Whether the precision asked for was reached without refusing most questions."""
    answered: float
    """Share of the known questions answered."""
    precision: float
    """Share of the answered that were right, known and unknown questions one to one."""
    inherited: bool = False
    """Whether it was fitted to the bot that this one grew out of; then the three before are not
    known."""


@dataclass(frozen=True, slots=True)
class _Probe:
    """A question to ask, and the folded replies that are right."""

    turns: tuple[Turn, ...]
    wanted: frozenset[str]
    kind: str
    own: Key = ()
    """The key of the row it is made from, which is left out too."""


def ask(bot: Bot, rows: Sequence[NewRow], held_out: Sequence[Example], seed: int) -> Asked:
    """Asks a bot that remembers `rows`, and was trained on them, what it was not trained on:
    held-out questions and its own with their rows left out, the same with every row that gives the
    answer left out, and strangers' questions; and some as if it had been taught them later.

    Raises:
        ConfigError: memory does not suffice for a reply.
    """
    random = np.random.default_rng([seed, 11])
    assert bot.memory is not None
    probes = _known(rows, held_out, bot.memory.similarity.thesaurus, random)
    count = max(len(probes), AT_LEAST)
    for place in random.permutation(len(probes))[: count // 10].tolist():
        probes.append(dataclasses.replace(probes[place], kind=UNTAUGHT))
    korean = float(np.mean([_korean(row.question) for row in rows[:1000]]))
    strange = strangers(random, count // 2, korean)
    long = [row.question for row in rows if len(row.question.split()) >= SHUFFLED]
    strange += scrambled(long, random, count // 8)
    strange += mashed(random, count // 8)
    probes += [
        _Probe((Turn(Role.USER, text),), frozenset(), STRANGE) for text in strange if fold(text)
    ]
    recalled = [bot.recall(probe.turns, _left_out(probe)) for probe in probes]
    found = by_halves(
        lambda asked: bot.engine.replies(
            [bot.source(probe.turns, known_of) for probe, known_of in asked],
            bot.settings(method="greedy"),
            [seed] * len(asked),
            [known_of.decided for _, known_of in asked],
        ),
        list(zip(probes, recalled, strict=True)),
    )
    features, right, kinds = [], [], []
    for probe, known_of, reply in zip(probes, recalled, found, strict=True):
        pieces = (*reply.pieces, END) if reply.finish == "stop" else reply.pieces
        hit = fold(bot.format.tokenizer.decode(reply.pieces)) in probe.wanted
        nearest = max((each.lexical for each in known_of.candidates), default=0.0)
        if probe.kind == STRANGE and nearest >= KNOWN_ALREADY:
            continue  # it was taught that, after all
        if probe.kind == UNTAUGHT and hit:
            continue  # the generator knows it all the same: it is not unknown
        features.append(reply_features(reply, known_of, pieces))
        right.append(hit)
        kinds.append(probe.kind in (HELD_OUT, LEFT_OUT))
    lesson = tried(bot.memory, rows, random)
    return Asked(
        np.array([*features, *lesson.features]),
        np.array([*right, *lesson.right]),
        np.array([*kinds, *lesson.known]),
    )


def _known(
    rows: Sequence[NewRow],
    held_out: Sequence[Example],
    thesaurus: Thesaurus,
    random: np.random.Generator,
) -> list[_Probe]:
    """Questions that the bot can know the answers of: held-out ones, since what was trained on
    seems more alike than a user's words will; its own, without their row or in other words, only
    where too few were held out."""
    probes = []
    by_answer = {fold(row.answer): row for row in reversed(rows)}
    chosen = random.permutation(len(held_out))[:ASKED]
    for place in chosen.tolist():
        example = held_out[place]
        row = by_answer.get(fold(example.reply))
        wanted = frozenset({fold(example.reply)})
        if row is not None and example.meaning is not None:
            wanted |= _right(row, rows)
        turns = tuple(example.history)
        probes.append(_Probe(turns, wanted, HELD_OUT))
    if len(chosen) >= FEW:
        return probes
    wordings = Counter(group(row) for row in rows)
    for place in random.permutation(len(rows))[:AT_LEAST].tolist():
        row = rows[place]
        question, own = row.question, key(row.question, row.context)
        alone = wordings[group(row)] == 1  # without its row nothing is left to know it by
        if alone or random.random() < REWORDED:
            question = thesaurus.reworded(question, random, CHANGED) or question
            if alone and fold(question) == fold(row.question):
                question = misspelt(question, random) or question
            if fold(question) != fold(row.question):
                own = ()
            elif alone:
                continue
        elif random.random() < MISSPELT:
            question = misspelt(question, random) or question
        turns = (*row.context, Turn(Role.USER, question))
        probes.append(_Probe(turns, _right(row, rows), LEFT_OUT, own))
    return probes


def _right(row: NewRow, rows: Sequence[NewRow]) -> frozenset[str]:
    """The folded replies that are as right as the row's."""
    if not row.intent:
        return frozenset({fold(row.answer)})
    return frozenset(fold(other.answer) for other in rows if other.intent == row.intent)


def fit(asked: Asked, precision: float) -> Fitted:
    """A confidence for what was asked; every figure is of questions it was not fitted to, known and
    unknown ones counting alike."""
    weight_Q = np.where(asked.known_Q, 0.5 / max(1, asked.known_Q.sum()), 0.0)
    weight_Q += np.where(~asked.known_Q, 0.5 / max(1, (~asked.known_Q).sum()), 0.0)
    weight_Q *= len(weight_Q)
    ridge = RIDGE + FEWER / max(1, asked.known_Q.sum())
    order = np.random.default_rng(0).permutation(len(weight_Q))
    unseen_Q = np.zeros(len(weight_Q))
    for part in range(FOLDS):
        out = order[part::FOLDS]
        kept = np.setdiff1d(order, out)
        coefficients = _logistic(
            asked.features_QF[kept], asked.right_Q[kept], weight_Q[kept], ridge
        )
        unseen_Q[out] = _sigmoid(asked.features_QF[out] @ coefficients)
    coefficients = _logistic(asked.features_QF, asked.right_Q, weight_Q, ridge)
    bar, reached = _bar(unseen_Q, asked, weight_Q, precision)
    said = unseen_Q >= bar
    answered = float(said[asked.known_Q].mean()) if asked.known_Q.any() else 0.0
    total = float(weight_Q[said].sum())
    confidence = Confidence(
        tuple(coefficients.tolist()),
        bar,
        _curve(unseen_Q, asked.right_Q, weight_Q),
        calibration_error(unseen_Q, asked.right_Q, weight_Q),
    )
    right = float(weight_Q[said & asked.right_Q].sum() / total) if total else 0.0
    return Fitted(confidence, reached, answered, right)


def calibration_error(
    confidence_Q: NDArray[np.float64],
    right_Q: NDArray[np.bool_],
    weight_Q: NDArray[np.float64],
    bins: int = 10,
) -> float:
    """The mean distance of confidence and accuracy over ten bins (Naeini et al. 2015)."""
    place_Q = np.minimum((confidence_Q * bins).astype(int), bins - 1)
    error = 0.0
    for place in range(bins):
        inside = place_Q == place
        if inside.any():
            gap = np.average(confidence_Q[inside], weights=weight_Q[inside]) - np.average(
                right_Q[inside], weights=weight_Q[inside]
            )
            error += abs(gap) * weight_Q[inside].sum()
    return float(error / weight_Q.sum())


def _left_out(probe: _Probe) -> Callable[[Row], bool]:
    """Which rows are to be as if they were not there."""

    def without(row: Row) -> bool:
        if probe.kind == STRANGE:
            return False
        if probe.kind == UNTAUGHT and fold(row.answer) in probe.wanted:
            return True
        return key(row.question, row.context) == probe.own

    return without


def _korean(text: str) -> bool:
    return any("가" <= char <= "힣" for char in text)


def _logistic(
    features_QF: NDArray[np.float64],
    right_Q: NDArray[np.bool_],
    weight_Q: NDArray[np.float64],
    ridge: float,
) -> NDArray[np.float64]:
    """Logistic regression by Newton's method, drawn to the usual coefficients, with Platt's
    softened targets."""
    middle_F = features_QF.mean(0)
    scale_F = features_QF.std(0)
    middle_F[0], scale_F[scale_F < 1e-9] = 0.0, 1.0
    table = (features_QF - middle_F) / scale_F
    positive, negative = right_Q.sum(), (~right_Q).sum()
    target_Q = np.where(right_Q, (positive + 1) / (positive + 2), 1 / (negative + 2))
    usual_F = np.array([USUAL.get(name, 0.0) for name in FEATURES])
    usual_Q = features_QF @ usual_F
    penalty = ridge * np.eye(table.shape[1])
    penalty[0, 0] = 1e-6
    found = np.zeros(table.shape[1])
    for _ in range(100):
        guess = _sigmoid(usual_Q + table @ found)
        slope = table.T @ (weight_Q * (guess - target_Q)) + penalty @ found
        curve_Q = weight_Q * np.maximum(guess * (1 - guess), 1e-6)
        step = np.linalg.solve((table * curve_Q[:, None]).T @ table + penalty, slope)
        found -= step * min(1.0, 1.0 / float(np.abs(step).max()))  # where it is flat, no leap
        if np.abs(step).max() < 1e-8:
            break
    coefficients: NDArray[np.float64] = found / scale_F
    coefficients[0] -= float((coefficients[1:] * middle_F[1:]).sum())
    coefficients += usual_F
    return coefficients


def _sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    chances: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-np.clip(values, -30, 30)))
    return chances


def _bar(
    confidence_Q: NDArray[np.float64],
    asked: Asked,
    weight_Q: NDArray[np.float64],
    precision: float,
) -> tuple[float, bool]:
    """The lowest bar above which `precision` of the answered are right. Where that would refuse
    most known questions (open chat has many right answers, of which a corpus holds one), the bar
    that withholds the tenth of the right answers that is least sure."""
    order = np.argsort(-confidence_Q, kind="stable")
    right = np.cumsum((weight_Q * asked.right_Q)[order])
    total = np.cumsum(weight_Q[order])
    last = np.append(np.diff(confidence_Q[order]) < 0, True)  # a bar takes all of equals
    good = np.flatnonzero(last & (right / total >= precision))
    known_Q = confidence_Q[asked.known_Q]
    if len(good):
        # what was asked in its very words is at least CLEAR, and always answered
        bar = min(float(confidence_Q[order[good[-1]]]), CLEAR)
        said_Q = confidence_Q >= bar
        holds = (weight_Q * asked.right_Q)[said_Q].sum() >= precision * weight_Q[said_Q].sum()
        if holds and len(known_Q) and (known_Q >= bar).mean() >= 0.5:
            return bar, True
    sound_Q = confidence_Q[asked.known_Q & asked.right_Q]
    return (float(np.quantile(sound_Q, MOST_WITHHELD)) if len(sound_Q) else 0.0), False


def _curve(
    confidence_Q: NDArray[np.float64], right_Q: NDArray[np.bool_], weight_Q: NDArray[np.float64]
) -> tuple[tuple[float, float, float], ...]:
    points = []
    for bar in np.linspace(0, 1, CURVE, endpoint=False).tolist():
        said = confidence_Q >= bar
        total = float(weight_Q[said].sum())
        right = float(weight_Q[said & right_Q].sum()) / total if total else 1.0
        points.append((round(bar, 4), total / float(weight_Q.sum()), right))
    return tuple(points)
