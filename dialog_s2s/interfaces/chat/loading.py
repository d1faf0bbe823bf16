"""A bot that loads in a thread of its own, so that the prompt need not wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import dialog_s2s
from dialog_s2s.dialogue.manager import Bot


class LoadingBot:
    """The bot at `path`, there or on its way."""

    def __init__(self, path: Path):
        self.path = path
        self.error: BaseException | None = None
        """What loading raised."""
        self.done: Callable[[], None] = lambda: None
        """Called, in the other thread, once it is there or has failed."""
        self._bot: Bot | None = None
        self._thread = threading.Thread(target=self._load, daemon=True)

    def start(self) -> None:
        """Begins loading; further calls do nothing."""
        if self._thread.ident is None:
            self._thread.start()

    @property
    def ready(self) -> bool:
        """Whether the bot is there."""
        return self._bot is not None

    def get(self) -> Bot:
        """The bot, waited for. Raises what loading raised."""
        self.start()
        self._thread.join()
        if self.error is not None:
            raise self.error
        assert self._bot is not None
        return self._bot

    def _load(self) -> None:
        try:
            self._bot = dialog_s2s.Bot.load(self.path)
        except BaseException as error:  # handed to whoever asks for the bot
            self.error = error
        self.done()
