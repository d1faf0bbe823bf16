"""Held-out likelihood of a bot trained for a minute on real pairs, on their own splits.

    python -m benchmarks.quality --data DIR [--corpus ko_chatbot] [--minutes 1] [--json]

DIR holds a folder a corpus with `train.jsonl.gz` and `test.jsonl.gz` (a dialogue a line, with
`turns`). Nats per character are the negative log-likelihood of the replies' pieces, end piece
included, over the characters of the raw replies, so that tokenizers compare. Replies that also
occur in training (`seen`) and others (`unseen`) are reported apart. The test split is read once,
after training; what training holds out comes from the training split.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from dialog_s2s import Bot, Display, train
from dialog_s2s.evaluation.metrics import Likelihood, likelihood
from dialog_s2s.text.readers import read
from dialog_s2s.text.turns import Example, examples


def pairs(file: Path) -> list[Example]:
    """All examples of a file."""
    return [example for dialogue in read([file]) for example in examples(dialogue)]


def evaluate(bot: Bot, test: list[Example], seen: set[str]) -> dict[str, float]:
    """Nats per character on all replies, on those seen in training, and on the others."""
    sides = {
        "all": test,
        "seen": [example for example in test if example.reply in seen],
        "unseen": [example for example in test if example.reply not in seen],
    }
    measured = {name: likelihood(bot, side) for name, side in sides.items() if side}
    figures = {f"nats per character, {name}": each.nats_per_char for name, each in measured.items()}
    total: Likelihood = measured["all"]
    return {"test pairs": float(len(test)), **figures, "nats per piece": total.nats_per_token}


def main() -> None:
    """Trains and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--corpus", default="ko_chatbot")
    parser.add_argument("--test", default="test", help="name of the split to measure on")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    folder = options.data / options.corpus
    with tempfile.TemporaryDirectory() as name:
        report = train(
            folder / "train.jsonl.gz",
            Path(name) / "bot",
            minutes=options.minutes,
            seed=options.seed,
            monitor=Display(),
            say=lambda line: print(line, file=sys.stderr),
        )
        bot = Bot.load(Path(name) / "bot")
        seen = {example.reply for example in pairs(folder / "train.jsonl.gz")}
        figures = evaluate(bot, pairs(folder / f"{options.test}.jsonl.gz"), seen)
    figures |= {
        "training seconds": report.outcome.seconds,
        "target tokens per second": report.outcome.target_tokens_per_second,
        "passes over the corpus": report.outcome.pairs / report.survey.pairs,
        "parameters, millions": report.parameters / 1e6,
    }
    if options.json:
        print(json.dumps(figures))
    else:
        for what, figure in figures.items():
            print(f"{what:<32}{figure:10,.3f}")


if __name__ == "__main__":
    main()
