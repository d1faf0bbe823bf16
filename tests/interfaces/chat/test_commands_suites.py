"""What was said becomes a test, and tests are run, in the chat."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from shell import CTRL_J, ENTER, typed
from tiny import FOLLOW_UPS, REPLIES, SUNDAY

from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.evaluation.suites import Case, read_suite
from dialog_s2s.interfaces.chat.loading import LoadingBot
from dialog_s2s.interfaces.chat.preferences import Preferences, with_preferences
from dialog_s2s.text.turns import Role, Turn

OPEN, STRANGE = "when do you open", "do you repair bicycles"
SUITE = Path("replies.suite.yaml")
SURE: dict[str, object] = {"threshold": "1"}


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Path) -> LoadingBot:
    """The bot, which no test here teaches."""
    return LoadingBot(tiny_bundle)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Suites are written to a folder of the test."""
    monkeypatch.chdir(tmp_path)


def chat(
    loading: LoadingBot,
    *lines: str,
    sessions: Sessions | None = None,
    resume: str | None = None,
    settings: dict[str, object] | None = None,
    preferences: Preferences | None = None,
) -> list[str]:
    """What is written after these lines, the greeting left out."""
    keys = (line + ENTER for line in lines)
    more = {"settings": settings, "preferences": preferences}
    shown = typed(loading, *keys, sessions=sessions, resume=resume, **more)
    return [line for line in shown.splitlines()[1:] if not line.startswith("Kept.")]


def cases(file: Path = SUITE) -> tuple[Case, ...]:
    return read_suite(file).cases


def asked(case: Case) -> list[str]:
    return [step.ask for step in case.turns]


def test_the_last_exchange_becomes_a_case(tiny: LoadingBot) -> None:
    shown = chat(tiny, "hello", "bye", "/expect", "/test")
    assert shown[2:] == [
        "replies.suite.yaml: 1 case. /test replies.suite.yaml runs them.",
        "1/1 ok   bye",
        "1 of 1 case passed.",
    ]
    (case,) = cases()
    assert asked(case) == ["bye"]
    assert f'expect: "{REPLIES["bye"]}"' in SUITE.read_text(encoding="utf-8")


def test_the_whole_conversation_becomes_a_case(tiny: LoadingBot) -> None:
    shown = chat(tiny, "hello", "bye", "/expect all", "/test")
    assert shown[2].startswith("replies.suite.yaml: 1 case.")
    assert shown[3:] == ["1/1 ok   hello", "1 of 1 case passed."]
    assert [asked(case) for case in cases()] == [["hello", "bye"]]


def test_a_follow_up_takes_the_whole_conversation(tiny: LoadingBot) -> None:
    (alone, *_) = chat(tiny, SUNDAY)
    asked_before, reply = next(each for each in FOLLOW_UPS.items() if each[1] not in alone)
    shown = chat(tiny, asked_before, SUNDAY, "/expect", "/test")
    hint = "  its reply rests on what was said before, so the whole conversation is kept"
    assert shown[2] == hint
    assert shown[-1] == "1 of 1 case passed."
    assert [asked(case) for case in cases()] == [[asked_before, SUNDAY]]
    assert reply in SUITE.read_text(encoding="utf-8")


def test_what_the_user_told_is_needed_too(tiny: LoadingBot) -> None:
    shown = chat(tiny, "my name is Ada", "what is my name", "/expect", "/test")
    assert shown[-1] == "1 of 1 case passed."
    assert [asked(case) for case in cases()] == [["my name is Ada", "what is my name"]]


def test_after_a_reset_only_what_was_said_since(tiny: LoadingBot) -> None:
    shown = chat(tiny, OPEN, "/reset", "/expect", "bye", "/expect all")
    assert shown[2] == "there is no reply yet; ask something first"
    assert [asked(case) for case in cases()] == [["bye"]]


@pytest.mark.parametrize("words", ["", "all", "x.yaml", "all x.yaml"])
def test_nothing_is_expected_before_anything_was_said(tiny: LoadingBot, words: str) -> None:
    shown = chat(tiny, f"/expect {words}", "hello")
    assert shown == ["there is no reply yet; ask something first", f"bot> {REPLIES['hello']}"]
    assert [*Path().glob("*.yaml")] == []


