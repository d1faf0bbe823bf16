"""Subword pieces by SentencePiece: trained in process, byte fallback, NFKC, our role pieces."""

from __future__ import annotations

import io
import re
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator, Sequence

import sentencepiece

from dialog_s2s.errors import BundleError, ConfigError, DataError
from dialog_s2s.text.turns import Role

PADDING, UNKNOWN, START, END = range(4)
"""Ids of the pieces every vocabulary begins with; the role pieces follow."""

ROLE_PIECES = {Role.USER: "<user>", Role.BOT: "<bot>", Role.SYSTEM: "<system>"}

MEMORY_PIECE = "<memory>"
"""Opens an answer that was remembered for another question."""

SMALLEST = 5 + len(ROLE_PIECES) + 256
"""Special pieces and one piece a byte; characters and words come on top."""

ALPHABET = 500
"""Characters that are few enough for each of them to be a piece."""

LONGEST_PHRASE = 64
"""Characters of a piece at most, where pieces may span words."""

MAX_TRAINING_TEXTS = 1_000_000
"""The vocabulary is learnt from so many texts at most, evenly spread over what is given."""


_TOO_FEW = re.compile(r"Vocabulary size is smaller than required_chars\. \d+ vs (\d+)")


class VocabularyError(ConfigError):
    """A vocabulary with no room for the characters of the text."""

    def __init__(self, asked: int, least: int):
        super().__init__(
            f"text.vocabulary {asked} is too small, for the characters of the text alone are "
            f"{least} pieces; set it to that or more, or leave it out"
        )
        self.least = least


