"""Every way by which a text reaches a terminal, with texts that would do something to it."""

from __future__ import annotations

import ast
import codecs
import io
import json
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext, redirect_stderr, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from payloads import BYTES, PAYLOADS, RAW
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

import dialog_s2s
from dialog_s2s.config import GenerationConfig
from dialog_s2s.dialogue.reply import UNKNOWN, Attended, Evidence, Reply
from dialog_s2s.dialogue.sessions import Said, Session, Sessions
from dialog_s2s.dialogue.transcript import FORMATS
from dialog_s2s.errors import DataError
from dialog_s2s.evaluation.suites import Case, CaseResult, Step, StepResult
from dialog_s2s.interfaces import command, conversations, evaluate, pairs
from dialog_s2s.interfaces.chat import commands, commands_suites, opening, preferences
from dialog_s2s.interfaces.chat import prompt as prompts
from dialog_s2s.interfaces.chat.commands_compare import show as side_by_side
from dialog_s2s.interfaces.chat.completion import Choice, CommandCompleter
from dialog_s2s.interfaces.chat.display import Display
from dialog_s2s.interfaces.chat.menu import GENERATION, Item
from dialog_s2s.interfaces.chat.menu import _text as menu_text
from dialog_s2s.interfaces.chat.talk import Talk
from dialog_s2s.interfaces.chat.terminal import TerminalChat
from dialog_s2s.interfaces.chat.theme import COLOURLESS, DARK, END, LIGHT, Theme
from dialog_s2s.interfaces.chat.toolbar import shown as bar
from dialog_s2s.interfaces.chat.typed import Typed
from dialog_s2s.interfaces.lines import ask, lines_of
from dialog_s2s.memory.rows import Row
from dialog_s2s.text.turns import Origin, Role, Turn
from dialog_s2s.training.monitor import Display as Progressing
from dialog_s2s.training.monitor import Progress

WIDE = 20_000
BEFORE, AFTER = "anfang", "ende"
"""Stand about a payload, so that it is known to have come through."""

ID = "2026-11-22-aaaa"
BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
CODES = sorted(
    {
        each
        for theme in (DARK, LIGHT)
        for name in theme.styles
        for each in (theme.painted(name, "x").removesuffix(f"x{END}"), END)
    }
)
"""All that a theme may add."""


def obeyed(text: str) -> list[str]:
    """What in a text a terminal, or the eye, would follow; line feeds aside."""
    return [
        f"U+{ord(char):04X}"
        for char in text.replace("\n", "")
        if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")
        or unicodedata.bidirectional(char) in BIDI
        or char in "\u061c\u200e\u200f\ufeff"
    ]


def reply(text: str, source: str = "remembered", **more: Any) -> Reply:
    """All of whose texts are this one."""
    seen = Evidence(text, text, text, 0.5, 3, after=text)
    turns = (Turn(Role.USER, text), Turn(Role.BOT, text), Turn(Role.USER, text))
    pieces = text.encode("utf-8", "replace").decode()
    words = (
        "<user>",
        f"▁{pieces}",
        "<bot>",
        f"▁{pieces}",
        *(f"<0x{each:02X}>" for each in range(256)),
    )
    look = Attended(
        words,
        (f"▁{pieces}", *(f"<0x{each:02X}>" for each in range(256)), ""),
        np.full((258, len(words)), 1 / len(words), np.float32),
        tuple((turn, 0.5) for turn in turns),
        (0.5,) * 258,
    )
    fields: dict[str, Any] = {"withheld": text if source == UNKNOWN else None, "nearest": (seen,)}
    evidence = () if source == UNKNOWN else (seen,)
    numbers = ("stop", 7, 1.5, turns, 3, GenerationConfig())
    fields = fields | {"suggestions": (text,), "_look": lambda: look} | more
    return Reply(text, source, 0.5, evidence, *numbers, **fields)


