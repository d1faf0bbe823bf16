"""A bot without a model, a playground with it, and a shell that is driven by keys."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from shell import CTRL_D

from dialog_s2s import Reply
from dialog_s2s.config import GenerationConfig, with_settings
from dialog_s2s.dialogue.reply import Attended, Evidence
from dialog_s2s.interfaces.chat.display import Display
from dialog_s2s.interfaces.chat.preferences import ChatPreferences
from dialog_s2s.interfaces.chat.theme import COLOURLESS
from dialog_s2s.interfaces.chat.typed import Typed
from dialog_s2s.interfaces.repl.playground import Playground
from dialog_s2s.interfaces.repl.prompt import FullPrompt
from dialog_s2s.interfaces.repl.rendering import MOST
from dialog_s2s.interfaces.repl.shell import Shell
from dialog_s2s.memory.recall import NOTHING_RECALLED, Recalled
from dialog_s2s.text.turns import Role, Turn


class Clerk:
    """Says the question back after the number of turns before it; where replies are sampled, with
    an exclamation mark for each odd seed as often as the temperature."""

    def __init__(self, name: str = "clerk", says: str = ""):
        self.path = Path(name)
        self.says = says
        self.asked: list[tuple[str, dict[str, object]]] = []
        self.weights_TS = np.array([[0.75, 0.25], [0.0, 1.0]], np.float32)

    def reply(self, question: str, history: Sequence[Turn] = (), **settings: object) -> Reply:
        self.asked.append((question, settings))
        chosen = self.settings(**settings)
        marks = ""
        if chosen.method == "sample":
            marks = "!" * int(chosen.temperature * ((chosen.seed or 0) % 2))
        text = self.says or f"{len(history)}: {question}{marks}"
        look = Attended(("<user>", "▁녹차"), ("▁네", ""), self.weights_TS, ())
        return Reply(
            text=text,
            source="remembered",
            confidence=0.5,
            evidence=(Evidence(question, text, "faq.csv:2", 0.9, 1),),
            finish="stop",
            seed=chosen.seed or 0,
            milliseconds=1.0,
            turns=(*history, Turn(Role.USER, question)),
            turns_read=1,
            settings=chosen,
            log_probability=-0.7,
            _look=lambda: look,
        )

    def candidates(
        self, question: str, history: Sequence[Turn] = (), **settings: object
    ) -> list[Reply]:
        chosen = self.settings(**settings)
        texts = [f"{question} {number}" for number in range(chosen.beam)]
        return [self.reply(text, history, **settings) for text in texts]

    def recall(self, turns: Sequence[Turn]) -> Recalled:
        return NOTHING_RECALLED

    def answered(
        self,
        read: Sequence[tuple[Turn, ...]],
        recalled: Sequence[Recalled],
        settings: GenerationConfig,
        began: float,
        seeds: Sequence[int] | None = None,
    ) -> list[Reply]:
        given = {item.name: getattr(settings, item.name) for item in fields(settings)}
        return [
            self.reply(turns[-1].text, turns[:-1], **{**given, "seed": seed})
            for turns, seed in zip(read, seeds or [settings.seed] * len(read), strict=True)
        ]

    def settings(self, **changes: object) -> GenerationConfig:
        chosen: GenerationConfig = with_settings(GenerationConfig(), changes)
        return chosen

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the playground does not use {name}")


def playground(*bots: Clerk) -> Playground:
    """With these bots, or a clerk."""
    return Playground({bot.path.name: bot for bot in bots or (Clerk(),)})


def drive(
    *keys: str,
    play: Playground | None = None,
    typed: Typed | None = None,
    columns: int = 100,
    names: dict[str, Any] | None = None,
) -> tuple[str, Shell, int]:
    """What is shown after these keys, the shell, and its exit code; Ctrl-D ends what is open."""
    out = io.StringIO()
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        pipe.send_text("".join(keys) + CTRL_D)
        shell = Shell(play or playground(), Display(out, columns=columns), MOST)
        shell.namespace.update(names or {})
        prompt = FullPrompt(shell.namespace, typed, COLOURLESS, ChatPreferences())
        code = shell.interact(prompt, typed)
    return out.getvalue().split("leaves.\n", 1)[1], shell, code
