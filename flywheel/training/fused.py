"""A model's layers, compiled for this machine while it learns."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Compiling takes most of a minute. With fewer tokens to learn from it takes more than it saves.
_TOKENS = 2_000_000


def worth(device: str, tokens: float) -> bool:
    """Tell whether to compile layers for a training on so many tokens.

    On a CPU half of a small model's step goes into reading and writing what lies between its
    products of matrices. Kernels made of several such steps read and write once.
    """
    return device == "cpu" and tokens >= _TOKENS and _can_compile()


@contextmanager
def fused(model: Any, wanted: bool) -> Iterator[None]:
    """Compile a model's layers for a while, if that is ``wanted`` and it has layers.

    Sums are in another order then: the last bits of the weights are others.
    """
    layers = getattr(model.base_model, "layers", ()) if wanted else ()
    for layer in layers:
        # Lengths differ from batch to batch.
        layer.compile(dynamic=True)
    try:
        yield
    finally:
        for layer in layers:
            layer._compiled_call_impl = None


def _can_compile() -> bool:
    """Tell whether there is what PyTorch's compiler calls for: a C++ one, and Python's headers."""
    headers = Path(sysconfig.get_path("include"), "Python.h")
    compiler = shutil.which(os.environ.get("CXX", "g++"))
    return sys.platform == "linux" and headers.is_file() and compiler is not None
