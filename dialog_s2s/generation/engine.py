"""Sources to replies: one streamed, or many at once, each as if it were alone."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.config import GenerationConfig
from dialog_s2s.generation.backend import Backend
from dialog_s2s.generation.mixed_backend import MixedBackend
from dialog_s2s.generation.rules import log_softmax, repeated
from dialog_s2s.generation.search import Hypothesis, Said, beam, one_by_one
from dialog_s2s.memory.mixture import SILENT, Votes
from dialog_s2s.text.tokenizer import END, START, Tokenizer

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
            told = [votes[place] for place in places]
            if settings.method == "greedy":
                told = [each.decisive() for each in told]
            said = one_by_one(
                MixedBackend(self.backend, told),
                [sources[place] for place in places],
                settings,
                [seeds[place] for place in places],
                self._silent(),
            )
            for place, hypothesis in zip(places, _gathered(said, len(places)), strict=True):
                found[place] = hypothesis
        if settings.method == "greedy":
            for place in order:
                found[place] = self._likelier(found[place], sources[place], votes[place], settings)
        return [found[place] for place in range(len(sources))]

    def _likelier(
        self, greedy: Hypothesis, source: Sequence[int], votes: Votes, settings: GenerationConfig
    ) -> Hypothesis:
        """What was found piece by piece under decisive votes, with its probability under the
        votes as they are; or the weightiest answer, where that is likelier than it."""
        if not votes.answers:
            return greedy
        decisive = votes.decisive()
        best, told, own = decisive.answers[0], decisive.weights[0], votes.of(decisive.answers[0])
        pieces = (*greedy.pieces, END) if greedy.finish == "stop" else greedy.pieces
        if pieces == best:
            joint = max(math.exp(greedy.log_probability) - told, 0.0) + own
            return dataclasses.replace(greedy, log_probability=math.log(joint))
        joint = math.exp(greedy.log_probability) + votes.of(pieces)
        begun = greedy.finish == "length" and best[: len(pieces)] == pieces
        if (begun or joint < own) and _allowed(best, settings):
            return Hypothesis(best[:-1], self.likelihood(source, best, votes), "stop")
        if not votes.of(pieces):
            return greedy
        return dataclasses.replace(greedy, log_probability=math.log(joint))

    def likelihood(
        self, source: Sequence[int], pieces: Sequence[int], votes: Votes = SILENT
    ) -> float:
        """The log-probability of these pieces; a whole reply's end in the end piece."""
        backend = MixedBackend(self.backend, [votes])
        state = backend.encode([source])
        total = 0.0
        for fed, piece in pairwise((START, *pieces)):
            logits_RV, state = backend.step([fed], state)
            total += float(log_softmax(logits_RV)[0, piece])
        return total

    def stream(
        self,
        source: Sequence[int],
        settings: GenerationConfig,
        seed: int,
        votes: Votes = SILENT,
    ) -> Iterator[Said]:
        """The pieces of one reply as they are chosen; at the end where several are compared, as
        beam search does, and greedy search if there is a memory."""
        if settings.method == "sample" or (settings.method == "greedy" and not votes.answers):
            backend = MixedBackend(self.backend, [votes])
            yield from one_by_one(backend, [source], settings, [seed], self._silent())
            return
        best = self.candidates(source, settings, seed, votes)[0]
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


def _allowed(answer: Sequence[int], settings: GenerationConfig) -> bool:
    """Whether the rules let a remembered answer, with its end, be said; however long it is."""
    return len(answer) > settings.min_tokens and not any(
        piece in repeated(answer[:place], settings.no_repeat_ngram)
        for place, piece in enumerate(answer)
    )


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
