"""Facts: predicates over a scene, pure functions of poses and layout."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from warewheel.configs.schema import Facility, Keeping

from .values import CartonState, ItemState, Quat, Vec3

# Play in the height at which an item counts as standing on a surface [m].
_SLACK = 0.02
# An item slower than this is at rest [m/s].
_REST = 0.03
# Two items that are this near one above the other touch [m].
_TOUCH = 0.005

TABLE = "table"


class Places:
    """The named places of a facility, and which of them an item rests in.

    Names are ``table``, each tote's name, and each slot's (see `Rack`).
    """

    def __init__(self, facility: Facility) -> None:
        table, slots = facility.table, facility.rack.slots
        self.facility = facility
        self._marks = {TABLE: table.spots, **{tote.name: tote.marks for tote in facility.totes}}
        self.floors: Mapping[str, Vec3] = {
            TABLE: table.centre,
            **{tote.name: tote.position for tote in facility.totes},
            **{name: floor for name, (_, _, floor) in slots.items()},
        }
        self.slots = tuple(slots)
        self.totes = tuple(tote.name for tote in facility.totes)
        # How many items each place has room for.
        self.room = {name: len(spots) for name, spots in self._marks.items()} | dict.fromkeys(
            slots, 1
        )
        self.zones = {tote.name: tote.zone for tote in facility.totes} | {
            name: column.zone for name, (column, _, _) in slots.items()
        }
        self._levels = {name: level for name, (_, level, _) in slots.items()}
        self._conditions = {
            place: facility.zones[zone].condition for place, zone in self.zones.items()
        }
        sizes = [table.size, *(tote.size[:2] for tote in facility.totes)]
        sizes += [facility.rack.slot_size] * len(self.slots)
        # Plain numbers: these few comparisons are made for every item in every step.
        self._areas = [
            (name, *centre, dx / 2, dy / 2)
            for (name, centre), (dx, dy) in zip(self.floors.items(), sizes, strict=True)
        ]

    def of(self, item: ItemState) -> str | None:
        """Return the place that the item rests in, or None; the carton is not among them."""
        if item.speed > _REST:
            return None
        x, y, z = item.pose.position
        low, high = min(item.size) / 2 - _SLACK, max(item.size) / 2 + _SLACK
        for name, at_x, at_y, floor, half_x, half_y in self._areas:
            if abs(x - at_x) <= half_x and abs(y - at_y) <= half_y and low < z - floor < high:
                return name
        return None

    def marks(self, place: str) -> list[tuple[float, float]]:
        """Return the points (x, y) in W where items are set down in ``place`` [m]."""
        if place in self._marks:
            return list(self._marks[place])
        x, y, _ = self.floors[place]
        return [(x, y)]

    def level(self, slot: str) -> int:
        """Return the tier of a slot; 0 is the lowest."""
        return self._levels[slot]

    def condition(self, place: str) -> Keeping | None:
        """Return the condition that a place keeps goods in; the table has none."""
        return self._conditions.get(place)


def inside(carton: CartonState, item: ItemState) -> bool:
    """Tell whether the item's centre is within the carton's walls and below its rim."""
    # Written out: this is asked of every item in every step, by judges and agents.
    (x, y, z), turn = carton.pose
    px, py, pz = item.pose.position
    px, py, pz = px - x, py - y, pz - z
    (ax, bx, cx), (ay, by, cy), (az, bz, cz) = _rows(turn)
    dx, dy, dz = carton.layout.size
    return (
        abs(ax * px + ay * py + az * pz) < dx / 2
        and abs(bx * px + by * py + bz * pz) < dy / 2
        and -_SLACK < cx * px + cy * py + cz * pz < dz + _SLACK
    )


@functools.lru_cache(maxsize=32)
def _rows(turn: Quat) -> tuple[Vec3, Vec3, Vec3]:
    """Return the rotation matrix of a unit quaternion, row by row."""
    x, y, z, w = turn
    return (
        (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    )


def fallen(facility: Facility, item: ItemState) -> bool:
    """Tell whether the item lies out of reach, below every place."""
    return item.pose.position[2] < abyss(facility)


def abyss(facility: Facility) -> float:
    """Return the height below which things are out of reach [m]."""
    lowest = min(
        facility.rack.tiers[0][1],
        facility.conveyor.dock[2],
        facility.table.centre[2],
        *(tote.position[2] for tote in facility.totes),
    )
    return float(lowest - 0.1)


def under(lower: ItemState, upper: ItemState) -> bool:
    """Tell whether ``upper`` rests on ``lower``: its centre is over it, near enough to touch."""
    (x, y, z), (px, py, pz) = lower.pose.position, upper.pose.position
    px, py, pz = px - x, py - y, pz - z
    if upper.speed > _REST or not 0.0 < pz < max(lower.size) + max(upper.size):
        return False
    (ax, bx, cx), (ay, by, cy), (az, bz, cz) = _rows(lower.pose.orientation)
    up = (abs(az), abs(bz), abs(cz))
    upright = up.index(max(up))
    along = (ax * px + ay * py + az * pz, bx * px + by * py + bz * pz, cx * px + cy * py + cz * pz)
    if any(abs(along[k]) >= lower.size[k] / 2 for k in range(3) if k != upright):
        return False
    other = _rows(upper.pose.orientation)[2]
    # Half the heights of both, the way they lie.
    reach = sum(a * s for a, s in zip(up, lower.size, strict=True))
    reach += sum(abs(a) * s for a, s in zip(other, upper.size, strict=True))
    return pz < reach / 2 + _TOUCH