def row(text: str) -> Row:
    return Row(1, text, (Turn(Role.USER, text),), text, "taught", text, 0, 1e9)


def session(text: str) -> Session:
    return Session(ID, f"bots/{text}", text, 1e9, 1e9, 2, None, text, text)


@dataclass
class Chat:
    """All that a chat works on, each of its texts this one."""

    text: str
    out: io.StringIO = field(default_factory=io.StringIO)
    path: Path = field(init=False)
    error: None = None
    ready: bool = True

    def __post_init__(self) -> None:
        self.path = Path("bots") / self.text.replace("/", "")
        rows = SimpleNamespace(
            listed=lambda: [row(self.text)], matching=lambda _: [row(self.text)], __len__=len
        )
        self.bot = SimpleNamespace(
            memory=SimpleNamespace(rows=rows),
            path=self.path,
            format=SimpleNamespace(history_turns=0),
        )
        turns = [Turn(role, self.text) for role in (Role.USER, Role.BOT, Role.SYSTEM)]
        self.conversation = SimpleNamespace(
            turns=turns,
            history=turns,
            last=reply(self.text),
            session=session(self.text),
            persona=self.text,
            facts={self.text: self.text},
            undo=lambda _: self.text,
            teach=lambda *_, **__: row(self.text),
            stream=lambda *_, **__: self.fails(),
        )
        self.sessions = SimpleNamespace(
            listed=lambda: [session(self.text)],
            find=lambda _: session(self.text),
            turns=lambda _: turns,
            detailed=lambda _: [SimpleNamespace(turn=turn, detail={}) for turn in turns],
            export=lambda *_: f"{self.text}\n",
        )

    def start(self) -> None: ...

    def get(self) -> Any:
        return self.bot

    def fails(self) -> Iterator[str]:
        raise DataError(self.text, self.text, 3)
        yield ""

    def talk(self, theme: Theme, columns: int) -> Talk:
        display = Display(self.out, theme, columns=columns)
        made = Talk(self, {}, self.sessions, ID, display, confirmed=lambda _: False)  # type: ignore[arg-type]
        made.conversation = self.conversation  # type: ignore[assignment]
        return made


def displayed(show: Callable[[Display, str], None]) -> Callable[[str, Theme, int], str]:
    def sink(text: str, theme: Theme, columns: int) -> str:
        out = io.StringIO()
        show(Display(out, theme, columns=columns), text)
        return out.getvalue()

    return sink


def told(tell: Callable[[Talk, str], None]) -> Callable[[str, Theme, int], str]:
    def sink(text: str, theme: Theme, columns: int) -> str:
        chat = Chat(text)
        tell(chat.talk(theme, columns), text)
        return chat.out.getvalue()

    return sink


def obeying(line: str) -> Callable[[str, Theme, int], str]:
    """What a command writes, as the chat calls it; `{}` is the text."""
    return told(
        lambda talk, text: TerminalChat(talk, None).answer(line.replace("{}", text))  # type: ignore[arg-type]
    )