@pytest.mark.parametrize(
    ("words", "file", "count"),
    [
        ("shop.yaml", "shop.yaml", 1),
        ("my shop.yml", "my shop.yml", 1),
        ("all shop.yaml", "shop.yaml", 2),
        ("all  my shop.yml ", "my shop.yml", 2),
        ("all.yaml", "all.yaml", 1),
        ("가게.yaml", "가게.yaml", 1),
    ],
)
def test_a_file_of_ones_own(tiny: LoadingBot, words: str, file: str, count: int) -> None:
    shown = chat(tiny, "hello", "bye", f"/expect {words}", f"/test {file}")
    assert shown[2] == f"{file}: 1 case. /test {file} runs them."
    assert shown[-1] == "1 of 1 case passed."
    (case,) = cases(Path(file))
    assert len(case.turns) == count
    assert not SUITE.exists()


def test_the_file_of_the_preferences(tiny: LoadingBot, tmp_path: Path) -> None:
    wanted = with_preferences(Preferences(), {"suite": str(tmp_path / "mine.yaml")})
    shown = chat(tiny, "hello", "/expect", "/test", preferences=wanted)
    assert shown[1].startswith(f"{tmp_path / 'mine.yaml'}: 1 case.")
    assert shown[-1] == "1 of 1 case passed."


def test_a_case_is_added_once(tiny: LoadingBot) -> None:
    shown = chat(tiny, "hello", "/expect", "/expect", "bye", "/expect", "/expect all")
    assert shown[2] == ("the case is there already (replies.suite.yaml:5); delete it there first")
    assert [asked(case) for case in cases()] == [["hello"], ["bye"], ["hello", "bye"]]
    assert shown[4:] == [
        f"replies.suite.yaml: {count} cases. /test replies.suite.yaml runs them."
        for count in (2, 3)
    ]


def test_an_unknown_reply_is_expected_to_be_unknown(tiny: LoadingBot) -> None:
    shown = chat(tiny, STRANGE, "/expect", "/test", settings=SURE)
    assert shown[-1] == "1 of 1 case passed."
    assert "expect: {source: unknown}" in SUITE.read_text(encoding="utf-8")
    shown = chat(tiny, "/test", settings={"threshold": "0"})
    assert shown[0] == f"1/1 FAIL {STRANGE}"
    assert shown[1] == f"       you> {STRANGE}"
    assert "unknown" in shown[2]
    assert shown[3] == "0 of 1 case passed."


def test_an_unknown_reply_of_another_day(tiny: LoadingBot, kept: Sessions) -> None:
    chat(tiny, STRANGE, sessions=kept, settings=SURE)
    (session,) = kept.listed()
    chat(tiny, "/expect", sessions=kept, resume=session.id, settings=SURE)
    chat(tiny, f"/load {session.id}", "hello", "/expect all", sessions=kept, settings=SURE)
    text = SUITE.read_text(encoding="utf-8")
    assert text.count("{source: unknown}") == 2
    assert "don't know" not in text


def test_a_question_without_a_reply_is_not_expected(tiny: LoadingBot, kept: Sessions) -> None:
    id = kept.start("bot").id
    for turn in (Turn(Role.USER, "hello"), Turn(Role.BOT, "Hello there!"), Turn(Role.USER, "bye")):
        kept.add(id, turn)
    keys = ("\x03", "/expect all", ENTER)  # the question is at the prompt
    typed(tiny, *keys, sessions=kept, resume=id)
    assert [asked(case) for case in cases()] == [["hello"]]


def test_the_persona_belongs_to_the_case(tiny: LoadingBot) -> None:
    shown = chat(
        tiny, "/persona 나는 해적.", "hello", "/expect", "/persona off", "/expect", "/test"
    )
    assert shown[-1] == "2 of 2 cases passed."
    assert [case.persona for case in cases()] == ["나는 해적.", ""]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("녹차 있어요?", "네, 녹차를 팝니다."),
        ('say "hi"', "He said: \"it's 'fine'\" \\ {x}"),
        ("- a: b # c", "{source: unknown}"),
        ("yes", "no"),
        ("12", "~"),
        ("%YAML &x *y !z", "| > @ `"),
        ("emoji 👩‍👩‍👧", "🎉 naïve\u00a0café"),
        ("what: [1, 2", "'tis"),
    ],
)
def test_what_was_said_is_read_back_as_it_was(own: LoadingBot, question: str, answer: str) -> None:
    own.get().teach(question, answer)
    shown = chat(own, question, "/expect", "/test")
    assert shown[0] == f"bot> {answer}"
    assert shown[-1] == "1 of 1 case passed."
    (case,) = cases()
    assert asked(case) == [question]
    own.get().teach(question, f"{answer} But not so.")
    assert chat(own, "/test")[-1] == "0 of 1 case passed."


