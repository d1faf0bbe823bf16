"""The dialogue manager: a trained bot that answers, learns in mid-chat, and tells its grounds."""

from __future__ import annotations

import dataclasses
import difflib
import math
import secrets
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dialog_s2s.bundle import steady, verified
from dialog_s2s.config import Config, GenerationConfig, given, with_settings
from dialog_s2s.dialogue.attended import attended
from dialog_s2s.dialogue.confidence import Confidence, reply_features
from dialog_s2s.dialogue.conversation import Conversation
from dialog_s2s.dialogue.format import source_format
from dialog_s2s.dialogue.languages import TEXTS
from dialog_s2s.dialogue.noted import from_noted
from dialog_s2s.dialogue.parts import trimmed, words
from dialog_s2s.dialogue.reply import (
    UNKNOWN,
    Reply,
    nearest,
    provenance,
    suggested,
)
from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.dialogue.teacher import MAX_QUESTION, Teacher, spaced
from dialog_s2s.dialogue.unknown import unknown_reply
from dialog_s2s.errors import BundleError, UsageError
from dialog_s2s.generation.backend import load_backend
from dialog_s2s.generation.engine import Engine
from dialog_s2s.generation.search import Hypothesis
from dialog_s2s.memory.recall import NOTHING_RECALLED, Memory, Recalled
from dialog_s2s.memory.rows import TAUGHT, Row
from dialog_s2s.memory.stored import open_memory
from dialog_s2s.text.source import SourceFormat
from dialog_s2s.text.tokenizer import END
from dialog_s2s.text.turns import Role, Turn

__all__ = ["MAX_QUESTION", "Bot", "spaced"]


