"""Facts: predicates over a scene, pure functions of poses and layout."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.spatial.transform import Rotation

from warewheel.configs.schema import Facility

from .stations import slot_positions
from .values import CartonState, ItemState, Vec3

# Play in the height at which an item counts as standing on a surface [m].
_SLACK = 0.02
# An item slower than this is at rest [m/s].
_REST = 0.03

TABLE = "table"
# A tote takes two items side by side in x, this far from its middle, which leaves the jaws room to
# close on either along y [m].
_PAIR = 0.046


class Places:
    """The named places of a facility, and which of them an item rests in.

    Names are ``table``, each tote's name, and each slot's (``<zone>-<level>``).
    """

    def __init__(self, facility: Facility) -> None:
        table = facility.table
        self._spots = table.spots
        self.floors: Mapping[str, Vec3] = {
            TABLE: table.centre,
            **{tote.name: tote.position for tote in facility.totes},
            **slot_positions(facility),
        }
        self.slots = tuple(slot_positions(facility))
        self.totes = tuple(tote.name for tote in facility.totes)
        self.zones = {tote.name: tote.zone for tote in facility.totes} | {
            name: zone
            for zone in facility.rack.columns
            for name in self.slots
            if name.rpartition("-")[0] == zone
        }
        sizes = [table.size, *(tote.size[:2] for tote in facility.totes)]
        sizes += [facility.rack.slot_size] * len(self.slots)
        self._names = tuple(self.floors)
        self._centres = np.array([self.floors[name] for name in self._names])
        self._halves = np.array(sizes) / 2

    def of(self, item: ItemState) -> str | None:
        """Return the place that the item rests in, or None; the carton is not among them."""
        if item.speed > _REST:
            return None
        shift = np.array(item.pose.position) - self._centres
        low, high = min(item.size) / 2 - _SLACK, max(item.size) / 2 + _SLACK
        over = (np.abs(shift[:, :2]) <= self._halves).all(axis=1)
        over &= (shift[:, 2] > low) & (shift[:, 2] < high)
        return self._names[int(np.argmax(over))] if over.any() else None

    def marks(self, place: str) -> list[tuple[float, float]]:
        """Return the points (x, y) in W where items are set down in ``place`` [m]."""
        x, y, _ = self.floors[place]
        if place == TABLE:
            return list(self._spots)
        if place in self.totes:
            return [(x - _PAIR, y), (x + _PAIR, y)]
        return [(x, y)]

    def level(self, slot: str) -> int:
        """Return the tier of a slot; 0 is the lowest."""
        return int(slot.rpartition("-")[2])


def inside(carton: CartonState, item: ItemState) -> bool:
    """Tell whether the item's centre is within the carton's walls and below its rim."""
    turn = Rotation.from_quat(carton.pose.orientation).inv()
    x, y, z = turn.apply(np.subtract(item.pose.position, carton.pose.position))
    dx, dy, dz = carton.inner
    return bool(abs(x) < dx / 2 and abs(y) < dy / 2 and -_SLACK < z < dz + _SLACK)


def fallen(facility: Facility, item: ItemState) -> bool:
    """Tell whether the item lies out of reach, below every place."""
    lowest = min(facility.rack.tiers[0][1], facility.conveyor.dock[2], facility.table.centre[2])
    return item.pose.position[2] < lowest - 0.1


def under(lower: ItemState, upper: ItemState) -> bool:
    """Tell whether ``upper`` rests on ``lower``: its centre is over it, and it is at rest."""
    if upper.speed > _REST:
        return False
    shift = np.subtract(upper.pose.position, lower.pose.position)
    reach = max(lower.size[:2]) / 2
    return bool(np.hypot(shift[0], shift[1]) < reach and shift[2] > lower.size[2] / 2)