def test_lines_and_control_characters_of_a_reply_are_read_back(own: LoadingBot) -> None:
    own.get().teach("evil one", "a\nb\tc\x1b[31m \u2028d\u202ee\x85f")
    shown = chat(own, f"evil{CTRL_J}one", "/expect", "/test")
    assert shown[-1] == "1 of 1 case passed."
    assert all(line.isprintable() for line in shown)
    text = SUITE.read_text(encoding="utf-8")
    assert all(line.isprintable() for line in text.split("\n"))
    assert [asked(case) for case in cases()] == [["evil one"]]


UNFIT = {
    "not a suite": b"hello: there\n",
    "a list": b"- ask: a\n  expect: b\n",
    "not YAML": b"cases: [\n",
    "brackets": b"cases: [{ask: a, expect: b}]\n",
    "an unknown key": b"cases:\n  - ask: a\n    expct: b\n",
    "binary": b"\x00\xff\xfe\x01",
}


@pytest.mark.parametrize("data", UNFIT.values(), ids=UNFIT)
def test_a_file_that_is_no_suite_stays_as_it_is(tiny: LoadingBot, data: bytes) -> None:
    Path("x.yaml").write_bytes(data)
    shown = chat(tiny, "hello", "/expect x.yaml", "bye")
    assert "x.yaml:" in shown[1]
    assert shown[-1] == f"bot> {REPLIES['bye']}"
    assert Path("x.yaml").read_bytes() == data
    assert [file for file in os.listdir() if "yaml" in file] == ["x.yaml"]


def test_what_a_suite_holds_stays(tiny: LoadingBot) -> None:
    before = b"# mine\r\ncases:\r\n- ask: a # first\r\n  expect: b\r\n"
    Path("x.yaml").write_bytes(before)
    shown = chat(tiny, "hello", "/expect x.yaml")
    assert shown[1] == "x.yaml: 2 cases. /test x.yaml runs them."
    assert Path("x.yaml").read_bytes().startswith(before)
    assert [asked(case) for case in cases(Path("x.yaml"))] == [["a"], ["hello"]]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("x.txt", "x.txt: a case is added to a file that ends in .yaml or .yml"),
        ("all", None),
        ("suite", "suite: a case is added to a file that ends in .yaml or .yml"),
        ("x.jsonl", "x.jsonl: a case is added to a file that ends in .yaml or .yml"),
        ("none/x.yaml", "none/x.yaml: cannot be written (No such file or directory)"),
        ("file/x.yaml", "file/x.yaml: cannot be"),
        ("folder.yaml", "folder.yaml: "),
        ("~nobody-here/x.yaml", "~nobody-here/x.yaml: cannot be written"),
    ],
)
def test_where_a_case_cannot_go(tiny: LoadingBot, words: str, reason: str | None) -> None:
    Path("file").write_text("x")
    Path("folder.yaml").mkdir()
    shown = chat(tiny, OPEN, f"/expect {words}", SUNDAY)
    if reason is not None:
        assert reason in shown[1]
        assert "x.yaml" not in os.listdir()
        assert Path("file").read_text() == "x"
    assert shown[-1] == f"bot> {FOLLOW_UPS[OPEN]}"


def test_a_former_expectation_fails_after_a_fix(own: LoadingBot) -> None:
    shown = chat(own, "hello", "/expect", "bye", "/expect", "hello", "/fix Good day!", "/test")
    assert shown[-5:] == [
        "1/2 FAIL hello",
        "       you> hello",
        "       wanted 'Hello there!'; got 'Good day!'",
        "2/2 ok   bye",
        "1 of 2 cases passed.",
    ]
    assert chat(own, "hello", "/expect", "/test")[-1] == "2 of 3 cases passed."


def test_running_a_suite_says_nothing_in_the_conversation(tiny: LoadingBot, kept: Sessions) -> None:
    Path("x.yaml").write_text("cases:\n  - ask: hello\n    expect: 'no'\n", encoding="utf-8")
    shown = chat(tiny, OPEN, "/test x.yaml", SUNDAY, "/history", sessions=kept)
    assert f"bot> {FOLLOW_UPS[OPEN]}" in shown
    assert len(shown) == 1 + 4 + 1 + 4
    (session,) = kept.listed()
    assert session.turns == 4


