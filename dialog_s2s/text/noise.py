"""Changes to training sources that leave their answer right, so that wording matters less."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from dialog_s2s.text.shards import Shard
from dialog_s2s.text.source import folded
from dialog_s2s.text.tokenizer import Tokenizer
from dialog_s2s.text.turns import Role


@dataclass(frozen=True, slots=True)
class Noise:
    """Rates of each change; all 0 is no change.

    `subword` is the share of sources whose pieces are cut finer at random (the idea of subword
    regularisation and BPE-dropout: Kudo 2018, Provilkov et al. 2020, here by splitting pieces
    already chosen). `drop` is the share of pieces left out (word dropout: Iyyer et al. 2015).
    `stray` is the share of examples that get unrelated earlier turns, so that a bot learns when
    history does not matter.
    """

    tokenizer: Tokenizer
    subword: float = 0.0
    drop: float = 0.0
    stray: float = 0.0
    fold: bool = False
    """Whether sources are folded; see `source.folded`."""
    slots: int = 0
    """Slots there are: each example gets other ones at every pass, so that all are learnt."""
    cut: float = 0.3
    """Chance of each piece to be split, in a source that is cut finer."""
    _splits: list[list[tuple[int, int]]] = field(init=False, repr=False)
    _roles: frozenset[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_splits", self.tokenizer.splits())
        object.__setattr__(self, "_roles", frozenset(self.tokenizer.roles.values()))

    def applied(self, source: list[int], random: np.random.Generator) -> list[int]:
        """A changed copy of a source; role pieces always stay, and never alone."""
        if self.subword and random.random() < self.subword:
            source = self._finer(source, random)
        if self.drop:
            kept = random.random(len(source)) >= self.drop
            shorter = [
                piece
                for piece, keep in zip(source, kept, strict=True)
                if keep or piece in self._roles or piece >= self.tokenizer.size
            ]
            if shorter[-1] not in self._roles:
                source = shorter
        return source

    def exchange(self, shard: Shard, index: int) -> list[int]:
        """An example's question and reply as earlier turns of another, read as a source is;
        without its names, whose slots mean others here."""
        source = [piece for piece in shard.source(index) if piece < self.tokenizer.size]
        last = max(place for place, piece in enumerate(source) if piece in self._roles)
        reply = self.tokenizer.decode(
            [piece for piece in shard.target(index) if piece < self.tokenizer.size]
        )
        said = self.tokenizer.encode_words(folded(reply) if self.fold else reply)
        return [*source[last:], self.tokenizer.roles[Role.BOT], *said]

    def renumbered(
        self, source: list[int], target: list[int], random: np.random.Generator
    ) -> tuple[list[int], list[int]]:
        """An example with other slots for its names."""
        if not self.slots:
            return source, target
        first = self.tokenizer.size
        others = (first + random.permutation(self.slots)).tolist()
        changed = (
            [piece if piece < first else others[piece - first] for piece in pieces]
            for pieces in (source, target)
        )
        return next(changed), next(changed)

    def begins(self, source: list[int]) -> int:
        """Where the turns begin, after what was remembered."""
        return next(place for place, piece in enumerate(source) if piece in self._roles)

    def opens(self, source: list[int]) -> bool:
        """Whether a source is a question without earlier turns."""
        return sum(piece in self._roles for piece in source) == 1

    def _finer(self, source: list[int], random: np.random.Generator) -> list[int]:
        finer: list[int] = []
        chance = random.random((len(source), 2))
        for piece, (whether, which) in zip(source, chance, strict=True):
            ways = self._splits[piece] if piece < len(self._splits) else []
            if ways and whether < self.cut:
                finer += ways[int(which * len(ways))]
            else:
                finer.append(piece)
        return finer
