"""From settings to modules, and what is refused."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from samples import PIECES, replies, sources

from dialog_s2s.config import ModelConfig
from dialog_s2s.errors import ConfigError
from dialog_s2s.model.attention import KINDS, CosineAttention
from dialog_s2s.model.build import build
from dialog_s2s.model.decoder import GruDecoder, TransformerDecoder
from dialog_s2s.model.encoder import GruEncoder, TransformerEncoder
from dialog_s2s.model.layers import Dropout

FULL = ModelConfig(
    core="gru",
    attention="cosine",
    heads=2,
    embedding=10,
    width=12,
    encoder_layers=3,
    decoder_layers=2,
    dropout=0.5,
    copy=True,
)


NEEDED = [item.name for item in dataclasses.fields(ModelConfig) if item.name != "keep"]
"""What learning begins with does not matter to a bundle, and older ones do not tell it."""


@pytest.mark.parametrize("name", NEEDED)
def test_a_missing_setting_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match=f"model.{name} is not set"):
        build(dataclasses.replace(FULL, **{name: None}), PIECES)


@pytest.mark.parametrize(("width", "heads"), [(12, 5), (13, 1), (8, 16)])
def test_a_width_that_cannot_be_split_is_refused(width: int, heads: int) -> None:
    with pytest.raises(ConfigError, match=rf"model.width \({width}\).*model.heads \({heads}\)"):
        build(dataclasses.replace(FULL, width=width, heads=heads), PIECES)


def test_settings_become_parts() -> None:
    model = build(FULL, PIECES)
    assert isinstance(model.encoder, GruEncoder)
    assert isinstance(model.decoder, GruDecoder)
    assert (len(model.encoder.layers), len(model.decoder.layers)) == (3, 2)
    assert isinstance(model.decoder.attention, CosineAttention)
    assert model.decoder.attention.heads == 2
    assert {part.bar for part in model.modules() if isinstance(part, Dropout)} == {128}
    other = build(dataclasses.replace(FULL, core="transformer"), PIECES)
    assert isinstance(other.encoder, TransformerEncoder)
    assert isinstance(other.decoder, TransformerDecoder)
    assert (len(other.encoder.think), len(other.decoder.think)) == (3, 2)
    looks = list(other.decoder.look)
    assert {type(look) for look in looks} == {CosineAttention}
    assert looks[0].key is not looks[1].key


@pytest.mark.parametrize("core", ["gru", "transformer"])
def test_embeddings_are_shared_by_all_three_parts(core: str) -> None:
    model = build(dataclasses.replace(FULL, core=core), PIECES)
    assert model.encoder.embedding.pieces is model.decoder.pieces
    assert model.generator.pieces is model.decoder.pieces
    wide = [name for name, weight in model.named_parameters() if PIECES.size in weight.shape]
    assert len(wide) == 2  # the embedding once, and the generator's bias


@pytest.mark.parametrize("core", ["gru", "transformer"])
@pytest.mark.parametrize("attention", KINDS)
def test_a_seed_decides_the_model(core: str, attention: str) -> None:
    config = dataclasses.replace(FULL, core=core, attention=attention, copy=attention != "none")
    models = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        models.append(build(config, PIECES).state_dict())
    assert models[0].keys() == models[1].keys()
    assert all(torch.equal(models[0][name], models[1][name]) for name in models[0])
    assert not all(torch.equal(models[0][name], models[2][name]) for name in models[0])


@pytest.mark.parametrize("core", ["gru", "transformer"])
def test_dropout_acts_in_training_alone(core: str) -> None:
    torch.manual_seed(1)
    model = build(dataclasses.replace(FULL, core=core), PIECES)
    source_BS, mask_BS = sources([4, 2])
    fed_BT = replies(2, 3)

    def loss() -> float:
        return model.loss(source_BS, mask_BS, fed_BT, fed_BT).nats.item()

    assert model.train() is model
    assert len({loss() for _ in range(4)}) > 1
    model.eval()
    assert len({loss() for _ in range(4)}) == 1


def test_a_fresh_model_knows_nothing() -> None:
    torch.manual_seed(2)
    model = build(dataclasses.replace(FULL, embedding=64, width=64), PIECES).eval()
    fed_BT = replies(8, 6)
    loss = model.loss(*sources([5] * 8), fed_BT, fed_BT)
    uniform = torch.tensor(float(PIECES.size)).log().item()
    assert loss.nats.item() / loss.tokens == pytest.approx(uniform, rel=0.3)
