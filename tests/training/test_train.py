"""A whole run: pairs in, a bot out."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import CONFIG, FOLLOW_UPS, REPLIES, SINGLES, SUNDAY, brief, dialogues

from dialog_s2s import Bot, plan, train
from dialog_s2s.bundle import CARD, open_bundle
from dialog_s2s.config import Config, MemoryConfig, config_text, read_config
from dialog_s2s.errors import BundleError, ConfigError, DataError, DiskError, Stopped, UsageError
from dialog_s2s.training import checkpoint, recollection
from dialog_s2s.training import train as module
from dialog_s2s.training.folder import config_of, run_folder, unfinished
from dialog_s2s.training.lanes import Lanes
from dialog_s2s.training.monitor import SAVED, Event, Progress, Silent
from dialog_s2s.training.run import Run
from dialog_s2s.training.stopping import FINISH, GO_ON, LEAVE

PAIRS = [("one?", "1"), ("two?", "2")]


def digests(place: Path) -> dict[str, str]:
    """Of every file, those in folders too."""
    return {
        str(file.relative_to(place)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(place.rglob("*"))
        if file.is_file()
    }


def test_it_learns(tiny_bot: Bot) -> None:
    right = sum(tiny_bot.reply(question).text == reply for question, reply in SINGLES)
    assert right >= 0.9 * len(SINGLES)


def test_it_learns_what_follows(tiny_bot: Bot) -> None:
    right = 0
    for question, reply in FOLLOW_UPS.items():
        talk = tiny_bot.conversation()
        talk.reply(question)
        right += talk.reply(SUNDAY).text == reply
    assert right >= len(FOLLOW_UPS) - 1


def test_the_same_seed_gives_the_same_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recollection, "ENOUGH", 2)
    config = replace(
        brief(6),
        text=replace(CONFIG.text, held_out=0.1),
        memory=MemoryConfig(learned=8, misspelt=0.5),
        training=replace(brief(6).training, threads=2, subword_noise=0.5, stray_history=0.3),
    )
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(dialogues(), tmp_path / name, config=config, seed=seed)
    made = {name: digests(tmp_path / name) for name in "abc"}
    assert made["a"] == made["b"]
    named = ["memory.db", "memory.json", "memory.safetensors", "model.safetensors"]
    assert set(named) < made["a"].keys()
    assert made["a"]["memory.safetensors"] != made["c"]["memory.safetensors"]
    assert made["a"]["model.safetensors"] != made["c"]["model.safetensors"]


def test_the_report_and_the_bundle_agree(tmp_path: Path) -> None:
    said: list[str] = []
    told: list[Progress] = []

    class Watch(Silent):
        def update(self, progress: Progress) -> None:
            told.append(progress)

        def close(self) -> None:
            said.append("closed")

    config = replace(brief(4), text=replace(CONFIG.text, held_out=0.1))
    report = train(
        dialogues(), tmp_path / "x", seed=3, config=config, monitor=Watch(), say=said.append
    )
    assert report.path == tmp_path / "x"
    assert (report.survey.pairs, report.held_out_pairs, report.outcome.updates) == (34, 3, 4)
    assert len(told) == 4
    assert said.count("closed") == 1
    assert said[0].startswith("34 pairs, 30 different questions, 14 different replies")
    assert any(line.startswith("Held out 3 pairs") for line in said)
    assert read_config(tmp_path / "x" / "config.yaml") == report.config
    assert report.config.training.seed == 3
    assert report.config.text.vocabulary is not None
    assert report.config.text.vocabulary == Bot.load(tmp_path / "x").format.tokenizer.size
    card = open_bundle(tmp_path / "x").read(CARD).decode()
    assert "34 (30 questions, 14 replies)" in card
    assert f"{report.parameters:,} parameters" in card
    assert f"{report.outcome.held_out:.3f} nats" in card
    assert report.calibrated is not None
    assert f"Below a confidence of {report.calibrated.confidence.threshold:.3f}" in card
    assert f"calibration error {report.calibrated.confidence.error:.3f}" in " ".join(card.split())
    bot = Bot.load(tmp_path / "x")
    assert bot.confidence == report.calibrated.confidence
    assert sum("calibration error" in line for line in said) == 1
    assert sum(line.startswith("The answer memory holds 31 pairs") for line in said) == 1


def test_a_config_made_by_a_run_makes_the_same_run(tmp_path: Path) -> None:
    first = train(SINGLES, tmp_path / "a", config=brief(4))
    again = train(SINGLES, tmp_path / "b", config=read_config(tmp_path / "a" / "config.yaml"))
    assert first.config == again.config
    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def test_the_place_is_asked_for_before_training(tmp_path: Path, monkeypatch) -> None:
    bot, folder, file = tmp_path / "bot", tmp_path / "folder", tmp_path / "file"
    train(SINGLES, bot, config=brief(1))
    folder.mkdir()
    (folder / "mine").write_text("mine")
    file.write_text("mine")
    before = digests(bot)

    def never(*_: object) -> None:
        raise AssertionError

    with monkeypatch.context() as changed:
        changed.setattr(module, "corpus_of", never)
        for place, kind, word in (
            (bot, BundleError, "add --force"),
            (folder, BundleError, "not a trained bot"),
            (file / "x", DiskError, "is not a folder"),
        ):
            with pytest.raises(kind, match=word):
                train(SINGLES, place, config=brief(1))
    assert digests(bot) == before
    train(SINGLES, bot, config=brief(2), replace=True)
    assert digests(bot) != before


@pytest.mark.parametrize(
    ("data", "kind"),
    [([], DataError), ([("one?", "1")] * 9, DataError), ("nowhere.csv", DataError)],
)
def test_bad_data_leaves_nothing(tmp_path: Path, data: object, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        train(data, tmp_path / "x", config=brief(1))
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything was saved."""
    places: list[Path] = []

    def gradients(*_: object) -> None:
        raise KeyboardInterrupt

    def run(*given: object) -> object:
        places.append(next(each for each in given if isinstance(each, Path)))
        return real(*given)

    real = module._run
    monkeypatch.setattr(Lanes, "gradients", gradients)
    monkeypatch.setattr(module, "_run", run)
    with pytest.raises(KeyboardInterrupt):
        train(SINGLES, tmp_path / "x", config=brief(1))
    assert list(tmp_path.iterdir()) == []
    assert len(places) == 1
    assert not places[0].exists()


