"""Subcommand `speed`: target pieces a second, ours and peers', the same pairs in the same pieces.

Every trainer is a process of its own, on one core, one after the other. The rate is per second of
processor time, which an idle core gives and a shared one (`core` below 100 %) does not change; the
share of the ceiling is that of the operations that the model needs per target (`shapes`) in what
the same process then made of products of the same shapes (`ceiling`). Two cores are measured by the
clock, against one core by its processor time, and only where there are two.
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.quality.figures import Row, at_least, table
from benchmarks.training.data import pieces_of
from benchmarks.training.venvs import python_of
from dialog_s2s.training.host import cores

ROOT = Path(__file__).parents[2]

OURS = "benchmarks.training.ours"


@dataclass(frozen=True, slots=True)
class Contender:
    """A trainer and a variant of it; no `packages`: it needs nothing but what we need."""

    name: str
    peer: str
    module: str
    variant: str
    kind: str
    packages: tuple[str, ...] = ()


HUGGING_FACE = ("transformers[torch]==5.23.0", "accelerate")
JOEYNMT = ("joeynmt==2.3.0", "importlib_metadata")
EOLE = ("eole==0.6.4", "aiohttp")

PEERS = (
    Contender("tutorial, this shape", "tutorial", "tutorial", "same", "gru"),
    Contender("tutorial, its own sizes", "tutorial", "tutorial", "own", "gru"),
    Contender("JoeyNMT, this shape", "joeynmt", "joeynmt_gru", "same", "gru", JOEYNMT),
    Contender("eole, this shape", "eole", "eole_gru", "same", "gru", EOLE),
    Contender("eole, its own sizes", "eole", "eole_gru", "own", "gru", EOLE),
    Contender("Hugging Face Trainer", "hf", "huggingface", "plain", "transformer", HUGGING_FACE),
    Contender("the same, sorted", "hf", "huggingface", "sorted", "transformer", HUGGING_FACE),
    Contender("sorted, bf16", "hf", "huggingface", "sorted bf16", "transformer", HUGGING_FACE),
)

NAMES = tuple(dict.fromkeys(each.peer for each in PEERS))

OWN = (
    Contender("ours", "", OURS, "gru", "gru"),
    Contender("ours, copy gate", "", OURS, "gru copy", "gru"),
    Contender("ours", "", OURS, "transformer", "transformer"),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a contender answered."""

    contender: Contender
    answer: dict[str, Any]
    threads: int = 1

    @property
    def share(self) -> float | None:
        """Of the ceiling; None for peers, whose operations are not counted."""
        done = self.answer.get("operations")
        return None if done is None else self.answer["rate"] * done / self.ceiling

    @property
    def ceiling(self) -> float:
        """Of the faster kind of product."""
        return max(self.answer["ceiling float32"], self.answer["ceiling bfloat16"])


def measure(
    file: Path,
    vocabulary: int,
    peers: Sequence[str],
    seconds: float,
    folder: Path,
    core: int | None = None,
) -> list[Measured]:
    """All of them, in turn."""
    made = []
    with tempfile.TemporaryDirectory() as name:
        pairs = Path(name) / "pairs.json"
        pieces_of(file, vocabulary).write(pairs)
        allowed = _allowed()
        single = None if allowed is None else {max(allowed) if core is None else core}
        for contender in (*OWN, *(each for each in PEERS if each.peer in peers)):
            try:
                answer = ask(contender, pairs, seconds, folder, 1, single)
            except RuntimeError as error:
                print(error, file=sys.stderr)
                continue
            made.append(Measured(contender, answer))
            print(_line(made[-1]), file=sys.stderr, flush=True)
        if cores() > 1:
            for contender in (OWN[0], OWN[2]):
                answer = ask(contender, pairs, seconds, folder, 2, None)
                both = dataclasses.replace(contender, name=f"{contender.name}, two cores")
                made.append(Measured(both, answer, threads=2))
                print(_line(made[-1]), file=sys.stderr, flush=True)
    return made


