"""JSON Lines: the three shapes, the names of roles, and every line that is refused."""

from __future__ import annotations

import json

import pytest

from dialog_s2s.errors import DataError
from dialog_s2s.text import jsonl
from dialog_s2s.text.lines import Line
from dialog_s2s.text.turns import Dialogue, Role

LETTERS = {Role.USER: "U", Role.BOT: "B", Role.SYSTEM: "S"}


def read(*texts: str) -> list[Dialogue]:
    return list(jsonl.read((Line(n, text) for n, text in enumerate(texts, 1)), "f.jsonl"))


def refusal(*texts: str) -> str:
    with pytest.raises(DataError) as caught:
        read(*texts)
    message = str(caught.value)
    assert message.startswith(f"f.jsonl:{len(texts)}: ")
    assert "\n" not in message
    return message


def turns(*spoken: tuple[object, object], key: str = "turns", text: str = "text") -> str:
    return json.dumps({key: [{"role": role, text: said} for role, said in spoken]})


def roles(*names: str) -> str:
    (dialogue,) = read(turns(*((name, "x") for name in names)))
    return "".join(LETTERS[turn.role] for turn in dialogue.turns)


GOOD = '{"question": "a", "answer": "b"}'


def test_question_and_answer() -> None:
    first, second = read('{"id": 1, "question": " hi\\n you ", "answer": "yo"}', "", GOOD)[:2]
    assert [turn.text for turn in first.turns] == ["hi you", "yo"]
    assert [turn.role for turn in first.turns] == [Role.USER, Role.BOT]
    assert [str(turn.origin) for turn in second.turns] == ["f.jsonl:3"] * 2


def test_turns_with_other_keys_beside() -> None:
    (dialogue,) = read(
        '{"id": 3, "meta": {"a": [1]}, "turns": [{"role": "system", "text": "s", "n": 0},'
        '{"role": "user", "text": "u"}, {"role": "bot", "text": "b"}]}'
    )
    assert [(turn.role, turn.text, turn.learn) for turn in dialogue.turns] == [
        (Role.SYSTEM, "s", True),
        (Role.USER, "u", True),
        (Role.BOT, "b", True),
    ]
    assert {str(turn.origin) for turn in dialogue.turns} == {"f.jsonl:1"}


def test_openai_messages() -> None:
    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    (dialogue,) = read(
        turns(
            ("developer", "s"), ("user", parts), ("assistant", "b"), key="messages", text="content"
        )
    )
    assert [turn.text for turn in dialogue.turns] == ["s", "one two", "b"]


@pytest.mark.parametrize(
    "part", [{"type": "image_url", "image_url": "x"}, "text", {"type": "text"}, {"text": "x"}]
)
def test_message_part_that_is_no_text_is_refused(part: object) -> None:
    line = turns(("user", [part]), ("assistant", "b"), key="messages", text="content")
    assert "a part of message 1" in refusal(line)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("user bot", "UB"),
        ("Human GPT", "UB"),
        ("customer agent", "UB"),
        ("client chatbot", "UB"),
        ("prompter assistant", "UB"),
        ("user model", "UB"),
        ("q a q a", "UBUB"),
        ("Q A", "UB"),
        ("A B A", "UBU"),
        ("B A", "UB"),
        ("u27 u34 u34", "UBB"),
        ("Anna anna Ben", "UUB"),
        ("system persona kb tool developer user bot", "SSSSSUB"),
        ("kb Anna Ben", "SUB"),
        ("bot user bot", "BUB"),
    ],
)
def test_role_names(names: str, expected: str) -> None:
    assert roles(*names.split()) == expected


@pytest.mark.parametrize(
    ("names", "named"),
    [
        ("user bot narrator", "narrator"),
        ("A B C", "C"),
        ("Sori", "Sori"),
        ("user a", "a"),
        ("user A B", "B"),
    ],
)
def test_role_that_cannot_be_told_is_refused(names: str, named: str) -> None:
    message = refusal(turns(*((name, "x") for name in names.split())))
    assert f"the role '{named}' is not known" in message