def one_by_one(display: Display, text: str) -> None:
    """A reply whose bytes come one by one, as from a generator of bytes."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    raw = text.encode("utf-8", "surrogatepass")
    display.reply([*(decoder.decode(bytes([byte])) for byte in raw), decoder.decode(b"", True)])


def compared(talk: Talk, text: str) -> None:
    side_by_side(talk, [text, text], [reply(text), reply(text, UNKNOWN)])


def a_test(talk: Talk, text: str) -> None:
    origin = Origin(text, 3)
    step = StepResult(Step(text, (), origin), reply(text), (text, f"wanted {text}; got {text}"))
    commands_suites._told(
        talk, 1, 1, CaseResult(Case(text, (text,), text, {}, (), origin), (step,))
    )


def given(talk: Talk, text: str) -> None:
    """A question of the command line, which fails."""
    TerminalChat(talk, None)._given([text])  # type: ignore[arg-type]


IN_CHAT: dict[str, Callable[[str, Theme, int], str]] = {
    "reply": displayed(lambda display, text: display.reply([text])),
    "reply by characters": displayed(lambda display, text: display.reply(text)),
    "reply by bytes": displayed(one_by_one),
    "name of a bot": displayed(lambda display, text: display.begin(text) and None),
    "tell": displayed(lambda display, text: display.tell(text)),
    "hint": displayed(lambda display, text: display.hint(text)),
    "error": displayed(lambda display, text: display.error(text)),
    "line": displayed(lambda display, text: display.line([("you", text), ("", text)])),
    "table": displayed(lambda display, text: display.table([(text, text)])),
    "mark": displayed(lambda display, text: display.mark(reply("x", text))),
    "show": told(lambda talk, text: talk.show([text])),
    "why": obeying("/why"),
    "why of an unknown one": told(
        lambda talk, text: (
            setattr(talk.conversation, "last", reply(text, UNKNOWN)),
            commands.obey(talk, "/why"),
        )[1]
    ),
    "history": obeying("/history"),
    "history without a find": obeying("/history {}no such words"),
    "sessions": obeying("/sessions"),
    "taught": obeying("/taught"),
    "taught anew": obeying("/teach {}?{} => {}"),
    "forget": obeying("/forget {}"),
    "undo": obeying("/undo"),
    "persona": obeying("/persona"),
    "persona given": obeying("/persona {}"),
    "model": obeying("/model"),
    "delete": obeying("/delete x"),
    "export": obeying("/export"),
    "stats": obeying("/show stats"),
    "gone on with": told(lambda talk, _: commands.talking.resumed(talk)),
    "left": told(lambda talk, _: TerminalChat(talk, None)._leave()),  # type: ignore[arg-type]
    "unknown command": obeying("/{}"),
    "unknown command asked for": obeying("/help x{}"),
    "what is shown": obeying("/show {}"),
    "a number": obeying("/undo x{}"),
    "a format": obeying("/export x{}"),
    "an error": obeying("{} hello"),
    "a question of the command line": told(given),
    "a comparison": told(compared),
    "a test that failed": told(a_test),
}


class Screen(io.StringIO):
    """Stands for a terminal."""

    def isatty(self) -> bool:
        return True


class Remembered:
    """A memory whose texts are all this one."""

    def __init__(self, text: str, found: bool = True):
        self.rows = [row(text)]
        self.found = found

    def __enter__(self) -> Remembered:
        return self

    def __exit__(self, *_: object) -> None: ...

    def listed(self) -> list[Row]:
        return self.rows

    def matching(self, _: str) -> list[Row]:
        return self.rows if self.found else []

    def add(self, _: object) -> Row:
        return self.rows[0]

    def remove(self, _: object) -> list[Row]:
        return self.rows


@dataclass
class Outside:
    """The other commands; of each, all that it writes to stdout and stderr."""

    monkeypatch: pytest.MonkeyPatch
    folder: Path
    sessions: Sessions

    def run(self, *words: str, patched: dict[tuple[Any, str], Any] | None = None) -> str:
        out = Screen()
        with self.monkeypatch.context() as patch:
            for name in ("stdout", "stderr"):
                patch.setattr(sys, name, out)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
            for (where, what), replaced in (patched or {}).items():
                patch.setattr(where, what, replaced)
            with suppress(SystemExit):  # how the argument parser ends
                command.main(words)
        return out.getvalue()

    def fault(self, text: str, traced: str) -> str:
        def fails(_: object) -> int:
            raise ZeroDivisionError(text)

        self.monkeypatch.setenv("DIALOG_S2S_TRACEBACK", traced)
        return self.run("taught", "bot", patched={(command, "_run"): fails})

    def memory(self, text: str, *words: str, found: bool = True) -> str:
        def opened(_: str) -> Remembered:
            return Remembered(text, found)

        return self.run(words[0], "bot", *words[1:], patched={(pairs, "open_rows"): opened})

    def card(self, text: str) -> str:
        opened = SimpleNamespace(read=lambda _: text.encode("utf-8", "surrogatepass"))
        return self.run("bundle", "show", "x", patched={(command, "open_bundle"): lambda _: opened})

    def evaluation(self, text: str, *words: str) -> str:
        def found(*parts: Any) -> str:
            parts[-1](text, 1, 2)
            return text

        bot = SimpleNamespace(load=lambda _: SimpleNamespace(settings=lambda **_: None))
        patched = {
            "Bot": bot,
            "evaluate_bot": found,
            "table": lambda found: f"{found}\n",
            "as_mapping": lambda found: {found: found},
            "write_plots": lambda found, _: [found],
            **dict.fromkeys(
                ("load", "read", "training_pairs", "questions", "plots_folder"), lambda *_: None
            ),
        }
        shown = self.run(
            *("evaluate", "bot", "file", "--plots", "x", *words),
            patched={(evaluate, name): each for name, each in patched.items()},
        )
        return shown.replace("\r\x1b[2K", "")  # of the line that stays in place

    def training(self, text: str) -> str:
        def learn(*_: object, **more: Any) -> Any:
            more["say"](text)
            outcome = SimpleNamespace(
                interrupted=False, pairs=1, seconds=1, held_out=0.5, skipped=1
            )
            return SimpleNamespace(outcome=outcome, path=text)

        return self.run("train", "x", "--out", "x", patched={(dialog_s2s, "train"): learn})

    def session(self, text: str, *words: str) -> str:
        """A conversation that is kept, listed, shown or written."""
        said = [Said(Turn(role, text), {"source": text}, {}) for role in (Role.USER, Role.BOT)]
        id = self.sessions.start(f"bots/{text}", text, said=said).id
        try:
            return self.run("sessions", *(id if word == "ID" else word for word in words))
        finally:
            self.sessions.delete([id])

    def file(self, text: str, *words: str, bot: bool = False) -> str:
        """A command on a file of such a name, which is empty; with a bot in the way, or without."""
        file = self.folder / named(text)
        file.write_bytes(b"")
        patched = {(opening, "open_bundle"): lambda _: None} if bot else None
        try:
            return self.run(*(word.replace("FILE", str(file)) for word in words), patched=patched)
        finally:
            file.unlink()

    def settings(self, text: str) -> str:
        """What is wrong with a file of one's own settings, or what it says."""
        place = preferences.default_path()
        place.parent.mkdir(parents=True, exist_ok=True)
        written = json.dumps(text)  # which is YAML
        place.write_text(f"chat: {{bot: {written}}}")
        said = self.run("settings")
        place.write_text(f"chat: {{{written}: 1}}")
        return said + self.run("settings")


