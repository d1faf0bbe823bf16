"""The user's own settings of the terminal chat, and of generation with every bot.

They are kept in one commented YAML file, `chat.yaml` in the user's configuration folder.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from dialog_s2s import strict
from dialog_s2s.config import GenerationConfig, with_settings
from dialog_s2s.errors import DiskError, UsageError
from dialog_s2s.files import write_whole
from dialog_s2s.strict import setting

THEMES = ("auto", "light", "dark")

_HEADING = """\
Your own settings of the chat; a line that you delete has its default again.
Under "generation", take away the "#" before a setting to give it to every bot;
otherwise each bot has its own."""

_REMEDY = "see whether you may read it, or move it away and a new one can be made"


@dataclass(frozen=True, slots=True)
class ChatPreferences:
    theme: str = setting("auto", "colours that suit the terminal", choices=THEMES)
    marks: bool = setting(True, "show where each reply comes from and how sure it is")
    stream: bool = setting(True, "show a reply word by word")
    plain: bool = setting(False, "for screen readers: no colours, nothing drawn again")
    vi: bool = setting(False, "keys of vi")
    toolbar: bool = setting(True, "show a status bar below the prompt")
    suggestions: bool = setting(True, "offer what was typed before as you type")
    wrap: bool = setting(True, "break lines between words")
    keep: bool = setting(True, "keep conversations and what is typed")
    typed: int = setting(5000, "lines kept of what was typed; 0 keeps none", least=0, most=100_000)
    bot: str = setting("", "bot opened when none is named; empty for the starter bot", free=True)
    suite: str = setting("replies.suite.yaml", "file that /expect writes to", free=True)


_SECTIONS: dict[str, type[Any]] = {"chat": ChatPreferences, "generation": GenerationConfig}


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the file says; `generation` holds only the settings that it gives.

    Raises:
        ConfigError: an unknown setting, or a value of the wrong kind or out of range.
    """

    chat: ChatPreferences = field(default_factory=ChatPreferences)
    generation: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        tree = {"chat": asdict(self.chat), "generation": self.generation}
        values = strict.checked(tree, _SECTIONS, "preferences")
        object.__setattr__(self, "chat", ChatPreferences(**values["chat"]))
        object.__setattr__(self, "generation", values["generation"])


def default_path() -> Path:
    """The user's own file of preferences. Raises `UsageError` where no home is known."""
    windows = sys.platform == "win32"
    variable = "APPDATA" if windows else "XDG_CONFIG_HOME"
    given = os.environ.get(variable, "")
    below = "AppData/Roaming" if windows else ".config"
    try:
        # the XDG specification says to ignore a relative folder
        base = Path(given) if os.path.isabs(given) else Path.home() / below
    except RuntimeError:
        raise UsageError(f"no home folder is known; set {variable}") from None
    return base / "dialog_s2s" / "chat.yaml"


def read_preferences(path: Path | None = None) -> Preferences:
    """The preferences in the file at `path`, else at `default_path`; no file, the defaults.

    Raises:
        ConfigError: the file cannot be read, is not YAML, or has mistakes; all are listed.
        UsageError: no path is given and no home is known.
    """
    file = default_path() if path is None else path
    tree = strict.parsed(strict.read_file(file, _REMEDY, missing=b""), str(file))
    values = strict.checked(tree, _SECTIONS, str(file))
    return Preferences(ChatPreferences(**values.get("chat", {})), values.get("generation", {}))


def preferences_text(preferences: Preferences) -> str:
    """`preferences` as commented YAML that `read_preferences` reads back to an equal value.

    Settings of generation that are not given are there as comments.
    """
    names = {item.name for item in fields(GenerationConfig)}
    return strict.yaml_text(
        _HEADING,
        {
            "chat": preferences.chat,
            "generation": with_settings(GenerationConfig(), preferences.generation),
        },
        unset={f"generation.{name}" for name in names - preferences.generation.keys()},
    )


def write_preferences(preferences: Preferences, path: Path | None = None) -> Path:
    """Writes commented YAML to `path`, else to `default_path`; the path.

    Only the user may read the file, and its folder where that is made here. An old file is
    replaced whole or not at all.

    Raises:
        DiskError: it cannot be written; nothing is left behind.
        UsageError: no path is given and no home is known.
    """
    file = default_path() if path is None else path
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DiskError(
            f"{file}: cannot be written ({error.strerror}); free some space, or see whether its "
            "folder may be written to"
        ) from None
    write_whole(file, preferences_text(preferences).encode(), 0o600)
    return file


def with_preferences(preferences: Preferences, changes: Mapping[str, object]) -> Preferences:
    """A copy of `preferences` with `changes` of its `chat`, checked like a file's.

    Raises:
        ConfigError: an unknown setting or a value of the wrong kind or out of range.
    """
    return replace(preferences, chat=strict.with_settings(preferences.chat, "chat", changes))
