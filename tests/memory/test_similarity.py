"""Likeness of questions: bags of terms, weighed by rarity, and vectors of what was learnt."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.memory.grams import grams
from dialog_s2s.memory.similarity import LEARNED, Similarity

TEXTS = (
    "when do you open",
    "what time do you close",
    "do you sell green tea",
    "where is the shop",
    "is there any parking",
    "몇 시에 여나요",
    "お茶はありますか",
)
SIMILARITY = Similarity.counted(TEXTS)
words = st.sampled_from([*" ".join(TEXTS).split(), "zebra", "?!", "🙂", "ㅋㅋ", ""])
some_texts = st.lists(st.lists(words, max_size=5).map(" ".join), max_size=6)


def alike(one: str, other: str, similarity: Similarity = SIMILARITY) -> float:
    bags = similarity.bags([one, other])
    return float(similarity.cosine(bags.rows([0]), bags.rows([1]))[0])


def spelt_out(one: str, other: str) -> float:
    """The cosine, without arrays."""
    size = len(SIMILARITY.idf_B)

    def vector(text: str) -> dict[int, float]:
        places = {int(term) % size for term in grams([text])[0]}
        return {place: float(SIMILARITY.idf_B[place]) for place in places}

    mine, theirs = vector(one), vector(other)
    lengths = [math.sqrt(sum(each**2 for each in bag.values())) for bag in (mine, theirs)]
    if not all(lengths):
        return 0.0
    return sum(weight * theirs.get(place, 0) for place, weight in mine.items()) / math.prod(lengths)


@given(some_texts, words)
def test_likeness_is_the_cosine(texts: list[str], asked: str) -> None:
    bags = SIMILARITY.bags([asked, *texts])
    found = SIMILARITY.cosine(bags.rows([0]), bags.rows(range(1, len(texts) + 1)))
    assert found == pytest.approx([spelt_out(asked, text) for text in texts], abs=1e-5)
    assert (found >= 0).all()
    assert (found <= 1 + 1e-5).all()


def test_the_same_terms_are_wholly_alike() -> None:
    for text in TEXTS:
        assert alike(text, f" {text.upper()} ?") == pytest.approx(1, abs=1e-6)
    assert alike(TEXTS[0], TEXTS[5]) == 0
    assert alike("", "") == alike(TEXTS[0], "") == 0


def test_rare_terms_count_more() -> None:
    assert alike("do you open", "open") > alike("do you open", "do")
    assert alike("tee", "green tea") < alike("tea", "green tea")
    assert alike("wher is teh shop", "where is the shop") > 0.4


@given(some_texts, st.lists(st.integers(0, 5), max_size=8))
def test_rows_are_the_bags_of_these_texts(texts: list[str], chosen: list[int]) -> None:
    chosen = [place for place in chosen if place < len(texts)]
    picked = SIMILARITY.bags(texts).rows(chosen)
    wanted = SIMILARITY.bags([texts[place] for place in chosen])
    assert len(picked) == len(chosen)
    for name in ("buckets", "weights", "starts"):
        assert getattr(picked, name).tolist() == getattr(wanted, name).tolist()


def test_a_bag_is_of_unit_length() -> None:
    bags = SIMILARITY.bags([*TEXTS, ""])
    squares = np.add.reduceat(np.append(bags.weights**2, 0), bags.starts[:-1])
    assert squares[:-1] == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)
    assert bags.starts[-1] == bags.starts[-2] == len(bags.weights)


def test_how_many_buckets_there_are() -> None:
    assert len(Similarity.counted([]).idf_B) == len(Similarity.counted(["a"]).idf_B) == 1 << 10
    many = Similarity.counted([f"word{number} other{number * 7}" for number in range(20_000)], 3)
    assert len(many.idf_B) == 1 << 16
    assert many.table_LD.shape == (LEARNED, 3)
    assert SIMILARITY.table_LD.shape == (min(LEARNED, len(SIMILARITY.idf_B)), 0)


def test_what_was_never_met_is_not_familiar() -> None:
    def familiar(text: str) -> float:
        return SIMILARITY.familiar(SIMILARITY.bags([text]))

    for text in TEXTS:
        assert familiar(text) == pytest.approx(1, abs=1e-5)
    assert familiar("") == 0
    assert familiar("xyzzy plugh") < 0.2
    assert familiar("xyzzy plugh") < familiar("open xyzzy") < familiar("when do you open")


def test_vectors_are_of_unit_length() -> None:
    table = np.random.default_rng(3).normal(size=(256, 8)).astype(np.float32)
    similarity = Similarity(SIMILARITY.idf_B, table)
    bags = similarity.bags([*TEXTS, ""])
    vectors = similarity.vectors(bags)
    assert vectors.shape == (len(TEXTS) + 1, 8)
    assert np.linalg.norm(vectors[:-1], axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)
    assert not vectors[-1].any()
    # buckets beyond the table share its rows
    start, end = bags.starts[:2]
    weighted = table[bags.buckets[start:end] % 256] * bags.weights[start:end, None]
    wanted = weighted.sum(0) / np.linalg.norm(weighted.sum(0))
    assert vectors[0] == pytest.approx(wanted, abs=1e-5)
    assert similarity.vectors(bags.rows([3]))[0] == pytest.approx(vectors[3], abs=1e-6)
    nothing = SIMILARITY.vectors(SIMILARITY.bags(TEXTS))
    assert nothing.shape == (len(TEXTS), 0)
