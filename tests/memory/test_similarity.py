"""Likeness of questions: by spelling, by meaning, by what both name, and by what was learnt."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.memory import similarity as module
from dialog_s2s.memory.grams import grams
from dialog_s2s.memory.similarity import LEARNED, SHARPNESS, Bags, Similarity, Terms
from dialog_s2s.text.thesaurus import EMPTY, Thesaurus

THESAURUS = Thesaurus.parse(
    "[hours]\nopen, start\nclose, shut, end\n"
    "[drinks]\ntea, chai, お茶\ngreen tea, 녹차\n"
    "[place]\nshop, store, 가게\nend, station\nparking, car park\n"
)
TEXTS = (
    "when do you open",
    "what time do you close",
    "do you sell green tea",
    "where is the shop",
    "is there any parking",
    "몇 시에 여나요",
    "お茶はありますか",
)
SIMILARITY = Similarity.counted(TEXTS, THESAURUS)
FIELDS = ("buckets", "weights", "names", "trained", "starts")
words = st.sampled_from(
    [*" ".join(TEXTS).split(), "zebra", "?!", "🙂", "ㅋㅋ", "", "shut", "end", "가게", "차", "chai"]
)
some_texts = st.lists(st.lists(words, max_size=5).map(" ".join), max_size=6)
asked_texts = st.lists(words, max_size=4).map(" ".join)


def alike(one: str, other: str, similarity: Similarity = SIMILARITY) -> tuple[float, float, float]:
    """How alike two texts are by spelling, by meaning, and by what the first one names."""
    bags = similarity.bags([one, other])
    found = similarity.alike(bags, bags, np.array([[1], [0]]))
    return (
        float(found.lexical_QK[0, 0]),
        float(found.meaning_QK[0, 0]),
        float(found.named_QK[0, 0]),
    )


def lexical(one: str, other: str, similarity: Similarity = SIMILARITY) -> float:
    return alike(one, other, similarity)[0]


def meaning(one: str, other: str, similarity: Similarity = SIMILARITY) -> float:
    return alike(one, other, similarity)[1]


def named(one: str, other: str, similarity: Similarity = SIMILARITY) -> float:
    return alike(one, other, similarity)[2]


@cache
def strengths(text: str) -> dict[int, float]:
    """Of every bucket that a text has."""
    half = SIMILARITY.half
    found = {int(term) % half: 1.0 for term in grams([text])[0]}
    meant, strong, _ = THESAURUS.read([text])
    for each, strength in zip(meant.tolist(), strong.tolist(), strict=True):
        place = half + each % half
        found[place] = max(strength, found.get(place, 0.0))
    return found


@cache
def holders(place: int) -> int:
    return sum(place in strengths(each) for each in TEXTS)


def rarity(place: int) -> float:
    return math.log((1 + len(TEXTS)) / (1 + holders(place))) + 1


def spelt_out(one: str, other: str) -> tuple[float, float, float]:
    """The three, without arrays."""
    half = SIMILARITY.half
    mine, theirs = strengths(one), strengths(other)

    def cosine(upper: bool) -> float:
        vectors = [
            {place: s * rarity(place) for place, s in each.items() if (place >= half) == upper}
            for each in (mine, theirs)
        ]
        lengths = [math.sqrt(sum(each**2 for each in vector.values())) for vector in vectors]
        dot = sum(each * vectors[1].get(place, 0.0) for place, each in vectors[0].items())
        return dot / math.prod(lengths) if all(lengths) else 0.0

    names = {
        place: s**2 * rarity(place) ** (2 * SHARPNESS)
        for place, s in mine.items()
        if place >= half and holders(place)
    }
    common = sum(each for place, each in names.items() if place in theirs)
    return cosine(False), cosine(True), common / sum(names.values()) if names else 0.0


@given(some_texts, asked_texts)
def test_likenesses_are_two_cosines_and_a_share(texts: list[str], asked: str) -> None:
    bags = SIMILARITY.bags([asked, *texts])
    found = SIMILARITY.alike(bags.rows([0]), bags, np.arange(1, len(texts) + 1)[None])
    wanted = [spelt_out(asked, text) for text in texts]
    for place, one_1K in enumerate((found.lexical_QK, found.meaning_QK, found.named_QK)):
        assert one_1K[0] == pytest.approx([each[place] for each in wanted], abs=1e-5)
        assert (one_1K >= 0).all()
        assert (one_1K <= 1 + 1e-5).all()


@given(some_texts, some_texts, st.data())
def test_many_questions_at_once_are_each_by_itself(
    asked: list[str], texts: list[str], data: st.DataObject
) -> None:
    width = data.draw(st.integers(0, 3)) if texts else 0
    row = st.lists(st.integers(0, len(texts) - 1), min_size=width, max_size=width)
    chosen = [data.draw(row) if width else [] for _ in asked]
    rows_QK = np.array(chosen, dtype=np.int64).reshape(len(asked), width)
    similarity = learnt()
    mine, theirs = similarity.bags(asked), similarity.bags(texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "TOGETHER", 2)
        found = similarity.alike(mine, theirs, rows_QK)
        learned = similarity.learned(mine, theirs, rows_QK)
    assert learned.shape == rows_QK.shape
    for query, text in enumerate(asked):
        for place, row_of in enumerate(rows_QK[query].tolist()):
            wanted = alike(text, texts[row_of], similarity)
            together = (found.lexical_QK, found.meaning_QK, found.named_QK)
            assert [each[query, place] for each in together] == pytest.approx(wanted, abs=1e-6)
            alone = near(text, texts[row_of], similarity)
            assert learned[query, place] == pytest.approx(alone, abs=1e-5)


def test_the_same_terms_are_wholly_alike() -> None:
    for text in TEXTS:
        assert alike(text, f" {text.upper()} ?") == pytest.approx((1, 1, 1), abs=1e-6)
    assert max(alike(TEXTS[0], TEXTS[5])) < 0.05  # a bucket may hold terms of both
    assert alike("", "") == alike(TEXTS[0], "") == alike("", TEXTS[0]) == (0, 0, 0)


def test_rare_terms_count_more() -> None:
    assert lexical("do you open", "open") > lexical("do you open", "do")
    assert lexical("tee", "green tea") < lexical("tea", "green tea")
    assert lexical("wher is teh shop", "where is the shop") > 0.4


def test_words_that_mean_the_same_are_alike_by_meaning_alone() -> None:
    for one, other in (("shop", "가게"), ("parking", "car parks"), ("녹차를", "green teas")):
        assert alike(one, other)[1:] == pytest.approx((1, 1), abs=1e-6)
        assert lexical(one, other) < 0.5
    assert meaning("zebra", "Zebras!") == pytest.approx(1, abs=1e-6)
    assert meaning("zebra", "shop") == 0


def test_meanings_of_one_topic_are_a_little_alike() -> None:
    assert 0 < meaning("shop", "parking") < meaning("shop", "store")
    assert meaning("shop", "tea") == 0


def test_one_of_several_meanings_is_half_of_it() -> None:
    assert 0 < meaning("end", "shut") < meaning("close", "shut")
    assert meaning("end", "station") < 1
    terms = SIMILARITY.terms(["end"])
    upper = terms.strengths[terms.buckets >= SIMILARITY.half]
    assert upper.tolist() == pytest.approx([0.5**0.5] * 4)


def test_what_is_named_must_be_there_whatever_else_is() -> None:
    rare = "green tea zzz"
    assert named(rare, f"do you sell {rare} in the shop") == pytest.approx(1, abs=1e-6)
    assert named("do you open", "open") > 0.5 > named("do you open", "do you")
    assert meaning("do you open", "open") - meaning("do you open", "do you") < (
        named("do you open", "open") - named("do you open", "do you")
    )


def test_what_no_question_holds_is_no_name() -> None:
    assert named("open zebra", "open") == named("open", "zebra open") == pytest.approx(1, abs=1e-6)
    assert named("zebra", "zebra") == 0
    counted = SIMILARITY.fresh()
    counted.count(counted.terms(["zebra"]))
    assert named("zebra", "zebra", counted) == pytest.approx(1, abs=1e-6)
    assert named("open zebra", "open", counted) < 0.6


def test_without_a_thesaurus_nothing_is_meant() -> None:
    similarity = Similarity.counted(TEXTS, EMPTY)
    for one in TEXTS:
        for other in TEXTS:
            found = alike(one, other, similarity)
            assert found == pytest.approx((lexical(one, other), 0, 0), abs=1e-6)
    assert similarity.familiar(similarity.bags(TEXTS[:1])) == pytest.approx((1, 0), abs=1e-5)


@given(some_texts, st.lists(st.integers(0, 5), max_size=8))
def test_rows_are_the_bags_of_these_texts(texts: list[str], chosen: list[int]) -> None:
    chosen = [place for place in chosen if place < len(texts)]
    picked = SIMILARITY.bags(texts).rows(chosen)
    wanted = SIMILARITY.bags([texts[place] for place in chosen])
    assert len(picked) == len(chosen)
    for name in FIELDS:
        assert getattr(picked, name).tolist() == getattr(wanted, name).tolist()


def sums(bags: Bags, values: np.ndarray) -> list[float]:
    """Of each text's part of `values`."""
    return [float(part.sum()) for part in np.split(values, bags.starts[1:-1])]


