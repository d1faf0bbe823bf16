"""Likeness of questions: bags of terms, weighed by rarity, and vectors of what was learnt."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
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
    size = SIMILARITY.size

    def places(text: str) -> set[int]:
        return {int(term) % size for term in grams([text])[0]}

    def vector(text: str) -> dict[int, float]:
        held = {place: sum(place in places(each) for each in TEXTS) for place in places(text)}
        return {place: math.log((1 + len(TEXTS)) / (1 + n)) + 1 for place, n in held.items()}

    mine, theirs = vector(one), vector(other)
    lengths = [math.sqrt(sum(each**2 for each in bag.values())) for bag in (mine, theirs)]
    if not all(lengths):
        return 0.0
    return sum(weight * theirs.get(place, 0) for place, weight in mine.items()) / math.prod(lengths)


@settings(deadline=None)
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
    assert alike(TEXTS[0], TEXTS[5]) < 0.05  # a bucket may hold terms of both
    assert alike("", "") == alike(TEXTS[0], "") == 0


def test_rare_terms_count_more() -> None:
    assert alike("do you open", "open") > alike("do you open", "do")
    assert alike("tee", "green tea") < alike("tea", "green tea")
    assert alike("wher is teh shop", "where is the shop") > 0.4


@settings(deadline=None)
@given(some_texts, st.lists(st.integers(0, 5), max_size=8))
def test_rows_are_the_bags_of_these_texts(texts: list[str], chosen: list[int]) -> None:
    chosen = [place for place in chosen if place < len(texts)]
    picked = SIMILARITY.bags(texts).rows(chosen)
    wanted = SIMILARITY.bags([texts[place] for place in chosen])
    assert len(picked) == len(chosen)
    for name in ("buckets", "weights", "trained", "starts"):
        assert getattr(picked, name).tolist() == getattr(wanted, name).tolist()


def test_a_bag_is_of_unit_length() -> None:
    bags = SIMILARITY.bags([*TEXTS, ""])
    squares = np.add.reduceat(np.append(bags.weights**2, 0), bags.starts[:-1])
    assert squares[:-1] == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)
    assert bags.starts[-1] == bags.starts[-2] == len(bags.weights)


def test_how_many_buckets_there_are() -> None:
    assert Similarity.counted([]).size == Similarity.counted(["a"]).size == 1 << 10
    many = Similarity.counted([f"word{number} other{number * 7}" for number in range(20_000)], 3)
    assert many.size == 1 << 16
    assert many.table_LD.shape == (LEARNED, 3)
    assert SIMILARITY.table_LD.shape == (min(LEARNED, SIMILARITY.size), 0)


def test_what_was_never_met_is_not_familiar() -> None:
    def familiar(text: str) -> float:
        return SIMILARITY.familiar(SIMILARITY.bags([text]))

    for text in TEXTS:
        assert familiar(text) == pytest.approx(1, abs=1e-5)
    assert familiar("") == 0
    assert familiar("xyzzy plugh") < 0.2
    assert familiar("xyzzy plugh") < familiar("open xyzzy") < familiar("when do you open")


def learnt(size: int = 256) -> Similarity:
    table_LD = np.random.default_rng(3).normal(size=(size, 8)).astype(np.float32)
    return Similarity(SIMILARITY.trained_B, SIMILARITY.trained_texts, table_LD)


def test_vectors_are_of_unit_length() -> None:
    similarity = learnt()
    bags = similarity.bags([*TEXTS, ""])
    vectors = similarity.vectors(bags)
    assert vectors.shape == (len(TEXTS) + 1, 8)
    assert np.linalg.norm(vectors[:-1], axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)
    assert not vectors[-1].any()
    # buckets beyond the table share its rows
    start, end = bags.starts[:2]
    weighted = similarity.table_LD[bags.buckets[start:end] % 256] * bags.weights[start:end, None]
    wanted = weighted.sum(0) / np.linalg.norm(weighted.sum(0))
    assert vectors[0] == pytest.approx(wanted, abs=1e-5)
    assert similarity.vectors(bags.rows([3]))[0] == pytest.approx(vectors[3], abs=1e-6)
    nothing = SIMILARITY.vectors(SIMILARITY.bags(TEXTS))
    assert nothing.shape == (len(TEXTS), 0)


@settings(deadline=None)
@given(some_texts, words)
def test_what_was_trained_is_alike_by_its_vectors(texts: list[str], asked: str) -> None:
    similarity = learnt()
    one, many = similarity.bags([asked]), similarity.bags(texts)
    found = similarity.learned(one, many)
    assert found.shape == (len(texts),)
    assert (np.abs(found) <= 1 + 1e-5).all()
    for place in range(len(texts)):
        if (similarity.trained_B[many.rows([place]).buckets] > 0).all():
            wanted = similarity.vectors(many.rows([place])) @ similarity.vectors(one)[0]
            assert found[place] == pytest.approx(wanted[0], abs=1e-5)


def test_what_was_never_trained_is_like_itself_alone() -> None:
    """And no vector of another term's stands for it."""
    similarity = learnt()

    def alike(one: str, other: str) -> float:
        return float(similarity.learned(*map(similarity.bags, ([one], [other])))[0])

    assert alike("xyzzy", "Xyzzy!") == pytest.approx(1, abs=1e-5)
    assert alike("xyzzy", "plugh") == pytest.approx(0, abs=0.2)
    assert alike("open xyzzy", "xyzzy") > 0.2
    bags = similarity.bags(["xyzzy plugh", "open xyzzy"])
    lengths = np.linalg.norm(similarity.vectors(bags), axis=1)
    assert lengths[0] < lengths[1] < 1


