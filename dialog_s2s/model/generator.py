"""Generator: each decoder feature becomes a discrete distribution over the vocabulary.

With a copy gate (See et al. 2017) a part g of it, which the feature decides on, goes to the pieces
of the source, each by its attention: a name or a number that was never learnt can be said.
"""

from __future__ import annotations

from math import inf
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from dialog_s2s.model.layers import GRAIN, product_dtype
from dialog_s2s.model.values import Loss

CHUNK = 128
"""Rows of logits alive at once while the loss is made: few, so that they stay in the cache."""

UNUSED = -2.0
"""The copy gate's log-odds before anything is learnt."""

UNSAID = 1e4
"""Nats of a slot by the vocabulary alone, which never says one."""

LEAST = 1e-30
"""Attention below which a piece is as good as not in the source."""


class Generator(nn.Module):
    """Projection onto the pieces' own embeddings (tied: Press & Wolf 2017), then softmax."""

    def __init__(self, pieces: nn.Embedding, padding: int, copies: bool = False, slots: int = 0):
        super().__init__()
        self.pieces = pieces
        self.padding = padding
        self.slots = slots
        """So many pieces, the last ones, are in no vocabulary and can only be copied."""
        self.bias_V = nn.Parameter(torch.zeros(pieces.num_embeddings - slots))
        self.gate = nn.Linear(pieces.embedding_dim, 1) if copies else None
        if self.gate is not None:
            nn.init.constant_(self.gate.bias, UNUSED)

    def forward(self, feature: Tensor) -> Tensor:
        """logits of the vocabulary alone: [..., E] -> [..., V]."""
        return nn.functional.linear(feature, self._vocabulary(), self.bias_V)

    def step(self, feature_RE: Tensor, weights_RS: Tensor, source_RS: Tensor) -> Tensor:
        """logits_RV of vocabulary and copies together; log-probabilities where there is a gate."""
        logits_RV: Tensor = self(feature_RE)
        if self.gate is None:
            return logits_RV
        opened_R1 = self.gate(feature_RE)
        said_RV = nn.functional.pad(torch.log_softmax(logits_RV, -1), (0, self.slots), value=-inf)
        copied_RV = torch.zeros_like(said_RV).scatter_add_(1, source_RS, weights_RS)
        likely_RV: Tensor = torch.logaddexp(
            logsigmoid(-opened_R1) + said_RV,
            logsigmoid(opened_R1) + copied_RV.log(),
        )
        return likely_RV

    def loss(
        self,
        feature_BTE: Tensor,
        target_BT: Tensor,
        smoothing: float = 0.0,
        weight_B: Tensor | None = None,
        weights_BTS: Tensor | None = None,
        source_BS: Tensor | None = None,
    ) -> Loss:
        """Cross-entropy over real targets alone: padding never reaches the projection.

        A generator that copies needs the attention `weights_BTS` and what is attended to.

        `smoothing` takes that much probability off the right piece and spreads it over all
        (Szegedy et al. 2016), and `weight_B` is what each source's targets count for; both change
        `objective`, never `nats`.
        """
        real_BT = target_BT != self.padding
        feature_NE, target_N = feature_BTE[real_BT], target_BT[real_BT]
        row_N = real_BT.nonzero()[:, 0]
        weight_N = None if weight_B is None else weight_B[row_N]
        opened_N = copied_N = None
        if self.gate is not None and weights_BTS is not None and source_BS is not None:
            with torch.autocast(feature_NE.device.type, enabled=False):
                opened_N = self.gate(feature_NE.float())[:, 0]
            same_BTS = source_BS[:, None] == target_BT[:, :, None]
            reached_N = (weights_BTS * same_BTS).sum(-1)[real_BT]
            copied_N = opened_N + reached_N.clamp(min=LEAST).log()
        objective, nats_N = _CrossEntropy.apply(  # type: ignore[no-untyped-call]
            feature_NE,
            self._vocabulary(),
            self.bias_V,
            target_N,
            weight_N,
            None if copied_N is None else copied_N.detach(),
            smoothing,
        )
        if opened_N is not None and copied_N is not None:
            more_N, nats_N = _copying(nats_N, opened_N, copied_N)
            objective = objective + (more_N.sum() if weight_N is None else more_N @ weight_N)
        nats_B = nats_N.new_zeros(len(target_BT)).index_add_(0, row_N, nats_N)
        return Loss(nats_B, target_N.numel(), objective)

    def _vocabulary(self) -> Tensor:
        """The vectors of the pieces that can be said: VE."""
        return self.pieces.weight[: len(self.bias_V)]


