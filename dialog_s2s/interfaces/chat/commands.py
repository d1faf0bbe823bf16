"""The commands of a chat in the terminal: each a line that begins with a slash."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields

from dialog_s2s.config import METHODS, GenerationConfig
from dialog_s2s.dialogue.languages import TEXTS
from dialog_s2s.dialogue.transcript import FORMATS
from dialog_s2s.errors import UsageError
from dialog_s2s.interfaces.chat import commands_compare as comparing
from dialog_s2s.interfaces.chat import commands_memory as memory
from dialog_s2s.interfaces.chat import commands_settings as setting
from dialog_s2s.interfaces.chat import commands_suites as suites
from dialog_s2s.interfaces.chat import commands_talk as talking
from dialog_s2s.interfaces.chat.completion import Choice, CommandCompleter
from dialog_s2s.interfaces.chat.keys import KEYS
from dialog_s2s.interfaces.chat.talk import Talk


@dataclass(frozen=True, slots=True)
class Command:
    """What follows its name, what it does in a few words and in more, and how."""

    words: str
    meaning: str
    run: Callable[[Talk, str], None]
    more: str = ""
    """Examples and what is not said in `meaning`."""


def obey(talk: Talk, line: str) -> None:
    """Runs a command line. An unknown command is not run; the nearest one is named.

    Raises:
        DialogError: it cannot be done.
        EOFError: the chat is over.
    """
    name, _, rest = line.partition(" ")
    name = ALIASES.get(name, name)
    if name in COMMANDS:
        COMMANDS[name].run(talk, rest.strip())
    else:
        talk.tell(f"Unknown command {name}; did you mean {_nearest(name)}? (// sends a slash)")


def completer(talk: Talk) -> CommandCompleter:
    """Completes commands and what follows them."""
    names = [Choice(name, command.meaning) for name, command in COMMANDS.items()]
    generation = [
        Choice(f"{each.name}=", str(each.metadata["doc"])) for each in fields(GenerationConfig)
    ]
    methods = [Choice(f"method={method}") for method in METHODS]

    def kept(words: list[str]) -> Iterable[Choice]:
        if len(words) > 1 or talk.sessions is None:
            return []
        found = talk.sessions.listed()
        named = [Choice(each.name, each.title) for each in found if each.name]
        return [*named, *(Choice(each.id, each.title) for each in found)]

    def settings(words: list[str]) -> Iterable[Choice]:
        return [*methods, *generation] if words[-1].startswith("method") else generation

    def first(choices: Iterable[Choice]) -> Callable[[list[str]], Iterable[Choice]]:
        listed = list(choices)
        return lambda words: listed if len(words) == 1 else []

    languages = first([Choice(code) for code in ("auto", *TEXTS)])
    return CommandCompleter(
        lambda: names,
        {
            "/help": first(Choice(each.text[1:], each.meaning) for each in names),
            "/load": kept,
            "/delete": kept,
            "/retry": settings,
            "/set": settings,
            "/compare": settings,
            "/show": first(map(Choice, setting.SHOWS)),
            "/export": first(map(Choice, FORMATS)),
            "/lang": languages,
            "/seed": first([Choice("new", "another one each time")]),
            "/persona": first([Choice("off")]),
            "/expect": first([Choice(suites.ALL, "the whole conversation")]),
        },
        files=("/model", "/compare", "/export", "/test", "/expect"),
    )


def _help(talk: Talk, rest: str) -> None:
    """All commands and keys, or one command."""
    if rest:
        name = "/" + rest.split()[0].removeprefix("/")
        name = ALIASES.get(name, name)
        if name not in COMMANDS:
            raise UsageError(f"there is no command {name}; did you mean {_nearest(name)}?")
        command = COMMANDS[name]
        talk.display.line([("command", f"{name} {command.words}".rstrip())])
        talk.display.tell(f"  {command.meaning}", indent=2)
        for line in command.more.split("\n") if command.more else []:
            talk.display.tell(f"  {line}", indent=4)
        return
    for group, names in GROUPS.items():
        talk.display.line([("strong", group)])
        rows = [
            (f"{name} {COMMANDS[name].words}".rstrip(), COMMANDS[name].meaning) for name in names
        ]
        talk.display.table(rows, least=29)
    talk.hint("/help COMMAND tells more; // at the beginning sends a slash; F1 lists the keys")


def keys(talk: Talk) -> None:
    """The keys, then the commands; for F1."""
    talk.display.line([("strong", "Keys")])
    talk.display.table(KEYS, least=29)
    _help(talk, "")


def _nearest(name: str) -> str:
    return difflib.get_close_matches(name.lower(), COMMANDS, n=1, cutoff=0.0)[0]


def _exit(_: Talk, __: str) -> None:
    raise EOFError


COMMANDS: Mapping[str, Command] = {
    "/retry": Command(
        "[name=value ...]",
        "answer the last question anew",
        talking.retry,
        "/retry method=sample temperature=1.2\nThe settings are for this reply alone.",
    ),
    "/edit": Command(
        "",
        "change the last question; the reply goes with it",
        talking.edit,
        "It comes back to the prompt. Send it changed, or empty the line to leave all as it is.",
    ),
    "/undo": Command("[N]", "take the last exchange back, or N", talking.undo),
    "/branch": Command(
        "[N]",
        "go another way after the first N exchanges",
        talking.branch,
        "The old way stays among the conversations that are kept.",
    ),
    "/reset": Command("", "begin a new conversation", talking.reset, "What was kept stays."),
    "/teach": Command(
        "[QUESTION =>] ANSWER",
        "an answer, else to what you just asked",
        memory.teach,
        "/teach Yes, by bike.\n/teach Do you deliver? => Yes, by bike.\n"
        "/teach ... and on Sunday? => At ten.       one that follows on what was just said",
    ),
    "/fix": Command(
        "ANSWER",
        "a better answer than the last, from now on",
        memory.fix,
        "/fix We open at eight.",
    ),
    "/forget": Command(
        "WORDS",
        "remove the pairs that hold them; asks first",
        memory.forget,
        "Of questions and of answers, trained ones too, for good.",
    ),
    "/restore": Command("", "take the last /forget of this chat back", memory.restore),
    "/taught": Command("", "what was taught and fixed, the newest first", memory.taught),
    "/why": Command(
        "",
        "where the last reply came from",
        memory.explain,
        "Its source, the nearest pairs with file and line, which of your words it looked at, and "
        "how likely each of its own was.",
    ),
    "/candidates": Command(
        "[N]",
        "the N likeliest replies to the last question",
        comparing.candidates,
        "By beam search; each with its share of the probability and where it comes from.",
    ),
    "/compare": Command(
        "A [B] [QUESTION]",
        "two bots, or two settings, side by side",
        comparing.compare,
        "/compare other-bot                   this bot and another, on the last question\n"
        "/compare bot-1 bot-2 Is there tea?\n"
        "/compare method=sample,temperature=0.5 method=sample,temperature=1.5",
    ),
    "/show": Command(
        "WHAT",
        "model, settings, stats or memory",
        setting.show,
        "/show model      what answers\n/show settings   how, and what you may change\n"
        "/show stats      of this chat\n/show memory     the pairs it remembers",
    ),
    "/set": Command(
        "name=value ...",
        "how replies are made: method=sample seed=7 ...",
        setting.set_,
        "/set method=sample temperature=0.8\n/set temperature=       as the bot has it\n"
        "/show settings lists them; F2 is a menu of them.",
    ),
    "/seed": Command(
        "[N]", "the seed of replies drawn by chance", setting.seed, "/seed 7\n/seed new"
    ),
    "/persona": Command(
        "[TEXT]",
        "what the bot is told of itself",
        setting.persona,
        "/persona I am a pirate.\n/persona off\nIt matters to bots trained with personas.",
    ),
    "/lang": Command(
        "[CODE]",
        "the language in which it says it does not know",
        setting.language,
        "/lang ko\n/lang auto      that of each question",
    ),
    "/model": Command(
        "PATH",
        "talk to another bot; the conversation stays",
        setting.model,
        "/model bots/starter",
    ),
    "/history": Command("[WORDS]", "what was said, or where they were said", talking.history),
    "/sessions": Command("", "the conversations that are kept", talking.sessions),
    "/save": Command(
        "[NAME]",
        "name this conversation; keep it, if it is not",
        talking.save,
        "Conversations are kept as they are held, but for those of chat --no-save.",
    ),
    "/load": Command(
        "ID",
        "go on with one, by its id, its end or its name",
        talking.load,
        "/load k3f9\n/resume is the same.",
    ),
    "/export": Command(
        "[FORMAT] [FILE]",
        "as text, markdown, json or corpus",
        talking.export,
        "/export markdown talk.md\n/export more.jsonl      to train on",
    ),
    "/delete": Command(
        "ID",
        "delete a conversation for good; asks first",
        talking.delete,
        "What was typed in it is removed from the history too.",
    ),
    "/expect": Command(
        "[all] [FILE]",
        "the last exchange, or all, becomes a test",
        suites.expect,
        "/expect                  into the suite of your settings (replies.suite.yaml)\n"
        "/expect all shop.suite.yaml",
    ),
    "/test": Command(
        "[SUITE]",
        "run the tests of a suite on this bot",
        suites.test,
        "/test shop.suite.yaml",
    ),
    "/help": Command("[COMMAND]", "this list, or more of one command", _help),
    "/exit": Command("", "leave (also Ctrl-D)", _exit),
}

ALIASES: Mapping[str, str] = {"/resume": "/load", "/quit": "/exit", "/bye": "/exit", "/?": "/help"}

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Ask again": ("/retry", "/edit", "/undo", "/branch", "/reset"),
    "Teach": ("/teach", "/fix", "/forget", "/restore", "/taught"),
    "Look closer": ("/why", "/candidates", "/compare", "/show"),
    "Change": ("/set", "/seed", "/persona", "/lang", "/model"),
    "Conversations": ("/history", "/sessions", "/save", "/load", "/export", "/delete"),
    "Tests": ("/expect", "/test"),
    "Here": ("/help", "/exit"),
}
