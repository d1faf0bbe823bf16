"""Going on from a trained bot: its pairs, what it was taught, its weights."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tiny import CONFIG, REPLIES, brief, dialogues

from dialog_s2s import Bot, train
from dialog_s2s.bundle import TOKENIZER, open_bundle
from dialog_s2s.config import Config, MemoryConfig
from dialog_s2s.errors import BundleError, UsageError
from dialog_s2s.interfaces.command import main
from dialog_s2s.memory.rows import TRAINED
from dialog_s2s.text.turns import Origin, Role, Turn, examples
from dialog_s2s.training.ancestor import RATE, Ancestor

QUESTION, ANSWER = "do you mend kettles", "Yes, those that we sold."
LATER, EARLIER = "and pots?", (Turn(Role.USER, QUESTION), Turn(Role.BOT, ANSWER))
MORE = ("may dogs come in", "Yes, on a lead.")

BRIEF = Config(training=replace(CONFIG.training, steps=3, learning_rate=None))


@pytest.fixture(scope="module")
def taught(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tiny bot, taught a pair and a follow-up to it."""
    place = tmp_path_factory.mktemp("taught") / "bot"
    shutil.copytree(tiny_bundle, place)
    bot = Bot.load(place)
    bot.teach(QUESTION, ANSWER)
    bot.teach(LATER, "Pots too.", EARLIER)
    return place


@pytest.fixture(scope="module")
def grown(taught: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bot that went on from it, with a pair more."""
    place = tmp_path_factory.mktemp("grown") / "bot"
    train([MORE], place, base=taught, config=BRIEF)
    return place


def test_all_it_remembered_is_learnt(taught: Path, grown: Path) -> None:
    bot = Bot.load(grown)
    assert bot.memory is not None
    rows = list(bot.memory.rows)
    old = Ancestor.load(taught)
    assert len(rows) == len(old.rows) + 1
    assert {row.kind for row in rows} == {TRAINED}
    assert {row.origin for row in old.rows if row.kind == TRAINED} <= {row.origin for row in rows}
    for question, answer, before in (
        (QUESTION, ANSWER, ()),
        (LATER, "Pots too.", EARLIER),
        (*MORE, ()),
        ("hello", REPLIES["hello"], ()),
    ):
        reply = bot.reply(question, before, threshold=0)
        assert (reply.text, reply.source) == (answer, "exact")
    assert bot.taught() == []


def test_it_begins_with_the_weights(taught: Path, grown: Path, tiny_bot: Bot) -> None:
    """After three updates it still says what took hundreds to learn."""
    assert open_bundle(grown).read(TOKENIZER) == open_bundle(taught).read(TOKENIZER)
    bot = Bot.load(grown)
    alone = Bot(bot.engine, bot.format, bot.config, grown)
    said = [alone.reply(question).text for question in REPLIES]
    assert sum(map(str.__eq__, said, REPLIES.values())) > 0.9 * len(REPLIES)
    assert bot.config.model == tiny_bot.config.model
    assert bot.config.text == tiny_bot.config.text
    known = tiny_bot.config.training.learning_rate
    assert known is not None
    assert bot.config.training.learning_rate == pytest.approx(RATE * known)


def test_a_pair_that_is_in_the_files_too_is_learnt_once(taught: Path) -> None:
    ancestor = Ancestor.load(taught)
    others = [example for dialogue in dialogues() for example in examples(dialogue)]
    left = [example for each in ancestor.dialogues(others) for example in examples(each)]
    assert {example.question for example in left} == {QUESTION, LATER}
    assert [example.origin for example in left] == [Origin("taught", 0)] * 2
    assert str(left[0].origin) == "taught"
    assert len(ancestor.dialogues([])) == len(ancestor.rows)
    assert ancestor.taught == 2


def test_in_its_own_place_what_was_taught_is_there_once(taught: Path, tmp_path: Path) -> None:
    place = tmp_path / "bot"
    shutil.copytree(taught, place)
    told: list[str] = []
    train((), place, base=place, config=BRIEF, replace=True, say=told.append)
    assert not any(line.startswith("Kept") for line in told)
    assert "of which it was taught 2" in told[0]
    bot = Bot.load(place)
    assert bot.memory is not None
    assert [row.question for row in bot.memory.rows].count(QUESTION) == 1


def test_what_was_forgotten_stays_away_and_weights_begin_anew(taught: Path, tmp_path: Path) -> None:
    place = tmp_path / "bot"
    shutil.copytree(taught, place)
    Bot.load(place).forget("coffee")
    ancestor = Ancestor.load(place)
    assert ancestor.shape is None
    assert ancestor.weights is None
    told: list[str] = []
    train((), tmp_path / "next", base=place, config=brief(3), say=told.append)
    assert "begin anew" in told[0]
    memory = Bot.load(tmp_path / "next").memory
    assert memory is not None
    assert not any("coffee" in str(row) for row in memory.rows)


def test_of_what_was_taught_and_forgotten_the_weights_know_nothing(
    taught: Path, tmp_path: Path
) -> None:
    place = tmp_path / "bot"
    shutil.copytree(taught, place)
    Bot.load(place).forget(QUESTION)
    ancestor = Ancestor.load(place)
    assert ancestor.weights is not None
    assert ancestor.taught == 0
    assert not any(QUESTION in str(row) for row in ancestor.rows)


def test_of_a_bot_that_records_nothing_it_is_not_known_what_was_forgotten(
    taught: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "bot"
    shutil.copytree(taught, place)
    Bot.load(place).forget(QUESTION)
    monkeypatch.setattr("dialog_s2s.training.ancestor._recorded", lambda bundle: None)
    assert Ancestor.load(place).weights is None


def test_weights_are_of_one_model(taught: Path) -> None:
    ancestor = Ancestor.load(taught)
    wider = Config(model=replace(ancestor.config.model, width=96))
    with pytest.raises(UsageError, match="other settings of `model`"):
        ancestor.settings(wider, given=True)
    own = ancestor.config
    assert ancestor.settings(Config(), given=False).memory == own.memory
    chosen = Config(memory=MemoryConfig(precision=0.5))
    assert ancestor.settings(chosen, given=True).memory == chosen.memory


def test_there_must_be_a_bot_with_a_memory(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no bot here"):
        Ancestor.load(tmp_path / "none")
    forgetful = replace(brief(1), memory=replace(CONFIG.memory, enabled=False))
    train(dialogues(), tmp_path / "bot", config=forgetful)
    with pytest.raises(UsageError, match="no answer memory"):
        Ancestor.load(tmp_path / "bot")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["train", "--out", "x"], "give a corpus FILE, or --from BUNDLE"),
        (["train", "--plan", "--from", "x"], "has the bot's settings"),
    ],
)
def test_wrong_usage(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert told in capsys.readouterr().err
