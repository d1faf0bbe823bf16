"""Where a reply came from: its source, the pairs it rests on, and what the generator looked at."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest
from tiny import FOLLOW_UPS, REPLIES, SINGLES, SUNDAY

from dialog_s2s import Bot
from dialog_s2s.dialogue.reply import SHOWN, SOURCES, provenance
from dialog_s2s.generation.engine import Engine
from dialog_s2s.generation.search import Hypothesis
from dialog_s2s.memory.mixture import Votes
from dialog_s2s.memory.recall import NOTHING_RECALLED, Candidate, Recalled
from dialog_s2s.memory.rows import TAUGHT, TRAINED, Row
from dialog_s2s.text.turns import Role, Turn

SAID, OTHER = (9, 3), (8, 3)
"""Pieces of two answers."""


def candidate(
    id: int, weight: float, *, kind: str = TRAINED, exact: bool = False, answer: str = "said"
) -> Candidate:
    row = Row(id, f"question {id}", (), answer, kind, f"file:{id}", 0, None)
    return Candidate(row, weight, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, exact)


def recalled(*saying: Candidate, others: float = 0.0) -> Recalled:
    """Candidates that say SAID, and one that says OTHER."""
    weight = sum(each.weight for each in saying)
    against = candidate(99, others, answer="other")
    candidates = sorted([*saying, against], key=lambda each: -each.weight)
    votes = Votes((SAID, OTHER), (weight, others), 0.0, 1 - weight - others)
    spoken = {each.row.id: SAID for each in saying} | {99: OTHER}
    return Recalled(votes, votes, tuple(candidates), spoken, {}, (1.0, 1.0), 5)


def hypothesis(probability: float) -> Hypothesis:
    return Hypothesis(SAID[:-1], math.log(probability), "stop")


def test_a_reply_that_the_memory_gave() -> None:
    known = recalled(candidate(1, 0.2), candidate(2, 0.4), others=0.3)
    source, evidence, exact = provenance(hypothesis(0.8), known, SAID)
    assert (source, exact) == ("remembered", False)
    assert [(each.row, each.origin, each.answer) for each in evidence] == [
        (2, "file:2", "said"),
        (1, "file:1", "said"),
    ]
    # of 0.8, the memory gave 0.6 and the generator the rest
    assert [each.weight for each in evidence] == pytest.approx([0.5, 0.25])


@pytest.mark.parametrize(
    ("joint", "source"), [(0.3, "remembered"), (0.59, "remembered"), (0.61, "generated")]
)
def test_who_gave_at_least_half_is_the_source(joint: float, source: str) -> None:
    found, evidence, _ = provenance(hypothesis(joint), recalled(candidate(1, 0.3)), SAID)
    assert found == source
    assert bool(evidence) == (source != "generated")


def test_the_very_question_and_what_was_taught() -> None:
    asked = candidate(1, 0.5, exact=True)
    assert provenance(hypothesis(0.9), recalled(candidate(2, 0.4), asked), SAID)[::2] == (
        "exact",
        True,
    )
    taught = candidate(3, 0.45, kind=TAUGHT, exact=True)
    known = recalled(taught, candidate(4, 0.4, exact=True))
    assert provenance(hypothesis(0.9), known, SAID)[::2] == ("taught", True)
    reworded = recalled(candidate(3, 0.9, kind=TAUGHT))
    assert provenance(hypothesis(0.9), reworded, SAID)[::2] == ("taught", False)
    minor = recalled(candidate(3, 0.2, kind=TAUGHT), candidate(4, 0.6))
    assert provenance(hypothesis(0.9), minor, SAID)[0] == "remembered"
    # an exact question of another answer does not make this one exact
    elsewhere = recalled(candidate(1, 0.6), others=0.3)
    assert provenance(hypothesis(0.6), elsewhere, SAID)[0] == "remembered"


def test_nothing_recalled_is_generated() -> None:
    assert provenance(hypothesis(0.9), NOTHING_RECALLED, SAID) == ("generated", (), False)


def test_of_many_pairs_the_weightiest_are_shown() -> None:
    many = [candidate(number, number / 100) for number in range(1, 13)]
    _, evidence, _ = provenance(hypothesis(0.78), recalled(*many), SAID)
    assert [each.row for each in evidence] == [12, 11, 10, 9, 8]
    assert len(evidence) == SHOWN
    assert sum(each.weight for each in evidence) == pytest.approx(0.5 / 0.78)


def test_a_weight_is_a_share_even_where_rounding_says_otherwise() -> None:
    """Log-probabilities are float32."""
    _, evidence, _ = provenance(hypothesis(0.6), recalled(candidate(1, 0.6000001)), SAID)
    assert evidence[0].weight == 1


def test_the_evidence_names_file_and_line(table_bot: Bot, table_bundle: Path) -> None:
    file = table_bundle.parent / "pairs.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    for question, answer in SINGLES:
        reply = table_bot.reply(question)
        assert (reply.text, reply.source) == (answer, "exact")
        (own,) = [each for each in reply.evidence if each.question == question]
        assert own == reply.evidence[0]
        name, _, line = own.origin.rpartition(":")
        assert name == str(file)
        assert lines[int(line) - 1].split(",")[0] == question


def test_sources_of_a_bot(bot: Bot) -> None:
    bot.teach("Do you sell cake?", "Only on Mondays.", origin="2026-01-02-abcd")
    asked = {
        "when do you OPEN?": "exact",
        "is there some tea": "remembered",
        "do you sell cake": "taught",
        "so do you sell cake": "taught",
        "xyzzy": "generated",
    }
    replies = {question: bot.reply(question, threshold=0) for question in asked}
    assert {question: reply.source for question, reply in replies.items()} == asked
    for question, reply in replies.items():
        assert reply.question == question
        assert sum(each.weight for each in reply.evidence) <= 1 + 1e-9
        assert all(0 < each.weight <= 1 for each in reply.evidence)
        weights = [each.weight for each in reply.evidence]
        assert weights == sorted(weights, reverse=True)
        assert bool(weights) == (reply.source != "generated")
        assert {each.answer for each in reply.evidence} <= {reply.text}
    assert replies["do you sell cake"].evidence[0].origin == "2026-01-02-abcd"
    assert replies["is there some tea"].evidence[0].question == "is there tea"
    unknown = bot.reply("xyzzy", threshold=0.9)
    assert (unknown.source, unknown.evidence) == ("unknown", ())
    assert unknown.withheld == replies["xyzzy"].text
    assert {reply.source for reply in (*replies.values(), unknown)} == set(SOURCES)


def test_a_follow_up_rests_on_the_pair_of_its_context(tiny_bot: Bot) -> None:
    for question, answer in FOLLOW_UPS.items():
        before = [Turn(Role.USER, question), Turn(Role.BOT, REPLIES[question])]
        reply = tiny_bot.reply(SUNDAY, before)
        assert (reply.text, reply.source) == (answer, "exact")
        assert (reply.evidence[0].question, reply.evidence[0].answer) == (SUNDAY, answer)
        assert reply.turns == (*before, Turn(Role.USER, SUNDAY))


def test_as_json(tiny_bot: Bot) -> None:
    reply = tiny_bot.reply("is there some tea", threshold=0, seed=7)
    tree = json.loads(json.dumps(reply.tree()))
    assert list(tree) == [
        *("question", "reply", "source", "confidence", "evidence", "milliseconds", "finish"),
        "seed",
    ]
    assert (tree["question"], tree["reply"]) == ("is there some tea", reply.text)
    assert (tree["source"], tree["seed"], tree["finish"]) == ("remembered", 7, "stop")
    assert len(tree["evidence"]) == len(reply.evidence)
    assert tree["evidence"][0] == {
        "question": "is there tea",
        "answer": reply.text,
        "origin": "pairs",
        "weight": pytest.approx(reply.evidence[0].weight, abs=1e-6),
    }


TURNS = (
    Turn(Role.SYSTEM, "be kind"),
    *(Turn(Role.USER, "hello"), Turn(Role.BOT, "Hello there!")),
    *(Turn(Role.USER, "do you sell tea"), Turn(Role.BOT, "Yes, green and black tea.")),
)


@pytest.mark.parametrize("before", range(len(TURNS) + 1))
def test_attention(tiny_bot: Bot, before: int) -> None:
    history = TURNS[len(TURNS) - before :]
    reply = tiny_bot.reply(SUNDAY, history, threshold=0)
    attended = reply.attention
    assert attended is not None
    assert attended.weights_TS.shape == (len(attended.reply), len(attended.source))
    assert attended.weights_TS.sum(1) == pytest.approx(np.ones(len(attended.reply)), abs=1e-5)
    assert (attended.weights_TS >= 0).all()
    assert sum(share for _, share in attended.turns) == pytest.approx(1, abs=1e-5)
    assert [turn for turn, _ in attended.turns] == [*reply.turns[-reply.turns_read :]]
    assert reply.turns_read == before + 1  # four of the talk, and the persona
    assert "".join(attended.reply).replace("▁", " ").strip() == reply.text
    ends = [place for place, piece in enumerate(attended.source) if piece.startswith("<")]
    columns = attended.weights_TS.mean(0)
    shares = [part.sum() for part in np.split(columns, ends[1:])]
    assert shares == pytest.approx([share for _, share in attended.turns], abs=1e-6)


@pytest.mark.parametrize("question", ["hello", "is there some tea", "녹차 주세요", "xyzzy 뷁"])
def test_the_probability_of_each_piece(tiny_bot: Bot, question: str) -> None:
    for history in ((), TURNS):
        reply = tiny_bot.reply(question, history, threshold=0)
        attended = reply.attention
        assert attended is not None
        assert len(attended.probabilities_T) == len(attended.reply)
        product = np.prod(attended.probabilities_T)
        assert product == pytest.approx(np.exp(reply.log_probability), abs=1e-4)


def test_attention_is_made_when_it_is_asked_for(
    tiny_bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    real = Engine.attended

    def attended(self: Engine, source: list[int], pieces: list[int]) -> np.ndarray:
        looked.append(len(pieces))
        return real(self, source, pieces)

    monkeypatch.setattr(Engine, "attended", attended)
    replies = tiny_bot.replies([[Turn(Role.USER, "hello")]] * 3)
    assert looked == []
    assert replies[1].attention is not None
    assert len(looked) == 1


def test_two_replies_are_equal_whatever_would_be_looked_at(tiny_bot: Bot) -> None:
    one, other = (
        dataclasses.replace(tiny_bot.reply("hello", seed=1), milliseconds=0) for _ in range(2)
    )
    assert one == other
    assert "_look" not in repr(one)


def test_without_a_model_there_is_no_attention(tiny_bot: Bot) -> None:
    reply = dataclasses.replace(tiny_bot.reply("hello"), _look=None)
    assert reply.attention is None
