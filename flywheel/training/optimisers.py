"""Which optimiser trains which weights."""

from __future__ import annotations

from typing import Any

from . import checkpoint
from .muon import Muon

_DECAY = 0.05
# Muon's steps may be larger than AdamW's.
_TURN = 2.0


def optimisers(model: Any, turning: bool) -> list[Any]:
    """Return optimisers that between them train every weight that needs gradients.

    Each of their groups has a ``share`` of the learning rate.

    Args:
        model: Its weights are trained.
        turning: Matrices inside the model go to Muon, which learns to copy and to look up in half
            the steps; AdamW takes what is left: embeddings and what has one dimension.
    """
    import torch

    named = checkpoint.learnt(model)
    turned = [w for name, w in named if turning and w.ndim == 2 and "embed" not in name]
    mine = {id(weight) for weight in turned}
    left = [weight for _, weight in named if id(weight) not in mine]
    groups = [
        {"params": [w for w in left if w.ndim >= 2], "weight_decay": _DECAY, "share": 1.0},
        {"params": [w for w in left if w.ndim < 2], "weight_decay": 0.0, "share": 1.0},
    ]
    each: list[Any] = [torch.optim.AdamW(groups, betas=(0.9, 0.95))]
    if turned:
        muon = Muon(turned, weight_decay=_DECAY)
        muon.param_groups[0]["share"] = _TURN
        each.append(muon)
    return each
