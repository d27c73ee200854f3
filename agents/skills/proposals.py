"""Grips for jaws all over an item, for somebody to choose from."""

from __future__ import annotations

import math

from warewheel.configs.schema import Jaws
from warewheel.sim.values import ItemState

from .grasp import PALM, SPREAD, Grasp, extent, level_sides

# Directions in which the jaws may close, shares of the item's length to grip it beside its middle,
# and heights between the lowest grip and the highest.
_TURNS = 12
_ASIDE = (-0.3, -0.15, 0.0, 0.15, 0.3)
_HEIGHTS = (0.0, 0.33, 0.67, 1.0)
# Height of the lowest grip over the item's foot, and depth of the highest below its top [m].
_LOW, _HIGH = 0.012, 0.008


def proposals(item: ItemState, jaws: Jaws) -> list[Grasp]:
    """Return grips from every side, beside the middle too and at several heights.

    The item's bounding box may be wider than the jaws there: its corners may be empty. None is
    `sure`: what takes another grip than the usual one is awkward to carry, too.
    """
    x, y, z = item.pose.position
    half = extent(item) / 2
    low, high = z - half + _LOW, z + half - _HIGH
    # The palm stays over the item.
    low = min(max(low, z + half - PALM), high)
    (width, depth, first), (_, _, second) = level_sides(item)
    found = []
    for k in range(_TURNS):
        yaw = first + k * math.pi / _TURNS
        along, across = abs(math.cos(yaw - first)), abs(math.cos(yaw - second))
        room = width * along + depth * across
        length = width * abs(math.sin(yaw - first)) + depth * abs(math.sin(yaw - second))
        grip = max(0.0, 1.0 - (room + SPREAD) / jaws.opening)
        for share in _ASIDE:
            a = share * length
            at = (x - math.sin(yaw) * a, y + math.cos(yaw) * a)
            found += [Grasp((*at, low + t * (high - low)), yaw, grip, sure=False) for t in _HEIGHTS]
    return found
