"""The user's own settings: where they are, what is read back, what is refused, how it is kept."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import FrozenInstanceError, asdict, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s import strict
from dialog_s2s.config import GenerationConfig
from dialog_s2s.errors import ConfigError, DiskError, UsageError
from dialog_s2s.interfaces.chat import preferences as module
from dialog_s2s.interfaces.chat.preferences import (
    ChatPreferences,
    Preferences,
    default_path,
    preferences_text,
    read_preferences,
    with_preferences,
    write_preferences,
)

DEFAULTS: dict[str, object] = {
    "theme": "auto",
    "marks": True,
    "stream": True,
    "plain": False,
    "vi": False,
    "toolbar": True,
    "suggestions": True,
    "wrap": True,
    "keep": True,
    "typed": 5000,
    "bot": "",
    "suite": "replies.suite.yaml",
}
FLAGS = [name for name, value in DEFAULTS.items() if isinstance(value, bool)]
RULES = {item.name: item.metadata for item in fields(GenerationConfig)}
NUMBERS = [name for name, rule in RULES.items() if rule["least"] is not None]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own file, which is not there yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    return tmp_path / "own" / "dialog_s2s" / "chat.yaml"


def reads(file: Path, text: str | bytes) -> Preferences:
    """What `text` means as the user's own file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_preferences()


def refusal(file: Path, text: str | bytes) -> list[str]:
    """What a file with `text` is refused with, without its name, which begins every line."""
    with pytest.raises(ConfigError) as caught:
        reads(file, text)
    lines = str(caught.value).splitlines()
    assert all(line.startswith(f"{file}:") for line in lines)
    return [line.removeprefix(f"{file}:").removeprefix(" ") for line in lines]


# Where they are


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, "/me/.config/dialog_s2s/chat.yaml"),
        ("linux", {"XDG_CONFIG_HOME": "/own"}, "/own/dialog_s2s/chat.yaml"),
        ("linux", {"XDG_CONFIG_HOME": "own"}, "/me/.config/dialog_s2s/chat.yaml"),
        ("linux", {"XDG_CONFIG_HOME": ""}, "/me/.config/dialog_s2s/chat.yaml"),
        ("darwin", {"APPDATA": "/app"}, "/me/.config/dialog_s2s/chat.yaml"),
        ("win32", {"APPDATA": "/app"}, "/app/dialog_s2s/chat.yaml"),
        ("win32", {"XDG_CONFIG_HOME": "/own"}, "/me/AppData/Roaming/dialog_s2s/chat.yaml"),
    ],
)
def test_the_default_path(
    monkeypatch: pytest.MonkeyPatch, platform: str, variables: dict[str, str], expected: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: Path("/me"))
    for name in ("XDG_CONFIG_HOME", "APPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert default_path() == Path(expected)


def test_no_home_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", home)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert default_path() == tmp_path / "dialog_s2s" / "chat.yaml"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    with pytest.raises(UsageError, match="no home folder is known; set XDG_CONFIG_HOME"):
        read_preferences()
    with pytest.raises(UsageError, match="set XDG_CONFIG_HOME"):
        write_preferences(Preferences())
    assert read_preferences(tmp_path / "none.yaml") == Preferences()


# What is read


def test_the_defaults() -> None:
    assert asdict(ChatPreferences()) == DEFAULTS
    assert Preferences() == Preferences(ChatPreferences(), {})
    assert all(doc and "\n" not in doc for _, _, doc in strict.settings(ChatPreferences()))


def test_no_file_is_the_defaults(file: Path) -> None:
    assert read_preferences() == Preferences()
    assert read_preferences(file) == Preferences()
    assert not file.parent.parent.exists()


def test_no_folder_where_one_would_be_is_the_defaults(file: Path) -> None:
    file.parent.parent.write_text("a file")
    assert read_preferences() == Preferences()


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "chat:\ngeneration:\n", "{}", "\ufeffchat: {}", "chat:\r\n"]
)
def test_nothing_given_is_the_defaults(file: Path, text: str) -> None:
    assert reads(file, text) == Preferences()


def test_what_is_given_is_taken_and_the_rest_left(file: Path) -> None:
    got = reads(
        file,
        "chat: {theme: dark, vi: on, toolbar: off, wrap: No, typed: 1e3, bot: ~/my bots/a}\n"
        "generation: {method: sample, temperature: 3e-1, threshold: , seed: 7}",
    )
    assert got.chat == ChatPreferences(
        theme="dark", vi=True, toolbar=False, wrap=False, typed=1000, bot="~/my bots/a"
    )
    assert got.generation == {
        "method": "sample",
        "temperature": 0.3,
        "threshold": None,
        "seed": 7,
    }


