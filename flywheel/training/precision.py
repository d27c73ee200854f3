"""In what precision matrices are multiplied during a training."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

# Of a CPU's instructions, those that multiply bfloat16: Intel's AMX, and AVX-512 of AMD too.
_FAST = ("amx_bf16", "avx512_bf16")


def mixed(device: str) -> AbstractContextManager[Any]:
    """Return a context in which products of matrices may have fewer bits than the weights.

    A CPU with instructions for products of bfloat16 uses them: a step of the small preset takes
    half the time. Sums, norms, losses and weights stay float32. Elsewhere nothing changes.
    """
    import torch

    context: AbstractContextManager[Any] = torch.autocast(
        "cpu", torch.bfloat16, enabled=reduced(device)
    )
    return context


def reduced(device: str) -> bool:
    """Tell whether such products are of bfloat16."""
    import torch

    found = torch.cpu.get_capabilities()
    return device == "cpu" and any(found.get(name) for name in _FAST)