class Tokenizer:
    """Text to pieces and back.

    Text can never become a special piece: these are control symbols, which encoding ignores.
    """

    def __init__(self, model: bytes):
        """Loads a trained model.

        Raises:
            BundleError: the bytes are not a SentencePiece model with our special pieces.
        """
        self.model = model
        self._pieces = sentencepiece.SentencePieceProcessor()
        try:
            self._pieces.LoadFromSerializedProto(model)
        except RuntimeError:
            raise BundleError("the tokenizer model cannot be read; train the bot again") from None
        self.size = int(self._pieces.GetPieceSize())
        self.roles = {role: 4 + index for index, role in enumerate(ROLE_PIECES)}
        self.memory = 4 + len(ROLE_PIECES)
        for index, piece in zip(self.openers, (*ROLE_PIECES.values(), MEMORY_PIECE), strict=True):
            if self.size <= SMALLEST or self._pieces.IdToPiece(index) != piece:
                raise BundleError(f"the tokenizer model has no {piece} piece; train the bot again")
        names = [self._pieces.IdToPiece(index) for index in range(self.size)]
        self._bytes = {
            index: int(name[3:5], 16)
            for index, name in enumerate(names)
            if re.fullmatch(r"<0x[0-9A-F]{2}>", name)
        }
        self._names = names

    @classmethod
    def train(cls, texts: Iterable[str], vocabulary: int, phrases: bool = False) -> Tokenizer:
        """Learns at most `vocabulary` pieces by byte-pair encoding (Sennrich et al. 2016); fewer
        where the text is small.

        With `phrases`, pieces may span words, and what is said again and again becomes one piece;
        they are chosen by a unigram model (Kudo 2018), which is free to leave out what they hold.

        Raises:
            DataError: there is no text to learn from.
            VocabularyError: its characters are more than `vocabulary`.
        """
        kept = _spread(texts)
        if not any(text.strip() for text in kept):
            raise DataError("there is no text to learn a vocabulary from; check the columns")
        characters = {char for text in kept for char in text}
        model = io.BytesIO()
        try:
            sentencepiece.SentencePieceTrainer.Train(
                sentence_iterator=iter(kept),
                model_writer=model,
                model_type="unigram" if phrases else "bpe",
                vocab_size=max(vocabulary, SMALLEST + 32),
                hard_vocab_limit=False,
                byte_fallback=True,
                # all characters of a small alphabet; of a large one, what is rare falls to bytes
                character_coverage=1.0 if len(characters) < ALPHABET else 0.9995,
                normalization_rule_name="nfkc",
                control_symbols=[*ROLE_PIECES.values(), MEMORY_PIECE],
                pad_id=PADDING,
                unk_id=UNKNOWN,
                bos_id=START,
                eos_id=END,
                num_threads=1,  # more would add in another order, and learn other pieces
                max_sentence_length=1 << 20,
                split_by_whitespace=not phrases,
                split_by_unicode_script=not phrases,
                split_by_number=not phrases,
                max_sentencepiece_length=LONGEST_PHRASE if phrases else 16,
                minloglevel=2,
            )
        except RuntimeError as error:
            told = _TOO_FEW.search(str(error))
            if told is None:
                raise
            raise VocabularyError(vocabulary, int(told[1])) from None
        return cls(model.getvalue())

    @property
    def openers(self) -> tuple[int, ...]:
        """The pieces that open a segment of a source: the roles' and the memory's."""
        return (*self.roles.values(), self.memory)

    def encode(self, text: str) -> list[int]:
        """The pieces of `text`; without start, end or role pieces."""
        # half a surrogate pair, which the library would not take, becomes a question mark
        ids: list[int] = self._pieces.EncodeAsIds(text.encode("utf-8", "replace").decode())
        return ids

    def encode_words(self, text: str) -> list[int]:
        """The pieces of `text`, each word by itself: no piece spans two words."""
        return [piece for word in text.split() for piece in self.encode(word)]

    def letters(self, text: str) -> list[int]:
        """The pieces of `text` within a word, a character each; its bytes where it has none."""
        found: list[int] = []
        for char in text:
            index = int(self._pieces.PieceToId(char))
            if index >= SMALLEST - 256:
                found.append(index)
            else:
                found += (SMALLEST - 256 + byte for byte in char.encode("utf-8", "replace"))
        return found

    def special(self, index: int) -> bool:
        """Whether a piece is no text: padding, start, end, or what opens a segment."""
        return index < SMALLEST - 256

    def decode(self, ids: Sequence[int]) -> str:
        """The text of pieces; special ones are silent, incomplete characters are dropped."""
        return "".join(self.stream(ids))

    def stream(self, ids: Iterable[int]) -> Iterator[str]:
        """Text as pieces arrive, never half a character; joined it equals `decode`."""
        characters = getincrementaldecoder("utf-8")("ignore")
        started = False
        for index in ids:
            if index in self._bytes:
                text = characters.decode(bytes([self._bytes[index]]))
            elif self.special(index):
                continue
            else:
                characters.reset()  # bytes of a character that never became whole
                text = self._names[index].replace("▁", " ")
            if not started:
                text = text.lstrip(" ")
            if text:
                started = True
                yield text

    def splits(self) -> list[list[tuple[int, int]]]:
        """For every piece, the pairs of shorter pieces that spell it."""
        known = {name: index for index, name in enumerate(self._names) if index >= SMALLEST}
        return [
            []
            if index < SMALLEST
            else [
                (known[name[:cut]], known[name[cut:]])
                for cut in range(1, len(name))
                if name[:cut] in known and name[cut:] in known
            ]
            for index, name in enumerate(self._names)
        ]

    def piece(self, index: int) -> str:
        """How a piece is written, with ▁ for a space."""
        return self._names[index]


def _spread(texts: Iterable[str]) -> list[str]:
    """All texts, or every 2nd, 4th, ... so that at most MAX_TRAINING_TEXTS are held."""
    kept: list[str] = []
    stride = 1
    for index, text in enumerate(texts):
        if index % stride:
            continue
        kept.append(text)
        if len(kept) > MAX_TRAINING_TEXTS:
            kept = kept[::2]
            stride *= 2
    return kept