def test_nothing_to_hold_out_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    config = replace(brief(1), text=replace(CONFIG.text, held_out=0.5))
    report = train(PAIRS, tmp_path / "x", config=config, say=said.append)
    assert (report.held_out_pairs, report.outcome.held_out) == (0, None)
    assert any(line.startswith("Held out nothing") for line in said)
    assert "not measured" in (tmp_path / "x" / CARD).read_text()


def test_cut_replies_are_said(tmp_path: Path) -> None:
    said: list[str] = []
    config = replace(brief(1), text=replace(CONFIG.text, max_target_tokens=4))
    train(
        [*PAIRS, ("three?", "one two three four five")],
        tmp_path / "x",
        config=config,
        say=said.append,
    )
    assert any(line.startswith("Cut 1 replies at 4 pieces") for line in said)


def test_stop_leaves_a_bot(tmp_path: Path) -> None:
    report = train(SINGLES, tmp_path / "x", config=brief(9999), stop=lambda: True)
    assert (report.outcome.updates, report.outcome.interrupted) == (1, True)
    assert "stopped early" in (tmp_path / "x" / CARD).read_text()
    assert Bot.load(tmp_path / "x").reply("hello").finish in ("stop", "length")


def test_minutes_decide_the_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "pace", lambda *_: (0.1, 5))
    config = replace(CONFIG, training=replace(CONFIG.training, steps=None, epochs=300))
    short = train(SINGLES, tmp_path / "a", minutes=0.01, config=config)
    assert short.config.training.minutes == 0.01
    assert short.outcome.updates == short.config.training.steps == int(0.6 * 0.92 / 0.1)
    assert short.config == config_of(tmp_path / "a")  # decided once, and written down
    monkeypatch.setattr(module, "pace", lambda *_: (5.0, 5))
    train(SINGLES, tmp_path / "again", config=config_of(tmp_path / "a"))
    assert digests(tmp_path / "again") == digests(tmp_path / "a")
    monkeypatch.setattr(module, "pace", lambda *_: (0.1, 1))
    few = replace(config, training=replace(config.training, epochs=2, batch_tokens=100_000))
    long = train(SINGLES, tmp_path / "b", minutes=100, config=few)
    assert long.outcome.updates == 2


