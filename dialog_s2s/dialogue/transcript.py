"""A conversation as it was kept, and as text, Markdown, JSON or a line of a corpus.

In text and Markdown nothing that was said can pass for a turn of its own: every kind of line
break stays inside its turn, and characters that steer a terminal or the direction of writing are
dropped. JSON and corpus escape these and so lose nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from dialog_s2s.dialogue.facts import Facts
from dialog_s2s.errors import UsageError
from dialog_s2s.text.lines import MAX_LINE_BYTES
from dialog_s2s.text.turns import Dialogue, Role, Turn, examples

TITLE_LENGTH = 60

_NAMES = {Role.USER: "you", Role.BOT: "bot", Role.SYSTEM: "system"}
# control characters, marks of direction, separators of lines, the byte order mark
UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)
_MARKUP = re.compile(r"[\\`*_{}\[\]<>#~|&$]")
# what begins a list, a rule, an underlined heading or a definition, at the start of a line only
_OPENING = re.compile(r"^(\s*)(?:([-+=:])|(\d+)([.)]))")


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation on disk, without its turns. Times are seconds since 1970."""

    id: str
    bot: str
    """Path or name."""
    title: str
    """The first question, shortened; empty where there is none yet."""
    started: float
    changed: float
    turns: int
    parent: str | None
    """The conversation that this one branched off."""
    persona: str
    name: str = ""
    """What the user calls it; empty where it was not named."""


class Said(NamedTuple):
    """A turn that is to be kept: with what is noted beside it, and what the user told by it."""

    turn: Turn
    detail: Mapping[str, Any]
    facts: Mapping[str, str]


class Spoken(NamedTuple):
    """A turn as it was kept: with what was noted beside it, and when."""

    turn: Turn
    detail: dict[str, Any]
    time: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """All that is kept of one conversation."""

    session: Session
    spoken: Sequence[Spoken]
    facts: Mapping[str, str]

    def written(self, format: str) -> str:
        """As one of FORMATS, ending in a line feed.

        Raises:
            UsageError: no such format, or, as a corpus, nothing to learn or a line too long.
        """
        if format not in FORMATS:
            raise UsageError(f"unknown format {format!r}; it must be one of {', '.join(FORMATS)}")
        return FORMATS[format](self)


def title(question: str) -> str:
    """`question` on one line, shortened."""
    line = " ".join(question.split())
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1].rstrip() + "…"


def _text(transcript: Transcript) -> str:
    session = transcript.session
    name = _line(session.name)
    called = f'{session.id} "{name}"' if name else session.id
    head = [f"Conversation {called} with {_line(session.bot)}, {_moment(session.started)}"]
    if session.persona:
        head.append(f"Persona: {_line(session.persona)}")
    body = []
    for turn, _, _ in transcript.spoken:
        opening = f"{_NAMES[turn.role]}> "
        body.append(opening + f"\n{' ' * len(opening)}".join(_lines(turn.text)))
    return "\n".join([*head, "", *body]) + "\n"


def _markdown(transcript: Transcript) -> str:
    session = transcript.session
    about = f"`{session.id}` with {_escaped(_line(session.bot))}, {_moment(session.started)}"
    heading = _line(session.name) or _line(session.title)
    parts = [f"# {_escaped(heading) or 'Conversation'}", about]
    if session.persona:
        parts.append(f"Persona: {_escaped(_line(session.persona))}")
    for turn, _, _ in transcript.spoken:
        # a turn is one paragraph: each break, that of a blank line too, is a hard one
        lines = "\n".join(_lines(turn.text)).rstrip().split("\n")
        said = "\\\n".join(_escaped(line) for line in lines)
        parts.append(f"**{_NAMES[turn.role].capitalize()}:** {said}".rstrip())
    return "\n\n".join(parts) + "\n"


def _json(transcript: Transcript) -> str:
    about = asdict(transcript.session)
    del about["turns"]
    tree = {
        **about,
        "started": _exact(transcript.session.started),
        "changed": _exact(transcript.session.changed),
        "facts": {
            fact.key: {"value": fact.value, "turn": fact.turn, "words": fact.words}
            for fact in Facts.load(transcript.facts)
        },
        "turns": [
            {"role": turn.role.value, "text": turn.text, "time": _exact(time), "detail": detail}
            for turn, detail, time in transcript.spoken
        ],
    }
    return _dumped(tree, indent=1)


def _corpus(transcript: Transcript) -> str:
    """One line of JSON Lines that `text.readers` reads; turns that say nothing are left out."""
    name = transcript.session.id
    heard = [(turn.role, turn.text.replace("\0", "")) for turn, _, _ in transcript.spoken]
    turns = tuple(Turn(role, text) for role, text in heard if text.strip())
    if next(examples(Dialogue(turns)), None) is None:
        raise UsageError(f"{name}: no reply follows a question, so there is nothing to learn")
    tree = {"turns": [{"role": turn.role.value, "text": turn.text} for turn in turns]}
    line = _dumped(tree)
    if len(line.encode()) > MAX_LINE_BYTES:
        raise UsageError(
            f"{name}: is longer than the {MAX_LINE_BYTES:,} bytes of a line of a corpus; export "
            "a branch with fewer turns"
        )
    return line


FORMATS: Mapping[str, Callable[[Transcript], str]] = {
    "text": _text,
    "markdown": _markdown,
    "json": _json,
    "corpus": _corpus,
}


def _dumped(tree: Mapping[str, Any], indent: int | None = None) -> str:
    plain = json.dumps(tree, ensure_ascii=False, indent=indent)
    return UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", plain) + "\n"


def _lines(text: str) -> list[str]:
    """The lines of `text`, by every line break that Unicode knows, without what is unseen."""
    return [UNSEEN.sub("", line) for line in text.splitlines()] or [""]


def _line(text: str) -> str:
    return " ".join(" ".join(_lines(text)).split())


def _escaped(line: str) -> str:
    """One line with everything in it that Markdown or HTML would act on taken literally."""
    return _OPENING.sub(_literal, _MARKUP.sub(r"\\\g<0>", line))


def _literal(found: re.Match[str]) -> str:
    blanks, mark, number, dot = found.groups()
    return f"{blanks}\\{mark}" if mark else f"{blanks}{number}\\{dot}"


def _moment(time: float) -> str:
    """In the local time zone, to the minute, for people."""
    return datetime.fromtimestamp(time).astimezone().isoformat(" ", "minutes")


def _exact(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds")
