"""The command: what is measured, and shown how."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.training import memory, predicted, quality, speed
from benchmarks.training.data import split
from benchmarks.training.venvs import default_folder
from dialog_s2s.errors import DialogError

HELP = """How fast training is, and how well it keeps to what it says.

  speed      target pieces a second, ours and peers', one core; two cores, ours
  quality    nats per character of the test split after 15 s, 90 s and 10 min
  predicted  the time that training says it will take, and takes; made-up pairs
  memory     the most memory that training holds; a real corpus and 1,000,000 made-up pairs

`speed`, `quality` and the real corpus of `memory` need --data: a folder with a folder a corpus, in
it train.jsonl.gz and test.jsonl.gz (a dialogue a line, with `turns`)."""


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    made = argparse.ArgumentParser(
        "python -m benchmarks.training",
        description=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parts = made.add_subparsers(dest="part", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data", type=Path, metavar="DIR")
    common.add_argument("--corpus", default="ko_chatbot", metavar="NAME")
    common.add_argument("--seed", type=int, default=1, metavar="N")
    common.add_argument("--json", action="store_true")
    part = parts.add_parser("speed", parents=[common], help="target pieces a second")
    part.add_argument(
        "--peers",
        default=",".join(speed.NAMES),
        type=_peers,
        help=f"of {','.join(speed.NAMES)}, or none",
    )
    part.add_argument("--seconds", type=float, default=60.0, help="measured, after the warm-up")
    part.add_argument("--vocabulary", type=int, default=4000)
    part.add_argument("--core", type=int, help="the core that all of them run on")
    part.add_argument(
        "--venvs",
        type=Path,
        default=default_folder(),
        metavar="DIR",
        help="environments of peers; default: %(default)s",
    )
    part = parts.add_parser("quality", parents=[common], help="likelihood by time")
    part.add_argument("--seconds", type=float, nargs="+", default=list(quality.SECONDS))
    part.add_argument("--test", default="test", metavar="NAME", help="split to measure on")
    part = parts.add_parser("predicted", parents=[common], help="time told and time taken")
    part.add_argument("--pairs", type=int, nargs="+", default=list(predicted.COUNTS))
    part.add_argument("--minutes", type=float, help="that training may take; default: its own")
    part = parts.add_parser("memory", parents=[common], help="the most memory held")
    part.add_argument("--pairs", type=int, nargs="*", default=[1_000_000])
    part.add_argument("--minutes", type=float, default=1.0)
    return made


def _peers(text: str) -> list[str]:
    chosen = [] if text == "none" else [name.strip() for name in text.split(",")]
    wrong = [name for name in chosen if name not in speed.NAMES]
    if wrong:
        raise argparse.ArgumentTypeError(
            f"there is no peer {wrong[0]!r}; choose from {', '.join(speed.NAMES)}, or none"
        )
    return chosen


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    chosen = parser().parse_args(arguments)
    try:
        tree, text = _measured(chosen)
    except (DialogError, RuntimeError) as error:
        sys.exit(str(error))
    print(json.dumps(tree) if chosen.json else text)


def _measured(chosen: argparse.Namespace) -> tuple[object, str]:
    if chosen.part == "speed":
        file = split(chosen.data, chosen.corpus, "train")
        rates = speed.measure(
            file, chosen.vocabulary, chosen.peers, chosen.seconds, chosen.venvs, chosen.core
        )
        return speed.tree(rates), speed.report(rates)
    if chosen.part == "quality":
        learnt = split(chosen.data, chosen.corpus, "train")
        asked = split(chosen.data, chosen.corpus, chosen.test)
        points = quality.measure(learnt, asked, chosen.seconds, chosen.seed)
        return [dataclasses.asdict(each) for each in points], quality.report(points)
    if chosen.part == "predicted":
        told = predicted.measure(chosen.pairs, chosen.minutes, chosen.seed)
        return [dataclasses.asdict(each) for each in told], predicted.report(told)
    real = None if chosen.data is None else split(chosen.data, chosen.corpus, "train")
    peaks = memory.measure(real, chosen.pairs, chosen.minutes, chosen.seed)
    return [dataclasses.asdict(each) for each in peaks], memory.report(peaks)
