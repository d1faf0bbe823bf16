"""eole's GRU: a bidirectional encoder, general attention, batches of 64 of like length, Adam.

Variant `own` has the sizes that eole has where none are given (two layers of 512, embeddings of
512), any other those of the model it is compared with.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.training.peers.job import BATCH, Clock, Job


class Over(Exception):
    """Time is up."""


def write(job: Job, folder: Path) -> Path:
    """Text files and a configuration, which is YAML as any JSON is."""
    folder.mkdir(exist_ok=True)
    for side, rows in (
        ("source", job.pairs.sources),
        ("target", [row[:-1] for row in job.pairs.targets]),
    ):
        (folder / side).write_text("".join(f"{_words(row)}\n" for row in rows))
    vocabulary = folder / "words.txt"
    vocabulary.write_text("".join(f"p{piece}\t1\n" for piece in range(job.pairs.vocabulary)))
    width, inputs, layers = (512, 512, 2) if job.variant == "own" else (384, 256, 1)
    tree: dict[str, Any] = {
        "seed": 1,
        "share_vocab": True,
        "src_vocab": str(vocabulary),
        "src_vocab_size": job.pairs.vocabulary,
        "tgt_vocab_size": job.pairs.vocabulary,
        "overwrite": True,
        "save_data": str(folder / "saved"),
        "data": {
            "corpus_1": {"path_src": str(folder / "source"), "path_tgt": str(folder / "target")}
        },
        "training": {
            "model_path": str(folder / "model"),
            "world_size": 0,
            "gpu_ranks": [],
            "compute_dtype": "fp32",
            "num_workers": 0,
            "batch_type": "sents",
            "batch_size": BATCH,
            "train_steps": 100_000_000,
            "save_checkpoint_steps": 100_000_000,
            "valid_steps": 100_000_000,
            "optim": "adam",
            "learning_rate": 0.001,
            "max_grad_norm": 1.0,
            "dropout": [0.2],
        },
        "model": {
            "architecture": "rnn",
            "rnn_type": "GRU",
            "bridge": True,
            "hidden_size": width,
            "layers": layers,
            "share_embeddings": True,
            "embeddings": {"word_vec_size": inputs},
            "encoder": {"encoder_type": "brnn", "rnn_type": "GRU"},
            "decoder": {"decoder_type": "rnn", "rnn_type": "GRU", "global_attention": "general"},
        },
    }
    file = folder / "config.yaml"
    file.write_text(json.dumps(tree))
    return file


def _words(row: Sequence[int]) -> str:
    return " ".join(f"p{piece}" for piece in row)


def main() -> None:
    """Trains until time is up."""
    job = Job.given()
    config = write(job, job.folder / "eole")
    # as if called without arguments of its own: it reads the command line when it is imported
    sys.argv = ["eole", "train", "--config", str(config)]
    from eole.bin.main import main as command
    from eole.trainer import Trainer
    from eole.utils import Statistics

    logging.disable(logging.CRITICAL)
    clock = Clock(job.seconds)
    step = Trainer._train_step
    made: dict[str, Any] = {}

    def watched(
        self: Any, batches: Any, normalization: Any, total: Statistics, *rest: Any, **named: Any
    ) -> None:
        before = total.n_tokens
        step(self, batches, normalization, total, *rest, **named)
        made["model"] = self.model
        if clock.update(int(total.n_tokens - before)):
            raise Over

    Trainer._train_step = watched
    try:
        command()
    except Over:
        parameters = sum(weight.numel() for weight in made["model"].parameters())
        clock.answer(parameters, precision="float32")


if __name__ == "__main__":
    main()
