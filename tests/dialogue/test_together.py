"""Conversations at once: nothing asked twice, what is kept has an end, errors leave no trace."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from echo import Echo

from dialog_s2s import Conversation, Reply
from dialog_s2s.config import GenerationConfig
from dialog_s2s.dialogue import together as module
from dialog_s2s.dialogue.teacher import MAX_QUESTION
from dialog_s2s.dialogue.together import Talk, Together
from dialog_s2s.errors import UsageError
from dialog_s2s.memory.recall import NOTHING_RECALLED, Recalled
from dialog_s2s.text.turns import Turn

GREEDY = GenerationConfig(seed=1)


class Many(Echo):
    """Many questions at once; keeps which."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[list[str]] = []
        self.recalled: list[str] = []

    def recall(self, turns: Sequence[Turn]) -> Recalled:
        self.recalled.append(turns[-1].text)
        return NOTHING_RECALLED

    def answered(
        self,
        read: Sequence[tuple[Turn, ...]],
        recalled: Sequence[Recalled],
        settings: GenerationConfig,
        began: float,
        seeds: Sequence[int] | None = None,
    ) -> list[Reply]:
        self.asked.append([turns[-1].text for turns in read])
        own = [settings.seed] * len(read) if seeds is None else seeds
        return [
            self.reply(turns[-1].text, turns[:-1], seed=seed)
            for turns, seed in zip(read, own, strict=True)
        ]


def test_each_conversation_is_as_if_it_were_held_alone() -> None:
    talks = [
        Talk(("a", "b"), GREEDY),
        Talk(("a", "c", "d"), GREEDY, "I am short."),
        Talk(("my name is Ada", "what is my name"), GREEDY),
        Talk((), GREEDY),
        Talk(("a",), GenerationConfig(seed=2)),
    ]
    told: list[int] = []
    bot = Many()
    found = Together(bot).replies(talks, told.append)
    for talk, replies in zip(talks, found, strict=True):
        alone = Conversation(Echo(), talk.persona)
        expected = [alone.reply(each, seed=talk.settings.seed) for each in talk.questions]
        assert [each.text for each in replies] == [each.text for each in expected]
        assert [each.turns for each in replies] == [each.turns for each in expected]
    assert bot.asked == [["a", "a", "my name is Ada"], ["a"], ["b", "c"], ["d"]]
    assert bot.recalled == ["a", "a", "my name is Ada", "b", "c", "d"]
    assert told == sorted(told)
    assert told[-1] == 7


def test_samples_are_drawn_together_each_with_its_seed() -> None:
    bot = Many()
    sampled = [GenerationConfig(method="sample", seed=seed) for seed in (3, 0, 8, 3)]
    others = [GenerationConfig(method="sample"), GenerationConfig(method="sample", temperature=2.0)]
    found = Together(bot).replies([Talk(("a",), each) for each in [*sampled, *others]])
    assert [replies[0].seed for replies in found[:4]] == [3, 0, 8, 3]
    assert bot.asked == [["a"] * 3, ["a"], ["a"]]
    assert bot.recalled == ["a"]


def test_the_same_is_asked_once_until_too_much_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    bot = Many()
    held = Together(bot)
    for _ in range(2):
        held.replies([Talk(("a",), GREEDY), Talk(("a",), GREEDY)])
    assert bot.asked == [["a"]]
    monkeypatch.setattr(module, "KEPT", 1)
    (b,), (c,), (again,) = held.replies([Talk((each,), GREEDY) for each in ("b", "c", "b")])
    assert (b.text, c.text) == ("0: b!", "0: c!")
    assert b is again
    held.replies([Talk(("c",), GREEDY), Talk(("a",), GREEDY)])
    assert bot.asked == [["a"], ["b", "c"], ["a"]]


def test_a_long_question_is_cut_as_a_bot_cuts_it() -> None:
    bot = Many()
    Together(bot).replies([Talk(("a" * MAX_QUESTION + "b",), GREEDY)])
    assert bot.asked == [["a" * MAX_QUESTION]]


def test_an_empty_question() -> None:
    bot = Many()
    with pytest.raises(UsageError, match="the question is empty"):
        Together(bot).replies([Talk(("a",), GREEDY), Talk((" ",), GREEDY)])
    assert bot.asked == []