def test_longer_vectors_leave_less_to_what_was_never_trained() -> None:
    shares = []
    for scale in (0.1, 1.0, 10.0):
        similarity = Similarity(
            SIMILARITY.trained_B, SIMILARITY.trained_texts, scale * learnt().table_LD
        )
        shares.append(float(np.linalg.norm(similarity.vectors(similarity.bags(["open xyzzy"])))))
    assert shares == sorted(shares)
    assert shares[0] < 0.5 < 0.95 < shares[2]


def test_what_is_taught_is_counted() -> None:
    """Its phrases weigh less the more rows have them, its names what they did, and it is known."""
    similarity = SIMILARITY.fresh()
    names = [f"which bus goes to {name}" for name in ("Dunfellow", "Yarrowford", "Zennor", "Ash")]
    asked = ["what bus goes to dunfellow", *names]

    def likeness() -> list[float]:
        bags = similarity.bags(asked)
        return similarity.cosine(bags.rows([0]), bags.rows(range(1, 5))).tolist()

    before, strange = likeness(), similarity.familiar(similarity.bags(asked[:1]))
    for name in names:
        similarity.count(similarity.terms([name]))
    after = likeness()
    assert after[0] / max(after[1:]) > before[0] / max(before[1:])
    assert similarity.familiar(similarity.bags(asked[:1])) > strange + 0.3
    assert similarity.texts == SIMILARITY.texts + 4
    vectors = [each.vectors(each.bags(TEXTS)) for each in (learnt(), learnt())]
    assert np.array_equal(*vectors)


@settings(deadline=None)
@given(some_texts, some_texts)
def test_what_is_forgotten_leaves_no_trace(taught: list[str], others: list[str]) -> None:
    similarity, never = SIMILARITY.fresh(), SIMILARITY.fresh()
    for each in (similarity, never):
        each.count(each.terms(others))
    for sign in (1, -1):
        for text in taught:
            similarity.count(similarity.terms([text]), sign)
    assert similarity.texts == never.texts
    assert np.array_equal(similarity.held_B, never.held_B)
    bags = [each.bags([*TEXTS, *taught]) for each in (similarity, never)]
    for name in ("buckets", "weights", "trained", "starts"):
        assert np.array_equal(getattr(bags[0], name), getattr(bags[1], name))


def test_counting_one_counts_no_other() -> None:
    similarity = SIMILARITY.fresh()
    similarity.count(similarity.terms(["xyzzy"]))
    assert SIMILARITY.familiar(SIMILARITY.bags(["xyzzy"])) < 0.2
    assert similarity.familiar(similarity.bags(["xyzzy"])) == pytest.approx(1, abs=1e-5)
    assert not similarity.trained_B[similarity.terms(["xyzzy"]).buckets].all()


def test_as_if_it_had_not_been_trained() -> None:
    less, rest = SIMILARITY.untaught(TEXTS[:2]), Similarity.counted(TEXTS[2:])
    assert less.texts == rest.texts == len(TEXTS) - 2
    assert np.array_equal(less.trained_B, rest.trained_B)
    assert less.table_LD is SIMILARITY.table_LD


@settings(deadline=None)
@given(some_texts)
def test_terms_of_each_text_make_the_whole_again(texts: list[str]) -> None:
    terms = SIMILARITY.terms(texts)
    again = type(terms).of(terms.each()) if texts else terms
    assert again.buckets.tolist() == terms.buckets.tolist()
    assert again.starts.tolist() == terms.starts.tolist()
    assert len(again) == len(texts)
