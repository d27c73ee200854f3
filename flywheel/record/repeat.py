"""Repeating: recorded actions, done again in physics, and pictures taken on the way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from warewheel.envs.warehouse import WarehouseEnv
from warewheel.flywheel.dataset.draft import Draft
from warewheel.flywheel.dataset.files.frames import Columns
from warewheel.flywheel.dataset.store import Dataset
from warewheel.sim.values import Report

from .columns import pictures, views

Watch = Callable[[int, WarehouseEnv], None]


def repeat(row: Mapping[str, Any], columns: Columns, watch: Watch | None = None) -> str:
    """Do an episode's actions again; return the hash of the trajectory.

    Args:
        row: The episode's facts.
        columns: Its frames.
        watch: Called before each action with the frame's number, and at last after all of them.
    """
    settings = json.loads(row["config"])
    env = WarehouseEnv(**{key: _tuple(value) for key, value in settings.items()})
    try:
        env.reset(seed=row["seed"])
        told = [Report(*json.loads(text)) for text in row["reports"]]
        numbers = columns["report"].ravel().tolist()
        for k, (action, number) in enumerate(zip(columns["action"], numbers, strict=True)):
            if watch is not None:
                watch(k, env)
            env.repeat(np.asarray(action), told[number - 1] if number else None)
        if row["refused"]:
            env.refuse(row["refused"])
        if watch is not None:
            watch(len(numbers), env)
        assert env.world is not None
        return env.world.hash
    finally:
        env.close()


def check_hashes(dataset: Dataset, numbers: Sequence[int]) -> Iterator[tuple[int, bool]]:
    """Yield episodes, and whether their actions bring about the trajectory that was recorded."""
    rows = dataset.episodes()
    for k in numbers:
        yield k, repeat(rows[k], dataset.columns(k)) == rows[k]["hash"]


def render(
    dataset: Dataset, out: Path, cameras: Sequence[str], size: int, codec: str
) -> Iterator[int]:
    """Make a dataset with cameras of one without, by repeating it; yield episodes as they are done.

    It is what recording with cameras would have made, byte for byte.

    Raises:
        ValueError: An episode does not repeat, or ``out`` is in use.
    """
    old = dataset.schema
    new = replace(old, cameras=views(cameras, size), codec=codec)
    with Dataset.create(out, new, dataset.about) as made:
        for k, row in enumerate(dataset.episodes()):
            columns = dataset.columns(k)
            with Draft(out, new) as draft:

                def shoot(
                    frame: int, env: WarehouseEnv, columns: Columns = columns, draft: Draft = draft
                ) -> None:
                    if frame == len(columns["action"]):
                        return
                    values = {one.name: columns[one.name][frame] for one in new.features}
                    draft.frame(values, pictures(env, new))

                if repeat(row, columns, shoot) != row["hash"]:
                    raise ValueError(
                        f"episode {k} does not repeat here: other versions of software? "
                        f"It was recorded with {row['versions']}"
                    )
                facts = {fact.name: row[fact.name] for fact in new.facts}
                subtasks = list(zip(row["subtask_timestamps"], row["subtasks"], strict=True))
                sealed = draft.close(facts, row["tasks"], subtasks)
            made.append(sealed)
            yield k


def _tuple(value: Any) -> Any:
    """Return what JSON made a list of as what it was."""
    return tuple(value) if isinstance(value, list) else value
