"""Our YAML: what it expands to, and every file that is refused, with its line."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from dialog_s2s.errors import DataError
from dialog_s2s.text import intents, nodes
from dialog_s2s.text.lines import Line
from dialog_s2s.text.turns import Dialogue, Origin, Role, examples


def read(text: str) -> list[Dialogue]:
    source = (Line(number, line) for number, line in enumerate(text.split("\n"), 1))
    return list(intents.read(source, "f.yaml"))


def refusal(text: str, line: int | None) -> str:
    """The message with which the text is refused, at that line."""
    with pytest.raises(DataError) as caught:
        read(text)
    message = str(caught.value)
    assert caught.value.line == line, message
    assert message.startswith("f.yaml:")
    assert "\n" not in message
    return message


def said(dialogue: Dialogue) -> str:
    return " / ".join(turn.text for turn in dialogue.turns)


TEA = """\
# a comment
name: Tea
language: en
licence: CC0-1.0
intents:
  - id: tea.have
    ask:
      - do you have tea
      - "tea?"
    reply: ["Yes.", "We do."]
    then:
      - ask: how much
        reply: Nine.
        then:
          - ask: ["really?"]
            reply: [Really., "Yes, nine."]
  - ask: bye
    reply:
      - >-
        So
        long
"""


def test_wordings_and_replies_take_turns_in_order() -> None:
    assert [said(dialogue) for dialogue in read(TEA)] == [
        "do you have tea / Yes.",
        "tea? / We do.",
        "do you have tea / Yes. / how much / Nine.",
        "tea? / We do. / how much / Nine.",
        "do you have tea / Yes. / how much / Nine. / really? / Really.",
        "tea? / We do. / how much / Nine. / really? / Really.",
        "do you have tea / Yes. / how much / Nine. / really? / Yes, nine.",
        "tea? / We do. / how much / Nine. / really? / Yes, nine.",
        "bye / So long",
    ]


@pytest.mark.parametrize(("wordings", "replies"), [(1, 1), (5, 2), (2, 5), (4, 6), (3, 3)])
def test_no_wording_and_no_reply_is_left_out(wordings: int, replies: int) -> None:
    ask, reply = [f"w{n}" for n in range(wordings)], [f"r{n}" for n in range(replies)]
    found = read(f"intents: [{{ask: {ask}, reply: {reply}}}]")
    assert len(found) == max(wordings, replies)
    assert {d.turns[0].text for d in found} == set(ask)
    assert {d.turns[1].text for d in found} == set(reply)


def test_each_turn_has_its_own_line_and_role_and_only_the_last_is_learnt() -> None:
    dialogue = next(d for d in read(TEA) if said(d).endswith("Yes, nine."))
    assert [(t.role, t.origin.line if t.origin else 0, t.learn) for t in dialogue.turns] == [
        (Role.USER, 8, True),
        (Role.BOT, 10, False),
        (Role.USER, 12, True),
        (Role.BOT, 13, False),
        (Role.USER, 15, True),
        (Role.BOT, 16, True),
    ]
    assert all(len(list(examples(dialogue))) == 1 for dialogue in read(TEA))


def test_the_replies_of_one_intent_mean_the_same() -> None:
    meant: dict[Origin | None, set[str]] = defaultdict(set)
    for dialogue in read(TEA):
        assert all((turn.role is Role.BOT) == (turn.meaning is not None) for turn in dialogue.turns)
        for example in examples(dialogue):
            meant[example.meaning].add(example.reply)
    assert meant == {
        Origin("f.yaml", 6): {"Yes.", "We do."},
        Origin("f.yaml", 12): {"Nine."},
        Origin("f.yaml", 15): {"Really.", "Yes, nine."},
        Origin("f.yaml", 17): {"So long"},
    }


def wide(openings: int, wordings: int, replies: int) -> list[Dialogue]:
    ask = [f"o{n}" for n in range(openings)]
    child = {"ask": [f"w{n}" for n in range(wordings)], "reply": [f"r{n}" for n in range(replies)]}
    return read(f"intents: [{{ask: {ask}, reply: [x], then: [{child}, {child}]}}]")


def test_follow_ups_stand_in_a_few_contexts_used_evenly() -> None:
    found = [d for d in wide(openings=6, wordings=3, replies=2) if len(d.turns) == 4]
    # Two follow-ups of 3 pairs, each pair after CONTEXTS of the 6 openings.
    assert len(found) == 2 * 3 * intents.CONTEXTS
    each = Counter((d.turns[2].origin, d.turns[2].text, d.turns[3].text) for d in found)
    openings = Counter(d.turns[0].text for d in found)
    assert set(each.values()) == {2 * intents.CONTEXTS}
    assert set(openings.values()) == {2}


def test_follow_ups_beside_each_other_go_on_through_the_contexts() -> None:
    found = [d for d in wide(openings=4, wordings=1, replies=1) if len(d.turns) == 4]
    assert [d.turns[0].text for d in found] == [f"o{n}" for n in range(4)]


def test_fewer_contexts_than_wanted_are_each_used_once() -> None:
    found = [said(d) for d in wide(openings=1, wordings=1, replies=1) if len(d.turns) == 4]
    assert found == ["o0 / x / w0 / r0"] * 2


def test_the_same_wording_twice_in_one_intent_is_fine() -> None:
    assert len(read("intents: [{ask: [a, a], reply: b}]")) == 2


def test_reading_twice_gives_the_same() -> None:
    assert read(TEA) == read(TEA)


def intent(body: str) -> str:
    return f"intents:\n- id: x\n  reply: r\n  ask:\n{body}"


@pytest.mark.parametrize(
    "scalar", ["yes", "No", "on", "null", "~", "12", "1.5", "12:30", "2024-01-01", "=", "0x1F"]
)
def test_what_yaml_reads_as_something_else_must_be_quoted(scalar: str) -> None:
    assert f'quote it: "{scalar}"' in refusal(intent(f"  - fine\n  - {scalar}"), 6)
    assert said(read(intent(f'  - "{scalar}"'))[0]) == f"{scalar} / r"
    assert "quote it" in refusal(f"language: {scalar}\nintents: [{{ask: a, reply: b}}]", 1)


@pytest.mark.parametrize(
    ("body", "line", "found"),
    [
        ("  - a\n  -\n", 6, "ask is empty"),
        ('  - a\n  - "  "\n', 6, "ask is empty"),
        ("  - a\n  - b: c\n", 6, "ask has a mapping"),
        ("  - a\n  - [b]\n", 6, "ask has a list"),
        ("    []", 5, "ask is an empty list"),
        ("    {a: b}", 5, "ask has a mapping"),
        ("  - !mine a", 5, "tagged '!mine'"),
        ("  - !!binary aGk=", 5, "quote it"),
        ('  - "a\\0b"', 5, "U+0000"),
        ('  - "a\\ud800b"', 5, "U+D800"),
    ],
)
def test_wording_that_is_no_text_is_refused(body: str, line: int, found: str) -> None:
    assert found in refusal(intent(body), line)


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("- a\n- b", 1, "the file is a list"),
        ("just text", 1, "the file is a text"),
        ("!!python/object:os.system\na: b", 1, "is a value tagged"),
        ("name: x\nlanguage: en", 1, '"intents" is missing'),
        ("name: x\nintents:\n", 2, "intents is nothing"),
        ("name: x\nintents: []", 2, "intents is an empty list"),
        ("name: x\nintents: {a: b}", 2, "intents is a mapping"),
        ("name: [x]\nintents: []", 1, "name has a list"),
        ("\nintent: []", 2, "unknown key 'intent'; is intents meant?"),
        ("license: x\nintents: []", 1, "is licence meant?"),
        ("name: x\nname: y\nintents: []", 2, '"name" occurs twice'),
        ("1: x", 1, "a key has '1'"),
        ("[a]: x", 1, "a key has a list"),
        ("<<: {name: x}\nintents: []", 1, "a key has '<<'"),
        ("intents:\n- a", 2, "an intent is a text"),
        ("intents:\n- reply: b", 2, 'no "ask"'),
        ("intents:\n- ask: b", 2, 'no "reply"'),
        ("intents:\n- ask: a\n  replys: b", 3, "is reply meant?"),
        ("intents:\n- ask: a\n  categories: b", 3, "has only id, ask, reply, then"),
        ("intents:\n- ask: a\n  ask: b\n  reply: c", 3, '"ask" occurs twice'),
        ("intents:\n- ask: a\n  reply: c\n  id: 7", 4, "quote it"),
        ("intents:\n- ask: a\n  reply: c\n  then: d", 4, "then is a text"),
        ("intents:\n- ask: a\n  reply: c\n  then:\n  - ask: d", 5, 'no "reply"'),
    ],
)
def test_another_structure_is_refused(text: str, line: int, found: str) -> None:
    assert found in refusal(text, line)


@pytest.mark.parametrize("between", ["\n", " "])
def test_an_id_twice_is_refused(between: str) -> None:
    text = f"intents: [{{id: x, ask: a, reply: b}},{between}{{id: x, ask: c, reply: d}}]"
    assert "the id 'x' is taken by line 1" in refusal(text, 2 if between == "\n" else 1)


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("intents:\n- ask: a: b", 2, "put a text that holds ': ' in quotes"),
        ('intents:\n- ask: "a\n  reply: b\n', 2, "close the quote"),
        ("intents:\n- [a,\n  b\n", 2, "close the bracket"),
        ("intents:\n\t- ask: a", 2, "indent with blanks"),
        ("intents:\n- ask: @a", 2, "in quotes"),
        ("intents:\n- ask: a\n reply: b", 3, "check the indentation"),
        ("a: b\n---\nc: d", 2, "one document"),
        ('intents: "\\UFFFFFFFF"', 1, "out of all bounds"),
        (f"%YAML {'9' * 5000}.1\n---\na: b", 1, "out of all bounds"),
        ("# only a comment", None, "is empty"),
        ("---\n...", 2, "the file is nothing"),
    ],
)
def test_what_is_not_yaml_is_refused(text: str, line: int | None, found: str) -> None:
    assert found in refusal(text, line)


@pytest.mark.parametrize("char", ["\x00", "\x07", "\x1b", "\r", "\x85", "\u2028", "\x9b"])
def test_control_characters_and_odd_line_ends_are_refused(char: str) -> None:
    assert f"U+{ord(char):04X}" in refusal(intent(f"  - a\n  - b{char}c"), 6)


@pytest.mark.parametrize("opening", ["[", "{", "- ", "? ", "[a, ", "!!seq ["])
def test_deep_nesting_is_refused(opening: str) -> None:
    assert refusal("name: x\nintents:\n  " + opening * (200_000 // len(opening)), 3)


def test_nesting_is_bounded_by_depth() -> None:
    text = "intents:\n"
    for level in range(50):
        text += f"{'  ' * level}- ask: a\n{'  ' * level}  reply: b\n{'  ' * level}  then:\n"
    assert f"more than {nodes.MAX_DEPTH} deep" in refusal(text, 35)


def test_aliases_are_refused_so_that_nothing_can_grow() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
    )
    assert "an anchor (&a)" in refusal(bomb, 1)
    assert "an alias (*sigh)" in refusal(intent("  - *sigh"), 5)


def test_file_beyond_the_cap_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "MAX_BYTES", 1000)
    assert "larger than 1,000 bytes" in refusal("# comment é\n" * 100, 77)


def test_the_whole_file_is_checked_before_the_first_dialogue() -> None:
    source = iter([Line(1, "intents:"), Line(2, "- {ask: a, reply: b}"), Line(3, "- {ask: a}")])
    with pytest.raises(DataError):
        next(intents.read(source, "f.yaml"))
