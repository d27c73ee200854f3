"""Muon: momentum whose steps turn all directions of a matrix by the same amount."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# Of the quintic iteration: it lifts small singular values fast and leaves all of them near one.
_A, _B, _C = 3.4445, -4.7750, 2.0315
_ITERATIONS = 5
_SMALL = 1e-7


class Muon:
    """Steps along the nearest orthogonal matrix of the momentum, for weights with two dimensions.

    After Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024), with the
    step scaled to the size of AdamW's as in Liu et al., "Muon is scalable for LLM training" (2025).
    PyTorch has an optimiser of this name that computes in bfloat16, for which most CPUs have no
    instructions: there a step of it takes several times as long as the rest of the training.
    Matrices of one shape are turned together.

    Args:
        weights: Matrices.
        momentum: Of the gradients.
        weight_decay: For each unit of the learning rate.

    Attributes:
        param_groups: One, as PyTorch's optimisers have them; its ``lr`` is to be set.
        state: The ``momentum`` of each weight.
    """

    def __init__(
        self, weights: Sequence[Any], momentum: float = 0.95, weight_decay: float = 0.0
    ) -> None:
        self.param_groups: list[dict[str, Any]] = [
            {"params": list(weights), "lr": 0.0, "weight_decay": weight_decay}
        ]
        self.state: dict[Any, dict[str, Any]] = {}
        self._momentum = momentum

    def step(self) -> None:
        """Take one step along the gradients."""
        import torch

        (group,) = self.param_groups
        by_shape: dict[Any, list[Any]] = {}
        for weight in group["params"]:
            by_shape.setdefault(weight.shape, []).append(weight)
        with torch.no_grad():
            for shape, weights in by_shape.items():
                turns = orthogonal(torch.stack([self._ahead(weight) for weight in weights]))
                size = group["lr"] * 0.2 * max(shape) ** 0.5
                for weight, turn in zip(weights, turns, strict=True):
                    weight.mul_(1 - group["lr"] * group["weight_decay"])
                    weight.sub_(turn, alpha=size)

    def _ahead(self, weight: Any) -> Any:
        """Return the momentum of a weight, one step ahead (Nesterov)."""
        state = self.state.setdefault(weight, {})
        if "momentum" not in state:
            state["momentum"] = weight.grad.new_zeros(weight.shape)
        mean = state["momentum"].lerp_(weight.grad, 1 - self._momentum)
        return weight.grad.lerp(mean, self._momentum)


def orthogonal(matrices: Any) -> Any:
    """Return about the nearest matrices whose singular values are one; (matrix, row, column)."""
    import torch

    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=_SMALL)
    for _ in range(_ITERATIONS):
        square = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(square, square, square, beta=_B, alpha=_C), x, beta=_A)
    return x.mT if tall else x
