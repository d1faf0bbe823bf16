"""How fast the nearest stored questions are found, and how often the right one is.

    python -m benchmarks.lookup [--rows 10000 200000 1000000] [--queries 200] [--seed 1] [--json]

The stored questions are made up: four to twelve words each, half of them spelt with Latin letters
and half in Hangul, drawn from 20,000 words a language whose frequencies follow Zipf's law, the
short words being the frequent ones. A query is a stored question with one typo and one word
swapped for another. For our index and, up to 200,000 rows, for SQLite's FTS5 with its trigram
tokenizer (any of the query's trigrams, by BM25; a quarter of the queries, as it is slow):

- build: from the texts to an index on disk;  MB: its size;  open: opening it again, files cached;
- median, p95: one look-up of the 32 nearest;  @1, @10: the original is first, or among ten;
- add: one more question stored and found by a look-up of itself, median of twenty.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Protocol

from dialog_s2s.memory.indexes import Indexes
from dialog_s2s.text.thesaurus import Thesaurus

VOCABULARY = 20_000
NEAREST = 32
ADDED = 20
FTS5_UP_TO = 200_000
ONSETS = (*"bcdfghlmnprstw", "st", "tr", "pr", "ch", "sh", "th")
NUCLEI = (*"aeiou", "ea", "ou", "ai")
CODAS = ("", "", *"nrstl", "ng", "ck", "nd")
HANGUL = range(0xAC00, 0xD7A4)


class Language:
    """Made-up words, the frequent ones first."""

    def __init__(self, rng: random.Random, korean: bool):
        syllables = [chr(code) for code in rng.sample(HANGUL, 900)]
        falling = _zipf(len(syllables), 8)

        def word() -> str:
            if korean:
                return "".join(
                    rng.choices(syllables, cum_weights=falling, k=rng.choice((1, 2, 2, 3, 3, 4)))
                )
            return "".join(
                rng.choice(ONSETS) + rng.choice(NUCLEI) + rng.choice(CODAS)
                for _ in range(rng.choice((1, 1, 2, 2, 3, 4)))
            )

        words: dict[str, float] = {}
        while len(words) < VOCABULARY:
            made = word()
            words.setdefault(made, len(made) + 4 * rng.random())
        self.words = sorted(words, key=words.__getitem__)
        self._weights = _zipf(VOCABULARY, 3)

    def question(self, rng: random.Random) -> list[str]:
        """Words of a question."""
        return rng.choices(self.words, cum_weights=self._weights, k=rng.randint(4, 12))

    def altered(self, rng: random.Random, words: Sequence[str]) -> str:
        """The question with a typo in one word and another word in the place of one."""
        changed = list(words)
        typo, swapped = rng.sample(range(len(words)), 2)
        word, letter = words[typo], rng.choice(rng.choice(self.words))
        at = rng.randrange(len(word))
        changed[typo] = rng.choice(
            (
                word[:at] + word[at + 1 :],
                word[:at] + letter + word[at:],
                word[:at] + letter + word[at + 1 :],
                word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :],
            )
        )
        changed[swapped] = rng.choice(self.words)
        return " ".join(changed)


def _zipf(count: int, offset: float) -> list[float]:
    """Summed weights by rank (Mandelbrot's form of Zipf's law)."""
    return list(accumulate(1 / (rank + offset) for rank in range(count)))


class Index(Protocol):
    """What is measured. Given texts, it is built of them; without, it is opened."""

    def __init__(self, folder: Path, texts: Sequence[str] | None = None): ...

    def search(self, text: str) -> list[int]:
        """The ids of the nearest texts, best first."""

    def add(self, number: int, text: str) -> None:
        """Stores one more text."""

    def close(self) -> None:
        """Lets go of the files."""


class Ours(Index):
    """`Indexes`: the words mended, the nearest by words and letters, then those by meanings."""

    def __init__(self, folder: Path, texts: Sequence[str] | None = None):
        thesaurus = Thesaurus.known()
        if texts is None:
            self.index = Indexes.open(thesaurus, folder)
        else:
            self.index = Indexes.build(thesaurus, enumerate(texts), folder)

    def search(self, text: str) -> list[int]:
        (found,) = self.index.search([(text, self.index.spelt(text), ())], NEAREST)
        return list(dict.fromkeys(number for nearest in found for number in nearest))

    def add(self, number: int, text: str) -> None:
        self.index.add([(number, text)])

    def close(self) -> None:
        del self.index


class Fts5(Index):
    """SQLite's full-text index of trigrams; the texts themselves are not stored in it."""

    def __init__(self, folder: Path, texts: Sequence[str] | None = None):
        folder.mkdir(exist_ok=True)
        self.database = sqlite3.connect(folder / "fts5.db")
        if texts is not None:
            with self.database:
                self.database.execute(
                    "CREATE VIRTUAL TABLE stored USING fts5(text, content='', tokenize='trigram')"
                )
                self.database.executemany(
                    "INSERT INTO stored(rowid, text) VALUES (?, ?)", enumerate(texts)
                )
        self.search("any")  # the file is only read with the first query

    def search(self, text: str) -> list[int]:
        trigrams = {text[at : at + 3] for at in range(len(text) - 2)}
        wanted = " OR ".join(f'"{each}"' for each in sorted(trigrams))
        found = self.database.execute(
            "SELECT rowid FROM stored(?) ORDER BY rank LIMIT ?", (wanted, NEAREST)
        )
        return [number for (number,) in found]

    def add(self, number: int, text: str) -> None:
        with self.database:
            self.database.execute("INSERT INTO stored(rowid, text) VALUES (?, ?)", (number, text))

    def close(self) -> None:
        self.database.close()


