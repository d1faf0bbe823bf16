"""Going on from a trained bot: what it remembers, taught pairs too, is learnt from its weights on.

For a question that is among the new pairs these are all its answers, and for one that it was taught
the taught one is: what is newer replaces what is older, and may so correct it. A bot that has
forgotten pairs it was trained on gives its pairs alone: its weights may hold what was to go.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from dialog_s2s.bundle import MEMORY, RECALL, WEIGHTS, Bundle, open_bundle
from dialog_s2s.config import Config
from dialog_s2s.dialogue.format import source_format
from dialog_s2s.errors import BundleError, UsageError
from dialog_s2s.memory.keys import Key, context_of, key
from dialog_s2s.memory.rows import TRAINED, Row, Rows
from dialog_s2s.text.source import SourceFormat
from dialog_s2s.text.split import held_out_keys
from dialog_s2s.text.split import key as opening
from dialog_s2s.text.turns import Dialogue, Example, Origin, Role, Turn, examples

RATE = 0.4
"""Of the learning rate of a first training, for weights that are good already."""

DOUBTFUL = 0.1
"""Share of the pairs taken for held out that may be none, where that is told from their order."""

RECORDED = ("trained", "ranked", "held_out_from", "held_out_to")
"""What a bundle says of its pairs: how many were trained, up to which id the ranking was fitted to
them, and the first and the last id of those held out (none: the last comes before the first)."""

Pair = tuple[Key, str]
"""A question with the turns it needs, case and punctuation aside, and its answer."""


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
    ranked: int
    """Ids up to this one are of pairs that the ranking was fitted to."""
    held_out: frozenset[int] | None
    """Ids of the pairs it was not trained on; None where that is not known."""
    bundle: Bundle

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
        recorded = _recorded(bundle)
        with Rows.open(bundle.path / MEMORY) as known:
            rows = sorted(known, key=lambda row: (row.kind != TRAINED, row.id))
            forgetful = known.version > len(known)
        trained = [row for row in rows if row.kind == TRAINED]
        if recorded is not None:  # what was taught since, and taken back, no weights were told
            forgetful = len(trained) < recorded["trained"]
        config = bundle.config()
        ranked = trained[-1].id if recorded is None and trained else 0
        found = cls(
            bundle.path,
            config,
            tuple(rows),
            None if forgetful else source_format(bundle),
            None if forgetful else bundle.read(WEIGHTS),
            ranked if recorded is None else recorded["ranked"],
            None,
            bundle,
        )
        if recorded is None:
            return replace(found, held_out=found._by_order(trained))
        first, last = recorded["held_out_from"], recorded["held_out_to"]
        return replace(found, held_out=frozenset(range(first, last + 1)))

    @property
    def taught(self) -> int:
        """How many of the rows were taught or corrected after the training."""
        return sum(row.kind != TRAINED for row in self.rows)

    def dialogues(self, others: Iterable[Example]) -> list[Dialogue]:
        """Its pairs to learn again, without those whose questions are among `others`, or were
        taught another answer."""
        newer = {self.pair(each)[0] for each in others}
        taught = {key(row.question, row.context) for row in self.rows if row.kind != TRAINED}
        kept = []
        for row in self.rows:
            own = key(row.question, row.context)
            if own not in newer and not (row.kind == TRAINED and own in taught):
                kept.append(self._dialogue(row))
        return kept

    def pair(self, example: Example) -> Pair:
        """An example as the memory has it."""
        before = example.history[:-1]
        turns = self.config.text.history_turns
        if turns is not None:
            before = before[max(0, len(before) - turns) :]
        return key(example.question, context_of(before)), example.reply

    def learnt(self) -> dict[Pair, Row]:
        """The pairs that it was trained on, or that were held out then."""
        trained = [row for row in self.rows if row.kind == TRAINED]
        return {(key(row.question, row.context), row.answer): row for row in trained}

    def held_openings(self, corpus: Iterable[Example], share: float, seed: int) -> set[str] | None:
        """What stays held out: the questions that its weights have not seen; with a `share` of new
        ones. None where it is not known what they have seen."""
        if self.held_out is None or self.weights is None:
            return None
        held: set[str] = set()
        seen: set[str] = set()
        for row in self.rows:
            if row.kind == TRAINED:
                (example,) = examples(self._dialogue(row))
                (held if row.id in self.held_out else seen).add(opening(example))
        held -= seen
        if share:
            held |= held_out_keys(corpus, share, seed) - seen
        return held

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

    def _by_order(self, trained: list[Row]) -> frozenset[int] | None:
        """What was held out comes last, and the same openings are drawn again: of follow-ups whose
        first turn is no longer known others may be. Where the two do not fit, it is not known."""
        share = self.config.text.held_out
        found = [example for row in trained for example in examples(self._dialogue(row))]
        if not share or not found:
            return frozenset()
        drawn = held_out_keys(found, share, self.config.training.seed)
        told = [opening(example) in drawn for example in found]
        wrong = fewest = sum(told)
        start = len(told)
        for place in range(len(told) - 1, -1, -1):
            wrong += -1 if told[place] else 1
            if wrong < fewest:
                start, fewest = place, wrong
        if fewest > DOUBTFUL * max(1, len(told) - start):
            return None
        return frozenset(row.id for row in trained[start:])

    def _dialogue(self, row: Row) -> Dialogue:
        origin = _origin(row.origin)
        meaning = Origin(str(self.path), row.intent) if row.intent else None
        before = [replace(turn, learn=False) for turn in row.context]
        asked = Turn(Role.USER, row.question, origin)
        return Dialogue((*before, asked, Turn(Role.BOT, row.answer, origin, True, meaning)))


def _recorded(bundle: Bundle) -> Mapping[str, int] | None:
    """What the bundle says of its pairs; bots of earlier versions say nothing."""
    try:
        pairs = json.loads(bundle.read(RECALL)).get("pairs")
        return None if pairs is None else {name: int(pairs[name]) for name in RECORDED}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BundleError(
            f"{bundle.path / RECALL}: does not fit this program; train the bot again"
        ) from None


def _origin(text: str) -> Origin:
    """`file:line` as it was; of anything else there is no line."""
    file, _, line = text.rpartition(":")
    return Origin(file, int(line)) if file and line.isdecimal() else Origin(text, 0)
