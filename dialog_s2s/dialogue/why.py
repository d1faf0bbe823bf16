"""Why a bot said a thing, in plain words and in strips of characters."""

from __future__ import annotations

from collections.abc import Sequence

from dialog_s2s.dialogue.looks import Look, looks, said
from dialog_s2s.dialogue.reply import EXACT, GENERATED, TAUGHT, UNKNOWN, Attended, Evidence, Reply
from dialog_s2s.dialogue.transcript import UNSEEN

SHOWN = 3
"""Pairs told of."""

MATTERS = 0.1
"""Share of the attention from which on an earlier turn is worth telling."""

WORDS = 60
"""Words of a turn or of a reply that are shown."""

CELLS = 10
_SHADES = "▁▂▃▄▅▆▇█"
_EIGHTHS = " ▏▎▍▌▋▊▉"
_CERTAIN = 1 - 1e-6


def why(reply: Reply, context: bool = True) -> str:
    """Where a reply came from, how sure the bot is and, with `context`, which earlier turns
    mattered; a few lines."""
    lines = [_source(reply)]
    lines += [f"  {_pair(each)}" for each in reply.evidence[:SHOWN]]
    if not reply.evidence and reply.nearest:
        lines.append("The nearest pairs it knows:")
        lines += [f"  {_pair(each)}" for each in reply.nearest[:SHOWN]]
    # never "100 % sure" of what is not certain
    sure = f"It was {min(reply.confidence, 0.99 if reply.confidence < 1 else 1.0):.0%} sure"
    if reply.source == UNKNOWN and reply.withheld is None:
        lines.append("The answer it has learnt is one it was told to forget.")
    elif reply.source == UNKNOWN:
        lines.append(f"{sure} of an answer, which is too little to give it.")
        lines.append(f'It would have said: "{reply.withheld}"')
    else:
        lines.append(f"{sure}.")
    lines += _context(reply) if context else []
    if reply.settings.method == "sample":
        lines.append(f"The reply was drawn by chance; seed={reply.seed} draws it again.")
    if reply.finish == "length":
        lines.append(f"It was cut at {reply.settings.max_tokens} pieces (max_tokens).")
    return "\n".join(lines)


def strips(reply: Reply) -> list[str]:
    """What the bot looked at and how likely its words were, a line each; none where the reply is
    not the model's. Of a reply that was withheld, it is what would have been said."""
    attended = reply.attention
    return [] if attended is None else [*turn_strips(attended), *word_strips(attended)]


def turn_strips(attended: Attended) -> list[str]:
    """A line for each turn that was read: its share of the attention as a bar and in percent, its
    role, and its words, each before a shade: the darkest stands after the word looked at most."""
    found = looks(attended)
    most = max((share for look in found for _, share in look.words), default=0.0)
    roles = max((len(look.role) for look in found), default=0)
    return [
        f"{_bar(look.share)} {_percent(look.share):>4}  {look.role:<{roles}}  "
        f"{_shaded(look, most)}".rstrip()
        for look in found
    ]


def word_strips(attended: Attended) -> list[str]:
    """A line of the reply's words, each with its probability after the words before it, and that of
    the end; none where the probabilities are not known."""
    found = said(attended)
    if not found:
        return []
    *words, (_, end) = found
    shown = [f"{_plain(word)} {_percent(likely)}" for word, likely in words]
    return ["  ".join([*_cut(shown), f"(end {_percent(end)})"])]


def _shaded(look: Look, most: float) -> str:
    shades = len(_SHADES)
    return " ".join(
        _cut(
            [
                _plain(word) + _SHADES[min(shades - 1, int(share / most * shades)) if most else 0]
                for word, share in look.words
            ]
        )
    )


def _cut(words: Sequence[str]) -> list[str]:
    return [*words[:WORDS], *(["..."] if len(words) > WORDS else [])]


def _plain(word: str) -> str:
    """A word without what steers a terminal."""
    return "".join(UNSEEN.sub("", word).splitlines())


def _bar(share: float) -> str:
    """CELLS cells, filled to an eighth."""
    whole, rest = divmod(round(min(1.0, share) * CELLS * 8), 8)
    return ("█" * whole + _EIGHTHS[rest] * (rest > 0)).ljust(CELLS)


def _percent(share: float) -> str:
    """Never 100 % of what is not certain, nor 0 % of what is possible."""
    if 0 < share < 0.005:
        return "<1%"
    return f"{min(share, 0.99 if share < _CERTAIN else 1.0):.0%}"


def _source(reply: Reply) -> str:
    if reply.source == UNKNOWN:
        return "It did not know an answer."
    if reply.source == EXACT:
        return "You asked what it was given, word for word:"
    if reply.source == TAUGHT:
        return "It was taught this while chatting:"
    if reply.source == GENERATED:
        return "No remembered answer fitted; it put the reply together itself, piece by piece."
    if reply.evidence and not reply.evidence[0].row:
        return "You said so in this conversation:"
    if reply.evidence:
        return "It remembered this from questions like yours:"
    return "You have not told it in this conversation."


def _pair(each: Evidence) -> str:
    after = f' after "{each.after}"' if each.after else ""
    told = f'"{each.question}"{after} -> "{each.answer}"'
    return f"{told} ({each.origin}, weight {each.weight:.2f})"


def _context(reply: Reply) -> list[str]:
    """The earlier turns that mattered."""
    attended = reply.attention
    if attended is None:
        return []
    told = [
        f'  {share:.0%} {turn.role.value}: "{turn.text}"'
        for turn, share in attended.turns[:-1]
        if share >= MATTERS
    ]
    if not told:
        return ["Earlier turns did not matter."] if len(attended.turns) > 1 else []
    return ["Of what was said before, it looked at:", *told]