def _copying(nats_N: Tensor, opened_N: Tensor, copied_N: Tensor) -> tuple[Tensor, Tensor]:
    """What copying adds to the objective, and the nats of vocabulary and copies together.

    With z the gate's log-odds, q what the vocabulary and c what attention gives a piece, its
    likelihood is (q + exp(z) c) / (1 + exp(z)). The gradient of its logarithm is that of log q
    times the share r = q / (q + exp(z) c), which `_CrossEntropy` makes, plus that of what is here.
    """
    closed_N = nn.functional.softplus(opened_N)
    together_N = torch.logaddexp(-nats_N, copied_N).detach()
    share_N = torch.exp(-nats_N - together_N)
    bound_N = share_N * -nats_N + (1 - share_N) * copied_N.detach()
    more_N = closed_N - (1 - share_N) * copied_N - (together_N - bound_N)
    return more_N, closed_N.detach() - together_N


class _CrossEntropy(torch.autograd.Function):
    """Summed cross-entropy whose gradient is made in the forward pass, a chunk at a time, so
    that logits are computed once and never kept.

    Where a piece may also be copied, with the log-odds `copied_N` (see `_copying`), it counts by
    the share of its likelihood that is the vocabulary's.

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
        copied_N: Tensor | None,
        smoothing: float,
    ) -> tuple[Tensor, Tensor]:
        kind = product_dtype(feature_NE)
        learns = any(ctx.needs_input_grad)
        size = len(weight_VE)
        with torch.autocast(feature_NE.device.type, enabled=False):
            weight, bias = weight_VE.to(kind), bias_V.to(kind)
            upright_EV = weight.T.contiguous()  # a copy, but each product with it is a fifth faster
            middle_E, centre = weight_VE.mean(0), bias_V.mean()
            rows = len(target_N)
            nats_N = feature_NE.new_empty(rows, dtype=torch.float32)
            spread = feature_NE.new_zeros((), dtype=torch.float32)
            count_N = nats_N.new_ones(rows) if weight_N is None else weight_N.clone()
            grad_feature = torch.empty_like(feature_NE)
            grad_weight = torch.zeros_like(weight_VE)
            grad_bias = torch.zeros_like(bias_V)
            for start in range(0, rows, CHUNK):
                piece = slice(start, min(start + CHUNK, rows))
                feature_XE = feature_NE[piece].float()
                low_XE, real = feature_XE.to(kind), len(feature_XE)
                if kind != torch.float32:
                    low_XE = nn.functional.pad(low_XE, (0, 0, 0, -real % GRAIN))
                logits_XV = torch.addmm(bias, low_XE, upright_EV).float()
                slot_X = target_N[piece] >= size
                target_X = target_N[piece].clamp(max=size - 1)
                right_X1 = logits_XV[:real].gather(1, target_X[:, None])
                # what follows is in place and without the division by each row's sum: it is left
                # to the small operands of the products below, which spares passes over the logits
                top_X1 = logits_XV.amax(-1, True)
                sum_X1 = logits_XV.sub_(top_X1).exp_().sum(-1, True)
                likely_X = (right_X1 - top_X1[:real] - sum_X1[:real].log())[:, 0]
                likely_X[slot_X] = -UNSAID
                nats_N[piece] = -likely_X
                if copied_N is not None:
                    count_N[piece] *= torch.sigmoid(likely_X - copied_N[piece])
                count_X = count_N[piece]
                if smoothing:
                    mean_X = feature_XE @ middle_E + centre
                    spread += (right_X1[:, 0] - likely_X - mean_X) @ count_X
                if not learns:
                    continue
                share_X1 = (count_X / sum_X1[:real, 0])[:, None]
                taken_X1 = (1 - smoothing) * count_X[:, None]
                grad_XV = logits_XV.to(kind)
                towards_XE = (grad_XV @ weight)[:real].float() * share_X1
                grad_feature[piece] = towards_XE.addcmul_(taken_X1, weight_VE[target_X], value=-1)
                scaled_XE = torch.zeros_like(low_XE)
                scaled_XE[:real] = feature_XE * share_X1
                if kind == torch.float32:
                    grad_weight.addmm_(grad_XV.T, scaled_XE)
                else:
                    grad_weight += grad_XV.T @ scaled_XE
                grad_weight.index_add_(0, target_X, feature_XE * taken_X1, alpha=-1)
                grad_bias += (share_X1.T @ logits_XV[:real])[0]
                grad_bias.index_add_(0, target_X, taken_X1[:, 0], alpha=-1)
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
        if scale.device.type != "cpu" or scale != 1:  # else a pass over large arrays for nothing
            feature, weight, bias = feature * scale.to(feature.dtype), weight * scale, bias * scale
        return (
            feature,
            weight,
            bias,
            None,
            None,
            None,
            None,
        )
