"""How replies compare with those wanted, as text.

All measures but distinct-n are sums over replies, kept a reply at a time, so that any part of
the replies and any resample of them is measured without reading them again.
N is replies, C the counts that a corpus score is computed from.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.evaluation.extra import load
from dialog_s2s.text.turns import fold

# Scripts written without spaces (Thai, Lao, Burmese, Khmer, Kana, Han): a character is a word.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+")

TOGETHER = 1000
"""Replies whose n-grams are in memory at once."""


def words(text: str) -> list[str]:
    """The words of `text`, folded."""
    return _WORD.findall(fold(text))


def exact(reply: str, references: Sequence[str]) -> bool:
    """Whether a reply is one of those wanted, but for case, punctuation and spacing."""
    return fold(reply) in map(fold, references)


def token_f1(reply: str, references: Sequence[str]) -> float:
    """Harmonic mean of the precision and recall of words, of the reference it fits best.

    Rajpurkar et al. 2016 (SQuAD); 0..1.
    """
    said = Counter(words(reply))
    best = 0.0
    for reference in references:
        wanted = Counter(words(reference))
        total = said.total() + wanted.total()
        best = max(best, 2 * (said & wanted).total() / total if total else 1.0)
    return best


def repetition(reply: str) -> float:
    """Share of the word pairs of a reply that occurred in it before; 0..1.

    seq-rep-n of Welleck et al. 2020, with n = 2 since chat replies are short.
    """
    pairs = _grams(words(reply), 2)
    return 1 - len(set(pairs)) / len(pairs) if pairs else 0.0


def distinct(replies: Sequence[str], size: int) -> float:
    """Different word n-grams over all word n-grams of all replies (Li et al. 2016); 0..1."""
    found = [gram for reply in replies for gram in _grams(words(reply), size)]
    return len(set(found)) / len(found) if found else math.nan


def diversity(replies: Sequence[str]) -> dict[str, float]:
    """distinct-1 and distinct-2. Of a resample, which holds replies twice, they are too low."""
    return {f"distinct_{size}": distinct(replies, size) for size in (1, 2)}


def _grams(said: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(said[start : start + size]) for start in range(len(said) - size + 1)]


@dataclass(frozen=True, slots=True)
class CorpusScore:
    """A score of sacrebleu's for whole corpora, 0..100, with the counts it sums."""

    metric: Any
    counts_NC: NDArray[np.float64]
    signature: str

    def of(self, weights_N: NDArray[np.float64]) -> float:
        """The score of replies that occur so many times each."""
        # sacrebleu's own resampling has all resamples of all replies in memory at once
        counts_C = weights_N @ self.counts_NC
        return float(self.metric._compute_score_from_stats(counts_C.tolist()).score)

    def part(self, rows: NDArray[np.int64]) -> CorpusScore:
        """Of these replies alone."""
        return replace(self, counts_NC=self.counts_NC[rows])


@dataclass(frozen=True, slots=True)
class TextScores:
    """Measures of each reply against the references it may equal."""

    chrf: CorpusScore
    bleu: CorpusScore
    token_f1_N: NDArray[np.float64]
    exact_N: NDArray[np.float64]
    repetition_N: NDArray[np.float64]

    def figures(self, weights_N: NDArray[np.float64]) -> dict[str, float]:
        """The measures of replies that occur so many times each; NaN where that is never."""
        total = weights_N.sum()
        if not total:
            return dict.fromkeys(("chrf", "bleu", "token_f1", "exact", "repetition"), math.nan)
        return {
            "chrf": self.chrf.of(weights_N),
            "bleu": self.bleu.of(weights_N),
            "token_f1": float(weights_N @ self.token_f1_N / total),
            "exact": float(weights_N @ self.exact_N / total),
            "repetition": float(weights_N @ self.repetition_N / total),
        }

    def part(self, rows: NDArray[np.int64]) -> TextScores:
        """Of these replies alone."""
        return TextScores(
            self.chrf.part(rows),
            self.bleu.part(rows),
            self.token_f1_N[rows],
            self.exact_N[rows],
            self.repetition_N[rows],
        )


def text_scores(replies: Sequence[str], references: Sequence[Sequence[str]]) -> TextScores:
    """Scores at least one reply, each against at least one reference.

    Raises:
        UsageError: sacrebleu is not installed.
    """
    sacrebleu = load("sacrebleu")
    both = list(zip(replies, references, strict=True))
    return TextScores(
        _corpus_score(sacrebleu.CHRF(), both),
        # `force` only silences a warning about replies that end in " ."
        _corpus_score(sacrebleu.BLEU(force=True), both),
        np.array([token_f1(*each) for each in both]),
        np.array([exact(*each) for each in both], dtype=np.float64),
        np.array([repetition(reply) for reply in replies]),
    )


def _corpus_score(metric: Any, both: Sequence[tuple[str, Sequence[str]]]) -> CorpusScore:
    numbers = {len(references) for _, references in both}
    counts: list[list[int]] = []
    for start in range(0, len(both), TOGETHER):
        replies, references = zip(*both[start : start + TOGETHER], strict=True)
        # sacrebleu takes streams: all first references, all second ones, ..., None for lacking
        streams = list(zip_longest(*references))
        counts += metric._extract_corpus_statistics(replies, streams)
    metric.num_refs = numbers.pop() if len(numbers) == 1 else -1  # -1 is how it says "varying"
    return CorpusScore(metric, np.array(counts, dtype=np.float64), str(metric.get_signature()))
