"""Training of a grasp scorer: which grips held, and which did not."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from warewheel.agents.language.extra import need_brain
from warewheel.agents.language.threads import threads
from warewheel.agents.skills.crops import WIDTH, Features, mirrored
from warewheel.agents.skills.scorer import WEIGHTS

from .loop import Diverged

# Networks, widths of their hidden layers, and the chance with which one of these's inputs is left
# out of a step.
_NETWORKS, _HIDDEN, _DROPOUT = 5, (192, 64), 0.2
_BATCH, _RATE, _DECAY = 256, 2e-3, 0.05
# The loss that is told is a mean over about this many steps.
_MEMORY = 20


def fit(
    rows: Features, held: NDArray[np.bool_], steps: int, seed: int, out: Path,
    tell: Callable[[float], None] = lambda _: None,
) -> float:  # fmt: skip
    """Train a scorer's networks and write their weights; return the mean loss at the end [nat].

    Args:
        rows: What grips looked like, shape (n, WIDTH).
        held: Which of them held, shape (n,).
        steps: Batches.
        seed: Of the first weights and of the batches.
        out: Folder for the weights.
        tell: Hears of the share that is done.

    Raises:
        ValueError: The rows are of no use, or PyTorch is not installed.
        Diverged: The loss is not a number.
    """
    if not len(held) or rows.shape != (len(held), WIDTH):
        raise ValueError(f"rows have shape {rows.shape}; expected ({len(held)}, {WIDTH})")
    need_brain("torch")
    with threads(1):
        return _fit(rows, held, steps, seed, out, tell)


def _fit(
    rows: Features, held: NDArray[np.bool_], steps: int, seed: int, out: Path,
    tell: Callable[[float], None],
) -> float:  # fmt: skip
    import torch
    from safetensors.torch import save_file

    chance = torch.Generator().manual_seed(seed)
    views = torch.from_numpy(np.stack(mirrored(rows)))
    wanted = torch.from_numpy(held.astype(np.float32))
    layers = _layers(torch, chance)
    weights = [one for layer in layers for one in layer]
    optimiser = torch.optim.AdamW(weights, lr=_RATE, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    loss = math.nan
    for step in range(steps):
        some = torch.randint(len(held), (_NETWORKS, _BATCH), generator=chance)
        values = views[torch.randint(len(views), some.shape, generator=chance), some]
        for k, (weight, bias) in enumerate(layers):
            if k:
                kept = torch.rand(values.shape, generator=chance) >= _DROPOUT
                values = values.relu() * kept / (1 - _DROPOUT)
            values = values @ weight.mT + bias[:, None]
        found = torch.nn.functional.binary_cross_entropy_with_logits(values[..., 0], wanted[some])
        if not found.isfinite():
            raise Diverged(f"the loss is {found.item()} at step {step}")
        optimiser.zero_grad()
        (found * _NETWORKS).backward()
        optimiser.step()
        schedule.step()
        now = float(found.detach())
        loss = now if math.isnan(loss) else loss + (now - loss) / _MEMORY
        tell((step + 1) / steps)
    out.mkdir(parents=True, exist_ok=True)
    draft = out / f".{WEIGHTS}"
    save_file(
        {
            f"{k}.{name}": one.detach().contiguous()
            for k, layer in enumerate(layers)
            for name, one in zip(("weight", "bias"), layer, strict=True)
        },
        draft,
    )
    draft.rename(out / WEIGHTS)
    return loss


def _layers(torch: Any, chance: Any) -> list[tuple[Any, Any]]:
    """Return weights and biases by He's rule (He et al., ICCV 2015)."""
    widths = (WIDTH, *_HIDDEN, 1)
    return [
        (
            (torch.randn(_NETWORKS, n, m, generator=chance) * (2 / m) ** 0.5).requires_grad_(),
            torch.zeros(_NETWORKS, n, requires_grad=True),
        )
        for m, n in itertools.pairwise(widths)
    ]
