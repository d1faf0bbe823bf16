"""A whole evaluation: of a bot that knows its corpus, and of one whose replies are set."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import pytest
from tiny import FOLLOW_UPS, SINGLES, dialogues

from dialog_s2s import Bot, Reply
from dialog_s2s.errors import ConfigError
from dialog_s2s.evaluation import measured
from dialog_s2s.evaluation.evaluate import Evaluation, evaluate_bot
from dialog_s2s.evaluation.metrics import Likelihood, joint_likelihood, likelihood
from dialog_s2s.evaluation.questions import questions
from dialog_s2s.text.turns import Dialogue, Example, Role, Turn

pytest.importorskip("sacrebleu")
pytest.importorskip("sklearn")

ASKED = questions(dialogues())
PAIRS = [(each.question, each.reply) for each in ASKED.examples]


class Scripted:
    """A bot whose generator is the tiny one's and whose replies are set."""

    def __init__(self, bot: Bot, said: Sequence[tuple[str, str, float]]):
        self._bot = bot
        self._said = iter(said)
        self._like = bot.reply("hello")

    def __getattr__(self, name: str) -> object:
        return getattr(self._bot, name)

    def replies(self, dialogues: Sequence[Sequence[Turn]], **settings: object) -> list[Reply]:
        replies = [next(self._said) for _ in dialogues]
        return [
            dataclasses.replace(self._like, text=text, source=source, confidence=confidence)
            for text, source, confidence in replies
        ]


@pytest.fixture(scope="module")
def whole(tiny_bot: Bot) -> Evaluation:
    return evaluate_bot(tiny_bot, ASKED, PAIRS)


def single(question: str, *replies: str) -> list[Dialogue]:
    return [Dialogue((Turn(Role.USER, question), Turn(Role.BOT, reply))) for reply in replies]


def test_a_bot_that_knows_its_corpus(tiny_bot: Bot, whole: Evaluation) -> None:
    figures = whole.whole.figures
    assert whole.whole.n == len(SINGLES) + len(FOLLOW_UPS)
    assert figures["exact"] == figures["answered"] == figures["precision_answered"] == 1
    assert figures["token_f1"] == 1
    assert figures["chrf"] == pytest.approx(100)
    assert figures["bleu"] == pytest.approx(100)
    generator = likelihood(tiny_bot, ASKED.examples)
    assert figures["generator_nats_per_char"] == pytest.approx(generator.nats_per_char)
    known = joint_likelihood(tiny_bot, ASKED.examples, generator)
    assert figures["nats_per_char"] == pytest.approx(known.nats_per_char)
    assert figures["nats_per_char"] < figures["generator_nats_per_char"]
    assert figures["nats_per_token"] == pytest.approx(known.nats_per_token)
    assert figures["distinct_1"] == pytest.approx(whole.references["distinct_1"])
    assert math.isnan(figures["roc_area"])
    confidence = np.array(
        [reply.confidence for reply in tiny_bot.replies([each.history for each in ASKED.examples])]
    )
    assert figures["ece"] == pytest.approx(1 - confidence.mean())


def test_every_interval_holds_its_figure(whole: Evaluation) -> None:
    parts = [whole.whole, whole.seen, *whole.by_source_length, *whole.by_turn_depth]
    parts += (whole.baselines or {}).values()
    for part in parts:
        assert part is not None
        assert part.intervals
        for name, (low, high) in part.intervals.items():
            assert low - 1e-9 <= part.figures[name] <= high + 1e-9, name
    low, high = whole.whole.intervals["nats_per_char"]
    assert low < high
    assert not {"distinct_1", "distinct_2"} & whole.whole.intervals.keys()


def test_groups_cover_everything(whole: Evaluation) -> None:
    for parts in (whole.by_source_length, whole.by_turn_depth):
        assert sum(part.n for part in parts) == whole.whole.n
    depths = [(part.low, part.high, part.n) for part in whole.by_turn_depth]
    assert depths == [(1, 1, len(SINGLES)), (2, 2, len(FOLLOW_UPS))]


def test_the_baselines(whole: Evaluation) -> None:
    baselines = whole.baselines or {}
    assert baselines.keys() == {"most_frequent_answer", "nearest_question"}
    # each of ten answers has three of the questions
    assert baselines["most_frequent_answer"].figures["exact"] == pytest.approx(3 / 34)
    # the lookup does not see the history: one meaning of "and on Sunday" fits all
    assert baselines["nearest_question"].figures["exact"] == pytest.approx(31 / 34)


def test_seen_and_unseen(tiny_bot: Bot) -> None:
    found = evaluate_bot(tiny_bot, ASKED, [pair for pair in PAIRS if pair[1] == "Goodbye!"])
    assert found.seen
    assert found.unseen
    assert (found.seen.n, found.unseen.n) == (3, 31)
    only = [each for each in ASKED.examples if each.reply == "Goodbye!"]
    for name, measured_by in (
        ("nats_per_char", joint_likelihood),
        ("generator_nats_per_char", likelihood),
    ):
        wanted = measured_by(tiny_bot, only).nats_per_char
        assert found.seen.figures[name] == pytest.approx(wanted, rel=1e-4)


