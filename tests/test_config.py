"""Settings: what is read back, what is refused, and that every mistake is told at once."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialog_s2s import config as configs
from dialog_s2s.config import (
    Config,
    GenerationConfig,
    MemoryConfig,
    ModelConfig,
    TextConfig,
    TrainingConfig,
    config_from,
    config_from_text,
    config_text,
    read_config,
    with_settings,
    write_config,
)
from dialog_s2s.errors import ConfigError, DiskError, UsageError

SECTIONS: dict[str, Any] = {
    "text": TextConfig,
    "model": ModelConfig,
    "training": TrainingConfig,
    "memory": MemoryConfig,
    "generation": GenerationConfig,
}
NUMBERS = [
    (name, item.name, item.metadata)
    for name, kind in SECTIONS.items()
    for item in dataclasses.fields(kind)
    if item.metadata["least"] is not None
]


FREE = st.text(max_size=20).filter(str.isprintable) | st.sampled_from(
    [
        "null",
        "No",
        "~",
        "true",
        "y",
        "1e3",
        "0x1F",
        "12:30",
        "2024-01-02",
        "a: b",
        "a #b",
        " a ",
        "'",
    ]
)
"""Texts that mean something else in YAML among them."""


def mistakes(tree: object) -> list[str]:
    """The lines with which a tree is refused."""
    with pytest.raises(ConfigError) as caught:
        config_from(tree)
    return str(caught.value).splitlines()


def refusal(raw: bytes) -> str:
    """The one line with which a text is refused."""
    with pytest.raises(ConfigError) as caught:
        config_from_text(raw, "bot.yaml")
    message = str(caught.value)
    assert message.startswith("bot.yaml:")
    assert "\n" not in message
    return message.removeprefix("bot.yaml:")


def one_setting(hint: Any, rule: Any) -> st.SearchStrategy[Any]:
    """Every valid value of a setting."""
    kinds = set(get_args(hint) or (hint,))
    least, most = rule["least"], rule["most"]
    if bool in kinds:
        values: st.SearchStrategy[Any] = st.booleans()
    elif rule["free"]:
        values = FREE
    elif str in kinds:
        values = st.sampled_from(rule["choices"])
    elif int in kinds:
        values = st.integers(least, most)
    else:
        values = st.floats(least, most)
    return values | st.none() if type(None) in kinds else values


def one_section(kind: Any) -> st.SearchStrategy[Any]:
    hints = get_type_hints(kind)
    items = dataclasses.fields(kind)
    return st.builds(kind, **{x.name: one_setting(hints[x.name], x.metadata) for x in items})


def divides(config: Config) -> bool:
    width, heads = config.model.width, config.model.heads
    return width is None or heads is None or width % heads == 0


EVERY_CONFIG = st.builds(Config, **{name: one_section(kind) for name, kind in SECTIONS.items()})


@settings(max_examples=150, deadline=None)
@given(config=EVERY_CONFIG.filter(divides))
def test_any_valid_config_is_read_back_as_it_was(config: Config) -> None:
    assert config_from_text(config_text(config).encode(), "bot.yaml") == config
    assert config_from(dataclasses.asdict(config)) == config


def test_defaults_are_read_back_and_every_setting_is_explained() -> None:
    text = config_text(Config())
    assert config_from_text(text.encode(), "bot.yaml") == Config()
    for name, kind in SECTIONS.items():
        lines = text.partition(f"\n{name}:\n")[2].splitlines()
        for item, line in zip(dataclasses.fields(kind), lines, strict=False):
            assert line.startswith(f"  {item.name}: ")
            assert f"# {item.metadata['doc']}" in line


@pytest.mark.parametrize("tree", [None, {}, {"text": None}, {"model": {}}])
def test_nothing_given_is_the_defaults(tree: object) -> None:
    assert config_from(tree) == Config()


def test_what_is_given_is_taken_and_the_rest_left() -> None:
    config = config_from({"training": {"steps": 7, "minutes": 2}})
    assert config.training == dataclasses.replace(TrainingConfig(), steps=7, minutes=2.0)
    assert isinstance(config.training.minutes, float)
    assert config.model == ModelConfig()


@pytest.mark.parametrize(
    ("tree", "found"),
    [
        ({"trainig": {}}, "unknown section 'trainig'; did you mean 'training'?"),
        ({"zzz": {}}, "unknown section 'zzz'; known: text, model, training, memory, generation"),
        ({"model": {"widht": 8}}, "model.widht: unknown setting; did you mean 'width'?"),
        ({"model": {"q": 8}}, "model.q: unknown setting; known: core, attention, heads"),
        ({3: {}}, "unknown section 3; known:"),
        ({"model": [1]}, "model: must be a mapping of settings, but is [1]"),
        ({"model": {"core": "lstm"}}, "must be one of gru, transformer, but is 'lstm'"),
        ({"model": {"core": None, "attention": 3}}, "must be one of none, dot, cosine"),
        ({"model": {"heads": 2.5}}, "must be a whole number from 1 to 64, but is 2.5"),
        ({"model": {"heads": "two"}}, "must be a whole number from 1 to 64, but is 'two'"),
        ({"model": {"heads": [2]}}, "must be a whole number from 1 to 64, but is [2]"),
        ({"model": {"dropout": float("nan")}}, "must be a number from 0.0 to 0.9, but is nan"),
        ({"model": {"dropout": "inf"}}, "must be a number from 0.0 to 0.9, but is 'inf'"),
        ({"text": {"fold_sources": 1}}, "must be true or false, but is 1"),
        ({"text": {"fold_sources": "yes"}}, "must be true or false, but is 'yes'"),
        ({"memory": {"embeddings": 5}}, "memory.embeddings: must be a text of one line, but is 5"),
        ({"memory": {"embeddings": "a\nb"}}, "must be a text of one line, but is 'a\\nb'"),
        ({"memory": {"embeddings": None}}, "must be a text of one line, but is None"),
        ({"memory": {"embeddings": "x" * 4097}}, "must be a text of one line, but is 'xxx"),
        ({"training": {"seed": None}}, "training.seed: must be a whole number from 0 to"),
        ({"training": {"seed": 2**63}}, "training.seed: must be a whole number from 0 to"),
        ([1], "must be a mapping of sections (text, model, training, memory, generation)"),
        ("text", "must be a mapping of sections (text, model, training, memory, generation)"),
    ],
)
def test_a_mistake_is_told_with_the_remedy(tree: object, found: str) -> None:
    (line,) = mistakes(tree)
    assert line.startswith("config: ")
    assert found in line


def test_all_mistakes_are_told_at_once() -> None:
    tree = {
        "txt": {},
        "text": {"vocabulary": 3, "held_out": 0.9, "max_source_tokens": 10},
        "model": {"core": "rnn", "hedas": 2},
        "training": "fast",
        "generation": {"beam": True},
    }
    lines = mistakes(tree)
    wanted = [
        "'txt'",
        "text.vocabulary",
        "text.held_out",
        "model.core",
        "model.hedas",
        "training:",
        "generation.beam",
    ]
    assert len(lines) == len(wanted)
    assert all(name in line for name, line in zip(wanted, lines, strict=True))


@pytest.mark.parametrize(("section", "name", "rule"), NUMBERS)
def test_numbers_keep_to_their_range(section: str, name: str, rule: Any) -> None:
    for value in (rule["least"], rule["most"]):
        config = config_from({section: {name: value}})
        assert getattr(getattr(config, section), name) == value
    step = 1 if isinstance(rule["least"], int) else 1e-9
    for value in (rule["least"] - step, rule["most"] + 1, True, False):
        (line,) = mistakes({section: {name: value}})
        assert f"{section}.{name}: must be" in line


@pytest.mark.parametrize(("text", "rate"), [("3e-4", 3e-4), ("3.0e-4", 3e-4), ("1", 1.0)])
def test_numbers_may_be_written_with_an_exponent(text: str, rate: float) -> None:
    config = config_from_text(f"training: {{learning_rate: {text}}}".encode(), "bot.yaml")
    assert config.training.learning_rate == rate


def test_whole_numbers_may_be_written_with_an_exponent() -> None:
    config = config_from_text(b"training: {steps: 1e6}", "bot.yaml")
    assert config.training.steps == 1_000_000
    assert isinstance(config.training.steps, int)


def test_heads_must_divide_width() -> None:
    (line,) = mistakes({"model": {"width": 10, "heads": 4}})
    assert "model.heads (4) must divide model.width (10)" in line


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"text:\n  vocabulary: 300\n model: {}\n", "3: is not valid YAML"),
        (b"text: {a: b: c}", "1: is not valid YAML"),
        (b"\x00", " is not valid YAML"),
        (b"text: \xff", " is not UTF-8 at byte 6"),
        (b"text: !!python/object:os.system {}", "1: is not valid YAML"),
        (b"training: {minutes: 2024-13-45}", " holds a value that YAML cannot read"),
        (b"training: {seed: " + b"9" * 5000 + b"}", " holds a value that YAML cannot read"),
        (b"training: {minutes: !!timestamp soon}", " holds a value that YAML cannot read"),
        (b"training: {minutes: !!bool soon}", " holds a value that YAML cannot read"),
        (b"training: {seed: 0x" + b"f" * 5000 + b"}", " training.seed: must be a whole number"),
        (b"[" * 100_000, " is nested too deeply"),
        (b"- " * 50_000, " is nested too deeply"),
        (b"# " + b"x" * configs.MAX_CONFIG_BYTES, " is larger than 1,000,000 bytes"),
    ],
    ids=[
        *("indent", "colon", "nul", "latin", "python", "date", "digits", "tag", "bool", "hex"),
        *("flow", "block", "large"),
    ],
)
def test_what_is_no_config_is_refused(raw: bytes, found: str) -> None:
    assert refusal(raw).startswith(found)


def test_a_value_that_grows_without_end_is_not_written_out() -> None:
    layers = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    raw = "\n".join(["text: {vocabulary: &a0 [x]}", *layers, "model: {heads: *a29}"]).encode()
    with pytest.raises(ConfigError) as caught:
        config_from_text(raw, "bot.yaml")
    lines = str(caught.value).splitlines()
    assert len(lines) == 31
    assert max(len(line) for line in lines) < 200


@pytest.mark.parametrize("raw", [b"", b"# nothing but a comment\n", b"---\n"])
def test_an_empty_file_is_the_defaults(raw: bytes) -> None:
    assert config_from_text(raw, "bot.yaml") == Config()


def test_a_file_is_written_and_read_back(tmp_path: Path) -> None:
    config = Config(model=ModelConfig(core="gru", width=64, heads=4, dropout=1e-7))
    write_config(config, tmp_path / "bot.yaml")
    assert read_config(tmp_path / "bot.yaml") == config
    assert read_config(str(tmp_path / "bot.yaml")) == config


def test_a_file_that_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    for place in (tmp_path / "missing.yaml", tmp_path):
        with pytest.raises(ConfigError, match="give the path of a YAML file") as caught:
            read_config(place)
        assert str(caught.value).startswith(f"{place}: ")
    with pytest.raises(DiskError, match="choose another place"):
        write_config(Config(), tmp_path / "no" / "bot.yaml")


def test_mistakes_in_a_file_name_it(tmp_path: Path) -> None:
    file = tmp_path / "bot.yaml"
    file.write_text("model: {heads: 0, core: x}\n")
    with pytest.raises(ConfigError) as caught:
        read_config(file)
    assert all(line.startswith(f"{file}: model.") for line in str(caught.value).splitlines())
    assert isinstance(caught.value, UsageError)
    assert caught.value.exit_code == 2


def test_settings_are_changed_and_checked_like_a_file() -> None:
    section = GenerationConfig(beam=7, seed=3)
    changed = with_settings(section, {"method": "beam", "temperature": "5e-1", "seed": None})
    assert changed == GenerationConfig(method="beam", temperature=0.5, beam=7, seed=None)
    assert section == GenerationConfig(beam=7, seed=3)
    with pytest.raises(ConfigError) as caught:
        with_settings(section, {"bean": 3, "top_p": 2})
    first, second = str(caught.value).splitlines()
    assert "generation.bean: unknown setting; did you mean 'beam'?" in first
    assert "generation.top_p: must be a number from 0.01 to 1.0, but is 2" in second


def test_what_was_never_chosen_is_named() -> None:
    assert configs.given(0, "model.heads") == 0
    with pytest.raises(ConfigError, match=r"model.heads is not set"):
        configs.given(None, "model.heads")
