"""Sections of settings of any kind: read from files, checked, listed, and written.

What files and values are refused with is tested on a whole configuration, in `test_config`.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from dialog_s2s import strict
from dialog_s2s.config import GenerationConfig, with_settings
from dialog_s2s.errors import ConfigError
from dialog_s2s.strict import setting


@dataclass(frozen=True, slots=True)
class Tea:
    kind: str = setting("green", "what is brewed", choices=("green", "black"))
    minutes: float | None = setting(None, "it draws", least=0.5, most=10.0)
    cups: int = setting(2, "poured", least=1, most=8)
    milk: bool = setting(False, "put in first")
    label: str = setting("", "written on the pot", free=True)


@dataclass(frozen=True, slots=True)
class Cake:
    slices: int = setting(1, "cut", least=0, most=9)


KINDS = {"tea": Tea, "cake": Cake}


def test_only_what_is_given_is_returned() -> None:
    assert strict.checked(None, KINDS, "menu") == {}
    assert strict.checked({"cake": None}, KINDS, "menu") == {"cake": {}}
    tree = {"tea": {"minutes": 3, "cups": 4.0, "milk": True, "label": "no: #1"}}
    values = strict.checked(tree, KINDS, "menu")
    assert values == {"tea": {"minutes": 3.0, "cups": 4, "milk": True, "label": "no: #1"}}
    assert [type(value) for value in values["tea"].values()] == [float, int, bool, str]
    assert strict.checked({"tea": {"minutes": None}}, KINDS, "menu") == {"tea": {"minutes": None}}


def test_all_mistakes_are_told_at_once_each_with_the_place() -> None:
    tree = {
        "te": {},
        "cake": 3,
        "tea": {"kind": "herbal", "minute": 1, "minutes": 0, "cups": 2.5, "milk": 1, "label": 5},
    }
    with pytest.raises(ConfigError) as caught:
        strict.checked(tree, KINDS, "menu")
    assert str(caught.value).splitlines() == [
        "menu: unknown section 'te'; did you mean 'tea'?",
        "menu: cake: must be a mapping of settings, but is 3",
        "menu: tea.kind: must be one of green, black, but is 'herbal'",
        "menu: tea.minute: unknown setting; did you mean 'minutes'?",
        "menu: tea.minutes: must be a number from 0.5 to 10.0, but is 0",
        "menu: tea.cups: must be a whole number from 1 to 8, but is 2.5",
        "menu: tea.milk: must be true or false, but is 1",
        "menu: tea.label: must be a text of one line, but is 5",
    ]
    with pytest.raises(ConfigError, match=r"^menu: must be a mapping of sections \(tea, cake\)$"):
        strict.checked([tree], KINDS, "menu")


def test_settings_are_listed_with_their_choices() -> None:
    assert list(strict.settings(Tea(cups=3)))[:3] == [
        ("kind", "green", "what is brewed: green | black"),
        ("minutes", None, "it draws"),
        ("cups", 3, "poured"),
    ]


def test_one_section_is_changed() -> None:
    tea = Tea(cups=3, minutes=2.0)
    changed = strict.with_settings(tea, "tea", {"kind": "black", "minutes": None})
    assert changed == Tea(kind="black", cups=3)
    assert tea == Tea(cups=3, minutes=2.0)
    assert strict.with_settings(tea, "tea", {}) == tea
    with pytest.raises(ConfigError) as caught:
        strict.with_settings(tea, "pot", {"cup": 1, "milk": "yes"})
    assert str(caught.value).splitlines() == [
        "pot.cup: unknown setting; did you mean 'cups'?",
        "pot.milk: must be true or false, but is 'yes'",
    ]


def test_text_is_commented_and_read_back() -> None:
    sections = {"tea": Tea(minutes=1e-05 + 1, milk=True, label="yes"), "cake": Cake(3)}
    text = strict.yaml_text("The menu\nof today", sections, unset={"tea.kind", "tea.slices"})
    assert text.startswith("# The menu\n# of today\n\ntea:\n  # kind: green ")
    assert '\n  label: "yes"                   # written on the pot\n\ncake:\n' in text
    assert strict.checked(strict.parsed(text.encode(), "menu"), KINDS, "menu") == {
        "tea": {"minutes": 1.00001, "cups": 2, "milk": True, "label": "yes"},
        "cake": {"slices": 3},
    }
    unset = {f"tea.{name}" for name, _, _ in strict.settings(Tea())}
    text = strict.yaml_text("", {"tea": Tea()}, unset)
    assert strict.parsed(text.encode(), "menu") == {"tea": None}
    tree = strict.parsed(text.replace("\n  # ", "\n  ").encode(), "menu")
    assert strict.checked(tree, KINDS, "menu") == {"tea": asdict(Tea())}


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "menu.yaml"
    assert strict.read_file(file, "look", missing=b"none") == b"none"
    with pytest.raises(ConfigError, match=r"menu\.yaml: No such file or directory; look$"):
        strict.read_file(file, "look")
    file.write_bytes(b"tea:")
    assert strict.read_file(file, "look", missing=b"none") == b"tea:"
    assert strict.read_file(file / "below.yaml", "look", missing=b"none") == b"none"
    with pytest.raises(ConfigError, match=r"Is a directory; look$"):
        strict.read_file(tmp_path, "look", missing=b"none")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero")
def test_a_file_without_end_is_refused() -> None:
    raw = strict.read_file(Path("/dev/zero"), "look")
    assert len(raw) == strict.MAX_BYTES + 1
    with pytest.raises(ConfigError, match="is larger than 1,000,000 bytes"):
        strict.parsed(raw, os.devnull)


@pytest.mark.parametrize("seed", [2**53 + 1, 2**63 - 1, 0])
def test_a_whole_number_given_as_text_is_kept_to_the_digit(seed: int) -> None:
    assert with_settings(GenerationConfig(), {"seed": str(seed)}).seed == seed
