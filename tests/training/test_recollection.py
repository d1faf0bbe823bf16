"""The answer memory through a run: told to the generator, fitted to it, written with all pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from stores import Meanings
from tiny import ANSWERS, CONFIG, FOLLOW_UPS, SINGLES, SUNDAY, brief, dialogues

from dialog_s2s import Bot, train
from dialog_s2s.bundle import MEMORY, RECALL, RECALL_TENSORS, THESAURUS, open_bundle
from dialog_s2s.config import Config
from dialog_s2s.errors import BundleError
from dialog_s2s.evaluation.metrics import joint_likelihood, likelihood
from dialog_s2s.memory.embeddings import SentenceEncoder
from dialog_s2s.memory.ranker import FEATURES
from dialog_s2s.memory.recall import NOTHING_RECALLED
from dialog_s2s.memory.rows import Row, Rows
from dialog_s2s.model.build import Pieces, build
from dialog_s2s.text.tokenizer import PADDING
from dialog_s2s.text.turns import Example, Role, Turn, examples
from dialog_s2s.training import recollection as module
from dialog_s2s.training.corpus import corpus_of, prepare
from dialog_s2s.training.recollection import FLOOR, Recollection, taught_before

REWORDED = {
    "when exactly do you open": "We open at nine.",
    "at what time will you close": "We close at six.",
    "I want to see the closing time": "We close at six.",
    "is there any tea": "Yes, green and black tea.",
    "may I have coffee please": "No, we have no coffee.",
    "what was your address again": "In the old street.",
    "tell me your name please": "My name is Tiny.",
    "good good morning": "Hello there!",
    "녹차 하나 주세요": "네, 녹차를 팝니다.",
}
"""Questions of the test's own, and the replies of `tiny` that are right."""


def sized(config: Config = CONFIG, **memory: object) -> Config:
    """`config` with a memory of these settings."""
    given = {"learned": 8, "misspelt": 0.3, "reworded": 0.0, **memory}
    return replace(config, memory=replace(config.memory, **given))


def asked(questions: dict[str, str]) -> list[Example]:
    return [Example((Turn(Role.USER, q),), a) for q, a in questions.items()]


def rows_of(place: Path) -> list[Row]:
    with Rows.open(place / MEMORY) as rows:
        return list(rows)


def recollected(folder: Path, config: Config, held_out: float = 0.0) -> Recollection:
    text = replace(config.text, held_out=held_out, phrases=False)
    corpus = corpus_of(dialogues())
    folder.mkdir(exist_ok=True)
    prepared = prepare(corpus, text, 1, folder)
    return Recollection(prepared, replace(config, text=text), None, folder)


def test_all_pairs_are_in_the_memory_with_their_places(tmp_path: Path) -> None:
    file = tmp_path / "faq.tsv"
    file.write_text("".join(f"{question}\t{answer}\n" for question, answer in SINGLES))
    config = sized(replace(brief(2), text=replace(CONFIG.text, held_out=0.2)))
    report = train(file, tmp_path / "x", config=config)
    assert report.held_out_pairs == 6
    found = {(row.question, row.answer): row.origin for row in rows_of(tmp_path / "x")}
    assert found == {pair: f"{file}:{line}" for line, pair in enumerate(SINGLES, 1)}


def test_follow_ups_keep_what_they_follow(tiny_bundle: Path) -> None:
    found = [row for row in rows_of(tiny_bundle) if row.question == SUNDAY]
    assert {row.context[0].text: row.answer for row in found} == FOLLOW_UPS
    assert all(len(row.context) == 2 for row in found)
    assert all(not row.context for row in rows_of(tiny_bundle) if row.question != SUNDAY)


def test_a_bot_without_a_memory(tmp_path: Path) -> None:
    report = train(dialogues(), tmp_path / "x", config=sized(brief(2), enabled=False))
    assert report.calibrated is None
    assert (
        not {MEMORY, RECALL, RECALL_TENSORS, THESAURUS} & open_bundle(tmp_path / "x").files.keys()
    )
    assert not (tmp_path / "x" / "memory.index").exists()
    bot = Bot.load(tmp_path / "x")
    assert bot.memory is None
    assert bot.reply("hello").source == "generated"
    assert bot.recall((Turn(Role.USER, "hello"),)) is NOTHING_RECALLED
    assert "no answer memory" in open_bundle(tmp_path / "x").read("README.md").decode()


def test_the_memory_adds_to_the_likelihood(tiny_bot: Bot) -> None:
    """Of what it was trained on, and of what it was never asked."""
    taught = [example for dialogue in dialogues() for example in examples(dialogue)]
    for part in (taught, asked(REWORDED)):
        alone, joined = likelihood(tiny_bot, part), joint_likelihood(tiny_bot, part)
        assert joined.nats < alone.nats


def test_a_generator_that_knows_nothing_is_helped_most(tmp_path: Path) -> None:
    train(dialogues(), tmp_path / "x", config=sized(brief(1)))
    bot = Bot.load(tmp_path / "x")
    taught = asked(dict(SINGLES))
    assert joint_likelihood(bot, taught).nats < 0.05 * likelihood(bot, taught).nats
    right = sum(bot.reply(q, threshold=0.0).text == a for q, a in REWORDED.items())
    assert right >= len(REWORDED) - 1