@pytest.mark.parametrize("names", ["user", "bot user", "bot", "user system bot", "bot bot", ""])
def test_nothing_to_learn_is_refused(names: str) -> None:
    message = refusal(turns(*((name, "x") for name in names.split())))
    assert "no bot turn directly follows a user turn" in message


@pytest.mark.parametrize("value", [None, 3, True, "", " \n ", [], {"a": "b"}])
def test_text_that_is_none_is_refused(value: object) -> None:
    assert "the answer is " in refusal(json.dumps({"question": "a", "answer": value}))
    assert "the question is " in refusal(json.dumps({"question": value, "answer": "b"}))
    assert "the text of turn 2 is " in refusal(turns(("user", "a"), ("bot", value)))
    assert "the role of turn 2 is " in refusal(turns(("user", "a"), (value, "b")))


@pytest.mark.parametrize("escape", ["\\u0000", "\\ud83d", "\\udc00"])
def test_characters_that_no_file_can_hold_are_refused(escape: str) -> None:
    assert "which is not text" in refusal(f'{{"question": "a{escape}b", "answer": "b"}}')


def test_surrogate_pairs_and_odd_separators_are_text() -> None:
    (dialogue,) = read('{"question": "\\ud83d\\ude00", "answer": "a\u2028b\x85c"}')
    assert [turn.text for turn in dialogue.turns] == ["\U0001f600", "a\u2028b\x85c"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('{"turns": {}}', '"turns" is a mapping'),
        ('{"messages": "x"}', '"messages" is a text'),
        ('{"turns": ["x"]}', "turn 1 is a text"),
        ('{"turns": [{"text": "x"}]}', 'turn 1 has no "role"'),
        ('{"turns": [{"role": "user"}]}', 'turn 1 has no "text"'),
        ('{"messages": [{"role": "user", "text": "x"}]}', 'message 1 has no "content"'),
        ('{"turns": [], "messages": []}', 'both "turns" and "messages"'),
        ('{"question": "x", "reply": "y"}', "the keys are 'question', 'reply'"),
        ("{}", "the keys are none"),
    ],
)
def test_another_shape_is_refused(line: str, found: str) -> None:
    assert found in refusal(GOOD, line)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("hello", "not JSON at column 1"),
        ('{"question": "a",', "one whole object"),
        (GOOD + GOOD, "not JSON at column 33"),
        ("{", "not JSON"),
        ('"text"', "a text; each line must be a JSON object"),
        ("12", "a number; each line"),
        ("null", "null; each line"),
        ("[1]", "a list; each line"),
        ('{"question": "a", "question": "b", "answer": "c"}', "the key 'question' occurs twice"),
        ('{"question": "a", "answer": "c", "meta": {"x": 1, "x": 2}}', "'x' occurs twice"),
        ('{"question": "a", "answer": "c", "p": NaN}', "NaN is not JSON"),
        ('{"question": "a", "answer": "c", "p": -Infinity}', "-Infinity is not JSON"),
        ('{"question": ' + "[" * 200_000, "nested too deeply"),
        ('{"question": ' + '{"a":' * 200_000, "nested too deeply"),
    ],
)
def test_what_is_not_one_object_is_refused(line: str, found: str) -> None:
    assert found in refusal(GOOD, line)


def test_a_huge_number_in_a_key_that_nobody_reads_is_no_error() -> None:
    assert len(read('{"question": "a", "answer": "b", "id": ' + "9" * 5000 + "}")) == 1


@pytest.mark.parametrize("text", ["[", '[{"question": "a", "answer": "b"}]', "  [" * 200_000])
def test_an_array_is_refused_with_the_way_to_convert_it(text: str) -> None:
    message = refusal("", text)
    assert "one object per line" in message
    assert "jq -c" in message


def test_lines_before_the_bad_one_are_read() -> None:
    stream = jsonl.read(iter([Line(1, GOOD), Line(2, "oops")]), "f.jsonl")
    assert next(stream).turns[0].text == "a"
