"""The same parts as a translator: parallel files in, BLEU out.

    python -m benchmarks.translation --data DIR [--minutes 5]

DIR holds `multi30k/raw` with `train.de.gz`, `train.en.gz` and `test_2016_flickr.*.gz`. BLEU is
sacrebleu's, its signature printed. German to English, greedy and beam 4; without an answer memory,
which would quote other sentences' translations.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import sacrebleu

from dialog_s2s import Bot, Display, train
from dialog_s2s.config import Config, MemoryConfig
from dialog_s2s.text.lines import stream
from dialog_s2s.text.turns import Role, Turn


def main() -> None:
    """Trains, translates and prints."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    raw = options.data / "multi30k" / "raw"
    with tempfile.TemporaryDirectory() as name:
        report = train(
            [raw / "train.de.gz", raw / "train.en.gz"],
            Path(name) / "bot",
            format="parallel",
            minutes=options.minutes,
            config=Config(memory=MemoryConfig(enabled=False)),
            seed=options.seed,
            monitor=Display(),
            say=lambda line: print(line, file=sys.stderr),
        )
        bot = Bot.load(Path(name) / "bot")
        sources = [line.text for line in stream(raw / "test_2016_flickr.de.gz")]
        wanted = [line.text for line in stream(raw / "test_2016_flickr.en.gz")]
        metric = sacrebleu.BLEU()
        for method in ("greedy", "beam"):
            said = bot.replies([[Turn(Role.USER, text)] for text in sources], method=method)
            score = metric.corpus_score([reply.text for reply in said], [wanted])
            print(f"{method:<8} BLEU {score.score:.1f}  {metric.get_signature()}")
        for source, reply in list(zip(sources, said, strict=True))[:3]:
            print(f"  {source}\n    {reply.text}")
        print(f"trained {report.outcome.seconds:.0f} s, {report.parameters / 1e6:.1f}M parameters")


if __name__ == "__main__":
    main()
