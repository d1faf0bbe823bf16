"""Which words of a corpus are names: said because they were heard, or too rare to be learnt."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from dialog_s2s.text.slots import known_as, nameable, parted
from dialog_s2s.text.turns import Example, Role, Turn

FEW = 3
"""Dialogues a word must be in to be learnt for what it is."""

COPIED = 0.95
"""Share of its first mentions by the bot that come after somebody else's, from which on a word is
one that the bot repeats and never thinks of."""

USUAL = 0.7
"""Share of the dialogues from which on a word is grammar, not a name: somebody always said it."""

PAYS = 0.1
"""Share of the replies that must repeat a name for slots to pay."""

HEARD = 0.5
"""Share of the names said by the bot that must be repeated ones: where replies hold rare words of
their own, as a lexicon's do, a rare word is no name."""

SPARE = 1.5
"""Slots for each name that the source with the most of them has."""

MOST = 96
"""Slots at most."""

_NONE = frozenset({""})

_CODE = re.compile(r"[\d_@]")


@dataclass(frozen=True, slots=True)
class Naming:
    """What a corpus says of its words."""

    known: frozenset[str]
    """Words that are no names, as `known_as` gives them."""
    slots: int
    """Enough for the names of any source; 0 where replies seldom repeat one."""
    repeating: float
    """Share of the replies that repeat a name of what was said before."""


def naming(corpus: Iterable[Example]) -> Naming:
    """Reads a corpus twice: which words are names, and how many there are in a source."""
    known = known_words(corpus)
    pairs = repeating = most = said = repeated = 0
    earlier: set[str] = set()
    before: Example | None = None
    for example in corpus:
        fresh, new = _new(example, before)
        before = example
        if fresh:
            earlier = set()
        for turn in new:
            earlier |= words(turn.text) - known
        pairs += 1
        names = words(example.reply) - known
        said += len(names)
        repeated += len(names & earlier)
        repeating += not names.isdisjoint(earlier)
        most = max(most, len(earlier))
    share = repeating / pairs if pairs else 0.0
    pays = share >= PAYS and repeated >= HEARD * said
    slots = min(MOST, round(SPARE * most) + 1) if pays else 0
    return Naming(known, slots, share)


def words(text: str) -> frozenset[str]:
    """The different words of a text that could be names, without the punctuation they end on."""
    return frozenset(map(_word, text.split())) - _NONE


@lru_cache(maxsize=1 << 16)
def _word(word: str) -> str:
    """A word as it is known, without its ending; empty where it could be no name."""
    found = known_as(parted(word)[0])
    return found if nameable(found) else ""


def plain(text: str, known: frozenset[str]) -> str:
    """`text` without its names; what they end on stays."""
    kept = []
    for word in text.split():
        name, ending = parted(word)
        named = nameable(name) and known_as(name) not in known
        kept.append(ending if named else word)
    return " ".join(kept)


def known_words(corpus: Iterable[Example]) -> frozenset[str]:
    """The words of a corpus that are no names, as `known_as` gives them."""
    dialogues: Counter[str] = Counter()
    first: Counter[str] = Counter()
    heard_first: Counter[str] = Counter()
    count = 0
    heard: set[str] = set()
    said: set[str] = set()
    before: Example | None = None

    def ended() -> None:
        nonlocal count
        count += 1
        dialogues.update(heard | said)

    for example in corpus:
        fresh, new = _new(example, before)
        if fresh and before is not None:
            ended()
        if fresh:
            heard, said = set(), set()
        before = example
        for turn in (*new, Turn(Role.BOT, example.reply)):
            if turn.role is not Role.BOT:
                heard |= words(turn.text)
                continue
            mentioned = words(turn.text) - said
            first.update(mentioned)
            heard_first.update(mentioned & heard)
            said |= mentioned
    ended()
    return frozenset(
        word
        for word, times in dialogues.items()
        if times >= FEW and not _name(word, times / count, first[word], heard_first[word])
    )


def _name(word: str, share: float, first: int, heard: int) -> bool:
    """Whether a word that is in this share of the dialogues is a name: of its `first` mentions by
    the bot, so many came after it was `heard`."""
    if first:
        return share < USUAL and heard >= COPIED * first
    # what the bot never says of itself; a plain number may count for what it is worth
    return bool(_CODE.search(word)) and not word.isdecimal()


def _new(example: Example, before: Example | None) -> tuple[bool, tuple[Turn, ...]]:
    """Whether a dialogue begins with this example, and the turns that the one before had not."""
    if before is not None and before.history[0] is example.history[0]:
        return False, example.history[len(before.history) :]
    return True, example.history
