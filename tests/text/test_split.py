"""Held-out examples: no question on both sides, and nothing that was to be learnt is lost."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.text import split
from dialog_s2s.text.split import held_out_keys, key
from dialog_s2s.text.turns import Example, Role, Turn


def example(question: str, reply: str, *later: str) -> Example:
    """An example that opens with `question`; `later` turns come between it and the reply."""
    roles = (Role.USER, Role.BOT, Role.USER)
    turns = tuple(Turn(role, text) for role, text in zip(roles, (question, *later), strict=False))
    return Example(turns, reply)


QUESTIONS = st.builds(
    lambda word, end: f"{word}{end}",
    st.sampled_from([f"Question {n}" for n in range(30)] + [f"QUESTION {n}" for n in range(9)]),
    st.sampled_from(["", "?", "!", " ?"]),
)
REPLIES = st.sampled_from([f"reply {n}" for n in range(5)])
CORPORA = st.lists(
    st.one_of(
        st.builds(example, QUESTIONS, REPLIES),
        st.builds(lambda q, r: example(q, r, "earlier reply", "and then?"), QUESTIONS, REPLIES),
    ),
    min_size=2,
    max_size=60,
)
SHARES = st.floats(0.0, 0.5)


@given(CORPORA, SHARES, st.integers(0, 2**63 - 1))
def test_what_grows_from_a_question_stays_on_one_side(
    corpus: list[Example], share: float, seed: int
) -> None:
    held = held_out_keys(corpus, share, seed)
    sides = defaultdict(set)
    for each in corpus:
        sides["".join(c for c in each.opening.lower() if c not in "?! ")].add(key(each) in held)
    assert all(len(side) == 1 for side in sides.values())
    assert held <= {key(each) for each in corpus}


@given(CORPORA, SHARES, st.integers(0, 9))
def test_every_held_out_reply_is_still_taught(
    corpus: list[Example], share: float, seed: int
) -> None:
    held = held_out_keys(corpus, share, seed)
    taught = defaultdict(set)
    for each in corpus:
        if key(each) not in held:
            taught[each.reply].add(key(each))
    for each in corpus:
        if key(each) in held:
            assert len(taught[each.reply]) >= 2


@given(CORPORA, SHARES, st.integers(0, 9), st.randoms(use_true_random=False))
def test_it_depends_on_what_is_in_the_corpus_alone(
    corpus: list[Example], share: float, seed: int, random
) -> None:
    held = held_out_keys(corpus, share, seed)
    assert held_out_keys(corpus, share, seed) == held
    random.shuffle(corpus)
    assert held_out_keys(corpus, share, seed) == held


@given(CORPORA, SHARES)
def test_no_more_than_the_share(corpus: list[Example], share: float) -> None:
    openings = len({key(each) for each in corpus})
    assert len(held_out_keys(corpus, share, 1)) <= round(share * openings)


def rewordings(count: int) -> list[Example]:
    return [example(f"question {n}", f"reply {n % 7}") for n in range(count)]


def test_the_share_is_reached_where_there_are_rewordings() -> None:
    assert len(held_out_keys(rewordings(200), 0.1, 1)) == 20
    assert held_out_keys(rewordings(200), 0.0, 1) == set()


def test_the_seed_decides() -> None:
    chosen = {frozenset(held_out_keys(rewordings(200), 0.1, seed)) for seed in range(8)}
    assert len(chosen) == 8


def test_a_reply_with_one_wording_is_never_held_out() -> None:
    corpus = [example(f"question {n}", f"reply {n}") for n in range(50)]
    assert held_out_keys(corpus, 0.5, 1) == set()


def test_a_large_corpus_may_hold_out_any_question(monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = [example(f"question {n}", f"reply {n}") for n in range(50)]
    monkeypatch.setattr(split, "SMALL", 49)
    assert len(held_out_keys(corpus, 0.2, 1)) == 10
    monkeypatch.setattr(split, "SMALL", 50)
    assert held_out_keys(corpus, 0.2, 1) == set()


@pytest.mark.parametrize("small", [0, 1000], ids=["large corpus", "small corpus"])
def test_there_is_a_cap(monkeypatch: pytest.MonkeyPatch, small: int) -> None:
    monkeypatch.setattr(split, "SMALL", small)
    monkeypatch.setattr(split, "AT_MOST", 12)
    assert len(held_out_keys(rewordings(200), 0.5, 1)) == 12