def named(text: str) -> str:
    """As a file may be called."""
    name = re.sub("[/\0\ud800-\udfff]", "", text)
    return name.encode()[:200].decode("utf-8", "ignore")


def answered(text: str, as_json: bool) -> str:
    """Replies as `ask` writes them, and as a chat does where it is not on a terminal."""
    out = io.StringIO()
    bot: Any = SimpleNamespace(replies=lambda found, **_: [reply(text) for _ in found])
    ask(bot, [("hello", Origin("x", 1))], out, as_json=as_json, together=1, settings={})
    talk: Any = SimpleNamespace(
        conversation=SimpleNamespace(reply=lambda *_, **__: reply(text)),
        settings={},
        sources={},
        display=SimpleNamespace(out=out),
    )
    opening._answered(talk, "hello", as_json)
    return out.getvalue()


def failed(text: str) -> str:
    err = io.StringIO()
    with redirect_stderr(err):
        command._failed(text, 2)
    return err.getvalue()


OUTSIDE: dict[str, Callable[[Outside, str], str]] = {
    "an error": lambda _, text: failed(text),
    "a fault of ours": lambda outside, text: outside.fault(text, ""),
    "a traceback": lambda outside, text: outside.fault(text, "1"),
    "an unknown option": lambda outside, text: outside.run("ask", "x", "--json", "a", f"-x{text}"),
    "an unknown command": lambda outside, text: outside.run(text),
    "a wrong number": lambda outside, text: outside.run("evaluate", "x", "y", "--limit", text),
    "a wrong setting": lambda outside, text: outside.run("chat", "x", "--set", f"{text}=1"),
    "no setting": lambda outside, text: outside.run("chat", "x", "--set", text.replace("=", "")),
    "no bundle": lambda outside, text: outside.run("ask", named(text), "hi"),
    "replies": lambda _, text: answered(text, False),
    "replies in JSON": lambda _, text: answered(text, True),
    "sessions": lambda outside, text: outside.session(text, "list"),
    "sessions in JSON": lambda outside, text: outside.session(text, "--json"),
    "a session": lambda outside, text: outside.session(text, "show", "ID"),
    **{
        f"a session as {format}": lambda outside, text, format=format: outside.session(
            text, "export", "ID", "--format", format
        )
        for format in FORMATS
    },
    "no such session": lambda outside, text: outside.run("sessions", "show", text),
    "taught": lambda outside, text: outside.memory(text, "taught"),
    "taught in JSON": lambda outside, text: outside.memory(text, "taught", "--json"),
    "teach": lambda outside, text: outside.memory(text, "teach", "a", "b"),
    "forget": lambda outside, text: outside.memory(text, "forget", "a", "--yes"),
    "forget of none": lambda outside, text: outside.memory("x", "forget", text, found=False),
    "a bundle's card": lambda outside, text: outside.card(text),
    "training": lambda outside, text: outside.training(text),
    "evaluation": lambda outside, text: outside.evaluation(text),
    "evaluation in JSON": lambda outside, text: outside.evaluation(text, "--json"),
    "a file to train on": lambda outside, text: outside.file(text, "train", "FILE", "--plan"),
    "a file as a bundle": lambda outside, text: outside.file(text, "ask", "FILE", "hi"),
    "a file as a folder": lambda outside, text: outside.file(text, "train", "x", "--out", "FILE/x"),
    "a suite": lambda outside, text: outside.file(text, "chat", "x", "-q", "/test FILE", bot=True),
    "own settings": lambda outside, text: outside.settings(text),
}


