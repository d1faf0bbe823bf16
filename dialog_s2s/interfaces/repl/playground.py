"""What is at hand in the playground: functions to ask, compare, sweep, look into and test bots."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from dialog_s2s.dialogue.reply import Reply
from dialog_s2s.dialogue.teacher import spaced
from dialog_s2s.dialogue.together import Answers
from dialog_s2s.errors import UsageError
from dialog_s2s.evaluation.runs import Variant
from dialog_s2s.evaluation.suites import Suite, read_suite, run_suite
from dialog_s2s.interfaces.chat.talk import parse_settings, place
from dialog_s2s.interfaces.repl.bots import CallableConversation, History, turns
from dialog_s2s.interfaces.repl.grid import combinations, is_list, seeds_of
from dialog_s2s.interfaces.repl.results import (
    END,
    Answer,
    AttentionMap,
    Candidates,
    Comparison,
    Point,
    SuiteRun,
    Sweep,
    answer,
)
from dialog_s2s.text.turns import Role, Turn

MOST = 64
"""Candidates at most, which is the widest beam."""


class Asked(Answers, Protocol):
    """What the playground needs of a bot."""

    def candidates(
        self, question: str, history: Sequence[Turn] = (), **settings: object
    ) -> list[Reply]:
        """The n best replies."""


Settings = Mapping[str, object]
Chosen = Asked | str | None
"""A bot, its name, or None for the first."""


class Playground:
    """Bots by their names, of which the first answers where none is named."""

    def __init__(self, bots: Mapping[str, Asked]):
        self.bots = dict(bots)
        self.bot = next(iter(self.bots.values()))
        self.talk = CallableConversation(self.bot)
        self.failed = False
        """Whether a test failed."""

    def at_hand(self) -> dict[str, Any]:
        """The names of the playground."""
        functions: tuple[Callable[..., Any], ...] = (
            *(self.ask, self.candidates, self.compare, self.sweep, self.attention),
            *(self.suite, self.test),
        )
        values = {"bot": self.bot, "bots": self.bots, "talk": self.talk}
        return {**values, **{each.__name__: each for each in functions}}

    def ask(
        self, question: str, history: History = (), *, bot: Chosen = None, **settings: object
    ) -> Answer:
        """The reply to one question. `.why` tells where it came from, `.evidence` has the pairs.

        ask("When do you open?")
        ask("and on Sunday?", history=["When do you open?", "We open at nine."])
        ask("Tell me a joke", method="sample", temperature=1.2, seed=7)
        ask("When do you open?", bot="other-bot").why
        """
        return answer(self._bot(bot).reply(question, turns(history), **settings))

    def candidates(
        self,
        question: str,
        n: int = 5,
        history: History = (),
        *,
        bot: Chosen = None,
        **settings: object,
    ) -> Candidates:
        """The n likeliest replies by beam search, however unsure the bot is of them.

        candidates("When do you open?")
        candidates("When do you open?", 10).replies[0].confidence
        """
        if not isinstance(n, int) or not 1 <= n <= MOST:
            raise UsageError(f"n: must be a whole number from 1 to {MOST}, but is {n!r}")
        # a beam finds no more than it keeps; with a penalty the order is not that of the shares
        wanted = {"beam": max(n, 4), "threshold": 0, "length_penalty": 0, **settings}
        wanted["method"] = "beam"
        found = self._bot(bot).candidates(question, turns(history), **wanted)[:n]
        shares = tuple(math.exp(min(0.0, each.log_probability)) for each in found)
        return Candidates(tuple(map(answer, found)), shares)

    def compare(
        self,
        question: str | Iterable[str],
        *variants: Asked | str | Settings,
        history: History = (),
        **settings: object,
    ) -> Comparison:
        """Replies side by side, of bots, or of settings of the first bot. Of one alone, beside the
        first bot as it is; of none, of all bots. `settings` hold for all.

        compare("When do you open?")
        compare("When do you open?", "bot-a", "bot-b")
        compare("Tell me a joke", {"temperature": 0.5}, {"temperature": 1.5}, method="sample")
        compare(["Hello", "Bye"], "method=beam")
        """
        questions = (question,) if isinstance(question, str) else tuple(question)
        if not questions:
            raise UsageError("there is no question; give at least one")
        sides = [self._side(each) for each in variants or self.bots.values()]
        if len(sides) == 1:
            sides.insert(0, self._side(self.bot))
        columns, before = [], turns(history)
        for bot, variant in sides:
            chosen = {**settings, **variant.settings}
            bot.settings(**chosen)
            columns.append((bot, chosen))
        replies = tuple(
            tuple(answer(bot.reply(each, before, **chosen)) for bot, chosen in columns)
            for each in questions
        )
        return Comparison(questions, tuple(variant for _, variant in sides), replies)

    def sweep(
        self,
        question: str,
        history: History = (),
        *,
        seeds: int | Iterable[int] = 5,
        bot: Chosen = None,
        **settings: object,
    ) -> Sweep:
        """A question asked with every combination of settings and every seed: the distinct replies
        and their shares. A list is swept; replies are sampled unless `method` says otherwise.

        sweep("Tell me a joke", temperature=[0.5, 1, 2])
        sweep("Tell me a joke", temperature=[0.5, 1], top_p=[0.8, 1], seeds=20).table()
        sweep("Tell me a joke", temperature=[0.5, 1, 2]).plot("joke.png")
        """
        asked, before, chosen = self._bot(bot), turns(history), seeds_of(seeds)
        if "seed" in settings:
            raise UsageError("seed: a sweep asks with several; give seeds=, a number or a list")
        grid = combinations({"method": "sample", **settings})
        # what is not swept is the same in all rows, so it is not shown
        swept = [name for name, value in settings.items() if is_list(value)]
        for seed in chosen:
            asked.settings(seed=seed)
        every = [asked.settings(**each, seed=chosen[0]) for each in grid]
        read = (*before, Turn(Role.USER, spaced(question)))
        points, recalled = [], asked.recall(read)
        for each, one in zip(grid, every, strict=True):
            some = chosen if one.method == "sample" else chosen[:1]
            began, count = time.perf_counter(), len(some)
            replies = asked.answered([read] * count, [recalled] * count, one, began, some)
            shown = {name: each[name] for name in swept} or each
            points.append(Point(shown, tuple(map(answer, replies))))
        return Sweep(question, tuple(points), chosen)

    def attention(
        self,
        question: str | Reply,
        history: History = (),
        *,
        bot: Chosen = None,
        **settings: object,
    ) -> AttentionMap:
        """What the model looked at for each piece of its reply, to a question or of a reply.

        attention("When do you open?")
        attention("When do you open?").plot("attention.png")
        attention(talk.last).weights_TS.shape
        """
        if isinstance(question, Reply):
            reply = answer(question)
        else:
            reply = self.ask(question, history, bot=bot, **settings)
        look = reply.attention
        if look is None:
            raise UsageError("the reply is not the model's, so there is no attention to show")
        if not look.weights_TS.any():
            raise UsageError("the model has no attention; train one with model.attention")
        return AttentionMap(reply, look.source, (*look.reply[:-1], END), look.weights_TS)

    def suite(self, path: str | Path) -> Suite:
        """The suite of a file, and its Python functions: for files that you trust as a program.

        suite("shop.suite.yaml").cases[0]
        """
        return read_suite(place(str(path)), functions=True)

    def test(
        self, suite: str | Path | Suite, *, bot: Chosen = None, **settings: object
    ) -> SuiteRun:
        """Runs a suite, or the suite of a file, and tells which cases passed.

        test("shop.suite.yaml")
        test("shop.suite.yaml", method="beam").failed
        """
        asked = self._bot(bot)
        read = suite if isinstance(suite, Suite) else self.suite(suite)
        began = time.perf_counter()
        results = tuple(run_suite(asked, read, **settings))
        found = SuiteRun(read, results, time.perf_counter() - began)
        self.failed |= not found.passed
        return found

    def _bot(self, chosen: Chosen) -> Asked:
        if chosen is None:
            return self.bot
        if not isinstance(chosen, str):
            return chosen
        if chosen not in self.bots:
            raise UsageError(f"bot: there is none called {chosen!r}; {self._known()}")
        return self.bots[chosen]

    def _side(self, given: Asked | str | Settings) -> tuple[Asked, Variant]:
        """A bot and its name and settings."""
        settings: Settings = {}
        bot: Chosen = None
        if isinstance(given, Mapping):
            settings = given
        elif isinstance(given, str) and given not in self.bots:
            if "=" not in given:
                raise UsageError(
                    f"{given!r} is neither a bot nor settings such as 'temperature=0.5'; "
                    f"{self._known()}"
                )
            settings = parse_settings(given.replace(",", " ").split())
        else:
            bot = given
        found = self._bot(bot)
        name = next((name for name, each in self.bots.items() if each is found), str(found.path))
        return found, Variant(name, settings)

    def _known(self) -> str:
        return f"there are {', '.join(self.bots)}"
