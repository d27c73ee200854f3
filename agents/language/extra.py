"""Whether what models need on this machine is installed."""

from __future__ import annotations

import importlib


def need_brain(*modules: str) -> None:
    """Import what the ``brain`` extra brings.

    Args:
        modules: Of those, what is needed now, such as ``torch``.

    Raises:
        ValueError: One of them is missing; the message says how to install it.
    """
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise ValueError(
                f"{module} cannot be imported ({error}); it comes with the brain extra: "
                "pip install 'warewheel[brain]'"
            ) from None
