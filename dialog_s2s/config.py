"""Every setting there is, in one strict, commented YAML file with one section a floor.

A field left at `None` is chosen by `training.sizing` from the corpus and the minutes allowed.
Configuration ends at the builders: parts of the model receive plain numbers.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import re
import reprlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, get_args, get_type_hints

import yaml

from dialog_s2s.errors import ConfigError, DiskError

CORES = ("gru", "transformer")
ATTENTIONS = ("none", "dot", "cosine", "general", "additive")
PRECISIONS = ("float32", "bfloat16")
METHODS = ("greedy", "sample", "beam")

MAX_CONFIG_BYTES = 1_000_000
"""A configuration is a page of text; the pure-Python YAML reader is slow, so more is refused."""


def _setting(
    default: Any,
    doc: str,
    *,
    least: float | None = None,
    most: float | None = None,
    choices: tuple[str, ...] = (),
    free: bool = False,
) -> Any:
    metadata = {"doc": doc, "least": least, "most": most, "choices": choices, "free": free}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class TextConfig:
    vocabulary: int | None = _setting(
        None, "pieces in the subword vocabulary", least=280, most=1_000_000
    )
    phrases: bool | None = _setting(
        None, "replies may use pieces of several words; for replies that many questions share"
    )
    fold_sources: bool | None = _setting(
        None, "fold away case and closing punctuation of what the encoder reads"
    )
    history_turns: int | None = _setting(
        None, "earlier turns the encoder may see; 0 answers each question alone", least=0, most=64
    )
    max_source_tokens: int = _setting(
        160, "token budget of a source; older turns are dropped whole", least=8, most=8192
    )
    max_target_tokens: int = _setting(
        120, "longest reply in tokens; longer ones are cut in training", least=4, most=8192
    )
    slots: int | None = _setting(
        None,
        "names and codes of a source that are read, and said, as one piece each; 0 spells them",
        least=0,
        most=1024,
    )
    held_out: float | None = _setting(
        None, "share of questions kept out of training to measure on", least=0.0, most=0.5
    )


@dataclass(frozen=True, slots=True)
class ModelConfig:
    core: str | None = _setting(None, "kind of encoder and decoder", choices=CORES)
    attention: str | None = _setting(
        None, "how a query is compared with the source", choices=ATTENTIONS
    )
    heads: int | None = _setting(None, "attention heads; must divide width", least=1, most=64)
    embedding: int | None = _setting(None, "width of a piece's embedding", least=4, most=4096)
    width: int | None = _setting(
        None, "width of encoder states and decoder features", least=4, most=4096
    )
    encoder_layers: int | None = _setting(None, "depth of the encoder", least=1, most=48)
    decoder_layers: int | None = _setting(None, "depth of the decoder", least=1, most=48)
    dropout: float | None = _setting(
        None, "share of activations dropped in training", least=0.0, most=0.9
    )
    keep: float | None = _setting(
        None,
        "log-odds with which a GRU keeps its state at first; above 0 for long sources",
        least=-8.0,
        most=8.0,
    )
    copy: bool | None = _setting(
        None, "let the generator copy pieces of what it attends to; see docs/answer-memory.md"
    )


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    minutes: float | None = _setting(
        None, "wall time training may take on this machine", least=0.001, most=100_000
    )
    steps: int | None = _setting(
        None, "number of updates; overrides minutes when set", least=1, most=1_000_000_000
    )
    epochs: int | None = _setting(
        None, "passes over the corpus after which training ends early", least=1, most=1_000_000
    )
    seed: int = _setting(1, "decides every random choice of a run", least=0, most=2**63 - 1)
    batch_tokens: int | None = _setting(
        None, "source and target tokens in one update", least=32, most=10_000_000
    )
    learning_rate: float | None = _setting(None, "highest learning rate", least=1e-7, most=1.0)
    warmup: float = _setting(
        0.05, "share of updates over which the rate rises", least=0.0, most=0.9
    )
    label_smoothing: float | None = _setting(
        None, "probability mass taken off the right piece", least=0.0, most=0.5
    )
    weight_decay: float = _setting(0.01, "decoupled weight decay", least=0.0, most=1.0)
    clip_norm: float = _setting(1.0, "largest gradient norm", least=0.0001, most=1e6)
    subword_noise: float | None = _setting(
        None, "share of training sources cut into other subwords", least=0.0, most=1.0
    )
    word_drop: float | None = _setting(
        None, "share of source pieces dropped in training", least=0.0, most=0.5
    )
    stray_history: float | None = _setting(
        None,
        "share of opening questions that get unrelated earlier turns in training",
        least=0.0,
        most=0.9,
    )
    precision: str | None = _setting(None, "of matrix products in training", choices=PRECISIONS)
    threads: int | None = _setting(None, "CPU threads; default all cores", least=1, most=1024)
    checks: int = _setting(
        10, "times in a run that the held-out loss is measured", least=1, most=100_000
    )


@dataclass(frozen=True, slots=True)
class MemoryConfig:
    enabled: bool = _setting(True, "keep the pairs as an answer memory beside the model")
    thesaurus: bool = _setting(
        True, "know which English and Korean words may stand for one another"
    )
    synonyms: str = _setting(
        "", "file of your own such words; see docs/answer-memory.md; empty for none", free=True
    )
    learned: int | None = _setting(
        None, "width of the vectors learnt of terms; 0 learns none", least=0, most=1024
    )
    neighbours: int | None = _setting(
        None, "remembered answers that the encoder reads beside the question", least=0, most=8
    )
    prior: bool = _setting(True, "count on the usual answers, whatever the question")
    embeddings: str = _setting(
        "", "folder or hub name of a pretrained sentence encoder; empty uses none", free=True
    )
    misspelt: float | None = _setting(
        None, "share of questions misspelt while the memory learns to rank", least=0.0, most=1.0
    )
    reworded: float | None = _setting(
        None,
        "share of questions put in other words while the memory learns to rank",
        least=0.0,
        most=1.0,
    )
    precision: float = _setting(
        0.95, "share of the answered questions that shall be right", least=0.0, most=1.0
    )


@dataclass(frozen=True, slots=True)
class GenerationConfig:
    method: str = _setting("greedy", "how a reply is searched", choices=METHODS)
    temperature: float = _setting(0.7, "of sampling; lower is safer", least=0.01, most=10.0)
    top_k: int = _setting(
        0, "sample among the k likeliest pieces; 0 = all", least=0, most=1_000_000
    )
    top_p: float = _setting(0.9, "sample within this probability mass", least=0.01, most=1.0)
    min_p: float = _setting(
        0.0, "drop pieces below this share of the likeliest one", least=0.0, most=1.0
    )
    beam: int = _setting(4, "hypotheses kept in beam search", least=1, most=64)
    length_penalty: float = _setting(
        1.0, "beam score is log P / length**penalty; 0 favours short replies", least=0.0, most=5.0
    )
    no_repeat_ngram: int = _setting(
        0, "forbid repeating a sequence of this many pieces; 0 = allow", least=0, most=64
    )
    threshold: float | None = _setting(
        None,
        "confidence below which it says that it does not know; empty = as fitted, 0 = never",
        least=0.0,
        most=1.0,
    )
    min_tokens: int = _setting(1, "shortest reply in pieces", least=0, most=8192)
    max_tokens: int = _setting(
        400,
        "longest generated reply in pieces; a remembered one is said whole by greedy search",
        least=1,
        most=8192,
    )
    seed: int | None = _setting(
        None, "of sampling; empty draws a new one for each reply", least=0, most=2**63 - 1
    )


@dataclass(frozen=True, slots=True)
class Config:
    text: TextConfig = field(default_factory=TextConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    memory: MemoryConfig = field(default_factory=MemoryConfig)
    generation: GenerationConfig = field(default_factory=GenerationConfig)


T = TypeVar("T")


def given(value: T | None, name: str) -> T:
    """`value`, which by now must have been chosen.

    Raises:
        ConfigError: it has not.
    """
    if value is None:
        raise ConfigError(f"{name} is not set; give it, or let training choose it")
    return value


Section = TextConfig | ModelConfig | TrainingConfig | MemoryConfig | GenerationConfig

_SECTIONS: dict[str, type[Section]] = {
    "text": TextConfig,
    "model": ModelConfig,
    "training": TrainingConfig,
    "memory": MemoryConfig,
    "generation": GenerationConfig,
}


def read_config(path: str | Path) -> Config:
    """The configuration in a YAML file.

    Raises:
        ConfigError: the file cannot be read, is not YAML, or has mistakes; all are listed.
    """
    file = Path(path)
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_CONFIG_BYTES + 1)
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise ConfigError(f"{file}: {reason}; give the path of a YAML file") from None
    return config_from_text(raw, str(file))


def config_from_text(raw: bytes, where: str) -> Config:
    """A `Config` from YAML text; `where` names it in errors. Raises `ConfigError`."""
    if len(raw) > MAX_CONFIG_BYTES:
        raise ConfigError(f"{where}: is larger than {MAX_CONFIG_BYTES:,} bytes; is it a config?")
    try:
        tree = yaml.safe_load(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{where}: is not UTF-8 at byte {error.start}; save it so") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = "" if mark is None else f"{mark.line + 1}:"
        problem = getattr(error, "problem", None) or "it cannot be parsed"
        raise ConfigError(f"{where}:{line} is not valid YAML: {problem}") from None
    except RecursionError:
        raise ConfigError(f"{where}: is nested too deeply to be a config") from None
    except (AttributeError, LookupError, ValueError):  # a date in month 13, a number too long
        raise ConfigError(f"{where}: holds a value that YAML cannot read; correct it") from None
    return config_from(tree, where)


def config_from(tree: object, where: str = "config") -> Config:
    """A `Config` from nested mappings, checked strictly.

    Raises:
        ConfigError: one line per mistake: unknown keys (with the nearest known one), wrong types,
            values out of range.
    """
    if tree is None:
        return Config()
    if not isinstance(tree, Mapping):
        raise ConfigError(f"{where}: must be a mapping of sections ({', '.join(_SECTIONS)})")
    mistakes: list[str] = []
    sections: dict[str, Any] = {}
    for name, body in tree.items():
        if name not in _SECTIONS:
            mistakes.append(f"unknown section {name!r}; {_nearest(name, list(_SECTIONS))}")
        elif body is not None and not isinstance(body, Mapping):
            mistakes.append(f"{name}: must be a mapping of settings, but is {_shown(body)}")
        else:
            sections[name] = _section(_SECTIONS[name], name, body or {}, mistakes)
    if mistakes:
        raise ConfigError("\n".join(f"{where}: {mistake}" for mistake in mistakes))
    config = Config(**sections)
    width, heads = config.model.width, config.model.heads
    if width is not None and heads is not None and width % heads:
        raise ConfigError(f"{where}: model.heads ({heads}) must divide model.width ({width})")
    return config


def _section(kind: type[Section], name: str, body: Mapping[Any, Any], mistakes: list[str]) -> Any:
    known = {item.name: item for item in fields(kind)}
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for key, value in body.items():
        if key not in known:
            mistakes.append(f"{name}.{key}: unknown setting; {_nearest(key, list(known))}")
            continue
        problem, checked = _checked(value, hints[key], known[key].metadata)
        if problem:
            mistakes.append(f"{name}.{key}: must be {problem}, but is {_shown(value)}")
        else:
            values[key] = checked
    return kind(**values) if not mistakes else None


def _checked(value: Any, hint: Any, rule: Mapping[str, Any]) -> tuple[str, Any]:
    """(what it must be, _) where `value` is wrong, else ("", the value in its declared type)."""
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    if value is None and type(None) in kinds:
        return "", None
    kind = next(kind for kind in kinds if kind is not type(None))
    if kind is bool:
        return ("true or false", None) if not isinstance(value, bool) else ("", value)
    if kind is str and rule["free"]:
        plain = isinstance(value, str) and value.isprintable() and len(value) <= 4096
        return ("a text of one line", None) if not plain else ("", value)
    if kind is str:
        choices = rule["choices"]
        return ("", value) if value in choices else (f"one of {', '.join(choices)}", None)
    span = (
        f"{'a whole number' if kind is int else 'a number'} from {rule['least']} to {rule['most']}"
    )
    number = _number(value)
    if number is None or (kind is int and number != int(number)):
        return span, None
    if not rule["least"] <= number <= rule["most"]:
        return span, None
    return "", kind(number)


def _number(value: Any) -> float | int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):  # YAML 1.1 reads 3e-4 as text
        try:
            value = float(value)
        except ValueError:
            return None
    if (
        not isinstance(value, int | float)
        or value != value
        or value in (float("inf"), -float("inf"))
    ):
        return None
    return value


def _shown(value: object) -> str:
    """`value` shortened: aliases can make a small file one that fills memory when written out."""
    try:
        shown = reprlib.repr(value)
    except ValueError:  # Python refuses to write out such a number
        return "a number of thousands of digits"
    return shown if len(shown) <= 80 else f"{shown[:77]}..."


def _nearest(key: object, known: list[str]) -> str:
    close = difflib.get_close_matches(str(key), known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"


def settings(section: Section) -> Iterator[tuple[str, Any, str]]:
    """(name, value, one-line description) of every setting of a section."""
    for item in fields(section):
        yield item.name, getattr(section, item.name), _described(item.metadata)


def _described(rule: Mapping[str, Any]) -> str:
    if rule["choices"]:
        return f"{rule['doc']}: {' | '.join(rule['choices'])}"
    return str(rule["doc"])


def config_text(config: Config) -> str:
    """`config` as commented YAML that `read_config` reads back to an equal value."""
    lines = ["# Settings of a dialog_s2s bot. An empty value is chosen from the corpus."]
    for name in _SECTIONS:
        lines += ["", f"{name}:"]
        for key, value, doc in settings(getattr(config, name)):
            shown = "" if value is None else _scalar(value)
            lines.append(f"  {key + ': ' + shown:<30} # {doc}")
    return "\n".join(lines) + "\n"


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if _odd(value) else str(value)


def _odd(value: Any) -> bool:
    """Whether it is a text that must be quoted to be read back as it is, such as "no"."""
    if not isinstance(value, str):
        return False
    return not re.fullmatch(r"[A-Za-z][\w.-]*", value) or yaml.safe_load(value) != value


def write_config(config: Config, path: Path) -> None:
    """Writes commented YAML. Raises `DiskError` when the place cannot be written."""
    try:
        path.write_text(config_text(config), encoding="utf-8")
    except OSError as error:
        raise DiskError(f"{path}: {error.strerror}; choose another place") from None


def with_settings(section: Section, changes: Mapping[str, object]) -> Any:
    """A copy of `section` with `changes`, checked like a file's.

    Raises:
        ConfigError: an unknown setting or a value of the wrong kind or out of range.
    """
    name = next(name for name, kind in _SECTIONS.items() if isinstance(section, kind))
    mistakes: list[str] = []
    values = _section(type(section), name, changes, mistakes)
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return dataclasses.replace(section, **{key: getattr(values, key) for key in changes})
