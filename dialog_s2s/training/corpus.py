"""From files or pairs to what a run trains on: a survey, a vocabulary, and encoded shards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from dialog_s2s.config import TextConfig, given
from dialog_s2s.errors import ConfigError, DataError
from dialog_s2s.model.build import Pieces
from dialog_s2s.text.readers import from_items, read
from dialog_s2s.text.shards import Encoding, Shard, write_shard
from dialog_s2s.text.slots import Slots
from dialog_s2s.text.source import SourceFormat, folded
from dialog_s2s.text.split import held_out_keys, key
from dialog_s2s.text.tokenizer import END, PADDING, Tokenizer
from dialog_s2s.text.turns import Dialogue, Example, Origin, Role, examples, fold
from dialog_s2s.training.ancestor import Ancestor
from dialog_s2s.training.naming import known_words, naming, plain

PHRASE = 3
"""Words in a phrase, where replies are learnt by the phrase."""

USUAL = 0.9
"""Share of the questions with earlier turns whose turns all reach the encoder."""

KEPT = 300_000
"""Examples kept in memory between passes; larger corpora are read anew for each."""


class Corpus:
    """Examples that can be gone through several times."""

    def __init__(self, dialogues: Callable[[], Iterable[Dialogue]]):
        self._dialogues = dialogues
        stream = self._read()
        self._kept: list[Example] | None = list(islice(stream, KEPT + 1))
        if len(self._kept) > KEPT:
            self._kept = None

    def __iter__(self) -> Iterator[Example]:
        return iter(self._kept) if self._kept is not None else self._read()

    def _read(self) -> Iterator[Example]:
        for dialogue in self._dialogues():
            yield from examples(dialogue)


def corpus_of(data: object, format: str | None = None, ancestor: Ancestor | None = None) -> Corpus:
    """A corpus from a path, paths, or an iterable of pairs, mappings or dialogues; with an
    `ancestor`, its pairs come first, and there need be no others.

    Raises:
        UsageError, DataError: as the readers do.
    """
    if ancestor is None:
        return Corpus(_dialogues(data, format))
    given = _dialogues(data, format) if data else lambda: ()
    kept = ancestor.dialogues(Corpus(given))
    return Corpus(lambda: chain(kept, given()))


def _dialogues(data: object, format: str | None) -> Callable[[], Iterable[Dialogue]]:
    if isinstance(data, str | Path):
        data = [data]
    if isinstance(data, Sequence) and data and all(isinstance(item, str | Path) for item in data):
        paths = list(data)
        return lambda: read(paths, format)
    if not isinstance(data, Iterable):
        raise DataError(
            f"training data must be paths or pairs, but is {type(data).__name__}; "
            "give a file's path or a list of (question, answer)"
        )
    items = list(data)
    if not items:
        raise DataError("there are no pairs to train on; give at least two different ones")
    return lambda: from_items(items)


@dataclass(frozen=True, slots=True)
class Survey:
    """What sizing goes by."""

    pairs: int
    questions: int
    """Different opening questions, case and punctuation aside."""
    replies: int
    """Different replies."""
    characters: int
    """Of all different questions and replies: the text there is to learn from."""
    with_history: int
    """Pairs whose question comes after earlier turns."""
    usual_history: int
    """Turns before a question that suffice for all but a few of those that have any."""
    slots: int = 0
    """Enough for the names of any source, where replies repeat them; see `naming`."""
    repeating: float = 0.0
    """Share of the pairs whose reply repeats a name."""


def survey(corpus: Iterable[Example]) -> Survey:
    """Counts a corpus.

    Raises:
        DataError: there are not two different pairs.
    """
    questions: set[str] = set()
    pairs_seen: set[int] = set()
    texts: set[int] = set()
    replies: set[int] = set()
    pairs = characters = 0
    first: Origin | None = None
    lengths: Counter[int] = Counter()
    for example in corpus:
        pairs += 1
        first = first or example.origin
        questions.add(key(example))
        replies.add(hash(example.reply))
        pairs_seen.add(hash((fold(example.question), example.reply)))
        earlier = sum(turn.role is not Role.SYSTEM for turn in example.history) - 1
        if earlier > 0:
            lengths[earlier] += 1
        for text in (example.question, example.reply):
            if hash(text) not in texts:
                texts.add(hash(text))
                characters += len(text)
    if not pairs:
        raise DataError("there are no question-answer pairs to train on")
    if len(pairs_seen) < 2:
        found = "there is only one pair" if pairs == 1 else f"all {pairs} pairs are the same"
        raise DataError(
            f"{found}; give at least two different questions and answers",
            first.file if first else None,
            first.line if first else None,
        )
    with_history = lengths.total()
    usual = covered = 0
    for usual in sorted(lengths):
        covered += lengths[usual]
        if covered >= USUAL * with_history:
            break
    names = naming(corpus)
    return Survey(
        pairs,
        len(questions),
        len(replies),
        characters,
        with_history,
        usual,
        names.slots,
        names.repeating,
    )


@dataclass(frozen=True, slots=True)
class Prepared:
    """Encoded examples, and how they were encoded."""

    format: SourceFormat
    learnt: Shard
    held_out: Shard
    learnt_examples: list[Example]
    held_out_examples: list[Example]
    cut: int
    """Replies longer than `text.max_target_tokens`, which were cut there."""

    @property
    def pieces(self) -> Pieces:
        """What a model of these examples is built for."""
        slots = 0 if self.format.slots is None else self.format.slots.count
        return Pieces(self.format.size, PADDING, self.format.tokenizer.openers, slots)


def prepare(
    corpus: Iterable[Example],
    text: TextConfig,
    seed: int,
    folder: Path,
    shape: SourceFormat | None = None,
    held: Collection[str] | None = None,
) -> Prepared:
    """Splits, learns the vocabulary and the names from the learnt side alone, unless a `shape` that
    was learnt is given, and writes both sides' shards. `held` are the openings to hold out, where
    that is known.

    Raises:
        ConfigError: names are to have slots, and pieces to span words.
    """
    if held is None:
        held = held_out_keys(corpus, given(text.held_out, "text.held_out"), seed)
    if shape is None:
        shape = _shape(_Learnt(corpus, held), text)
    cut = 0
    sides: dict[bool, list[Example]] = {False: [], True: []}

    def encoded(side: bool) -> Iterator[Encoding]:
        nonlocal cut
        for example in corpus:
            if (key(example) in held) is not side:
                continue
            sides[side].append(example)
            source = shape.pieces(example.history)
            reply = shape.reply(example.reply, source)
            cut += len(reply) >= text.max_target_tokens
            target = [*reply[: text.max_target_tokens - 1], END]
            yield Encoding(source, target, example.origin)

    learnt = write_shard(folder / "learnt", encoded(False), shape.size)
    held_out = write_shard(folder / "held-out", encoded(True), shape.size)
    return Prepared(shape, learnt, held_out, sides[False], sides[True], cut)


@dataclass(frozen=True, slots=True)
class _Learnt:
    """A corpus without what is held out; it can be gone through again."""

    corpus: Iterable[Example]
    held: Collection[str]

    def __iter__(self) -> Iterator[Example]:
        return (example for example in self.corpus if key(example) not in self.held)


def _shape(learnt: Iterable[Example], text: TextConfig) -> SourceFormat:
    """The vocabulary, and where names have slots, which words are none."""
    count = text.slots or 0
    if count and text.phrases:
        raise ConfigError(
            "text.slots stand for words; set text.slots to 0 or text.phrases to false"
        )
    known = known_words(learnt) if count else None
    tokenizer = Tokenizer.train(
        _texts(learnt, text, known),
        given(text.vocabulary, "text.vocabulary"),
        phrases=given(text.phrases, "text.phrases"),
    )
    return SourceFormat(
        tokenizer,
        text.max_source_tokens,
        given(text.history_turns, "text.history_turns"),
        given(text.fold_sources, "text.fold_sources"),
        None if known is None else Slots(tokenizer, known, count),
    )


def _texts(
    corpus: Iterable[Example], text: TextConfig, known: frozenset[str] | None
) -> Iterator[str]:
    """Every different question and reply, so that often-used replies do not rule the pieces; where
    names have slots, `known` words alone.

    Where pieces may be phrases they shall: then replies count as often as they are used, cut
    into phrases, and questions count by the word, which is how they are read.
    """
    seen: set[int] = set()
    for example in corpus:
        question = folded(example.question) if text.fold_sources else example.question
        for each in (question, example.reply):
            if known is not None:
                each = plain(each, known)
            new = hash(each) not in seen
            seen.add(hash(each))
            if text.phrases and each is example.reply:
                words = each.split()
                for start in range(0, len(words), PHRASE):
                    yield " ".join(words[start : start + PHRASE])
                    if new:  # the trainer sees a phrase only where it goes on in two ways
                        after = words[start + PHRASE] if start + PHRASE < len(words) else words[0]
                        yield " ".join([*words[start : start + PHRASE], after])
            elif new:
                yield from each.split() if text.phrases else (each,)
