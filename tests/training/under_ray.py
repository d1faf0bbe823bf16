"""`dialog_s2s.train` inside Ray Train, as a user would write it: two workers without a GPU."""

from __future__ import annotations

import sys
from pathlib import Path

import ray
from processes import PAIRS
from ray.train import RunConfig, ScalingConfig
from ray.train.torch import TorchTrainer
from test_torchrun import CONFIG


def work(given: dict[str, object]) -> None:
    """In each worker."""
    sys.path[:0] = given["path"]
    from dialog_s2s import train

    train(given["pairs"], given["out"], config=given["config"])


if __name__ == "__main__":
    folder, temporary = Path(sys.argv[1]), sys.argv[2]
    ray.init(
        address="local",
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="error",
        object_store_memory=80 << 20,
        _temp_dir=temporary,
    )
    TorchTrainer(
        work,
        train_loop_config={
            "path": sys.path,
            "pairs": PAIRS,
            "out": folder / "bot",
            "config": CONFIG,
        },
        scaling_config=ScalingConfig(num_workers=2, use_gpu=False),
        run_config=RunConfig(name="tea", storage_path=str(folder / "results")),
    ).fit()
    ray.shutdown()
