"""The turns of a conversation in memory and, where it is kept, on the disk: first there, then here.

An interrupt may fall between the two; `cut` then makes both the same again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dialog_s2s.dialogue.facts import Facts
from dialog_s2s.dialogue.sessions import Said, Session, Sessions
from dialog_s2s.errors import UsageError
from dialog_s2s.text.turns import Role, Turn


class Record:
    """What was said under one persona; with `sessions` it is kept from the first turn on.

    Raises, where it is kept, what `Sessions` raises.
    """

    def __init__(self, bot: str, persona: str = "", sessions: Sessions | None = None):
        self.bot = bot
        self.sessions = sessions
        self.session: Session | None = None
        """None as long as nothing is kept."""
        self.turns: list[Turn] = []
        self._persona = persona

    @property
    def persona(self) -> str:
        """What the bot is told of itself."""
        return self._persona

    @persona.setter
    def persona(self, persona: str) -> None:
        if self.sessions is not None and self.session is not None:
            self.session = self.sessions.update(self.session.id, persona=persona)
        self._persona = persona

    @property
    def waiting(self) -> int:
        """Questions at the end that have no reply."""
        count = 0
        while count < len(self.turns) and self.turns[-1 - count].role is Role.USER:
            count += 1
        return count

    def read(self, count: int | None = None) -> list[Turn]:
        """The first turns, or all, with the persona before them."""
        head = [Turn(Role.SYSTEM, self._persona)] if self._persona else []
        return head + self.turns[:count]

    def resume(self, name: str) -> Mapping[str, Any]:
        """Goes on with a conversation that is kept; what was noted beside its last reply."""
        assert self.sessions is not None
        self.session = self.sessions.find(name)
        self._persona = self.session.persona
        spoken = self.sessions.detailed(self.session.id)
        self.turns = [each.turn for each in spoken]
        replies = (each.detail for each in reversed(spoken) if each.turn.role is Role.BOT)
        return next(replies, {})

    def add(self, turn: Turn, detail: Mapping[str, Any]) -> None:
        """One more turn."""
        if self.sessions is not None:
            self.sessions.add(self._begun(self.sessions).id, turn, detail)
        self.turns.append(turn)

    def replace(self, turn: Turn, detail: Mapping[str, Any]) -> None:
        """Another turn in the place of the last."""
        if self.sessions is not None and self.session is not None:
            try:
                self.sessions.replace(self.session.id, turn, detail)
            except BaseException:  # which may have come before it was kept, or after
                if self.sessions.turns(self.session.id)[-1] == turn:
                    self.turns[-1] = turn
                raise
        self.turns[-1] = turn

    def cut(self, count: int) -> None:
        """Back to the first `count` turns, wherever an interrupt fell: on the disk may be one more
        than here."""
        if self.sessions is not None and self.session is not None:
            extra = len(self.sessions.turns(self.session.id)) - count
            if extra > 0:
                self.sessions.undo(self.session.id, extra)
        del self.turns[count:]

    def remember(self, facts: Mapping[str, str]) -> None:
        """Notes facts beside the newest turn, where it is kept."""
        if self.sessions is not None and self.session is not None:
            for key, line in facts.items():
                self.sessions.remember(self.session.id, key, line)

    def rename(self, name: str) -> None:
        """Gives it a name, before the first turn too. Raises `UsageError` where it is not kept."""
        if self.sessions is None:
            raise UsageError("the conversation is not kept, so it has no name; keep it first")
        self.session = self.sessions.update(self._begun(self.sessions).id, name=name)

    def keep(self, sessions: Sessions, detail: Mapping[str, Any]) -> None:
        """Begins to keep what was said, all of it or nothing; `detail` goes with the last reply.

        Raises:
            UsageError: it is kept already, in another file.
        """
        if self.session is not None and self.sessions is not None:
            if self.sessions.path.absolute() != sessions.path.absolute():
                raise UsageError(
                    f"the conversation is kept already, in {self.sessions.path}; export it from "
                    "there"
                )
            return
        if self.turns:
            self.session = sessions.start(self.bot, self._persona, said=self._said(detail))
        self.sessions = sessions

    def branched(self, count: int) -> Record:
        """Another one with the first `count` turns; on the disk too, where this one is there."""
        other = Record(self.bot, self._persona, self.sessions)
        if self.sessions is not None and self.session is not None:
            other.session = self.sessions.branch(self.session.id, count)
        other.turns = self.turns[:count]
        return other

    def _said(self, detail: Mapping[str, Any]) -> Iterator[Said]:
        """The turns, each with the facts that it tells."""
        facts, number = Facts(), 0
        for place, turn in enumerate(self.turns, start=1):
            told: dict[str, str] = {}
            if turn.role is Role.USER:
                number += 1
                told = Facts(facts.hear(turn.text, number)).export()
            last = place == len(self.turns) - self.waiting
            yield Said(turn, detail if last else {}, told)

    def _begun(self, sessions: Sessions) -> Session:
        if self.session is None:
            self.session = sessions.start(self.bot, self._persona)
        return self.session
