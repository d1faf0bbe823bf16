"""What a bot must beat: answers that take no model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dialog_s2s.errors import DataError
from dialog_s2s.evaluation.extra import load
from dialog_s2s.text.readers import read
from dialog_s2s.text.turns import examples

CELLS = 1 << 24
"""Similarities in memory at once."""

Pair = tuple[str, str]
"""A question and its answer."""


def training_pairs(
    bot: Any, files: Sequence[str] = (), format: str | None = None
) -> list[Pair] | None:
    """The pairs a bot was trained on: of `files`, else of its answer memory, else None.

    Raises:
        UsageError, DataError: as the readers do.
    """
    if files:
        pairs = [
            (example.question, example.reply)
            for dialogue in read(files, format)
            for example in examples(dialogue)
        ]
        if not pairs:
            raise DataError("there are no question-answer pairs", files[0])
        return pairs
    memory = getattr(bot, "memory", None)
    if memory is None:
        return None
    return [(row.question, row.answer) for row in memory.rows if row.kind == "trained"] or None


def most_frequent(pairs: Sequence[Pair]) -> str:
    """The answer that most pairs share; the first one of several."""
    return Counter(answer for _, answer in pairs).most_common(1)[0][0]


def nearest(
    pairs: Sequence[Pair],
    questions: Sequence[str],
    watch: Callable[[int], None] = lambda done: None,
) -> list[str]:
    """For each question, the answer of the most similar one among the pairs.

    Similarity is the cosine of TF-IDF over character 1-3-grams within words; earlier turns are
    not looked at. The first of several pairs wins.

    Raises:
        UsageError: scikit-learn is not installed.
    """
    text = load("sklearn.feature_extraction.text")
    vectorizer = text.TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 3), dtype=np.float32)
    known = vectorizer.fit_transform([question for question, _ in pairs]).T.tocsr()
    answers: list[str] = []
    together = max(1, CELLS // len(pairs))
    for start in range(0, len(questions), together):
        asked = vectorizer.transform(questions[start : start + together])
        for row in (asked @ known).toarray():
            answers.append(pairs[int(row.argmax())][1])
        watch(len(answers))
    return answers
