"""The two models that are timed, and the matrix products that they consist of.

Operations are counted per target piece, forward and backward (a product's backward pass is two
products of its size), from the corpus's mean lengths: what padding adds is not work done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.training.peers.job import Pairs
from dialog_s2s.config import ModelConfig

PASSES = 3
"""Forward, gradient of the input, gradient of the weights."""

GRU = ModelConfig(
    core="gru",
    attention="general",
    heads=1,
    width=384,
    embedding=256,
    encoder_layers=1,
    decoder_layers=1,
    dropout=0.2,
    keep=0.0,
    copy=False,
)
"""A bidirectional GRU of 192 each way and a GRU of 384, embeddings of 256, tied."""

TRANSFORMER = ModelConfig(
    core="transformer",
    attention="dot",
    heads=4,
    width=256,
    embedding=256,
    encoder_layers=4,
    decoder_layers=4,
    dropout=0.1,
    keep=0.0,
    copy=False,
)
"""Four layers and four, d = 256, tied."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """Of a corpus: means over its pairs."""

    source: float
    target: float

    @staticmethod
    def of(pairs: Pairs) -> Lengths:
        """Counted, end pieces of targets included."""
        count = len(pairs.sources)
        return Lengths(sum(map(len, pairs.sources)) / count, sum(map(len, pairs.targets)) / count)


@dataclass(frozen=True, slots=True)
class Product:
    """A product (rows, inner) @ (inner, outer); `rows` are those of one pair, and `steps` the
    number of products over which a batch's rows are spread, as in a recurrence."""

    name: str
    rows: float
    inner: int
    outer: int
    steps: float = 1.0

    @property
    def operations(self) -> float:
        """Multiplications and additions of a pair in all three passes."""
        return PASSES * 2 * self.rows * self.inner * self.outer


def products(model: ModelConfig, lengths: Lengths, vocabulary: int) -> list[Product]:
    """A model's products with weights."""
    width, embedding = model.width or 0, model.embedding or 0
    source, target = lengths.source, lengths.target
    generator = Product("generator", target, embedding, vocabulary)
    if model.core == "gru":
        half = width // 2
        return [
            Product("encoder, input", 2 * source, embedding, 3 * half),
            Product("encoder, recurrence", 2 * source, half, 3 * half, 2 * source),
            Product("encoder, summary", 1, 2 * width, width),
            Product("decoder, start", 1, width, width),
            Product("decoder, input", target, embedding, 3 * width),
            Product("decoder, recurrence", target, width, 3 * width, target),
            *_query(model, target),
            Product("decoder, feature", target, 2 * width, embedding),
            generator,
        ]
    layers = []
    for part, depth, rows in (
        ("encoder", model.encoder_layers or 0, source),
        ("decoder", model.decoder_layers or 0, target),
    ):
        layers.append(Product(f"{part}, widen", rows, embedding, width))
        for _ in range(depth):
            layers += [
                Product(f"{part}, query key value", rows, width, 3 * width),
                Product(f"{part}, attended", rows, width, width),
                Product(f"{part}, inner", rows, width, 4 * width),
                Product(f"{part}, outer", rows, 4 * width, width),
            ]
            if part == "decoder":
                layers += [
                    *[Product("source, key or value", source, width, width)] * 2,
                    *_query(model, target),
                    Product("decoder, taken", target, width, width),
                ]
    return [*layers, Product("decoder, feature", target, width, embedding), generator]


def _query(model: ModelConfig, rows: float) -> list[Product]:
    width = model.width or 0
    return [Product("query", rows, width, width)] if model.attention == "general" else []


def attending(model: ModelConfig, lengths: Lengths) -> float:
    """Operations of a pair in all passes in which there are no weights: scores and weighted sums.

    Of causal attention, the half that is needed.
    """
    width = model.width or 0
    source, target = lengths.source, lengths.target
    cells = source * target
    if model.core != "gru":
        decoder, encoder = model.decoder_layers or 0, model.encoder_layers or 0
        cells = decoder * (cells + target * (target + 1) / 2) + encoder * source * source
    return PASSES * 2 * 2 * cells * width


def operations(made: Sequence[Product], attended: float, lengths: Lengths) -> float:
    """Of a target piece."""
    return (sum(product.operations for product in made) + attended) / lengths.target
