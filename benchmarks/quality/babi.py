"""Part `babi`: the bAbI dialogue tasks (Bordes et al. 2017), a bot a task, per-response accuracy.

A reply is right if it is the wanted one to the letter; `OOV` is the test with restaurants and
cuisines that are in no training dialogue. Published figures (Mem2Seq, Madotto et al. 2018) stand
beside. What is tested is the generator that copies, from the turns and from the database rows
among them: the replies are never those of a question alone, so these bots have no answer memory.
Names are read and said as slots (`text.slots`), as many as training finds the corpus to need.
The rows of a database turn are written a restaurant a line, which says the same in half the pieces.
"""

from __future__ import annotations

import dataclasses
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.quality.bots import Bots, greedy, read_examples, texts
from benchmarks.quality.figures import Found, Row, at_least, found
from dialog_s2s.config import Config, config_from

CORPUS = "babi_dialog"

PUBLISHED = {1: (1.0, 0.940), 2: (1.0, 0.866), 3: (0.947, 0.900), 4: (1.0, 1.0), 5: (0.979, 0.845)}
"""Of each task: on the test and on the OOV test."""

WANTED = {1: 1.0, 2: 1.0, 3: 0.947, 4: 1.0, 5: 0.97}

MINUTES = {1: 5.0, 2: 5.0, 3: 12.0, 4: 3.0, 5: 60.0}
"""Of training; --minutes is for every task. All but the last sufficed on one busy core."""

BATCH = {1: 1600, 2: 2400, 3: 1600, 4: 1600, 5: 2000}
"""Pieces in an update: small ones, for it is updates that are learnt from."""

SETTINGS = {
    "text": {
        "phrases": False,
        "vocabulary": 1000,
        "fold_sources": False,
        "history_turns": 64,
        "max_source_tokens": 2000,
        "held_out": 0.0,
    },
    "model": {"width": 128, "embedding": 128, "dropout": 0.1},
    "memory": {"enabled": False},
    "training": {
        "stray_history": 0.0,
        "subword_noise": 0.0,
        "label_smoothing": 0.0,
        "learning_rate": 0.004,
        "epochs": 60,
    },
}


def measure(bots: Bots) -> Found:
    """Trains a bot a task and asks it every question of both tests."""
    rows = []
    for task, minutes in MINUTES.items():
        learnt = _part(bots, "train", task)
        trained = bots.files(f"bAbI task {task}", [learnt], config(task), minutes)
        for split, published, wanted in (
            ("test", PUBLISHED[task][0], at_least(WANTED[task])),
            ("test_oov", PUBLISHED[task][1], None),
        ):
            asked = read_examples(_part(bots, split, task))
            said = texts(greedy(trained.bot, [each.history for each in asked]))
            right = sum(text == each.reply for text, each in zip(said, asked, strict=True))
            name = f"task {task}" + (", OOV" if split == "test_oov" else "")
            rows += [
                Row(name, right / len(asked), "share", None, wanted),
                Row(f"{name}, published", published),
            ]
        rows.append(Row(f"task {task}: training", trained.seconds, "seconds"))
    return found(rows)


def config(task: int) -> Config:
    """The settings of a task."""
    shared = config_from(SETTINGS)
    training = dataclasses.replace(shared.training, batch_tokens=BATCH[task])
    return dataclasses.replace(shared, training=training)


def _part(bots: Bots, split: str, task: int) -> Path:
    """The dialogues of one task, as a file."""
    place = bots.folder / f"babi {split} {task}.jsonl"
    with place.open("w", encoding="utf-8") as file:
        for record in dialogues(bots.file(CORPUS, split), task):
            file.write(json.dumps(record) + "\n")
    return place


def dialogues(file: Path, task: int) -> Iterator[dict[str, Any]]:
    """The dialogues of a task, database turns rewritten."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if record["meta"]["task"] == task:
                turns = [
                    {**turn, "text": by_name(turn["text"])} if turn["role"] == "kb" else turn
                    for turn in record["turns"]
                ]
                yield {"turns": turns}


def by_name(rows: str) -> str:
    """Rows of "name R_relation value" as a line a name with all its relations and values."""
    known: dict[str, list[str]] = {}
    for row in rows.splitlines():
        name, relation, value = row.split()
        known.setdefault(name, []).append(f"{relation.removeprefix('R_')} {value}")
    return "\n".join(" ".join([name, *values]) for name, values in known.items())
