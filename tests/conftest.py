"""What all tests share: one thread, and a small vocabulary."""

from __future__ import annotations

import os
from collections.abc import Iterator

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch starts its threads

import pytest
import torch

from dialog_s2s.text.tokenizer import Tokenizer

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


@pytest.fixture(scope="session")
def texts() -> tuple[str, ...]:
    return TEXTS


@pytest.fixture(scope="session")
def tokenizer(texts: tuple[str, ...]) -> Tokenizer:
    """A vocabulary learnt from `texts`; what they do not hold falls to bytes."""
    return Tokenizer.train(texts * 4, 420)
