"""Chat commands on how the bot answers, and on what there is to know of it."""

from __future__ import annotations

import dataclasses
from collections import Counter
from statistics import median

from dialog_s2s.bundle import MEMORY
from dialog_s2s.config import settings
from dialog_s2s.dialogue.languages import TEXTS
from dialog_s2s.errors import UsageError
from dialog_s2s.interfaces.chat import menu
from dialog_s2s.interfaces.chat.preferences import (
    default_path,
    read_preferences,
    with_preferences,
    write_preferences,
)
from dialog_s2s.interfaces.chat.talk import Talk, parse_settings, place
from dialog_s2s.interfaces.listing import counted
from dialog_s2s.memory.rows import FIXED, TAUGHT
from dialog_s2s.text.turns import Role

SHOWS = ("model", "settings", "stats", "memory")

_NO_SEED = ("new", "off", "none")
_NO_PERSONA = ("off", "none")


def set_(talk: Talk, rest: str) -> None:
    """`name=value ...`; `name=` for the bot's own value, a name alone to see it."""
    words = rest.split()
    now = talk.bot.settings(**talk.settings)
    known = {name: value for name, value, _ in settings(now)}
    asked = [word for word in words if word in known]
    if asked and len(asked) == len(words):
        talk.tell(" ".join(f"{name}={_plain(known[name])}" for name in asked))
        return
    given = parse_settings(words)
    own = {name for name, value in given.items() if value == "" and name in known}
    changed = {name: value for name, value in {**talk.settings, **given}.items() if name not in own}
    talk.bot.settings(**changed)
    talk.settings = changed
    shown = " ".join(f"{name}={_plain(value)}" for name, value in changed.items())
    talk.tell(shown or "Settings as the bot was trained with; /set name=value changes one.")


def seed(talk: Talk, rest: str) -> None:
    """`N`, or `new` for another one each time."""
    if not rest:
        now = talk.bot.settings(**talk.settings).seed
        talk.tell("A new seed for each reply." if now is None else f"The seed is {now}.")
        if talk.last is not None:
            talk.hint(f"the last reply had the seed {talk.last.seed}")
        return
    changed = {name: value for name, value in talk.settings.items() if name != "seed"}
    if rest not in _NO_SEED:
        changed["seed"] = rest
    talk.bot.settings(**changed)
    talk.settings = changed
    talk.tell("A new seed for each reply." if rest in _NO_SEED else f"The seed is {rest}.")
    if rest not in _NO_SEED and talk.bot.settings(**changed).method != "sample":
        talk.hint("it matters where replies are drawn by chance: /set method=sample")


def persona(talk: Talk, rest: str) -> None:
    """`TEXT` that the bot is told of itself, or `off`."""
    conversation = talk.conversation
    if not rest:
        now = conversation.persona
        talk.tell(f"Persona: {now}" if now else "No persona. /persona TEXT gives one.")
        return
    conversation.persona = "" if rest in _NO_PERSONA else rest
    talk.tell(f"Persona: {rest}" if conversation.persona else "No persona any more.")
    if conversation.persona and not talk.bot.format.history_turns:
        talk.hint("this bot learnt no context, so it may not heed it")


def language(talk: Talk, rest: str) -> None:
    """A code such as `ko`, or `auto`."""
    bot = talk.bot
    if not rest:
        now = bot.speaks
        talk.tell("The language of each question." if now is None else f"Language: {now}")
        talk.hint(f"what the bot says on its own: {' '.join(TEXTS)}; /lang auto")
        return
    rest = rest.lower()
    bot.speaks = None if rest == "auto" else rest
    shown = f"Language: {rest}"
    talk.tell("The language of each question." if rest == "auto" else shown)


def model(talk: Talk, rest: str) -> None:
    """`PATH` of a bundle."""
    if not rest:
        talk.tell(f"This is {talk.name}, in {talk.loading.path}. /model PATH talks to another bot.")
        return
    talk.hint("loading ...")
    talk.switch(place(rest))
    talk.tell(f"Now {talk.name} answers; the conversation goes on.")