def test_the_question_that_failed_is_shown(tiny: LoadingBot) -> None:
    text = (
        "cases:\n  - name: Sunday\n    turns:\n      - ask: when do you open\n"
        f"      - ask: {SUNDAY}\n        expect: {{contains: eleven, source: generated}}\n"
    )
    Path("x.yaml").write_text(text, encoding="utf-8")
    shown = chat(tiny, "/test x.yaml")
    assert shown[0] == "1/1 FAIL Sunday"
    assert shown[1] == shown[3] == f"       you> {SUNDAY}"
    assert "eleven" in shown[2]
    assert "generated" in shown[4]
    assert shown[5] == "0 of 1 case passed."


def test_what_the_whole_conversation_lacks_is_shown(tiny: LoadingBot) -> None:
    text = "cases:\n  - turns: [{ask: hello}, {ask: bye}]\n    expect_any: {contains: eleven}\n"
    Path("x.yaml").write_text(text, encoding="utf-8")
    shown = chat(tiny, "/test x.yaml")
    assert shown[0] == "1/1 FAIL hello"
    assert " ".join(shown[1:-1]).split()[:4] == ["expect_any,", "none", "of", "2"]
    assert shown[-1] == "0 of 1 case passed."


def test_functions_of_a_suite_are_run(tiny: LoadingBot) -> None:
    Path("checks.py").write_text("def f(reply): return f'{len(reply.text)} letters\\x1b[2J'")
    Path("x.csv").write_text("ask,expect\nhello,Hello there!\n", encoding="utf-8")
    text = "cases:\n  - ask: hello\n    expect: {function: checks.py:f}\n"
    Path("x.yaml").write_text(text, encoding="utf-8")
    shown = chat(tiny, "/test x.yaml", "/test x.csv")
    assert "got 12 letters" in shown[2]
    assert "\x1b[2J" not in "".join(shown)
    assert shown[-1] == "1 of 1 case passed."


def test_many_cases_are_numbered_in_a_column(tiny: LoadingBot) -> None:
    one = "  - ask: hello\n    expect: {source: exact}\n"
    Path("x.yaml").write_text("cases:\n" + one * 12, encoding="utf-8")
    shown = chat(tiny, "/test x.yaml")
    assert shown[0] == " 1/12 ok   hello"
    assert shown[11:] == ["12/12 ok   hello", "12 of 12 cases passed."]


def test_hostile_suites_are_shown_clean(tiny: LoadingBot) -> None:
    evil = r'"a\x1b]52;c;eA==\x07\u202e\u2028b"'
    text = f"cases:\n  - name: {evil}\n    ask: {evil}\n    expect: {evil}\n"
    Path("x.yaml").write_text(text, encoding="utf-8")
    shown = chat(tiny, "/test x.yaml")
    assert shown[0] == "1/1 FAIL a]52;c;eA== b"
    assert all(line.isprintable() for line in shown)


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("none.yaml", None, "none.yaml: does not exist; check the name"),
        ("x.txt", "hello", "x.txt: the name does not tell what it is; it must end in"),
        ("x.yaml", "cases:\n  - ask: a\n", 'x.yaml:2: the case has no "expect"; add it'),
        ("x.yaml", "cases:\n  - ask: a\n    expct: b\n", "x.yaml:3: "),
        ("x.yaml", "cases: []\n", "x.yaml"),
        ("x.yaml", "", "x.yaml"),
        ("x.yaml", "cases: [\n", "x.yaml:"),
        ("x.jsonl", '{"ask": "a", "expect": "b"}\n{"ask": \n', "x.jsonl:2: "),
        ("x.yaml", "cases:\n  - ask: a\n    expect: {regex: '('}\n", "x.yaml:3: "),
    ],
)
def test_a_bad_suite_is_told_with_its_place(
    tiny: LoadingBot, file: str, text: str | None, reason: str
) -> None:
    if text is not None:
        Path(file).write_text(text, encoding="utf-8")
    shown = chat(tiny, OPEN, f"/test {file}", SUNDAY)
    assert shown[1].startswith(reason)
    assert shown[2:] == [f"bot> {FOLLOW_UPS[OPEN]}"]


def test_no_suite_yet(tiny: LoadingBot) -> None:
    assert chat(tiny, "/test") == ["replies.suite.yaml: does not exist; check the name"]


def test_a_suite_in_json_lines(tiny: LoadingBot) -> None:
    Path("x.jsonl").write_text('{"ask": "hello", "expect": "Hello there!"}\n', encoding="utf-8")
    assert chat(tiny, "/test x.jsonl") == ["1/1 ok   hello", "1 of 1 case passed."]
