"""Named cameras of a cell."""

from __future__ import annotations

from collections.abc import Callable

from warewheel.configs.schema import Facility
from warewheel.sim.camera import Camera


def _overview(facility: Facility, size: int) -> Camera:
    # From across the belt, so that the rack shows its front.
    side = facility.rack.side
    return Camera((1.5, -0.9 * side, 1.4), (0.3, -0.05 * side, 0.7), width=size, height=size)


def _dock(facility: Facility, size: int) -> Camera:
    x, y, z = facility.conveyor.dock
    return Camera((x + 0.01, y, z + 1.0), (x, y, z), width=size, height=size)


def _table(facility: Facility, size: int) -> Camera:
    x, y, z = facility.table.centre
    return Camera((x + 0.01, y, z + 0.9), (x, y, z), width=size, height=size)


def _rack(facility: Facility, size: int) -> Camera:
    rack = facility.rack
    xs = [column.x for column in rack.columns]
    middle = (min(xs) + max(xs)) / 2
    y, z = rack.tiers[0]
    eye, target = (middle, y - 0.7 * rack.side, z + 0.9), (middle, y + 0.1 * rack.side, z + 0.1)
    return Camera(eye, target, width=size, height=size)


# Cameras by name: each takes the layout and the picture's width and height [px].
VIEWS: dict[str, Callable[[Facility, int], Camera]] = {
    "overview": _overview,
    "dock": _dock,
    "table": _table,
    "rack": _rack,
}
