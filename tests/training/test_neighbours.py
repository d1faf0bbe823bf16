"""Neighbours: what the memory would find and know, were the example not in it."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from stores import CLOSE, OPEN, SHOP, SYNONYMS, Meanings, exchange, row

from dialog_s2s.memory.indexes import Indexes
from dialog_s2s.memory.keys import indexed, key
from dialog_s2s.memory.mixture import NOTHING
from dialog_s2s.memory.ranker import FEATURES, GATES
from dialog_s2s.memory.recall import Memory
from dialog_s2s.memory.rows import NewRow, Row, Rows
from dialog_s2s.memory.similarity import Similarity
from dialog_s2s.memory.vectors import VectorIndex
from dialog_s2s.text.thesaurus import EMPTY, Thesaurus
from dialog_s2s.text.turns import Role, Turn
from dialog_s2s.training.neighbours import MOST, Neighbours, Query, Store, neighbours
from dialog_s2s.training.ranking import with_learned

WORDS = (
    "when",
    "do",
    "you",
    "open",
    "close",
    "start",
    "tea",
    "chai",
    "녹차",
    "있어요",
    "Sunday",
    "And",
)
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join)
contexts = st.just(()) | st.builds(exchange, texts, texts)
rows_of = st.lists(
    st.builds(row, texts, texts, contexts, st.integers(0, 2)), min_size=1, max_size=9
)
queries_of = st.lists(
    st.builds(Query, texts, contexts, st.just(-1), texts, st.integers(0, 2)), max_size=3
)


def named(near: Neighbours, query: int, feature: str) -> dict[int, float]:
    """A feature of a query's candidates, by their rows."""
    place = FEATURES.index(feature)
    return {
        int(row): float(features[place])
        for row, features, there in zip(
            near.rows_QK[query], near.features_QKF[query], near.there_QK[query], strict=True
        )
        if there
    }


def candidates(near: Neighbours, query: int = 0) -> list[int]:
    return near.rows_QK[query, near.there_QK[query]].tolist()


def own(place: int, rows: Sequence[NewRow] = SHOP) -> Query:
    """The question of a row, as it is."""
    return Query(rows[place].question, rows[place].context, place, rows[place].answer)


class Listening:
    """A ranker that keeps what it is given."""

    alone = 0.0
    features_KF: NDArray[np.float64]
    gates_G: NDArray[np.float64]

    def weights(
        self,
        features_KF: NDArray[np.float64],
        bonus_K: NDArray[np.float64],
        gates_G: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], float, float]:
        self.features_KF, self.gates_G = features_KF, gates_G
        return np.full(len(bonus_K), 0.5 / max(1, len(bonus_K))), 0.0, 0.5


def recalled(
    store: Store, similarity: Similarity, query: Query, folder: Path
) -> tuple[dict[int, list[float]], list[float]]:
    """The features by row and the gates that a memory of the same rows comes to, the query's own
    left out."""
    left_out = query if query.row < 0 else store.rows[query.row]
    unasked = key(left_out.question, left_out.context)
    ranker, asked = Listening(), []

    def without(row: Row) -> bool:
        if key(row.question, row.context) == unasked:
            return True
        asked.append(row.id - 1)
        return False

    (folder / "memory.db").unlink(missing_ok=True)
    Rows.create(folder / "memory.db", store.rows)
    with Rows.open(folder / "memory.db") as rows:
        known = list(rows)
        indexes = Indexes.build(
            similarity.thesaurus,
            ((row.id, indexed(row.question, row.context)) for row in known),
        )
        sentences = None
        if store.sentences is not None:
            encoder = store.sentences[0]
            vectors = encoder.encode([row.question for row in known])
            sentences = encoder, VectorIndex.build([row.id for row in known], vectors)
        memory = Memory(rows, indexes, similarity, ranker, NOTHING, lambda text: (0,), sentences)
        memory.recall((*query.context, Turn(Role.USER, query.question)), without)
    return dict(zip(asked, ranker.features_KF.tolist(), strict=True)), ranker.gates_G.tolist()


