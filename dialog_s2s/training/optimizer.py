"""AdamW and the learning rate over a run."""

from __future__ import annotations

import torch
from torch import nn


def optimizer_for(model: nn.Module, weight_decay: float) -> torch.optim.AdamW:
    """AdamW (Loshchilov & Hutter 2019), fused; biases, norms and embeddings do not decay."""
    embeddings = {id(part.weight) for part in model.modules() if isinstance(part, nn.Embedding)}
    decaying: list[nn.Parameter] = []
    free: list[nn.Parameter] = []
    for name, weight in model.named_parameters():
        bias = weight.ndim < 2 or "bias" in name.rsplit(".", 1)[-1]  # a GRU's is a row a group
        (free if bias or id(weight) in embeddings else decaying).append(weight)
    groups = [
        {"params": decaying, "weight_decay": weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), eps=1e-9, fused=True)


def clipped(optimizer: torch.optim.AdamW, counted: float, most: float) -> float:
    """Lets the next step take the gradients over `counted`, and their norm be `most` at most: the
    norm before that. The optimizer divides as it reads them, which spares two passes over all."""
    gradients = [
        weight.grad
        for group in optimizer.param_groups
        for weight in group["params"]
        if weight.grad is not None
    ]
    norm = float(torch.nn.utils.get_total_norm(gradients)) / counted
    scale = counted * max(1.0, (norm + 1e-6) / most)
    optimizer.grad_scale = torch.tensor(scale, device=gradients[0].device)  # type: ignore[attr-defined]
    return norm


def rate_at(update: int, updates: int, highest: float, warmup: float) -> float:
    """The learning rate of an update counted from 0: up in a line, then down to zero in a line."""
    rising = max(1, round(warmup * updates))
    if update < rising:
        return highest * (update + 1) / rising
    return highest * (updates - update) / max(1, updates - rising)
