"""A gated recurrent layer (Cho et al. 2014) whose backward pass is written out.

The library's layer, differentiated step by step, makes one small weight gradient a step and
casts every operand anew; here a step is one matrix product and a few element-wise calls, and
the weight gradients are one product over all steps. Several groups (a bidirectional encoder's
two directions) run in the same calls.

Shapes: G groups, M the recurrent width, 3M the gates reset, update, candidate; time comes first.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from dialog_s2s.model.layers import GRAIN, product_dtype


class Gru(nn.Module):
    """`groups` independent GRUs that read sequences of one length side by side."""

    def __init__(self, inputs: int, width: int, groups: int = 1, keep: float = 0.0):
        """`keep` are the log-odds with which a state is kept before anything is learnt: above 0,
        what was read long ago is there to learn from (cf. Jozefowicz et al. 2015)."""
        super().__init__()
        bound = 1 / math.sqrt(width)
        self.width = width
        self.groups = groups
        self.input_GE3M = nn.Parameter(_uniform(groups, inputs, 3 * width, bound=bound))
        self.recur_GM3M = nn.Parameter(_uniform(groups, width, 3 * width, bound=bound))
        self.bias_G3M = nn.Parameter(torch.zeros(groups, 3 * width))
        nn.init.constant_(self.bias_G3M[:, width : 2 * width], keep)
        self.candidate_bias_GM = nn.Parameter(torch.zeros(groups, width))

    def forward(self, inputs_GBTE: Tensor, first_GBM: Tensor) -> Tensor:
        """States after each input, GBTM, starting from `first_GBM`."""
        groups, batch, length, width = inputs_GBTE.shape
        rows = batch * length
        flat_GNE = inputs_GBTE.transpose(1, 2).reshape(groups, rows, width)
        spare = -rows % GRAIN if product_dtype(flat_GNE) != flat_GNE.dtype else 0
        gates_GN3M = torch.bmm(nn.functional.pad(flat_GNE, (0, 0, 0, spare)), self.input_GE3M)
        gates_GTB3M = gates_GN3M[:, :rows].reshape(groups, length, batch, 3 * self.width)
        gates_TGB3M = gates_GTB3M.transpose(0, 1).float() + self.bias_G3M[:, None]
        states_TGBM: Tensor = _Scan.apply(  # type: ignore[no-untyped-call]
            gates_TGB3M, first_GBM, self.recur_GM3M, self.candidate_bias_GM
        )
        return states_TGBM.permute(1, 2, 0, 3)


def _uniform(*shape: int, bound: float) -> Tensor:
    return torch.empty(shape).uniform_(-bound, bound)


class _Scan(torch.autograd.Function):
    """The recurrence over all steps."""

    @staticmethod
    def forward(
        ctx: Any, gates_TGB3M: Tensor, first_GBM: Tensor, recur_GM3M: Tensor, bias_GM: Tensor
    ) -> Tensor:
        length, groups, batch, wide = gates_TGB3M.shape
        width = wide // 3
        kind = product_dtype(gates_TGB3M)
        with torch.autocast(gates_TGB3M.device.type, enabled=False):
            recur = recur_GM3M.to(kind)
            states = gates_TGB3M.new_empty(length + 1, groups, batch, width)
            states[0] = first_GBM
            sluice = gates_TGB3M.new_empty(length, groups, batch, 2 * width)
            recalled = torch.empty_like(states[1:])
            candidate = torch.empty_like(states[1:])
            bias = bias_GM[:, None]
            for t in range(length):
                heard = torch.bmm(states[t].to(kind), recur)
                torch.add(gates_TGB3M[t, ..., : 2 * width], heard[..., : 2 * width], out=sluice[t])
                sluice[t].sigmoid_()
                torch.add(heard[..., 2 * width :], bias, out=recalled[t])
                torch.addcmul(
                    gates_TGB3M[t, ..., 2 * width :],
                    sluice[t, ..., :width],
                    recalled[t],
                    out=candidate[t],
                ).tanh_()
                torch.lerp(candidate[t], states[t], sluice[t, ..., width:], out=states[t + 1])
        ctx.kind = kind
        ctx.save_for_backward(states, sluice, recalled, candidate, recur)
        return states[1:]

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        grad_TGBM = grads[0]
        states, sluice, recalled, candidate, recur = ctx.saved_tensors
        length, groups, batch, width = candidate.shape
        reset, update = sluice[..., :width], sluice[..., width:]
        with torch.autocast(grad_TGBM.device.type, enabled=False):
            # everything that does not depend on the gradient coming back, for all steps at once
            to_candidate = (1 - update).mul_(1 - candidate * candidate)
            to_update = (states[:-1] - candidate).mul_(update * (1 - update))
            to_reset = recalled * (reset * (1 - reset))
            grad_gates = torch.empty(length, groups, batch, 3 * width, device=states.device)
            through = torch.empty_like(grad_gates, dtype=ctx.kind)
            back = recur.transpose(1, 2)
            grad_state = torch.zeros_like(candidate[0])
            for t in range(length - 1, -1, -1):
                grad_state = grad_state + grad_TGBM[t]
                gate = grad_gates[t]
                torch.mul(grad_state, to_candidate[t], out=gate[..., 2 * width :])
                torch.mul(grad_state, to_update[t], out=gate[..., width : 2 * width])
                torch.mul(gate[..., 2 * width :], to_reset[t], out=gate[..., :width])
                through[t].copy_(gate)
                torch.mul(gate[..., 2 * width :], reset[t], out=through[t, ..., 2 * width :])
                grad_state = (grad_state * update[t]).add_(torch.bmm(through[t], back))
            grad_recur = torch.bmm(
                _rows(states[:-1], ctx.kind).transpose(1, 2), _rows(through, ctx.kind)
            ).float()
            grad_bias = through[..., 2 * width :].sum((0, 2), dtype=torch.float32)
        return grad_gates, grad_state, grad_recur, grad_bias


def _rows(steps_TGBX: Tensor, kind: torch.dtype) -> Tensor:
    """Steps and batch as one axis of rows, padded with zeros to a multiple of GRAIN: GNX."""
    length, groups, batch, wide = steps_TGBX.shape
    rows = length * batch
    flat = torch.zeros(groups, rows + -rows % GRAIN, wide, dtype=kind, device=steps_TGBX.device)
    flat[:, :rows].view(groups, length, batch, wide).copy_(steps_TGBX.transpose(0, 1))
    return flat
