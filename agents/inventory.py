"""The inventory: where each item is believed to be and what is known of it, without any poses.

It is all that a planner sees. Whether it comes from the cell's cameras or from the symbolic twin
makes no difference to the planner.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from warewheel.configs.schema import Condition
from warewheel.sim.facts import Places, fallen, inside
from warewheel.sim.values import Manifest, Read, Vec3

from .perceive import Belief

# Where an item is that is in no named place: in the carton, in the hand, on its way or lying
# somewhere in between, out of anybody's reach.
CARTON, HAND, BETWEEN, LOST = "carton", "hand", "", "lost"

# A flap past this angle stays open by its own weight [rad].
OPEN = 1.9


@dataclass(frozen=True, slots=True)
class Entry:
    """One item: its name, where it is, and what an eye sees of it.

    ``where`` is the name of a place, or one of `CARTON`, `HAND`, `BETWEEN`, `LOST`. ``size`` is its
    bounding box [m].
    """

    name: str
    where: str
    size: Vec3
    condition: Condition


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is known of all goods and of the carton at the dock.

    Attributes:
        entries: Items in view, by name.
        labels: Labels read so far, by item name.
        manifests: What each carton of the delivery should hold, in the order of arrival.
        origins: The carton that each item was first seen in, by item name.
        carton: Name of the carton in the cell, or an empty string.
        docked: It rests at the dock.
        opened: Its flaps stay open.
        reported: Findings that were told, each with its subject.
    """

    entries: Mapping[str, Entry]
    labels: Mapping[str, Read]
    manifests: tuple[Manifest, ...]
    origins: Mapping[str, str]
    carton: str
    docked: bool
    opened: bool
    reported: frozenset[tuple[str, str]] = frozenset()

    @property
    def items(self) -> tuple[Entry, ...]:
        """Every item in view."""
        return tuple(self.entries.values())

    @property
    def held(self) -> str | None:
        """Name of the item in the hand, or None."""
        return next((e.name for e in self.entries.values() if e.where == HAND), None)

    def item(self, name: str) -> Entry:
        """Return the item called ``name``; raise KeyError if there is none in view."""
        return self.entries[name]


def take_stock(
    belief: Belief, held: str | None, places: Places,
    reported: frozenset[tuple[str, str]] = frozenset(),
) -> Inventory:  # fmt: skip
    """Return the inventory that follows from a belief and from what the hand holds."""
    carton = belief.carton
    entries = {}
    for item in belief.items:
        if item.name == held:
            where = HAND
        elif carton is not None and inside(carton, item):
            where = CARTON
        elif fallen(places.facility, item):
            where = LOST
        else:
            where = places.of(item) or BETWEEN
        entries[item.name] = Entry(item.name, where, item.size, item.condition)
    return Inventory(
        entries=entries,
        labels=belief.labels,
        manifests=belief.manifests,
        origins=belief.origins,
        carton="" if carton is None else carton.name,
        docked=carton is not None and carton.docked,
        opened=carton is not None and min(carton.flaps) >= OPEN,
        reported=reported,
    )
