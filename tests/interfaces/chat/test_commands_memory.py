"""Teaching, correcting and forgetting in the chat."""

from __future__ import annotations

import re
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from shell import CTRL_C, ENTER, typed
from tiny import ANSWERS, REPLIES, SUNDAY

from dialog_s2s.dialogue.manager import Bot
from dialog_s2s.dialogue.reply import Reply
from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.interfaces.chat.loading import LoadingBot
from dialog_s2s.interfaces.chat.preferences import Preferences, with_preferences
from dialog_s2s.interfaces.listing import SHOWN
from dialog_s2s.memory.rows import TRAINED, NewRow

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
    pasted = [f"\x1b[200~{line}\x1b[201~" for line in (f"/teach {question} => {answer}", question)]
    shown = chat(own, *pasted, "hello")
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


LOOKED, LIKELY = "It looked at:", "How likely each part was, after the ones before it:"
STRIP = re.compile(r"  [█▏▎▍▌▋▊▉ ]{10} +(<1%|\d+%)  (user|bot|system|memory) +\S.*")
WORDS = re.compile(r"  (\S.* (<1|\d+)%  )*\(end (<1|\d+)%\)")


def explained(shown: list[str]) -> tuple[list[str], list[str], str]:
    """What /why says in words, its strips of turns, and that of the reply's words."""
    *before, likely, words = shown
    looked = before.index(LOOKED)
    assert likely == LIKELY
    assert WORDS.fullmatch(words)
    return before[:looked], before[looked + 1 :], words


def share(strip: str) -> int:
    found = STRIP.fullmatch(strip)
    assert found is not None
    return 0 if found[1] == "<1%" else int(found[1][:-1])


def test_why_tells_file_and_line_and_what_was_looked_at(own: LoadingBot) -> None:
    rows = own.get().memory.rows  # type: ignore[union-attr]
    rows.add(NewRow("and at noon", (), "We eat.", TRAINED, "shop/pairs.csv:12", 0, None))
    said, turns, words = explained(chat(own, "when do you open", "and at noon", "/why")[2:])
    assert said[:2] == [
        "You asked what it was given, word for word:",
        '  "and at noon" -> "We eat." (shop/pairs.csv:12, weight 1.00)',
    ]
    assert any(line.startswith("It was ") and line.endswith("% sure.") for line in said)
    assert [line.split("%  ")[1].split()[0] for line in turns] == ["user", "bot", "user"]
    assert 97 <= sum(map(share, turns)) <= 103
    assert [word.rstrip("▁▂▃▄▅▆▇█") for word in turns[-1].split()[-3:]] == ["and", "at", "noon"]
    assert re.sub(r" (<1|\d+)%", "", words) == "  We  eat.  (end)"


def test_why_of_a_follow_up(own: LoadingBot) -> None:
    said, turns, words = explained(chat(own, "when do you open", SUNDAY, "/why")[2:])
    assert said[1] == f'  "{SUNDAY}" -> "At ten." (pairs, weight 1.00)'
    assert sum(map(share, turns[:2])) > 0
    assert len(turns) == 3
    assert words.startswith("  At ")


def test_why_in_words_alone(own: LoadingBot) -> None:
    """For screen readers."""
    plain = with_preferences(Preferences(), {"plain": True})
    keys = (f"{line}{ENTER}" for line in ("when do you open", SUNDAY, "/why"))
    shown = typed(own, *keys, preferences=plain).splitlines()[3:]
    told = shown.index("Of what was said before, it looked at:")
    assert re.fullmatch(r'  \d+% (user|bot): ".+"', shown[told + 1])
    assert LOOKED not in shown
    assert not any(STRIP.fullmatch(line) for line in shown)
    assert shown[-2] == LIKELY


def test_why_of_an_unknown_reply(own: LoadingBot) -> None:
    said, turns, words = explained(chat(own, STRANGE, "/why")[2:])
    assert said[:2] == ["It did not know an answer.", "The nearest pairs it knows:"]
    assert all(" -> " in line and ", weight 0." in line for line in said[2:5])
    assert re.fullmatch(r"It was \d+% sure of an answer, which is too little to give it\.", said[5])
    assert said[6] == 'It would have said: "We open at nine."'
    assert len(turns) == 1
    assert words.startswith("  We ")  # of what it would have said


def test_why_of_what_the_user_told(own: LoadingBot) -> None:
    shown = chat(own, "my name is Ada", "what is my name", "/why")
    assert shown[2:] == [
        "You said so in this conversation:",
        '  "my name is Ada" -> "Ada" (turn 1 of this conversation, weight 1.00)',
        "It was 100% sure.",
    ]
    shown = chat(own, "내 이름은 에이다야", "내 이름이 뭐야?", "/why")
    assert shown[2] == "You said so in this conversation:"
    assert "turn 1 of this conversation" in shown[3]


