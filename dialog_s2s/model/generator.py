"""Generator: each decoder feature becomes a discrete distribution over the vocabulary."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from dialog_s2s.model.layers import GRAIN, product_dtype
from dialog_s2s.model.values import Loss

CHUNK = 256
"""Rows of logits alive at once while the loss is made."""


class Generator(nn.Module):
    """Projection onto the pieces' own embeddings (tied: Press & Wolf 2017), then softmax."""

    def __init__(self, pieces: nn.Embedding, padding: int):
        super().__init__()
        self.pieces = pieces
        self.padding = padding
        self.bias_V = nn.Parameter(torch.zeros(pieces.num_embeddings))

    def forward(self, feature: Tensor) -> Tensor:
        """logits: [..., E] -> [..., V]."""
        return nn.functional.linear(feature, self.pieces.weight, self.bias_V)

    def loss(
        self,
        feature_BTE: Tensor,
        target_BT: Tensor,
        smoothing: float = 0.0,
        weight_B: Tensor | None = None,
    ) -> Loss:
        """Cross-entropy over real targets alone: padding never reaches the projection.

        `smoothing` takes that much probability off the right piece and spreads it over all
        (Szegedy et al. 2016), and `weight_B` is what each source's targets count for; both change
        `objective`, never `nats`.
        """
        real_BT = target_BT != self.padding
        feature_NE, target_N = feature_BTE[real_BT], target_BT[real_BT]
        row_N = real_BT.nonzero()[:, 0]
        weight_N = None if weight_B is None else weight_B[row_N]
        objective, nats_N = _CrossEntropy.apply(  # type: ignore[no-untyped-call]
            feature_NE, self.pieces.weight, self.bias_V, target_N, weight_N, smoothing
        )
        nats_B = nats_N.new_zeros(len(target_BT)).index_add_(0, row_N, nats_N)
        return Loss(nats_B, target_N.numel(), objective)


class _CrossEntropy(torch.autograd.Function):
    """Summed cross-entropy whose gradient is made in the forward pass, a chunk at a time, so
    that logits are computed once and never kept.

    Smoothing adds the same constant to every cell of the logits' gradient; it is carried by sums
    over rows and pieces instead, which spares a pass over the largest array there is.
    """

    @staticmethod
    def forward(
        ctx: Any,
        feature_NE: Tensor,
        weight_VE: Tensor,
        bias_V: Tensor,
        target_N: Tensor,
        weight_N: Tensor | None,
        smoothing: float,
    ) -> tuple[Tensor, Tensor]:
        kind = product_dtype(feature_NE)
        learns = any(ctx.needs_input_grad)
        size = len(weight_VE)
        with torch.autocast(feature_NE.device.type, enabled=False):
            weight, bias = weight_VE.to(kind), bias_V.to(kind)
            middle_E, centre = weight_VE.mean(0), bias_V.mean()
            nats_N = feature_NE.new_empty(len(target_N), dtype=torch.float32)
            spread = feature_NE.new_zeros((), dtype=torch.float32)
            grad_feature = torch.empty_like(feature_NE)
            rows = len(target_N)
            count_N = nats_N.new_ones(rows) if weight_N is None else weight_N
            grad_weight = torch.zeros_like(weight_VE)
            grad_bias = torch.zeros_like(bias_V)
            for start in range(0, rows, CHUNK):
                piece = slice(start, min(start + CHUNK, rows))
                feature, target_N1 = feature_NE[piece].to(kind), target_N[piece, None]
                real = len(feature)
                if kind != weight_VE.dtype:
                    feature = nn.functional.pad(feature, (0, 0, 0, -real % GRAIN))
                logits = torch.addmm(bias, feature, weight.T).float()
                right = logits[:real].gather(1, target_N1)
                log_p = torch.log_softmax(logits, -1)
                likely = log_p[:real].gather(1, target_N1)
                nats_N[piece] = -likely[:, 0]
                if smoothing:
                    mean = feature[:real].float() @ middle_E + centre
                    spread += ((right - likely)[:, 0] - mean) @ count_N[piece]
                if not learns:
                    continue
                grad = log_p.exp_()
                grad[real:] = 0.0
                grad[:real].scatter_add_(
                    1, target_N1, log_p.new_full(target_N1.shape, smoothing - 1.0)
                )
                if weight_N is not None:
                    grad[:real] *= weight_N[piece, None]
                grad = grad.to(kind)
                grad_bias += (grad.new_ones(1, len(grad)) @ grad)[0]
                grad_feature[piece] = (grad @ weight)[:real]
                grad_weight += grad.T @ feature
            if smoothing and learns:
                grad_feature -= smoothing * torch.outer(count_N, middle_E)
                grad_weight -= smoothing / size * (count_N @ feature_NE.float())
                grad_bias -= smoothing / size * count_N.sum()
            nats = nats_N @ count_N
            objective = (1 - smoothing) * nats + smoothing * spread
        ctx.save_for_backward(grad_feature, grad_weight, grad_bias)
        ctx.mark_non_differentiable(nats_N)
        return objective, nats_N

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        scale = grads[0]
        feature, weight, bias = ctx.saved_tensors
        return (
            feature * scale.to(feature.dtype),
            weight * scale,
            bias * scale,
            None,
            None,
            None,
        )
