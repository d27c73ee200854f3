"""Repeating: recorded actions, done again in physics, and pictures taken on the way."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from warewheel.envs.warehouse import WarehouseEnv
from warewheel.flywheel.dataset.draft import Draft
from warewheel.flywheel.dataset.files.frames import Columns
from warewheel.flywheel.dataset.schema import Schema
from warewheel.flywheel.dataset.store import Dataset
from warewheel.flywheel.spread import spread
from warewheel.sim.values import Report

from .columns import pictures, views

Watch = Callable[[int, WarehouseEnv], None]
Order = TypeVar("Order")
Made = TypeVar("Made")


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


def check_hashes(
    dataset: Dataset, numbers: Sequence[int], workers: int = 1
) -> Iterator[tuple[int, bool]]:
    """Yield episodes, and whether their actions bring about the trajectory that was recorded."""
    orders = [(dataset.folder, k) for k in numbers]
    yield from zip(numbers, _each(_repeats, orders, workers), strict=True)


@dataclass(frozen=True, slots=True)
class _Shot:
    """An order to make a draft with cameras of a dataset's episode."""

    folder: Path
    episode: int
    out: Path
    schema: Schema


def render(
    dataset: Dataset, out: Path, cameras: Sequence[str], size: int, codec: str,
    workers: int = 1, resume: bool = False,
) -> Generator[int]:  # fmt: skip
    """Make a dataset with cameras of one without, by repeating it; yield episodes as they are done.

    It is what recording with cameras would have made, byte for byte.

    Args:
        dataset: The one without, or with others.
        out: Folder of the new one.
        cameras: Names of views.
        size: Width and height of their pictures [px].
        codec: See `Schema`.
        workers: Processes; they make no difference to the dataset.
        resume: Go on after the last episode that is in ``out``.

    Raises:
        ValueError: An episode does not repeat, or ``out`` is in use or holds something else.
    """
    new = replace(dataset.schema, cameras=views(cameras, size), codec=codec)
    begin = Dataset.resume if resume else Dataset.create
    with begin(out, new, dataset.about) as made:
        made.drop_drafts()
        rows = dataset.episodes()
        for old, kept in zip_longest(rows, made.episodes()):
            if kept is not None and (old is None or kept["sha256/values"] != old["sha256/values"]):
                raise ValueError(
                    f"{out}: its episode {kept['episode_index']} is not that of {dataset.folder}"
                )
        orders = [_Shot(dataset.folder, k, out, new) for k in range(len(made), len(rows))]
        for draft in _each(_shoot, orders, workers):
            yield made.append(draft)


def _each(work: Callable[[Order], Made], orders: Sequence[Order], workers: int) -> Iterator[Made]:
    if workers > 1:
        return spread(work, orders, workers)
    _opened.cache_clear()
    return map(work, orders)


@lru_cache(maxsize=1)
def _opened(folder: Path) -> Dataset:
    """Return a dataset that is read from again and again."""
    return Dataset.open(folder)


def _repeats(order: tuple[Path, int]) -> bool:
    folder, k = order
    dataset = _opened(folder)
    row = dataset.row(k)
    return repeat(row, dataset.columns(k)) == str(row["hash"])


def _shoot(order: _Shot) -> Path:
    dataset, new = _opened(order.folder), order.schema
    row, columns = dataset.row(order.episode), dataset.columns(order.episode)
    with Draft(order.out, new) as draft:

        def shoot(frame: int, env: WarehouseEnv) -> None:
            if frame < len(columns["action"]):
                values = {one.name: columns[one.name][frame] for one in new.features}
                draft.frame(values, pictures(env, new))

        if repeat(row, columns, shoot) != row["hash"]:
            raise ValueError(
                f"episode {order.episode} does not repeat here: other versions of software? "
                f"It was recorded with {row['versions']}"
            )
        facts = {fact.name: row[fact.name] for fact in new.facts}
        subtasks = list(zip(row["subtask_timestamps"], row["subtasks"], strict=True))
        return draft.close(facts, row["tasks"], subtasks)


def _tuple(value: Any) -> Any:
    """Return what JSON made a list of as what it was."""
    return tuple(value) if isinstance(value, list) else value
