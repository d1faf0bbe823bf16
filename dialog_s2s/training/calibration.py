"""How sure a fresh bot may be: its replies to questions it was not trained on and to ones nobody
taught it, and a confidence fitted to which of them were right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.dialogue.confidence import Confidence, reply_features
from dialog_s2s.dialogue.manager import Bot
from dialog_s2s.memory.rows import NewRow, Row
from dialog_s2s.text.misspell import misspelt
from dialog_s2s.text.tokenizer import END
from dialog_s2s.text.turns import Example, Role, Turn, fold
from dialog_s2s.training.neighbours import key
from dialog_s2s.training.strangers import mashed, scrambled, strangers

ASKED = 600
"""Questions of each kind, known and unknown, that are asked at most."""

KNOWN_ALREADY = 0.8
"""Likeness from which on a stranger's question is one the bot was taught."""

FOLDS = 5
RIDGE = 0.5
"""Strength of the pull of the coefficients to zero, on standardised features."""

CURVE = 20
"""Points of the coverage-accuracy curve."""

MOST_WITHHELD = 0.1
"""Share of the questions like those taught that the bot may refuse, where the precision asked for
would take a great many."""


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


def ask(bot: Bot, rows: Sequence[NewRow], held_out: Sequence[Example], seed: int) -> Asked:
    """Asks a bot that remembers `rows`, and was trained on them, what it was not trained on:
    held-out questions, its own with their rows left out and partly misspelt, the same with every
    row that gives the answer left out, and strangers' questions."""
    random = np.random.default_rng([seed, 11])
    answers: dict[int, set[str]] = defaultdict(set)
    for row in rows:
        answers[row.intent].add(fold(row.answer))
    meanings = {fold(row.answer): row.intent for row in rows}
    parts: list[tuple[list[Turn], set[str], str]] = []
    chosen = random.permutation(len(held_out))[:ASKED].tolist()
    for place in chosen:
        example = held_out[place]
        wanted = {fold(example.reply)}
        intent = meanings.get(fold(example.reply), 0) if example.meaning is not None else 0
        wanted |= answers[intent] if intent else set()
        parts.append((list(example.history), wanted, "held out"))
    missing = max(0, ASKED // 2 - len(parts))
    order = random.permutation(len(rows))
    for place in order[:missing].tolist():
        row = rows[place]
        wanted = {fold(row.answer)} | (answers[row.intent] if row.intent else set())
        question = misspelt(row.question, random) if random.random() < 0.3 else row.question
        turns = [*row.context, Turn(Role.USER, question or row.question)]
        parts.append((turns, wanted, "left out"))
    known = len(parts)
    for place in order[-known // 4 :].tolist():
        row = rows[place]
        wanted = {fold(row.answer)} | (answers[row.intent] if row.intent else set())
        parts.append(([*row.context, Turn(Role.USER, row.question)], wanted, "untaught"))
    korean = float(np.mean([_korean(row.question) for row in rows[:1000]]))
    questions = [row.question for row in rows]
    strange = strangers(random, known // 2, korean)
    strange += scrambled(questions, random, known // 8) + mashed(random, known // 8)
    parts += [([Turn(Role.USER, text)], set(), "strange") for text in strange if fold(text)]
    features, right, kinds = [], [], []
    settings = bot.settings(threshold=0.0, method="greedy")
    for turns, wanted, kind in parts:
        read = tuple(turns)
        recalled = bot.recall(read, _left_out(turns, wanted, kind))
        if kind == "strange" and recalled.candidates:
            if max(each.likeness for each in recalled.candidates) >= KNOWN_ALREADY:
                continue
        (found,) = bot.engine.replies(
            [bot.format.pieces(read)], settings, [seed], [recalled.decided]
        )
        pieces = (*found.pieces, END) if found.finish == "stop" else found.pieces
        said = fold(bot.format.tokenizer.decode(found.pieces))
        if kind == "untaught" and said in wanted:
            continue  # the generator knows it all the same: it is not unknown
        features.append(reply_features(found, recalled, pieces))
        right.append(said in wanted)
        kinds.append(kind in ("held out", "left out"))
    return Asked(np.array(features), np.array(right), np.array(kinds))


def fit(asked: Asked, precision: float) -> Fitted:
    """A confidence for what was asked; every figure is of questions it was not fitted to, known and
    unknown ones counting alike."""
    weight_Q = np.where(asked.known_Q, 0.5 / max(1, asked.known_Q.sum()), 0.0)
    weight_Q += np.where(~asked.known_Q, 0.5 / max(1, (~asked.known_Q).sum()), 0.0)
    weight_Q *= len(weight_Q)
    order = np.random.default_rng(0).permutation(len(weight_Q))
    unseen_Q = np.zeros(len(weight_Q))
    for part in range(FOLDS):
        out = order[part::FOLDS]
        kept = np.setdiff1d(order, out)
        coefficients = _logistic(asked.features_QF[kept], asked.right_Q[kept], weight_Q[kept])
        unseen_Q[out] = _sigmoid(asked.features_QF[out] @ coefficients)
    coefficients = _logistic(asked.features_QF, asked.right_Q, weight_Q)
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


def _left_out(turns: Sequence[Turn], wanted: set[str], kind: str) -> Callable[[Row], bool]:
    """Which rows are to be as if they were not there."""
    own = key(turns[-1].text, turns[:-1][-2:])

    def without(row: Row) -> bool:
        if kind == "untaught":
            return fold(row.answer) in wanted
        return kind == "left out" and key(row.question, row.context) == own

    return without


def _korean(text: str) -> bool:
    return any("가" <= char <= "힣" for char in text)


def _logistic(
    features_QF: NDArray[np.float64], right_Q: NDArray[np.bool_], weight_Q: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Ridge logistic regression by Newton's method, with Platt's softened targets."""
    middle_F = features_QF.mean(0)
    scale_F = features_QF.std(0)
    middle_F[0], scale_F[scale_F < 1e-9] = 0.0, 1.0
    table = (features_QF - middle_F) / scale_F
    positive, negative = right_Q.sum(), (~right_Q).sum()
    target_Q = np.where(right_Q, (positive + 1) / (positive + 2), 1 / (negative + 2))
    penalty = RIDGE * np.eye(table.shape[1])
    penalty[0, 0] = 1e-6
    found = np.zeros(table.shape[1])
    for _ in range(50):
        guess = _sigmoid(table @ found)
        slope = table.T @ (weight_Q * (guess - target_Q)) + penalty @ found
        curve_Q = weight_Q * np.maximum(guess * (1 - guess), 1e-6)
        step = np.linalg.solve((table * curve_Q[:, None]).T @ table + penalty, slope)
        found -= step
        if np.abs(step).max() < 1e-8:
            break
    found = found / scale_F
    found[0] -= float((found[1:] * middle_F[1:]).sum())
    return found


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
    that refuses the least likely tenth of them."""
    order = np.argsort(-confidence_Q, kind="stable")
    right = np.cumsum((weight_Q * asked.right_Q)[order])
    total = np.cumsum(weight_Q[order])
    good = np.flatnonzero(right / total >= precision)
    known_Q = confidence_Q[asked.known_Q]
    if len(good):
        bar = float(confidence_Q[order[good[-1]]])
        if len(known_Q) and (known_Q >= bar).mean() >= 0.5:
            return min(bar, 0.95), True
    return (float(np.quantile(known_Q, MOST_WITHHELD)) if len(known_Q) else 0.0), False


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
