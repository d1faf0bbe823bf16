"""A corpus of some forty pairs, some of them follow-ups, and settings to learn it in seconds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from dialog_s2s.config import Config, MemoryConfig, ModelConfig, TextConfig, TrainingConfig
from dialog_s2s.model.build import Pieces, build
from dialog_s2s.model.seq2seq import Seq2Seq
from dialog_s2s.text.shards import Encoding, Shard, write_shard
from dialog_s2s.text.source import SourceFormat
from dialog_s2s.text.tokenizer import END, PADDING, Tokenizer
from dialog_s2s.text.turns import Dialogue, Role, Turn, examples

ANSWERS = {
    "We open at nine.": ("when do you open", "what time do you open", "opening hours please"),
    "We close at six.": ("when do you close", "what time do you close", "closing time please"),
    "Yes, green and black tea.": ("do you sell tea", "is there tea", "tea please"),
    "No, we have no coffee.": ("do you sell coffee", "is there coffee", "coffee please"),
    "In the old street.": ("where are you", "what is your address", "how do I find you"),
    "Hello there!": ("hello", "hi", "good morning"),
    "Goodbye!": ("bye", "see you", "good night"),
    "My name is Tiny.": ("who are you", "what is your name", "your name please"),
    "안녕하세요!": ("안녕", "안녕하세요", "반가워요"),
    "네, 녹차를 팝니다.": ("녹차 있어요", "녹차를 파나요", "녹차 주세요"),
}
"""Replies, each with the questions it answers."""

FOLLOW_UPS = {
    "when do you open": "At ten.",
    "when do you close": "At four.",
    "do you sell tea": "Only in the morning.",
    "where are you": "We are not there.",
}
"""What "and on Sunday" means after each of these questions."""

SUNDAY = "and on Sunday"

SINGLES = tuple((question, reply) for reply, asked in ANSWERS.items() for question in asked)
REPLIES = dict(SINGLES)


def dialogues() -> list[Dialogue]:
    """The whole corpus: single pairs, then the follow-ups with what comes before them."""
    single = [Dialogue((Turn(Role.USER, q), Turn(Role.BOT, a))) for q, a in SINGLES]
    followed = [
        Dialogue(
            (
                Turn(Role.USER, question),
                Turn(Role.BOT, REPLIES[question], learn=False),
                Turn(Role.USER, SUNDAY),
                Turn(Role.BOT, reply),
            )
        )
        for question, reply in FOLLOW_UPS.items()
    ]
    return single + followed


CONFIG = Config(
    text=TextConfig(vocabulary=340, fold_sources=True, history_turns=4, held_out=0.0),
    model=ModelConfig(
        core="gru",
        attention="general",
        heads=1,
        embedding=48,
        width=64,
        encoder_layers=1,
        decoder_layers=1,
        dropout=0.0,
        keep=0.0,
        copy=False,
    ),
    training=TrainingConfig(
        steps=400,
        batch_tokens=800,
        learning_rate=0.01,
        label_smoothing=0.0,
        subword_noise=0.0,
        word_drop=0.0,
        stray_history=0.0,
        precision="float32",
        threads=1,
        checks=3,
    ),
    memory=MemoryConfig(neighbours=0),
)


def brief(steps: int) -> Config:
    """The settings with so many updates: for tests that need a bundle, not a bot that knows."""
    return replace(CONFIG, training=replace(CONFIG.training, steps=steps))


def model(core: str = "gru", dropout: float = 0.0, copy: bool = False) -> Seq2Seq:
    """A small fresh model, always the same."""
    torch.manual_seed(5)
    heads = 1 if core == "gru" else 2
    small = replace(CONFIG.model, core=core, heads=heads, embedding=16, width=24)
    config = replace(small, dropout=dropout, copy=copy)
    return build(config, Pieces(420, PADDING, (4, 5, 6)))


def shard(folder: Path, tokenizer: Tokenizer) -> Shard:
    """The corpus as pieces, for models of `model`."""
    corpus = [example for dialogue in dialogues() for example in examples(dialogue)]
    shape = SourceFormat(tokenizer, 64, 4, True)
    encodings = (
        Encoding(shape.pieces(example.history), [*tokenizer.encode(example.reply), END])
        for example in corpus
    )
    return write_shard(folder / "shard", encodings, tokenizer.size)
