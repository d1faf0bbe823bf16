"""The commands of a chat in the terminal: each a line that begins with a slash."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dialog_s2s.interfaces.chat import commands_memory as memory
from dialog_s2s.interfaces.chat import commands_talk as talking
from dialog_s2s.interfaces.chat.talk import Talk, parse_settings


@dataclass(frozen=True, slots=True)
class Command:
    """What follows its name, what it does, and how."""

    words: str
    meaning: str
    run: Callable[[Talk, str], None]


def obey(talk: Talk, line: str) -> None:
    """Runs a command line. An unknown command is not run; the nearest one is named.

    Raises:
        DialogError: it cannot be done.
        EOFError: the chat is over.
    """
    name, _, rest = line.partition(" ")
    if name in COMMANDS:
        COMMANDS[name].run(talk, rest.strip())
    else:
        near = difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.0)[0]
        talk.tell(f"Unknown command {name}; did you mean {near}? (// sends a slash)")


def _help(talk: Talk, _: str) -> None:
    for name, command in COMMANDS.items():
        talk.tell(f"  {f'{name} {command.words}':<27} {command.meaning}")


def _set(talk: Talk, rest: str) -> None:
    changed = {**talk.settings, **parse_settings(rest.split())}
    talk.bot.settings(**changed)
    talk.settings = changed
    shown = " ".join(f"{name}={value}" for name, value in changed.items())
    talk.tell(shown or "Settings as the bot was trained with; /set name=value changes one.")


def _exit(_: Talk, __: str) -> None:
    raise EOFError


COMMANDS: Mapping[str, Command] = {
    "/help": Command("", "this list", _help),
    "/teach": Command(
        "[QUESTION =>] ANSWER", "an answer, else to what you just asked", memory.teach
    ),
    "/fix": Command("BETTER ANSWER", "correct the last reply, from now on", memory.fix),
    "/forget": Command("WORDS", "remove the pairs that hold them; asks first", memory.forget),
    "/restore": Command("", "take the last /forget of this chat back", memory.restore),
    "/taught": Command("", "what was taught and fixed, the newest first", memory.taught),
    "/why": Command("", "where the last reply came from", memory.explain),
    "/retry": Command("[name=value ...]", "answer the last question anew", talking.retry),
    "/undo": Command("", "take the last exchange back", talking.undo),
    "/history": Command("", "what was said, in numbered exchanges", talking.history),
    "/branch": Command("[N]", "go another way after the first N exchanges", talking.branch),
    "/reset": Command("", "begin a new conversation", talking.reset),
    "/sessions": Command("", "the conversations that are kept", talking.sessions),
    "/resume": Command("ID", "go on with one of them", talking.resume),
    "/export": Command("[FORMAT] [FILE]", "as text, markdown, json or corpus", talking.export),
    "/delete": Command("ID", "delete a conversation for good; asks first", talking.delete),
    "/set": Command("name=value", "method=sample temperature=0.8 seed=7 beam=4 ...", _set),
    "/exit": Command("", "leave (also Ctrl-D)", _exit),
}
