"""What questions are compared by: their words and their runs of three letters, as 32-bit hashes.

Texts are folded first, then spelt in full (NFD): an accent is a letter of its own, and a Korean
syllable is its two or three, so one wrong stroke leaves most of a word's trigrams as they were.
Trigrams run over the spaces between words, which tells word order and survives a missing space.
Characters that are words in themselves (Chinese, Japanese) also count alone and by twos. So do
Korean syllables; a Korean word does not count whole, for its endings change. Everything is done for
many texts at once, in NumPy.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.text.turns import fold

LONGEST = 20_000
"""Characters of a text that count; what comes after them does not."""

Number = TypeVar("Number", np.uint32, np.uint64)

WIDE = 0x2E80
"""Where Unicode's ideographs and kana begin; the letters of Korean are below."""

FIRST_SYLLABLE, LAST_SYLLABLE = 0xAC00, 0xD7A3
"""Of Korean, in Unicode."""

SYLLABLE = re.compile(f"[{chr(FIRST_SYLLABLE)}-{chr(LAST_SYLLABLE)}]")

MULTIPLIER = np.uint64(0xBF58476D1CE4E5B9)
"""Of SplitMix64 (Steele, Lea and Flood 2014): spreads every bit over the upper half."""

BITS = np.uint64(21)
"""Of a character: three fit in a number."""

HALF = np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)


def grams(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """The terms of every text, rising and each once, end to end: those of text i are
    `terms[starts[i] : starts[i + 1]]`.
    """
    folded = [fold(text[:LONGEST]) for text in texts]
    words = [text.split() for text in folded]
    spelt = [f" {unicodedata.normalize('NFD', text)} " for text in folded]
    codes = _codes(spelt)
    rows = _numbered([len(text) for text in spelt])
    whole = [[word for word in each if not _hangul(word)] for each in words]
    hashes = [zlib.crc32(word.encode("utf-8", "surrogatepass")) for each in whole for word in each]
    pairs = [
        _paired(_numbered([len(each) for each in whole]), np.array(hashes, dtype=np.uint64)),
        _runs(codes, rows, 3),
    ]
    wide = codes >= WIDE
    if wide.any():
        pairs += [_runs(codes, rows, size, wide) for size in (1, 2)]
    syllables = [f" {text} " if _hangul(text) else "" for text in folded]
    if any(syllables):
        codes = _codes(syllables)
        rows = _numbered([len(text) for text in syllables])
        spoken = (codes >= FIRST_SYLLABLE) & (codes <= LAST_SYLLABLE)
        pairs += [_runs(codes, rows, size, spoken) for size in (1, 2)]
    found = distinct(np.concatenate(pairs))
    starts = np.searchsorted(found >> HALF, np.arange(len(texts) + 1, dtype=np.uint64))
    return (found & LOW).astype(np.uint32), starts.astype(np.int64)


def _hangul(text: str) -> bool:
    """Whether there is a Korean syllable in it."""
    return SYLLABLE.search(text) is not None


def _codes(texts: Sequence[str]) -> NDArray[np.uint32]:
    """The characters of all texts, end to end."""
    return np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype="<u4")


def distinct(values: NDArray[Number]) -> NDArray[Number]:
    """The values, rising and each once. Sorts them in place."""
    values.sort()  # numpy.unique hashes instead, which is some fifty times slower here
    first = np.ones(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=first[1:])
    return values[first]


def _numbered(counts: Sequence[int]) -> NDArray[np.int64]:
    """0 as often as the first count says, then 1, ..."""
    return np.repeat(np.arange(len(counts)), np.array(counts, dtype=np.int64))


def _paired(rows: NDArray[np.int64], hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Row and hash in one number, so that sorting is by row, then hash."""
    return rows.astype(np.uint64) << HALF | hashes


def _runs(
    codes: NDArray[np.uint32],
    rows: NDArray[np.int64],
    size: int,
    only: NDArray[np.bool_] | None = None,
) -> NDArray[np.uint64]:
    """Hashes, with their rows, of the runs of one to three characters (of these `only`)."""
    count = max(len(codes) - size + 1, 0)
    whole = rows[:count] == rows[size - 1 :][:count]
    packed = np.zeros(count, dtype=np.uint64)
    for place in range(size):
        packed = packed << BITS | codes[place : place + count]
        if only is not None:
            whole &= only[place : place + count]
    packed = packed[whole] * MULTIPLIER
    packed = (packed ^ packed >> HALF) * MULTIPLIER
    return _paired(rows[:count][whole], packed >> HALF)
