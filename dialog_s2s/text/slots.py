"""Names and codes as slots: a word that only ever is repeated is one piece, whatever it says.

"my order number is A-4711" is read as "my order number is <slot 3>", and a reply that was learnt
as "I look up order <slot 3>." says A-4711. A slot is a piece beyond the tokenizer's own; which word
it stands for follows from the source alone, so a reply has the same probability either way.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dialog_s2s.text.tokenizer import UNKNOWN, Tokenizer

_WORD = re.compile(r"(.*?)([.,;:!?…~。？！，、)\]\"'”’]*)", re.DOTALL)

_SPACE = "▁"


def parted(word: str) -> tuple[str, str]:
    """A word and the punctuation that it ends on."""
    found = _WORD.fullmatch(word)
    assert found is not None  # it matches anything
    return found[1], found[2]


def known_as(word: str) -> str:
    """What makes two spellings the same word: case and width aside."""
    return unicodedata.normalize("NFKC", word).lower()


def nameable(word: str) -> bool:
    """Whether a word could be a name: it begins with a letter, a digit or one of #@$€£_, goes on
    without a space, and is not punctuation alone."""
    return (
        word != ""
        and (word[0].isalnum() or word[0] in "#@$€£_")
        and any(char.isalnum() for char in word)
        and not any(char.isspace() for char in word)
    )


@dataclass(frozen=True, slots=True)
class Slots:
    """Which words are names, and the pieces that stand for them; a bot keeps what it was trained
    with.

    A word is a name unless it is among the `known` ones: so every word never met is one.
    """

    tokenizer: Tokenizer
    known: frozenset[str]
    """Words as `known_as` gives them."""
    count: int
    """Slots there are."""
    _cut: dict[str, tuple[str | None, tuple[int, ...]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def read(cls, tokenizer: Tokenizer, words: bytes, count: int) -> Slots:
        """Slots from what `written` gave."""
        return cls(tokenizer, frozenset(words.decode("utf-8", "replace").split("\n")), count)

    def written(self) -> bytes:
        """The known words, a line each."""
        return "\n".join(sorted(self.known)).encode("utf-8", "replace")

    @property
    def first(self) -> int:
        """The piece of the first slot."""
        return self.tokenizer.size

    def words(self, text: str, fold: bool = False) -> list[int | str]:
        """The pieces of `text`, each word by itself, and in between its names as they are spelt;
        what is no name is read in lower case with `fold`."""
        found: list[int | str] = []
        for word in text.split():
            name, pieces = self._parts(word)
            if name is not None:
                found.append(name)
                found += pieces
            else:
                found += self.tokenizer.encode(word.lower()) if fold else pieces
        return found

    def source(self, words: Sequence[int | str]) -> Source:
        """What the encoder reads, with a slot for each name, the latest first; a name for which
        none is left is an unknown piece."""
        numbers: dict[str, int] = {}
        spelt: dict[int, str] = {}
        for word in reversed(words):
            if isinstance(word, str):
                number = numbers.setdefault(known_as(word), len(numbers))
                spelt[number] = word  # in the end as it was spelt first
        names = tuple(spelt[number] for number in range(min(len(numbers), self.count)))
        pieces = []
        for word in words:
            if isinstance(word, int):
                pieces.append(word)
            else:
                number = numbers[known_as(word)]
                pieces.append(self.first + number if number < self.count else UNKNOWN)
        return Source(pieces, names, self.tokenizer)

    def _parts(self, word: str) -> tuple[str | None, tuple[int, ...]]:
        """The name in a word and the pieces after it, or None and all its pieces."""
        found = self._cut.get(word)
        if found is None:
            if len(self._cut) > 1 << 16:
                self._cut.clear()
            found = self._cut[word] = self._parted(word)
        return found

    def _parted(self, word: str) -> tuple[str | None, tuple[int, ...]]:
        pieces = self.tokenizer.encode(word)
        text = self.tokenizer.decode(pieces)
        name, ending = parted(text)
        # what does not come back as one word, such as a lone accent, cannot be put back as one
        if not nameable(name) or known_as(name) in self.known:
            return None, tuple(pieces)
        return name, tuple(self.tokenizer.letters(ending))


class Source(list[int]):
    """Pieces that the encoder reads, and the names that the slots among them stand for."""

    def __init__(self, pieces: Iterable[int], names: tuple[str, ...], tokenizer: Tokenizer):
        super().__init__(pieces)
        self.names = names
        self._tokenizer = tokenizer

    def hidden(self, reply: Sequence[int]) -> list[int]:
        """The pieces of a reply with slots for the names that the source has."""
        slots = {name: self._tokenizer.size + slot for slot, name in enumerate(self.names)}
        found: list[int] = []
        for word in self._words(reply):
            text = self._tokenizer.decode(word) if word[0] < self._tokenizer.size else ""
            name, ending = parted(text.strip(" "))
            if name in slots:
                found += [slots[name], *self._tokenizer.letters(ending)]
            else:
                found += word
        return found

    def spelt(self, reply: Iterable[int]) -> list[int]:
        """The pieces of a reply with its names in place of their slots."""
        return [piece for each in reply for piece in self.spelling(each)]

    def spelling(self, piece: int) -> list[int]:
        """The pieces that one piece stands for: itself, or its name's."""
        slot = piece - self._tokenizer.size
        return [piece] if slot < 0 else self._tokenizer.encode(self.names[slot])

    def shown(self, piece: int) -> str:
        """How a piece is written, with ▁ for a space; a slot as its name."""
        slot = piece - self._tokenizer.size
        return self._tokenizer.piece(piece) if slot < 0 else _SPACE + self.names[slot]

    def _words(self, reply: Sequence[int]) -> list[list[int]]:
        """Pieces that spell one word; a slot, and a special piece, each by itself."""
        words: list[list[int]] = []
        joins = False
        for piece in reply:
            plain = piece < self._tokenizer.size and not self._tokenizer.special(piece)
            if joins and plain and not self._tokenizer.piece(piece).startswith(_SPACE):
                words[-1].append(piece)
            else:
                words.append([piece])
            joins = plain
        return words
