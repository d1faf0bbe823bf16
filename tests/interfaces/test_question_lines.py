"""Questions in, replies out, a line each."""

from __future__ import annotations

import io
import json

import pytest

from dialog_s2s.config import GenerationConfig
from dialog_s2s.dialogue.reply import Evidence, Reply
from dialog_s2s.errors import DataError
from dialog_s2s.interfaces import lines as module
from dialog_s2s.interfaces.lines import ask, lines_of, shown
from dialog_s2s.text.turns import Origin, Role, Turn


def reply(text: str, question: str = "q") -> Reply:
    evidence = (Evidence("near\x1b", text, "pairs.csv:3", 0.87654321, 3),)
    asked = (Turn(Role.USER, question),)
    numbers = ("stop", 7, 1.23456)
    return Reply(text, "taught", 0.12345678, evidence, *numbers, asked, 1, GenerationConfig())


class Echo:
    """A bot that says what it was asked, and keeps how many at a time."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.settings: list[dict[str, object]] = []

    def replies(self, dialogues: list[list[Turn]], **settings: object) -> list[Reply]:
        self.batches.append(len(dialogues))
        self.settings.append(settings)
        return [reply("+".join(turn.text for turn in turns), turns[-1].text) for turns in dialogues]


def read(raw: bytes) -> list[str]:
    return [line for line, _ in lines_of(io.BytesIO(raw), "x")]


def asked(text: str, as_json: bool = False, together: int = 1) -> tuple[str, Echo]:
    out, bot = io.StringIO(), Echo()
    ask(
        bot,  # type: ignore[arg-type]
        lines_of(io.BytesIO(text.encode("utf-8", "surrogatepass")), "x"),
        out,
        as_json=as_json,
        together=together,
        settings={"seed": 1},
    )
    return out.getvalue(), bot


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        (b"", []),
        (b"a\nb", ["a", "b"]),
        (b"a\r\n\r\n b \n", ["a", "", "b"]),
        ("\ufeffa\n가\n".encode(), ["a", "가"]),
        (b"a\xffb\n", ["a\ufffdb"]),
        (b"\x1b[31ma\0\n", ["[31ma"]),
        ("a\u2028b\n".encode(), ["a b"]),
    ],
)
def test_lines_are_cleaned(raw: bytes, lines: list[str]) -> None:
    assert read(raw) == lines


def test_lines_have_their_place() -> None:
    assert [where for _, where in lines_of(io.BytesIO(b"a\n\nb\n"), "x")] == [
        Origin("x", number) for number in (1, 2, 3)
    ]


def test_a_line_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LINE", 10)
    assert read(b"123456789\n") == ["123456789"]
    with pytest.raises(DataError, match=r"^x:2: the line is longer"):
        read(b"a\n12345678901\n")


@pytest.mark.parametrize("together", [1, 2, 3, 100])
def test_replies_come_in_order(together: int) -> None:
    text, bot = asked("a\n\nb\nc\n\n\nd\n", together=together)
    assert text == "a\n\nb\nc\n\n\nd\n"
    assert sum(bot.batches) == 4
    assert max(bot.batches) <= together
    assert bot.settings == [{"seed": 1}] * len(bot.batches)


def test_json_leaves_empty_lines_out() -> None:
    text, _ = asked("a\n\nb\n", as_json=True, together=2)
    assert [json.loads(line)["question"] for line in text.splitlines()] == ["a", "b"]


def test_a_line_with_turns_is_a_question_with_its_history() -> None:
    turns = [{"role": "user", "text": "a"}, {"role": "bot", "text": "b"}]
    text, _ = asked(json.dumps({"turns": [*turns, {"role": "user", "text": "c"}]}))
    assert text == "a+b+c\n"


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("{", "not JSON"),
        ("{}", 'no "turns"'),
        ('{"turns": []}', "not the user's"),
        ('{"turns": [{"role": "user", "text": "a"}, {"role": "bot", "text": "b"}]}', "not the"),
        ('{"turns": [{"role": "user", "text": " "}]}', "is empty"),
        ('{"turns": [{"role": "user", "text": "\\ud800"}]}', "not text"),
        ('{"turns": ' + "[" * 5000, "nested too deeply"),
    ],
)
def test_a_line_that_is_no_question(line: str, word: str) -> None:
    with pytest.raises(DataError, match=f"^x:2: .*{word}"):
        asked(f"fine\n{line}\n")


def test_nothing_a_terminal_obeys_is_shown() -> None:
    evil = "\x9b31m\u202eevil\x07"
    hidden = json.dumps({"turns": [{"role": "user", "text": evil}]})
    for as_json in (False, True):
        text, _ = asked(hidden, as_json=as_json)
        assert "evil" in text
        assert text.rstrip("\n").isprintable()


def test_numbers_are_rounded() -> None:
    fields = json.loads(shown(reply("r"), True))
    assert (fields["confidence"], fields["milliseconds"]) == (0.123457, 1.235)
    near = {"question": "near", "answer": "r", "origin": "pairs.csv:3", "weight": 0.876543}
    assert (fields["source"], fields["evidence"]) == ("taught", [near])
    assert shown(reply("r\x1b"), False) == "r"


def test_turns_are_the_users() -> None:
    assert module._turns("hi", Origin("x", 1)) == [Turn(Role.USER, "hi", Origin("x", 1))]
    assert module._turns("", Origin("x", 1)) == []