@pytest.mark.parametrize("thesaurus", [EMPTY, SYNONYMS], ids=["letters", "words"])
@pytest.mark.parametrize("encoder", [None, Meanings()], ids=["lexical", "pretrained"])
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=rows_of, asked=queries_of, strays=st.lists(contexts, max_size=3), data=st.data())
def test_features_are_those_that_a_memory_answers_by(
    tmp_path: Path,
    encoder: Meanings | None,
    thesaurus: Thesaurus,
    rows: list[NewRow],
    asked: list[Query],
    strays: list[tuple[Turn, ...]],
    data: st.DataObject,
) -> None:
    """Or the ranker would be fitted to something else than what it ranks."""
    places = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=3))
    queries = asked + [own(place, rows) for place in places]
    queries += [  # misspelt, and after turns that do not matter
        dataclasses.replace(own(place, rows), question="wehn do you opne", context=stray)
        for place, stray in zip(places, strays, strict=False)
    ]
    store = Store.of(rows, 4, thesaurus, encoder)
    random = np.random.default_rng(len(rows))
    table_LD = random.normal(size=store.similarity.table_LD.shape).astype(np.float32)
    counted = store.similarity
    similarity = Similarity(counted.trained_B, counted.trained_texts, table_LD, thesaurus)
    if not queries:
        return
    near = neighbours(store, queries)
    features_QKF = with_learned(similarity, store.asked, near)
    for place, query in enumerate(queries):
        wanted, gates = recalled(store, similarity, query, tmp_path)
        there = near.there_QK[place]
        found = dict(
            zip(near.rows_QK[place, there].tolist(), features_QKF[place, there], strict=True)
        )
        assert found.keys() == wanted.keys()
        for number, features in wanted.items():
            assert found[number].tolist() == pytest.approx(features, abs=1e-5)
        assert near.gates_QG[place].tolist() == pytest.approx(gates, abs=1e-5)


@settings(max_examples=100, deadline=None)
@given(rows_of, st.data())
def test_the_example_itself_is_never_its_neighbour(rows: list[NewRow], data: st.DataObject) -> None:
    """Nor a row with its key, by which it would still be known."""
    thesaurus = data.draw(st.sampled_from([EMPTY, SYNONYMS]))
    store = Store.of(rows, 0, thesaurus, data.draw(st.sampled_from([None, Meanings()])))
    context = data.draw(contexts)
    queries = [
        Query(f"{rows[place].question} {extra}".strip(), added, place, rows[place].answer)
        for place in range(len(rows))
        for extra, added in (("", rows[place].context), ("now", rows[place].context), ("", context))
    ]
    near = neighbours(store, queries)
    keys = [key(row.question, row.context) for row in rows]
    for place, query in enumerate(queries):
        found = candidates(near, place)
        assert query.row not in found
        assert all(keys[each] != keys[query.row] for each in found)
        assert len(found) == len(set(found))


def test_a_question_asked_from_outside_is_left_out_too() -> None:
    near = neighbours(Store.of(SHOP, 0, EMPTY), [Query("WHEN do you open", (), -1, "?")])
    assert set(candidates(near)) == {1, 2, 3, 4, 5}


def test_the_same_question_after_other_turns_is_another() -> None:
    near = neighbours(Store.of(SHOP, 0, EMPTY), [own(4), Query("and on Sunday", (), -1, "?")])
    assert 5 in candidates(near, 0)
    assert 4 not in candidates(near, 0)
    assert {4, 5} <= set(candidates(near, 1))


