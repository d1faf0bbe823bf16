"""Training's part in the answer memory: rows, questions as they might be asked, files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from stores import SHOP, SYNONYMS, row
from tiny import CONFIG, dialogues

from dialog_s2s.bundle import (
    CARD,
    MEMORY,
    RECALL,
    RECALL_TENSORS,
    THESAURUS,
    TOKENIZER,
    WEIGHTS,
    write_bundle,
)
from dialog_s2s.config import Config, MemoryConfig
from dialog_s2s.memory.keys import key
from dialog_s2s.memory.mixture import NOTHING
from dialog_s2s.memory.ranker import FEATURES, GATES, Ranker
from dialog_s2s.memory.rows import TRAINED, NewRow
from dialog_s2s.memory.similarity import Similarity
from dialog_s2s.memory.stored import open_memory
from dialog_s2s.text.shards import Encoding, Shard, write_shard
from dialog_s2s.text.thesaurus import EMPTY
from dialog_s2s.text.tokenizer import END, Tokenizer
from dialog_s2s.text.turns import Example, Origin, Role, Turn, examples, fold
from dialog_s2s.training import memory as module
from dialog_s2s.training.memory import _queries, files, prior_of, rank, rows_of, thesaurus_of

PLACES = [Origin("faq.yaml", line) for line in (3, 9)]
RANKER = Ranker((1.5,) * len(FEATURES), (0.25,) * len(GATES), (-3.0,) * len(GATES), 2.5)


def user(text: str) -> Turn:
    return Turn(Role.USER, text, Origin("faq.yaml", 4))


def bot(text: str) -> Turn:
    return Turn(Role.BOT, text, Origin("faq.yaml", 5), False, PLACES[0])


def settings(**changes: object) -> Config:
    """With a memory that is learnt from questions as they are, but for these changes."""
    training = {name: changes.pop(name) for name in ("seed", "stray_history") if name in changes}
    memory = {"learned": 8, "misspelt": 0.0, "reworded": 0.0, **changes}
    return replace(
        CONFIG, training=replace(CONFIG.training, **training), memory=MemoryConfig(**memory)
    )


@pytest.fixture
def shard(tokenizer: Tokenizer, tmp_path: Path) -> Shard:
    """The replies of `SHOP`."""
    encodings = [Encoding([4, 9], [*tokenizer.encode(each.answer), END]) for each in SHOP]
    return write_shard(tmp_path / "shop", encodings, tokenizer.size)


def test_an_example_is_a_row_with_where_it_was_read() -> None:
    given = Example((user("when do you open"),), "At nine.", Origin("faq.tsv", 7))
    assert rows_of([given], 4) == [
        NewRow("when do you open", (), "At nine.", TRAINED, "faq.tsv:7", 0)
    ]
    assert rows_of([replace(given, origin=None)], 4)[0].origin == "pairs"


@pytest.mark.parametrize(("turns", "kept"), [(0, 0), (1, 1), (2, 2), (3, 2), (9, 2)])
def test_a_row_has_the_turns_its_question_needs(turns: int, kept: int) -> None:
    history = (user("one"), bot("two"), user("three"), bot("four"), user("five"))
    (made,) = rows_of([Example(history, "six")], turns)
    wanted = (Turn(Role.USER, "three"), Turn(Role.BOT, "four"))
    assert made.context == wanted[2 - kept :]


def test_a_persona_is_not_needed() -> None:
    persona = Turn(Role.SYSTEM, "Be kind.")
    assert rows_of([Example((persona, user("one")), "two")], 4)[0].context == ()
    (made,) = rows_of([Example((user("one"), persona, bot("two"), user("three")), "four")], 4)
    assert [turn.text for turn in made.context] == ["one", "two"]


def test_what_means_the_same_has_the_same_number() -> None:
    meanings = [PLACES[1], None, PLACES[0], PLACES[1], None]
    made = rows_of([Example((user("x"),), "y", None, each) for each in meanings], 0)
    assert [each.intent for each in made] == [1, 0, 2, 1, 0]


def test_the_whole_corpus_becomes_rows() -> None:
    corpus = [example for dialogue in dialogues() for example in examples(dialogue)]
    made = rows_of(corpus, 4)
    assert [each.answer for each in made] == [each.reply for each in corpus]
    assert sum(bool(each.context) for each in made) == 4
    assert rows_of(corpus, 0)[-1].context == ()


def asked(shard: Shard, rows: Sequence[NewRow] = SHOP, seed: int = 1, **changes: object) -> tuple:
    random = np.random.default_rng(seed)
    return _queries(rows, shard, 420, settings(**changes), SYNONYMS, random)


def test_every_row_is_asked_as_it_is(shard: Shard) -> None:
    queries, _ = asked(shard)
    assert len(queries) == 2 * len(SHOP)
    for query in queries:
        wanted = SHOP[query.row]
        assert (query.question, query.context) == (wanted.question, wanted.context)
        assert (query.answer, query.intent) == (wanted.answer, wanted.intent)
    assert sorted(query.row for query in queries[: len(SHOP)]) == list(range(len(SHOP)))


def test_the_first_time_nothing_is_misspelt_the_second_twice_as_much(shard: Shard) -> None:
    queries, _ = asked(shard, misspelt=0.5)
    changed = [query.question != SHOP[query.row].question for query in queries]
    assert not any(changed[: len(SHOP)])
    assert sum(changed[len(SHOP) :]) >= len(SHOP) - 2  # an edit may change nothing


def test_some_are_asked_in_other_words(shard: Shard) -> None:
    """Of the same row, with its answer."""
    queries, nats = asked(shard, reworded=1.0)
    plain, given = asked(shard)
    assert sorted(nats) == pytest.approx(sorted(given))
    assert len(queries) == len(plain) == 2 * len(SHOP)
    changed = set()
    for query in queries:
        wanted = SHOP[query.row]
        assert (query.context, query.answer) == (wanted.context, wanted.answer)
        assert query.intent == wanted.intent
        if query.question not in (wanted.question, fold(wanted.question)):
            changed.add(query.question)
        meant = [SYNONYMS.terms([text])[0].tolist() for text in (query.question, wanted.question)]
        assert meant[0] == meant[1]
    assert changed
    assert all(set(each.split()) & {"start", "up", "end", "녹차"} for each in changed)


def test_what_is_misspelt_is_not_reworded(shard: Shard) -> None:
    half = len(SHOP)
    said = [set[str](), set[str]()]
    for seed in range(8):
        queries, _ = asked(shard, seed=seed, misspelt=0.5, reworded=1.0)
        for place, query in enumerate(queries):
            said[place >= half] |= set(query.question.split())
    assert {"start", "end"} <= said[False]
    assert not {"start", "end"} & said[True]


def test_wordings_are_rows_to_an_answer(shard: Shard, tokenizer: Tokenizer) -> None:
    """Interchangeable answers are one."""
    ranked = rank(SHOP, shard, tokenizer.size, settings(learned=0), None)
    assert ranked.ranker.wordings == pytest.approx(len(SHOP) / 5)


def test_the_thesaurus_is_the_programs_the_users_both_or_none(tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("florp, wibble\n", encoding="utf-8")
    for shipped in (True, False):
        for own in (True, False):
            known = thesaurus_of(settings(thesaurus=shipped, synonyms=str(file) if own else ""))
            assert (known.knows("refund"), known.knows("florp")) == (shipped, own)
            assert (len(known) > 0) == (shipped or own)


def test_where_there_are_many_some_are_asked_once(
    shard: Shard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOKED_UP", 5)
    monkeypatch.setattr(module, "TWICE", 4)
    queries, nats = asked(shard, misspelt=1.0)
    assert len(queries) == len(nats) == len({query.row for query in queries}) == 5
    assert any(query.question != SHOP[query.row].question for query in queries)


def test_turns_that_do_not_matter_come_before_what_needs_none(shard: Shard) -> None:
    queries, _ = asked(shard, stray_history=1.0)
    exchanges = {(each.question, each.answer) for each in SHOP}
    for query in queries:
        wanted = SHOP[query.row]
        if wanted.context:
            assert query.context == wanted.context
        else:
            assert tuple(turn.text for turn in query.context) in exchanges
            assert [turn.role for turn in query.context] == [Role.USER, Role.BOT]


def test_nats_are_those_of_counted_pieces(shard: Shard) -> None:
    queries, nats = asked(shard)
    counts = np.ones(420)
    for place in range(len(shard)):
        for piece in shard.target(place):
            counts[piece] += 1
    for query, found in zip(queries, nats, strict=True):
        wanted = sum(-np.log(counts[piece] / counts.sum()) for piece in shard.target(query.row))
        assert found == pytest.approx(wanted)


def test_the_seed_alone_decides_what_is_asked(shard: Shard) -> None:
    made = [asked(shard, seed=seed, misspelt=0.3, stray_history=0.3)[0] for seed in (1, 1, 2)]
    assert made[0] == made[1] != made[2]


def test_ranking_knows_each_example_without_itself(shard: Shard, tokenizer: Tokenizer) -> None:
    ranked = rank(SHOP, shard, tokenizer.size, settings(), None)
    assert ranked.similarity.table_LD.shape[1] == 8
    assert len(ranked.known) == len(ranked.left) == len(ranked.queries) == 2 * len(SHOP)
    assert (ranked.left < 0).all()
    keys = [key(each.question, each.context) for each in SHOP]
    for place, query in enumerate(ranked.queries):
        near = ranked.near.rows_QK[place, ranked.near.there_QK[place]]
        assert all(keys[row] != keys[query.row] for row in near)
    known = {query.row: float(ranked.known[place]) for place, query in enumerate(ranked.queries)}
    assert known[2] > known[5]  # "At six." is given to another question, "At four." to none


def test_without_a_prior_only_neighbours_know(shard: Shard, tokenizer: Tokenizer) -> None:
    known = {}
    for prior in (True, False):
        ranked = rank(SHOP, shard, tokenizer.size, settings(prior=prior), None)
        (place, _) = (place for place, query in enumerate(ranked.queries) if query.row == 0)
        known[prior] = ranked.known[place]
    # the only other row with this answer has this question
    assert known[True] > -20
    assert known[False] < -500
    assert prior_of(SHOP, tokenizer, settings(prior=False)) is NOTHING


def test_the_prior_counts_answers(tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    def pieces(answer: str) -> tuple[int, ...]:
        return (*tokenizer.encode(answer), END)

    prior = prior_of(SHOP, tokenizer, settings())
    assert len(prior) == 6
    assert prior.of(pieces("At nine.")) == pytest.approx(2 / 9)
    assert prior.of(pieces("At four.")) == pytest.approx(1 / 9)
    assert prior.of(pieces("At eight.")) == 0.0
    monkeypatch.setattr(module, "USED_MOST", 3)
    few = prior_of(SHOP, tokenizer, settings())
    assert few.of(pieces("At nine.")) == pytest.approx(1 / 3)
    assert few.of(pieces("At four.")) == 0.0


def test_files_are_read_back(tokenizer: Tokenizer, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    similarity = Similarity.counted([each.question for each in SHOP], SYNONYMS, 4)
    similarity.table_LD[:] = random.normal(size=similarity.table_LD.shape)
    prior = prior_of(SHOP, tokenizer, settings())
    made = files(SHOP, similarity, RANKER, prior, "", {"known": 1})
    assert made == files(SHOP, similarity, RANKER, prior, "", {"known": 1})
    assert set(made) == {MEMORY, RECALL, RECALL_TENSORS, THESAURUS}
    others = dict.fromkeys(("config.yaml", WEIGHTS, CARD), b"")
    place = write_bundle(tmp_path / "x", {**others, TOKENIZER: tokenizer.model, **made})
    opened = open_memory(place, tokenizer)
    assert opened is not None
    memory, tree = opened
    with memory.rows as rows:
        assert [(each.question, each.context, each.answer, each.intent) for each in rows] == [
            (each.question, each.context, each.answer, each.intent) for each in SHOP
        ]
    assert memory.ranker == RANKER
    assert memory.prior.answers == prior.answers
    assert memory.prior.counts == prior.counts
    assert memory.similarity.thesaurus.json() == SYNONYMS.json()
    assert np.allclose(memory.similarity.table_LD, similarity.table_LD, rtol=2e-3, atol=1e-3)
    assert tree["confidence"] == {"known": 1}


@pytest.mark.parametrize(
    ("questions", "language"),
    [
        (["when do you open", "녹차 있어요", "녹차를 파나요"], "ko"),
        (["when do you open", "what time do you open", "녹차를 파나요"], "en"),
        (["12", "?!"], ""),
    ],
)
def test_the_language_is_that_of_most_questions(questions: list[str], language: str) -> None:
    rows = [row(question, "x") for question in questions]
    similarity = Similarity.counted(questions, EMPTY)
    assert all(map(fold, questions))
    made = files(rows, similarity, RANKER, NOTHING, "", None)
    assert json.loads(made[RECALL])["language"] == language
