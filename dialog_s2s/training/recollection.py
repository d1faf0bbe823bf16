"""The answer memory through a run: ranked before the generator learns, told to it while it learns,
fitted to it and written when it has learnt."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.bundle import MANIFEST, MEMORY, Bundle
from dialog_s2s.config import Config, given
from dialog_s2s.dialogue.manager import Bot
from dialog_s2s.generation.engine import Engine
from dialog_s2s.generation.torch_backend import TorchBackend
from dialog_s2s.memory.embeddings import SentenceEncoder
from dialog_s2s.memory.indexes import Indexes
from dialog_s2s.memory.keys import indexed, key
from dialog_s2s.memory.ranker import Ranker
from dialog_s2s.memory.recall import Memory
from dialog_s2s.memory.rows import NewRow, Rows
from dialog_s2s.memory.stored import open_memory
from dialog_s2s.memory.vectors import VectorIndex
from dialog_s2s.model.seq2seq import Seq2Seq
from dialog_s2s.text.batches import plain
from dialog_s2s.text.tokenizer import END, Tokenizer
from dialog_s2s.training import calibration
from dialog_s2s.training.calibration import Fitted
from dialog_s2s.training.corpus import Prepared
from dialog_s2s.training.joint import Joint
from dialog_s2s.training.ledger import Ledger
from dialog_s2s.training.memory import files, prior_of, rank, rows_of
from dialog_s2s.training.neighbours import Neighbours, Query, neighbours
from dialog_s2s.training.objective import measure_each
from dialog_s2s.training.ranking import refit_gates, with_learned
from dialog_s2s.training.remembered import answers, remembering
from dialog_s2s.training.summary import Seen, see

FLOOR = 0.3
"""What an example counts at least in the generator's loss, however well it is remembered."""

ENOUGH = 50
"""Held-out replies from which on the memory's share is fitted to them."""


class Recalling(Protocol):
    """What a run asks of its answer memory in the end: of one fitted to all pairs, or inherited."""

    def new(self, taught: Sequence[NewRow]) -> list[NewRow]:
        """Those of what was taught that are not among the pairs as they are."""

    def finished(self, model: Seq2Seq, taught: Sequence[NewRow]) -> tuple[dict[str, bytes], Fitted]:
        """The memory's files, and how sure the bot is of its replies."""


