"""Cases: all that determines an episode, from the command line's words or from a split."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice

from warewheel.configs import ConfigError, load_split, names


@dataclass(frozen=True, slots=True)
class Case:
    """All that determines an episode; see `WarehouseEnv` for what is not described here.

    Attributes:
        seed: What it is sampled from.
        split: Name of the split that it belongs to, or an empty string.
    """

    seed: int
    task: str = "chain"
    facility: str = "parcel_hub"
    body: str = "panda"
    planner: str = "scripted"
    instruction: str | None = None
    faults: str | None = None
    level: str = "none"
    catalogue: str | None = None
    cartons: tuple[int, int] | None = None
    items: tuple[int, int] | None = None
    split: str = ""


def of_split(
    name: str, body: str, planner: str, first: int, count: int, tasks: tuple[str, ...] = ()
) -> Iterator[Case]:
    """Yield cases of a split, from its ``first`` on; ``tasks`` take the place of the split's own.

    Each facility has every task: the tasks go on when the facilities have all had their turn.

    Raises:
        ConfigError: There is no such split, or it has fewer seeds.
    """
    split = load_split(name)
    if first + count > split.seeds.count:
        raise ConfigError(
            f"split '{split.name}' has {split.seeds.count} seeds; "
            f"asked for {count} from number {first} on"
        )
    facilities = split.facilities or names("facility")
    tasks = tasks or split.tasks
    for k in range(first, first + count):
        yield Case(
            seed=split.seeds.first + k,
            task=tasks[k // len(facilities) % len(tasks)],
            facility=facilities[k % len(facilities)],
            body=body,
            planner=planner,
            faults=split.faults,
            level=split.level,
            catalogue=split.catalogue,
            cartons=split.cartons,
            items=split.items,
            split=split.name,
        )


def in_rotation(
    facilities: tuple[str, ...], first: int, count: int, **rest: str | None
) -> Iterator[Case]:
    """Yield cases whose seeds count up from ``first``, facilities taken in turn."""
    for k, facility in enumerate(islice(cycle(facilities), count)):
        yield Case(seed=first + k, facility=facility, **rest)  # type: ignore[arg-type]