def test_what_follow_ups_need_is_known() -> None:
    near = neighbours(
        Store.of(SHOP, 0, EMPTY), [own(4), own(0), Query("and on Sunday?", CLOSE, -1, "?")]
    )
    assert named(near, 0, "needs") == {each: float(each == 5) for each in candidates(near, 0)}
    assert set(named(near, 0, "astray").values()) == {0.0}
    assert named(near, 1, "astray") == {each: float(each in (4, 5)) for each in candidates(near, 1)}
    like = named(near, 2, "context")
    assert 5 not in like
    assert 0.3 < like[4] < 0.9  # that of the other exchange
    assert all(like[each] == 0.0 for each in like if each != 4)
    exactly = neighbours(Store.of(SHOP, 0, EMPTY), [Query("on Sunday", CLOSE, -1, "?")])
    assert named(exactly, 0, "context")[5] == pytest.approx(1.0)


def test_a_follow_up_is_found_by_what_went_before() -> None:
    rows = [row("and that", f"It is {n}.", exchange(f"number {n}", "Yes.")) for n in range(200)]
    near = neighbours(Store.of(rows, 0, EMPTY), [Query("and this", rows[177].context, -1, "?")])
    assert 177 in candidates(near)[:2]  # the first of one look-up of the two


def test_likeness_of_question_and_answer_is_known() -> None:
    near = neighbours(Store.of(SHOP, 0, EMPTY), [Query("At six.", (), -1, "?"), own(1)])
    answers = named(near, 0, "answer")
    assert [each for each in answers if answers[each] > 0.999] == [3]  # 2 shares no letters
    lexical = named(near, 1, "lexical")
    assert max(lexical, key=lexical.__getitem__) == 3
    assert 0.999 > lexical[3] > lexical[0] > 0.1
    assert near.gates_QG[1, :3].tolist() == pytest.approx(
        [1.0, *sorted(lexical.values(), reverse=True)[:2]]
    )


def test_gates_of_a_question_without_neighbours() -> None:
    near = neighbours(Store.of(SHOP, 0, EMPTY), [Query("xyz", (), -1, "?")])
    assert not near.there_QK.any()
    assert not near.features_QKF.any()
    assert not near.right_QK.any()
    assert near.gates_QG[0, :3].tolist() == [1.0, 0.0, 0.0]
    assert near.gates_QG[0, GATES.index("meant")] == 0.0
    assert near.gates_QG[0, GATES.index("length")] > 1.0


def test_a_pretrained_encoder_finds_what_shares_no_letter() -> None:
    rows = [row("open", "At nine."), row("close", "At six."), row("차", "Yes.")]
    query = Query("start", (), -1, "At nine.")
    assert not candidates(neighbours(Store.of(rows, 0, EMPTY), [Query("chai", (), -1, "Yes.")]))
    found = named(neighbours(Store.of(rows, 0, EMPTY, Meanings()), [query]), 0, "pretrained")
    assert max(found, key=found.__getitem__) == 0
    assert found[0] == pytest.approx(1.0)
    assert found[1] < 0.5


def test_an_encoder_may_read_other_words() -> None:
    rows = [row("open", "At nine."), row("close", "At six.")]
    query = Query("closed", (), -1, "?", meaning="start")
    near = neighbours(Store.of(rows, 0, EMPTY, Meanings()), [query])
    likeness = named(near, 0, "lexical")
    assert likeness[1] > 0.3 > likeness[0]
    found = named(near, 0, "pretrained")
    assert found[0] == pytest.approx(1.0)
    assert found[1] < 0.5


def test_right_answers_are_marked() -> None:
    near = neighbours(
        Store.of(SHOP, 0, EMPTY),
        [
            Query("when will you open", (), -1, "At nine.", 1),
            Query("when will you open", (), -1, "At nine."),
            Query("when will you open", (), -1, "Never.", 2),
            Query("when will you open", (), -1, "Never.", 9),
        ],
    )

    def marked(flags_K: NDArray[np.bool_], query: int) -> set[int]:
        return set(near.rows_QK[query, flags_K].tolist())

    assert set(candidates(near)) == {0, 1, 2, 3, 4, 5, 6}
    assert [marked(near.right_QK[query], query) for query in range(4)] == [
        {0, 6},
        {0, 6},
        *[set()] * 2,
    ]
    assert [marked(near.alike_QK[query], query) for query in range(4)] == [
        *({0, 1, 6}, {0, 6}, {2, 3}, set())
    ]


