"""A conversation: turns that each question is read with, what the user said of themself, and the
way back: undo, retry, branch."""

from __future__ import annotations

import dataclasses
import os
import secrets
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from dialog_s2s.config import GenerationConfig
from dialog_s2s.dialogue.facts import Fact, Facts, Recollection
from dialog_s2s.dialogue.noted import noted
from dialog_s2s.dialogue.reply import REMEMBERED, TAUGHT, UNKNOWN, Evidence, Reply
from dialog_s2s.dialogue.sessions import Session, Sessions
from dialog_s2s.errors import UsageError
from dialog_s2s.memory.rows import Row
from dialog_s2s.text.turns import Role, Turn


class Answerer(Protocol):
    """What a conversation needs of a bot."""

    path: Path

    def reply(self, question: str, history: Sequence[Turn] = (), **settings: object) -> Reply:
        """Answers after earlier turns."""

    def stream(
        self, question: str, history: Sequence[Turn] = (), **settings: object
    ) -> Generator[str, None, Reply]:
        """The same in pieces of text; the generator's value is the reply."""

    def again(self, turns: Sequence[Turn], detail: Mapping[str, Any]) -> Reply | None:
        """A reply as it was `noted`."""

    def settings(self, **changes: object) -> GenerationConfig:
        """The generation settings with changes."""

    def teach(
        self, question: str, answer: str, history: Sequence[Turn] = (), *, origin: str = "taught"
    ) -> Row:
        """Remembers an answer."""

    def fix(self, reply: Reply, answer: str, *, origin: str = "fixed") -> Row:
        """Remembers a better answer."""


