"""A transformer in BART's shape, from scratch, trained by Hugging Face's Trainer.

4 and 4 layers, d = 256, batches of 64. Variant `plain` is the Trainer as it comes, with random
batches; `sorted` has batches of like length by the Trainer's own sampler; `sorted bf16` has its
mixed precision besides.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from benchmarks.training.peers.job import BATCH, Clock, Job, Pairs

IGNORED = -100


class Batches:
    """A collator that notes how many targets each batch has."""

    def __init__(self, pairs: Pairs):
        self.padding = pairs.padding
        self.targets: list[int] = []

    def __call__(self, rows: list[dict[str, list[int]]]) -> dict[str, Tensor]:
        self.targets.append(sum(len(row["labels"]) for row in rows))
        source = self._padded([row["input_ids"] for row in rows], self.padding)
        return {
            "input_ids": source,
            "attention_mask": (source != self.padding).long(),
            "labels": self._padded([row["labels"] for row in rows], IGNORED),
        }

    @staticmethod
    def _padded(rows: list[list[int]], value: int) -> Tensor:
        tensors = [torch.tensor(row) for row in rows]
        return nn.utils.rnn.pad_sequence(tensors, batch_first=True, padding_value=value)


class Watch(TrainerCallback):
    """Stops when time is up."""

    def __init__(self, clock: Clock, batches: Batches):
        self.clock = clock
        self.batches = batches

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **others: object,
    ) -> None:
        """After each update."""
        if self.clock.update(self.batches.targets[state.global_step - 1]):
            control.should_training_stop = True


def main() -> None:
    """Trains until time is up."""
    job = Job.given()
    pairs = job.pairs
    torch.manual_seed(1)
    model = BartForConditionalGeneration(
        BartConfig(
            vocab_size=pairs.vocabulary,
            d_model=256,
            encoder_layers=4,
            decoder_layers=4,
            encoder_attention_heads=4,
            decoder_attention_heads=4,
            encoder_ffn_dim=1024,
            decoder_ffn_dim=1024,
            max_position_embeddings=256,
            pad_token_id=pairs.padding,
            bos_token_id=pairs.start,
            eos_token_id=pairs.end,
            decoder_start_token_id=pairs.start,
            forced_eos_token_id=None,
        )
    )
    rows = [
        {"input_ids": [*source, pairs.end], "labels": target, "length": len(source) + len(target)}
        for source, target in zip(pairs.sources, pairs.targets, strict=True)
    ]
    batches = Batches(pairs)
    clock = Clock(job.seconds)
    trainer = Trainer(
        model=model,
        args=TrainingArguments(
            output_dir=str(job.folder / "huggingface"),
            per_device_train_batch_size=BATCH,
            num_train_epochs=1_000_000,
            learning_rate=1e-3,
            save_strategy="no",
            logging_steps=100,
            report_to="none",
            disable_tqdm=True,
            remove_unused_columns=False,
            use_cpu=True,
            bf16=job.variant.endswith("bf16"),
            train_sampling_strategy="random" if job.variant == "plain" else "group_by_length",
            length_column_name="length",
        ),
        train_dataset=rows,
        data_collator=batches,
        callbacks=[Watch(clock, batches)],
    )
    trainer.train()
    kind = "bfloat16" if job.variant.endswith("bf16") else "float32"
    clock.answer(model.num_parameters(), precision=kind)


if __name__ == "__main__":
    main()
