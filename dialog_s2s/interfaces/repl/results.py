"""What the playground finds: plain values, for scripts too, that read well at the prompt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.dialogue.reply import Reply
from dialog_s2s.dialogue.why import strips, why
from dialog_s2s.evaluation.runs import Variant
from dialog_s2s.evaluation.suites import CaseResult, Suite
from dialog_s2s.interfaces.chat.display import marked
from dialog_s2s.interfaces.listing import counted
from dialog_s2s.interfaces.repl import plots
from dialog_s2s.interfaces.repl.tables import COLUMNS, Drawing, Shown, Table, Text
from dialog_s2s.interfaces.sanitize import clean

SHOWN = 20
"""Cases of a suite that was run from which on only those are shown that failed."""

END = "(end)"


@dataclass(frozen=True, slots=True, repr=False)
class Answer(Reply):
    """A reply that tells where it came from."""

    @property
    def why(self) -> Text:
        """The grounds: the pairs it rests on, how sure the bot is, what it looked at."""
        return Text("\n".join([why(self), *strips(self)]))

    @property
    def mark(self) -> str:
        """Source and confidence in a word or two."""
        return marked(self)

    def __repr__(self) -> str:
        return clean(f"{self.text}  {self.mark}")


def answer(reply: Reply) -> Answer:
    """The same reply, as one that tells where it came from."""
    return Answer(**{item.name: getattr(reply, item.name) for item in fields(reply)})


@dataclass(frozen=True, slots=True, repr=False)
class Candidates(Shown):
    """Replies to one question, the likeliest first."""

    replies: tuple[Answer, ...]
    shares: tuple[float, ...]
    """Of all probability, under memory and generator together."""

    def table(self) -> Table:
        """A row for each reply."""
        rows = enumerate(zip(self.replies, self.shares, strict=True), 1)
        return Table(
            ("", "share", "from", "reply"),
            tuple((str(at), f"{share:6.1%}", each.mark, each.text) for at, (each, share) in rows),
        )

    def lines(self, columns: int = COLUMNS) -> list[str]:
        """See `Shown`."""
        return self.table().lines(columns)


@dataclass(frozen=True, slots=True, repr=False)
class Comparison(Shown):
    """What variants of a bot, or several bots, reply to the same questions."""

    questions: tuple[str, ...]
    variants: tuple[Variant, ...]
    replies: tuple[tuple[Answer, ...], ...]
    """To each question, by each variant."""

    @property
    def same(self) -> bool:
        """Whether all variants reply the same to every question."""
        return all(len({each.text for each in row}) == 1 for row in self.replies)

    def table(self) -> Table:
        """Questions with their replies below each other, a column for each variant."""
        rows: list[tuple[str, ...]] = []
        for question, replies in zip(self.questions, self.replies, strict=True):
            rows.append((question, *(each.text for each in replies)))
            rows.append(("", *(f"{each.mark}, {each.milliseconds:.0f} ms" for each in replies)))
        return Table(("question", *(each.name for each in self.variants)), tuple(rows))

    def lines(self, columns: int = COLUMNS) -> list[str]:
        """See `Shown`."""
        return [*self.table().lines(columns), *(["All reply the same."] if self.same else [])]


@dataclass(frozen=True, slots=True)
class Point:
    """What a question has for replies with some settings, over all seeds."""

    settings: Mapping[str, object]
    replies: tuple[Answer, ...]
    """One for each seed; a single one where replies do not depend on it."""

    @property
    def name(self) -> str:
        """The settings in a few words."""
        return " ".join(f"{name}={value}" for name, value in self.settings.items())

    @property
    def shares(self) -> tuple[tuple[str, float], ...]:
        """The distinct replies, each with its share, the most common first."""
        found = Counter(reply.text for reply in self.replies).most_common()
        return tuple((text, count / len(self.replies)) for text, count in found)


@dataclass(frozen=True, slots=True, repr=False)
class Sweep(Shown):
    """A question asked with many settings."""

    question: str
    points: tuple[Point, ...]
    seeds: tuple[int, ...]

    def table(self) -> Table:
        """A row for each distinct reply of each setting."""
        names = tuple(self.points[0].settings)
        rows = []
        for point in self.points:
            cells = tuple(str(point.settings[name]) for name in names)
            for text, share in point.shares:
                rows.append((*cells, f"{share:5.0%}", text))
                cells = ("",) * len(names)
        return Table((*names, "share", "reply"), tuple(rows))

    def plot(self, path: str | Path | None = None) -> Drawing | Path:
        """Bars for the terminal; with `path` a picture (.png, .svg, .pdf), whose path is returned.

        Raises:
            DiskError: it cannot be written.
            UsageError: matplotlib is not installed, or the name tells no kind of picture.
        """
        if path is not None:
            groups = [(point.name, point.shares) for point in self.points]
            return plots.save(plots.shares_figure(self.question, groups), path)
        return Drawing(self._bars)

    def lines(self, columns: int = COLUMNS) -> list[str]:
        """See `Shown`."""
        replies = [each.text for point in self.points for each in point.replies]
        return [*self._bars(columns), f"{len(set(replies)):,} distinct of {len(replies):,} replies"]

    def _bars(self, columns: int) -> tuple[str, ...]:
        return plots.bars([(point.name, point.shares) for point in self.points], columns)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class AttentionMap(Shown):
    """Which of the S pieces that it read the model looked at for each of the T that it said."""

    reply: Answer
    source: tuple[str, ...]
    pieces: tuple[str, ...]
    weights_TS: NDArray[np.float32]
    """A row for each piece of the reply and its end; each sums to 1."""

    def table(self) -> Table:
        """The weights in percent, a row for each piece of the source."""
        rows = zip(self.source, self.weights_TS.T.tolist(), strict=True)
        return Table(
            ("", *self.pieces),
            tuple((piece, *(f"{weight:4.0%}" for weight in row_T)) for piece, row_T in rows),
        )

    def plot(self, path: str | Path | None = None) -> Drawing | Path:
        """Shaded cells for the terminal; with `path` a picture. Raises as `Sweep.plot` does."""
        if path is not None:
            title = (self.reply.question, self.reply.withheld or self.reply.text)
            figure = plots.attention_figure(title, self.source, self.pieces, self.weights_TS)
            return plots.save(figure, path)
        return Drawing(self._cells)

    def lines(self, columns: int = COLUMNS) -> list[str]:
        """See `Shown`."""
        return [*Text(repr(self.reply)).lines(columns), *self._cells(columns)]

    def _cells(self, columns: int) -> tuple[str, ...]:
        return plots.heat_map(self.source, self.pieces, self.weights_TS, columns)


@dataclass(frozen=True, slots=True, repr=False)
class SuiteRun(Shown):
    """What came of a suite that was run."""

    suite: Suite
    results: tuple[CaseResult, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether all cases did."""
        return all(each.passed for each in self.results)

    @property
    def failed(self) -> tuple[CaseResult, ...]:
        """The cases that did not pass."""
        return tuple(each for each in self.results if not each.passed)

    def table(self) -> Table:
        """A row for each case, and for each thing that was expected and did not come."""
        return results(self.results)

    def lines(self, columns: int = COLUMNS) -> list[str]:
        """See `Shown`; of a long suite only the cases that failed."""
        told = self.results if len(self.results) <= SHOWN else self.failed
        passed = len(self.results) - len(self.failed)
        total = counted(len(self.results), "case")
        last = f"{passed} of {total} passed in {self.seconds:.1f} s."
        return [*(results(told).lines(columns) if told else []), last]


def results(several: tuple[CaseResult, ...]) -> Table:
    """What came of some cases: a row for each, and for each thing that was expected and did not
    come."""
    rows: list[tuple[str, ...]] = []
    for result in several:
        steps = [(step.step.ask, failure) for step in result.steps for failure in step.failures]
        told = [f"{asked}: {failure}" for asked, failure in steps] + list(result.failures)
        word = "ok" if result.passed else "FAIL"
        rows.append((word, result.case.name, told[0] if told else ""))
        rows += [("", "", each) for each in told[1:]]
    return Table(("", "case", "why"), tuple(rows))


def cases(suite: Suite) -> Table:
    """The cases of a suite, a row each."""
    return Table(
        ("case", "turns", "tags"),
        tuple((each.name, str(len(each.turns)), ", ".join(each.tags)) for each in suite.cases),
    )