@dataclass(frozen=True, slots=True)
class Task:
    """Stored questions, others to add, and altered questions with the place of their originals."""

    stored: list[str]
    added: list[str]
    queries: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Figures:
    """A line of the table; milliseconds unless named otherwise."""

    index: str
    rows: int
    build_seconds: float
    megabytes: float
    open: float
    median: float
    p95: float
    first: float
    among_ten: float
    add: float


def task(rows: int, queries: int, seed: int) -> Task:
    """The same for the same numbers."""
    rng = random.Random(seed)
    languages = [Language(rng, korean=False), Language(rng, korean=True)]
    made = [languages[row % 2].question(rng) for row in range(rows + ADDED)]
    asked = []
    for original in (rng.randrange(rows) for _ in range(queries)):
        asked.append((languages[original % 2].altered(rng, made[original]), original))
    texts = [" ".join(words) for words in made]
    return Task(texts[:rows], texts[rows:], asked)


def measure(kind: type[Index], work: Task) -> Figures:
    """Builds, opens, asks and adds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "index"
        clock = time.perf_counter
        began = clock()
        kind(folder, work.stored).close()
        built = clock() - began
        size = sum(file.stat().st_size for file in folder.iterdir())
        began = clock()
        index = kind(folder)
        opened = clock() - began
        index.search(work.stored[0])
        times, places = [], []
        for text, original in work.queries:
            began = clock()
            found = index.search(text)
            times.append(clock() - began)
            places.append(found.index(original) if original in found else NEAREST)
        added = []
        for number, text in enumerate(work.added, len(work.stored)):
            began = clock()
            index.add(number, text)
            found = index.search(text)
            added.append(clock() - began)
            if number not in found:
                raise RuntimeError(f"{kind.__name__} does not find {text!r}, which was just added")
        index.close()
    return Figures(
        index=kind.__name__.lower(),
        rows=len(work.stored),
        build_seconds=built,
        megabytes=size / 1e6,
        open=opened * 1e3,
        median=statistics.median(times) * 1e3,
        p95=sorted(times)[int(0.95 * len(times))] * 1e3,
        first=sum(place < 1 for place in places) / len(places),
        among_ten=sum(place < 10 for place in places) / len(places),
        add=statistics.median(added) * 1e3,
    )


def main() -> None:
    """Prints a line an index and number of rows."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 200_000, 1_000_000])
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one object a line")
    options = parser.parse_args()
    if not options.json:
        print("index       rows  build s     MB  open ms  median ms  p95 ms     @1    @10  add ms")
    for rows in options.rows:
        work = task(rows, options.queries, options.seed)
        runs: list[tuple[type[Index], Task]] = [(Ours, work)]
        if rows <= FTS5_UP_TO:
            few = work.queries[: max(1, options.queries // 4)]
            runs.append((Fts5, replace(work, queries=few)))
        for kind, asked in runs:
            figures = measure(kind, asked)
            if options.json:
                print(json.dumps(asdict(figures)), flush=True)
            else:
                print(
                    f"{figures.index:<6}{figures.rows:>10,}{figures.build_seconds:>9.2f}"
                    f"{figures.megabytes:>7.1f}{figures.open:>9.1f}{figures.median:>11.2f}"
                    f"{figures.p95:>8.2f}{figures.first:>7.1%}{figures.among_ten:>7.1%}"
                    f"{figures.add:>8.2f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
