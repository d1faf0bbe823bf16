"""Chat commands on the conversation: tried again, taken back, branched, kept and found again."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.errors import UsageError
from dialog_s2s.interfaces.chat.talk import Talk, parse_settings, whole
from dialog_s2s.interfaces.exports import chosen, write_new
from dialog_s2s.interfaces.interrupts import undisturbed
from dialog_s2s.interfaces.listing import counted, numbered, sessions_table, shortened
from dialog_s2s.text.turns import Role, fold

LATEST = 6
"""Turns that are shown of a conversation that is gone on with."""


def retry(talk: Talk, rest: str) -> None:
    """`[name=value ...]`, for this reply alone."""
    changes = parse_settings(rest.split())
    # the same seed would draw the same reply
    settings = {name: value for name, value in talk.settings.items() if name != "seed"} | changes
    talk.bot.settings(**settings)
    before = talk.conversation.last
    reply = talk.conversation.retry(**settings)
    talk.show([reply.text])
    if before is not None and before.text == reply.text and not changes:
        talk.hint("the same again; /retry method=sample temperature=2 may differ")


def undo(talk: Talk, rest: str) -> None:
    """`[N]` exchanges, else one."""
    count = _number(rest, 1, "exchanges")
    with undisturbed():
        question = talk.conversation.undo(count)
    talk.tell("Nothing to undo." if question is None else f"Took back: {question}")


def edit(talk: Talk, _: str) -> None:
    """The last question is put at the prompt; what is sent takes its place."""
    asked = [turn.text for turn in talk.conversation.turns if turn.role is Role.USER]
    if not asked:
        raise UsageError("nothing was said yet, so there is nothing to edit")
    talk.draft, talk.replaces = asked[-1], True


def history(talk: Talk, rest: str) -> None:
    """All turns, or those that hold `WORDS`."""
    lines = numbered(talk.conversation.turns)
    if not lines:
        talk.tell("Nothing was said yet.")
        return
    found = [line for line in lines if fold(rest) in fold(line)] if rest else lines
    if not found:
        talk.tell(f'No turn holds "{rest}".')
    for line in found:
        talk.display.tell(line, indent=9)


def branch(talk: Talk, rest: str) -> None:
    """`[N]` exchanges, else all."""
    old = talk.conversation
    asked = sum(turn.role is Role.USER for turn in old.turns) - (old.unanswered is not None)
    if not asked:
        raise UsageError("nothing was said yet, so there is nothing to branch from")
    count = whole(rest) if rest else asked
    if count is None or count > asked:
        raise UsageError(f"/branch takes a number of exchanges up to {asked}, not {rest!r}")
    with undisturbed():
        talk.conversation = old.branch(count)
    back = "" if old.session is None else f" /load {old.session.id} goes back."
    talk.tell(f"A branch with {counted(count, 'exchange')}.{back}")


def reset(talk: Talk, _: str) -> None:
    """What was kept stays."""
    old = talk.session
    talk.conversation.reset()
    back = "" if old is None else f" /load {old} goes back."
    talk.tell(f"A new conversation.{back}")


def sessions(talk: Talk, _: str) -> None:
    """The latest."""
    found = talk.kept.listed()
    head, *lines = sessions_table(found, talk.session)
    if not lines:
        talk.tell("No conversation is kept yet.")
        return
    for line in (head, *shortened(lines)):
        talk.tell(line)


def save(talk: Talk, rest: str) -> None:
    """`[NAME]`: begins to keep a chat that is not kept, and gives it a name."""
    if rest and talk.session is None and not talk.conversation.turns:
        raise UsageError("nothing was said yet; ask something, then name the conversation")
    begun = talk.sessions is None
    if begun:
        store = Sessions.open()
        try:
            with undisturbed():
                talk.conversation.keep(store)
        except BaseException:
            store.close()
            raise
        talk.sessions = store
    elif not rest:
        if talk.session is None:
            raise UsageError("nothing was said yet; what is said is kept as it is said")
        talk.tell(f"It is kept already, as {talk.session}. /save NAME names it.")
        return
    if rest:
        try:
            talk.conversation.rename(rest)
        except UsageError:
            if begun:
                talk.tell(f"{talk.session} is kept, without a name.")
            raise
    shown = f' "{talk.conversation.name}"' if rest else ""
    kept = "It will be" if talk.session is None else f"{talk.session}{shown} is"
    talk.tell(f"{kept} kept. /load goes on with it another day.")


def load(talk: Talk, rest: str) -> None:
    """`ID`, its end, or a name."""
    if not rest:
        raise UsageError("give a conversation's id, its end, or its name; /sessions lists them")
    talk.conversation = talk.bot.conversation(sessions=talk.kept, resume=rest)
    resumed(talk)


def resumed(talk: Talk) -> None:
    """Tells what was said last in the conversation that is gone on with."""
    assert talk.session is not None
    session = talk.kept.find(talk.session)
    lines = numbered(talk.kept.turns(session.id))
    for line in (["    ..."] if len(lines) > LATEST else []) + lines[-LATEST:]:
        talk.tell(line)
    other = Path(session.bot).absolute().name
    begun = "" if other == talk.name else f", which was begun with {other}"
    named = f' "{session.name}"' if session.name else ""
    talk.tell(f"Going on with {session.id}{named}{begun}.")
    spoken = talk.kept.detailed(session.id)
    for asked, said in pairwise(spoken):
        talk.sources[asked.turn.text, said.turn.text] = str(said.detail.get("source", ""))
    if spoken and spoken[-1].turn.role is Role.USER:
        talk.draft = spoken[-1].turn.text
        talk.hint("the last question had no reply; it is at the prompt")


def export(talk: Talk, rest: str) -> None:
    """`[FORMAT] [FILE]`, else as text, to the terminal."""
    format, file = chosen(rest)
    store, session = talk.kept, talk.session
    if session is None:
        raise UsageError("nothing was said yet, so there is nothing to export")
    text = store.export(session, format)
    if file is None:
        for line in text.rstrip("\n").split("\n"):
            talk.display.line([("", line)])  # not broken at words, so that it can be copied
    else:
        talk.tell(f"Wrote {write_new(file, text)}")


def delete(talk: Talk, rest: str) -> None:
    """`ID`, or its end."""
    if not rest:
        raise UsageError("give the id of a conversation, or its end; /sessions lists them")
    found = talk.kept.find(rest)
    own = talk.conversation if found.id == talk.session else None
    for line in sessions_table([found], talk.session):
        talk.tell(line)
    if not talk.confirmed("Delete it for good?"):
        talk.tell("Nothing was deleted.")
        return
    said = [turn.text for turn in talk.kept.turns(found.id) if turn.role is Role.USER]
    with undisturbed():
        talk.kept.delete([found.id])
        if own is not None:
            own.reset()
        if talk.typed is not None:
            talk.typed.remove(said)
    talk.tell(f"Deleted {found.id}.{'' if own is None else ' This is a new conversation.'}")


def _number(word: str, preset: int, what: str) -> int:
    if not word:
        return preset
    count = whole(word)
    if count is None or not 1 <= count <= 1000:
        raise UsageError(f"{word!r} is not a number of {what} from 1 to 1000")
    return count