def show(talk: Talk, rest: str) -> None:
    """`model`, `settings`, `stats` or `memory`."""
    shown = {"model": _model, "settings": _settings, "stats": _stats, "memory": _memory}
    if rest not in shown:
        raise UsageError(f"/show takes one of {', '.join(SHOWS)}, not {rest!r}")
    shown[rest](talk)


def choose(talk: Talk) -> None:
    """The settings as a menu, for F2."""
    bot = talk.bot
    now = bot.settings(**talk.settings)
    listed = menu.items(bot.config.generation, now, talk.preferences.chat)
    chosen = menu.choose(listed, talk.display.theme)
    if chosen is None:
        return
    changed = {**talk.settings, **chosen.generation}
    own = bot.config.generation
    talk.settings = {name: value for name, value in changed.items() if value != getattr(own, name)}
    talk.prefer(with_preferences(talk.preferences, chosen.chat))
    told = [
        f"{name}={'' if value is None else value}"
        for name, value in (chosen.generation | chosen.chat).items()
    ]
    if told:
        talk.tell(" ".join(told))
    if chosen.keep:
        # those of the file: the command line may have changed those of this chat
        stored = read_preferences()
        left = {
            name: value
            for name, value in {**stored.generation, **chosen.generation}.items()
            if name not in chosen.generation or value != getattr(own, name)
        }
        kept = dataclasses.replace(with_preferences(stored, chosen.chat), generation=left)
        talk.tell(f"Wrote {write_preferences(kept)}")


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def _model(talk: Talk) -> None:
    bot = talk.bot
    made, text = bot.config.model, bot.config.text
    turns = text.history_turns
    size = sum(file.stat().st_size for file in bot.path.rglob("*") if file.is_file())
    vocabulary = bot.format.tokenizer.size
    rows = [
        ("bot", f"{talk.name}, in {bot.path}"),
        ("core", f"{made.core}, attention {made.attention}, width {made.width}"),
        ("layers", f"{made.encoder_layers} encoder, {made.decoder_layers} decoder"),
        ("vocabulary", counted(vocabulary, "piece")),
        ("reads", f"the last {turns} turns" if turns else "each question alone"),
        ("embeddings", bot.config.memory.embeddings or "none"),
        ("language", bot.language or "of each question"),
        ("size", f"{size / 1e6:.1f} MB"),
    ]
    talk.display.table(rows)


def _settings(talk: Talk) -> None:
    bot = talk.bot
    own = bot.config.generation
    rows = []
    for name, value, doc in settings(bot.settings(**talk.settings)):
        shown = "-" if value is None else f"{value}"
        sign = "*" if value != getattr(own, name) else " "
        rows.append((f"{sign} {name}={shown}", doc))
    talk.display.table(rows)
    talk.hint(f"* unlike the bot's own; /set and F2 change them; yours: {default_path()}")


def _stats(talk: Talk) -> None:
    stats, turns = talk.stats, talk.conversation.turns
    times = stats.milliseconds
    speed = "-" if not times else f"{median(times):.0f} ms (most {max(times):.0f})"
    asked = sum(turn.role is Role.USER for turn in turns)
    rows = [("conversation", f"{counted(asked, 'question')}, {counted(len(turns), 'turn')}")]
    rows += [
        (source, counted(count, "reply").replace("replys", "replies"))
        for source, count in sorted(stats.replies.items())
    ]
    rows.append(("median time", speed))
    rows += [("you said", f"{key}: {value}") for key, value in talk.conversation.facts.items()]
    talk.display.table(rows)


def _memory(talk: Talk) -> None:
    rows = talk.rows
    kinds = Counter(row.kind for row in rows.listed())
    taught, fixed = kinds[TAUGHT], kinds[FIXED]
    file = talk.bot.path / MEMORY
    talk.display.table(
        [
            ("pairs", f"{len(rows):,}"),
            ("trained", f"{len(rows) - taught - fixed:,}"),
            ("taught", f"{taught:,}"),
            ("fixed", f"{fixed:,}"),
            ("file", f"{file}, {file.stat().st_size / 1e6:.1f} MB"),
        ]
    )
