"""Whatever is given as pairs becomes a corpus, a survey of it, and two sides to train with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tiny import CONFIG, FOLLOW_UPS, REPLIES, SINGLES, dialogues

from dialog_s2s.errors import ConfigError, DataError, UsageError
from dialog_s2s.text.split import key
from dialog_s2s.text.tokenizer import END
from dialog_s2s.text.turns import fold
from dialog_s2s.training import corpus as module
from dialog_s2s.training.corpus import Corpus, corpus_of, prepare, survey
from dialog_s2s.training.sizing import choose

TEXT = choose(CONFIG, survey(corpus_of(SINGLES)), "float32", 1)[0].text
PAIRS = [("one?", "1"), ("two, or 2?", "2")]


def asked(corpus: Corpus) -> list[tuple[str, str]]:
    return [(example.question, example.reply) for example in corpus]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """The pairs in a CSV and in a JSON Lines file."""
    table, lines = tmp_path / "a.csv", tmp_path / "b.jsonl"
    table.write_text("".join(f'"{q}","{a}"\n' for q, a in PAIRS))
    lines.write_text("".join(json.dumps({"question": q, "answer": a}) + "\n" for q, a in PAIRS))
    return [table, lines]


@pytest.mark.parametrize(
    "data",
    [
        PAIRS,
        tuple(PAIRS),
        iter(PAIRS),
        [list(pair) for pair in PAIRS],
        [{"question": q, "answer": a} for q, a in PAIRS],
        [{"turns": [{"role": "user", "text": q}, {"role": "bot", "text": a}]} for q, a in PAIRS],
        [PAIRS[0], {"question": PAIRS[1][0], "answer": PAIRS[1][1]}],
    ],
    ids=["list", "tuple", "iterator", "lists", "mappings", "turns", "mixed"],
)
def test_pairs_of_any_shape(data: object) -> None:
    corpus = corpus_of(data)
    assert asked(corpus) == PAIRS
    assert asked(corpus) == PAIRS  # again


def test_dialogues_pass_as_they_are() -> None:
    found = asked(corpus_of(dialogues()))
    assert found == [*SINGLES, *(("and on Sunday", reply) for reply in FOLLOW_UPS.values())]


def test_files_of_any_shape(files: list[Path]) -> None:
    for one in (files[0], str(files[0]), [files[0]], (str(files[1]),)):
        assert asked(corpus_of(one)) == PAIRS
    assert asked(corpus_of(files)) == PAIRS * 2
    assert [example.origin.line for example in corpus_of(files) if example.origin] == [1, 2, 1, 2]


def test_the_format_is_passed_on(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one?\t1\n")
    assert asked(corpus_of(tmp_path / "a.txt", "tsv")) == [("one?", "1")]
    with pytest.raises(UsageError, match="unknown format"):
        corpus_of([tmp_path / "a.txt"], "cvs")


@pytest.mark.parametrize("data", [[], (), iter([]), {}])
def test_no_pairs(data: object) -> None:
    with pytest.raises(DataError, match="no pairs to train on"):
        corpus_of(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (5, "paths or pairs, but is int"),
        (None, "paths or pairs, but is NoneType"),
        ([("one",)], "1 values"),
        ([("one?", "1"), "b.csv"], "a text"),
        ([("one?", " ")], "answer is empty"),
        (b"bytes", "a number"),
    ],
)
def test_what_is_not_pairs(data: object, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        corpus_of(data)


def test_a_large_corpus_is_read_anew(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 1)
    corpus = corpus_of(files)
    assert asked(corpus) == PAIRS * 2
    files[0].write_text('"three?","3"\n')
    assert asked(corpus) == [("three?", "3"), *PAIRS]
    monkeypatch.setattr(module, "KEPT", 3)
    kept = corpus_of(files)
    files[0].write_text('"four?","4"\n')
    assert asked(kept)[0] == ("three?", "3")


def test_a_survey_counts() -> None:
    found = survey(corpus_of(dialogues()))
    assert found.pairs == len(SINGLES) + len(FOLLOW_UPS)
    assert found.questions == len(REPLIES)
    assert found.replies == len({*REPLIES.values(), *FOLLOW_UPS.values()})
    assert (found.with_history, found.usual_history) == (len(FOLLOW_UPS), 2)
    texts = {*REPLIES, *REPLIES.values(), *FOLLOW_UPS.values(), "and on Sunday"}
    assert found.characters == sum(map(len, texts))


def test_questions_differ_by_more_than_case_and_marks() -> None:
    assert survey(corpus_of([("Hello", "a"), ("hello!", "b"), ("other", "a")])).questions == 2


def test_a_system_line_is_no_history() -> None:
    lines = [("system", "Be kind."), ("user", "hi"), ("bot", "hello")]
    turns = {"turns": [{"role": role, "text": text} for role, text in lines]}
    found = survey(corpus_of([turns, ("bye", "bye")]))
    assert (found.with_history, found.usual_history) == (0, 0)


@pytest.mark.parametrize("pairs", [[("one?", "1")], [("One", "1"), ("one?", "1"), ("ONE!", "1")]])
def test_two_different_pairs_are_needed(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(DataError, match="at least two different"):
        survey(corpus_of(pairs))


def test_an_empty_corpus_has_no_survey() -> None:
    with pytest.raises(DataError, match="no question-answer pairs"):
        survey([])


def test_both_sides_are_encoded(tmp_path: Path) -> None:
    corpus = corpus_of(dialogues())
    text = replace(TEXT, held_out=0.2, fold_sources=True)
    made = prepare(corpus, text, 1, tmp_path)
    held = {key(example) for example in corpus if key(example)}
    assert (len(made.learnt) + len(made.held_out), made.cut) == (34, 0)
    assert len(made.held_out) == 6
    decode = made.format.tokenizer.decode
    learnt = {fold(decode(made.learnt.source(i))) for i in range(len(made.learnt))}
    spared = {fold(decode(made.held_out.source(i))) for i in range(len(made.held_out))}
    assert not learnt & spared
    assert spared <= held
    for side in (made.learnt, made.held_out):
        for index in range(len(side)):
            *reply, end = side.target(index)
            assert end == END
            assert decode(reply) in {*REPLIES.values(), *FOLLOW_UPS.values()}


def test_the_vocabulary_knows_the_learnt_side_alone(tmp_path: Path) -> None:
    words = ("tea", "milk", "soup", "rice", "뷁뷁뷁")
    corpus = corpus_of([(f"{word} please", "yes") for word in words])
    cases = set()
    for seed in range(12):
        made = prepare(corpus, replace(TEXT, held_out=0.2), seed, tmp_path)
        tokenizer = made.format.tokenizer
        hidden = "뷁" in tokenizer.decode(made.held_out.source(0))
        known = any("뷁" in tokenizer.piece(index) for index in range(tokenizer.size))
        assert known is not hidden
        cases.add(hidden)
    assert cases == {True, False}


def test_long_replies_are_cut_and_counted(tmp_path: Path) -> None:
    pairs = [("one?", "a b c d e f g h i j k l m n o p"), ("two?", "2")]
    text = replace(TEXT, max_target_tokens=6)
    made = prepare(corpus_of(pairs), text, 1, tmp_path)
    assert made.cut == 1
    assert len(made.learnt.target(0)) == 6
    assert made.learnt.target(0)[-1] == made.learnt.target(1)[-1] == END


def test_slots_stand_for_words_not_for_phrases(tmp_path: Path) -> None:
    text = replace(TEXT, slots=3, phrases=True)
    with pytest.raises(ConfigError, match=r"text\.slots stand for words"):
        prepare(corpus_of(SINGLES), text, 1, tmp_path)


def test_names_are_slots_in_what_is_learnt(tmp_path: Path) -> None:
    asked = [(f"my order is n{number}", f"it is n{number}.") for number in range(20)]
    counted = survey(corpus_of(asked))
    assert (counted.slots > 0, counted.repeating) == (True, 1.0)
    text = replace(TEXT, slots=counted.slots, phrases=False, vocabulary=300)
    prepared = prepare(corpus_of(asked), text, 1, tmp_path)
    first = prepared.format.tokenizer.size
    assert prepared.format.size == first + counted.slots
    for place in range(20):
        source, target = prepared.learnt.source(place), prepared.learnt.target(place)
        assert source[-1] == target[-3] == first
        assert target[-1] == END
    # the vocabulary is of words, not of names
    assert not {"n1", "▁n1"} & {prepared.format.tokenizer.piece(n) for n in range(first)}
