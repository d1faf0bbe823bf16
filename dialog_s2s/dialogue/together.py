"""Many conversations with one bot at once: what they ask in the same round is answered together.

Each comes out as if it were held alone, in a `Conversation`.
"""

from __future__ import annotations

import dataclasses
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from dialog_s2s.config import GenerationConfig
from dialog_s2s.dialogue.answerer import Answerer
from dialog_s2s.dialogue.conversation import Conversation
from dialog_s2s.dialogue.reply import Reply
from dialog_s2s.dialogue.teacher import spaced
from dialog_s2s.memory.recall import Recalled
from dialog_s2s.text.turns import Role, Turn

KEPT = 20_000
"""Replies, and what the memory said, that are kept; of more, the oldest are asked for again."""

Turns = tuple[Turn, ...]
Question = tuple[GenerationConfig, Turns]
Told = Callable[[int], None]

K = TypeVar("K")
V = TypeVar("V")


class Answers(Answerer, Protocol):
    """What is needed of a bot beyond a conversation: the memory and the search apart."""

    def recall(self, turns: Sequence[Turn]) -> Recalled:
        """What the memory says of the last of `turns`."""

    def answered(
        self,
        read: Sequence[Turns],
        recalled: Sequence[Recalled],
        settings: GenerationConfig,
        began: float,
        seeds: Sequence[int] | None = None,
    ) -> list[Reply]:
        """Replies to dialogues of which the memory has spoken, each with its own of `seeds` where
        these are given."""


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation to be held: its questions in order, all of them with the same settings."""

    questions: tuple[str, ...]
    settings: GenerationConfig
    persona: str = ""


class Together:
    """Holds conversations with a bot that is not taught meanwhile.

    The same turns with the same settings, the seed among them, are answered once, so the settings
    of sampled replies should have a seed; and of the same turns the memory is asked once, whatever
    the settings. `milliseconds` of a reply are its share of the time that all took which were
    answered with it.
    """

    def __init__(self, bot: Answers):
        self.bot = bot
        self._replies: OrderedDict[Question, Reply] = OrderedDict()
        self._recalled: OrderedDict[Turns, Recalled] = OrderedDict()

    def replies(
        self, talks: Sequence[Talk], told: Told = lambda answered: None
    ) -> list[tuple[Reply, ...]]:
        """The replies of each conversation; `told` is given how many the bot made so far.

        Raises:
            UsageError: a question is empty.
        """
        running = [_held(self.bot, talk) for talk in talks]
        said: list[tuple[Reply, ...]] = [()] * len(talks)
        waiting: dict[int, Question] = {}

        def advance(place: int, reply: Reply | None = None) -> None:
            talk = running[place]
            try:
                turns = next(talk) if reply is None else talk.send(reply)
                waiting[place] = (talks[place].settings, turns)
            except StopIteration as done:
                waiting.pop(place, None)
                said[place] = done.value

        answered = 0

        def tell(more: int) -> None:
            told(answered + more)

        try:
            for place in range(len(talks)):
                advance(place)
            while waiting:
                asked = list(waiting.items())
                made = self._answered([question for _, question in asked], tell)
                answered += len(asked)
                for place, question in asked:
                    advance(place, made[question])
        finally:
            for each in running:
                each.close()
        return said

    def _answered(self, asked: Sequence[Question], told: Told) -> dict[Question, Reply]:
        """The reply to each question that is asked."""
        made = {each: self._replies[each] for each in asked if each in self._replies}
        told(sum(each in made for each in asked))
        groups: dict[GenerationConfig, dict[Question, None]] = {}
        for each in asked:
            if each not in made:
                groups.setdefault(_shared(each[0]), {})[each] = None
        for shared, several in groups.items():
            made.update(zip(several, self._new(list(several), shared), strict=True))
            told(sum(each in made for each in asked))
        _keep(self._replies, made.items())
        return made

    def _new(self, asked: Sequence[Question], shared: GenerationConfig) -> list[Reply]:
        """What the bot replies, to all with the same settings but for the seeds of samples."""
        began = time.perf_counter()
        read = [(*turns[:-1], Turn(Role.USER, spaced(turns[-1].text))) for _, turns in asked]
        known: dict[Turns, Recalled] = {}
        for turns in read:
            if turns not in known:
                kept = self._recalled.get(turns)
                known[turns] = self.bot.recall(turns) if kept is None else kept
        _keep(self._recalled, known.items())
        recalled = [known[turns] for turns in read]
        seeds = [settings.seed for settings, _ in asked if settings.seed is not None]
        own = (seeds,) if _seeded(shared) else ()
        replies = self.bot.answered(read, recalled, shared, began, *own)
        share = (time.perf_counter() - began) * 1e3 / len(asked)
        return [dataclasses.replace(reply, milliseconds=share) for reply in replies]


def _seeded(settings: GenerationConfig) -> bool:
    """Whether replies are sampled with a seed."""
    return settings.method == "sample" and settings.seed is not None


def _shared(settings: GenerationConfig) -> GenerationConfig:
    """The settings without what samples that are drawn together may have of their own."""
    return dataclasses.replace(settings, seed=0) if _seeded(settings) else settings


def _held(bot: Answerer, talk: Talk) -> Generator[Turns, Reply, tuple[Reply, ...]]:
    """A conversation, which yields what the bot is to answer."""
    conversation = Conversation(bot, talk.persona)
    replies = []
    for question in talk.questions:
        replies.append((yield from conversation.asking(question, talk.settings)))
    return tuple(replies)


def _keep(kept: OrderedDict[K, V], more: Iterable[tuple[K, V]]) -> None:
    kept.update(more)
    while len(kept) > KEPT:
        kept.popitem(last=False)
