"""The status bar under the prompt: what answers, how, and how much of the talk it read."""

from __future__ import annotations

from wcwidth import width

from dialog_s2s.config import GenerationConfig
from dialog_s2s.interfaces.chat.talk import Talk
from dialog_s2s.interfaces.chat.wrapping import fitted
from dialog_s2s.interfaces.sanitize import clean

GAP = "  "


def fields(talk: Talk) -> list[str]:
    """Its parts, the most telling first."""
    if not talk.loading.ready:
        return [talk.name, "loading ..."]
    bot = talk.loading.get()
    settings = bot.settings(**talk.settings)
    parts = [talk.name, *sampler(settings)]
    reply = talk.last
    if reply is not None:
        used, room = len(bot.format.read(reply.turns)), bot.config.text.max_source_tokens
        pieces = len(bot.format.pieces(reply.turns))
        parts.append(f"context {used}/{len(reply.turns)} turns, {pieces}/{room}")
        parts.append(f"{reply.milliseconds:.0f} ms")
    parts.append(talk.session or ("new" if talk.sessions is not None else "not kept"))
    return parts


def sampler(settings: GenerationConfig) -> list[str]:
    """How replies are searched."""
    method = f"beam {settings.beam}" if settings.method == "beam" else settings.method
    seed = "new" if settings.seed is None else str(settings.seed)
    return [method, f"temperature {settings.temperature:g}", f"seed {seed}"]


def shown(parts: list[str], columns: int) -> str:
    """As much of the parts as fits, the first two and the last first; one line of text."""
    cleaned = [clean(part) for part in parts]
    # what can be missed goes first: the seed, the temperature, the context, the latency
    for place in (3, 2, -3, -2):
        if width(GAP.join(cleaned)) + 1 <= columns or len(cleaned) < 4:
            break
        cleaned = [part for at, part in enumerate(cleaned) if at != place % len(cleaned)]
    return fitted(" " + GAP.join(cleaned), max(columns, 1))
