"""Memory and generator as one probability, piece by piece.

    P(y | x) = sum_i w_i(x) [y = a_i] + p(x) Prior(y) + g(x) P_gen(y | x),    all weights sum to 1

After a prefix, each part's share is its posterior: what it gave to the prefix. The remembered
answers that disagree with the prefix drop out, and the generator's share shrinks by what it
thought of each piece. So the product over pieces is exactly the mixture over whole replies, and
any search or sampling that works on a generator works on this (cf. kNN-LM, Khandelwal et al.
2020, where the mixture is by the token and no reply is ever quoted whole).

V is the vocabulary. All replies end in the end piece.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

Pieces = tuple[int, ...]
Masses = tuple[NDArray[np.int32], NDArray[np.float64]]
"""Different pieces, rising, and the probability of each."""

WIDE = 512
"""Answers in a range from which on what follows it is kept."""


class Prior:
    """How often each answer is given, whatever the question: a trie as a sorted list."""

    def __init__(self, answers: Sequence[Pieces], counts: Sequence[float]):
        pairs = sorted(zip(answers, counts, strict=True))
        self.answers = [answer for answer, _ in pairs]
        self.counts = [float(count) for _, count in pairs]
        lengths = [len(answer) for answer in self.answers]
        self._starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        flat = [piece for answer in self.answers for piece in answer]
        self._flat = np.array(flat, dtype=np.int32)
        # sums of counts, not of probabilities: whole numbers stay exact however often subtracted
        self._below = np.concatenate([[0.0], np.cumsum([count for _, count in pairs])])
        self._total = float(self._below[-1]) or 1.0
        self._wide: dict[tuple[int, int, int], Masses] = {}

    def __len__(self) -> int:
        return len(self.answers)

    def mass(self, low: int, high: int) -> float:
        """The probability of the answers `low` to `high`."""
        return float(self._below[high] - self._below[low]) / self._total

    def of(self, answer: Pieces) -> float:
        """The probability of one answer."""
        return self.mass(bisect_left(self.answers, answer), bisect_right(self.answers, answer))

    def after(self, low: int, high: int, depth: int) -> Masses:
        """The pieces at `depth` of the answers in a range, and their probabilities."""
        if high - low < WIDE:
            return self._counted(low, high, depth)
        # there are few wide ranges, and every reply begins with the widest
        asked = (low, high, depth)
        if asked not in self._wide:
            self._wide[asked] = self._counted(low, high, depth)
        return self._wide[asked]

    def _counted(self, low: int, high: int, depth: int) -> Masses:
        column = self._flat[self._starts[low:high] + depth]
        if not len(column):
            return column, np.zeros(0)
        first = np.concatenate([[0], np.flatnonzero(column[1:] != column[:-1]) + 1])
        below = self._below[np.append(low + first, high)]
        return column[first], np.diff(below) / self._total

    def narrowed(self, low: int, high: int, depth: int, piece: int) -> tuple[int, int]:
        """The range of those whose piece at `depth` is `piece`."""
        at_depth = itemgetter(depth)
        return (
            bisect_left(self.answers, piece, low, high, key=at_depth),
            bisect_right(self.answers, piece, low, high, key=at_depth),
        )


NOTHING = Prior((), ())


@dataclass(frozen=True, slots=True)
class Votes:
    """What a memory says of one question: answers with their weights, and what is left over."""

    answers: tuple[Pieces, ...]
    """Each with the end piece."""
    weights: tuple[float, ...]
    prior: float
    """The weight of the prior over all answers."""
    generator: float
    """The weight of the generator; with the others it makes 1."""

    def of(self, answer: Pieces) -> float:
        """The weight of one answer."""
        return sum(
            weight
            for known, weight in zip(self.answers, self.weights, strict=True)
            if known == answer
        )

    @property
    def best(self) -> Pieces:
        """The weightiest answer; the first of equals."""
        return self.answers[max(range(len(self.answers)), key=lambda place: self.weights[place])]

    def joined(self, reply: Pieces, likely: float, prior: Prior = NOTHING) -> float:
        """The log-probability of a whole reply to which the generator gives the log-probability
        `likely`: the sum over whole replies, which equals the product over pieces."""
        known = self.of(reply) + self.prior * prior.of(reply)
        said = (math.log(self.generator) + likely) if self.generator > 0 else -math.inf
        return float(np.logaddexp(math.log(known) if known > 0 else -math.inf, said))

    def decisive(self) -> Votes:
        """The weightiest answer with the weight of all: what greedy search shall see, which would
        else follow the words that most answers begin with, and end in none of the best."""
        if not self.answers:
            return self
        return Votes((self.best,), (math.fsum(self.weights),), self.prior, self.generator)


SILENT = Votes((), (), 0.0, 1.0)
"""No memory: the generator alone."""


@dataclass(frozen=True, slots=True)
class Share:
    """One hypothesis: which answers still agree with it, and the log-weight of the generator."""

    votes: Votes
    prior: Prior
    alive: tuple[int, ...]
    low: int
    high: int
    depth: int
    generator: float

    @classmethod
    def start(cls, votes: Votes, prior: Prior) -> Share:
        """Before the first piece."""
        high = len(prior) if votes.prior > 0 else 0
        log = math.log(votes.generator) if votes.generator > 0 else -math.inf
        return cls(votes, prior, tuple(range(len(votes.answers))), 0, high, 0, log)

    def mixed(self, likely_V: NDArray[np.floating]) -> NDArray[np.float64]:
        """Log-probabilities of the next piece, from the generator's log-probabilities."""
        pieces = [self.votes.answers[place][self.depth] for place in self.alive]
        weights = [self.votes.weights[place] for place in self.alive]
        remembered = math.fsum(weights) + self.votes.prior * self.prior.mass(self.low, self.high)
        if remembered <= 0.0:
            return likely_V.astype(np.float64)
        total = float(np.logaddexp(math.log(remembered), self.generator))
        mixed_V = likely_V.astype(np.float64) + (self.generator - total)
        with np.errstate(divide="ignore"):  # a weight may be 0
            if self.high > self.low:
                chosen, masses = self.prior.after(self.low, self.high, self.depth)
                log_masses = np.log(self.votes.prior * masses) - total
                mixed_V[chosen] = np.logaddexp(mixed_V[chosen], log_masses)
            if pieces:  # one after another, for several answers may go on alike
                np.logaddexp.at(mixed_V, pieces, np.log(weights) - total)
        return mixed_V

    def fed(self, piece: int, likely: float) -> Share:
        """After one more piece, which the generator gave the log-probability `likely`."""
        alive = tuple(
            place for place in self.alive if self.votes.answers[place][self.depth] == piece
        )
        low, high = self.prior.narrowed(self.low, self.high, self.depth, piece)
        return Share(
            self.votes, self.prior, alive, low, high, self.depth + 1, self.generator + likely
        )