def test_no_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.tempfile, "TemporaryDirectory", none)
    with pytest.raises(DiskError, match="No space left"):
        train(SINGLES, tmp_path / "x", config=brief(1))


def test_a_plan_trains_nothing_and_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "fit", None)
    threads = torch.get_num_threads()
    planned = plan(SINGLES, minutes=0.5)
    assert planned.training.minutes == 0.5
    assert planned.model.width is not None
    assert planned.training.steps is None
    planned = plan(SINGLES, config=CONFIG)
    assert planned.model == CONFIG.model
    assert planned.training == replace(
        CONFIG.training, minutes=planned.training.minutes, epochs=planned.training.epochs
    )
    assert planned.training.epochs is not None
    assert torch.get_num_threads() == threads
    with pytest.raises(UsageError):
        plan(["a.csv"], format="nonsense")


def test_a_plan_is_a_config(tmp_path: Path) -> None:
    planned = plan(SINGLES, config=Config())
    (tmp_path / "plan.yaml").write_text(config_text(planned))
    assert read_config(tmp_path / "plan.yaml") == planned


def test_data_from_a_file_is_the_same_data(tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    lines = [json.dumps({"question": q, "answer": a}) for q, a in REPLIES.items()]
    file.write_text("\n".join(lines))
    train(file, tmp_path / "a", config=brief(2))
    train(REPLIES.items(), tmp_path / "b", config=brief(2))
    told, untold = digests(tmp_path / "a"), digests(tmp_path / "b")
    apart = {name for name in told | untold if told.get(name) != untold.get(name)}
    # the memory alone tells where a pair was read
    assert {name for name in apart if "memory.index" not in name} == {"memory.db", "manifest.json"}


MANY: Config = replace(
    CONFIG,
    text=replace(CONFIG.text, held_out=0.1, vocabulary=5000),  # more than there can be
    model=replace(CONFIG.model, dropout=0.2),
    training=replace(
        CONFIG.training,
        steps=12,
        save_updates=4,
        threads=2,
        subword_noise=0.5,
        stray_history=0.3,
        batch_tokens=3000,
    ),
    memory=MemoryConfig(learned=8),
)


def stopped(out: Path, at: int, how: int = LEAVE, resume: bool = False) -> None:
    """Trains on the dialogues until it is told to stop after an update."""
    watch = Watch()
    with pytest.raises(Stopped) if how == LEAVE else nullcontext():
        train(
            dialogues(),
            out,
            config=None if resume else MANY,
            resume=resume,
            monitor=watch,
            stop=lambda: how if watch.seen == at else GO_ON,
        )
    assert watch.seen == watch.saved == at


class Watch(Silent):
    """Knows how far it is."""

    seen = saved = 0

    def update(self, progress: Progress) -> None:
        self.seen = progress.update

    def event(self, event: Event) -> None:
        if event.kind == SAVED:
            self.saved = event.update


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bot whose training was not interrupted."""
    place = tmp_path_factory.mktemp("bots") / "bot"
    train(dialogues(), place, config=MANY)
    return place


@pytest.mark.parametrize("how", [FINISH, LEAVE])
@pytest.mark.parametrize("at", [[1], [4], [3, 7, 10]], ids=str)
def test_an_interrupted_run_makes_the_same_bot(
    tmp_path: Path, whole: Path, how: int, at: list[int]
) -> None:
    out = tmp_path / "bot"
    for number, each in enumerate(at):
        stopped(out, each, how, resume=number > 0)
        assert unfinished(out)
        assert out.exists() == (how == FINISH)
    report = train(dialogues(), out, resume=True)
    assert (report.outcome.updates, report.outcome.interrupted) == (12, False)
    assert digests(out) == digests(whole)
    assert not unfinished(out)


def test_a_keyboard_interrupt_in_an_update_leaves_what_was_saved(
    tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From Python, where nobody handles the signal."""
    real, out = Lanes.gradients, tmp_path / "bot"
    calls = 0

    def gradients(self: Lanes, *given: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 7:
            raise KeyboardInterrupt
        return real(self, *given)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Lanes, "gradients", gradients)
        with pytest.raises(KeyboardInterrupt):
            train(dialogues(), out, config=MANY)
    assert unfinished(out)
    assert not out.exists()
    train(dialogues(), out, resume=True)
    assert digests(out) == digests(whole)


def test_an_unfinished_run_is_in_the_way(tmp_path: Path, whole: Path) -> None:
    out = tmp_path / "bot"
    stopped(out, 5)
    with pytest.raises(UsageError, match=r"interrupted training .* --resume .* --force"):
        train(dialogues(), out, config=MANY)
    train(dialogues(), out, config=MANY, replace=True)
    assert digests(out) == digests(whole)


def test_what_cannot_be_gone_on_with(tmp_path: Path) -> None:
    out = tmp_path / "bot"
    with pytest.raises(UsageError, match="there is no interrupted training"):
        train(SINGLES, out, resume=True)
    train(SINGLES, out, config=brief(2))
    with pytest.raises(UsageError, match="there is no interrupted training"):
        train(SINGLES, out, resume=True)
    stopped(tmp_path / "other", 5)
    for changed in (dialogues()[:-1], [*SINGLES, *PAIRS]):
        with pytest.raises(UsageError, match="begun on other data"):
            train(changed, tmp_path / "other", resume=True)
    assert unfinished(tmp_path / "other")
    train(dialogues(), tmp_path / "other", resume=True)


def test_a_full_disk_while_it_saves(
    tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, real = tmp_path / "bot", os.fsync
    saves = 0

    def fsync(handle: int) -> None:
        nonlocal saves
        saves += 1
        if saves > 8:
            raise OSError(28, "No space left on device")
        real(handle)

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint.os, "fsync", fsync)
        with pytest.raises(DiskError, match=r"No space left .* go on with --resume"):
            train(dialogues(), out, config=MANY)
    assert unfinished(out)
    train(dialogues(), out, resume=True)
    assert digests(out) == digests(whole)


@pytest.mark.parametrize("name", ["run.json", "config.yaml"])
def test_a_run_that_is_damaged_is_named_and_can_be_begun_anew(
    tmp_path: Path, whole: Path, name: str
) -> None:
    out = tmp_path / "bot"
    stopped(out, 5)
    file = run_folder(out) / name
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(BundleError, match=rf"runs/bot/{name}: is damaged; begin anew with --force"):
        train(dialogues(), out, resume=True)
    with pytest.raises((BundleError, UsageError), match="--force"):
        train(dialogues(), out, config=MANY)
    train(dialogues(), out, config=MANY, replace=True)
    assert digests(out) == digests(whole)
    assert not unfinished(out)


def by_torchrun(patch: pytest.MonkeyPatch, restarts: int, name: str = "tea") -> None:
    """As if `torchrun` had started this process, and started it anew so many times."""
    patch.setenv("TORCHELASTIC_RUN_ID", name)
    patch.setenv("TORCHELASTIC_RESTART_COUNT", str(restarts))


def lost(patch: pytest.MonkeyPatch, where: str) -> None:
    """Ends the program when its bot is there: before or after the run is finished, or all is."""
    place, late = (module, False) if where == "_summary" else (Run, where == "close")
    real = getattr(place, where)

    def ended(*given: object) -> None:
        if late:
            real(*given)
        raise KeyboardInterrupt

    patch.setattr(place, where, ended)


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("where", ["_summary", "finish", "close"])
def test_a_process_that_is_lost_when_the_bot_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, force: bool
) -> None:
    """Started anew it takes the training as finished: the same bot, and no update is made."""
    file, out, watch = tmp_path / "pairs.jsonl", tmp_path / "bot", Watch()
    lines = [json.dumps({"question": q, "answer": a}) for q, a in SINGLES]
    file.write_text("\n".join(lines))
    by_torchrun(monkeypatch, 0)
    with monkeypatch.context() as patch:
        lost(patch, where)
        with pytest.raises(KeyboardInterrupt):
            train(file, out, config=MANY, replace=force)
    made = digests(out)
    by_torchrun(monkeypatch, 1)
    report = train(file, out, config=MANY, replace=force, monitor=watch)
    assert (report.outcome.updates, report.outcome.interrupted) == (12, False)
    assert watch.seen == 0
    assert digests(out) == made
    assert not unfinished(out)
    by_torchrun(monkeypatch, 1, "coffee")
    with pytest.raises(BundleError, match="a bot is there already"):
        train(file, out, config=MANY)


