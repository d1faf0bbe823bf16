"""Teaching, correcting and forgetting in the chat."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from shell import ENTER, typed
from tiny import ANSWERS, REPLIES, SUNDAY

from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.interfaces.chat.loading import LoadingBot
from dialog_s2s.interfaces.listing import SHOWN

STRANGE = "do you repair bicycles"
EVIL = "\x1b]0;owned\x07\u202e"


def chat(own: LoadingBot, *lines: str, sessions: Sessions | None = None) -> list[str]:
    """What is written after these lines, the greeting left out. `y` and `n` need no Enter.

    The bot answers only what it was asked in the very words, whatever it was calibrated to.
    """
    keys = (line if line in ("y", "n") else line + ENTER for line in lines)
    shown = typed(own, *keys, sessions=sessions, settings={"threshold": "1"})
    return shown.splitlines()[1:]


def pairs(own: LoadingBot) -> list[tuple[str, str, str]]:
    return [(row.question, row.answer, row.kind) for row in own.get().taught()]


def test_the_answer_to_what_was_just_asked(own: LoadingBot) -> None:
    shown = chat(own, STRANGE, "/teach Yes, on Mondays.", f"{STRANGE}?", "/history")
    assert shown[0].startswith("bot> I don't know")
    assert f'Taught: "{STRANGE}" -> "Yes, on Mondays."' in shown
    assert "bot> Yes, on Mondays." in shown
    assert shown[-3] == "    bot> Yes, on Mondays."  # as if it had known


def test_any_answer(own: LoadingBot) -> None:
    question, answer = f"{STRANGE}{EVIL}?", "Yes => no. {EVIL}"
    shown = chat(own, f"/teach {question} => {answer}", question, "hello")
    assert shown[0].startswith('Taught: "do you repair bicycles')
    assert shown[1].startswith("bot> Yes => no.")
    assert shown[2] == f"bot> {REPLIES['hello']}"
    assert all(line.isprintable() for line in shown)


def test_an_answer_that_needs_what_was_said(own: LoadingBot) -> None:
    shown = chat(own, "hello", "/teach ... and twice => Hello hello!", "and twice")
    assert shown[1:] == [
        'Taught: "and twice" (after "hello", "Hello there!") -> "Hello hello!"',
        "bot> Hello hello!",
    ]
    assert chat(own, "bye", "and twice")[1] != "bot> Hello hello!"


def test_a_follow_up_is_taught_as_one(own: LoadingBot) -> None:
    shown = chat(own, "when do you open", SUNDAY, "/teach Not at all.")
    before = '"when do you open", "We open at nine."'
    assert shown[2] == f'Taught: "{SUNDAY}" (after {before}) -> "Not at all."'
    shown = chat(own, "when do you open", SUNDAY, "when do you close", SUNDAY)
    assert shown[1] == "bot> Not at all."
    assert shown[3] == "bot> At four."


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("/teach", "to what you just asked"),
        ("/teach =>", "to what you just asked"),
        ("/teach => yes", "to any question"),
        ("/teach tea =>", "to any question"),
        ("/teach ... => yes", "follows on"),
        ("/teach ... tea => yes", "nothing was said yet"),
        ("/teach yes", "ask something first"),
        ("/fix", "/fix Yes"),
        ("/fix yes", "ask something first"),
        ("/forget", "/forget green tea"),
        ("/forget zebra", 'No pair holds "zebra".'),
        ("/restore", "nothing was forgotten"),
        ("/why", "ask something first"),
        ("/taught", "Nothing was taught yet"),
    ],
)
def test_what_cannot_be_done_is_explained(own: LoadingBot, line: str, word: str) -> None:
    shown = chat(own, line, "hello")
    assert word in "\n".join(shown)
    assert shown[-1] == f"bot> {REPLIES['hello']}"
    assert pairs(own) == []


def test_fix(own: LoadingBot, kept: Sessions) -> None:
    shown = chat(own, "hello", "/fix Good day!", "hello", "bye", sessions=kept)
    assert shown[1:4] == [
        'Fixed: "hello" -> "Good day!"',
        "bot> Good day!",
        f"bot> {REPLIES['bye']}",
    ]
    assert pairs(own) == [("hello", "Good day!", "fixed")]
    (session,) = kept.listed()
    assert [turn.text for turn in kept.turns(session.id)][:2] == ["hello", "Good day!"]


def test_what_is_replaced_is_told(own: LoadingBot) -> None:
    shown = chat(
        own,
        *(f"/teach {STRANGE} => No.", f"/teach {STRANGE}? => Yes.", STRANGE, "/fix Perhaps."),
        *("/teach hello => Hi!", f"/teach {STRANGE} and more => No."),
    )
    assert shown == [
        f'Taught: "{STRANGE}" -> "No."',
        f'Taught: "{STRANGE}?" -> "Yes."',
        f'  replaced: "{STRANGE}" -> "No."',
        "bot> Yes.",
        f'Fixed: "{STRANGE}" -> "Perhaps."',
        f'  replaced: "{STRANGE}?" -> "Yes."',
        'Taught: "hello" -> "Hi!"',
        f'Taught: "{STRANGE} and more" -> "No."',
    ]


def test_why_and_fix_work_once_a_conversation_is_gone_on_with(
    own: LoadingBot, kept: Sessions
) -> None:
    chat(own, "when do you open", SUNDAY, sessions=kept)
    (session,) = kept.listed()
    shown = chat(own, f"/resume {session.id}", "/why", "/fix Never.", "/history", sessions=kept)
    assert "You asked what it was given, word for word:" in shown
    assert (
        'Fixed: "and on Sunday" (after "when do you open", "We open at nine.") -> "Never."' in shown
    )
    assert shown[-2] == "    bot> Never."
    shown = chat(own, STRANGE, sessions=kept)
    (session, _) = kept.listed()
    shown = chat(own, f"/resume {session.id}", "/why", "/teach Yes.", sessions=kept)
    assert "It did not know an answer." in shown
    assert any(line.startswith("It would have said: ") for line in shown)
    assert pairs(own)[0] == (STRANGE, "Yes.", "taught")


def test_why(own: LoadingBot) -> None:
    known = chat(own, "hello", "/why")
    assert known[1] == "You asked what it was given, word for word:"
    assert '"hello" -> "Hello there!"' in known[2]
    taught = chat(own, STRANGE, "/teach On Mondays.", "/why", STRANGE, "/why")
    first, second = (place for place, line in enumerate(taught) if line.startswith("It was taught"))
    assert f'"{STRANGE}" -> "On Mondays."' in taught[first + 1]
    assert f'"{STRANGE}" -> "On Mondays."' in taught[second + 1]


def test_what_was_taught_is_listed_the_newest_first(own: LoadingBot, kept: Sessions) -> None:
    own.get().teach("one", f"1{EVIL}", origin="the command line")
    shown = chat(own, "hello", "/fix Good day!", "/taught", sessions=kept)
    (session,) = kept.listed()
    now = datetime.now().strftime("%Y-%m-%d ")
    fixed, taught = shown[2:4]
    assert fixed.startswith(f"  {now}")
    assert fixed.endswith(f'  fixed  "hello" -> "Good day!"  [{session.id}]')
    assert taught.endswith('  taught  "one" -> "1]0;owned"  [the command line]')


def test_forgetting_is_asked_first(own: LoadingBot) -> None:
    shown = chat(own, "/forget open at NINE", "n", "when do you open")
    answer = "We open at nine."
    assert sorted(shown[:-2]) == sorted(
        [
            *(f'  "{question}" -> "{answer}"' for question in ANSWERS[answer]),
            f'  "{SUNDAY}" (after "when do you open", "{answer}") -> "At ten."',
        ]
    )
    assert shown[-2:] == ["Nothing was removed.", f"bot> {answer}"]


def test_what_is_forgotten_is_not_said_until_it_is_restored(own: LoadingBot) -> None:
    lines = ("/forget we open at nine", "y", "when do you open", "/restore", "when do you open")
    shown = chat(own, *lines)
    forgot = next(place for place, line in enumerate(shown) if line.startswith("Forgot "))
    count = shown[forgot].split()[1]
    assert int(count) == forgot
    assert "nine" not in shown[forgot + 1]
    assert shown[-2:] == [f"Took {count} pairs back.", "bot> We open at nine."]


def test_restoring_goes_back_step_by_step(own: LoadingBot) -> None:
    own.get().teach("one", "uno")
    own.get().teach("two", "due")
    shown = chat(own, "/forget uno", "y", "/forget due", "y", "/restore", "/restore", "/restore")
    assert sorted(pairs(own)) == [("one", "uno", "taught"), ("two", "due", "taught")]
    assert shown[-3:] == ["Took 1 pair back."] * 2 + [
        "nothing was forgotten in this chat",
    ]


def test_nothing_of_a_forgotten_text_is_left(own: LoadingBot, own_bundle: Path) -> None:
    """Not in the pair, not in the turns that another one needs."""
    secret = "quaggaphone"
    chat(
        own,
        *(f"what is a {secret}", f"/teach A {secret} is a toy."),
        *(f"/teach ... and a red {secret} => Also a toy.", "/teach ... and a blue one => Yes."),
        *(f"/forget {secret}", "y"),
    )
    assert own.get().taught() == []
    files = [file for file in own_bundle.rglob("*") if file.is_file()]
    assert len(files) > 6
    assert [file for file in files if secret.encode() in file.read_bytes()] == []


def test_long_lists_are_cut(own: LoadingBot) -> None:
    for number in range(SHOWN + 3):
        own.get().teach(f"number {number}", f"It is the {number}th.")
    shown = chat(own, "/taught", "/forget it is the", "n")
    assert shown.count("  ... and 3 more") == 2
    assert len(shown) == 2 * (SHOWN + 1) + 1
