"""Chat commands that teach, correct and forget, and that tell where a reply came from."""

from __future__ import annotations

from collections.abc import Callable

from dialog_s2s.dialogue.why import turn_strips, why, word_strips
from dialog_s2s.errors import UsageError
from dialog_s2s.interfaces.chat.talk import Talk
from dialog_s2s.interfaces.interrupts import undisturbed
from dialog_s2s.interfaces.listing import counted, pair, shortened, taught_line
from dialog_s2s.memory.rows import Row

_TEACH = """\
/teach needs an answer:
  /teach Yes, by bike.                      to what you just asked
  /teach Do you deliver? => Yes, by bike.   to any question
  /teach ... and on Sunday? => At ten.      to one that follows on what was just said"""


def teach(talk: Talk, rest: str) -> None:
    """`[[...] QUESTION =>] ANSWER`."""
    question, arrow, answer = (part.strip() for part in rest.partition("=>"))
    if not arrow and question:
        _told(talk, "Taught", lambda: talk.conversation.fix(question))
        return
    follows = question.startswith(("...", "…"))
    question = question.lstrip(".… ") if follows else question
    if not question or not answer:
        raise UsageError(_TEACH)
    if follows and not talk.conversation.turns:
        raise UsageError("nothing was said yet; ask first what the question follows on")
    _told(talk, "Taught", lambda: talk.conversation.teach(question, answer, in_context=follows))


def fix(talk: Talk, rest: str) -> None:
    """`BETTER ANSWER`."""
    if not rest:
        raise UsageError("give the better answer: /fix Yes, by bike.")
    _told(talk, "Fixed", lambda: talk.conversation.fix(rest))


def forget(talk: Talk, rest: str) -> None:
    """`WORDS` of a question or an answer."""
    if not rest:
        raise UsageError("give some words of the question or the answer: /forget green tea")
    rows = talk.rows.matching(rest)
    if not rows:
        talk.tell(f'No pair holds "{rest}".')
        return
    for line in shortened([pair(row) for row in rows]):
        talk.tell(f"  {line}")
    if not talk.confirmed(f"Remove {counted(len(rows), 'pair')} for good?"):
        talk.tell("Nothing was removed.")
        return
    with undisturbed():
        gone = talk.bot.remove(rows)
        talk.forgotten.append(gone)
    talk.tell(f"Forgot {counted(len(gone), 'pair')}. Until you leave, /restore takes back.")


def restore(talk: Talk, _: str) -> None:
    """The latest first."""
    if not talk.forgotten:
        raise UsageError("nothing was forgotten in this chat")
    with undisturbed():
        back = talk.bot.restore(talk.forgotten[-1])
        talk.forgotten.pop()
    talk.tell(f"Took {counted(len(back), 'pair')} back.")


def taught(talk: Talk, _: str) -> None:
    """With origin and time."""
    rows = talk.rows.listed()
    if not rows:
        talk.tell("Nothing was taught yet. /teach ANSWER teaches.")
    for line in shortened([taught_line(row) for row in rows]):
        talk.tell(f"  {line}")


def explain(talk: Talk, _: str) -> None:
    """In plain words; then what it looked at, and how likely each part of the reply was."""
    reply = talk.conversation.last
    if reply is None:
        raise UsageError("there is no reply to explain; ask something first")
    attended = reply.attention
    plain = attended is None or talk.preferences.chat.plain
    for line in why(reply, context=plain).split("\n"):
        talk.display.tell(line, indent=len(line) - len(line.lstrip()) + 2)
    if attended is None:
        return
    if not plain:
        talk.tell("It looked at:")
        for strip in turn_strips(attended):
            talk.display.tell(f"  {strip}", indent=26)
    for strip in word_strips(attended):
        talk.tell("How likely each part was, after the ones before it:")
        talk.display.tell(f"  {strip}", indent=2)


def _told(talk: Talk, what: str, teach: Callable[[], Row]) -> None:
    """Teaches, and tells of the pair and of those it took the place of."""
    before = talk.rows.listed()
    with undisturbed():
        row = teach()
    talk.tell(f"{what}: {pair(row)}")
    left = {each.id for each in talk.rows.listed()}
    for each in before:
        if each.id not in left:
            talk.tell(f"  replaced: {pair(each)}")
