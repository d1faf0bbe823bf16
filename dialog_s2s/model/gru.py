"""A gated recurrent layer (Cho et al. 2014) whose backward pass is written out.

The library's layer, differentiated step by step, makes one small weight gradient a step and
casts every operand anew; here a step is two matrix products a group and a few element-wise calls,
and the weight gradients are one product over all steps. Several groups (a bidirectional encoder's
two directions) run in the same calls.

Shapes: G groups, T steps, B sources, M the recurrent width, 3M the gates reset, update, candidate.
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

    def forward(self, inputs_GTBE: Tensor, first_GBM: Tensor) -> Tensor:
        """States after each input, GTBM, starting from `first_GBM`."""
        states_GTBM: Tensor = _Scan.apply(  # type: ignore[no-untyped-call]
            inputs_GTBE,
            first_GBM,
            self.input_GE3M,
            self.recur_GM3M,
            self.bias_G3M,
            self.candidate_bias_GM,
        )
        return states_GTBM


def _uniform(*shape: int, bound: float) -> Tensor:
    return torch.empty(shape).uniform_(-bound, bound)


class _Scan(torch.autograd.Function):
    """The recurrence over all steps. Products are made a group at a time: on a CPU the library's
    batched product takes twice as long."""

    @staticmethod
    def forward(
        ctx: Any,
        inputs_GTBE: Tensor,
        first_GBM: Tensor,
        input_GE3M: Tensor,
        recur_GM3M: Tensor,
        bias_G3M: Tensor,
        candidate_bias_GM: Tensor,
    ) -> Tensor:
        groups, length, batch, _ = inputs_GTBE.shape
        width = recur_GM3M.shape[1]
        kind = product_dtype(inputs_GTBE)
        with torch.autocast(inputs_GTBE.device.type, enabled=False):
            rows_GNE = _rows(inputs_GTBE, kind)
            weight, recur = input_GE3M.to(kind), recur_GM3M.to(kind)
            sluices, recalls = recur[..., : 2 * width], recur[..., 2 * width :]
            gates = first_GBM.new_empty(groups, length, batch, 3 * width)
            states = first_GBM.new_empty(groups, length + 1, batch, width)
            recalled = first_GBM.new_empty(groups, length, batch, width)
            states[:, 0] = first_GBM
            for g in range(groups):
                made_N3M = gates[g].view(length * batch, 3 * width)
                _product(rows_GNE[g], weight[g], bias_G3M[g], made_N3M)
            for t in range(length):
                for g in range(groups):
                    state = states[g, t].to(kind)
                    _add_product(gates[g, t, :, : 2 * width], state, sluices[g])
                    _product(state, recalls[g], candidate_bias_GM[g], recalled[g, t])
                sluice, candidate = gates[:, t, :, : 2 * width], gates[:, t, :, 2 * width :]
                sluice.sigmoid_()
                candidate.addcmul_(sluice[..., :width], recalled[:, t]).tanh_()
                torch.lerp(candidate, states[:, t], sluice[..., width:], out=states[:, t + 1])
        ctx.kind = kind
        ctx.save_for_backward(rows_GNE, weight, recur, gates, states, recalled)
        ctx.shape = inputs_GTBE.shape
        ctx.dtype = inputs_GTBE.dtype
        return states[:, 1:]

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        grad_GTBM = grads[0]
        rows_GNE, weight, recur, gates, states, recalled = ctx.saved_tensors
        groups, length, batch, inputs = ctx.shape
        width, kind = recur.shape[1], ctx.kind
        reset, update = gates[..., :width], gates[..., width : 2 * width]
        candidate = gates[..., 2 * width :]
        with torch.autocast(grad_GTBM.device.type, enabled=False):
            # everything that does not depend on the gradient coming back, for all steps at once
            to_candidate = (1 - update).mul_(1 - candidate * candidate)
            to_update = (states[:, :-1] - candidate).mul_(update * (1 - update))
            to_reset = recalled * (reset * (1 - reset))
            grad_gates = torch.empty_like(gates)
            grad_recalled = torch.empty_like(recalled)
            back = recur.transpose(1, 2).contiguous()
            sluices, recalls = back[:, : 2 * width], back[:, 2 * width :]
            grad_state = grad_GTBM.new_zeros(groups, batch, width)
            for t in range(length - 1, -1, -1):
                grad_state += grad_GTBM[:, t]
                gate, passed = grad_gates[:, t], grad_recalled[:, t]
                torch.mul(grad_state, to_candidate[:, t], out=gate[..., 2 * width :])
                torch.mul(grad_state, to_update[:, t], out=gate[..., width : 2 * width])
                torch.mul(gate[..., 2 * width :], to_reset[:, t], out=gate[..., :width])
                torch.mul(gate[..., 2 * width :], reset[:, t], out=passed)
                grad_state *= update[:, t]
                for g in range(groups):
                    _add_product(grad_state[g], gate[g, :, : 2 * width].to(kind), sluices[g])
                    _add_product(grad_state[g], passed[g].to(kind), recalls[g])
            needed = ctx.needs_input_grad
            rows_GN3M, rows_GNM = _rows(grad_gates, kind), _rows(grad_recalled, kind)
            rows = length * batch
            grad_inputs = None
            if needed[0]:
                made = rows_GN3M.new_empty(groups, rows_GN3M.shape[1], inputs)
                for g in range(groups):
                    torch.mm(rows_GN3M[g], weight[g].T, out=made[g])
                grad_inputs = made[:, :rows].view(ctx.shape).to(ctx.dtype)
            grad_weight = torch.stack([rows_GNE[g].T @ rows_GN3M[g] for g in range(groups)])
            before_GNM = _rows(states[:, :-1], kind)
            grad_recur = torch.stack(
                [
                    torch.cat([before.T @ of_gates[:, : 2 * width], before.T @ of_recalled], 1)
                    for before, of_gates, of_recalled in zip(
                        before_GNM, rows_GN3M, rows_GNM, strict=True
                    )
                ]
            )
            grad_bias = grad_gates.sum((1, 2))
            grad_candidate_bias = grad_recalled.sum((1, 2))
        return (
            grad_inputs,
            grad_state,
            grad_weight.float(),
            grad_recur.float(),
            grad_bias,
            grad_candidate_bias,
        )


def _product(left_NX: Tensor, right_XY: Tensor, bias_Y: Tensor, out_NY: Tensor) -> None:
    """A product and a bias; `left_NX` may have spare rows."""
    if left_NX.dtype == out_NY.dtype:
        torch.addmm(bias_Y, left_NX, right_XY, out=out_NY)
    else:
        torch.add(torch.mm(left_NX, right_XY)[: len(out_NY)], bias_Y, out=out_NY)


def _add_product(sum_NY: Tensor, left_NX: Tensor, right_XY: Tensor) -> None:
    if left_NX.dtype == sum_NY.dtype:
        sum_NY.addmm_(left_NX, right_XY)
    else:
        sum_NY += torch.mm(left_NX, right_XY)


def _rows(steps_GTBX: Tensor, kind: torch.dtype) -> Tensor:
    """Steps and batch as one axis of rows, GNX; in low precision padded with zeros to a multiple
    of GRAIN."""
    groups, length, batch, wide = steps_GTBX.shape
    rows = length * batch
    if kind == steps_GTBX.dtype and kind == torch.float32:
        return steps_GTBX.reshape(groups, rows, wide)
    flat = steps_GTBX.new_zeros(groups, rows + -rows % GRAIN, wide, dtype=kind)
    flat[:, :rows].view(groups, length, batch, wide).copy_(steps_GTBX)
    return flat