class Bot:
    """A loaded bundle. Safe to share between threads; conversations are separate objects."""

    def __init__(
        self,
        engine: Engine,
        format: SourceFormat,
        config: Config,
        path: Path,
        memory: Memory | None = None,
        confidence: Confidence | None = None,
        language: str | None = None,
    ):
        self.engine = engine
        self.format = format
        self.config = config
        self.path = path
        self.memory = memory
        self.confidence = confidence
        self.language = language
        """What it speaks where the user's language is not clear, as in ISO 639-1."""
        self._speaks: str | None = None
        self._teaching = threading.Lock()

    @classmethod
    def load(cls, path: str | Path) -> Bot:
        """Opens, verifies and loads a bundle; all of it anew if it is replaced meanwhile.

        Raises:
            BundleError: it is not there, damaged, changed, or of another format version.
            UsageError: it needs a sentence encoder that is not there.
        """
        return steady(path, lambda: cls._loaded(path), cls._close)

    @classmethod
    def _loaded(cls, path: str | Path) -> Bot:
        bundle = verified(path)
        config = bundle.config()
        format = source_format(bundle)
        engine = Engine(load_backend(bundle), format.tokenizer)
        opened = open_memory(bundle, format.tokenizer)
        if opened is None:
            return cls(engine, format, config, bundle.path)
        memory, tree = opened
        try:
            language = str(tree["language"]) or None
            known = tree["confidence"]
            confidence = None if known is None else Confidence.from_tree(known)
        except (ValueError, KeyError, TypeError):
            memory.rows.close()
            raise BundleError(
                f"{bundle.path}: its answer memory is of another version; train the bot again"
            ) from None
        return cls(engine, format, config, bundle.path, memory, confidence, language)

    def _close(self) -> None:
        if self.memory is not None:
            self.memory.rows.close()

    @property
    def speaks(self) -> str | None:
        """The language (ISO 639-1) of the bot's own sentences, whatever the question's; None where
        it is the question's. Setting one that is not known raises `UsageError`."""
        return self._speaks

    @speaks.setter
    def speaks(self, code: str | None) -> None:
        if code is not None and code not in TEXTS:
            near = difflib.get_close_matches(code, TEXTS, 1, 0.0)[0]
            raise UsageError(
                f"language: unknown code {code!r}, did you mean {near!r}? It must be one of "
                f"{', '.join(TEXTS)}"
            )
        self._speaks = code

    def reply(self, question: str, history: Sequence[Turn] = (), **settings: object) -> Reply:
        """Answers one question, after earlier turns if any.

        `settings` are those of the config's `generation` section (`method="sample"`,
        `temperature=0.9`, `seed=7`, `threshold=0`, ...).

        Raises:
            UsageError: the question is empty, or a setting is unknown or out of range.
        """
        return self.candidates(question, history, **settings)[0]

    def candidates(
        self, question: str, history: Sequence[Turn] = (), **settings: object
    ) -> list[Reply]:
        """The n best replies with `method="beam"`, else the one reply. See `reply`."""
        began = time.perf_counter()
        chosen = self.settings(**settings)
        turns = self._asked(question, history)
        recalled = self.recall(turns)
        seed = _seed(chosen)
        source = self.source(turns, recalled)
        found = self.engine.candidates(source, chosen, seed, recalled.decided)
        return [self._reply(each, recalled, turns, chosen, seed, began) for each in found]

    def replies(self, dialogues: Sequence[Sequence[Turn]], **settings: object) -> list[Reply]:
        """Answers many questions at once; each dialogue ends with its question."""
        began = time.perf_counter()
        chosen = self.settings(**settings)
        read = [self._asked(turns[-1].text, turns[:-1]) for turns in dialogues]
        recalled = [self.recall(turns) for turns in read]
        return self.answered(read, recalled, chosen, began)

    def answered(
        self,
        read: Sequence[tuple[Turn, ...]],
        recalled: Sequence[Recalled],
        settings: GenerationConfig,
        began: float,
        seeds: Sequence[int] | None = None,
    ) -> list[Reply]:
        """Replies to dialogues of which the memory has spoken, each with its own of `seeds` where
        these are given."""
        several = [settings] * len(read)
        if seeds is None:
            seeds = [_seed(settings) for _ in read]
        else:
            several = [dataclasses.replace(settings, seed=seed) for seed in seeds]
        sources = [self.source(turns, known) for turns, known in zip(read, recalled, strict=True)]
        votes = [each.decided for each in recalled]
        found = self.engine.replies(sources, settings, seeds, votes)
        return [
            self._reply(each, known, turns, chosen, seed, began)
            for each, known, turns, chosen, seed in zip(
                found, recalled, read, several, seeds, strict=True
            )
        ]

    def stream(
        self, question: str, history: Sequence[Turn] = (), **settings: object
    ) -> Generator[str, None, Reply]:
        """The reply in pieces of text, never half a character; the generator's value is the reply.

        As they are found where the bot answers in any case (`threshold=0`, and nothing was ever
        forgotten); else after the last one, for only then is it known whether it answers.
        """
        began = time.perf_counter()
        chosen = self.settings(**settings)
        turns = self._asked(question, history)
        if self.bar(chosen) == 0 and not self._forgetful():
            recalled = self.recall(turns)
            if self._literal(recalled):
                return self._streamed(recalled, turns, chosen, began)
        return self._in_words(question, history, settings)

    def conversation(
        self,
        persona: str = "",
        sessions: Sessions | None = None,
        resume: str | None = None,
    ) -> Conversation:
        """A new conversation, which remembers its turns; with `sessions` it is kept on disk, and
        one that is there is gone on with by its id.

        Raises:
            UsageError: there is no such conversation.
        """
        return Conversation(self, persona, sessions, resume)

    def settings(self, **changes: object) -> GenerationConfig:
        """The bot's generation settings with changes. Raises `ConfigError` (a `UsageError`)."""
        chosen: GenerationConfig = with_settings(self.config.generation, changes)
        return chosen

    def teach(
        self,
        question: str,
        answer: str,
        history: Sequence[Turn] = (),
        *,
        origin: str = "taught",
    ) -> Row:
        """Remembers an answer from the very next question on; it is on the disk on return.

        `history` are the turns that the question needs ("and on Sunday?"). What was taught for
        this very question before is replaced.

        Raises:
            UsageError: the question or the answer is empty, or the bot has no memory.
            DiskError: the memory cannot be written.
        """
        return self._teacher.teach(question, answer, history, TAUGHT, origin)

    def fix(self, reply: Reply, answer: str, *, origin: str = "fixed") -> Row:
        """Remembers a better answer to what was asked; the pairs it rested on stay as they are.

        Raises as `teach` does.
        """
        return self._teacher.fix(reply, answer, origin)

    def forget(self, pattern: str) -> list[Row]:
        """Removes, for good, all pairs whose question, answer or earlier turns hold `pattern`, case
        and punctuation aside, and returns them: `restore` takes them back.

        Answers that no other pair gives are never said again, though the model may have learnt
        them.

        Raises:
            UsageError: the pattern is empty, or the bot has no memory.
        """
        return self._teacher.forget(pattern)

    def remove(self, rows: Sequence[Row]) -> list[Row]:
        """Removes these pairs for good, such as one just taught; `restore` takes them back."""
        return self._teacher.remove(rows)

    def restore(self, rows: Sequence[Row]) -> list[Row]:
        """Takes removed pairs back, with their origin and time."""
        return self._teacher.restore(rows)

    def taught(self) -> list[Row]:
        """What was taught and corrected since training, the newest first."""
        return [] if self.memory is None else self.memory.rows.listed()

    def again(self, turns: Sequence[Turn], detail: Mapping[str, Any]) -> Reply | None:
        """The reply to the last of `turns` that was `noted` beside its own; None where none was.

        The pairs nearest to the question are those of now.
        """
        asked = tuple(turns)
        read = self.format.read(asked)
        try:
            fields = from_noted(detail)
            settings = self.settings(**detail["settings"])
        except (KeyError, TypeError, ValueError, UsageError):
            return None
        recalled = self.recall(asked)
        said = self.format.tokenizer.encode(fields["withheld"] or fields["text"])
        return Reply(
            **fields,
            turns=asked,
            turns_read=len(read),
            settings=settings,
            nearest=nearest(recalled),
            _look=lambda: attended(
                self.engine, read, self.source(asked, recalled), said, recalled.decided
            ),
        )

    def recall(
        self, turns: Sequence[Turn], without: Callable[[Row], bool] | None = None
    ) -> Recalled:
        """What the memory says of the last of `turns`."""
        if self.memory is None:
            return NOTHING_RECALLED
        return self.memory.recall((*self._teacher.needed(turns[:-1]), turns[-1]), without)

    def source(self, turns: Sequence[Turn], recalled: Recalled) -> list[int]:
        """What the encoder reads: the turns, after what is remembered of such questions."""
        count = given(self.config.memory.neighbours, "memory.neighbours")
        return self.format.pieces(turns, recalled.answers(count))

    def bar(self, settings: GenerationConfig) -> float:
        """The confidence below which the bot says that it does not know."""
        if settings.threshold is not None:
            return settings.threshold
        return 0.0 if self.confidence is None else self.confidence.threshold

    def _reply(
        self,
        found: Hypothesis,
        recalled: Recalled,
        turns: tuple[Turn, ...],
        settings: GenerationConfig,
        seed: int,
        began: float,
    ) -> Reply:
        pieces = (*found.pieces, END) if found.finish == "stop" else found.pieces
        source, evidence, exact = provenance(found, recalled, pieces)
        text = recalled.texts.get(pieces) or self.format.tokenizer.decode(found.pieces)
        text = text.strip()
        confidence = self._confidence(found, recalled, pieces, exact)
        blocked = self.memory is not None and self.memory.rows.blocks(text)
        withheld: str | None = None
        suggestions: tuple[str, ...] = ()
        if blocked or (not exact and confidence < self.bar(settings)):
            suggestions = suggested(recalled, turns[-1].text)
            withheld, source, evidence = (None if blocked else text), UNKNOWN, ()
            text = unknown_reply(turns[-1].text, suggestions, self.language, self.speaks)
            confidence = 0.0 if blocked else confidence
        read, source_pieces = self.format.read(turns), self.source(turns, recalled)
        return Reply(
            text=text,
            source=source,
            confidence=confidence,
            evidence=evidence,
            finish=found.finish,
            seed=seed,
            milliseconds=(time.perf_counter() - began) * 1e3,
            turns=turns,
            turns_read=len(read),
            settings=settings,
            log_probability=found.log_probability,
            withheld=withheld,
            suggestions=suggestions,
            nearest=nearest(recalled),
            _look=lambda: attended(
                self.engine, read, source_pieces, found.pieces, recalled.decided
            ),
        )

    def _streamed(
        self,
        recalled: Recalled,
        turns: tuple[Turn, ...],
        settings: GenerationConfig,
        began: float,
    ) -> Generator[str, None, Reply]:
        """The reply as its pieces are found."""
        seed = _seed(settings)
        found = Hypothesis((), 0.0, "stop")

        def pieces() -> Iterator[int]:
            nonlocal found
            said = []
            source = self.source(turns, recalled)
            for each in self.engine.stream(source, settings, seed, recalled.decided):
                said += [] if each.piece is None else [each.piece]
                likely = found.log_probability + each.log_probability
                found = Hypothesis(tuple(said), likely, each.finish or "stop")
                if each.piece is not None:
                    yield each.piece

        yield from trimmed(self.format.tokenizer.stream(pieces()))
        return self._reply(found, recalled, turns, settings, seed, began)

    def _in_words(
        self, question: str, history: Sequence[Turn], settings: dict[str, object]
    ) -> Generator[str, None, Reply]:
        """The reply once it is there, a word at a time."""
        reply = self.reply(question, history, **settings)
        yield from words(reply.text)
        return reply

    def _confidence(
        self, found: Hypothesis, recalled: Recalled, pieces: tuple[int, ...], exact: bool
    ) -> float:
        if self.confidence is None:
            return min(1.0, math.exp(found.log_probability))
        return self.confidence.of(reply_features(found, recalled, pieces).tolist(), exact)

    def _asked(self, question: str, history: Sequence[Turn]) -> tuple[Turn, ...]:
        return (*history, Turn(Role.USER, spaced(question)))

    @property
    def _teacher(self) -> Teacher:
        return Teacher(self.path, self.memory, self.format.history_turns, self._teaching)

    def _forgetful(self) -> bool:
        """Whether pairs were ever removed, so that there may be answers not to be given."""
        return self.memory is not None and self.memory.rows.version > len(self.memory.rows)

    def _literal(self, recalled: Recalled) -> bool:
        """Whether the pieces of every remembered answer spell it as it was given."""
        decode = self.format.tokenizer.decode
        return all(decode(pieces) == text for pieces, text in recalled.texts.items())


def _seed(settings: GenerationConfig) -> int:
    return secrets.randbits(32) if settings.seed is None else settings.seed