def test_all_seen(whole: Evaluation) -> None:
    assert whole.seen
    assert whole.seen.n == whole.whole.n
    assert whole.unseen
    assert whole.unseen.n == 0
    assert not whole.unseen.intervals
    assert all(math.isnan(value) for value in whole.unseen.figures.values())


def test_without_training_pairs(tiny_bot: Bot) -> None:
    found = evaluate_bot(tiny_bot, questions(dialogues(), 3))
    assert found.seen is found.unseen is found.baselines is None
    assert found.whole.n == 3


def test_any_reference_is_right(tiny_bot: Bot) -> None:
    asked = questions(single("hello", "Hey!", "HELLO there") + single("bye", "Adieu."))
    found = evaluate_bot(tiny_bot, asked)
    assert found.whole.figures["exact"] == pytest.approx(2 / 3)
    assert "nrefs:var" in found.signatures["chrf"]


def test_abstaining(tiny_bot: Bot) -> None:
    said = [
        ("At nine.", "generated", 0.95),
        ("At six.", "exact", 0.55),
        ("I do not know.", "unknown", 0.85),
        ("No.", "remembered", 0.15),
    ]
    asked = questions(
        [*single("a", "At nine."), *single("b", "At ten."), *single("c", "No."), *single("d", "No")]
    )
    found = evaluate_bot(Scripted(tiny_bot, said), asked)
    figures = found.whole.figures
    assert figures["exact"] == pytest.approx(2 / 4)
    assert figures["answered"] == pytest.approx(3 / 4)
    assert figures["precision_answered"] == pytest.approx(2 / 3)
    assert figures["ece"] == pytest.approx((0.05 + 0.55 + 0.85) / 3)
    assert figures["roc_area"] == pytest.approx(1 / 2)
    assert [each.coverage for each in found.curve] == pytest.approx([1 / 4, 2 / 4, 3 / 4])
    assert [each.count for each in found.bins] == [1, 1, 1]


def test_nothing_answered(tiny_bot: Bot) -> None:
    said = [("I do not know.", "unknown", 0.1)] * 2
    found = evaluate_bot(Scripted(tiny_bot, said), questions(single("hello", "Hey!", "Hi!")))
    assert found.whole.figures["answered"] == 0
    assert math.isnan(found.whole.figures["precision_answered"])
    assert math.isnan(found.whole.figures["ece"])
    assert "ece" not in found.whole.intervals
    assert list(found.curve) == list(found.bins) == []


def test_confidence_beyond_its_range_is_cut(tiny_bot: Bot) -> None:
    found = evaluate_bot(
        Scripted(tiny_bot, [("Hey!", "exact", 1.0 + 1e-7)]), questions(single("hello", "Hey!"))
    )
    assert found.whole.figures["ece"] == 0


def test_with_a_memory_both_likelihoods_are_told(
    tiny_bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def halved(
        bot: Bot, examples: Sequence[Example], found: Likelihood, recalled: object
    ) -> Likelihood:
        if bot.memory is None:
            return found
        return dataclasses.replace(found, nats_N=found.nats_N / 2)

    monkeypatch.setattr(measured, "joint_likelihood", halved)
    asked = questions(dialogues(), 6)
    figures = {}
    for memory in (None, object()):
        bot = Scripted(tiny_bot, [("x", "exact", 0.5)] * 6)
        bot.memory = memory
        figures[memory is None] = evaluate_bot(bot, asked).whole.figures
    assert figures[True]["nats_per_char"] == figures[True]["generator_nats_per_char"]
    assert figures[False]["generator_nats_per_char"] == figures[True]["generator_nats_per_char"]
    for name in ("nats_per_char", "nats_per_token"):
        assert figures[False][name] == pytest.approx(figures[True][name] / 2)


def test_settings_reach_the_bot(tiny_bot: Bot) -> None:
    wild = {"method": "sample", "temperature": 9.0, "top_p": 1.0, "seed": 1, "max_tokens": 9}
    cut = evaluate_bot(tiny_bot, questions(dialogues(), 4), settings=wild)
    assert cut.whole.figures["exact"] < 1
    with pytest.raises(ConfigError, match="temperature"):
        evaluate_bot(tiny_bot, ASKED, settings={"temprature": 1})


def test_progress_is_told(tiny_bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measured, "TOGETHER", 15)
    told: list[tuple[str, int, int]] = []
    evaluate_bot(tiny_bot, ASKED, PAIRS, watch=lambda *each: told.append(each))
    assert told == [
        *(("likelihood", done, 34) for done in (15, 30, 34)),
        *(("replies", done, 34) for done in (15, 30, 34)),
        ("nearest questions", 34, 34),
    ]
