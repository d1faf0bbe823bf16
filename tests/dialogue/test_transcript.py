"""Exports: nothing that was said passes for a turn, and a corpus is read back as it was said."""

from __future__ import annotations

import dataclasses
import json
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dialog_s2s.dialogue.facts import Facts
from dialog_s2s.dialogue.transcript import FORMATS, Session, Spoken, Transcript, title
from dialog_s2s.errors import UsageError
from dialog_s2s.text import readers
from dialog_s2s.text.fields import utterance
from dialog_s2s.text.turns import Dialogue, Origin, Role, Turn, examples

FORGERIES = (
    *("\nyou> ", "\nbot> ", "\r", "\n\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029", "\0"),
    *("**You:** ", "\n**Bot:** ", "\n# ", "\n- ", "\n1. ", "\n1) ", "\n===\n", "\n---\n", "\n> "),
    *("```\n", "\n~~~", "<b>", "\n</p>", "\n    ", "\n\t", "[a](b)", "\\", "\\\n", "|", "&amp;"),
    *("\x1b[2K", "\b\b\b\b", "\u202e", "\u200e- ", "\ufeff# ", "\u2066", " ", "a", "é", "안녕"),
)
TEXT = st.lists(st.sampled_from(FORGERIES) | st.text(max_size=4), max_size=8).map("".join)
TURNS = st.lists(st.builds(Turn, st.sampled_from(Role), TEXT), max_size=5)
STEERING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
NAMES = {Role.USER: "you", Role.BOT: "bot", Role.SYSTEM: "system"}


def transcript(*turns: Turn, **changes: str) -> Transcript:
    spoken = [Spoken(turn, {"place": n}, 1.7e9 + n) for n, turn in enumerate(turns)]
    about = {"bot": "bots/shop", "title": "hello", "persona": "", **changes}
    session = Session(
        id="2026-11-22-k3f9",
        started=1.7e9,
        changed=1.7e9 + 60,
        turns=len(turns),
        parent=None,
        **about,
    )
    return Transcript(session, spoken, {"name": "Ann"})


def seen(text: str) -> list[str]:
    """The lines that a reader of `text` sees, without what steers a terminal."""
    return [
        "".join(c for c in STEERING.sub("", line) if c == "\t" or unicodedata.category(c) != "Cc")
        for line in text.splitlines()
    ] or [""]


@settings(deadline=None)
@given(turns=TURNS, persona=TEXT, bot=TEXT)
def test_text_holds_exactly_these_turns(turns: list[Turn], persona: str, bot: str) -> None:
    head, body = transcript(*turns, persona=persona, bot=bot).written("text").split("\n\n", 1)
    assert head.count("\n") <= 1
    assert head.startswith("Conversation 2026-11-22-k3f9 with ")
    found: list[tuple[str, list[str]]] = []
    for line in body.split("\n")[:-1]:
        opening = re.match("(you|bot|system)> ", line)
        if opening:
            found.append((opening[1], [line[opening.end() :]]))
        else:
            indent = " " * len(found[-1][0] + "> ")
            assert line.startswith(indent)
            found[-1][1].append(line.removeprefix(indent))
    assert found == [(NAMES[turn.role], seen(turn.text)) for turn in turns]


