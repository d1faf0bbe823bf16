"""Why a bot said a thing, in plain words."""

from __future__ import annotations

from dialog_s2s.dialogue.reply import EXACT, GENERATED, TAUGHT, UNKNOWN, Evidence, Reply

SHOWN = 3
"""Pairs told of."""

MATTERS = 0.1
"""Share of the attention from which on an earlier turn is worth telling."""


def why(reply: Reply) -> str:
    """Where a reply came from, how sure the bot is, and what it looked at; a few lines."""
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
    lines += _context(reply)
    if reply.settings.method == "sample":
        lines.append(f"The reply was drawn by chance; seed={reply.seed} draws it again.")
    if reply.finish == "length":
        lines.append(f"It was cut at {reply.settings.max_tokens} pieces (max_tokens).")
    return "\n".join(lines)


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
