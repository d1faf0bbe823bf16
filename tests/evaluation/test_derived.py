"""Suites that are made from corpora, and of questions that nobody taught."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from parrot import Parrot
from tiny import FOLLOW_UPS, SUNDAY, dialogues

from dialog_s2s import Bot
from dialog_s2s.errors import DataError, UsageError
from dialog_s2s.evaluation import unknown_texts
from dialog_s2s.evaluation.assertions import Source
from dialog_s2s.evaluation.cases import Case
from dialog_s2s.evaluation.derived import FITTED, FOLLOW_UP, UNTAUGHT, from_corpus, unknown
from dialog_s2s.evaluation.suite_text import suite_text
from dialog_s2s.evaluation.suites import cases_of, run_suite
from dialog_s2s.evaluation.text_assertions import Same
from dialog_s2s.memory.rows import TRAINED, NewRow
from dialog_s2s.text.lines import Line
from dialog_s2s.text.readers import read
from dialog_s2s.text.split import held_out_keys, key
from dialog_s2s.text.turns import examples, fold
from dialog_s2s.training import strangers_texts

CORPORA = sorted((Path(__file__).parents[2] / "corpora").glob("*.yaml"))


def written(folder: Path, text: str, name: str = "c.tsv") -> list[Path]:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return [file]


def asked(case: Case) -> list[str]:
    return [step.ask for step in case.turns]


def test_pairs(tmp_path: Path) -> None:
    files = written(tmp_path, "hi\tHello!\nbye\tSee you.\nHI!\tGood day!\n")
    suite = from_corpus(files)
    assert [asked(case) for case in suite.cases] == [["hi"], ["bye"]]
    assert suite.cases[0].turns[0].expected == (Same(("Hello!", "Good day!")),)
    assert [str(case.origin) for case in suite.cases] == [f"{files[0]}:1", f"{files[0]}:2"]
    assert suite.file == str(files[0])


def test_follow_ups_and_intents(tmp_path: Path) -> None:
    text = (
        "intents:\n- ask: [when do you open, opening hours]\n  reply: [At nine., Nine.]\n"
        "  then:\n  - ask: and on Sunday\n    reply: At ten.\n"
    )
    suite = from_corpus(written(tmp_path, text, "c.yaml"))
    assert [asked(case) for case in suite.cases] == [
        ["when do you open"],
        ["opening hours"],
        ["when do you open", "and on Sunday"],
        ["opening hours", "and on Sunday"],
    ]
    both = {"At nine.", "Nine."}
    for case in suite.cases[:2]:
        (same,) = case.turns[0].expected
        assert isinstance(same, Same)
        assert set(same.texts) == both
    follow = suite.cases[2]
    assert (follow.name, follow.tags) == ("when do you open / and on Sunday", (FOLLOW_UP,))
    assert [step.expected for step in follow.turns] == [(), (Same(("At ten.",)),)]
    assert [step.origin.line for step in follow.turns] == [2, 5]


def turns(*texts: tuple[str, str]) -> str:
    return json.dumps({"turns": [{"role": role, "text": text} for role, text in texts]}) + "\n"


def test_what_cannot_be_asked_again_is_left_out(tmp_path: Path) -> None:
    user, bot, system = "user", "bot", "system"
    text = turns((system, "I am short."), (system, "I sell."), (user, "a"), (bot, "b"))
    text += turns((user, "c"), (user, "d"), (bot, "e"))
    text += turns((bot, "f"), (user, "g"), (bot, "h"))
    text += turns((user, "i"), (bot, "j"), (system, "k"), (user, "l"), (bot, "m"))
    suite = from_corpus(written(tmp_path, text, "c.jsonl"))
    assert [asked(case) for case in suite.cases] == [["a"], ["i"]]
    assert suite.cases[0].persona == "I am short. I sell."
    with pytest.raises(DataError, match=r"c\.jsonl: no pair can be asked again"):
        from_corpus(written(tmp_path, turns((user, "c"), (user, "d"), (bot, "e")), "c.jsonl"))


def test_a_draw(tmp_path: Path) -> None:
    files = written(tmp_path, "".join(f"question {n}\tanswer {n}\n" for n in range(50)))
    whole = from_corpus(files).cases
    some = from_corpus(files, limit=10, seed=3).cases
    assert len(some) == 10
    assert some == from_corpus(files, limit=10, seed=3).cases
    assert some != from_corpus(files, limit=10, seed=4).cases
    places = [whole.index(case) for case in some]
    assert places == sorted(places) != list(range(10))
    assert from_corpus(files, limit=99).cases == whole


def test_only_what_training_keeps_aside() -> None:
    found = [each for dialogue in read(CORPORA[:1]) for each in examples(dialogue)]
    held = held_out_keys(found, 0.2, 7)
    suite = from_corpus(CORPORA[:1], held_out=0.2, seed=7)
    assert {fold(case.turns[0].ask) for case in suite.cases} <= held
    assert {fold(case.turns[0].ask) for case in suite.cases} == {
        key(each) for each in found if key(each) in held
    }
    assert len(suite.cases) < len(from_corpus(CORPORA[:1]).cases)


def test_nothing_is_held_out_of_so_few(tmp_path: Path) -> None:
    files = written(tmp_path, "hi\tHello!\nbye\tSee you.\n")
    with pytest.raises(DataError, match=r"c\.tsv: no pair is held out; add pairs"):
        from_corpus(files, held_out=0.5)
    for wrong in (0, 1, -0.1, 2):
        with pytest.raises(UsageError, match="held_out must be a share between 0 and 1"):
            from_corpus(files, held_out=wrong)
    with pytest.raises(UsageError, match="limit must be at least 1, not 0"):
        from_corpus(files, limit=0)
    with pytest.raises(UsageError, match="no files to read"):
        from_corpus([])


def test_the_starter_corpora_read_back() -> None:
    suite = from_corpus(CORPORA, limit=200)
    lines = [Line(*each) for each in enumerate(suite_text(suite).split("\n"), 1)]
    assert cases_of(lines, "f") == suite.cases
    assert any(FOLLOW_UP in case.tags for case in suite.cases)
    assert len(list(run_suite(Parrot(), suite))) == 200


def test_a_bot_keeps_what_it_was_taught(tiny_bot: Bot, tmp_path: Path) -> None:
    text = "".join(
        turns(*((turn.role.value, turn.text) for turn in dialogue.turns))
        for dialogue in dialogues()
    )
    suite = from_corpus(written(tmp_path, text, "c.jsonl"))
    assert [case.turns[-1].ask for case in suite.cases].count(SUNDAY) == len(FOLLOW_UPS)
    assert all(result.passed for result in run_suite(tiny_bot, suite))


@pytest.mark.parametrize("language", ["en", "ko"])
def test_unknown(language: str) -> None:
    suite = unknown(language, 20, 3)
    assert suite == unknown(language, 20, 3)
    assert suite != unknown(language, 20, 4)
    assert len({case.name for case in suite.cases}) == 20
    for case in suite.cases:
        assert case.tags == (UNTAUGHT,)
        assert case.turns[0].expected == (Source(("unknown",)),)
    many = unknown(language, 10_000).cases
    fitted = [case for case in many if FITTED in case.tags]
    assert many[-len(fitted) :] == tuple(fitted)
    assert len({fold(case.name) for case in many}) == len(many)
    assert len(many) > 150


def test_what_is_taught_is_no_test() -> None:
    first = unknown("en", 1).cases[0].name
    taught = [NewRow(first.upper() + "!", (), "a", TRAINED, "f:1")]
    names = [case.name for case in unknown("en", 10_000, taught=taught).cases]
    assert first not in names
    assert len(names) == len(unknown("en", 10_000).cases) - 1
    texts = (*unknown_texts.ENGLISH, *strangers_texts.ENGLISH)
    with pytest.raises(UsageError, match="all of the questions are taught"):
        unknown("en", 5, taught=[NewRow(each, (), "a", TRAINED, "f") for each in texts])


def test_training_does_not_know_the_first_ones() -> None:
    for ours, theirs in (
        (unknown_texts.ENGLISH, strangers_texts.ENGLISH),
        (unknown_texts.KOREAN, strangers_texts.KOREAN),
    ):
        assert len(ours) == len({*map(fold, ours)}) >= 50
        assert not {*map(fold, ours)} & {*map(fold, theirs)}
        assert all(text.strip() == text and text for text in ours)


def test_unknown_mistakes() -> None:
    with pytest.raises(UsageError, match=r"no such questions in 'de'; it must be en or ko"):
        unknown("de", 5)
    with pytest.raises(UsageError, match="count must be at least 1, not 0"):
        unknown("en", 0)
