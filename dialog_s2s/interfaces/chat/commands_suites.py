"""Chat commands that turn what was said into tests, and run them."""

from __future__ import annotations

from itertools import pairwise

from dialog_s2s.dialogue.reply import UNKNOWN
from dialog_s2s.errors import UsageError
from dialog_s2s.evaluation.suite_file import append_case, case_text
from dialog_s2s.evaluation.suites import CaseResult, read_suite, run_suite
from dialog_s2s.interfaces.chat.talk import Talk, place
from dialog_s2s.interfaces.listing import counted
from dialog_s2s.text.turns import Role

ALL = "all"


def expect(talk: Talk, rest: str) -> None:
    """`[all] [FILE]`: the last exchange as a case, or all of them; all of them too where the last
    question, asked alone, has another reply."""
    first, _, after = rest.partition(" ")
    whole = first == ALL
    file = (after if whole else rest).strip() or talk.preferences.chat.suite
    suite = place(file)
    exchanges = _exchanges(talk)
    if not exchanges:
        raise UsageError("there is no reply yet; ask something first")
    if not whole and len(exchanges) > 1:
        whole = not _alone(talk, *exchanges[-1])
        if whole:
            talk.hint("its reply rests on what was said before, so the whole conversation is kept")
    case = exchanges if whole else exchanges[-1:]
    count = append_case(suite, case_text(case, persona=talk.conversation.persona))
    talk.tell(f"{suite}: {counted(count, 'case')}. /test {file} runs them.")


def test(talk: Talk, rest: str) -> None:
    """`[SUITE]`: runs its cases on this bot, with the settings of this chat; also the Python
    functions that it names, as who asks for that trusts the file."""
    file = rest or talk.preferences.chat.suite
    suite = read_suite(place(file), functions=True)
    passed = 0
    for number, result in enumerate(run_suite(talk.bot, suite, **talk.settings), 1):
        passed += result.passed
        _told(talk, number, len(suite.cases), result)
    style = "added" if passed == len(suite.cases) else "removed"
    talk.display.line([(style, f"{passed} of {counted(len(suite.cases), 'case')} passed.")])
    talk.failed |= passed < len(suite.cases)


def _exchanges(talk: Talk) -> list[tuple[str, str, str]]:
    """Questions with their replies and where these came from."""
    turns, last = talk.conversation.turns, talk.conversation.last
    found = []
    for asked, said in pairwise(turns):
        if asked.role is Role.USER and said.role is Role.BOT:
            found.append((asked.text, said.text, talk.sources.get((asked.text, said.text), "")))
    if found and last is not None and last.text == found[-1][1]:
        found[-1] = (*found[-1][:2], last.source)
    return found


def _alone(talk: Talk, question: str, reply: str, source: str) -> bool:
    """Whether a question has this reply without what was said before."""
    conversation = talk.bot.conversation(persona=talk.conversation.persona)
    found = conversation.reply(question, **talk.settings)
    return found.text == reply or found.source == source == UNKNOWN


def _told(talk: Talk, number: int, total: int, result: CaseResult) -> None:
    style, word = ("added", "ok  ") if result.passed else ("removed", "FAIL")
    head = f"{number:>{len(str(total))}}/{total} {word} "
    talk.display.line([(style, head), ("", result.case.name)])
    for step in result.steps:
        for failure in step.failures:
            talk.display.line([("hint", f"       you> {step.step.ask}")])
            talk.display.tell(f"       {failure}", indent=9)
    for failure in result.failures:
        talk.display.tell(f"       {failure}", indent=9)
