"""Sources to replies: one streamed, or many at once, each as if it were alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.config import GenerationConfig
from dialog_s2s.generation.backend import Backend
from dialog_s2s.generation.mixed_backend import MixedBackend
from dialog_s2s.generation.search import Hypothesis, Said, beam, one_by_one
from dialog_s2s.memory.mixture import SILENT, Votes
from dialog_s2s.text.tokenizer import START, Tokenizer

SLOTS = 32
"""Sources decoded at once."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A backend and its tokenizer; safe to share between threads."""

    backend: Backend
    tokenizer: Tokenizer

    def candidates(
        self,
        source: Sequence[int],
        settings: GenerationConfig,
        seed: int,
        votes: Votes = SILENT,
    ) -> list[Hypothesis]:
        """The n best replies by beam search, or the one reply of the other methods."""
        if settings.method == "beam":
            return beam(MixedBackend(self.backend, [votes]), source, settings, self._silent())
        return self.replies([source], settings, [seed], [votes])

    def replies(
        self,
        sources: Sequence[Sequence[int]],
        settings: GenerationConfig,
        seeds: Sequence[int],
        votes: Sequence[Votes] | None = None,
    ) -> list[Hypothesis]:
        """The reply to each source, in order; sources of like length are decoded together."""
        votes = [SILENT] * len(sources) if votes is None else votes
        if settings.method == "beam":
            return [
                self.candidates(source, settings, seed, vote)[0]
                for source, seed, vote in zip(sources, seeds, votes, strict=True)
            ]
        found: dict[int, Hypothesis] = {}
        order = sorted(range(len(sources)), key=lambda place: len(sources[place]))
        for start in range(0, len(order), SLOTS):
            places = order[start : start + SLOTS]
            said = one_by_one(
                MixedBackend(self.backend, [votes[place] for place in places]),
                [sources[place] for place in places],
                settings,
                [seeds[place] for place in places],
                self._silent(),
            )
            for place, hypothesis in zip(places, _gathered(said, len(places)), strict=True):
                found[place] = hypothesis
        return [found[place] for place in range(len(sources))]

    def stream(
        self,
        source: Sequence[int],
        settings: GenerationConfig,
        seed: int,
        votes: Votes = SILENT,
    ) -> Iterator[Said]:
        """The pieces of one reply as they are chosen; beam search gives its best at the end."""
        backend = MixedBackend(self.backend, [votes])
        if settings.method != "beam":
            yield from one_by_one(backend, [source], settings, [seed], self._silent())
            return
        best = beam(backend, source, settings, self._silent())[0]
        for piece in best.pieces:
            yield Said(0, piece, 0.0)
        yield Said(0, None, best.log_probability, best.finish)

    def attended(self, source: Sequence[int], pieces: Sequence[int]) -> NDArray[np.float32]:
        """Attention weights [T, S] of the generator when it is made to say `pieces` (and the end
        piece); all 0 where the model has no attention."""
        state = self.backend.encode([source])
        weights = []
        for piece in (START, *pieces):
            _, state = self.backend.step([piece], state)
            weights.append(self.backend.attention(state)[0])
        return np.stack(weights)

    def _silent(self) -> list[int]:
        return list(self.tokenizer.openers)


def _gathered(said: Iterator[Said], sources: int) -> list[Hypothesis]:
    pieces: list[list[int]] = [[] for _ in range(sources)]
    likely = [0.0] * sources
    finish = ["stop"] * sources
    for each in said:
        likely[each.source] += each.log_probability
        if each.piece is not None:
            pieces[each.source].append(each.piece)
        if each.finish is not None:
            finish[each.source] = each.finish
    return [
        Hypothesis(tuple(pieces[source]), likely[source], finish[source])
        for source in range(sources)
    ]