@given(some_texts.filter(bool))
def test_a_bag_is_of_unit_length_in_each_half(texts: list[str]) -> None:
    bags = SIMILARITY.bags(texts)
    squares, upper = bags.weights**2, bags.buckets >= SIMILARITY.half
    some = [1.0 if text.strip() else 0.0 for text in texts]
    assert sums(bags, squares * ~upper) == pytest.approx(some, abs=1e-5)
    assert sums(bags, squares * upper) == pytest.approx(some, abs=1e-5)
    held = [float(each > 0) for each in sums(bags, upper & (SIMILARITY.held_B[bags.buckets] > 0))]
    assert sums(bags, bags.names) == pytest.approx(held, abs=1e-5)
    assert not bags.names[~upper].any()
    assert (bags.names >= 0).all()
    assert bags.counts(SIMILARITY.half).tolist() == sums(bags, ~upper)
    assert bags.counts(SIMILARITY.size).tolist() == np.diff(bags.starts).tolist()


def test_how_many_buckets_there_are() -> None:
    for texts in ([], ["a"]):
        assert Similarity.counted(texts, THESAURUS).size == 2 << 10
    many = Similarity.counted(
        [f"word{number} other{number * 7}" for number in range(20_000)], EMPTY, 3
    )
    assert many.size == 2 << 16
    assert many.table_LD.shape == (2 * LEARNED, 3)
    assert SIMILARITY.table_LD.shape == (2 * min(LEARNED, SIMILARITY.half), 0)


