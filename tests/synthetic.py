"""Synthetic episodes for the tests of datasets: all of an episode follows from its seed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from warewheel.flywheel.dataset.card import About
from warewheel.flywheel.dataset.draft import Draft
from warewheel.flywheel.dataset.schema import Fact, Feature, Schema
from warewheel.flywheel.dataset.store import Dataset

CAMERA = "observation.images.front"
SCHEMA = Schema(
    features=(
        Feature("observation.state", "float32", (3,), ("x", "y", "z"), "m", "W", -9.0, 9.0, "tool"),
        Feature("action", "float32", (2,), low=(-9.0, -9.0), high=(9.0, 9.0)),
        Feature("next.reward", "float64"),
        Feature("next.done", "bool"),
        Feature("stock", "int64", (2,), ("left", "right"), about="items on either side"),
    ),
    cameras={CAMERA: (32, 48)},
    fps=20,
    robot_type="panda",
    facts=(
        Fact("success", "bool", "whether the goal held"),
        Fact("seed", "int"),
        Fact("progress", "float"),
        Fact("failure", "str"),
        Fact("violations", "list[str]"),
    ),
)
ABOUT = About("Synthetic", "Noise.", details={"command": "none"})


def length(seed: int) -> int:
    return 11 + seed % 4


def images(seed: int, schema: Schema = SCHEMA) -> NDArray[np.uint8]:
    """All images of an episode: noise, which is the hardest to keep."""
    height, width = schema.cameras[CAMERA]
    rng = np.random.default_rng([seed, 1])
    return rng.integers(0, 256, (length(seed), height, width, 3), np.uint8)


def values(seed: int) -> dict[str, NDArray[Any]]:
    """All values of an episode, frames x elements."""
    rng, n = np.random.default_rng([seed, 2]), length(seed)
    return {
        "observation.state": rng.normal(size=(n, 3)).astype(np.float32),
        "action": rng.normal(size=(n, 2)).astype(np.float32),
        "next.reward": rng.normal(size=(n, 1)),
        "next.done": np.arange(n).reshape(n, 1) == n - 1,
        "stock": rng.integers(-5, 1 << 40, (n, 2)),
    }


def write_draft(folder: Path, seed: int, schema: Schema = SCHEMA) -> Path:
    """Write and close a draft."""
    draft = Draft(folder, schema)
    columns = values(seed)
    for t in range(length(seed)):
        row = {name: columns[name][t] for name in schema.by_name}
        draft.frame(row, {name: images(seed, schema)[t] for name in schema.cameras})
    facts = {"success": seed % 3 > 0, "seed": seed, "progress": seed / 7, "violations": ["COLD"]}
    tasks = [f"store box {seed % 5}", "be quick"]
    return draft.close(facts, tasks, [(0.0, "open"), (0.2, f"pick {seed % 2}")])


def extend(dataset: Dataset, seeds: Iterable[int]) -> None:
    """Append the episodes of these seeds."""
    for seed in seeds:
        dataset.append(write_draft(dataset.folder, seed, dataset.schema))


def collect(folder: Path, seeds: Iterable[int], schema: Schema = SCHEMA) -> Path:
    """Write a dataset of the episodes of these seeds."""
    with Dataset.create(folder, schema, ABOUT) as dataset:
        extend(dataset, seeds)
    return folder


def content(folder: Path) -> dict[str, bytes]:
    """All files of a dataset that readers see."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".warewheel" not in path.parts
    }
