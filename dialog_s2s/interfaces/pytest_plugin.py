"""The pytest plugin: suites as tests, and a bot for tests of one's own.

pytest imports it in every project where this package is installed, so it imports nothing more
until there is a suite, and no bot until a test needs one.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from dialog_s2s.dialogue.conversation import Conversation
    from dialog_s2s.dialogue.manager import Bot

SUFFIXES = tuple(f".suite.{ending}" for ending in ("yaml", "yml", "jsonl", "csv", "tsv"))
"""How the names of files end that are collected."""

OPTION, INI = "--bot", "dialog_s2s_bot"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where the bot is, and its settings."""
    group = parser.getgroup("dialog_s2s", "suites of expected replies (dialog_s2s)")
    group.addoption(
        OPTION, metavar="PATH", help="the trained bot's folder that *.suite.* files are asked"
    )
    group.addoption(
        "--bot-set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of its replies, repeatable: method=sample seed=7 ...",
    )
    parser.addini(INI, "the trained bot's folder, relative to this file; see --bot")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A suite's cases as tests."""
    if not file_path.name.lower().endswith(SUFFIXES):
        return None
    from dialog_s2s.interfaces.pytest_cases import SuiteFile

    found: pytest.Collector = SuiteFile.from_parent(parent, path=file_path)
    return found


@pytest.fixture(scope="session")
def bot_settings(pytestconfig: pytest.Config) -> dict[str, object]:
    """The generation settings that `--bot-set` gives."""
    from dialog_s2s.errors import UsageError
    from dialog_s2s.interfaces.chat.talk import parse_settings

    try:
        return parse_settings(pytestconfig.getoption("bot_set"))
    except UsageError as error:
        pytest.fail(f"--bot-set: {error}", pytrace=False)


@pytest.fixture(scope="session")
def bot(pytestconfig: pytest.Config, bot_settings: dict[str, object]) -> Bot:
    """The bot of `--bot`, else of `dialog_s2s_bot`, with the settings of `--bot-set`.

    Suites are asked this fixture: a conftest.py that has one of the same name decides for the
    suites in its folder.
    """
    place = _place(pytestconfig)
    if place is None:
        pytest.fail(
            f"no bot is given: run pytest with {OPTION} PATH, or set {INI} = PATH in pytest's "
            "settings; a fixture `bot` in a conftest.py does it for the suites of one folder",
            pytrace=False,
        )
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # else workers beside each other spin
    from dialog_s2s.dialogue.manager import Bot
    from dialog_s2s.errors import DialogError

    try:
        loaded = Bot.load(place)
        chosen = loaded.settings(**bot_settings)
    except DialogError as error:
        pytest.fail(str(error), pytrace=False)
    loaded.config = replace(loaded.config, generation=chosen)
    return loaded


@pytest.fixture
def conversation(bot: Bot) -> Conversation:
    """A fresh conversation with the bot."""
    from dialog_s2s.dialogue.conversation import Conversation

    return Conversation(bot)


def _place(config: pytest.Config) -> Path | None:
    given = config.getoption("bot")
    if given:
        return config.invocation_params.dir / Path(given).expanduser()
    kept = config.getini(INI)
    if kept:
        folder = config.inipath.parent if config.inipath else config.rootpath
        return folder / Path(kept).expanduser()
    return None
