"""The torch backend says what the model says, and loads only what belongs together."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import CONFIG, REPLIES, model

from dialog_s2s import Bot
from dialog_s2s.bundle import CONFIG as CONFIG_FILE
from dialog_s2s.bundle import WEIGHTS, Bundle, open_bundle, write_bundle
from dialog_s2s.errors import BundleError
from dialog_s2s.generation.backend import Backend, load_backend
from dialog_s2s.generation.engine import Engine
from dialog_s2s.generation.rules import log_softmax
from dialog_s2s.generation.torch_backend import TorchBackend
from dialog_s2s.model.weights import weights_to_bytes
from dialog_s2s.text.batches import padded
from dialog_s2s.text.tokenizer import START
from dialog_s2s.text.turns import Role, Turn

SOURCES = [[4, 9, 10, 11], [4, 12], [5, 13, 14, 20, 21, 22]]
FED = [[START] * 3, [30, 31, 32], [40, 30, 50]]
cores = pytest.mark.parametrize("core", ["gru", "transformer"])


@cores
def test_steps_are_the_models(core: str) -> None:
    made = model(core)
    backend: Backend = TorchBackend(made)
    assert not made.training
    assert backend.vocabulary == 420
    state = backend.encode(SOURCES)
    found = []
    for fed in FED:
        logits_RV, state = backend.step(fed, state)
        assert (logits_RV.dtype, logits_RV.shape) == (np.float32, (3, 420))
        found.append(logits_RV)
    source_BS, mask_BS = (torch.from_numpy(each) for each in padded(SOURCES))
    with torch.no_grad():
        encoded = made.encode(source_BS, mask_BS)
        feature_BTE, weights_BTS = made.decoder.unroll(torch.tensor(FED).T, encoded)
        for time, logits_RV in enumerate(found):
            wanted = made.generator.step(feature_BTE[:, time], weights_BTS[:, time], source_BS)
            assert np.allclose(logits_RV, wanted.numpy(), atol=1e-5)


@cores
def test_attention_is_a_share_of_each_source(core: str) -> None:
    backend = TorchBackend(model(core))
    _, state = backend.step([START] * 3, backend.encode(SOURCES))
    weights_RS = backend.attention(state)
    assert weights_RS.shape == (3, 6)
    assert weights_RS.sum(1) == pytest.approx(np.ones(3), abs=1e-5)
    for row, source in zip(weights_RS, SOURCES, strict=True):
        assert not row[len(source) :].any()


@cores
def test_select_is_the_state_of_these_rows(core: str) -> None:
    backend = TorchBackend(model(core))
    _, state = backend.step([START] * 3, backend.encode(SOURCES))
    before, _ = backend.step([30, 31, 32], state)
    for rows in ([2, 0], [1], [0, 0, 1, 2, 2], [1, 1, 1, 0, 0, 0]):
        chosen = backend.select(state, rows)
        fed = [[30, 31, 32][row] for row in rows]
        logits_RV, _ = backend.step(fed, chosen)
        assert np.allclose(logits_RV, before[rows], atol=1e-5)
        assert np.array_equal(backend.attention(chosen), backend.attention(state)[rows])
    again, _ = backend.step([30, 31, 32], state)
    assert np.array_equal(again, before)  # a state never changes


@cores
def test_a_source_is_answered_the_same_in_company(core: str) -> None:
    backend = TorchBackend(model(core))
    together, _ = backend.step([START] * 3, backend.encode(SOURCES))
    for row, source in enumerate(SOURCES):
        alone, _ = backend.step([START], backend.encode([source]))
        assert np.allclose(alone[0], together[row], atol=1e-5)


REPLIES_OF = [[30, 31, 3], [9, 40, 41, 42, 10, 3], [3]]
"""For each source one, some of whose pieces could be copied; of different lengths."""


def stepped(backend: Backend, source: list[int], reply: list[int]) -> float:
    """The log-probability of a reply, piece by piece and alone."""
    state, fed, total = backend.encode([source]), START, 0.0
    for piece in reply:
        logits_RV, state = backend.step([fed], state)
        total += float(log_softmax(logits_RV)[0, piece])
        fed = piece
    return total


@pytest.mark.parametrize("copy", [False, True], ids=["made", "copied"])
@cores
def test_the_likelihood_of_replies_is_that_of_their_steps(core: str, copy: bool) -> None:
    made = model(core, copy=copy)
    with torch.no_grad():
        for weight in made.parameters():  # else every piece is about as likely
            weight.mul_(3.0)
    backend = TorchBackend(made)
    wanted = [
        stepped(backend, source, reply) for source, reply in zip(SOURCES, REPLIES_OF, strict=True)
    ]
    assert len({round(each, 1) for each in wanted}) == 3
    assert backend.likelihood(SOURCES, REPLIES_OF) == pytest.approx(wanted, abs=1e-3)
    for source, reply, likely in zip(SOURCES, REPLIES_OF, wanted, strict=True):
        assert backend.likelihood([source], [reply]) == pytest.approx([likely], abs=1e-3)


def test_the_copy_gate_counts_in_a_likelihood() -> None:
    made = model(copy=True)
    backend = TorchBackend(made)
    before = backend.likelihood(SOURCES, [[9, 3], [12, 3], [13, 3]])
    gates = [weight for name, weight in made.named_parameters() if "gate" in name]
    assert gates
    with torch.no_grad():
        for weight in gates:
            weight.add_(2.0)
    after = backend.likelihood(SOURCES, [[9, 3], [12, 3], [13, 3]])
    assert after != pytest.approx(before, abs=1e-3)


def test_a_bundle_is_loaded(tiny_bundle: Path, tiny_bot: Bot) -> None:
    backend = load_backend(open_bundle(tiny_bundle))
    assert backend.vocabulary == tiny_bot.format.tokenizer.size
    engine = Engine(backend, tiny_bot.format.tokenizer)
    source = tiny_bot.format.pieces([Turn(Role.USER, "hello")])
    (found,) = engine.candidates(source, tiny_bot.settings(), 0)
    assert tiny_bot.format.tokenizer.decode(found.pieces) == REPLIES["hello"]


def changed(tiny_bundle: Path, place: Path, name: str, data: bytes) -> Bundle:
    """A sound bundle whose one file is another one."""
    opened = open_bundle(tiny_bundle)
    return write_bundle(place, {**{each: opened.read(each) for each in opened.files}, name: data})


def test_weights_of_another_model_are_refused(tiny_bundle: Path, tmp_path: Path) -> None:
    other = changed(tiny_bundle, tmp_path / "a", WEIGHTS, weights_to_bytes(model()))
    with pytest.raises(BundleError, match="do not fit"):
        load_backend(other)
    torn = changed(tiny_bundle, tmp_path / "b", WEIGHTS, b"not weights")
    with pytest.raises(BundleError, match="cannot be read"):
        load_backend(torn)


def test_a_config_of_another_model_is_refused(tiny_bundle: Path, tmp_path: Path) -> None:
    text = open_bundle(tiny_bundle).read(CONFIG_FILE).decode()
    width = f"width: {CONFIG.model.width}"
    assert width in text
    wider = changed(
        tiny_bundle, tmp_path / "a", CONFIG_FILE, text.replace(width, "width: 66").encode()
    )
    with pytest.raises(BundleError, match="do not fit"):
        load_backend(wider)


def test_a_tokenizer_that_is_none_is_refused(tiny_bundle: Path, tmp_path: Path) -> None:
    for data in (b"", b"nonsense"):
        torn = changed(tiny_bundle, tmp_path / "a", "tokenizer.model", data)
        with pytest.raises(BundleError, match="tokenizer"):
            load_backend(torn)
        shutil.rmtree(torn.path)