def test_another_file_may_be_named(file: Path, tmp_path: Path) -> None:
    reads(file, "chat: {vi: true}")
    other = tmp_path / "other.yaml"
    other.write_text("chat: {marks: false}")
    assert read_preferences(other).chat == ChatPreferences(marks=False)


# What is refused


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("chta: {}", "unknown section 'chta'; did you mean 'chat'?"),
        ("model: {}", "unknown section 'model'; known: chat, generation"),
        ("chat: dark", "chat: must be a mapping of settings, but is 'dark'"),
        ("generation: [1]", "generation: must be a mapping of settings, but is [1]"),
        ("chat: {them: dark}", "chat.them: unknown setting; did you mean 'theme'?"),
        ("chat: {q: 1}", "chat.q: unknown setting; known: theme, marks, stream, plain, "),
        ("chat: {theme: blue}", "chat.theme: must be one of auto, light, dark, but is 'blue'"),
        ("chat: {theme: }", "chat.theme: must be one of auto, light, dark, but is None"),
        ("chat: {typed: -1}", "chat.typed: must be a whole number from 0 to 100000, but is -1"),
        ("chat: {typed: 100001}", "whole number from 0 to 100000, but is 100001"),
        ("chat: {typed: 1.5}", "whole number from 0 to 100000, but is 1.5"),
        ("chat: {typed: all}", "whole number from 0 to 100000, but is 'all'"),
        ("chat: {typed: true}", "whole number from 0 to 100000, but is True"),
        ("chat: {typed: }", "whole number from 0 to 100000, but is None"),
        ("chat: {bot: 5}", "chat.bot: must be a text of one line, but is 5"),
        ('chat: {bot: "a\\nb"}', "chat.bot: must be a text of one line, but is 'a\\nb'"),
        ("chat: {suite: [a]}", "chat.suite: must be a text of one line, but is ['a']"),
        ("chat: {suite: }", "chat.suite: must be a text of one line, but is None"),
        ("generation: {temprature: 1}", "generation.temprature: unknown setting; did you mean"),
        ("generation: {vi: true}", "generation.vi: unknown setting; known: method, temperature"),
        ("generation: {method: bea}", "generation.method: must be one of greedy, sample, beam"),
        ("[]", "must be a mapping of sections (chat, generation)"),
        ("chat", "must be a mapping of sections (chat, generation)"),
        ("3: {}", "unknown section 3; known: chat, generation"),
    ],
)
def test_a_mistake_is_told_with_the_remedy(file: Path, text: str, found: str) -> None:
    (line,) = refusal(file, text)
    assert found in line


@pytest.mark.parametrize("name", FLAGS)
def test_flags_are_true_or_false(file: Path, name: str) -> None:
    for text, value in [("true", True), ("no", False)]:
        assert getattr(reads(file, f"chat: {{{name}: {text}}}").chat, name) is value
    for text in ("1", "y", "", "'on'", "[]"):
        (line,) = refusal(file, f"chat: {{{name}: {text}}}")
        assert line.startswith(f"chat.{name}: must be true or false, but is ")


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_of_generation_keep_to_their_range(file: Path, name: str) -> None:
    least, most = RULES[name]["least"], RULES[name]["most"]
    for value in (least, most):
        assert reads(file, f"generation: {{{name}: {value}}}").generation == {name: value}
    for value in (least - 1, most + 1):
        (line,) = refusal(file, f"generation: {{{name}: {value}}}")
        assert line.startswith(f"generation.{name}: must be a")


