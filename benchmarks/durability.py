"""What was acknowledged survives kill -9 and many processes at once, and what was removed is gone.

    python -m benchmarks.durability [--kills 300] [--processes 4] [--adds 250]

A worker changes one file, at random, and says before and after each change what it is; it is
killed at a random moment, the file is opened again and compared with what was said, and the next
worker goes on with it. A change in the middle of which the worker died may be there or not, but
not in part. Every text is a tag again and again, so that a few bytes of a removed one are found in
the folder's files. Then some processes add to a fresh file at the same time. Exits with 1 on any
loss, damage or trace.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Protocol

from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.memory.rows import NewRow, Row, Rows
from dialog_s2s.text.turns import Role, Turn

ROOT = Path(__file__).parent.parent
LONGEST_WAIT = 0.1
"""Seconds that a worker lives at most once it has begun."""


class Workload(Protocol):
    """A store of texts in one file. Names are known beforehand, keys are given by the store."""

    name: str

    def make(self, path: Path) -> None:
        """Makes an empty file."""

    def work(self, path: Path, names: Iterator[str], dice: random.Random) -> None:
        """Changes the file for ever, every change inside of `change`."""

    def add(self, path: Path, names: Iterable[str]) -> None:
        """Adds a text a name, every one inside of `change`."""

    def read(self, path: Path) -> dict[str, tuple[str, str]]:
        """What is there: name to key and text."""


def text_of(name: str) -> str:
    """The text of a name: its tag, once or up to 300 times."""
    return f"<({name})>" * (1 + zlib.crc32(name.encode()) % 300)


def tags(data: bytes) -> set[str]:
    """The names of all texts of which so much as one tag is in `data`."""
    return {tag.decode() for tag in re.findall(rb"<\(([0-9.]+)\)>", data)}


@contextmanager
def change(added: Iterable[str], removed: Iterable[str] = ()) -> Iterator[dict[str, str]]:
    """Says what is about to change, then that it has, and the keys that the body filled in."""
    print(json.dumps({"added": [*added], "removed": [*removed]}), flush=True)
    keys: dict[str, str] = {}
    yield keys
    print(json.dumps({"keys": keys}), flush=True)


class AnswerMemory:
    """`Rows`: add, remove and restore, one to three at a time."""

    name = "answer memory"

    def make(self, path: Path) -> None:
        """An empty memory."""
        Rows.create(path, [])

    def work(self, path: Path, names: Iterator[str], dice: random.Random) -> None:
        """Adds, removes and restores, so that the file does not grow for ever."""
        with Rows.open(path) as rows:
            here, gone = list(rows), list[Row]()
            while True:
                some, what = dice.randint(1, 3), dice.random()
                if what < 0.4:
                    fresh = [next(names) for _ in range(some)]
                    with change(fresh) as keys:
                        added = rows.add_all(map(self._row, fresh))
                        keys.update({row.origin: str(row.id) for row in added})
                    here += added
                elif what < 0.8 and len(here) >= some:
                    chosen = dice.sample(here, some)
                    with change([], [row.origin for row in chosen]):
                        rows.remove([row.id for row in chosen])
                    gone += chosen
                    here = [row for row in here if row not in chosen]
                elif gone:
                    chosen, gone = gone[-some:], gone[:-some]
                    with change([row.origin for row in chosen]) as keys:
                        restored = rows.restore(chosen)
                        keys.update({row.origin: str(row.id) for row in chosen})
                    here += restored

    def add(self, path: Path, names: Iterable[str]) -> None:
        """One row a name, each by itself."""
        with Rows.open(path) as rows:
            for name in names:
                with change([name]) as keys:
                    keys[name] = str(rows.add(self._row(name)).id)

    def read(self, path: Path) -> dict[str, tuple[str, str]]:
        """Rows by the name in their origin."""
        with Rows.open(path) as rows:
            return {row.origin: (str(row.id), row.question) for row in rows}

    def _row(self, name: str) -> NewRow:
        return NewRow(text_of(name), (), f"It is {text_of(name)}", "taught", name, 0, time.time())


class Conversations:
    """`Sessions`: turns added, taken back, and deleted with their conversation."""

    name = "sessions"

    def make(self, path: Path) -> None:
        """One conversation, without turns."""
        with Sessions.open(path) as sessions:
            sessions.start("bot")

    def work(self, path: Path, names: Iterator[str], dice: random.Random) -> None:
        """Goes on with a few conversations, and now and then deletes one and begins another."""
        with Sessions.open(path) as sessions:
            talks = {each.id: [*self._said(sessions, each.id)] for each in sessions.listed()}
            while True:
                if len(talks) < 3:
                    with change([]):
                        talks[sessions.start("bot").id] = []
                id, what = dice.choice([*talks]), dice.random()
                said = talks[id]
                if what < 0.6:
                    said.append(next(names))
                    self._add(sessions, id, said[-1])
                elif what < 0.9 and said:
                    some = dice.randint(1, min(3, len(said)))
                    with change([], said[-some:]):
                        sessions.undo(id, some)
                    del said[-some:]
                else:
                    with change([], talks.pop(id)):
                        sessions.delete([id])

    def add(self, path: Path, names: Iterable[str]) -> None:
        """One turn a name, all processes in the same conversation."""
        with Sessions.open(path) as sessions:
            (talk,) = sessions.listed()
            for name in names:
                self._add(sessions, talk.id, name)

    def read(self, path: Path) -> dict[str, tuple[str, str]]:
        """Turns by the name in their text."""
        with Sessions.open(path) as sessions:
            talks = [self._said(sessions, each.id) for each in sessions.listed()]
        return {name: found for talk in talks for name, found in talk.items()}

    def _add(self, sessions: Sessions, id: str, name: str) -> None:
        with change([name]) as keys:
            place = sessions.add(id, Turn(Role.USER, text_of(name)), {"said": text_of(name)})
            keys[name] = f"{id} {place}"

    def _said(self, sessions: Sessions, id: str) -> dict[str, tuple[str, str]]:
        texts = [turn.text for turn in sessions.turns(id)]
        return {
            tags(text.encode()).pop(): (f"{id} {place}", text)
            for place, text in enumerate(texts, 1)
        }


WORKLOADS: tuple[Workload, ...] = (AnswerMemory(), Conversations())


@dataclass(slots=True)
class Tally:
    """What came of some runs over one file."""

    kills: int = 0
    changes: int = 0
    """Acknowledged."""
    halfway: int = 0
    """Kills that left a journal: in the middle of a change of the file itself."""
    lost: int = 0
    """Texts that should be there and are not, or the other way round, or with another key."""
    damaged: int = 0
    """Times that `integrity_check` or a text was not as it should be."""
    traces: int = 0
    """Removed texts of which something is left in a file."""

    @property
    def fine(self) -> bool:
        """Whether all is as it must be."""
        return not self.lost and not self.damaged and not self.traces


@dataclass(frozen=True, slots=True)
class State:
    """What must be in the file: names with their keys, "" where the key was not heard."""

    keys: dict[str, str]

    def after(self, said: dict[str, list[str]], keys: dict[str, str]) -> State:
        """The state once a change is done."""
        left = {name: key for name, key in self.keys.items() if name not in said["removed"]}
        return State(left | dict.fromkeys(said["added"], "") | keys)

    def lost(self, found: dict[str, tuple[str, str]]) -> int:
        """How many texts are not as they must be."""
        both = self.keys.keys() & found.keys()
        wrong = sum(self.keys[name] not in ("", found[name][0]) for name in both)
        return wrong + len(self.keys.keys() ^ found.keys())


def kill(workload: Workload, path: Path, kills: int, seed: int = 0) -> Tally:
    """Kills a worker again and again, and looks at the file each time."""
    workload.make(path)
    tally, dice = Tally(kills), random.Random(seed)
    state = State({})
    for number in range(kills):
        lines = _killed(workload, path, number, dice.random() * LONGEST_WAIT)
        tally.halfway += path.with_name(path.name + "-journal").exists()
        state, maybe, changes = told(lines, state)
        tally.changes += changes
        found = workload.read(path)
        if maybe is not None and maybe.lost(found) < state.lost(found):
            state = maybe
        look(path, found, state, tally)
        state = State({name: key for name, (key, _) in found.items()})
    return tally


def at_once(workload: Workload, path: Path, processes: int, adds: int) -> Tally:
    """Lets processes add to one file at the same time."""
    workload.make(path)
    workers = [_worker(workload, path, number, adds) for number in range(processes)]
    tally, state = Tally(), State({})
    for worker in workers:
        lines, _ = worker.communicate()
        state, maybe, changes = told(lines.splitlines(keepends=True), state)
        tally.changes += changes
        tally.lost += (worker.returncode != 0) + (maybe is not None)
    tally.lost += abs(processes * adds - len(state.keys))
    look(path, workload.read(path), state, tally)
    return tally


def told(lines: list[str], state: State) -> tuple[State, State | None, int]:
    """The state after what a worker said, that after a change it did not end, and the changes."""
    said, changes = None, 0
    for line in lines:
        if not line.endswith("\n"):  # it died while it spoke
            break
        word = json.loads(line)
        if "keys" not in word:
            said = word
        elif said is not None:
            state, said, changes = state.after(said, word["keys"]), None, changes + 1
    return state, None if said is None else state.after(said, {}), changes


def look(path: Path, found: dict[str, tuple[str, str]], state: State, tally: Tally) -> None:
    """Compares a file with what it must be."""
    tally.lost += state.lost(found)
    tally.damaged += sum(text != text_of(name) for name, (_, text) in found.items())
    with closing(sqlite3.connect(path)) as connection:
        tally.damaged += connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]
    files = [each.read_bytes() for each in path.parent.iterdir()]
    tally.traces += len(set().union(*map(tags, files)) - found.keys())


def table(results: Iterable[tuple[str, Tally, float]]) -> str:
    """A line a run."""
    heads = ("kills", "changes", "halfway", "lost", "damaged", "traces", "seconds")
    lines = [f"{'':32}" + "".join(f"{head:>9}" for head in heads)]
    for name, tally, seconds in results:
        figures = [getattr(tally, head) for head in heads[:-1]]
        lines.append(f"{name:32}" + "".join(f"{each:9,}" for each in figures) + f"{seconds:9.0f}")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Runs all workloads; or, as a worker, one."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--adds", type=int, default=250)
    parser.add_argument("--worker", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.worker:
        name, path, number, adds = options.worker
        _work(name, Path(path), int(number), int(adds))
        return 0
    results = []
    for workload in WORKLOADS:
        runs: list[tuple[str, Callable[[Path], Tally]]] = [
            ("kill -9", partial(kill, workload, kills=options.kills)),
            (
                f"{options.processes} processes",
                partial(at_once, workload, processes=options.processes, adds=options.adds),
            ),
        ]
        for name, run in runs:
            with tempfile.TemporaryDirectory() as folder:
                start = time.perf_counter()
                tally = run(Path(folder) / "x.db")
            results.append((f"{workload.name}, {name}", tally, time.perf_counter() - start))
    print(table(results))
    return 0 if all(tally.fine for _, tally, _ in results) else 1


def _work(name: str, path: Path, number: int, adds: int) -> None:
    """What a worker does: some adds, or with none given, changes until it is killed."""
    workload = next(each for each in WORKLOADS if each.name == name)
    names = (f"{number}.{index}" for index in count())
    if adds:
        workload.add(path, (next(names) for _ in range(adds)))
    else:
        workload.work(path, names, random.Random(number))


def _worker(workload: Workload, path: Path, number: int, adds: int = 0) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "benchmarks.durability", "--worker", workload.name, str(path)]
    return subprocess.Popen(
        [*words, str(number), str(adds)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


def _killed(workload: Workload, path: Path, number: int, wait: float) -> list[str]:
    """What a worker said until it was killed, `wait` seconds after its first word."""
    worker = _worker(workload, path, number)
    assert worker.stdout is not None
    lines = [worker.stdout.readline()]
    time.sleep(wait)
    worker.kill()
    lines += worker.stdout.readlines()
    worker.stdout.close()
    if worker.wait() != -9:
        raise RuntimeError(f"the worker ended by itself, with {worker.returncode}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