def test_why_of_a_generated_reply(own: LoadingBot) -> None:
    wild = "/retry method=sample temperature=5 top_p=1 seed=3 threshold=0 max_tokens=6"
    said, turns, words = explained(chat(own, "zq xv", wild, "/why")[3:])
    assert said[0].startswith("No remembered answer fitted; it put the reply together itself")
    assert "The reply was drawn by chance; seed=3 draws it again." in said
    assert "It was cut at 6 pieces (max_tokens)." in said
    assert len(turns) == 1
    assert words.endswith("%)")


def test_why_of_a_fixed_reply_names_its_conversation(own: LoadingBot, kept: Sessions) -> None:
    shown = chat(own, "hello", "/fix 좋은 하루!", "/why", "hello", "/why", sessions=kept)
    (session,) = kept.listed()
    told = f'  "hello" -> "좋은 하루!" ({session.id}, weight 1.00)'
    assert shown.count(told) == 2
    assert shown.count("It was taught this while chatting:") == 2


def test_why_after_a_reply_was_stopped(own: LoadingBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is that of the reply that stands, if there is one."""
    reply = Bot.reply

    def replies(self: Bot, question: str, *rest: object, **settings: object) -> Reply:
        if question == "bye":
            raise KeyboardInterrupt
        return reply(self, question, *rest, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr(Bot, "reply", replies)
    shown = chat(own, "bye", "/why", "hello", "bye", "/why")
    assert shown[:2] == ["bot> ", "(stopped)"]
    assert shown[2] == "there is no reply to explain; ask something first"
    assert shown[5:7] == ["(stopped)", "You asked what it was given, word for word:"]
    assert shown[7].startswith('  "hello" -> "Hello there!"')


@pytest.mark.parametrize("line", ["/why", "/fix Yes.", "/teach Yes."])
def test_there_is_no_last_reply_after_a_reset(own: LoadingBot, line: str) -> None:
    assert chat(own, "hello", "/reset", line)[2].endswith("ask something first")
    assert chat(own, "hello", "/undo", line)[2].endswith("ask something first")
    assert pairs(own) == []


def test_why_does_not_mind_words_after_it(own: LoadingBot) -> None:
    shown = chat(own, "hello", "/why", "/why indeed")
    half = len(shown[1:]) // 2
    assert shown[1 : half + 1] == shown[half + 1 :]


def test_korean_is_taught_fixed_and_forgotten(own: LoadingBot) -> None:
    asked = "자전거도 고치나요"
    lines = (f"/teach {asked} => 월요일에요.", f"{asked}?", "/fix 화요일에요.", asked)
    shown = chat(own, *lines, "/taught", "/forget 화요일", "y", asked, "/restore", asked)
    assert shown[:5] == [
        f'Taught: "{asked}" -> "월요일에요."',
        "bot> 월요일에요.",
        f'Fixed: "{asked}?" -> "화요일에요."',
        f'  replaced: "{asked}" -> "월요일에요."',
        "bot> 화요일에요.",
    ]
    assert shown[5].endswith(f'fixed  "{asked}?" -> "화요일에요."  [chat]')
    assert shown[6:8] == [
        f'  "{asked}?" -> "화요일에요."',
        "Forgot 1 pair. Until you leave, /restore takes back.",
    ]
    assert shown[8].startswith("bot> 그건 아직 몰라요.")
    assert shown[-2:] == ["Took 1 pair back.", "bot> 화요일에요."]


def test_a_korean_follow_up_is_taught(own: LoadingBot) -> None:
    lines = ("when do you open", "/teach … 일요일은요? => 열 시에요.", "일요일은요")
    assert chat(own, *lines)[1:] == [
        'Taught: "일요일은요?" (after "when do you open", "We open at nine.") -> "열 시에요."',
        "bot> 열 시에요.",
    ]


@pytest.mark.parametrize("answer", ["I am 100% sure.", "yes => no => maybe", "/help", "// x", "…"])
def test_answers_of_all_kinds(own: LoadingBot, answer: str) -> None:
    shown = chat(own, f"/teach {STRANGE} => {answer}", STRANGE)
    assert shown[-1] == f"bot> {answer}"


def test_what_was_forgotten_goes_back_to_its_own_bot(own: LoadingBot, tmp_path: Path) -> None:
    other = LoadingBot(Path(shutil.copytree(own.path, tmp_path / "other")))
    own.get().teach("one", "uno")
    lines = ("/forget uno", "y", f"/model {other.path}", "/restore", "one")
    shown = chat(own, *lines, f"/model {own.path}", "/restore", "one")
    assert "nothing was forgotten in this chat" in shown
    assert shown[-2:] == ["Took 1 pair back.", "bot> uno"]
    assert other.get().taught() == []
    assert pairs(own) == [("one", "uno", "taught")]


@pytest.mark.parametrize("answer", ["n", CTRL_C])
def test_what_is_not_confirmed_stays(own: LoadingBot, answer: str) -> None:
    own.get().teach("one", "uno")
    shown = typed(own, "/forget uno", ENTER, answer, "/restore", ENTER, "one", ENTER).splitlines()
    assert shown[2] == ("Nothing was removed." if answer == "n" else "(stopped)")
    assert shown[3:] == ["nothing was forgotten in this chat", "bot> uno"]