def test_all_mistakes_are_told_at_once(file: Path) -> None:
    lines = refusal(
        file,
        "chatt: {}\n"
        "chat: {theme: blue, bott: a, typed: -1}\n"
        "generation: {beam: 0, top: 1}\n"
        "text: {}",
    )
    starts = ["unknown section 'chatt'", "chat.theme:", "chat.bott:", "chat.typed:"]
    starts += ["generation.beam:", "generation.top:", "unknown section 'text'"]
    assert len(lines) == len(starts)
    assert all(line.startswith(start) for line, start in zip(lines, starts, strict=True))


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"chat:\n  vi: true\n bot: a\n", "3: is not valid YAML"),
        (b"chat: {a: b: c}", "1: is not valid YAML"),
        (b"\x00", "is not valid YAML"),
        (b"chat: \xff", "is not UTF-8 at byte 6; save it so"),
        ("chat: {vi: true}".encode("utf-16"), "is not UTF-8 at byte 0; save it so"),
        (b"chat: !!python/object:os.system {}", "1: is not valid YAML"),
        (b"chat: {typed: 2024-13-45}", "holds a value that YAML cannot read; correct it"),
        (b"chat: {typed: " + b"9" * 5000 + b"}", "holds a value that YAML cannot read"),
        (b"[" * 100_000, "is nested too deeply"),
        (b"chat: " + b"{a: " * 50_000, "is nested too deeply"),
        (b"# " + b"x" * strict.MAX_BYTES, "is larger than 1,000,000 bytes"),
    ],
    ids=[
        *("indent", "colon", "nul", "latin", "utf-16", "python", "date", "digits", "flow"),
        *("mapping", "large"),
    ],
)
def test_what_are_no_preferences_is_refused(file: Path, raw: bytes, found: str) -> None:
    (line,) = refusal(file, raw)
    assert line.startswith(found)


def test_a_value_that_grows_without_end_is_not_written_out(file: Path) -> None:
    layers = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    text = "\n".join(["chat: {bot: &a0 [x]}", *layers, "generation: {beam: *a29}"])
    lines = refusal(file, text)
    assert len(lines) == 31
    assert max(len(line) for line in lines) < 200


def test_a_folder_in_its_place_is_named(file: Path) -> None:
    file.mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"chat\.yaml: Is a directory; see whether you may read"):
        read_preferences()


def test_a_file_that_may_not_be_read_is_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")  # which an administrator is never told

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(ConfigError, match=r"chat\.yaml: Permission denied; see whether you may"):
        read_preferences()


