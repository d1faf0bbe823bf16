"""Sources to replies: one streamed, or many at once, each as if it were alone."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.config import GenerationConfig
from dialog_s2s.generation.backend import Backend
from dialog_s2s.generation.mixed_backend import MixedBackend
from dialog_s2s.generation.rules import repeated
from dialog_s2s.generation.search import Hypothesis, Said, beam, one_by_one
from dialog_s2s.generation.slotted import hidden, hidden_votes, spelling, spelt
from dialog_s2s.memory.mixture import SILENT, Votes
from dialog_s2s.text.tokenizer import END, START, Tokenizer

SLOTS = 32
"""Sources decoded at once."""

SURE = 0.501
"""Of all weight, from which on the weightiest answer is what greedy search finds; a hair more than
half, for rounding."""


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
            told = hidden_votes(votes, source)
            backend = MixedBackend(self.backend, [told])
            found = beam(backend, source, settings, self._silent())
            return [spelt(_whole(each, told, settings), source, votes) for each in found]
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
        given, votes = votes, [hidden_votes(*each) for each in zip(votes, sources, strict=True)]
        found: dict[int, Hypothesis] = {}
        order = sorted(range(len(sources)), key=lambda place: len(sources[place]))
        sure = [place for place in order if self._sure(votes[place], settings)]
        if sure:
            likely = self.likelihood(
                [sources[place] for place in sure],
                [votes[place].best for place in sure],
                [votes[place] for place in sure],
            )
            for place, each in zip(sure, likely, strict=True):
                found[place] = Hypothesis(votes[place].best[:-1], each, "stop")
        order = [place for place in order if place not in found]
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
        whole = [_whole(found[place], votes[place], settings) for place in range(len(sources))]
        return [spelt(*each) for each in zip(whole, sources, given, strict=True)]

    def _sure(self, votes: Votes, settings: GenerationConfig) -> bool:
        """Whether greedy search can only find the weightiest answer: with more than half of all
        weight it is the likeliest way on after each of its pieces."""
        return (
            settings.method == "greedy"
            and bool(votes.answers)
            and math.fsum(votes.weights) > SURE
            and _allowed(votes.best, settings)
        )

    def _likelier(
        self, greedy: Hypothesis, source: Sequence[int], votes: Votes, settings: GenerationConfig
    ) -> Hypothesis:
        """What was found piece by piece under decisive votes, with its probability under the
        votes as they are; or the weightiest answer, where that is likelier than it."""
        if not votes.answers:
            return greedy
        decisive = votes.decisive()
        best, told, own = votes.best, decisive.weights[0], votes.of(votes.best)
        pieces = (*greedy.pieces, END) if greedy.finish == "stop" else greedy.pieces
        if pieces == best:
            joint = max(math.exp(greedy.log_probability) - told, 0.0) + own
            return dataclasses.replace(greedy, log_probability=math.log(joint))
        joint = math.exp(greedy.log_probability) + votes.of(pieces)
        begun = greedy.finish == "length" and best[: len(pieces)] == pieces
        if (begun or joint < own) and _allowed(best, settings):
            (likely,) = self.likelihood([source], [best], [votes])
            return Hypothesis(best[:-1], likely, "stop")
        if not votes.of(pieces):
            return greedy
        return dataclasses.replace(greedy, log_probability=math.log(joint))

    def likelihood(
        self,
        sources: Sequence[Sequence[int]],
        replies: Sequence[Sequence[int]],
        votes: Sequence[Votes] | None = None,
    ) -> list[float]:
        """The log-probability of whole replies, each of which ends in the end piece."""
        replies = [hidden(*each) for each in zip(replies, sources, strict=True)]
        found: dict[int, float] = {}
        order = sorted(range(len(sources)), key=lambda place: len(replies[place]))
        for start in range(0, len(order), SLOTS):
            places = order[start : start + SLOTS]
            told = [
                SILENT if votes is None else hidden_votes(votes[place], sources[place])
                for place in places
            ]
            likely = MixedBackend(self.backend, told).likelihood(
                [sources[place] for place in places], [replies[place] for place in places]
            )
            found.update(zip(places, likely, strict=True))
        return [found[place] for place in range(len(sources))]

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
            told = hidden_votes(votes, source)
            backend = MixedBackend(self.backend, [told])
            said = one_by_one(backend, [source], settings, [seed], self._silent())
            yield from spelling(_completed(said, told, settings), source)
            return
        best = self.candidates(source, settings, seed, votes)[0]
        for piece in best.pieces:
            yield Said(0, piece, 0.0)
        yield Said(0, None, best.log_probability, best.finish)

    def attended(self, source: Sequence[int], pieces: Sequence[int]) -> NDArray[np.float32]:
        """Attention weights [T, S] of the generator when it is made to say `pieces` (and the end
        piece), names of the source by their slots; all 0 where the model has no attention."""
        state = self.backend.encode([source])
        weights = []
        for piece in (START, *hidden(pieces, source)):
            _, state = self.backend.step([piece], state)
            weights.append(self.backend.attention(state)[0])
        return np.stack(weights)

    def probabilities(
        self, source: Sequence[int], pieces: Sequence[int], votes: Votes = SILENT
    ) -> list[float]:
        """The probability of each of `pieces`, and of the end piece after them, given the ones
        before; under memory and generator together. A name of the source is one piece, its slot.

        Their product is what `likelihood` gives the whole reply.
        """
        said = hidden(pieces, source)
        backend = MixedBackend(self.backend, [hidden_votes(votes, source)])
        state = backend.encode([source])
        found = []
        for fed, piece in zip((START, *said), (*said, END), strict=True):
            likely_RV, state = backend.step([fed], state)
            found.append(math.exp(min(0.0, float(likely_RV[0, piece]))))
        return found

    def _silent(self) -> list[int]:
        return list(self.tokenizer.openers)


def _whole(found: Hypothesis, votes: Votes, settings: GenerationConfig) -> Hypothesis:
    """A reply that was cut at `max_tokens`, whole if it is a remembered answer: the limit is for
    what the generator makes up."""
    if found.finish == "stop":
        return found
    cut = len(found.pieces)
    begun = {
        answer: weight
        for answer, weight in zip(votes.answers, votes.weights, strict=True)
        if answer[:cut] == found.pieces and _allowed(answer, settings)
    }
    if 2 * sum(begun.values()) <= math.exp(found.log_probability):
        return found
    answer = max(begun, key=begun.__getitem__)
    return Hypothesis(answer[:-1], math.log(begun[answer]), "stop")


def _completed(said: Iterator[Said], votes: Votes, settings: GenerationConfig) -> Iterator[Said]:
    """The pieces of one reply; of a remembered answer that is cut, those that are missing too."""
    pieces: list[int] = []
    likely = 0.0
    for each in said:
        pieces += [] if each.piece is None else [each.piece]
        likely += each.log_probability
        if each.finish == "length":
            cut = Hypothesis(tuple(pieces), likely, "length")
            whole = _whole(cut, votes, settings)
            if whole is not cut:
                yield dataclasses.replace(each, finish=None)
                for piece in whole.pieces[len(pieces) :]:
                    yield Said(0, piece, 0.0)
                yield Said(0, None, whole.log_probability - likely, "stop")
                return
        yield each


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
