"""Cases: the settings and seeds of episodes, from a facility's name or from a split."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from warewheel.configs import ConfigError, load_split, names
from warewheel.envs.warehouse import WarehouseEnv

# The facilities that are shipped, taken in turn.
ALL = "all"

# Arguments of `WarehouseEnv` without a planner and a seed, and the seed.
Case = tuple[dict[str, Any], int]


def counted(settings: Mapping[str, Any], facility: str, first: int, count: int) -> Iterator[Case]:
    """Yield cases whose seeds count up; with `ALL` the shipped facilities take turns."""
    places = names("facility") if facility == ALL else (facility,)
    for k in range(count):
        yield dict(settings) | {"facility": places[k % len(places)]}, first + k


def of_split(
    name: str, settings: Mapping[str, Any], task: str | None, first: int, count: int
) -> Iterator[Case]:
    """Yield cases of a split, from its ``first`` on.

    Each facility has every task: the tasks go on when the facilities have all had their turn.
    ``task`` takes the place of the split's own.

    Raises:
        ConfigError: There is no such split, or it has fewer seeds.
    """
    split = load_split(name)
    if first + count > split.seeds.count:
        raise ConfigError(
            f"split '{split.name}' has {split.seeds.count} seeds; "
            f"asked for {count} from number {first} on"
        )
    places = split.facilities or names("facility")
    tasks = (task,) if task else split.tasks
    own = {
        "faults": split.faults, "level": split.level, "catalogue": split.catalogue,
        "cartons": split.cartons, "items": split.items, "short": split.short,
    }  # fmt: skip
    for k in range(first, first + count):
        turn = {"task": tasks[k // len(places) % len(tasks)], "facility": places[k % len(places)]}
        yield dict(settings) | own | turn, split.seeds.first + k


def asked(
    task: str | None, first: int, facility: str, split: str | None, faults: str | None,
    level: str | None, count: int, settings: Mapping[str, Any],
) -> list[Case]:  # fmt: skip
    """Return the cases that a command's options ask for, each of them possible.

    Args:
        task: None for ``chain``, or in a split for its own.
        first: First seed, or first number in the split.
        facility: Name, file or `ALL`.
        split: Name, or None.
        faults: Name of a fault profile, ``none``, or None.
        level: Of variation, or None.
        count: How many.
        settings: All other arguments of `WarehouseEnv`.

    Raises:
        ValueError: Options exclude each other, or a cell cannot work.
    """
    if split is None:
        more = {
            "task": task or "chain", "level": level or "none",
            "faults": None if faults == "none" else faults,
        }  # fmt: skip
        cases = list(counted({**settings, **more}, facility, first, count))
    elif facility != ALL or faults or level:
        raise ValueError("a split has facilities, faults and a level of its own")
    else:
        cases = list(of_split(split, settings, task, first, count))
    seen: list[dict[str, Any]] = []
    for one, _ in cases:
        if one not in seen:
            seen.append(one)
            WarehouseEnv(**one).close()
    return cases