def wrapped_up(payload: str) -> str:
    return f"{BEFORE}{payload}{AFTER}"


def some() -> dict[str, str]:
    """Payloads that between them hold all characters that any holds, and all in one."""
    held: set[str] = set()
    found = {"all": "".join(PAYLOADS.values())}
    for name, payload in PAYLOADS.items():
        if fresh := {*obeyed(payload.replace("\n", "\r"))} - held:
            found[name] = payload
            held |= fresh
    return found


def leaks(
    sink: Callable[[str], str], seen: bool = True, payloads: Mapping[str, str] = PAYLOADS
) -> dict[str, list[str]]:
    """By payload, what came through that should not; or that nothing came through."""
    found = {}
    for name, payload in payloads.items():
        written = sink(wrapped_up(payload))
        through = obeyed(written)
        if through or (seen and BEFORE not in written):
            found[name] = sorted({*through}) or ["nothing"]
    return found


def without_codes(written: str) -> str:
    return re.sub("|".join(map(re.escape, CODES)), "", written)


def test_there_are_many_payloads() -> None:
    assert len(PAYLOADS) > 200
    assert len({*RAW.values()}) > 200
    harmless = [name for name, text in PAYLOADS.items() if not obeyed(text.replace("\n", "\r"))]
    assert len(harmless) < 60


@pytest.mark.parametrize("sink", IN_CHAT.values(), ids=IN_CHAT)
def test_nothing_in_a_chat_steers_the_terminal(sink: Callable[[str, Theme, int], str]) -> None:
    assert leaks(lambda text: sink(text, COLOURLESS, 2000)) == {}


