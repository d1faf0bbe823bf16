"""Bots that may be taught: copies, so that the session's own stays as it was; conversations."""

from __future__ import annotations

import csv
import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from echo import Echo
from tiny import SINGLES, brief

from dialog_s2s import Bot, Conversation, Sessions, train

OFTEN = 40
"""Times that one question is asked in the table, each time with another answer."""


@pytest.fixture
def bundle(tiny_bundle: Path, tmp_path: Path) -> Path:
    """A copy of `tiny_bundle`."""
    return Path(shutil.copytree(tiny_bundle, tmp_path / "bot"))


@pytest.fixture
def bot(bundle: Path) -> Iterator[Bot]:
    """The bot of `bundle`."""
    loaded = Bot.load(bundle)
    yield loaded
    assert loaded.memory is not None
    loaded.memory.rows.close()


@pytest.fixture(scope="session")
def table_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that learnt single pairs, none of them a follow-up, of a file and hardly at all; not
    to be changed."""
    place = tmp_path_factory.mktemp("table")
    with (place / "pairs.csv").open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(("question", "answer"))
        table.writerows(SINGLES)
        table.writerows(("ok", f"Fine, number {number}.") for number in range(OFTEN))
    config = brief(2)
    alone = dataclasses.replace(config.text, history_turns=0)
    train(place / "pairs.csv", place / "bot", config=dataclasses.replace(config, text=alone))
    return place / "bot"


@pytest.fixture
def table_bot(table_bundle: Path, tmp_path: Path) -> Iterator[Bot]:
    """The bot of a copy of `table_bundle`."""
    loaded = Bot.load(shutil.copytree(table_bundle, tmp_path / "table"))
    yield loaded
    assert loaded.memory is not None
    loaded.memory.rows.close()


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[Sessions]:
    with Sessions.open(tmp_path / "sessions.db") as opened:
        yield opened


@pytest.fixture(params=["in memory", "on disk"])
def talk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Conversation]:
    """A conversation with `Echo`, both ways."""
    if request.param == "in memory":
        yield Conversation(Echo())
        return
    with Sessions.open(tmp_path / "talk.db") as sessions:
        yield Conversation(Echo(), sessions=sessions)