def test_the_halves_of_the_table_are_of_the_halves_of_the_buckets() -> None:
    similarity = learnt(64)
    half = similarity.half
    buckets = np.array([0, 1, 31, 32, half - 1, half, half + 1, half + 32, 2 * half - 1])
    assert similarity.places(buckets).tolist() == [0, 1, 31, 0, 31, 32, 33, 32, 63]


def test_what_was_never_met_is_not_familiar() -> None:
    def familiar(text: str) -> tuple[float, float]:
        return SIMILARITY.familiar(SIMILARITY.bags([text]))

    for text in TEXTS:
        assert familiar(text) == pytest.approx((1, 1), abs=1e-5)
    assert familiar("") == (0, 0)
    assert familiar("xyzzy plugh")[0] < 0.2
    assert familiar("xyzzy plugh")[1] == 0
    for part in (0, 1):
        shares = [familiar(text)[part] for text in ("xyzzy plugh", "open xyzzy", TEXTS[0])]
        assert shares == sorted(set(shares))
    strange, known = familiar("가게")
    assert (strange < 0.2, known) == (True, pytest.approx(1, abs=1e-5))


def learnt(size: int = 256, scale: float = 1.0) -> Similarity:
    table_LD = np.random.default_rng(3).normal(size=(size, 8)).astype(np.float32)
    return Similarity(SIMILARITY.trained_B, SIMILARITY.trained_texts, scale * table_LD, THESAURUS)


