"""Training's part in the answer memory: rows from examples, how they are ranked, what is stored."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialog_s2s import bundle
from dialog_s2s.config import Config, given
from dialog_s2s.dialogue.unknown import language_of
from dialog_s2s.memory.embeddings import SentenceEncoder
from dialog_s2s.memory.keys import context_of
from dialog_s2s.memory.mixture import NOTHING, Prior
from dialog_s2s.memory.ranker import Ranker
from dialog_s2s.memory.rows import TRAINED, NewRow, Rows
from dialog_s2s.memory.similarity import Similarity
from dialog_s2s.memory.stored import USED_MOST, tensors
from dialog_s2s.text.misspell import misspelt
from dialog_s2s.text.shards import Shard
from dialog_s2s.text.thesaurus import Thesaurus
from dialog_s2s.text.tokenizer import END, Tokenizer
from dialog_s2s.text.turns import Example, Origin, Role, Turn
from dialog_s2s.training.beside import fit_beside
from dialog_s2s.training.neighbours import Neighbours, Query, Store, neighbours
from dialog_s2s.training.ranking import fit_ranker, responsibilities, with_learned
from dialog_s2s.training.withholding import groups_of

LOOKED_UP = 12_000
"""Questions that the ranking is learnt from; more would take longer and teach no more."""

TWICE = 3000
"""Questions up to which each is asked twice, otherwise each time."""

LISTENED = 1000
"""Questions by which the language is told that the bot speaks where the user's is not clear."""

GUESS = 0.6
"""What a generator makes of an unseen reply, as a share of the nats its pieces' counts give it."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """How the memory of the learnt examples is read, and what it knows of each without itself."""

    store: Store
    similarity: Similarity
    ranker: Ranker
    queries: list[Query]
    near: Neighbours
    known: NDArray[np.float64]
    """For each query, the log-probability that memory and prior give its reply."""
    left: NDArray[np.float64]
    """The log-weight of the generator."""


def rows_of(examples: Iterable[Example], history_turns: int) -> list[NewRow]:
    """Examples as the memory's rows, each with the turns its question needs."""
    intents: dict[Origin, int] = {}
    rows = []
    for example in examples:
        before = example.history[:-1]
        context = context_of(before[max(0, len(before) - history_turns) :])
        intent = 0
        if example.meaning is not None:
            intent = intents.setdefault(example.meaning, len(intents) + 1)
        bare = tuple(Turn(turn.role, turn.text) for turn in context)
        origin = str(example.origin) if example.origin is not None else "pairs"
        rows.append(NewRow(example.question, bare, example.reply, TRAINED, origin, intent))
    return rows


def rank(
    rows: Sequence[NewRow],
    shard: Shard,
    vocabulary: int,
    config: Config,
    encoder: SentenceEncoder | None,
) -> Ranked:
    """Learns to rank the rows for one another's questions; `shard` holds their replies.

    Raises:
        DataError: the file of `memory.synonyms` cannot be read.
    """
    width = given(config.memory.learned, "memory.learned")
    store = Store.of(rows, width, thesaurus_of(config), encoder, config.memory.prior)
    random = np.random.default_rng([config.training.seed, 7])
    queries, nats = _queries(rows, shard, vocabulary, config, store.similarity.thesaurus, random)
    near = neighbours(store, queries)
    ranker, similarity = fit_ranker(
        store.similarity,
        store.asked,
        near,
        -GUESS * nats,
        groups_of(rows),
        config.training.seed,
    )
    if encoder is not None:
        ranker = fit_beside(ranker, store, queries, near, -GUESS * nats, config.training.seed)
    groups = groups_of(rows)
    ranker = dataclasses.replace(ranker, wordings=len(groups) / (groups.max() + 1))
    features = with_learned(similarity, store.asked, near)
    known, left = responsibilities(ranker, features, near)
    return Ranked(store, similarity, ranker, queries, near, known, left)


def thesaurus_of(config: Config) -> Thesaurus:
    """The one that comes with the program, if it is wanted, and the user's own.

    Raises:
        DataError: the user's own cannot be read.
    """
    return Thesaurus.known(config.memory.synonyms or None, config.memory.thesaurus)


def prior_of(rows: Sequence[NewRow], tokenizer: Tokenizer, config: Config) -> Prior:
    """How often each of the most used answers is given."""
    if not config.memory.prior:
        return NOTHING
    used = Counter(row.answer for row in rows).most_common(USED_MOST)
    return Prior(
        [(*tokenizer.encode(answer), END) for answer, _ in used], [count for _, count in used]
    )


def files(
    rows: Sequence[NewRow],
    similarity: Similarity,
    ranker: Ranker,
    prior: Prior,
    embeddings: str,
    confidence: dict[str, Any] | None,
    pairs: Mapping[str, int] | None = None,
) -> dict[str, bytes]:
    """The memory's files in a bundle; `pairs` is what it says of them, see `ancestor.RECORDED`."""
    with tempfile.TemporaryDirectory(prefix="dialog-s2s-") as folder:
        place = Path(folder) / bundle.MEMORY
        Rows.create(place, rows)
        stored = place.read_bytes()
    spoken = Counter(language_of(row.question) for row in rows[:LISTENED])
    del spoken[None]
    tree = {
        "language": spoken.most_common(1)[0][0] if spoken else "",
        "ranker": ranker.tree(),
        "embeddings": embeddings,
        "confidence": confidence,
    }
    if pairs is not None:
        tree["pairs"] = dict(pairs)
    return {
        bundle.MEMORY: stored,
        bundle.RECALL: (json.dumps(tree, indent=1) + "\n").encode(),
        bundle.RECALL_TENSORS: tensors(similarity, prior),
        bundle.THESAURUS: similarity.thesaurus.json(),
    }


def _queries(
    rows: Sequence[NewRow],
    shard: Shard,
    vocabulary: int,
    config: Config,
    thesaurus: Thesaurus,
    random: np.random.Generator,
) -> tuple[list[Query], NDArray[np.float64]]:
    """Questions as they might be asked: some misspelt, some in other words,
    some after turns that do not matter; and
    the nats that a count of pieces gives their replies."""
    counts = np.ones(vocabulary)
    targets = [shard.target(place) for place in range(len(rows))]
    for target in targets:
        np.add.at(counts, target, 1.0)
    nats_V = -np.log(counts / counts.sum())
    order = random.permutation(len(rows))[:LOOKED_UP].tolist()
    share = given(config.memory.misspelt, "memory.misspelt")
    reworded = given(config.memory.reworded, "memory.reworded")
    stray = given(config.training.stray_history, "training.stray_history")
    rounds = 2 if len(order) <= TWICE else 1
    queries, nats = [], []
    for turn in range(rounds):
        for place in order:
            row = rows[place]
            question, context = row.question, row.context
            if random.random() < (share if rounds == 1 else 2 * share * turn):
                question = misspelt(question, random) or question
            elif random.random() < reworded:
                question = thesaurus.reworded(question, random) or question
            if not context and random.random() < stray:
                other = rows[int(random.integers(len(rows)))]
                context = context_of(_exchange(other))
            queries.append(Query(question, context, place, row.answer, row.intent))
            nats.append(float(nats_V[targets[place]].sum()))
    return queries, np.array(nats)


def _exchange(row: NewRow) -> tuple[Turn, ...]:
    return (Turn(Role.USER, row.question), Turn(Role.BOT, row.answer))
