"""The state of a training that is not over, as safetensors."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

FOLDER = "checkpoint"
_STATE, _ABOUT = "state.safetensors", "about.json"


def save(out: Path, model: Any, optimisers: Sequence[Any], about: dict[str, Any]) -> None:
    """Write weights that are being learnt, the optimisers' moments, and how things stand.

    The file is replaced in one go: a crash leaves the one before.

    Args:
        out: Folder of the training.
        model: Its parameters that need gradients are written.
        optimisers: Of those parameters.
        about: Whatever JSON can hold.
    """
    from safetensors.torch import save_file

    tensors = {}
    for name, weight in learnt(model):
        tensors[f"weight/{name}"] = weight.detach().contiguous()
        for optimiser in optimisers:
            for key, value in optimiser.state.get(weight, {}).items():
                tensors[f"{key}/{name}"] = value.contiguous()
    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{_STATE}.part"
    save_file(tensors, part, metadata={"about": json.dumps(about)})
    os.replace(part, folder / _STATE)


def exists(out: Path) -> bool:
    """Tell whether there is a checkpoint."""
    return (out / FOLDER / _STATE).is_file()


def read_about(out: Path) -> dict[str, Any]:
    """Return how things stood."""
    from safetensors import safe_open

    with safe_open(out / FOLDER / _STATE, "pt") as file:
        about = json.loads(file.metadata()["about"])
    assert isinstance(about, dict)
    return about


def restore(out: Path, model: Any, optimisers: Sequence[Any]) -> None:
    """Bring a model and its optimisers to where :func:`save` found them.

    Raises:
        ValueError: The model has other weights.
    """
    import torch
    from safetensors.torch import load_file

    tensors = load_file(out / FOLDER / _STATE)
    owner = {
        weight: optimiser
        for optimiser in optimisers
        for group in optimiser.param_groups
        for weight in group["params"]
    }
    for name, weight in learnt(model):
        saved = tensors.get(f"weight/{name}")
        if saved is None or saved.shape != weight.shape:
            raise ValueError(f"'{out / FOLDER}' is of another model: {name} does not fit")
        with torch.no_grad():
            weight.copy_(saved)
        state = {
            key: tensors[f"{key}/{name}"]
            for key in ("step", "exp_avg", "exp_avg_sq", "momentum")
            if f"{key}/{name}" in tensors
        }
        # The count of steps stays on the CPU, as AdamW keeps it.
        owner[weight].state[weight] = {
            key: value if key == "step" else value.to(weight.device) for key, value in state.items()
        }


def learnt(model: Any) -> list[tuple[str, Any]]:
    """Return names and parameters that need gradients."""
    return [(name, weight) for name, weight in model.named_parameters() if weight.requires_grad]
