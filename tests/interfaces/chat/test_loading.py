"""A bot that loads while its user types."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialog_s2s import Bot
from dialog_s2s.errors import BundleError
from dialog_s2s.interfaces.chat.loading import LoadingBot


def test_loading_happens_once_and_gives_the_bot(tiny_bundle: Path) -> None:
    loading = LoadingBot(tiny_bundle)
    loading.start()
    loading.start()
    assert isinstance(loading.get(), Bot)
    assert loading.get() is loading.get()
    assert loading.error is None


def test_loading_raises_what_went_wrong(tmp_path: Path) -> None:
    loading = LoadingBot(tmp_path / "none")
    for _ in range(2):
        with pytest.raises(BundleError, match="there is no bot here") as caught:
            loading.get()
        assert caught.value is loading.error
