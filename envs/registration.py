"""Gymnasium ids."""

from __future__ import annotations

import gymnasium as gym


def register_envs() -> None:
    """Register ``Warewheel/Unpack-v0``, ``Classify-v0``, ``Store-v0`` and ``Chain-v0``."""
    for task in ("unpack", "classify", "store", "chain"):
        name = f"Warewheel/{task.capitalize()}-v0"
        if name not in gym.registry:
            gym.register(
                name, "warewheel.envs.warehouse:WarehouseEnv", kwargs={"task": task}
            )  # fmt: skip