@pytest.mark.parametrize("sink", IN_CHAT.values(), ids=IN_CHAT)
def test_only_the_theme_adds_codes(sink: Callable[[str, Theme, int], str]) -> None:
    for theme in (DARK, LIGHT):

        def plain(text: str, theme: Theme = theme) -> str:
            return without_codes(sink(text, theme, 40))

        assert leaks(plain, seen=False, payloads=some()) == {}


@pytest.mark.parametrize("sink", IN_CHAT.values(), ids=IN_CHAT)
def test_codes_like_the_themes_own_are_taken_away(
    sink: Callable[[str, Theme, int], str],
) -> None:
    plain = sink(wrapped_up("x"), DARK, WIDE).count("\x1b")
    for code in CODES:
        assert sink(wrapped_up(code), DARK, WIDE).count("\x1b") == plain


@pytest.mark.parametrize("name", RAW)
def test_a_reply_is_the_same_wherever_its_bytes_are_split(name: str) -> None:
    raw = wrapped_up("").encode() + RAW[name]
    places = range(len(raw) + 1) if len(raw) <= 80 else (0, 1, 6, 7, 50, len(raw) - 1)

    def written(*parts: bytes) -> str:
        out = io.StringIO()
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        pieces = (decoder.decode(part, part is parts[-1]) for part in parts)
        Display(out, columns=WIDE).reply(pieces)
        return out.getvalue()

    whole = written(raw)
    assert obeyed(whole) == []
    for place in places:
        assert written(raw[:place], raw[place:]) == whole
    if len(raw) <= 400:
        assert written(*(bytes([byte]) for byte in raw), b"") == whole


@pytest.mark.parametrize("marks", [True, False])
def test_a_reply_is_one_line(marks: bool) -> None:
    for payload in PAYLOADS.values():
        out = io.StringIO()
        display = Display(out, columns=WIDE, marks=marks)
        display.reply([wrapped_up(payload)])
        display.mark(reply(payload, source=payload))
        display.line([("you", payload)])
        display.table([(payload, payload)])
        assert out.getvalue().count("\n") == 3


# At the prompt


def test_completions_are_clean() -> None:
    def offered(text: str) -> str:
        choices = [Choice(f"/{text}", text), Choice("/fine", text), Choice(f"b{text}")]
        made = CommandCompleter(lambda: choices, {"/fine": lambda _: choices})
        found = [
            *made.get_completions(Document("/"), CompleteEvent()),
            *made.get_completions(Document("/fine "), CompleteEvent()),
        ]
        assert any(each.text == "/fine" for each in found)
        parts = (part for each in found for part in (each.text, each.display_text))
        return "".join([*parts, *(each.display_meta_text for each in found)])

    assert leaks(offered) == {}


def test_file_names_that_are_not_clean_are_not_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("fine.yaml").write_bytes(b"")
    for place, text in enumerate(PAYLOADS.values()):
        Path(f"{place}{named(text)}"[:100]).write_bytes(b"")
    made = CommandCompleter(lambda: [], {}, files=("/test",))
    typed = ["", *map(str, range(10)), *(f"{place}{BEFORE}" for place in range(len(PAYLOADS)))]
    found = [
        each
        for begun in typed
        for each in made.get_completions(Document(f"/test {begun}"), CompleteEvent())
    ]
    assert "fine.yaml" in [each.text for each in found]
    assert obeyed("".join(each.text + each.display_text for each in found)) == []


@pytest.mark.parametrize("columns", [20, 80, 10_000])
def test_the_status_bar_is_clean(columns: int) -> None:
    def shown(text: str) -> str:
        line = bar([text, text, text, text, text, text], columns)
        assert "\n" not in line
        return line

    assert leaks(shown) == {}


