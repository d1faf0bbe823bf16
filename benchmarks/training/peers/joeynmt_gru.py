"""JoeyNMT's GRU: one bidirectional layer, Luong attention, input feeding, batches of 64.

JoeyNMT ties source and target embeddings here, but not the output, whose width must be that of the
embeddings for it. Adam, as it comes.
"""

from __future__ import annotations

import logging
from typing import Any

from joeynmt import training

from benchmarks.training.peers.job import BATCH, Clock, Job, Pairs


class Over(Exception):
    """Time is up."""


def settings(job: Job) -> dict[str, Any]:
    """A configuration, with files written for it."""
    folder = job.folder / "joeynmt"
    folder.mkdir(exist_ok=True)
    words = folder / "words.txt"
    words.write_text("".join(f"p{piece}\n" for piece in range(job.pairs.vocabulary)))
    _write(job.pairs, folder / "train", len(job.pairs.sources))
    _write(job.pairs, folder / "dev", 10)
    side = {"level": "word", "max_length": 1000, "voc_file": str(words), "voc_min_freq": 0}
    embeddings = {"embedding_dim": 256, "scale": False, "dropout": 0.2}
    return {
        "name": "speed",
        "joeynmt_version": "2.3.0",
        "model_dir": str(folder),
        "use_cuda": False,
        "data": {
            "train": str(folder / "train"),
            "dev": str(folder / "dev"),
            "dataset_type": "plain",
            "src": {"lang": "src", **side},
            "trg": {"lang": "trg", **side},
        },
        "testing": {"beam_size": 1, "eval_metrics": ["bleu"]},
        "training": {
            "optimizer": "adam",
            "learning_rate": 0.001,
            "scheduling": "exponential",
            "clip_grad_norm": 1.0,
            "batch_size": BATCH,
            "batch_type": "sentence",
            "normalization": "batch",
            "epochs": 1_000_000,
            "validation_freq": 1_000_000_000,
            "logging_freq": 100,
            "overwrite": True,
        },
        "model": {
            "initializer": "xavier_uniform",
            "embed_initializer": "xavier_uniform",
            "tied_embeddings": True,
            "encoder": {
                "type": "recurrent",
                "rnn_type": "gru",
                "embeddings": dict(embeddings),
                "hidden_size": 192,
                "bidirectional": True,
                "num_layers": 1,
                "dropout": 0.2,
            },
            "decoder": {
                "type": "recurrent",
                "rnn_type": "gru",
                "embeddings": dict(embeddings),
                "hidden_size": 384,
                "num_layers": 1,
                "dropout": 0.2,
                "hidden_dropout": 0.2,
                "attention": "luong",
                "init_hidden": "bridge",
                "input_feeding": True,
            },
        },
    }


def _write(pairs: Pairs, file: Any, count: int) -> None:
    for language, rows in (("src", pairs.sources), ("trg", [row[:-1] for row in pairs.targets])):
        text = "".join(" ".join(f"p{piece}" for piece in row) + "\n" for row in rows[:count])
        file.with_suffix(f".{language}").write_text(text)


def main() -> None:
    """Trains until time is up."""
    job = Job.given()
    cfg = settings(job)
    logging.disable(logging.CRITICAL)
    clock = Clock(job.seconds)
    made: dict[str, Any] = {"targets": 0}
    step = training.TrainManager._train_step

    def watched(self: Any, batch: Any) -> Any:
        if made["targets"] and clock.update(made["targets"]):
            raise Over
        made["model"], made["targets"] = self.model, int(batch.ntokens)
        return step(self, batch)

    training.TrainManager._train_step = watched
    try:
        training.train(rank=0, world_size=1, cfg=cfg, skip_test=True)
    except Over:
        parameters = sum(weight.numel() for weight in made["model"].parameters())
        clock.answer(parameters, precision="float32")


if __name__ == "__main__":
    main()
