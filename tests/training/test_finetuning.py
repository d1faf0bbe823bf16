"""Fine-tuning: a few new pairs in a few updates, nothing forgotten, what is fitted inherited."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny import CONFIG, FOLLOW_UPS, REPLIES, SUNDAY, brief, dialogues

from dialog_s2s import Bot, train
from dialog_s2s.bundle import MANIFEST, MEMORY, RECALL, RECALL_TENSORS, THESAURUS, open_bundle
from dialog_s2s.config import Config, TrainingConfig
from dialog_s2s.errors import BundleError, Stopped, UsageError
from dialog_s2s.memory.rows import TRAINED, Rows
from dialog_s2s.model.build import build
from dialog_s2s.model.weights import load_weights
from dialog_s2s.text.batches import plain
from dialog_s2s.text.turns import Role, Turn, examples
from dialog_s2s.training import ancestor as ancestor_module
from dialog_s2s.training import finetuning as module
from dialog_s2s.training.ancestor import Ancestor
from dialog_s2s.training.corpus import corpus_of, prepare
from dialog_s2s.training.finetuning import OLD, Tuning
from dialog_s2s.training.folder import RECORD, in_the_way, run_folder
from dialog_s2s.training.monitor import Event, Silent
from dialog_s2s.training.objective import measure
from dialog_s2s.training.stopping import FINISH, GO_ON, LEAVE

MORE = ("may Ottilie Brzezinski bring dogs", "Yes, Ottilie, on a lead.")
NAMED = ("쭈꾸미 담당이 누구예요", "햇님반 뷁댕이예요.")
HELD = replace(CONFIG, text=replace(CONFIG.text, held_out=0.2), training=brief(60).training)


@pytest.fixture(scope="module")
def tuned(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The tiny bot with a pair more, and what was told."""
    place = tmp_path_factory.mktemp("tuned") / "bot"
    told: list[str] = []
    train([MORE], place, base=tiny_bundle, say=told.append)
    return place, told