def test_the_menu_is_clean() -> None:
    def shown(text: str) -> str:
        item = Item(GENERATION, text, text, text, "", None, None, (text,))
        return "".join(part for _, part, *_ in menu_text([item], 0, 80))

    assert leaks(shown) == {}


def test_what_a_prompt_begins_with_is_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []
    session = SimpleNamespace(
        app=SimpleNamespace(invalidate=None),
        prompt=lambda *_, default, **__: begun.append(default.text),
    )
    monkeypatch.setattr(prompts, "PromptSession", lambda **_: session)
    talk = Chat("x").talk(COLOURLESS, WIDE)
    monkeypatch.setattr(prompts, "fields", lambda _: [])
    prompt = prompts.FullPrompt(talk, commands.completer(talk), lambda: None)

    def drafted(text: str) -> str:
        prompt.ask(talk, text)
        return begun.pop()

    assert leaks(drafted) == {}


def test_what_a_plain_prompt_tells_is_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompts, "readline", None)

    def told(text: str) -> str:
        asked: list[str] = []
        monkeypatch.setattr("builtins.input", lambda line: asked.append(line) or "y")
        chat = Chat("x")
        prompt = prompts.LinePrompt(chat.talk(COLOURLESS, WIDE))
        prompt.ask(chat.talk(COLOURLESS, WIDE), text)
        assert prompt.confirm(text)
        return chat.out.getvalue() + "".join(asked)

    assert leaks(told) == {}


def test_what_a_file_of_typed_lines_suggests_is_clean(tmp_path: Path) -> None:
    file = tmp_path / "typed"
    data = b"".join(b"\n# x\n+anfang" + raw.replace(b"\n", b"\n+") + b"\n" for raw in RAW.values())
    file.write_bytes(data)
    history = Typed(file)
    entries = [*history.load_history_strings()]
    assert len(entries) == len(RAW)
    for entry in entries:
        history.append_string(entry)
    buffer = Buffer(history=history)
    suggestion = AutoSuggestFromHistory().get_suggestion(buffer, Document("anfan"))
    assert suggestion is not None
    assert obeyed("".join(entries) + suggestion.text) == []


# Outside the chat


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shared: Sessions) -> Outside:
    monkeypatch.setattr(conversations.Sessions, "open", lambda: nullcontext(shared))
    return Outside(monkeypatch, tmp_path, shared)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sessions]:
    with Sessions.open(tmp_path_factory.mktemp("sinks") / "kept.db") as sessions:
        yield sessions


@pytest.mark.parametrize("sink", OUTSIDE.values(), ids=OUTSIDE)
def test_nothing_outside_the_chat_steers_the_terminal(
    outside: Outside, sink: Callable[[Outside, str], str]
) -> None:
    assert leaks(lambda text: sink(outside, text), payloads=some()) == {}


@pytest.mark.parametrize("name", [*BYTES, "CSI red", "C1 CSI", "bidi U+202E"])
def test_lines_that_are_read_are_clean(name: str) -> None:
    lines = [line for line, _ in lines_of(io.BytesIO(BEFORE.encode() + RAW[name]), "x")]
    assert lines[0].startswith(BEFORE)
    assert obeyed("".join(lines)) == []


def test_progress_holds_nothing_but_numbers() -> None:
    """Which is why training may write it without cleaning."""
    for inplace in (False, True):
        out = Screen() if inplace else io.StringIO()
        shown = Progressing(out)
        shown.update(Progress(1, 2, 10**12, 1e300, 0.1, 1e300, 1.0, 1e9, 1e9))
        shown.close()
        written = out.getvalue().replace("\r\x1b[2K", "")
        assert "1000000.0M pairs" in written
        assert obeyed(written) == []


# Written nowhere else