def test_no_intent_is_no_likeness() -> None:
    near = neighbours(Store.of(SHOP, 0, EMPTY), [Query("녹차", (), -1, "아니요.", 0)])
    assert set(candidates(near)) == {7, 8}
    assert not near.alike_QK.any()


def test_the_prior_leaves_the_example_out() -> None:
    queries = [own(0), own(4), own(7), Query("x", (), -1, "At nine."), Query("x", (), -1, "Never.")]
    near = neighbours(Store.of(SHOP, 0, EMPTY), queries)
    assert near.prior_Q.tolist() == pytest.approx([1 / 9, 0, 1 / 9, 2 / 9, 0])
    assert not neighbours(Store.of(SHOP, 0, EMPTY, prior=False), queries).prior_Q.any()


def test_many_are_compared_as_one_is() -> None:
    store = Store.of(SHOP, 0, SYNONYMS)
    queries = [own(place) for place in range(len(SHOP))] * 20
    whole = neighbours(store, queries)
    for place in (0, 63, 64, 100, 179):
        alone = neighbours(store, [queries[place]])
        assert np.array_equal(whole.rows_QK[place], alone.rows_QK[0])
        assert np.allclose(whole.features_QKF[place], alone.features_QKF[0], atol=1e-6)


def test_the_meaning_of_words_finds_what_shares_no_letter() -> None:
    rows = [row("open", "At nine."), row("close", "At six."), row("차", "Yes.")]
    query = Query("chai", (), -1, "Yes.")
    assert not candidates(neighbours(Store.of(rows, 0, EMPTY), [query]))
    near = neighbours(Store.of(rows, 0, SYNONYMS), [query])
    assert candidates(near) == [2]
    for feature in ("meaning", "named"):
        assert named(near, 0, feature) == {2: pytest.approx(1.0)}
    assert named(near, 0, "lexical") == {2: 0.0}
    assert near.gates_QG[0, GATES.index("meant")] == pytest.approx(1.0)


def test_what_an_answer_tells_is_compared_with_what_is_asked() -> None:
    rows = [row("when", "We start at nine."), row("until when", "We end at six.")]
    near = neighbours(Store.of(rows, 0, SYNONYMS), [Query("when open", (), -1, "?")])
    told = named(near, 0, "told")
    assert told[0] > 0.3
    assert told[1] < 0.7 * told[0]  # of the same topic


def test_a_slip_of_the_finger_is_mended_for_its_meaning_alone() -> None:
    rows = [row("start", "At nine."), row("end", "At six.")]
    near = neighbours(Store.of(rows, 0, SYNONYMS), [Query("oepn", (), -1, "At nine.")])
    assert named(near, 0, "meaning")[0] == pytest.approx(1.0)
    assert named(near, 0, "lexical")[0] == 0.0


def test_a_part_is_of_these_queries() -> None:
    near = neighbours(Store.of(SHOP, 0, SYNONYMS), [own(place) for place in range(len(SHOP))])
    chosen = np.array([5, 0, 5])
    part = near.part(chosen)
    wanted = near.asked.rows(chosen)
    assert np.array_equal(part.asked.buckets, wanted.buckets)
    assert np.array_equal(part.asked.starts, wanted.starts)
    for item in dataclasses.fields(near)[1:]:
        assert np.array_equal(getattr(part, item.name), getattr(near, item.name)[chosen])


def test_no_more_than_so_many() -> None:
    rows = [row(f"do you open on day {n}", "Yes.", OPEN if n % 2 else ()) for n in range(100)]
    for encoder in (None, Meanings()):
        near = neighbours(
            Store.of(rows, 0, EMPTY, encoder),
            [own(3, rows), Query("do you open on day", CLOSE, -1, "?")],
        )
        assert near.rows_QK.shape == (2, MOST)
        assert near.there_QK.all()
        assert max(Counter(candidates(near, 1)).values()) == 1
