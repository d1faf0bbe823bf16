"""What all tests share: one thread, a small vocabulary, and a small bot."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch starts its threads

import pytest
import torch
from hypothesis import settings
from tiny import CONFIG, dialogues

from dialog_s2s import Bot, train
from dialog_s2s.text.tokenizer import Tokenizer

settings.register_profile("untimed", deadline=None)  # a busy machine is no failure
settings.load_profile("untimed")

TEXTS = (
    "hello there, how are you today?",
    "what time do you open, and when do you close?",
    "we open at nine and close at six, every day but Sunday.",
    "do you sell green tea? yes, green and black tea.",
    "where are you? we are in the old street, near the station.",
    "안녕하세요, 오늘 날씨가 좋네요.",
    "몇 시에 문을 여나요? 아홉 시에 엽니다.",
    "녹차를 파나요? 네, 녹차와 홍차를 팝니다.",
)


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def _no_conversations_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test keeps, it keeps in a folder of its own, made when something is kept."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config home"))


@pytest.fixture(scope="session")
def texts() -> tuple[str, ...]:
    return TEXTS


@pytest.fixture(scope="session")
def tokenizer(texts: tuple[str, ...]) -> Tokenizer:
    """A vocabulary learnt from `texts`; what they do not hold falls to bytes."""
    return Tokenizer.train(texts * 4, 420)


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that learnt the whole of `tiny`; not to be changed."""
    place = tmp_path_factory.mktemp("bots") / "tiny"
    train(dialogues(), place, config=CONFIG)
    return place


@pytest.fixture(scope="session")
def tiny_bot(tiny_bundle: Path) -> Bot:
    """The bot of `tiny_bundle`."""
    return Bot.load(tiny_bundle)