@pytest.fixture(scope="module")
def partly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bot of which a part was held out."""
    place = tmp_path_factory.mktemp("partly") / "bot"
    train(dialogues(), place, config=HELD)
    return place


def said(bot: Bot) -> dict[str, str]:
    """What it says to all that the tiny bot was trained on."""
    found = {question: bot.reply(question, threshold=0).text for question in REPLIES}
    for before in FOLLOW_UPS:
        turns = (Turn(Role.USER, before), Turn(Role.BOT, REPLIES[before]))
        found[f"{before} {SUNDAY}"] = bot.reply(SUNDAY, turns, threshold=0).text
    return found


def alone(bot: Bot, place: Path) -> Bot:
    return Bot(bot.engine, bot.format, bot.config, place)


def pairs_of(place: Path) -> dict[str, int]:
    found: dict[str, int] = json.loads((place / RECALL).read_text())["pairs"]
    return found


def digest(place: Path) -> str:
    return hashlib.sha256((place / MANIFEST).read_bytes()).hexdigest()


def test_the_new_is_learnt_and_the_old_kept(tuned: tuple[Path, list[str]], tiny_bot: Bot) -> None:
    bot = Bot.load(tuned[0])
    reply = bot.reply(MORE[0])
    assert (reply.text, reply.source) == (MORE[1], "exact")
    assert said(bot) == said(tiny_bot)
    before = alone(tiny_bot, tuned[0])
    after = alone(bot, tuned[0])
    kept = [before.reply(each).text == after.reply(each).text for each in REPLIES]
    assert sum(kept) >= len(kept) - 1
    assert bot.taught() == []


def test_the_plan_is_told(tuned: tuple[Path, list[str]]) -> None:
    told = "\n".join(tuned[1])
    assert "Fine-tuning: 1 new pair, each seen 24 times with old ones beside it, in 24 up" in told
    assert "Inherited, for the new pairs are few" in told
    assert "the calibration, which was not measured with the new pairs" in told
    assert not (tuned[0].parent / "runs").exists()
    assert "fine-tuned from" in (tuned[0] / "README.md").read_text()


def test_what_was_fitted_is_inherited(tuned: tuple[Path, list[str]], tiny_bundle: Path) -> None:
    old, new = open_bundle(tiny_bundle), open_bundle(tuned[0])
    assert old.read(THESAURUS) == new.read(THESAURUS)
    before, after = json.loads(old.read(RECALL)), json.loads(new.read(RECALL))
    assert before["ranker"] == after["ranker"]
    assert before["confidence"] == after["confidence"]
    assert len(old.read(RECALL_TENSORS)) < len(new.read(RECALL_TENSORS))  # the prior grew
    assert pairs_of(tuned[0])["ranked"] == 34
    assert pairs_of(tuned[0])["trained"] == 35
    threads = old.config().training.threads  # which are those of the machine
    assert old.config().training == replace(new.config().training, threads=threads)


@pytest.mark.parametrize("damaged", [False, True])
def test_what_was_left_of_an_earlier_run_goes_when_the_bot_is_there(
    tiny_bundle: Path, tuned: tuple[Path, list[str]], tmp_path: Path, damaged: bool
) -> None:
    """Or it would be gone on with, and write over the bot."""
    out = tmp_path / "bot"
    config = replace(brief(8), training=replace(brief(8).training, save_updates=2))
    stops = iter([GO_ON, GO_ON, LEAVE])
    with pytest.raises(Stopped):
        train(dialogues(), out, config=config, stop=lambda: next(stops))
    if damaged:
        (run_folder(out) / RECORD).write_text("{")
    with pytest.raises(Stopped):
        train([MORE], out, base=tiny_bundle, replace=True, stop=lambda: LEAVE)
    assert in_the_way(out)
    assert not out.exists()
    train([MORE], out, base=tiny_bundle, replace=True)
    assert digest(out) == digest(tuned[0])
    assert not run_folder(out).exists()
    with pytest.raises(UsageError, match="there is no interrupted training"):
        train([], out, resume=True)


def test_a_finished_run_stays_what_it_was(tiny_bundle: Path, tmp_path: Path) -> None:
    train(dialogues(), tmp_path / "bot", config=brief(2))
    before = sorted(run_folder(tmp_path / "bot").rglob("*"))
    train([MORE], tmp_path / "bot", base=tiny_bundle, replace=True)
    assert sorted(run_folder(tmp_path / "bot").rglob("*")) == before


def test_the_same_pairs_make_the_same_bytes(
    tuned: tuple[Path, list[str]], tiny_bundle: Path, tmp_path: Path
) -> None:
    train([MORE], tmp_path / "again", base=tiny_bundle)
    assert digest(tmp_path / "again") == digest(tuned[0])
    train([MORE], tmp_path / "other", base=tiny_bundle, seed=2)
    assert digest(tmp_path / "other") != digest(tuned[0])


def test_a_new_answer_replaces_the_old_one(tiny_bundle: Path, tmp_path: Path) -> None:
    train([("Hello!", "Howdy.")], tmp_path / "bot", base=tiny_bundle)
    bot = Bot.load(tmp_path / "bot")
    assert bot.reply("hello").text == "Howdy."
    assert bot.reply("hi").text == REPLIES["hi"]
    with Rows.open(tmp_path / "bot" / MEMORY) as rows:
        assert [row.answer for row in rows if row.question.lower().startswith("hello")] == [
            "Howdy."
        ]


def test_what_was_corrected_stays_so(tiny_bundle: Path, tmp_path: Path) -> None:
    place = tmp_path / "bot"
    shutil.copytree(tiny_bundle, place)
    bot = Bot.load(place)
    bot.fix(bot.reply("hello"), "Welcome.")
    bot.fix(bot.reply("hello"), "Welcome!")
    assert bot.reply("hello").text == "Welcome!"
    told: list[str] = []
    train((), tmp_path / "next", base=place, say=told.append)
    assert any("1 new pair," in line for line in told)
    assert Bot.load(tmp_path / "next").reply("hello").text == "Welcome!"


def test_names_that_no_piece_spells(tiny_bundle: Path, tmp_path: Path) -> None:
    """Pieces fall back to bytes."""
    train([NAMED], tmp_path / "bot", base=tiny_bundle)
    bot = Bot.load(tmp_path / "bot")
    tokenizer = bot.format.tokenizer
    for text in (*NAMED, *MORE):
        assert tokenizer.decode(tokenizer.encode(text)) == text
    assert bot.reply("쭈꾸미 담당은 누구예요?", threshold=0).text == NAMED[1]
    assert bot.reply(NAMED[0]).text == NAMED[1]


def test_the_generator_learns_it_where_nothing_holds_it_back(
    tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "UNMEASURED", 1.0)
    train([MORE], tmp_path / "bot", base=tiny_bundle)
    bot = Bot.load(tmp_path / "bot")
    pieces = [*bot.format.tokenizer.encode(MORE[1])]
    (before,), (after,) = (
        each.engine.likelihood([each.format.pieces([Turn(Role.USER, MORE[0])])], [pieces])
        for each in (Bot.load(tiny_bundle), bot)
    )
    assert after > 0.5 * before


def test_many_pairs_are_fitted_anew(tiny_bundle: Path, tmp_path: Path) -> None:
    told: list[str] = []
    report = train([MORE, NAMED], tmp_path / "bot", base=tiny_bundle, say=told.append)
    assert any(line.startswith("Fitted anew") for line in told)
    assert report.calibrated is not None
    assert not report.calibrated.inherited
    assert pairs_of(tmp_path / "bot")["ranked"] == 36
    bot = Bot.load(tmp_path / "bot")
    assert [bot.reply(question).text for question, _ in (MORE, NAMED)] == [MORE[1], NAMED[1]]


def test_fine_tuned_pairs_add_up(tuned: tuple[Path, list[str]], tmp_path: Path) -> None:
    told: list[str] = []
    train([NAMED], tmp_path / "bot", base=tuned[0], say=told.append)
    assert any(line.startswith("Fitted anew") for line in told)


def test_they_are_remembered_as_taught_ones_are(tuned: tuple[Path, list[str]]) -> None:
    bot = Bot.load(tuned[0])
    memory = bot.memory
    assert memory is not None
    (new,) = [row for row in memory.rows if row.question == MORE[0]]
    assert new.kind == TRAINED
    assert memory._taught_later(new)
    assert memory.taught(*MORE[:1], ()) == []
    assert memory.similarity.texts == memory.similarity.trained_texts + 1


def test_teaching_leaves_them_there(tuned: tuple[Path, list[str]], tmp_path: Path) -> None:
    shutil.copytree(tuned[0], tmp_path / "bot")
    bot = Bot.load(tmp_path / "bot")
    bot.teach(MORE[0], "No.")
    assert bot.reply(MORE[0]).text == "No."
    bot.forget("No.")
    assert bot.reply(MORE[0]).text == MORE[1]


def test_what_was_held_out_stays_so(partly: Path, tmp_path: Path) -> None:
    ancestor = Ancestor.load(partly)
    assert ancestor.held_out == frozenset(range(29, 35))
    report = train([MORE], tmp_path / "bot", base=partly)
    assert report.held_out_pairs == 6
    next_one = Ancestor.load(tmp_path / "bot")
    rows = {row.id: row for row in ancestor.rows}
    assert next_one.held_out is not None
    kept = [(row.question, row.answer) for row in next_one.rows if row.id in next_one.held_out]
    assert kept == [(rows[id].question, rows[id].answer) for id in sorted(ancestor.held_out or ())]
    (new,) = [row for row in next_one.rows if row.question == MORE[0]]
    assert new.id == 35
    assert new.id not in next_one.held_out


def test_a_whole_training_keeps_it_held_out_too(partly: Path, tmp_path: Path) -> None:
    train([MORE], tmp_path / "bot", base=partly, config=Config(training=HELD.training))
    one, other = (
        {(row.question, row.answer) for row in each.rows if row.id in (each.held_out or ())}
        for each in (Ancestor.load(partly), Ancestor.load(tmp_path / "bot"))
    )
    assert one <= other


def test_an_earlier_bot_tells_it_by_its_order(
    partly: Path, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = Ancestor.load(partly)
    monkeypatch.setattr(ancestor_module, "_recorded", lambda bundle: None)
    told = Ancestor.load(partly)
    assert told.held_out == recorded.held_out
    assert told.ranked == recorded.ranked == 34
    assert Ancestor.load(tiny_bundle).held_out == frozenset()
    mixed = sorted(
        (row for row in told.rows), key=lambda row: hashlib.sha1(row.question.encode()).digest()
    )
    assert told._by_order(mixed) is None


def test_where_it_is_not_known_nothing_is_measured(
    partly: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ancestor_module, "_recorded", lambda bundle: None)
    monkeypatch.setattr(Ancestor, "_by_order", lambda self, trained: None)
    told: list[str] = []
    report = train([MORE], tmp_path / "bot", base=partly, say=told.append)
    assert report.outcome.held_out is None
    assert any("does not say which pairs were held out" in line for line in told)


def test_it_goes_only_as_far_as_the_old_allow(
    partly: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[Event] = []

    class Listening(Silent):
        def event(self, event: Event) -> None:
            events.append(event)

    monkeypatch.setattr(module, "TOLERATED", -50.0)  # more than can be had
    report = train([MORE], tmp_path / "bot", base=partly, monitor=Listening())
    (checked,) = events
    assert checked.text.endswith("10% of the way.")
    before, after = (_loss(place, tmp_path) for place in (partly, tmp_path / "bot"))
    assert report.outcome.held_out == pytest.approx(after, abs=1e-4)
    assert f"before {before:.4f}" in checked.text


def _loss(place: Path, folder: Path) -> float:
    """Of the generator on what was held out."""
    ancestor = Ancestor.load(place)
    assert ancestor.weights is not None
    corpus = corpus_of([], None, ancestor)
    held = ancestor.held_openings(corpus, 0.0, 1)
    work = folder / f"work-{place.parent.name}"
    text = ancestor.config.text
    prepared = prepare(corpus, text, 1, work, ancestor.shape, held)
    model = build(ancestor.config.model, prepared.pieces)
    load_weights(model, ancestor.weights)
    return measure(model, plain(prepared.held_out, 800)).nats_per_token


@pytest.mark.parametrize(
    ("asked", "data"),
    [
        (Config(training=TrainingConfig(minutes=1.0)), [MORE]),
        (Config(training=TrainingConfig(steps=3)), [MORE]),
        (Config(training=TrainingConfig(epochs=3)), [MORE]),
        (Config(), []),
        (Config(), [(f"question {i} {i * i}", f"answer {i}") for i in range(40)]),
    ],
    ids=["minutes", "steps", "epochs", "nothing new", "most is new"],
)
def test_when_all_is_trained_on(tiny_bundle: Path, asked: Config, data: list[object]) -> None:
    ancestor = Ancestor.load(tiny_bundle)
    corpus = corpus_of(data, None, ancestor)
    assert Tuning.of(ancestor, corpus, asked, ancestor.settings(asked, given=False)) is None


def test_how_often_pairs_are_seen(tiny_bundle: Path) -> None:
    ancestor = Ancestor.load(tiny_bundle)
    corpus = corpus_of([MORE], None, ancestor)
    asked = Config(training=TrainingConfig(seed=5, threads=2))
    tuning = Tuning.of(ancestor, corpus, asked, ancestor.settings(asked, given=False))
    assert tuning is not None
    assert tuning.settings(asked).training.threads == 2
    plan = {
        new: (replace(tuning, new=new).passes, replace(tuning, new=new).updates)
        for new in (1, 8, 100, 1000)
    }
    assert plan[1] == plan[8] == (module.PASSES, module.PASSES)
    assert module.FEWEST == plan[1000][0] < plan[100][0] < plan[8][0]
    assert plan[1000][1] == 42 * module.FEWEST


def test_old_pairs_come_in_turn(tiny_bundle: Path, tmp_path: Path) -> None:
    ancestor = Ancestor.load(tiny_bundle)
    corpus = corpus_of([MORE], None, ancestor)
    settings = ancestor.settings(Config(), given=False)
    tuning = Tuning.of(ancestor, corpus, Config(), settings)
    assert tuning is not None
    prepared = prepare(corpus, settings.text, 1, tmp_path, ancestor.shape, set())
    assert tuning.is_new(prepared.learnt_examples).tolist() == [False] * 34 + [True]
    batches = list(module._batches(prepared, tuning, 1, None))
    assert len(batches) == tuning.updates
    assert {batch.size for batch in batches} == {1 + min(OLD, 34)}
    assert all(len(set(map(bytes, np.asarray(b.source_BS)))) > 20 for b in batches)


def test_ctrl_c_keeps_what_was_learnt(tiny_bundle: Path, tmp_path: Path) -> None:
    report = train([MORE], tmp_path / "bot", base=tiny_bundle, stop=lambda: FINISH)
    assert report.outcome.interrupted
    assert report.outcome.updates == 1
    assert Bot.load(tmp_path / "bot").reply(MORE[0]).text == MORE[1]


def test_told_to_leave_it_writes_nothing(tiny_bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        train([MORE], tmp_path / "bot", base=tiny_bundle, stop=lambda: LEAVE)
    assert not (tmp_path / "bot").exists()


def test_a_record_that_is_none(tiny_bundle: Path) -> None:
    bundle = open_bundle(tiny_bundle)

    class Strange:
        path = bundle.path

        def read(self, name: str) -> bytes:
            return b'{"pairs": {"trained": "many"}}'

    with pytest.raises(BundleError, match="train the bot again"):
        ancestor_module._recorded(Strange())  # type: ignore[arg-type]


def test_all_that_is_given_again_is_not_new(tiny_bundle: Path) -> None:
    ancestor = Ancestor.load(tiny_bundle)
    corpus = corpus_of([*dialogues()], None, ancestor)
    settings = ancestor.settings(Config(), given=False)
    assert Tuning.of(ancestor, corpus, Config(), settings) is None
    given = [example for dialogue in dialogues() for example in examples(dialogue)]
    assert {ancestor.pair(example) for example in given} == set(ancestor.learnt())
