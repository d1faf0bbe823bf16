"""A conversation: turns that each question is read with, what the user said of themself, and the
way back: undo, retry, branch."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

from dialog_s2s.config import GenerationConfig
from dialog_s2s.dialogue.answerer import Answerer
from dialog_s2s.dialogue.asking import Asking, answering, driven
from dialog_s2s.dialogue.facts import Fact, Facts
from dialog_s2s.dialogue.noted import noted
from dialog_s2s.dialogue.parts import words
from dialog_s2s.dialogue.record import Record
from dialog_s2s.dialogue.reply import TAUGHT, Evidence, Reply
from dialog_s2s.dialogue.sessions import Session, Sessions
from dialog_s2s.errors import UsageError
from dialog_s2s.memory.rows import Row
from dialog_s2s.text.turns import Role, Turn

__all__ = ["Answerer", "Conversation"]


class Conversation:
    """Questions and replies in a row.

    Where it is kept, every turn is on the disk before the next thing happens: the question before
    its reply is made, the reply before it is returned or its last piece is shown. A program that
    is killed in between leaves a question without a reply; see `unanswered`.
    """

    def __init__(
        self,
        bot: Answerer,
        persona: str = "",
        sessions: Sessions | None = None,
        resume: str | None = None,
    ):
        self.bot = bot
        self.last: Reply | None = None
        """The latest reply, as long as it stands."""
        self._replies: dict[int, Reply] = {}
        """Replies of this program's run, by how many turns there were with each."""
        self._record = Record(os.path.abspath(bot.path), persona, sessions)
        self._open: object = None
        """The exchange in the making."""
        self._facts = Facts()
        if resume is not None:
            if sessions is None:
                raise UsageError("a conversation is gone on with from a store of sessions")
            detail = self._record.resume(resume)
            self._reread()
            self.last = self._as_noted(detail)

    @property
    def sessions(self) -> Sessions | None:
        """Where it is kept."""
        return self._record.sessions

    @property
    def session(self) -> Session | None:
        """As what it is kept; None before the first question, and where it is not."""
        return self._record.session

    @property
    def persona(self) -> str:
        """What the bot is told of itself; a system turn before all others. Another one holds from
        the next question on, and is kept. Raises, where it is kept, as `Sessions` does."""
        return self._record.persona

    @persona.setter
    def persona(self, persona: str) -> None:
        self._record.persona = persona

    @property
    def name(self) -> str:
        """What the user calls it; see `rename`."""
        return "" if self.session is None else self.session.name

    @property
    def turns(self) -> list[Turn]:
        """The turns so far, oldest first, the persona left out; a question that is `unanswered` is
        the last."""
        return list(self._record.turns)

    @property
    def history(self) -> list[Turn]:
        """The turns that the next question is read with: none that is `unanswered`."""
        waiting = 0 if self._open is not None else self._record.waiting
        return self._record.read(len(self._record.turns) - waiting)

    @property
    def facts(self) -> dict[str, str]:
        """What the user said of themself."""
        return {fact.key: fact.value for fact in self._facts}

    @property
    def unanswered(self) -> str | None:
        """The question that a program was killed at before its reply was there, if it was the last
        thing to happen. `retry` answers it, `undo` takes it back, and so does the next question."""
        if self._open is not None or not self._record.waiting:
            return None
        return self._record.turns[-1].text

    def reply(self, question: str, **settings: object) -> Reply:
        """Answers in context and remembers both turns. Raises as `Bot.reply` does."""
        chosen = self.bot.settings(**settings)
        return driven(self.asking(question, chosen), self._bots(settings))

    def asking(self, question: str, settings: GenerationConfig) -> Asking:
        """As `reply`, for whoever asks the bot for many conversations together: yields the turns
        that the bot is to answer, unless what the user said answers them, and is sent its reply.

        An exchange that is closed before its reply is there is taken back, as one that fails is.

        Raises:
            UsageError: the question is empty, or another exchange was begun meanwhile.
        """
        began = time.perf_counter()
        with self._exchange(question) as asked:
            mark = self._open
            heard = self._learn(asked)
            before = self.history[:-1]
            reply = yield from answering(asked, self._facts, heard, before, settings, began)
            if self._open is not mark:
                raise UsageError("another question was asked meanwhile; ask this one again")
            self._say(reply)
        return reply

    def stream(self, question: str, **settings: object) -> Generator[str, None, Reply]:
        """As `reply`, in pieces of text as they are found; the generator's value is the reply.

        An exchange that is left before its last piece is taken back, as one that fails is; with
        the last piece it is kept.

        Raises:
            UsageError: as `Bot.stream` does, or another exchange was begun meanwhile.
        """
        began = time.perf_counter()
        self.bot.settings(**settings)
        held: str | None = None
        with self._exchange(question) as asked:
            mark = self._open
            with closing(self._pieces(asked, settings, began)) as pieces:
                while True:
                    try:
                        piece = next(pieces)
                    except StopIteration as done:
                        reply: Reply = done.value
                        break
                    if held is not None:
                        yield held
                    held = piece
            if self._open is not mark:
                raise UsageError("another question was asked meanwhile; ask this one again")
            self._say(reply)
        if held is not None:  # no earlier, so that what was shown whole is kept
            yield held
        return reply

    def retry(self, **settings: object) -> Reply:
        """Answers the last question anew: with other settings, or where replies are sampled,
        another draw. The old reply stands until the new one is there. A question that is
        `unanswered` is answered.

        Raises:
            UsageError: nothing has been asked yet.
        """
        began = time.perf_counter()
        self.bot.settings(**settings)
        self._settle()
        turns = self._record.turns
        if not turns:
            raise UsageError("there is nothing to try again; ask something first")
        if self._record.waiting:
            return self._late(settings, began)
        asked = turns[-2].text
        heard = self._facts.hear(asked, self._asked())
        before = self._record.read(len(turns) - 2)
        reply = self._answer(asked, heard, before, settings, began)
        self._replace(reply)
        return reply

    def undo(self, count: int = 1) -> str | None:
        """Takes the last exchanges back, a question that is `unanswered` first; the question of the
        earliest, or None where there is none."""
        self._settle()
        question = None
        for _ in range(count):
            turns = self._record.turns
            asked = [place for place, turn in enumerate(turns) if turn.role is Role.USER]
            if not asked:
                break
            question = turns[asked[-1]].text
            stands = self.last if self._record.waiting else None
            self._record.cut(asked[-1])
            self._reread()
            self.last = stands or self._replies.get(asked[-1])
        return question

    def branch(self, exchanges: int | None = None) -> Conversation:
        """Another conversation that begins with the first exchanges of this one, or all; this one
        stays as it is, and so does a question that is `unanswered`."""
        self._settle()
        turns = self._record.turns
        upto = len(turns) - self._record.waiting
        asked = [place for place, turn in enumerate(turns[:upto]) if turn.role is Role.USER]
        if exchanges is not None and exchanges < len(asked):
            upto = asked[max(0, exchanges)]
        other = Conversation(self.bot, self.persona)
        other._record = self._record.branched(upto)
        other._reread()
        if other.sessions is not None and other.session is not None:
            other.last = other._as_noted(other._record.resume(other.session.id))
        elif upto == len(turns) - self._record.waiting:
            other.last = self.last
        return other

    def moved(self, bot: Answerer) -> Conversation:
        """The same conversation with another bot, kept as what this one was, which is no more to be
        used. The last reply is explained and corrected as the new bot would."""
        self._settle()
        other = Conversation(bot)
        self._record.bot = os.path.abspath(bot.path)
        other._record, other._facts = self._record, self._facts
        if self.last is not None:
            other.last = bot.again(self.last.turns, noted(self.last))
        return other

    def reset(self) -> None:
        """Begins again; a conversation on the disk stays there, and a new one is begun."""
        self._record = Record(self._record.bot, self.persona, self.sessions)
        self._facts, self.last, self._open = Facts(), None, None
        self._replies = {}

    def keep(self, sessions: Sessions) -> None:
        """Begins to keep the conversation: what was said so far at once, all of it or nothing, with
        what is known of the last reply.

        Raises:
            UsageError: it is kept already, in another file.
        """
        self._settle()
        self._record.keep(sessions, {} if self.last is None else noted(self.last))

    def rename(self, name: str) -> None:
        """Gives the conversation a name that it is found by, or with "" none.

        Raises:
            UsageError: it is not kept, or see `Sessions.update`.
        """
        self._record.rename(name)

    def teach(self, question: str, answer: str, in_context: bool = False) -> Row:
        """Teaches the bot; with `in_context` the answer holds only after the turns so far."""
        history = self.history if in_context else ()
        return self.bot.teach(question, answer, history, origin=self._origin())

    def fix(self, answer: str) -> Row:
        """Corrects the last reply, here and from now on.

        Raises:
            UsageError: there is no reply to correct, or the last question is `unanswered`.
        """
        self._settle()
        if self._record.waiting:
            raise UsageError(
                "the last question has no reply to correct; try it again, or take it back"
            )
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
        whole, Ctrl-C or not. What was `unanswered` is given up."""
        text = " ".join(question.split())
        if not text:
            raise UsageError("the question is empty; type some words")
        self._settle()
        record, last = self._record, self.last
        if record.waiting:
            record.cut(len(record.turns) - record.waiting)
            self._reread()
        said = len(record.turns)
        mark = self._open = object()
        try:
            record.add(Turn(Role.USER, text), {})
            yield text
        except BaseException:
            if self._open is mark:  # a stream that was left may end after others have begun
                self._go_back(said)
                self.last, self._open = last, None
            raise
        self._open = None

    def _late(self, settings: dict[str, object], began: float) -> Reply:
        """Answers the question that is `unanswered`; it stays so if that fails."""
        record = self._record
        said = len(record.turns)
        asked = record.turns[-1].text
        heard = self._learn(asked)
        reply = self._answer(asked, heard, record.read(said - 1), settings, began)
        last = self.last
        try:
            self._say(reply)
        except BaseException:
            self._go_back(said)
            self.last = last
            raise
        return reply

    def _pieces(
        self, asked: str, settings: dict[str, object], began: float
    ) -> Generator[str, None, Reply]:
        """The reply in pieces, from what the user said or else the bot's."""
        heard = self._learn(asked)
        if heard or self._facts.answer(asked) is not None:
            reply = self._answer(asked, heard, self.history[:-1], settings, began)
            yield from words(reply.text)
            return reply
        return (yield from self.bot.stream(asked, self.history[:-1], **settings))

    def _answer(
        self,
        asked: str,
        heard: Sequence[Fact],
        history: Sequence[Turn],
        settings: dict[str, object],
        began: float,
    ) -> Reply:
        """The reply from what the user said, or else the bot's."""
        chosen = self.bot.settings(**settings)
        asking = answering(asked, self._facts, heard, history, chosen, began)
        return driven(asking, self._bots(settings))

    def _bots(self, settings: dict[str, object]) -> Callable[[tuple[Turn, ...]], Reply]:
        """What the bot alone replies to the last of some turns."""
        return lambda turns: self.bot.reply(turns[-1].text, turns[:-1], **settings)

    def _say(self, reply: Reply) -> None:
        self._record.add(Turn(Role.BOT, reply.text), noted(reply))
        self.last = self._replies[len(self._record.turns)] = reply

    def _replace(self, reply: Reply) -> None:
        """Says something else in the place of the last reply."""
        turn = Turn(Role.BOT, reply.text)
        try:
            self._record.replace(turn, noted(reply))
        finally:  # it may be there in spite of an interrupt
            if self._record.turns[-1] is turn:
                self.last = self._replies[len(self._record.turns)] = reply

    def _learn(self, text: str) -> list[Fact]:
        """Notes what the newest turn tells of the user."""
        heard = self._facts.hear(text, self._asked())
        self._record.remember(Facts(heard).export())
        return heard

    def _asked(self) -> int:
        """How many questions there were."""
        return sum(turn.role is Role.USER for turn in self._record.turns)

    def _settle(self) -> None:
        """Takes back the question of a stream that was left open."""
        if self._open is not None:
            self._open = None
            self._go_back(len(self._record.turns) - self._record.waiting)

    def _go_back(self, said: int) -> None:
        """To so many turns and, with them, what they taught of the user."""
        self._record.cut(said)
        self._reread()

    def _reread(self) -> None:
        self._facts = Facts()
        asked = (turn for turn in self._record.turns if turn.role is Role.USER)
        for number, turn in enumerate(asked, start=1):
            self._facts.hear(turn.text, number)

    def _as_noted(self, detail: Mapping[str, Any]) -> Reply | None:
        """The last reply again, where one was noted."""
        answered = len(self._record.turns) - self._record.waiting
        if answered < 2 or self._record.turns[answered - 2].role is not Role.USER:
            return None
        return self.bot.again(self._record.read(answered - 1), detail)