def test_links_in_a_circle_are_named(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.symlink_to(file)
    with pytest.raises(ConfigError, match=r"chat\.yaml: Too many levels of symbolic links; see"):
        read_preferences()


# What is written


def values_of(hint: Any, rule: Any) -> st.SearchStrategy[Any]:
    """Every valid value of a setting."""
    kinds = set(get_args(hint) or (hint,))
    if bool in kinds:
        values: st.SearchStrategy[Any] = st.booleans()
    elif rule["free"]:
        odd = st.sampled_from(["null", "No", "~", "1e3", "12:30", "a: b", "a #b", " a ", "'", "{"])
        values = st.text(max_size=20).filter(str.isprintable) | odd
    elif str in kinds:
        values = st.sampled_from(rule["choices"])
    else:
        number = st.integers if int in kinds else st.floats
        values = number(rule["least"], rule["most"])
    return values | st.none() if type(None) in kinds else values


def every(kind: Any) -> dict[str, st.SearchStrategy[Any]]:
    hints = get_type_hints(kind)
    return {item.name: values_of(hints[item.name], item.metadata) for item in fields(kind)}


EVERY = st.builds(
    Preferences,
    chat=st.builds(ChatPreferences, **every(ChatPreferences)),
    generation=st.fixed_dictionaries({}, optional=every(GenerationConfig)),
)


@pytest.fixture(scope="module")
def any_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("preferences") / "chat.yaml"


@given(preferences=EVERY)
def test_any_preferences_are_read_back_as_they_were(
    any_file: Path, preferences: Preferences
) -> None:
    any_file.write_text(preferences_text(preferences), encoding="utf-8")
    assert read_preferences(any_file) == preferences


def test_every_setting_is_there_and_explained() -> None:
    text = preferences_text(Preferences(generation={"top_p": 0.5, "seed": None}))
    head, _, generation = text.partition("\ngeneration:\n")
    comments, _, chat = head.partition("\nchat:\n")
    assert all(line.startswith("# ") for line in comments.splitlines())
    for item, line in zip(fields(ChatPreferences), chat.splitlines(), strict=True):
        assert line.startswith(f"  {item.name}: ")
        assert f" # {item.metadata['doc']}" in line
    for item, line in zip(fields(GenerationConfig), generation.splitlines(), strict=True):
        sign = "" if item.name in ("top_p", "seed") else "# "
        assert line.startswith(f"  {sign}{item.name}: ")
        assert f" # {item.metadata['doc']}" in line
    assert yaml.safe_load(text)["generation"] == {"top_p": 0.5, "seed": None}


def test_a_setting_is_given_by_taking_its_sign_away(file: Path) -> None:
    text = preferences_text(Preferences())
    assert "\n  # temperature: 0.7 " in text
    got = reads(file, text.replace("# temperature: 0.7", "temperature: 0.2"))
    assert got == Preferences(generation={"temperature": 0.2})


def test_they_are_written_and_read_back(file: Path, tmp_path: Path) -> None:
    wanted = Preferences(ChatPreferences(theme="dark", bot="/bots/차 한 잔"), {"beam": 2})
    assert write_preferences(wanted) == file
    assert read_preferences() == wanted
    other = tmp_path / "a" / "b" / "c.yaml"
    assert write_preferences(wanted, other) == other
    assert read_preferences(other) == wanted
    assert write_preferences(Preferences(), other) == other
    assert read_preferences(other) == Preferences()
    assert os.listdir(file.parent) == ["chat.yaml"]
    assert os.listdir(other.parent) == ["c.yaml"]


@pytest.mark.skipif(sys.platform == "win32", reason="no modes")
def test_only_the_user_may_read_them(file: Path) -> None:
    before = os.umask(0)
    try:
        write_preferences(Preferences())
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    file.chmod(0o644)
    write_preferences(Preferences())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_link_stays_a_link(file: Path, tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles" / "chat.yaml"
    kept.parent.mkdir()
    kept.write_text("chat: {vi: true}")
    file.parent.mkdir(parents=True)
    file.symlink_to(kept)
    write_preferences(with_preferences(read_preferences(), {"marks": False}))
    assert file.is_symlink()
    assert read_preferences(kept).chat == ChatPreferences(vi=True, marks=False)
    assert os.listdir(kept.parent) == ["chat.yaml"]


@pytest.mark.parametrize("call", ["fsync", "replace", "open"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_fails_leaves_the_old_file_whole(
    file: Path, monkeypatch: pytest.MonkeyPatch, call: str, error: BaseException
) -> None:
    def fails(*_: object) -> None:
        raise error

    write_preferences(Preferences(ChatPreferences(vi=True)))
    old = file.read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(module.os, call, fails)
        if isinstance(error, OSError):
            with pytest.raises(
                DiskError, match=r"chat\.yaml: cannot be written \(No space left on device\); free"
            ):
                write_preferences(Preferences())
        else:
            with pytest.raises(KeyboardInterrupt):
                write_preferences(Preferences())
    assert file.read_bytes() == old
    assert os.listdir(file.parent) == ["chat.yaml"]


def test_a_place_that_cannot_be_written_is_named(file: Path) -> None:
    file.mkdir(parents=True)
    with pytest.raises(DiskError, match=r"chat\.yaml: cannot be written \(Is a directory\)"):
        write_preferences(Preferences())
    assert os.listdir(file.parent) == ["chat.yaml"]
    file.rmdir()
    file.parent.rmdir()
    file.parent.write_text("a file")
    with pytest.raises(DiskError, match=r"chat\.yaml: cannot be written \(File exists\)"):
        write_preferences(Preferences())
    for place in (file / "below.yaml", Path("/")):
        with pytest.raises(DiskError, match="cannot be written"):
            write_preferences(Preferences(), place)


# What is changed


def test_chat_settings_are_changed_and_checked_like_a_file() -> None:
    before = Preferences(ChatPreferences(vi=True), {"beam": 2})
    after = with_preferences(before, {"theme": "light", "typed": "1e2", "vi": False})
    assert after == Preferences(ChatPreferences(theme="light", typed=100), {"beam": 2})
    assert before == Preferences(ChatPreferences(vi=True), {"beam": 2})
    assert with_preferences(before, {}) == before
    with pytest.raises(ConfigError) as caught:
        with_preferences(before, {"them": "dark", "typed": -1, "beam": 3})
    first, second, third = str(caught.value).splitlines()
    assert first == "chat.them: unknown setting; did you mean 'theme'?"
    assert second == "chat.typed: must be a whole number from 0 to 100000, but is -1"
    assert third.startswith("chat.beam: unknown setting; ")


def test_preferences_are_sound_however_they_are_made() -> None:
    given: dict[str, object] = {"beam": "3"}
    preferences = Preferences(generation=given)
    given["beam"] = 99
    assert preferences.generation == {"beam": 3}
    with pytest.raises(FrozenInstanceError):
        preferences.chat = ChatPreferences()  # type: ignore[misc]
    with pytest.raises(ConfigError) as caught:
        Preferences(ChatPreferences(bot="a\nb"), {"bean": 3})
    assert str(caught.value).splitlines() == [
        "preferences: chat.bot: must be a text of one line, but is 'a\\nb'",
        "preferences: generation.bean: unknown setting; did you mean 'beam'?",
    ]
