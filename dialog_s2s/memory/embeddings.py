"""A pretrained sentence encoder: texts of like meaning get like vectors, whatever their words.

Loads models in the format of sentence-transformers (Reimers and Gurevych 2019, Sentence-BERT),
from a folder or by name from the Hugging Face hub. An extra, for it brings 320 MB of packages.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from logging.handlers import BufferingHandler
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.errors import DataError, UsageError

FILES = ["*.json", "*.txt", "*.model", "*.safetensors"]
"""What of a model on the hub is wanted: no pickles, no code, no second set of weights."""

PROBES = ["yes", "no", "0", "1", "네", "아니요"]
"""Told apart by every model that has its vocabulary."""


class SentenceEncoder:
    """Texts to unit vectors. Safe to share between threads."""

    def __init__(self, name: str, model: Any, width: int):
        self.name = name
        self.width = width
        self._model = model
        self._lock = Lock()  # its tokenizer fails when used twice at once

    @classmethod
    def load(cls, place: str) -> SentenceEncoder:
        """The model in a folder, without any use of the network, or else of that name on the hub.

        Code that comes with a model is not run, and weights are read from safetensors alone.

        Raises:
            UsageError: the extra is not installed; there is no such folder and no such model on
                the hub, or the hub cannot be reached.
            DataError: the folder holds no such model, or a damaged one.
        """
        library = _extra("sentence_transformers")
        folder = Path(place) if Path(place).is_dir() else _downloaded(place)
        if not (folder / "modules.json").is_file():
            raise DataError(
                "is no sentence encoder (it has no modules.json); give the folder of a model in "
                "the format of sentence-transformers",
                folder,
            )
        advice = "copy or download the whole folder again"
        try:
            with _listening() as heard:
                model = library.SentenceTransformer(
                    str(folder),
                    local_files_only=True,
                    model_kwargs={"dtype": "float32", "use_safetensors": True},
                )
                encoder = cls(place, model, 0)
                vectors_ND = encoder.encode(PROBES)
        except Exception as error:  # of any kind: the library lets through what its parts raise
            raise DataError(
                f"the sentence encoder cannot be loaded ({_brief(error)}); {advice}", folder
            ) from error
        # the library makes up weights that are not there; the pooler's are not used
        lines = "\n".join(heard).splitlines()
        if lost := [line for line in lines if "MISSING " in line and "pooler" not in line]:
            raise DataError(f"weights are missing ({lost[0].split()[0]} ...); {advice}", folder)
        # nor does it mind the lack of a vocabulary
        if not np.isfinite(vectors_ND).all() or np.ptp(vectors_ND, axis=0).max() < 1e-6:
            raise DataError(f"the sentence encoder tells no texts apart; {advice}", folder)
        encoder.width = vectors_ND.shape[1]
        return encoder

    def encode(self, texts: Sequence[str], batch: int = 32) -> NDArray[np.float32]:
        """Vectors of unit length, [N, width]; zeros for a text that the model sees nothing in.

        A text's vector does not depend on those it is encoded with, but for rounding (1e-5). What
        is longer than the model reads is cut.
        """
        if not texts:
            return np.empty((0, self.width), dtype=np.float32)
        with self._lock:
            found = self._model.encode(  # which sorts by length
                list(texts), batch_size=batch, show_progress_bar=False
            )
        vectors_ND = np.asarray(found, dtype=np.float32)
        length_N = np.linalg.norm(vectors_ND, axis=1, keepdims=True)
        unit_ND: NDArray[np.float32] = vectors_ND / np.maximum(length_N, np.finfo(np.float32).tiny)
        return unit_ND


def _extra(name: str) -> Any:
    # by name, so that a type checker does not follow it: half a minute for types not needed here
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UsageError(
            f"a sentence encoder needs an extra that is not installed ({_brief(error)}); install "
            "it with: pip install 'dialog-s2s[embeddings]'"
        ) from None


def _downloaded(name: str) -> Path:
    """The folder of a model on the hub, from the cache where there is no network."""
    hub, errors = _extra("huggingface_hub"), _extra("huggingface_hub.errors")
    full = name if "/" in name else f"sentence-transformers/{name}"
    try:
        return Path(hub.snapshot_download(full, allow_patterns=FILES))
    except errors.HFValidationError:
        raise UsageError(
            f"{name!r}: there is no such folder; give one, or the name of a model on the Hugging "
            "Face hub"
        ) from None
    except errors.RepositoryNotFoundError:
        raise UsageError(
            f"{name!r}: there is neither such a folder nor, for you, such a model on the Hugging "
            "Face hub; check the spelling"
        ) from None
    except Exception as error:  # of any kind: what lies between here and the hub
        raise UsageError(
            f"{name!r}: there is no such folder, and the Hugging Face hub cannot be used "
            f"({_brief(error)}); download the model elsewhere and give its folder"
        ) from None


def _brief(error: Exception) -> str:
    """An error of others in a line."""
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__


@contextmanager
def _listening() -> Iterator[list[str]]:
    """What the library says about a model, in a list instead of on the screen."""
    names = ("transformers", "sentence_transformers")
    heard = BufferingHandler(capacity=10_000)
    progress = _extra("transformers.utils.logging")
    shown = progress.is_progress_bar_enabled()
    loggers = [logging.getLogger(name) for name in names]
    before = [(logger.handlers, logger.propagate) for logger in loggers]
    said: list[str] = []
    try:
        progress.disable_progress_bar()
        for logger in loggers:
            logger.handlers, logger.propagate = [heard], False
        yield said
    finally:
        said += [record.getMessage() for record in heard.buffer]
        for logger, (handlers, propagate) in zip(loggers, before, strict=True):
            logger.handlers, logger.propagate = handlers, propagate
        if shown:
            progress.enable_progress_bar()
