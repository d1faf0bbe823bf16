"""Inverted lists against plain dictionaries, however they were put together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.memory.grams import grams
from dialog_s2s.memory.postings import GONE, Postings, joined
from dialog_s2s.memory.postings import postings as listed

texts = st.lists(
    st.lists(st.sampled_from(["tea", "green", "open", "문을", ""]), max_size=4).map(" ".join),
    max_size=5,
)


def postings(ids: Sequence[int], stored: Sequence[str]) -> Postings:
    """The lists of these texts."""
    return listed(ids, *grams(stored))


def lists(index: Postings) -> dict[int, list[int]]:
    """Rows by term."""
    return {
        term: index.rows[start:end].tolist()
        for term, start, end in zip(
            index.terms.tolist(), index.starts, index.starts[1:], strict=False
        )
    }


def same(one: Postings, other: Postings) -> bool:
    return one.ids.tolist() == other.ids.tolist() and lists(one) == lists(other)


@given(texts)
def test_every_term_has_its_rows(stored: list[str]) -> None:
    index = postings(range(10, 10 + len(stored)), stored)
    assert index.ids.tolist() == list(range(10, 10 + len(stored)))
    assert index.terms.tolist() == sorted(set(index.terms.tolist()))
    own = [set(grams([text])[0].tolist()) for text in stored]
    every = set().union(*own)
    assert lists(index) == {
        term: [row for row, held in enumerate(own) if term in held] for term in every
    }


@given(texts, texts)
def test_found_terms_are_where_they_are(stored: list[str], asked: list[str]) -> None:
    index = postings(range(len(stored)), stored)
    terms = np.unique(grams(asked)[0])
    starts, counts = index.find(terms)
    rows = lists(index)
    for term, start, count in zip(terms.tolist(), starts, counts, strict=True):
        assert index.rows[start : start + count].tolist() == rows.get(term, [])


@given(st.lists(texts, min_size=1, max_size=4), st.sets(st.integers(0, 20)))
def test_joined_is_as_if_made_at_once(several: list[list[str]], gone: set[int]) -> None:
    every = [text for each in several for text in each]
    parts, first = [], 0
    for each in several:
        part = postings(range(first, first + len(each)), each)
        parts.append(part.without(sorted(gone)))
        first += len(each)
    kept = [number for number in range(len(every)) if number not in gone]
    assert same(joined(parts), postings(kept, [every[number] for number in kept]))


def test_removing_changes_a_copy() -> None:
    index = postings([3, 5], ["green tea", "tea"])
    assert index.without([4]) is index
    assert index.without([5]).ids.tolist() == [3, GONE]
    assert index.ids.tolist() == [3, 5]
    assert index.compact() is index
