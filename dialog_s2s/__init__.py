"""dialog_s2s: your own question-answer pairs, a small chatbot on your laptop.

from dialog_s2s import Bot, train
train([("Hello", "Hi there!"), ...], out="my-bot", minutes=1)
Bot.load("my-bot").reply("hello").text
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dialog_s2s.dialogue.manager import Bot, Conversation, Reply
    from dialog_s2s.errors import DialogError
    from dialog_s2s.training.monitor import Display
    from dialog_s2s.training.train import plan, train

__version__ = "0.1.0"

__all__ = ["Bot", "Conversation", "DialogError", "Display", "Reply", "plan", "train"]

_HOMES = {
    "Bot": "dialog_s2s.dialogue.manager",
    "Conversation": "dialog_s2s.dialogue.manager",
    "Reply": "dialog_s2s.dialogue.manager",
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
