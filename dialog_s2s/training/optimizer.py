"""Muon for the matrices, AdamW for all else, and the learning rate over a run."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

MOMENTUM = 0.9
"""Weight of the past in the mean of a matrix's gradients."""

MATRICES = 2.0
"""Rate of the matrices over that of the rest."""

PERIOD = 2
"""Steps from one change of a matrix to its next: each is the work of many products, and little more
is learnt if it is made every time (docs/lab-notes.md). Half of the matrices have their turn."""

FURTHER = 1.5
"""How much further one of these changes goes for that."""

TURNS = 3
"""Newton-Schulz steps. Five come nearer to an orthogonal matrix and learn no more from an update
(docs/lab-notes.md)."""

QUINTIC = (3.4445, -4.7750, 2.0315)
"""Coefficients of a step, which take small singular values up quickest (Jordan et al. 2024)."""

Spread = Callable[[Callable[[Any], None], Iterable[Any]], Iterable[None]]
"""`map`, or one that works with several threads."""


@dataclass(frozen=True, slots=True)
class _Matrix:
    """A weight that Muon learns; leading axes are matrices of their own."""

    name: str
    weight: nn.Parameter
    mean: Tensor
    """Of the gradients."""
    reach: float
    """Of an orthogonal update, so that what comes out changes as much whatever the shape."""


class Optimizer:
    """Muon (Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks") for
    matrices, and AdamW (Loshchilov & Hutter 2019), fused, for embeddings, norms and biases.

    Muon's update is the mean of a matrix's gradients made orthogonal, so that what few examples
    ask for is learnt as fast as what all do. Matrices alone decay.

    Gradients are those of a summed loss: what they are divided by is told to `clip`.
    """

    def __init__(self, model: nn.Module, weight_decay: float):
        embeddings = {id(part.weight) for part in model.modules() if isinstance(part, nn.Embedding)}
        self._matrices: list[_Matrix] = []
        self._others: dict[str, nn.Parameter] = {}
        for name, weight in model.named_parameters():
            bias = "bias" in name.rsplit(".", 1)[-1]  # a GRU's is a row a group
            if bias or weight.ndim < 2 or min(weight.shape[-2:]) < 2 or id(weight) in embeddings:
                self._others[name] = weight
            else:
                reach = math.sqrt(max(weight.shape[-2:]) / min(weight.shape[-2:]))
                mean = torch.zeros_like(weight, requires_grad=False)
                self._matrices.append(_Matrix(name, weight, mean, reach))
        self._matrices.sort(key=lambda each: -each.weight.numel())  # threads end together
        self._adamw = torch.optim.AdamW(
            self._others.values(), 0.0, betas=(0.9, 0.98), eps=1e-9, weight_decay=0.0, fused=True
        )
        self._decay = weight_decay
        self._scale = 1.0
        self._steps = 0

    @property
    def weights(self) -> list[nn.Parameter]:
        """All that it changes."""
        return [*(each.weight for each in self._matrices), *self._others.values()]

    def clip(self, counted: float, most: float) -> float:
        """Lets the next step take the gradients over `counted`, and their norm be `most` at most:
        the norm before that."""
        norm, self._scale = scale_of(self.weights, counted, most)
        return norm

    def step(self, rate: float, spread: Spread = map) -> None:
        """Changes the weights, several at a time where `spread` does so."""
        self._adamw.param_groups[0]["lr"] = rate
        device = next(iter(self._others.values())).device
        self._adamw.grad_scale = torch.tensor(self._scale, device=device)  # type: ignore[attr-defined]

        def move(place: int) -> None:
            if place == len(self._matrices):
                self._adamw.step()
            else:
                self._move(self._matrices[place], rate, (self._steps + place) % PERIOD == 0)

        list(spread(move, range(len(self._matrices) + 1)))
        self._steps += 1

    @torch.no_grad()
    def _move(self, matrix: _Matrix, rate: float, now: bool) -> None:
        """Takes a matrix's gradient into their mean, and changes it if that is `now`."""
        gradient = matrix.weight.grad
        if gradient is None:
            return
        matrix.mean.mul_(MOMENTUM).add_(gradient, alpha=(1 - MOMENTUM) / self._scale)
        if now:
            ahead = torch.lerp(gradient / self._scale, matrix.mean, MOMENTUM)  # Nesterov's
            matrix.weight.mul_(1 - PERIOD * MATRICES * rate * self._decay)
            further = FURTHER * MATRICES * rate * matrix.reach
            matrix.weight.add_(orthogonal(ahead), alpha=-further)

    def tensors(self) -> dict[str, Tensor]:
        """All that a step depends on, by name."""
        found = {f"mean.{each.name}": each.mean for each in self._matrices}
        found["steps"] = torch.tensor(self._steps)
        for name, weight in self._others.items():
            state = self._adamw.state.get(weight)
            if state:
                found[f"step.{name}"] = state["step"]
                found[f"mean.{name}"] = state["exp_avg"]
                found[f"square.{name}"] = state["exp_avg_sq"]
        return found

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Becomes what it was; before the first step there is nothing to take from `tensors`."""
        self._steps = int(tensors["steps"])
        self._adamw.state.clear()
        for each in self._matrices:
            each.mean.copy_(tensors[f"mean.{each.name}"])
        for name, weight in self._others.items():
            if f"step.{name}" in tensors:
                self._adamw.state[weight] = {
                    key: tensors[f"{kind}.{name}"].to(weight.device).clone()
                    for kind, key in (
                        ("step", "step"),
                        ("mean", "exp_avg"),
                        ("square", "exp_avg_sq"),
                    )
                }


def orthogonal(matrix: Tensor) -> Tensor:
    """The orthogonal matrix nearest to `matrix` (or to each of its leading axes), roughly: singular
    values end between some 0.3 and 1.2, those that are almost none below."""
    first, third, fifth = QUINTIC
    upright = matrix.shape[-2] > matrix.shape[-1]
    made: Tensor = matrix.mT if upright else matrix
    made = made / (torch.linalg.matrix_norm(made, keepdim=True) + 1e-12)
    # a step is a product with a polynomial of the small square matrix; the large one comes last
    square = made @ made.mT
    eye = torch.eye(square.shape[-1], dtype=square.dtype, device=square.device)
    all_steps = eye
    for turn in range(TURNS):
        step = first * eye + third * square + fifth * (square @ square)
        all_steps = step @ all_steps if turn else step
        if turn < TURNS - 1:
            square = step @ square @ step
    made = all_steps @ made
    return made.mT if upright else made


def scale_of(weights: Iterable[nn.Parameter], counted: float, most: float) -> tuple[float, float]:
    """The norm of all gradients over `counted`, and what they must be divided by for that to be
    `most` at most."""
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    norm = float(torch.nn.utils.get_total_norm(gradients)) / counted
    return norm, counted * max(1.0, (norm + 1e-6) / most)


def clipped(optimizer: torch.optim.AdamW, counted: float, most: float) -> float:
    """What `Optimizer.clip` does, of AdamW alone. It divides as it reads the gradients, which
    spares two passes over all."""
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    norm, scale = scale_of(weights, counted, most)
    optimizer.grad_scale = torch.tensor(scale, device=weights[0].device)  # type: ignore[attr-defined]
    return norm


def rate_at(update: int, updates: int, highest: float, warmup: float) -> float:
    """The learning rate of an update counted from 0: up in a line, then down to zero in a line."""
    rising = max(1, round(warmup * updates))
    if update < rising:
        return highest * (update + 1) / rising
    return highest * (updates - update) / max(1, updates - rising)
