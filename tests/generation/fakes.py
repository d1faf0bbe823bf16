"""A backend whose model is a table: what comes next depends on the source and on what was said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from dialog_s2s.config import GenerationConfig
from dialog_s2s.generation.search import Hypothesis
from dialog_s2s.text.tokenizer import END, PADDING, START, UNKNOWN

SILENT = (4, 5)
"""Role pieces."""
WORDS = (6, 7, 8)
VOCABULARY = 9

Table = Callable[[tuple[int, ...], tuple[int, ...]], np.ndarray]
"""From a source and what was said to logits_V."""


def scrambled(seed: int, spread: float = 2.0, vocabulary: int = VOCABULARY) -> Table:
    """Random logits, always the same for the same source and prefix."""

    def logits(source: tuple[int, ...], said: tuple[int, ...]) -> np.ndarray:
        random = np.random.default_rng([seed, len(source), *source, 99, *said])
        return random.normal(0, spread, vocabulary).astype(np.float32)

    return logits


@dataclass
class Fake:
    """Plays a table. Its state is, for each row, the source and what was fed, the start included;
    it keeps all that it was fed, and how many rows at a time."""

    table: Table
    vocabulary: int = VOCABULARY
    fed: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    encoded: list[int] = field(default_factory=list)

    def encode(self, sources: Sequence[Sequence[int]]) -> list[tuple]:
        self.encoded.append(len(sources))
        return [(tuple(source), ()) for source in sources]

    def step(self, tokens_R: Sequence[int], state: list[tuple]) -> tuple[np.ndarray, list[tuple]]:
        assert len(tokens_R) == len(state)
        self.fed += list(tokens_R)
        self.rows.append(len(state))
        after = [
            (source, (*fed, piece)) for (source, fed), piece in zip(state, tokens_R, strict=True)
        ]
        assert all(fed[0] == START and START not in fed[1:] for _, fed in after)
        return np.stack([self.table(source, fed[1:]) for source, fed in after]), after

    def select(self, state: list[tuple], rows: Sequence[int]) -> list[tuple]:
        return [state[row] for row in rows]

    def attention(self, state: list[tuple]) -> np.ndarray:
        longest = max(len(source) for source, _ in state)
        return np.full((len(state), longest), 1 / longest, dtype=np.float32)

    def likelihood(
        self, sources: Sequence[Sequence[int]], replies: Sequence[Sequence[int]]
    ) -> list[float]:
        return [
            log_probability(self.table, tuple(source), reply)
            for source, reply in zip(sources, replies, strict=True)
        ]


def allowed(said: Sequence[int], settings: GenerationConfig) -> list[int]:
    """What may come next, spelt out."""
    size = settings.no_repeat_ngram
    pieces = []
    for piece in range(VOCABULARY):
        grown = (*said, piece)
        pairs = [grown[at : at + size] for at in range(len(grown) - size + 1)] if size else []
        if (
            piece not in (PADDING, UNKNOWN, START, *SILENT)
            and (piece != END or len(said) >= settings.min_tokens)
            and (piece == END or not pairs or pairs[-1] not in pairs[:-1])
        ):
            pieces.append(piece)
    return pieces or [END]


def log_probability(table: Table, source: tuple[int, ...], said: Sequence[int]) -> float:
    """Of these pieces in a row, the end piece included where it is among them."""
    total = 0.0
    for place, piece in enumerate(said):
        logits = table(source, tuple(said[:place])).astype(np.float64)
        total += logits[piece] - np.log(np.exp(logits).sum())
    return total


def greedy(table: Table, source: tuple[int, ...], settings: GenerationConfig) -> Hypothesis:
    """The likeliest allowed piece, again and again."""
    said: tuple[int, ...] = ()
    while len(said) < settings.max_tokens:
        logits = table(source, said)
        piece = max(allowed(said, settings), key=lambda piece: logits[piece])
        if piece == END:
            return Hypothesis(said, log_probability(table, source, (*said, END)), "stop")
        said = (*said, piece)
    return Hypothesis(said, log_probability(table, source, said), "length")


def every(settings: GenerationConfig) -> Iterator[tuple[tuple[int, ...], str]]:
    """Every reply there can be, and how it finishes."""
    for length in range(settings.max_tokens + 1):
        for said in product(WORDS, repeat=length):
            if any(piece not in allowed(said[:at], settings) for at, piece in enumerate(said)):
                continue
            if length == settings.max_tokens:
                yield said, "length"
            elif END in allowed(said, settings):
                yield said, "stop"


def exhaustive(
    table: Table, source: tuple[int, ...], settings: GenerationConfig
) -> list[tuple[float, Hypothesis]]:
    """Every reply with its score, best first."""
    found = []
    for said, finish in every(settings):
        whole = (*said, END) if finish == "stop" else said
        likely = log_probability(table, source, whole)
        score = likely / len(whole) ** settings.length_penalty
        found.append((score, Hypothesis(said, likely, finish)))
    return sorted(found, key=lambda item: -item[0])