class Conversation:
    """Questions and replies in a row.

    With `sessions` every turn is on the disk before the next thing happens: the question before
    its reply is made, the reply before it is returned.
    """

    def __init__(
        self,
        bot: Answerer,
        persona: str = "",
        sessions: Sessions | None = None,
        resume: str | None = None,
    ):
        self.bot = bot
        self.sessions = sessions
        self.session: Session | None = None
        self.last: Reply | None = None
        """The latest reply, as long as it stands."""
        self._turns: list[Turn] = []
        self._open: object = None
        """The exchange in the making."""
        self._facts = Facts()
        self._persona = persona
        if resume is not None:
            if sessions is None:
                raise UsageError("a conversation is gone on with from a store of sessions")
            self._resume(sessions, resume)

    @property
    def persona(self) -> str:
        """What the bot is told of itself; a system turn before all others."""
        return self._persona

    @property
    def turns(self) -> list[Turn]:
        """The turns so far, oldest first, the persona left out."""
        return list(self._turns)

    @property
    def history(self) -> list[Turn]:
        """The turns that the next question is read with."""
        head = [Turn(Role.SYSTEM, self._persona)] if self._persona else []
        return head + self._turns

    @property
    def facts(self) -> dict[str, str]:
        """What the user said of themself."""
        return {fact.key: fact.value for fact in self._facts}

    def reply(self, question: str, **settings: object) -> Reply:
        """Answers in context and remembers both turns. Raises as `Bot.reply` does."""
        began = time.perf_counter()
        self.bot.settings(**settings)
        with self._exchange(question) as asked:
            heard = self._learn(asked)
            reply = self._answer(asked, heard, self.history[:-1], settings, began)
            self._say(reply)
        return reply

    def stream(self, question: str, **settings: object) -> Generator[str, None, Reply]:
        """As `reply`, in pieces of text as they are found; the generator's value is the reply.

        An exchange that is not read to its end is taken back, as one that fails is.
        """
        began = time.perf_counter()
        self.bot.settings(**settings)
        with self._exchange(question) as asked:
            heard = self._learn(asked)
            if heard or self._facts.answer(asked) is not None:
                reply = self._answer(asked, heard, self.history[:-1], settings, began)
                yield from words(reply.text)
            else:
                reply = yield from self.bot.stream(asked, self.history[:-1], **settings)
            self._say(reply)
        return reply

    def retry(self, **settings: object) -> Reply:
        """Answers the last question anew: with other settings, or where replies are sampled,
        another draw. The old reply stands until the new one is there.

        Raises:
            UsageError: nothing has been asked yet.
        """
        began = time.perf_counter()
        self.bot.settings(**settings)
        self._settle()
        if not self._turns:
            raise UsageError("there is nothing to try again; ask something first")
        asked = self._turns[-2].text
        heard = self._facts.hear(asked, self._asked())
        reply = self._answer(asked, heard, self.history[:-2], settings, began)
        self._replace(reply)
        return reply

    def undo(self, count: int = 1) -> str | None:
        """Takes the last exchanges back; the question of the earliest, or None where there is
        none."""
        self._settle()
        question = None
        for _ in range(count):
            asked = [place for place, turn in enumerate(self._turns) if turn.role is Role.USER]
            if not asked:
                break
            question = self._turns[asked[-1]].text
            self._drop(len(self._turns) - asked[-1])
        return question

    def branch(self, exchanges: int | None = None) -> Conversation:
        """Another conversation that begins with the first exchanges of this one, or all; this one
        stays as it is."""
        self._settle()
        asked = [place for place, turn in enumerate(self._turns) if turn.role is Role.USER]
        upto = len(self._turns)
        if exchanges is not None and exchanges < len(asked):
            upto = asked[max(0, exchanges)]
        if self.sessions is not None and self.session is not None:
            made = self.sessions.branch(self.session.id, upto)
            return Conversation(self.bot, self._persona, self.sessions, made.id)
        other = Conversation(self.bot, self._persona, self.sessions)
        other._turns = self._turns[:upto]
        other._reread()
        other.last = self.last if upto == len(self._turns) else None
        return other

    def reset(self) -> None:
        """Begins again; a conversation on the disk stays there, and a new one is begun."""
        self._turns, self._facts = [], Facts()
        self.session, self.last, self._open = None, None, None

    def teach(self, question: str, answer: str, in_context: bool = False) -> Row:
        """Teaches the bot; with `in_context` the answer holds only after the turns so far."""
        history = self.history if in_context else ()
        return self.bot.teach(question, answer, history, origin=self._origin())

    def fix(self, answer: str) -> Row:
        """Corrects the last reply, here and from now on.

        Raises:
            UsageError: there is no reply to correct.
        """
        self._settle()
        if self.last is None:
            raise UsageError("there is no reply to correct; ask something first")
        row = self.bot.fix(self.last, answer, origin=self._origin())
        corrected = dataclasses.replace(
            self.last,
            text=row.answer,
            source=TAUGHT,
            confidence=1.0,
            evidence=(Evidence(row.question, row.answer, row.origin, 1.0, row.id),),
            withheld=None,
            suggestions=(),
            _look=None,
        )
        self._replace(corrected)
        return row

    def _origin(self) -> str:
        return self.session.id if self.session else "chat"

    @contextmanager
    def _exchange(self, question: str) -> Iterator[str]:
        """An exchange in the making: its question is kept, and it is taken back unless it becomes
        whole, Ctrl-C or not."""
        self._settle()
        mark = self._open = object()
        said, last = len(self._turns), self.last
        try:
            yield self._hear(question)
        except BaseException:
            if self._open is mark:  # a stream that was left may end after others have begun
                self._go_back(said)
                self.last = last
            raise

    def _answer(
        self,
        asked: str,
        heard: Sequence[Fact],
        history: Sequence[Turn],
        settings: dict[str, object],
        began: float,
    ) -> Reply:
        """The reply from what the user said, or else the bot's."""
        known = self._facts.answer(asked)
        if known is None:
            reply = self.bot.reply(asked, history, **settings)
            if reply.source == UNKNOWN:
                known = self._facts.acknowledged(asked, heard)
            if known is None:
                return reply
        turns = (*history, Turn(Role.USER, asked))
        return self._recollection(known, turns, settings, began)

    def _hear(self, question: str) -> str:
        text = " ".join(question.split())
        if not text:
            raise UsageError("the question is empty; type some words")
        self._keep(Turn(Role.USER, text), {})
        return text

    def _say(self, reply: Reply) -> None:
        self._keep(Turn(Role.BOT, reply.text), noted(reply))
        self.last = reply

    def _replace(self, reply: Reply) -> None:
        """Says something else in the place of the last reply."""
        turn = Turn(Role.BOT, reply.text)
        if self.sessions is not None and self.session is not None:
            try:
                self.sessions.replace(self.session.id, turn, noted(reply))
            except BaseException:  # which may have come before it was kept, or after
                if self.sessions.turns(self.session.id)[-1] == turn:
                    self._turns[-1], self.last = turn, reply
                raise
        self._turns[-1], self.last = turn, reply

    def _learn(self, text: str) -> list[Fact]:
        """Notes what the newest turn tells of the user."""
        heard = self._facts.hear(text, self._asked())
        if self.sessions is not None and self.session is not None:
            for key, line in Facts(heard).export().items():
                self.sessions.remember(self.session.id, key, line)
        return heard

    def _asked(self) -> int:
        """How many questions there were."""
        return sum(turn.role is Role.USER for turn in self._turns)

    def _settle(self) -> None:
        """Takes back a question without a reply: its program was killed, or its stream left."""
        if self._turns and self._turns[-1].role is Role.USER:
            self._open = None
            self._go_back(len(self._turns) - 1)

    def _keep(self, turn: Turn, detail: dict[str, Any]) -> None:
        if self.sessions is not None:
            if self.session is None:
                self.session = self.sessions.start(os.path.abspath(self.bot.path), self._persona)
            self.sessions.add(self.session.id, turn, detail)
        self._turns.append(turn)

    def _drop(self, count: int) -> None:
        """Takes the last turns back and, with them, what they taught of the user."""
        self._take_back(count)
        self._reread()
        self.last = None

    def _go_back(self, said: int) -> None:
        """To so many turns, wherever an interrupt fell: on the disk may be one more than here."""
        if self.sessions is not None and self.session is not None:
            extra = len(self.sessions.turns(self.session.id)) - said
            if extra > 0:
                self.sessions.undo(self.session.id, extra)
        del self._turns[said:]
        self._reread()

    def _take_back(self, count: int) -> None:
        if self.sessions is not None and self.session is not None:
            self.sessions.undo(self.session.id, count)
        del self._turns[len(self._turns) - count :]

    def _reread(self) -> None:
        self._facts = Facts()
        asked = (turn for turn in self._turns if turn.role is Role.USER)
        for number, turn in enumerate(asked, start=1):
            self._facts.hear(turn.text, number)

    def _resume(self, sessions: Sessions, name: str) -> None:
        self.session = sessions.find(name)
        self._persona = self.session.persona
        spoken = sessions.detailed(self.session.id)
        self._turns = [each.turn for each in spoken]
        self._settle()
        self._reread()
        if self._turns:
            self.last = self.bot.again(self.history[:-1], spoken[len(self._turns) - 1].detail)

    def _recollection(
        self,
        known: Recollection,
        turns: tuple[Turn, ...],
        settings: dict[str, object],
        began: float,
    ) -> Reply:
        """A reply from what the user said."""
        chosen = self.bot.settings(**settings)
        evidence = tuple(
            Evidence(
                fact.words,
                fact.value,
                f"turn {fact.turn} of this conversation",
                1.0 / len(known.facts),
                0,
            )
            for fact in known.facts
        )
        return Reply(
            text=known.text,
            source=REMEMBERED,
            confidence=1.0,
            evidence=evidence,
            finish="stop",
            seed=secrets.randbits(32) if chosen.seed is None else chosen.seed,
            milliseconds=(time.perf_counter() - began) * 1e3,
            turns=turns,
            turns_read=len(turns),
            settings=chosen,
        )


def words(text: str) -> Iterator[str]:
    """A text in its words, spaces kept."""
    start = 0
    for place, char in enumerate(text):
        if char == " ":
            yield text[start:place]
            start = place
    yield text[start:]