def ask(
    contender: Contender,
    pairs: Path,
    seconds: float,
    folder: Path,
    threads: int,
    only: set[int] | None,
) -> dict[str, Any]:
    """Runs a contender, on these cores `only`.

    Raises:
        RuntimeError: it cannot be installed or run.
    """
    python, module = Path(sys.executable), contender.module
    if contender.packages:
        torch = f"torch=={importlib.metadata.version('torch').split('+')[0]}"
        python = python_of(folder, contender.peer, (torch, *contender.packages))
    if module != OURS:
        module = f"benchmarks.training.peers.{module}"
    command = [str(python), "-m", module, str(pairs), "--variant", contender.variant]
    command += ["--seconds", str(seconds)]
    if contender.module == OURS:
        command += ["--threads", str(threads)]
    surroundings = os.environ | {
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "PYTHONPATH": str(ROOT),
        "HF_HUB_OFFLINE": "1",
    }
    before = _allowed()
    _pin(only)  # a child inherits it
    try:
        made = subprocess.run(
            command, capture_output=True, text=True, cwd=pairs.parent, env=surroundings, check=False
        )
    finally:
        _pin(before)
    last = made.stdout.rstrip().rpartition("\n")[2]
    if made.returncode or not last.startswith("{"):
        raise RuntimeError(f"{contender.name}: {made.stderr.strip()[-800:]}")
    answer: dict[str, Any] = json.loads(last)
    return answer


def _allowed() -> set[int] | None:
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None


def _pin(cores: set[int] | None) -> None:
    if cores is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)


def _line(made: Measured) -> str:
    return " ".join(_cells(made))


HEADER = (
    "",
    "model",
    "M params",
    "precision",
    "targets/s",
    "by the clock",
    "core",
    "MB",
    "ceiling",
)


def _cells(made: Measured) -> tuple[str, ...]:
    answer = made.answer
    alone = made.threads == 1
    return (
        made.contender.name,
        made.contender.kind,
        f"{answer['parameters'] / 1e6:.1f}",
        answer["precision"],
        f"{answer['rate']:,.0f}" if alone else "–",
        f"{answer['wall_rate']:,.0f}",
        f"{answer['core']:.0%}",
        f"{answer['megabytes']:,.0f}",
        "" if made.share is None or not alone else f"{made.share:.0%}",
    )


def report(made: Sequence[Measured]) -> str:
    """Tables."""
    parts = [table(HEADER, [_cells(each) for each in made])]
    machine = []
    for each in made:
        if each.contender.module == OURS and each.threads == 1:
            answer = each.answer
            machine.append(
                (
                    f"{each.contender.variant}: {answer['operations'] / 1e6:.1f} M a target",
                    *(
                        f"{answer[f'{what} {kind}'] / 1e9:.0f}"
                        for what in ("ceiling", "square")
                        for kind in ("float32", "bfloat16")
                    ),
                )
            )
    parts.append(
        table(("GFLOP/s of products alone", "fp32", "bf16", "512 square, fp32", "bf16"), machine)
    )
    goals = [("", "measured", "wanted", "holds")]
    for row in rows(made):
        what, value, _, wanted, holds = row.cells()
        goals.append((what, value, wanted, holds))
    if len(goals) > 1:
        parts.append(table(goals[0], goals[1:]))
    return "\n\n".join(parts)


def rows(made: Sequence[Measured]) -> list[Row]:
    """What is wanted, as far as it was measured."""
    found = []
    for kind, times, share in (("gru", 4.0, 0.55), ("transformer", 2.0, 0.5)):
        alone = [each for each in made if each.contender.kind == kind and each.threads == 1]
        ours = next((each for each in alone if each.contender.module == OURS), None)
        if ours is None:
            continue
        for against in ("same", "own", "sorted"):
            others = [each for each in alone if each.contender.variant == against]
            if others:
                best = max(others, key=lambda each: float(each.answer["rate"]))
                ratio = ours.answer["rate"] / best.answer["rate"]
                what = f"{kind}: times as fast as {best.contender.name}"
                found.append(Row(what, ratio, "ratio", None, at_least(times)))
        found.append(
            Row(f"{kind}: share of the ceiling", ours.share or 0.0, wanted=at_least(share))
        )
        both = next(
            (each for each in made if each.contender.kind == kind and each.threads == 2), None
        )
        if both is not None:
            found.append(
                Row(
                    f"{kind}: two cores, times one",
                    both.answer["wall_rate"] / ours.answer["rate"],
                    "ratio",
                    None,
                    at_least(1.8),
                )
            )
    return found


def tree(made: Sequence[Measured]) -> dict[str, Any]:
    """For JSON."""
    return {
        "measured": [
            dataclasses.asdict(each.contender) | {"threads": each.threads} | each.answer
            for each in made
        ],
        "goals": {row.what: row.tree() for row in rows(made)},
    }
