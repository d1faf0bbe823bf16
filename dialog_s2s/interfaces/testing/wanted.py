"""What is wanted of a run of tests, as the command line says it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dialog_s2s.bundle import MANIFEST, MEMORY
from dialog_s2s.errors import UsageError
from dialog_s2s.evaluation.cases import Case
from dialog_s2s.evaluation.matching import contains
from dialog_s2s.interfaces.chat.talk import parse_settings

MOST_SEEDS = 10_000
"""Attempts at a case; all of their replies are held."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of `dialog-s2s test`, each as its help tells."""

    suites: Sequence[str]
    bundles: Sequence[str] = ()
    columns: Sequence[str] = ()
    """One for each `--set`: settings joined by commas."""
    seeds: int = 1
    seed: int = 1
    threshold: float = 1.0
    words: str = ""
    tags: Sequence[str] = ()
    fail_fast: bool = False
    as_json: bool = False
    files: dict[str, str] = field(default_factory=dict)
    """Files of reports by format: junit, markdown, html."""
    bless: bool = False
    baseline: str | None = None
    watch: bool = False
    bisect: Sequence[str] = ()
    quiet: bool = False
    verbose: bool = False

    def check(self) -> None:
        """Raises `UsageError` where options do not go together."""
        alone = "--bisect" if self.bisect else "--watch" if self.watch else ""
        others = {
            "--bundle": bool(self.bundles) and bool(self.bisect),
            "--watch": self.watch and bool(self.bisect),
            "--bless": self.bless and bool(alone),
            "--fail-fast": self.fail_fast and bool(self.bisect),
            "--baseline": self.baseline is not None and bool(self.bisect),
            **{f"--{name}": bool(self.bisect) for name in self.files},
        }
        for name, given in others.items():
            if given:
                raise UsageError(f"{name} does not go with {alone}; leave one of them out")
        if self.bless and self.fail_fast:
            raise UsageError("--bless needs all replies; leave --fail-fast out")
        if self.bisect and len(self.columns) > 1:
            raise UsageError("--bisect takes one --set; join settings by commas: --set a=1,b=2")
        if self.seeds > MOST_SEEDS:
            raise UsageError(f"--seeds: must be at most {MOST_SEEDS:,}, but is {self.seeds:,}")
        names = [Path(suite).name for suite in self.suites]
        for place, name in enumerate(names):
            if name in names[:place]:
                raise UsageError(
                    f"two suites are called {name}, and baselines know them by that; rename one, "
                    "or test them apart"
                )

    def settings(self) -> list[dict[str, object]]:
        """The settings of each column; one of none where no `--set` is given. Raises `UsageError`
        where one is not written name=value."""
        return [parse_settings(each.split(",")) for each in self.columns] or [{}]

    def all_seeds(self) -> tuple[int, ...]:
        """`seeds` of them, from `seed` on."""
        return tuple(range(self.seed, self.seed + self.seeds))

    def takes(self, case: Case) -> bool:
        """Whether a case is to be run: it has one of the tags, and its name or a question of it
        holds the words, by `matching.contains`."""
        texts = (case.name, *(step.ask for step in case.turns))
        return (not self.tags or bool(set(self.tags) & set(case.tags))) and (
            not self.words.strip() or any(contains(text, self.words) for text in texts)
        )

    def watched(self, bundles: Sequence[str], others: Sequence[str]) -> Iterator[Path]:
        """Files whose change means another run: suites and what else they name, and baselines,
        bundles by what tells a training and a teaching."""
        yield from (Path(each) for each in (*self.suites, *others))
        for bundle in bundles:
            for name in (MANIFEST, MEMORY, f"{MEMORY}-wal"):
                yield Path(bundle) / name
