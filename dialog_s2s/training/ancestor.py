"""Going on from a trained bot: what it remembers, taught pairs too, is learnt from its weights on.

A bot that has forgotten pairs gives its pairs alone: its weights may still hold what was to go.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from dialog_s2s.bundle import MEMORY, WEIGHTS, open_bundle
from dialog_s2s.config import Config
from dialog_s2s.dialogue.format import source_format
from dialog_s2s.errors import UsageError
from dialog_s2s.memory.keys import context_of, key
from dialog_s2s.memory.rows import TRAINED, Row, Rows
from dialog_s2s.text.source import SourceFormat
from dialog_s2s.text.turns import Dialogue, Example, Origin, Role, Turn, fold

RATE = 0.4
"""Of the learning rate of a first training, for weights that are good already."""

Pair = tuple[object, str]
"""A question with the turns it needs, and its answer, case and punctuation aside."""


@dataclass(frozen=True, slots=True)
class Ancestor:
    """A bot that another one grows out of."""

    path: Path
    config: Config
    rows: tuple[Row, ...]
    """What it remembers, the trained ones first."""
    shape: SourceFormat | None
    weights: bytes | None
    """None, as the shape of its sources, where it has forgotten pairs."""

    @classmethod
    def load(cls, path: str | Path) -> Ancestor:
        """The bot in a folder.

        Raises:
            BundleError: it is not there, damaged, or of another format version.
            UsageError: it has no answer memory, so that it does not hold what it was trained on.
        """
        bundle = open_bundle(path)
        if MEMORY not in bundle.files:
            raise UsageError(f"{path}: has no answer memory to go on from; train on its files")
        with Rows.open(bundle.path / MEMORY) as known:
            rows = sorted(known, key=lambda row: (row.kind != TRAINED, row.id))
            forgetful = known.version > len(known)
        return cls(
            bundle.path,
            bundle.config(),
            tuple(rows),
            None if forgetful else source_format(bundle),
            None if forgetful else bundle.read(WEIGHTS),
        )

    @property
    def taught(self) -> int:
        """How many of the rows were taught or corrected after the training."""
        return sum(row.kind != TRAINED for row in self.rows)

    def dialogues(self, others: Iterable[Example]) -> list[Dialogue]:
        """Its pairs to learn again, without those that are among `others` as they are."""
        known = {_pair(each) for each in others}
        return [
            self._dialogue(row)
            for row in self.rows
            if (key(row.question, row.context), fold(row.answer)) not in known
        ]

    def settings(self, chosen: Config, given: bool) -> Config:
        """Those of a training that goes on: the bot's own of texts and model, and without a
        configuration that was `given` all but those of training.

        Raises:
            UsageError: `chosen` asks for another model or vocabulary than the weights are of.
        """
        own = self.config
        if self.weights is None:
            # begun anew, so that all that is open is chosen anew
            return chosen if given else replace(own, training=chosen.training)
        for name in ("text", "model"):
            wanted, has = getattr(chosen, name), getattr(own, name)
            if wanted not in (has, type(wanted)()):
                raise UsageError(
                    f"{self.path}: its weights are of other settings of `{name}` than the "
                    "configuration has; leave that section out, or train without --from"
                )
        training = chosen.training
        if training.learning_rate is None and own.training.learning_rate is not None:
            training = replace(training, learning_rate=RATE * own.training.learning_rate)
        kept = chosen if given else replace(own, training=training)
        return replace(kept, text=own.text, model=own.model, training=training)

    def _dialogue(self, row: Row) -> Dialogue:
        origin = _origin(row.origin)
        meaning = Origin(str(self.path), row.intent) if row.intent else None
        before = [replace(turn, learn=False) for turn in row.context]
        asked = Turn(Role.USER, row.question, origin)
        return Dialogue((*before, asked, Turn(Role.BOT, row.answer, origin, True, meaning)))


def _pair(example: Example) -> Pair:
    context = context_of(example.history[:-1])
    return key(example.question, context), fold(example.reply)


def _origin(text: str) -> Origin:
    """`file:line` as it was; of anything else there is no line."""
    file, _, line = text.rpartition(":")
    return Origin(file, int(line)) if file and line.isdecimal() else Origin(text, 0)
