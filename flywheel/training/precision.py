"""In what precision matrices are multiplied during a training."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any


def mixed(device: str) -> AbstractContextManager[Any]:
    """Return a context in which products of matrices may have fewer bits than the weights.

    A CPU with units for matrices of bfloat16 (AMX) uses them: a step of the small preset takes half
    the time. Sums, norms, losses and weights stay float32. Elsewhere nothing changes.
    """
    import torch

    context: AbstractContextManager[Any] = torch.autocast(
        "cpu", torch.bfloat16, enabled=reduced(device)
    )
    return context


def reduced(device: str) -> bool:
    """Tell whether such products are of bfloat16."""
    import torch

    return device == "cpu" and bool(torch.cpu.get_capabilities().get("amx_bf16"))