class Recollection:
    """The rows of a corpus and how they are ranked."""

    def __init__(
        self,
        prepared: Prepared,
        settings: Config,
        encoder: SentenceEncoder | None,
        folder: Path,
        ledger: Ledger | None = None,
    ):
        self._folder = folder
        self._settings = settings
        self._ledger = ledger or Ledger()
        self.seen: Seen | None = None
        """What it replies, once it is finished."""
        turns = given(settings.text.history_turns, "text.history_turns")
        examples = [*prepared.learnt_examples, *prepared.held_out_examples]
        self._everything = rows_of(examples, turns)
        self._rows = self._everything[: len(prepared.learnt_examples)]
        self._encoder = encoder
        size = prepared.format.size
        self._ranked = rank(self._rows, prepared.learnt, size, settings, encoder)
        self.prepared = self._remembering(prepared)
        """The examples with the answers that are remembered for others like them."""

    def _remembering(self, prepared: Prepared) -> Prepared:
        count = given(self._settings.memory.neighbours, "memory.neighbours")
        if not count:
            return prepared
        ranked = self._ranked
        features = self._features(ranked.queries, ranked.near)
        found = answers(ranked.ranker, features, ranked.near, self._rows, count)
        learnt: list[list[str]] = [[] for _ in self._rows]
        for query, chosen in reversed(list(zip(ranked.queries, found, strict=True))):
            learnt[query.row] = chosen
        held_out: list[list[str]] = []
        if len(prepared.held_out):
            near, features = self._held_out()
            held_out = answers(ranked.ranker, features, near, self._rows, count)
        folder = self._folder / "remembering"
        return dataclasses.replace(
            prepared,
            learnt=remembering(prepared.learnt, learnt, prepared.format, folder / "learnt"),
            held_out=remembering(prepared.held_out, held_out, prepared.format, folder / "held-out"),
        )

    def told(self) -> str:
        """One line on how much the memory knows by itself."""
        ranked = self._ranked
        best = ranked.near.alike_QK[:, 0].mean()
        return (
            f"The answer memory holds {len(self._rows):,} pairs; for {best:.0%} of their questions "
            "the nearest other one has the right answer."
        )

    def joint(self) -> Joint:
        """What the generator is told of each example."""
        count = len(self._rows)
        known, left = np.full(count, -1e9), np.zeros(count)
        nats = np.full(count, 30.0)
        for place, query in reversed(list(enumerate(self._ranked.queries))):
            known[query.row] = self._ranked.known[place]
            left[query.row] = self._ranked.left[place]
        return Joint(known, left, nats, FLOOR)

    def new(self, taught: Sequence[NewRow]) -> list[NewRow]:
        """Those of what was taught that are not among the pairs as they are."""
        return unknown(taught, self._everything)

    def finished(self, model: Seq2Seq, taught: Sequence[NewRow]) -> tuple[dict[str, bytes], Fitted]:
        """The memory's files, with all pairs in it and those `taught` to the bot that this one
        replaces, and how sure the bot is of its replies."""
        ranker = self._refitted(model)
        fitted = self._calibrated(model, ranker)
        made = files(
            [*self._everything, *taught],
            self._ranked.similarity,
            ranker,
            prior_of(self._everything, self.prepared.format.tokenizer, self._settings),
            self._settings.memory.embeddings,
            fitted.confidence.tree(),
            {
                "trained": len(self._everything),
                "ranked": len(self._everything),
                "held_out_from": len(self._rows) + 1,
                "held_out_to": len(self._everything),
            },
        )
        return made, fitted

    def _refitted(self, model: Seq2Seq) -> Ranker:
        """The ranker, its share fitted to the held-out replies where there are enough of them."""
        ranked = self._ranked
        held_out = self._everything[len(self._rows) :]
        if len(held_out) < ENOUGH:
            return ranked.ranker
        budget = given(self._settings.training.batch_tokens, "training.batch_tokens")
        nats = measure_each(model, plain(self.prepared.held_out, budget), len(held_out))
        near, features = self._held_out()
        return refit_gates(ranked.ranker, features, near, -nats)

    def _held_out(self) -> tuple[Neighbours, NDArray[np.float32]]:
        """What the memory knows of the held-out questions."""
        queries = [
            Query(row.question, row.context, -1, row.answer, row.intent)
            for row in self._everything[len(self._rows) :]
        ]
        near = neighbours(self._ranked.store, queries)
        return near, self._features(queries, near)

    def _features(self, queries: Sequence[Query], near: Neighbours) -> NDArray[np.float32]:
        ranked = self._ranked
        return with_learned(ranked.similarity, ranked.store.asked, near)

    def _calibrated(self, model: Seq2Seq, ranker: Ranker) -> Fitted:
        """How sure a bot may be that remembers what was learnt, and not what was held out."""
        format, training = self.prepared.format, self._settings.training
        place = self._folder / "learnt.db"
        Rows.create(place, self._rows)
        with Rows.open(place) as rows:
            known = list(rows)
            sentences = None
            if self._encoder is not None:
                vectors = self._encoder.encode([row.question for row in known])
                sentences = (self._encoder, VectorIndex.build([row.id for row in known], vectors))
            memory = Memory(
                rows,
                Indexes.build(
                    self._ranked.similarity.thesaurus,
                    ((row.id, indexed(row.question, row.context)) for row in known),
                ),
                self._ranked.similarity,
                ranker,
                prior_of(self._rows, format.tokenizer, self._settings),
                lambda answer: (*format.tokenizer.encode(answer), END),
                sentences,
            )
            engine = Engine(TorchBackend(model), format.tokenizer)
            bot = Bot(engine, format, self._settings, self._folder, memory)
            held_out = self.prepared.held_out_examples
            asked = calibration.ask(bot, self._rows, held_out, training.seed)
            fitted = calibration.fit(asked, self._settings.memory.precision)
            bot = Bot(engine, format, self._settings, self._folder, memory, fitted.confidence)
            with self._ledger.part("asking it what it learnt"):
                self.seen = see(bot, self.prepared, training.seed)
        return fitted


def unknown(taught: Sequence[NewRow], rows: Sequence[NewRow]) -> list[NewRow]:
    """Those of what was taught that are not among the rows as they are."""
    known = {(key(row.question, row.context), row.answer) for row in rows}
    return [row for row in taught if (key(row.question, row.context), row.answer) not in known]


def index(bundle: Bundle, tokenizer: Tokenizer) -> None:
    """Builds the index of a fresh bundle's memory beside it, so that no chat has to."""
    opened = open_memory(bundle, tokenizer)
    if opened is not None:
        opened[0].rows.close()


def taught_before(path: Path) -> list[NewRow]:
    """What was taught to the bot at `path`, if there is one: training it anew must not lose it.

    Raises:
        BundleError: there is a bot, but its memory cannot be read.
    """
    if not (path / MANIFEST).is_file() or not (path / MEMORY).is_file():
        return []
    with Rows.open(path / MEMORY) as rows:
        return [
            NewRow(*(getattr(row, item.name) for item in dataclasses.fields(NewRow)))
            for row in reversed(rows.listed())
        ]