def test_what_the_generator_is_told_is_what_its_memory_makes_of_the_example_unspelt(
    tmp_path: Path,
) -> None:
    made = recollected(tmp_path / "a", sized(misspelt=0.5))
    plain = recollected(tmp_path / "b", sized(misspelt=0.0))
    for each in (made, plain):
        told, ranked = each.joint(), each._ranked
        first = {query.row: place for place, query in reversed(list(enumerate(ranked.queries)))}
        assert len(first) == len(SINGLES) + len(FOLLOW_UPS) == len(told._known_N)
        for row, place in first.items():
            assert ranked.queries[place].question == each._rows[row].question
            assert told._known_N[row] == ranked.known[place]
            assert told._left_N[row] == ranked.left[place]
        assert told.weights(np.arange(len(first))).min() == pytest.approx(FLOOR, abs=1e-3)


def test_examples_that_were_not_looked_up_count_in_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialog_s2s.training.memory.LOOKED_UP", 10)
    told = recollected(tmp_path, sized()).joint()
    weights = told.weights(np.arange(len(SINGLES) + len(FOLLOW_UPS)))
    assert (weights == 1.0).sum() >= len(weights) - 10
    assert weights.min() < 0.5


def test_one_line_tells_what_it_knows(tmp_path: Path) -> None:
    told = recollected(tmp_path, sized()).told()
    assert told.startswith("The answer memory holds 34 pairs; for ")
    assert 0 < int(told.partition("%")[0].split()[-1]) < 100


def test_its_share_is_fitted_where_enough_was_held_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = sized()
    made = recollected(tmp_path, config, held_out=0.3)
    tokenizer = made.prepared.format.tokenizer
    model = build(config.model, Pieces(tokenizer.size, PADDING, tokenizer.openers))
    assert made._refitted(model) is made._ranked.ranker
    monkeypatch.setattr(module, "ENOUGH", 5)
    fitted, before = made._refitted(model), made._ranked.ranker
    # such a generator is of no use
    assert fitted.generator[0] < before.generator[0]
    assert fitted.generator[1:] == pytest.approx(before.generator[1:])


def test_a_pretrained_encoder_is_learnt_to_be_counted_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = {"open": ("open", "start"), "end": ("close", "end"), "tea": ("tea", "chai", "차")}
    pairs = [
        (f"{frame} {word}", f"It is about {topic}.")
        for topic, these in words.items()
        for word in these
        for frame in ("please", "what of", "and", "now")
    ]
    monkeypatch.setattr(SentenceEncoder, "load", lambda place: Meanings())
    config = sized(brief(2), learned=0, embeddings="a/model")
    train(pairs, tmp_path / "x", config=config)
    bot = Bot.load(tmp_path / "x")
    assert bot.memory is not None
    assert bot.config.memory.embeddings == "a/model"
    assert bot.memory.ranker.features[FEATURES.index("pretrained")] > 3.0
    (best, *_) = bot.recall((Turn(Role.USER, "chai"),)).candidates
    assert best.row.answer == "It is about tea."


def test_what_was_taught_outlives_the_training(tmp_path: Path) -> None:
    place = tmp_path / "x"
    train(dialogues(), place, config=sized(brief(1)))
    bot = Bot.load(place)
    bot.teach("do you sell milk", "Only oat milk.")
    before = Turn(Role.USER, "do you sell tea"), Turn(Role.BOT, "Yes, green and black tea.")
    bot.teach("and on Monday", "Mondays too.", before)
    bot.fix(bot.reply("hello"), "Welcome!")
    bot.memory.rows.close()  # type: ignore[union-attr]
    wanted = [replace(row, id=0) for row in rows_of(place) if row.kind != "trained"]
    assert [row.kind for row in wanted] == ["taught", "taught", "fixed"]
    said: list[str] = []
    train(dialogues(), place, config=sized(brief(1)), replace=True, say=said.append)
    assert "Kept 3 pairs that the bot there was taught." in said
    found = rows_of(place)
    assert [replace(row, id=0) for row in found if row.kind != "trained"] == wanted
    assert len(found) == 34 + 3
    assert (place / MEMORY).stat().st_mode & 0o077 == 0
    assert Bot.load(place).reply("Do you sell milk?").text == "Only oat milk."


def test_what_was_taught_is_read_before_hours_of_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(dialogues(), tmp_path / "x", config=sized(brief(1)))
    (tmp_path / "x" / MEMORY).write_bytes(b"not a memory")

    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("dialog_s2s.training.train.fit", never)
    with pytest.raises(BundleError, match="memory"):
        train(dialogues(), tmp_path / "x", config=sized(brief(1)), replace=True)


@pytest.mark.parametrize("files", [(), ("manifest.json",), ("memory.db",)])
def test_where_there_was_no_bot_nothing_was_taught(tmp_path: Path, files: Sequence[str]) -> None:
    for name in files:
        (tmp_path / name).write_text("{}")
    assert taught_before(tmp_path) == []
    assert taught_before(tmp_path / "none") == []


def test_the_corpus_has_what_is_reworded() -> None:
    assert set(REWORDED.values()) <= set(ANSWERS)
    assert not set(REWORDED) & {question for question, _ in SINGLES}
