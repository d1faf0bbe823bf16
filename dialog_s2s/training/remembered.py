"""Sources that begin with answers remembered for other questions, as they do when a bot answers.

The example itself is never among them: they come from look-ups that leave it out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.memory.ranker import Ranker
from dialog_s2s.memory.rows import NewRow
from dialog_s2s.text.shards import Encoding, Shard, write_shard
from dialog_s2s.text.source import SourceFormat
from dialog_s2s.training.neighbours import Neighbours


def answers(
    ranker: Ranker,
    features_QKF: NDArray[np.floating],
    near: Neighbours,
    rows: Sequence[NewRow],
    count: int,
) -> list[list[str]]:
    """For each query the `count` different answers that weigh most: `Recalled.answers` of them."""
    scores_QK = np.where(near.there_QK, features_QKF @ np.array(ranker.features), -np.inf)
    found = []
    for scores_K, rows_K, there_K in zip(scores_QK, near.rows_QK, near.there_QK, strict=True):
        order = np.lexsort((rows_K, -scores_K))
        chosen = [rows[row].answer for row in rows_K[order][there_K[order]].tolist()]
        found.append(list(dict.fromkeys(chosen))[:count])
    return found


def remembering(
    shard: Shard, remembered: Sequence[Sequence[str]], format: SourceFormat, folder: Path
) -> Shard:
    """The shard with the answers that were `remembered` for each example before its turns.

    Raises:
        DiskError: the folder cannot be written.
    """

    def encoded() -> Iterator[Encoding]:
        for place, texts in enumerate(remembered):
            segments = [piece for text in reversed(texts) for piece in format.remembered(text)]
            source = [*segments, *shard.source(place)]
            yield Encoding(source, shard.target(place), shard.origin(place))

    return write_shard(folder, encoded(), format.size)