def near(one: str, other: str, similarity: Similarity) -> float:
    """The learned likeness of two texts."""
    bags = similarity.bags([one, other])
    return float(similarity.learned(bags.rows([0]), bags, np.array([[1]]))[0, 0])


def near_spelt_out(one: str, other: str, similarity: Similarity) -> float:
    """The same: every bucket never trained is a dimension of its own."""
    size = len(similarity.table_LD) // 2
    vectors = []
    for text in (one, other):
        vector = np.zeros(8 + similarity.size)
        for place, strength in strengths(text).items():
            if holders(place):
                row = place % size + size * (place >= similarity.half)
                vector[:8] += strength * rarity(place) * similarity.table_LD[row]
            else:
                vector[8 + place] = strength * rarity(place)
        vectors.append(vector)
    lengths = math.prod(float(np.linalg.norm(vector)) for vector in vectors)
    return float(vectors[0] @ vectors[1]) / lengths if lengths else 0.0


@given(asked_texts, asked_texts)
def test_learned_likeness_is_the_cosine_of_sums(one: str, other: str) -> None:
    similarity = learnt()
    found = near(one, other, similarity)
    assert found == pytest.approx(near_spelt_out(one, other, similarity), abs=1e-4)
    assert found == pytest.approx(near(other, one, similarity), abs=1e-5)
    assert abs(found) <= 1 + 1e-5
    assert near(one, one, similarity) == pytest.approx(float(bool(one.strip())), abs=1e-5)


def test_without_learned_vectors_only_what_was_never_trained_is_alike() -> None:
    assert near("when do you open", "when do you open", SIMILARITY) == 0
    assert near("xyzzy plugh", "xyzzy", SIMILARITY) > 0.4


def test_what_was_never_trained_is_like_itself_alone() -> None:
    """And no vector of another term's stands for it."""
    similarity = learnt()
    assert near("xyzzy", "Xyzzy!", similarity) == pytest.approx(1, abs=1e-5)
    assert near("xyzzy", "plugh", similarity) == pytest.approx(0, abs=0.2)
    assert near("open xyzzy", "xyzzy", similarity) > 0.2


def test_longer_vectors_leave_less_to_what_was_never_trained() -> None:
    shares = [near("open xyzzy", "open", learnt(scale=scale)) for scale in (0.01, 0.1, 1.0, 10.0)]
    assert shares == sorted(shares)
    assert shares[0] < 0.5 < 0.75 < shares[-1]


def test_what_is_taught_is_counted() -> None:
    """Its phrases weigh less the more rows have them, its names what they did, and it is known."""
    similarity = SIMILARITY.fresh()
    names = [f"which bus goes to {name}" for name in ("Dunfellow", "Yarrowford", "Zennor", "Ash")]
    asked = ["what bus goes to dunfellow", *names]

    def likenesses() -> tuple[list[float], list[float]]:
        bags = similarity.bags(asked)
        found = similarity.alike(bags.rows([0]), bags, np.arange(1, 5)[None])
        return found.lexical_QK[0].tolist(), found.meaning_QK[0].tolist()

    before, strange = likenesses(), similarity.familiar(similarity.bags(asked[:1]))
    for name in names:
        similarity.count(similarity.terms([name]))
    after, known = likenesses(), similarity.familiar(similarity.bags(asked[:1]))
    for part in (0, 1):
        assert after[part][0] / max(after[part][1:]) > before[part][0] / max(before[part][1:])
        assert known[part] > strange[part] + 0.3
    right, *wrong = (named(asked[0], name, similarity) for name in names)
    assert right > max(wrong) + 0.3
    assert similarity.texts == SIMILARITY.texts + 4


