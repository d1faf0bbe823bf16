"""Replies against references: values worked out by hand, bounds, and sacrebleu's own totals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.evaluation.text_metrics import (
    TOGETHER,
    distinct,
    diversity,
    exact,
    repetition,
    text_scores,
    token_f1,
    words,
)

sacrebleu = pytest.importorskip("sacrebleu")

texts = st.lists(st.sampled_from(["tea", "no", "Tea.", "차", "茶", "?!", "🙂"]), max_size=6).map(
    " ".join
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Yes, green TEA!", ["yes", "green", "tea"]),
        ("네, 녹차를 팝니다.", ["네", "녹차를", "팝니다"]),
        ("我们九点开门。", ["我", "们", "九", "点", "开", "门"]),
        ("はい tea", ["は", "い", "tea"]),
        ("iPhone는 9시에", ["iphone는", "9시에"]),
        ("", []),
    ],
)
def test_words(text: str, found: list[str]) -> None:
    assert words(text) == found


@pytest.mark.parametrize(
    ("reply", "references", "right"),
    [
        ("We open at nine.", ["we open at NINE"], True),
        ("ｎｉｎｅ", ["nine"], True),
        ("nine", ["ten", "Nine!"], True),
        ("nine", ["ten"], False),
        ("", ["nine"], False),
        ("?!", ["nine"], False),
    ],
)
def test_exact(reply: str, references: list[str], right: bool) -> None:
    assert exact(reply, references) is right


@pytest.mark.parametrize(
    ("reply", "references", "score"),
    [
        ("green tea", ["green tea"], 1.0),
        ("green tea", ["black tea"], 1 / 2),
        ("tea tea tea", ["tea"], 2 * (1 / 3) * 1 / (1 / 3 + 1)),
        ("yes", ["no, none at all", "yes we do"], 1 / 2),
        ("yes", ["no"], 0.0),
        ("", ["no"], 0.0),
    ],
)
def test_token_f1(reply: str, references: list[str], score: float) -> None:
    assert token_f1(reply, references) == pytest.approx(score)


@pytest.mark.parametrize(
    ("reply", "share"),
    [
        ("", 0.0),
        ("tea", 0.0),
        ("we sell tea", 0.0),
        ("no no no no no", 3 / 4),
        ("we do we do", 1 / 3),
    ],
)
def test_repetition(reply: str, share: float) -> None:
    assert repetition(reply) == pytest.approx(share)


def test_distinct() -> None:
    replies = ["we sell tea", "we sell coffee"]
    assert distinct(replies, 1) == pytest.approx(4 / 6)
    assert distinct(replies, 2) == pytest.approx(3 / 4)
    assert diversity(replies) == {"distinct_1": distinct(replies, 1), "distinct_2": 0.75}
    assert math.isnan(distinct(["tea"], 2))


@given(one=texts, other=texts)
def test_bounds_and_symmetry(one: str, other: str) -> None:
    assert 0 <= token_f1(one, [other]) <= 1
    assert token_f1(one, [other]) == pytest.approx(token_f1(other, [one]))
    assert token_f1(one, [other, one]) == 1
    assert exact(one, [other]) == exact(other, [one])
    assert exact(one, [one])
    assert token_f1(one, [other]) == 1 or not exact(one, [other])
    assert 0 <= repetition(one) < 1


@given(
    rows=st.lists(
        st.tuples(texts, st.lists(texts.filter(bool), min_size=1, max_size=3)),
        min_size=1,
        max_size=6,
    )
)
def test_figures_are_within_bounds(rows: list[tuple[str, list[str]]]) -> None:
    replies, references = zip(*rows, strict=True)
    found = text_scores(replies, references).figures(np.ones(len(rows)))
    for name, value in found.items():
        assert 0 <= value <= (100.0001 if name in ("chrf", "bleu") else 1), name


REPLIES = [
    "We open at nine.",
    "Yes, green and black tea .",
    "",
    "네, 녹차를 팝니다.",
    "no no no no",
]
WANTED = [
    "We open at ten.",
    "Yes, we have green and black tea.",
    "Bye!",
    "네, 녹차를 팝니다.",
    "no",
]


def test_corpus_scores_are_those_of_sacrebleu() -> None:
    repeats = TOGETHER // len(REPLIES) + 3
    replies, wanted = REPLIES * repeats, WANTED * repeats
    scores = text_scores(replies, [[each] for each in wanted])
    found = scores.figures(np.ones(len(replies)))
    for name, metric in (("chrf", sacrebleu.CHRF()), ("bleu", sacrebleu.BLEU(force=True))):
        assert found[name] == pytest.approx(metric.corpus_score(replies, [wanted]).score)
    assert scores.chrf.signature.startswith("nrefs:1|case:mixed")
    assert "tok:13a" in scores.bleu.signature


def test_several_references() -> None:
    references = [[each] for each in WANTED]
    references[0] += ["We open at nine", "At nine."]
    streams = [[row[i] if i < len(row) else None for row in references] for i in range(3)]
    scores = text_scores(REPLIES, references)
    found = scores.figures(np.ones(len(REPLIES)))
    for name, metric in (("chrf", sacrebleu.CHRF()), ("bleu", sacrebleu.BLEU(force=True))):
        assert found[name] == pytest.approx(metric.corpus_score(REPLIES, streams).score)
    assert "nrefs:var" in scores.chrf.signature
    assert found["exact"] == pytest.approx(2 / 5)
    assert "nrefs:3" in text_scores(["a"], [["a", "b", "c"]]).bleu.signature


def test_weights_are_repeats_and_parts_are_parts() -> None:
    scores = text_scores(REPLIES, [[each] for each in WANTED])
    weighted = scores.figures(np.array([2.0, 0, 1, 1, 0]))
    rows = [0, 0, 2, 3]
    listed = text_scores([REPLIES[i] for i in rows], [[WANTED[i]] for i in rows])
    assert weighted == pytest.approx(listed.figures(np.ones(4)))
    assert weighted == pytest.approx(scores.part(np.array(rows)).figures(np.ones(4)))


def test_no_replies_have_no_figures() -> None:
    scores = text_scores(REPLIES, [[each] for each in WANTED])
    assert all(math.isnan(value) for value in scores.figures(np.zeros(5)).values())
