"""From settings to modules: the only place in `model/` that reads configuration."""

from __future__ import annotations

from dataclasses import dataclass

from dialog_s2s.config import ModelConfig, given
from dialog_s2s.errors import ConfigError
from dialog_s2s.model.attention import KINDS, Attention
from dialog_s2s.model.decoder import Decoder, GruDecoder, TransformerDecoder
from dialog_s2s.model.encoder import Encoder, GruEncoder, TransformerEncoder
from dialog_s2s.model.generator import Generator
from dialog_s2s.model.layers import PieceEmbedding, SourceEmbedding
from dialog_s2s.model.seq2seq import Seq2Seq

SEGMENTS = 16
"""Segment distances told apart; what lies further back shares the last one."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """What a model must know of its vocabulary: its size and four kinds of ids."""

    size: int
    padding: int
    openers: tuple[int, ...]
    slots: int = 0
    """So many at the end stand for words of the source, and are said by copying alone."""


def build(config: ModelConfig, pieces: Pieces) -> Seq2Seq:
    """A fresh model.

    Raises:
        ConfigError: a setting is missing, or two do not go together.
    """
    width, heads = given(config.width, "model.width"), given(config.heads, "model.heads")
    if width % 2 or width % heads:
        raise ConfigError(
            f"model.width ({width}) must be even and a multiple of model.heads ({heads})"
        )
    embedding = PieceEmbedding(pieces.size, given(config.embedding, "model.embedding"))
    dropout = given(config.dropout, "model.dropout")
    source = SourceEmbedding(embedding, pieces.openers, SEGMENTS, dropout, pieces.slots)
    attending = given(config.attention, "model.attention")
    copies = given(config.copy, "model.copy")
    if copies and attending == "none":
        raise ConfigError(
            "model.copy needs attention to copy by; set model.copy to false or model.attention to "
            "another than none"
        )
    if pieces.slots and not copies:
        raise ConfigError(
            "text.slots needs model.copy, for a slot is said by copying it; set text.slots to 0 or "
            "model.copy to true"
        )
    kind = KINDS[attending]
    depth = given(config.encoder_layers, "model.encoder_layers")
    layers = given(config.decoder_layers, "model.decoder_layers")
    encoder: Encoder
    decoder: Decoder
    if given(config.core, "model.core") == "gru":
        keep = config.keep or 0.0  # matters to training alone
        encoder = GruEncoder(source, width, depth, dropout, keep)
        decoder = GruDecoder(embedding, kind(width, heads, False), width, layers, dropout, keep)
    else:

        def attention() -> Attention:
            return kind(width, heads, True)

        encoder = TransformerEncoder(source, width, depth, heads, dropout)
        decoder = TransformerDecoder(embedding, attention, width, layers, heads, dropout)
    return Seq2Seq(encoder, decoder, Generator(embedding, pieces.padding, copies, pieces.slots))
