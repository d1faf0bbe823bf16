"""What a sentence encoder is worth beside what a corpus teaches of its own words.

The wordings of a corpus are much alike, so that shared terms and learned vectors tell them apart as
well as any encoder, and a ranker fitted to them has no use for one: it even trusts terms where a
customer's words are none of the corpus. So the coefficients are fitted to questions that were
kept from the learned vectors, each as it is and once more disguised: the encoder still reads
what was asked, but its terms are those of words from anywhere in the corpus (cf. word dropout,
Iyyer et al. 2015). What terms are worth where they mislead is learnt from those, and what they are
worth where they are right from the others.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.memory.keys import key
from dialog_s2s.memory.ranker import Ranker
from dialog_s2s.training.neighbours import Neighbours, Query, Store, neighbours
from dialog_s2s.training.ranking import fit_ranker, refit_all, with_learned
from dialog_s2s.training.withholding import groups_of

ASIDE = 0.25
"""Share of the questions that are kept from the learned vectors; the rest make those vectors."""

MOST = 1000
"""Questions kept from them at most."""


def fit_beside(
    ranker: Ranker,
    store: Store,
    queries: Sequence[Query],
    near: Neighbours,
    log_generator_Q: NDArray[np.float64],
    seed: int,
) -> Ranker:
    """`ranker` with its coefficients fitted anew; all is of the same queries, each of a row.

    With too few questions to keep any aside it stays as it is.
    """
    random = np.random.default_rng([seed, 11])
    aside_N = _aside(store, random)
    aside_Q = aside_N[[query.row for query in queries]]
    if not aside_Q.any() or aside_Q.all():
        return ranker
    similarity = store.similarity
    if similarity.table_LD.shape[1]:
        left = np.flatnonzero(~aside_Q)
        _, similarity = fit_ranker(
            similarity,
            store.asked,
            _without(near, left, aside_N),
            log_generator_Q[left],
            groups_of(store.rows),
            seed,
        )
    chosen = [query for query, kept in zip(queries, aside_Q, strict=True) if kept]
    words = [word for row in store.rows for word in row.question.split()]
    plain_and_disguised = chosen + [disguised(query, words, random) for query in chosen]
    near = neighbours(store, plain_and_disguised)
    features_QKF = with_learned(similarity, store.asked, near)
    return refit_all(ranker, features_QKF, near, np.tile(log_generator_Q[aside_Q], 2))


def disguised(query: Query, words: Sequence[str], random: np.random.Generator) -> Query:
    """The same question in as many other words, of which an encoder knows what they mean."""
    count = len(query.question.split())
    drawn = [words[place] for place in random.integers(len(words), size=count)]
    return dataclasses.replace(query, question=" ".join(drawn), meaning=query.question)


def _aside(store: Store, random: np.random.Generator) -> NDArray[np.bool_]:
    """Which rows are kept aside: all of a key, or none."""
    numbers: dict[object, int] = {}
    keys_N = np.array(
        [numbers.setdefault(key(row.question, row.context), len(numbers)) for row in store.rows]
    )
    count = min(MOST, int(ASIDE * len(numbers)))
    aside_N: NDArray[np.bool_] = np.isin(keys_N, random.permutation(len(numbers))[:count])
    return aside_N


def _without(
    near: Neighbours, queries: NDArray[np.int64], aside_N: NDArray[np.bool_]
) -> Neighbours:
    """These queries, as if the rows kept aside were not there."""
    some = near.part(queries)
    there_QK = some.there_QK & ~aside_N[some.rows_QK]
    return dataclasses.replace(
        some,
        there_QK=there_QK,
        features_QKF=some.features_QKF * there_QK[:, :, None],
        right_QK=some.right_QK & there_QK,
        alike_QK=some.alike_QK & there_QK,
    )