TERMINALS = {
    "interfaces/chat/display.py": "the way out of the chat, which is tested above",
    "interfaces/testing/command.py": "tables with colours, clean in test_table",
    "training/monitor.py": "numbers, and events as `one_line`",
    "__main__.py": "what the command wrote, held back",
}
FILES = {
    "bundle.py",
    "evaluation/suite_file.py",
    "files.py",
    "interfaces/chat/editor.py",
    "interfaces/chat/typed.py",
    "interfaces/exports.py",
    "memory/postings_file.py",
    "memory/vector_file.py",
    "text/shards.py",
    "training/checkpoint.py",
    "training/metrics_file.py",
    "training/tensorboard.py",
}
"""What they write to is opened there."""

CLEAN = {"clean", "clean_lines", "cleaned", "shown", "pair", "taught_line"}
"""What these return is clean, as is shown above; so is what they are joined, dumped or put
between."""

CARRIED = {"join", "dumps", "split"}
CALLED = {"print", "input", "confirm", "print_formatted_text", "print_exc"}
METHODS = {"write", "writelines", "print_exc"}


def is_clean(node: ast.AST | None, names: dict[str, list[ast.AST]]) -> bool:
    """Whether it holds nothing but constants and what was cleaned."""
    match node:
        case ast.Constant():
            return True
        case ast.JoinedStr(parts) | ast.Tuple(parts) | ast.List(parts):
            return all(is_clean(part, names) for part in parts)
        case ast.FormattedValue(value=value):
            return is_clean(value, names)
        case ast.BinOp(left, _, right) | ast.IfExp(_, left, right):
            return is_clean(left, names) and is_clean(right, names)
        case ast.Call(ast.Name(called) | ast.Attribute(attr=called), args):
            inner = [*args, *([node.func.value] if called == "split" else [])]  # type: ignore[attr-defined]
            return called in CLEAN or (
                called in CARRIED and all(is_clean(each, names) for each in inner)
            )
        case ast.Name(name):
            return bool(names.get(name)) and all(is_clean(each, {}) for each in names[name])
    return False


def unclean(source: str) -> list[int]:
    """The lines where something goes out that was not cleaned on its way."""
    tree = ast.parse(source)
    given: dict[str, list[ast.AST]] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Assign([ast.Name(name)], value) | ast.For(ast.Name(name), value):
                given.setdefault(name, []).append(value)
            case ast.AugAssign(ast.Name(name), _, value):
                given.setdefault(name, []).append(value)
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", "") in CALLED or getattr(node.func, "attr", "") in METHODS)
        and not (node.args and all(is_clean(argument, given) for argument in node.args))
    ]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("print(text)", [1]),
        ("out.write(clean(text))", []),
        ("out.write(f'{clean(a)} {b}')", [1]),
        ("out.write(f'{clean(a)} {pair(b)}')", []),
        ("x = clean(a)\nx += b\nprint(x)", [3]),
        ("x = clean(a)\nx += 'b'\nprint(x)", []),
        ("for line in clean_lines(a).split('x'): print(f'a {line}')", []),
        ("for line in a.split('x'): print(f'a {line}')", [1]),
        ("print(json.dumps(cleaned(a)) if b else clean(c) + 'd')", []),
        ("print(json.dumps(a) if b else clean(c))", [1]),
        ("traceback.print_exc()", [1]),
        ("write(a, b)", []),
    ],
)
def test_what_is_not_cleaned_is_found(source: str, lines: list[int]) -> None:
    assert unclean(source) == lines


def test_all_that_goes_out_is_cleaned() -> None:
    root = Path(dialog_s2s.__file__).parent
    listed = {str(file.relative_to(root)): file for file in root.rglob("*.py")}
    assert listed.keys() >= {*TERMINALS, *FILES}
    found = {
        name: lines
        for name, file in listed.items()
        if name not in FILES and name not in TERMINALS
        if (lines := unclean(file.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_what_writes_files_writes_nothing_else() -> None:
    root = Path(dialog_s2s.__file__).parent
    for name in FILES:
        text = (root / name).read_text(encoding="utf-8")
        assert not re.search(r"\bprint\(|\bstdout\b|\bstderr\b", text), name