@settings(deadline=None)
@given(turns=TURNS, persona=TEXT, heading=TEXT)
def test_markdown_holds_exactly_these_turns(turns: list[Turn], persona: str, heading: str) -> None:
    written = transcript(*turns, persona=persona, title=heading).written("markdown")
    head, about, *paragraphs = written.removesuffix("\n").split("\n\n")
    assert re.fullmatch("# [^\n]+", head)
    assert re.fullmatch("`2026-11-22-k3f9` with [^\n]+", about)
    if persona:
        assert paragraphs.pop(0).startswith("Persona:")
    assert len(paragraphs) == len(turns)
    for turn, paragraph in zip(turns, paragraphs, strict=True):
        opening = f"**{NAMES[turn.role].capitalize()}:**"
        assert paragraph.startswith(opening)
        said = paragraph.removeprefix(opening).removeprefix(" ")
        lines = re.split(r"\\\n", said)
        for line in lines[1:]:
            assert not re.match(r"\s*([-+=:>#~`<|*_\[]|\d+[.)])", line)
        plain = [re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", line) for line in lines]
        unescaped = re.sub(r"\\[!-/:-@\[-`{-~]", "", said.replace("\\\n", ""))
        assert not re.search(r"[\\`*_\[\]<>#~|&]", unescaped)
        assert "\n".join(plain).rstrip() == "\n".join(seen(turn.text)).rstrip()


def test_how_text_and_markdown_look() -> None:
    said = transcript(
        Turn(Role.SYSTEM, "Be kind."),
        Turn(Role.USER, "What costs\n\n- tea\n2. *milk*?"),
        Turn(Role.BOT, "Tea is <b>2</b> & milk 1."),
        persona="kind\nand brief",
        title="What costs - tea",
    )
    text, markdown = said.written("text"), said.written("markdown")
    moment = re.search(r"with bots/shop, (\S+ \S+)\n", text)
    assert moment is not None
    assert re.fullmatch(r"2023-11-1\d \d\d:\d\d[+-]\d\d:\d\d", moment[1])
    assert text == (
        f"Conversation 2026-11-22-k3f9 with bots/shop, {moment[1]}\n"
        "Persona: kind and brief\n"
        "\n"
        "system> Be kind.\n"
        "you> What costs\n"
        "     \n"
        "     - tea\n"
        "     2. *milk*?\n"
        "bot> Tea is <b>2</b> & milk 1.\n"
    )
    assert markdown == (
        "# What costs - tea\n\n"
        f"`2026-11-22-k3f9` with bots/shop, {moment[1]}\n\n"
        "Persona: kind and brief\n\n"
        "**System:** Be kind.\n\n"
        "**You:** What costs\\\n\\\n\\- tea\\\n2\\. \\*milk\\*?\n\n"
        "**Bot:** Tea is \\<b\\>2\\</b\\> \\& milk 1.\n"
    )


def test_a_name_is_in_the_heading() -> None:
    said = transcript(Turn(Role.USER, "hi"), name="Tea *shop*")
    assert said.written("text").startswith(
        'Conversation 2026-11-22-k3f9 "Tea *shop*" with bots/shop, '
    )
    assert said.written("markdown").startswith("# Tea \\*shop\\*\n\n`2026-11-22-k3f9` with ")
    tree = json.loads(said.written("json"))
    assert (tree["name"], tree["title"]) == ("Tea *shop*", "hello")


def test_a_conversation_without_turns() -> None:
    empty = transcript(title="")
    assert empty.written("text").count("\n") == 2
    assert empty.written("markdown").startswith("# Conversation\n")
    assert json.loads(empty.written("json"))["turns"] == []
    with pytest.raises(UsageError, match="nothing to learn"):
        empty.written("corpus")


@settings(deadline=None)
@given(turns=TURNS)
def test_json_holds_everything(turns: list[Turn]) -> None:
    written = transcript(*turns).written("json")
    assert not STEERING.search(written)
    assert all(char == "\n" or unicodedata.category(char) != "Cc" for char in written)
    tree = json.loads(written)
    assert [(each["role"], each["text"], each["detail"]) for each in tree["turns"]] == [
        (turn.role.value, turn.text, {"place": place}) for place, turn in enumerate(turns)
    ]
    assert list(tree)[-2:] == ["facts", "turns"]
    assert tree["facts"] == {"name": {"value": "Ann", "turn": 0, "words": ""}}
    assert (tree["started"], tree["changed"]) == (
        "2023-11-14T22:13:20.000+00:00",
        "2023-11-14T22:14:20.000+00:00",
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(turns=TURNS)
@example(turns=[Turn(Role.USER, "a\0"), Turn(Role.BOT, "\ufeff b\u2028\r\nc\x1b\x9b ")])
def test_a_corpus_is_read_back_as_the_same_dialogue(tmp_path: Path, turns: list[Turn]) -> None:
    where = Origin("", 1)
    said = [(turn.role, turn.text.replace("\0", "")) for turn in turns]
    expected = [(role, utterance(text, "", where)) for role, text in said if text.strip()]
    dialogue = Dialogue(tuple(Turn(role, text) for role, text in expected))
    if next(examples(dialogue), None) is None:
        with pytest.raises(UsageError, match="2026-11-22-k3f9: no reply follows a question"):
            transcript(*turns).written("corpus")
        return
    written = transcript(*turns).written("corpus")
    assert written.count("\n") == 1
    path = tmp_path / "talks.jsonl"
    path.write_text(written * 2, encoding="utf-8")
    for read in readers.read([path]):
        assert [(turn.role, turn.text) for turn in read.turns] == expected


def test_a_corpus_line_is_never_longer_than_what_is_read(tmp_path: Path) -> None:
    frame = json.dumps({"turns": [{"role": "user", "text": "a"}, {"role": "bot", "text": ""}]})
    path = tmp_path / "long.jsonl"
    whole = "x" * (1_000_000 - len(frame) - 1)
    path.write_text(transcript(Turn(Role.USER, "a"), Turn(Role.BOT, whole)).written("corpus"))
    assert next(readers.read([path])).turns[1].text == whole
    with pytest.raises(UsageError, match=r"longer than the 1,000,000 bytes .* a branch"):
        transcript(Turn(Role.USER, "a"), Turn(Role.BOT, whole + "x")).written("corpus")


def test_formats() -> None:
    assert list(FORMATS) == ["text", "markdown", "json", "corpus"]
    with pytest.raises(UsageError, match="unknown format 'txt'; it must be one of text, markdown"):
        transcript().written("txt")


def test_json_has_facts_as_objects() -> None:
    said = Facts()
    said.hear("My name is Ann", 3)
    kept = dataclasses.replace(transcript(), facts=said.export())
    assert json.loads(kept.written("json"))["facts"] == {
        "name": {"value": "Ann", "turn": 3, "words": "My name is Ann"}
    }


def test_titles() -> None:
    assert title(" a\n b\tc ") == "a b c"
    assert title("x" * 60) == "x" * 60
    assert title("x" * 61) == "x" * 59 + "…"
    assert title("") == ""
