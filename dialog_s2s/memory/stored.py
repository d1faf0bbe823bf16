"""The answer memory of a bundle: written by training, opened by a bot."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from dialog_s2s.bundle import MEMORY, RECALL, RECALL_TENSORS, THESAURUS, Bundle
from dialog_s2s.errors import BundleError, DataError, DiskError
from dialog_s2s.memory.embeddings import SentenceEncoder
from dialog_s2s.memory.indexes import Indexes
from dialog_s2s.memory.keys import indexed
from dialog_s2s.memory.mixture import NOTHING, Prior
from dialog_s2s.memory.ranker import Ranker
from dialog_s2s.memory.recall import Memory
from dialog_s2s.memory.rows import Rows
from dialog_s2s.memory.similarity import Similarity
from dialog_s2s.memory.vectors import VectorIndex
from dialog_s2s.text.thesaurus import Thesaurus
from dialog_s2s.text.tokenizer import END, Tokenizer

INDEX = "memory.index"
"""The folder of what is derived from the rows; made again wherever it is missing."""

USED_MOST = 20_000
"""Answers in the prior: the most used; what is rarer is left to the generator."""


def tensors(similarity: Similarity, prior: Prior) -> bytes:
    """The learned vectors and the prior as one safetensors file."""
    lengths = np.array([len(answer) for answer in prior.answers], dtype=np.int32)
    flat = np.array([piece for answer in prior.answers for piece in answer], dtype=np.int32)
    counts = np.array(prior.counts, dtype=np.float32)
    return save(
        {
            "trained_B": similarity.trained_B,
            "trained_texts": np.array([similarity.trained_texts]),
            "table_LD": similarity.table_LD.astype(np.float16),
            "prior_lengths": lengths,
            "prior_pieces": flat,
            "prior_counts": counts,
        }
    )


def open_memory(bundle: Bundle, tokenizer: Tokenizer) -> tuple[Memory, Mapping[str, Any]] | None:
    """A bundle's memory and its settings, or None where it has none.

    Raises:
        BundleError: its files are damaged or do not fit together.
        UsageError: it was made with a sentence encoder that is not there.
    """
    if MEMORY not in bundle.files:
        return None
    stored = read_ranking(bundle)
    tree, similarity = stored.tree, stored.similarity
    embeddings, thesaurus = str(tree["embeddings"]), similarity.thesaurus
    rows = Rows.open(bundle.path / MEMORY)
    place, made = bundle.path / INDEX, bundle.files[MEMORY][:16]
    indexes, version = _indexes(rows, thesaurus, place, made)
    sentences = None
    if embeddings:
        encoder = SentenceEncoder.load(embeddings)
        kept = list(rows)
        sentences = (
            encoder,
            VectorIndex.build(
                [row.id for row in kept], encoder.encode([row.question for row in kept])
            ),
        )
    memory = Memory(
        rows,
        indexes,
        similarity,
        stored.ranker,
        stored.prior,
        lambda answer: (*tokenizer.encode(answer), END),
        sentences,
        version,
        stored.later,
    )
    return memory, tree


@dataclass(frozen=True, slots=True)
class Ranking:
    """How a bundle's memory is read, as it came from training."""

    ranker: Ranker
    similarity: Similarity
    prior: Prior
    tree: Mapping[str, Any]
    """The settings file."""
    later: range
    """Ids of the trained rows that were learnt after all this was fitted."""


def read_ranking(bundle: Bundle) -> Ranking:
    """How the rows of a bundle are ranked.

    Raises:
        BundleError: its files are damaged or do not fit together.
    """
    try:
        tree = json.loads(bundle.read(RECALL))
        arrays = load(bundle.read(RECALL_TENSORS))
        similarity = Similarity(
            arrays["trained_B"],
            int(arrays["trained_texts"][0]),
            arrays["table_LD"].astype(np.float32),
            Thesaurus.from_json(bundle.read(THESAURUS)),
        )
        prior = _prior(arrays["prior_lengths"], arrays["prior_pieces"], arrays["prior_counts"])
        str(tree["embeddings"])
        pairs = tree.get("pairs") or {"ranked": 0, "trained": 0}
        later = range(int(pairs["ranked"]) + 1, int(pairs["trained"]) + 1)
        return Ranking(Ranker.from_tree(tree["ranker"]), similarity, prior, tree, later)
    except (ValueError, KeyError, TypeError, AttributeError, SafetensorError):
        raise BundleError(
            f"{bundle.path / RECALL}: does not fit this program; train the bot again"
        ) from None


def _indexes(rows: Rows, thesaurus: Thesaurus, folder: Path, made: str) -> tuple[Indexes, int]:
    """The latest indexes of these rows on the disk, and the version they are of; new ones where
    there are none. What was taught since is not in them."""
    now = rows.version
    names = {each.name[len(made) + 1 :]: each for each in folder.glob(f"{made}-*")}
    found = {int(name): each for name, each in names.items() if name.isdecimal()}
    # one of a later version is of rows that a copy put back in place has not
    for version in sorted((each for each in found if each <= now), reverse=True):
        try:
            return Indexes.open(thesaurus, found[version]), version
        except DataError:  # damaged: it is derived, and made again
            continue
    items = [(row.id, indexed(row.question, row.context)) for row in rows]
    try:
        return Indexes.build(thesaurus, items, folder / f"{made}-{now}"), now
    except DiskError:  # nothing can be written here: it serves from memory
        return Indexes.build(thesaurus, items), now


def _prior(
    lengths: NDArray[np.int32], pieces: NDArray[np.int32], counts: NDArray[np.float32]
) -> Prior:
    if not len(lengths):
        return NOTHING
    ends = np.cumsum(lengths).tolist()
    flat = pieces.tolist()
    answers = [
        tuple(flat[end - length : end]) for end, length in zip(ends, lengths.tolist(), strict=True)
    ]
    return Prior(answers, counts.tolist())