def test_what_another_call_made_is_begun_anew_where_it_may_be_replaced(
    tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that `torchrun` started anew may train several times to the same place."""
    out, few = tmp_path / "bot", replace(MANY, training=replace(MANY.training, steps=3))
    by_torchrun(monkeypatch, 0)
    train(dialogues(), out, config=few, replace=True)
    by_torchrun(monkeypatch, 1)
    watch = Watch()
    train(dialogues(), out, config=MANY, replace=True, monitor=watch)
    assert watch.seen == 12
    assert digests(out) == digests(whole)


def chinese(count: int = 900) -> list[tuple[str, str]]:
    """Pairs in which so many characters are as often as any other."""
    random = np.random.default_rng(1)
    order = np.concatenate([random.permutation(count) for _ in range(6)])
    texts = ["".join(chr(0x4E00 + each) for each in part) for part in order.reshape(-1, 10)]
    return list(zip(texts[::2], texts[1::2], strict=True))


def test_a_vocabulary_that_is_chosen_has_room_for_all_characters(tmp_path: Path) -> None:
    """Also where it is gone on with; one that was asked for is not changed."""
    said: list[str] = []
    text = replace(CONFIG.text, vocabulary=None)
    config = replace(MANY, text=text, memory=MemoryConfig(enabled=False))
    assert plan(chinese(), config=config).text.vocabulary == 1000
    train(chinese(), tmp_path / "whole", config=config, say=said.append)
    (told,) = (line for line in said if line.endswith("its characters alone are 1,165 pieces"))
    assert told.split()[:2] == ["text.vocabulary", "1665"]
    assert Bot.load(tmp_path / "whole").format.tokenizer.size >= 1165
    watch, out = Watch(), tmp_path / "parts"
    with pytest.raises(Stopped):
        train(
            chinese(),
            out,
            config=config,
            monitor=watch,
            stop=lambda: LEAVE if watch.seen == 5 else GO_ON,
        )
    train(chinese(), out, resume=True)
    assert digests(out) == digests(tmp_path / "whole")
    asked = replace(config, text=replace(text, vocabulary=1000))
    with pytest.raises(ConfigError, match=r"text\.vocabulary 1000 is too small, .* 1165 pieces"):
        train(chinese(), tmp_path / "asked", config=asked)
    assert not (tmp_path / "asked").exists()


def test_from_a_bot_on_and_interrupted(tmp_path: Path) -> None:
    """The run knows the bot that it goes on from."""
    base, new = tmp_path / "base", [("how much is it", "Four coins."), ("what is it", "A cup.")]
    train(SINGLES, base, config=brief(8))
    config = Config(training=brief(6).training)
    train(new, tmp_path / "whole", base=base, config=config)
    watch = Watch()
    with pytest.raises(Stopped):
        train(
            new,
            tmp_path / "parts",
            base=base,
            config=config,
            monitor=watch,
            stop=lambda: LEAVE if watch.seen == 3 else GO_ON,
        )
    train(new, tmp_path / "parts", resume=True)
    assert digests(tmp_path / "parts") == digests(tmp_path / "whole")


def test_a_finished_run_keeps_its_weights_and_what_was_measured(whole: Path) -> None:
    folder = run_folder(whole)
    kept = sorted(each.name for each in (folder / "checkpoints").iterdir())
    assert kept == ["000000004", "000000008", "000000012"]
    assert not list(folder.rglob("state.*"))
    assert (folder / "metrics.jsonl").exists()
