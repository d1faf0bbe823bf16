"""The command: which parts, of which bots, shown how."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.embeddings import minilm_folder
from benchmarks.quality import (
    ablation,
    babi,
    hard,
    history,
    likelihood,
    starter,
    taught,
    unknown,
)
from benchmarks.quality.bots import Bots, Options
from benchmarks.quality.figures import Found
from dialog_s2s.config import read_config
from dialog_s2s.errors import DialogError

PARTS: Mapping[str, Callable[[Bots], Found]] = {
    "starter": starter.measure,
    "unknown": unknown.measure,
    "taught": taught.measure,
    "hard": hard.measure,
    "likelihood": likelihood.measure,
    "history": history.measure,
    "ablation": ablation.measure,
    "babi": babi.measure,
}
NEED_DATA = ("likelihood", "history", "ablation", "babi")

HELP = """The quality of bots, on questions that they were not trained on.

parts (all that can be measured, if none is given; bots are shared between them):
  starter     the starter bot: wordings held back, typos, fresh wordings, follow-ups
  unknown     the starter bot: abstention and calibration
  taught      the starter bot: 1,000 pairs taught and forgotten
  hard        the shop's bot: 300 hard rewordings
  likelihood  a bot of real pairs (--corpus): nats per character and chrF on --test
  history     a bot of DailyDialog: earlier turns as they are, shuffled, removed
  ablation    every part of the answer memory left out in turn; trains two dozen bots
  babi        the bAbI dialogue tasks: a bot a task, an hour and a half of training
The last four need --data: a folder with a folder a corpus, in it train.jsonl.gz, valid.jsonl.gz
and test.jsonl.gz (a dialogue a line, with `turns`)."""


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    made = argparse.ArgumentParser(
        "python -m benchmarks.quality",
        description=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    # argparse would check the empty list of none given against `choices`
    made.add_argument("parts", nargs="*", metavar="PART")
    made.add_argument("--data", type=Path, metavar="DIR")
    made.add_argument("--corpus", default="ko_chatbot", metavar="NAME", help="of likelihood")
    made.add_argument("--test", default="test", metavar="NAME", help="split to measure on")
    made.add_argument("--minutes", type=float, metavar="M", help="of training, for every bot")
    made.add_argument("--seed", type=int, default=1, metavar="N")
    made.add_argument("--config", metavar="FILE", help="YAML with other settings, to compare")
    made.add_argument("--json", action="store_true")
    encoder = made.add_mutually_exclusive_group()
    encoder.add_argument("--embeddings", metavar="FOLDER", help="of a sentence encoder")
    encoder.add_argument(
        "--minilm", type=Path, metavar="CACHE", help="install all-MiniLM-L6-v2 there and use it"
    )
    return made


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    made = parser()
    chosen = made.parse_args(arguments)
    wrong = [part for part in chosen.parts if part not in PARTS]
    if wrong:
        made.error(f"there is no part {wrong[0]!r}; choose from {', '.join(PARTS)}")
    parts = chosen.parts or [part for part in PARTS if chosen.data or part not in NEED_DATA]
    if chosen.data is None and set(parts) & set(NEED_DATA):
        made.error(f"{', '.join(NEED_DATA)} need --data")
    try:
        measured = dict(_measured(parts, chosen))
    except DialogError as error:
        sys.exit(str(error))
    if chosen.json:
        print(json.dumps({part: found.tree for part, found in measured.items()}))


def _measured(parts: Sequence[str], chosen: argparse.Namespace) -> list[tuple[str, Found]]:
    encoder = chosen.embeddings or ""
    if chosen.minilm is not None:
        encoder = str(minilm_folder(chosen.minilm))
    options = Options(
        data=chosen.data,
        corpus=chosen.corpus,
        test=chosen.test,
        minutes=chosen.minutes,
        seed=chosen.seed,
        config=read_config(chosen.config) if chosen.config else None,
        encoder=encoder,
    )
    measured = []
    with tempfile.TemporaryDirectory() as folder:
        bots = Bots(options, Path(folder))
        for part in parts:
            began = time.perf_counter()
            found = PARTS[part](bots)
            measured.append((part, found))
            if not chosen.json:  # each when it is there: all take minutes
                print(f"\n## {part}\n\n{found.text}\n", flush=True)
            print(f"{part}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    return measured
