"""dialog_s2s: your own question-answer pairs, a small chatbot on your laptop.

from dialog_s2s import Bot, train
train([("Hello", "Hi there!"), ...], out="my-bot", minutes=1)
Bot.load("my-bot").reply("hello").text
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dialog_s2s.version import VERSION

if TYPE_CHECKING:
    from dialog_s2s.dialogue.conversation import Conversation
    from dialog_s2s.dialogue.manager import Bot
    from dialog_s2s.dialogue.reply import Reply
    from dialog_s2s.dialogue.sessions import Sessions
    from dialog_s2s.dialogue.why import why
    from dialog_s2s.errors import DialogError
    from dialog_s2s.training.monitor import Display
    from dialog_s2s.training.train import plan, train

__version__ = VERSION

__all__ = [
    "Bot",
    "Conversation",
    "DialogError",
    "Display",
    "Reply",
    "Sessions",
    "plan",
    "train",
    "why",
]

_HOMES = {
    "Bot": "dialog_s2s.dialogue.manager",
    "Conversation": "dialog_s2s.dialogue.conversation",
    "Reply": "dialog_s2s.dialogue.reply",
    "Sessions": "dialog_s2s.dialogue.sessions",
    "why": "dialog_s2s.dialogue.why",
    "DialogError": "dialog_s2s.errors",
    "Display": "dialog_s2s.training.monitor",
    "plan": "dialog_s2s.training.train",
    "train": "dialog_s2s.training.train",
}


def __getattr__(name: str) -> Any:
    # on first use, so that importing the package never loads torch (1.6 s, 220 MB)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