def test_what_is_taught_leaves_the_likeness_of_what_was_trained() -> None:
    similarity = learnt()
    rows_QK = np.arange(len(TEXTS))[None].repeat(len(TEXTS), 0)

    def likenesses() -> list[list[float]]:
        bags = similarity.bags(TEXTS)
        found = similarity.alike(bags, bags, rows_QK)
        learned = similarity.learned(bags, bags, rows_QK)
        every = (found.lexical_QK, found.meaning_QK, found.named_QK, learned)
        return [each.ravel().tolist() for each in every]

    before = likenesses()
    similarity.count(similarity.terms(["which bus goes to Dunfellow", "when do you open"]))
    assert likenesses() == before


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
    for name in FIELDS:
        assert np.array_equal(getattr(bags[0], name), getattr(bags[1], name))


def test_counting_one_counts_no_other() -> None:
    similarity = SIMILARITY.fresh()
    similarity.count(similarity.terms(["xyzzy"]))
    assert max(SIMILARITY.familiar(SIMILARITY.bags(["xyzzy"]))) < 0.2
    assert similarity.familiar(similarity.bags(["xyzzy"])) == pytest.approx((1, 1), abs=1e-5)
    assert not similarity.trained_B[similarity.terms(["xyzzy"]).buckets].all()


def test_as_if_it_had_not_been_trained() -> None:
    less, rest = SIMILARITY.untaught(TEXTS[:2]), Similarity.counted(TEXTS[2:], THESAURUS)
    assert less.texts == rest.texts == len(TEXTS) - 2
    assert np.array_equal(less.trained_B, rest.trained_B)
    assert less.table_LD is SIMILARITY.table_LD
    assert less.thesaurus is SIMILARITY.thesaurus


@given(some_texts)
def test_terms_rise_in_each_text_and_are_its_own(texts: list[str]) -> None:
    terms = SIMILARITY.terms(texts)
    assert len(terms) == len(texts)
    assert terms.starts[0] == 0
    assert terms.starts[-1] == len(terms.buckets) == len(terms.strengths)
    for text, start, end in zip(texts, terms.starts, terms.starts[1:], strict=False):
        own = terms.buckets[start:end].tolist()
        assert own == sorted(strengths(text))
        wanted = [strengths(text)[place] for place in own]
        assert terms.strengths[start:end].tolist() == pytest.approx(wanted)


@given(st.lists(st.tuples(asked_texts, asked_texts), max_size=4))
def test_what_is_meant_is_read_from_how_it_is_meant_to_be_spelt(
    pairs: list[tuple[str, str]],
) -> None:
    typed, spelt = [one for one, _ in pairs], [other for _, other in pairs]
    found = SIMILARITY.asked(typed, spelt)
    for halves, texts in ((False, typed), (True, spelt)):
        wanted = SIMILARITY.bags(texts)
        mine, theirs = ((each.buckets >= SIMILARITY.half) == halves for each in (found, wanted))
        for name in ("buckets", "weights", "names", "trained"):
            assert getattr(found, name)[mine].tolist() == getattr(wanted, name)[theirs].tolist()
    plain = SIMILARITY.asked(typed, typed)
    for name in FIELDS:
        assert getattr(plain, name).tolist() == getattr(SIMILARITY.bags(typed), name).tolist()


@given(some_texts)
def test_terms_of_each_text_make_the_whole_again(texts: list[str]) -> None:
    terms = SIMILARITY.terms(texts)
    again = Terms.of(terms.each())
    for name in ("buckets", "strengths", "starts"):
        assert getattr(again, name).tolist() == getattr(terms, name).tolist()
    assert len(again) == len(terms.each()) == len(texts)
