"""The room that each station takes up, as boxes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import NamedTuple

from .schema import Carton, Facility, Vec3

# Overlaps up to this are touch [m].
_TOUCH = 1e-6
# An opened flap hangs at this angle, from closed over the outside [rad].
HANGING = 4.5


class Box(NamedTuple):
    """A box along the axes of W, from its lowest to its highest corner [m]."""

    low: Vec3
    high: Vec3

    def overlaps(self, other: Box) -> bool:
        """Tell whether the two boxes share more than a face."""
        return all(
            min(self.high[k], other.high[k]) - max(self.low[k], other.low[k]) > _TOUCH
            for k in range(3)
        )


def boxes(facility: Facility, base: Vec3) -> dict[str, tuple[Box, ...]]:
    """Return the boxes of each station by name; under a table nothing else can stand.

    Args:
        facility: The site.
        base: Where the robot stands on its pedestal, in W.
    """
    table, scanner = facility.table, facility.scanner
    found = {
        "pedestal": (
            _upright(base[:2], (0.18, 0.18), base[2]),
            _upright(base[:2], (0.36, 0.36), 0.02),
        ),
        "conveyor": _conveyor(facility),
        "table": (_upright(table.centre[:2], table.size, table.centre[2]),),
        "scanner": (_upright(scanner.position[:2], (0.11, 0.11), 0.009, scanner.position[2]),),
    }
    if facility.rack.tiers and facility.rack.columns:
        found["rack"] = _rack(facility)
    for tote in facility.totes:
        (x, y, z), (dx, dy, dz) = tote.position, tote.size
        found[tote.name] = (_upright((x, y), (dx + 0.012, dy + 0.012), dz + 0.006, z - 0.006),)
    if facility.totes:
        found["stand of the totes"] = (stand(facility),)
    return found


def stand(facility: Facility) -> Box:
    """Return the stand that carries the totes, whose top is under the lowest of them."""
    lows = [[t.position[k] - t.size[k] / 2 for t in facility.totes] for k in (0, 1)]
    highs = [[t.position[k] + t.size[k] / 2 for t in facility.totes] for k in (0, 1)]
    top = min(tote.position[2] for tote in facility.totes) - 0.006
    low = (min(lows[0]) - 0.01, min(lows[1]) - 0.01, 0.0)
    return Box(low, (max(highs[0]) + 0.01, max(highs[1]) + 0.01, top))


def collisions(facility: Facility, base: Vec3) -> Iterator[tuple[str, str]]:
    """Yield the names of stations that stand in each other."""
    for (one, mine), (other, theirs) in itertools.combinations(boxes(facility, base).items(), 2):
        if any(a.overlaps(b) for a in mine for b in theirs):
            yield one, other


def levers(carton: Carton) -> tuple[float, float]:
    """Return the length of each flap, on +y and -y, from its hinge to its free edge [m]."""
    half = (carton.size[1] + 2 * carton.wall - carton.gap) / 2
    return half - carton.seam, half + carton.seam


def swept(facility: Facility, base: Vec3) -> Iterator[tuple[int, str]]:
    """Yield the cartons, by number, whose flaps hit a station as they swing open at the dock."""
    x, y, z = facility.conveyor.dock
    stations = boxes(facility, base)
    for k, carton in enumerate(facility.cartons):
        half = carton.size[0] / 2 + carton.wall
        for side, lever in zip((1.0, -1.0), levers(carton), strict=True):
            hinge = (
                y + side * (carton.size[1] / 2 + carton.wall),
                z + carton.size[2] + carton.wall,
            )
            for name, parts in stations.items():
                if name == "conveyor":
                    continue
                for low, high in parts:
                    beside = min(high[0], x + half) - max(low[0], x - half) > _TOUCH
                    gaps = (_gap(hinge[0], low[1], high[1]), _gap(hinge[1], low[2], high[2]))
                    if beside and math.hypot(*gaps) < lever:
                        yield k, name


def _gap(at: float, low: float, high: float) -> float:
    return max(low - at, at - high, 0.0)


def _upright(
    centre: tuple[float, ...], size: tuple[float, ...], height: float, floor: float = 0.0
) -> Box:
    (x, y), (dx, dy) = centre, size
    return Box((x - dx / 2, y - dy / 2, floor), (x + dx / 2, y + dy / 2, floor + height))


def _conveyor(facility: Facility) -> tuple[Box, ...]:
    conveyor = facility.conveyor
    (x, y, z), half = conveyor.dock, conveyor.width / 2
    near = x - max(carton.size[0] / 2 + carton.wall for carton in facility.cartons) - 0.01
    far = x + conveyor.length
    stop = Box((near - 0.02, y - half, z - 0.02), (near, y + half, z + 0.04))
    return Box((near, y - half - 0.02, 0.0), (far, y + half + 0.02, z)), stop


def _rack(facility: Facility) -> tuple[Box, ...]:
    rack = facility.rack
    (dx, dy), side = rack.slot_size, rack.side
    xs = [column.x for column in rack.columns]
    low, high = min(xs) - dx / 2 - 0.008, max(xs) + dx / 2 + 0.008
    found = []
    last = len(rack.tiers) - 1
    for level, (y, z) in enumerate(rack.tiers):
        # A riser before each tier, and a wall behind the last one.
        ends = (y - side * (dy / 2 + 0.006), y + side * (dy / 2 + (0.01 if level == last else 0.0)))
        top = z + (0.06 if level == last else rack.lip)
        found.append(Box((low, min(ends), 0.0), (high, max(ends), top)))
    return tuple(found)
