"""Which checkpoint of a training broke a case."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tiny import REPLIES, brief

from dialog_s2s import Bot, train
from dialog_s2s.bundle import MEMORY, open_bundle
from dialog_s2s.config import MemoryConfig
from dialog_s2s.errors import BundleError
from dialog_s2s.interfaces.command import main
from dialog_s2s.interfaces.testing.bisecting import loadable, row_of
from dialog_s2s.training.folder import CHECKPOINTS, WEIGHTS, run_folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training of the bot `bot`, which changes its mind as it learns."""
    out = tmp_path_factory.mktemp("trained") / "bot"
    config = brief(45)
    training = replace(config.training, save_updates=15, keep=9)
    train(
        list(REPLIES.items()),
        out,
        config=replace(config, training=training, memory=MemoryConfig(enabled=False)),
    )
    return run_folder(out)


def test_the_checkpoints_are_the_row(run: Path) -> None:
    names = [f"{update:09}" for update in (15, 30, 45)]
    assert row_of([str(run)]) == [str(run / CHECKPOINTS / name) for name in names]


def test_a_checkpoint_is_asked_as_the_bot_was_then(run: Path) -> None:
    early, _, late = row_of([str(run)])
    said = []
    for place in (early, late):
        with loadable(place) as bundle:
            assert open_bundle(bundle).read("model.safetensors") == (
                (Path(place) / WEIGHTS).read_bytes()
            )
            bot = Bot.load(bundle)
            said.append([bot.reply(question, threshold=0).text for question in REPLIES])
        assert not Path(bundle).exists()
    assert said[0] != said[1]
    assert MEMORY not in open_bundle(run.parent.parent / "bot").files


def test_by_the_command(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the oldest checkpoint says and the newest does not was broken on the way."""
    places = row_of([str(run)])
    with loadable(places[0]) as early, loadable(places[-1]) as late:
        then, now = Bot.load(early), Bot.load(late)
        question, said = next(
            (asked, then.reply(asked).text)
            for asked in REPLIES
            if then.reply(asked).text != now.reply(asked).text
        )
    suite = tmp_path / "x.suite.yaml"
    suite.write_text(f"cases:\n  - {{ask: {question!r}, expect: {{regex: '^{said}$'}}}}\n")
    assert main(["test", str(suite), "--bisect", str(run)]) == 1
    out = capsys.readouterr().out
    assert "first fails with" in out
    assert str(run / CHECKPOINTS) in out


def test_a_bot_that_is_gone(run: Path, tmp_path: Path) -> None:
    moved = tmp_path / "runs" / "other"
    moved.parent.mkdir()
    moved.symlink_to(run)
    with (
        pytest.raises(BundleError, match="there is no bot here"),
        loadable(str(moved / CHECKPOINTS / "000000015")),
    ):
        pass
