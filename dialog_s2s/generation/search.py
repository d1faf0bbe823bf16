"""Greedy, sampled and beam search over a backend. A search sees pieces and logits, nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.config import GenerationConfig
from dialog_s2s.generation.backend import Backend
from dialog_s2s.generation.rules import (
    Logits,
    forbid,
    log_softmax,
    min_p,
    repeated,
    top_k,
    top_p,
)
from dialog_s2s.text.tokenizer import END, PADDING, START, UNKNOWN


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A reply as pieces, the end piece left out."""

    pieces: tuple[int, ...]
    log_probability: float
    """Of these pieces (and the end piece, if reached) under the model, before any rule."""
    finish: str
    """`stop` where the reply ended by itself, `length` where it was cut at `max_tokens`."""


@dataclass(frozen=True, slots=True)
class Said:
    """One piece of the reply to one source; `finish` is set on the last."""

    source: int
    piece: int | None
    log_probability: float
    finish: str | None = None


def one_by_one(
    backend: Backend,
    sources: Sequence[Sequence[int]],
    settings: GenerationConfig,
    seeds: Sequence[int],
    silent: Sequence[int],
) -> Iterator[Said]:
    """Pieces as they are chosen, greedily or sampled, for many sources at once.

    Each source draws from its own `seeds` entry, so its reply does not depend on its company.
    A finished row leaves the batch at once. `silent` pieces are never said.
    """
    state = backend.encode(sources)
    alive = list(range(len(sources)))
    random = [np.random.default_rng(seed) for seed in seeds]
    said: list[list[int]] = [[] for _ in sources]
    fed = [START] * len(sources)
    while alive:
        logits_RV, state = backend.step(fed, state)
        likely_RV = log_softmax(logits_RV)
        stay: list[int] = []
        for row, source in enumerate(alive):
            allowed_V = _ruled(logits_RV[row], said[source], settings, silent)
            if settings.method == "sample":
                piece = _sampled(allowed_V, settings, random[source])
            else:
                piece = int(allowed_V.argmax())
            likely = float(likely_RV[row, piece])
            if piece == END:
                yield Said(source, None, likely, "stop")
                continue
            said[source].append(piece)
            full = len(said[source]) >= settings.max_tokens
            yield Said(source, piece, likely, "length" if full else None)
            if not full:
                stay.append(row)
        if len(stay) < len(alive):
            alive = [alive[row] for row in stay]
            if alive:
                state = backend.select(state, stay)
        fed = [said[source][-1] for source in alive]


def beam(
    backend: Backend,
    source: Sequence[int],
    settings: GenerationConfig,
    silent: Sequence[int],
) -> list[Hypothesis]:
    """The `settings.beam` best replies to one source, best first.

    Score is log P / length**penalty (Wu et al. 2016, without their constant). The search ends
    when no open hypothesis can still overtake the worst kept one.
    """
    width, penalty = settings.beam, settings.length_penalty
    open_: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    done: list[tuple[float, Hypothesis]] = []
    state = backend.encode([source])
    for length in range(1, settings.max_tokens + 2):
        fed = [pieces[-1] if pieces else START for _, pieces in open_]
        logits_RV, state = backend.step(fed, state)
        likely_RV = log_softmax(logits_RV)
        grown: list[tuple[float, int, int]] = []
        for row, (score, pieces) in enumerate(open_):
            allowed_V = _ruled(logits_RV[row], pieces, settings, silent)
            if length > settings.max_tokens:
                done.append(_finished(score, pieces, "length", penalty))
                continue
            total_V = np.where(np.isinf(allowed_V), -np.inf, score + likely_RV[row])
            best = np.argsort(-total_V, kind="stable")[: width + 1]
            grown += [(float(total_V[i]), row, int(i)) for i in best if np.isfinite(total_V[i])]
        grown.sort(key=lambda item: (-item[0], item[1], item[2]))
        kept: list[tuple[float, int, int]] = []
        for place, (total, row, piece) in enumerate(grown):
            if piece == END:
                if place < width:
                    done.append(_finished(total, open_[row][1], "stop", penalty))
            elif len(kept) < width:
                kept.append((total, row, piece))
        done.sort(key=lambda item: -item[0])
        del done[width:]
        if not kept:
            break
        longest = settings.max_tokens + 1 if penalty > 0 else length + 1
        if len(done) == width and kept[0][0] / longest**penalty <= done[-1][0]:
            break
        state = backend.select(state, [row for _, row, _ in kept])
        open_ = [(total, (*open_[row][1], piece)) for total, row, piece in kept]
    return [hypothesis for _, hypothesis in done]


def _finished(
    score: float, pieces: tuple[int, ...], finish: str, penalty: float
) -> tuple[float, Hypothesis]:
    length = len(pieces) + (finish == "stop")
    return score / max(1, length) ** penalty, Hypothesis(pieces, score, finish)


def _ruled(
    logits_V: Logits, said: Sequence[int], settings: GenerationConfig, silent: Sequence[int]
) -> Logits:
    """What may come next: special pieces never, the end piece not too early, no repetition."""
    never = [PADDING, UNKNOWN, START, *silent, *repeated(said, settings.no_repeat_ngram)]
    if len(said) < settings.min_tokens:
        never.append(END)
    allowed_V = forbid(logits_V, never)
    if np.isneginf(allowed_V).all():  # everything would repeat: end here
        allowed_V[END] = 0.0
    return allowed_V


def _sampled(logits_V: Logits, settings: GenerationConfig, random: np.random.Generator) -> int:
    """One draw by inverting the distribution, so that a seed fixes the reply."""
    warm_V = logits_V / np.float32(settings.temperature)
    kept_V = min_p(top_p(top_k(warm_V, settings.top_k), settings.top_p), settings.min_p)
    chance_V: NDArray[np.float64] = np.exp(log_softmax(kept_V).astype(np.float64)).cumsum()
    drawn = int(np.searchsorted(chance_V, random.random() * chance_V[-1], side="right"))
    return min(drawn, int(np.flatnonzero(np.isfinite(kept_V))[-1]))
