"""Every setting there is, in one strict, commented YAML file with one section a floor.

A field left at `None` is chosen by `training.sizing` from the corpus and the minutes allowed.
Configuration ends at the builders: parts of the model receive plain numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from dialog_s2s import strict
from dialog_s2s.errors import ConfigError, DiskError
from dialog_s2s.strict import setting

CORES = ("gru", "transformer")
ATTENTIONS = ("none", "dot", "cosine", "general", "additive")
PRECISIONS = ("float32", "bfloat16")
METHODS = ("greedy", "sample", "beam")

MAX_CONFIG_BYTES = strict.MAX_BYTES


@dataclass(frozen=True, slots=True)
class TextConfig:
    vocabulary: int | None = setting(
        None, "pieces in the subword vocabulary", least=280, most=1_000_000
    )
    phrases: bool | None = setting(
        None, "replies may use pieces of several words; for replies that many questions share"
    )
    fold_sources: bool | None = setting(
        None, "fold away case and closing punctuation of what the encoder reads"
    )
    history_turns: int | None = setting(
        None, "earlier turns the encoder may see; 0 answers each question alone", least=0, most=64
    )
    max_source_tokens: int = setting(
        160, "token budget of a source; older turns are dropped whole", least=8, most=8192
    )
    max_target_tokens: int = setting(
        120, "longest reply in tokens; longer ones are cut in training", least=4, most=8192
    )
    slots: int | None = setting(
        None,
        "names and codes of a source that are read, and said, as one piece each; 0 spells them",
        least=0,
        most=1024,
    )
    held_out: float | None = setting(
        None, "share of questions kept out of training to measure on", least=0.0, most=0.5
    )


@dataclass(frozen=True, slots=True)
class ModelConfig:
    core: str | None = setting(None, "kind of encoder and decoder", choices=CORES)
    attention: str | None = setting(
        None, "how a query is compared with the source", choices=ATTENTIONS
    )
    heads: int | None = setting(None, "attention heads; must divide width", least=1, most=64)
    embedding: int | None = setting(None, "width of a piece's embedding", least=4, most=4096)
    width: int | None = setting(
        None, "width of encoder states and decoder features", least=4, most=4096
    )
    encoder_layers: int | None = setting(None, "depth of the encoder", least=1, most=48)
    decoder_layers: int | None = setting(None, "depth of the decoder", least=1, most=48)
    dropout: float | None = setting(
        None, "share of activations dropped in training", least=0.0, most=0.9
    )
    keep: float | None = setting(
        None,
        "log-odds with which a GRU keeps its state at first; above 0 for long sources",
        least=-8.0,
        most=8.0,
    )
    copy: bool | None = setting(
        None, "let the generator copy pieces of what it attends to; see docs/answer-memory.md"
    )


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    minutes: float | None = setting(
        None, "wall time training may take on this machine", least=0.001, most=100_000
    )
    steps: int | None = setting(
        None, "number of updates; overrides minutes when set", least=1, most=1_000_000_000
    )
    epochs: int | None = setting(
        None, "passes over the corpus after which training ends early", least=1, most=1_000_000
    )
    seed: int = setting(1, "decides every random choice of a run", least=0, most=2**63 - 1)
    batch_tokens: int | None = setting(
        None, "source and target tokens in one update", least=32, most=10_000_000
    )
    learning_rate: float | None = setting(
        None, "highest learning rate; matrices have twice that", least=1e-7, most=1.0
    )
    warmup: float = setting(0.05, "share of updates over which the rate rises", least=0.0, most=0.9)
    label_smoothing: float | None = setting(
        None, "probability mass taken off the right piece", least=0.0, most=0.5
    )
    weight_decay: float = setting(0.3, "decoupled weight decay of matrices", least=0.0, most=1.0)
    clip_norm: float = setting(1.0, "largest gradient norm", least=0.0001, most=1e6)
    subword_noise: float | None = setting(
        None, "share of training sources cut into other subwords", least=0.0, most=1.0
    )
    word_drop: float | None = setting(
        None, "share of source pieces dropped in training", least=0.0, most=0.5
    )
    stray_history: float | None = setting(
        None,
        "share of opening questions that get unrelated earlier turns in training",
        least=0.0,
        most=0.9,
    )
    precision: str | None = setting(None, "of matrix products in training", choices=PRECISIONS)
    threads: int | None = setting(None, "CPU threads; default all cores", least=1, most=1024)
    checks: int = setting(
        10, "times in a run that the held-out loss is measured", least=1, most=100_000
    )
    save_updates: int | None = setting(
        None, "updates between two checkpoints", least=1, most=1_000_000_000
    )
    keep: int = setting(
        3, "checkpoints that are kept, each with the best weights so far", least=1, most=1_000_000
    )


@dataclass(frozen=True, slots=True)
class MemoryConfig:
    enabled: bool = setting(True, "keep the pairs as an answer memory beside the model")
    thesaurus: bool = setting(True, "know which English and Korean words may stand for one another")
    synonyms: str = setting(
        "", "file of your own such words; see docs/answer-memory.md; empty for none", free=True
    )
    learned: int | None = setting(
        None, "width of the vectors learnt of terms; 0 learns none", least=0, most=1024
    )
    neighbours: int | None = setting(
        None, "remembered answers that the encoder reads beside the question", least=0, most=8
    )
    prior: bool = setting(True, "count on the usual answers, whatever the question")
    embeddings: str = setting(
        "", "folder or hub name of a pretrained sentence encoder; empty uses none", free=True
    )
    misspelt: float | None = setting(
        None, "share of questions misspelt while the memory learns to rank", least=0.0, most=1.0
    )
    reworded: float | None = setting(
        None,
        "share of questions put in other words while the memory learns to rank",
        least=0.0,
        most=1.0,
    )
    precision: float = setting(
        0.95, "share of the answered questions that shall be right", least=0.0, most=1.0
    )


@dataclass(frozen=True, slots=True)
class GenerationConfig:
    method: str = setting("greedy", "how a reply is searched", choices=METHODS)
    temperature: float = setting(0.7, "of sampling; lower is safer", least=0.01, most=10.0)
    top_k: int = setting(0, "sample among the k likeliest pieces; 0 = all", least=0, most=1_000_000)
    top_p: float = setting(0.9, "sample within this probability mass", least=0.01, most=1.0)
    min_p: float = setting(
        0.0, "drop pieces below this share of the likeliest one", least=0.0, most=1.0
    )
    beam: int = setting(4, "hypotheses kept in beam search", least=1, most=64)
    length_penalty: float = setting(
        1.0, "beam score is log P / length**penalty; 0 favours short replies", least=0.0, most=5.0
    )
    no_repeat_ngram: int = setting(
        0, "forbid repeating a sequence of this many pieces; 0 = allow", least=0, most=64
    )
    threshold: float | None = setting(
        None,
        "confidence below which it says that it does not know; empty = as fitted, 0 = never",
        least=0.0,
        most=1.0,
    )
    min_tokens: int = setting(1, "shortest reply in pieces", least=0, most=8192)
    max_tokens: int = setting(
        400,
        "longest generated reply in pieces; a remembered one is said whole by greedy search",
        least=1,
        most=8192,
    )
    seed: int | None = setting(
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
    return config_from_text(strict.read_file(file, "give the path of a YAML file"), str(file))


def config_from_text(raw: bytes, where: str) -> Config:
    """A `Config` from YAML text; `where` names it in errors. Raises `ConfigError`."""
    return config_from(strict.parsed(raw, where), where)


def config_from(tree: object, where: str = "config") -> Config:
    """A `Config` from nested mappings, checked strictly.

    Raises:
        ConfigError: one line per mistake: unknown keys (with the nearest known one), wrong types,
            values out of range.
    """
    found = strict.checked(tree, _SECTIONS, where)
    sections: dict[str, Any] = {name: _SECTIONS[name](**values) for name, values in found.items()}
    config = Config(**sections)
    width, heads = config.model.width, config.model.heads
    if width is not None and heads is not None and width % heads:
        raise ConfigError(f"{where}: model.heads ({heads}) must divide model.width ({width})")
    return config


def settings(section: Section) -> Iterator[tuple[str, Any, str]]:
    """(name, value, one-line description) of every setting of a section."""
    return strict.settings(section)


def config_text(config: Config) -> str:
    """`config` as commented YAML that `read_config` reads back to an equal value."""
    return strict.yaml_text(
        "Settings of a dialog_s2s bot. An empty value is chosen from the corpus.",
        {name: getattr(config, name) for name in _SECTIONS},
    )


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
    return strict.with_settings(section, name, changes)
