"""`dialog-s2s settings`: the user's own file, shown, begun and found."""

from __future__ import annotations

from pathlib import Path

import pytest
from shell import Shell

from dialog_s2s.interfaces.chat.preferences import (
    ChatPreferences,
    Preferences,
    default_path,
    preferences_text,
    read_preferences,
)


def begun(text: str) -> Path:
    place = default_path()
    place.parent.mkdir(parents=True)
    place.write_text(text, encoding="utf-8")
    return place


def test_the_path_is_told_whether_or_not_there_is_a_file(shell: Shell) -> None:
    assert shell("settings", "--path") == (0, f"{default_path()}\n", "")
    assert not default_path().parent.exists()
    begun("no: [settings")
    assert shell("settings", "--path") == (0, f"{default_path()}\n", "")


def test_without_a_file_the_defaults_are_shown(shell: Shell) -> None:
    assert shell("settings") == (0, preferences_text(Preferences()), "")
    assert not default_path().exists()


def test_settings_are_shown_as_they_are(shell: Shell) -> None:
    begun("chat: {theme: light}\ngeneration: {beam: 3}")
    code, out, err = shell("settings")
    assert (code, err) == (0, "")
    assert out == preferences_text(Preferences(ChatPreferences(theme="light"), {"beam": 3}))
    assert "\n  theme: light " in out
    assert "\n  beam: 3 " in out


def test_what_is_shown_is_a_file_of_settings(shell: Shell) -> None:
    place = begun("chat: {bot: /bots/차, vi: true}\ngeneration: {seed: 7}")
    wanted = read_preferences()
    place.write_text(shell("settings")[1], encoding="utf-8")
    assert read_preferences() == wanted


def test_a_file_is_begun_once(shell: Shell) -> None:
    place = default_path()
    assert shell("settings", "--init") == (0, "", f"wrote {place}\n")
    assert place.read_text(encoding="utf-8") == preferences_text(Preferences())
    assert read_preferences() == Preferences()
    place.write_text("chat: {vi: true}")
    assert shell("settings", "--init") == (
        2,
        "",
        f"dialog-s2s: {place}: is there already; edit it\n",
    )
    assert place.read_text() == "chat: {vi: true}"


def test_a_broken_file_is_told_of_with_all_mistakes(shell: Shell) -> None:
    place = begun("chat: {them: dark}\ngeneration: {beam: x, top_q: 1}")
    code, out, err = shell("settings")
    assert (code, out) == (2, "")
    assert [line.split(": ")[:3] for line in err.splitlines()] == [
        ["dialog-s2s", str(place), name]
        for name in ("chat.them", "generation.beam", "generation.top_q")
    ]


@pytest.mark.parametrize("words", [["--path", "--init"], ["--loud"], ["chat"]], ids=" ".join)
def test_wrong_usage(shell: Shell, words: list[str]) -> None:
    code, out, err = shell("settings", *words)
    assert (code, out) == (2, "")
    assert "error:" in err


def test_a_place_that_cannot_be_written(shell: Shell) -> None:
    default_path().parent.parent.mkdir(parents=True)
    default_path().parent.write_text("a file")
    code, out, err = shell("settings", "--init")
    assert (code, out) == (4, "")
    assert err.startswith(f"dialog-s2s: {default_path()}: cannot be written")
    assert err.count("\n") == 1


def test_no_home_is_known(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError

    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setattr(Path, "home", homeless)
    for word in ("--path", "--init"):
        code, out, err = shell("settings", word)
        assert (code, out) == (2, "")
        assert err == "dialog-s2s: no home folder is known; set XDG_CONFIG_HOME\n"
