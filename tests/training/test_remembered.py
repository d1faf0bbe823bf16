"""Answers remembered for other questions, before the turns that the encoder reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny import CONFIG, SUNDAY, brief, dialogues

from dialog_s2s import Bot, train
from dialog_s2s.config import Config
from dialog_s2s.memory.keys import key
from dialog_s2s.memory.ranker import FEATURES, GATES, Ranker
from dialog_s2s.memory.rows import TRAINED, NewRow, Row
from dialog_s2s.memory.similarity import Similarity
from dialog_s2s.text.thesaurus import EMPTY
from dialog_s2s.text.tokenizer import END
from dialog_s2s.text.turns import Role, Turn
from dialog_s2s.training.corpus import corpus_of, prepare
from dialog_s2s.training.neighbours import Neighbours
from dialog_s2s.training.recollection import Recollection
from dialog_s2s.training.remembered import answers

ROWS = [NewRow(str(each), (), f"answer {each // 2}", TRAINED, "x:1") for each in range(6)]


def near(rows: list[list[int]], lexical: list[list[float]]) -> Neighbours:
    shape = len(rows), max(map(len, rows))
    rows_QK, there_QK = np.zeros(shape, np.int64), np.zeros(shape, bool)
    features_QKF = np.zeros((*shape, len(FEATURES)), np.float32)
    for place, (chosen, alike) in enumerate(zip(rows, lexical, strict=True)):
        rows_QK[place, : len(chosen)] = chosen
        there_QK[place, : len(chosen)] = True
        features_QKF[place, : len(chosen), FEATURES.index("lexical")] = alike
    nothing = np.zeros(shape, bool)
    gates = np.zeros((len(rows), len(GATES)), np.float32)
    asked = Similarity.counted([], EMPTY).bags([""] * len(rows))
    return Neighbours(
        asked, rows_QK, there_QK, features_QKF, gates, nothing, nothing, np.zeros(len(rows))
    )


def test_the_weightiest_different_answers() -> None:
    found = near([[0, 1, 4], [5, 2], []], [[0.2, 0.1, 0.9], [0.5, 0.5], []])
    ranker = Ranker(
        tuple(float(name == "lexical") for name in FEATURES), *[(0.0,) * len(GATES)] * 2
    )
    for count in (1, 2, 3):
        assert answers(ranker, found.features_QKF, found, ROWS, count) == [
            ["answer 2", "answer 0"][:count],
            ["answer 1", "answer 2"][:count],
            [],
        ]


def config(neighbours: int, base: Config = CONFIG) -> Config:
    return replace(
        base,
        text=replace(base.text, held_out=0.2, phrases=False),
        memory=replace(base.memory, neighbours=neighbours, learned=0, misspelt=0.0, reworded=0.0),
    )


@pytest.mark.parametrize("count", [1, 3])
def test_training_reads_what_a_bot_does_that_was_never_taught_the_example(
    tmp_path: Path, count: int
) -> None:
    settings = config(count)
    prepared = prepare(corpus_of(dialogues()), settings.text, 1, tmp_path)
    made = Recollection(prepared, settings, None, tmp_path)
    report = train(dialogues(), tmp_path / "x", config=config(count, brief(1)))
    bot = Bot.load(tmp_path / "x")
    assert bot.memory is not None
    # the bot remembers what was held out too, and ranks by its own share
    bot.memory.ranker = made._ranked.ranker
    learnt = {key(row.question, row.context) for row in made._rows}
    assert report.held_out_pairs == len(made.prepared.held_out) > 3
    sides = (
        (made.prepared.learnt, made.prepared.learnt_examples),
        (made.prepared.held_out, made.prepared.held_out_examples),
    )
    begun = 0
    for shard, given in sides:
        assert len(shard) == len(given)
        for place, example in enumerate(given):

            def unknown(row: Row, own: str = example.question) -> bool:
                return row.question == own or key(row.question, row.context) not in learnt

            if example.question == SUNDAY:  # another follow-up in its words would get a bonus
                continue

            recalled = bot.recall(example.history, unknown)
            assert shard.source(place) == bot.source(example.history, recalled)
            assert shard.target(place)[-1] == END
            begun += shard.source(place)[0] == bot.format.tokenizer.memory
    assert begun > 20


def test_no_neighbours_change_nothing(tmp_path: Path) -> None:
    prepared = prepare(corpus_of(dialogues()), config(0).text, 1, tmp_path)
    assert Recollection(prepared, config(0), None, tmp_path).prepared is prepared


def test_an_answer_taught_a_moment_ago_is_read(tmp_path: Path) -> None:
    train(dialogues(), tmp_path / "x", config=config(1, brief(1)))
    bot = Bot.load(tmp_path / "x")
    bot.teach("do you sell milk", "Only oat milk.")
    turns = (Turn(Role.USER, "do you sell milk today"),)
    tokenizer = bot.format.tokenizer
    wanted = [tokenizer.memory, *tokenizer.encode("Only oat milk.")]
    assert bot.source(turns, bot.recall(turns))[: len(wanted)] == wanted


def test_names_in_the_source_are_copied_by_a_trained_bot(tmp_path: Path) -> None:
    """Not one of the names asked for was ever in a reply."""
    names = [
        a + b + c for a in "bdfglmnt" for b in ("an", "er", "il", "us") for c in ("o", "a", "")
    ]
    taught, asked = names[::5] + names[1::5] + names[2::5] + names[3::5], names[4::5]
    pairs = [
        pair
        for name in taught
        for pair in ((f"please greet {name}", f"hello {name}"), (f"not {name}", "fine"))
    ]
    settings = replace(
        brief(500),
        text=replace(CONFIG.text, phrases=False, vocabulary=300),
        model=replace(CONFIG.model, copy=True),
        memory=replace(CONFIG.memory, enabled=False),
    )
    train(pairs, tmp_path / "x", config=settings)
    bot = Bot.load(tmp_path / "x")
    right = sum(bot.reply(f"please greet {name}").text == f"hello {name}" for name in asked)
    assert right >= len(asked) - 2
