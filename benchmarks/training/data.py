"""Pairs that are trained on: a real corpus as pieces, for all to read alike, and made-up ones."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.lookup import Language
from benchmarks.training.peers.job import Pairs
from dialog_s2s.config import Config, TextConfig
from dialog_s2s.errors import UsageError
from dialog_s2s.text.tokenizer import END, PADDING, START, UNKNOWN
from dialog_s2s.training.corpus import corpus_of, prepare, survey
from dialog_s2s.training.host import cores
from dialog_s2s.training.sizing import choose


def split(data: Path | None, corpus: str, part: str) -> Path:
    """A file of a corpus. Raises `UsageError` where it is not there."""
    if data is None:
        raise UsageError("this needs a corpus; give the folder they are in with --data")
    file = data / corpus / f"{part}.jsonl.gz"
    if not file.is_file():
        raise UsageError(f"{file}: is not there; see --data and --corpus")
    return file


def pieces_of(file: Path, vocabulary: int) -> Pairs:
    """The pairs of a file in pieces of our own tokenizer, nothing held out."""
    corpus = corpus_of(file)
    wanted = Config(text=TextConfig(vocabulary=vocabulary, held_out=0.0, slots=0))
    config, _ = choose(wanted, survey(corpus), "float32", cores())
    with tempfile.TemporaryDirectory() as name:
        prepared = prepare(corpus, config.text, 1, Path(name))
        shard = prepared.learnt
        return Pairs(
            [shard.source(place) for place in range(len(shard))],
            [shard.target(place) for place in range(len(shard))],
            prepared.pieces.size,
            PADDING,
            UNKNOWN,
            START,
            END,
            list(prepared.pieces.openers),
        )


def made_up(count: int, seed: int = 1) -> Iterator[tuple[str, str]]:
    """Questions of four to twelve words that do not exist, half of them in Hangul, and replies
    that take up half of the words."""
    rng = random.Random(seed)
    languages = [Language(rng, korean=False), Language(rng, korean=True)]
    for number in range(count):
        language = languages[number % 2]
        words = language.question(rng)
        reply = [*words[::2], *language.question(rng)[:4]]
        yield " ".join(words), " ".join(reply)


def write_made_up(file: Path, count: int) -> None:
    """As JSON lines."""
    with file.open("w", encoding="utf-8") as lines:
        for question, answer in made_up(count):
            row = {"question": question, "answer": answer}
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
