"""Where to grip an item: candidates from its bounding box, as it lies now."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from warewheel.configs.schema import Cup, Jaws
from warewheel.sim.values import ItemState, Vec3

# Room for each finger beside the item before the jaws close, and extra opening on the way down [m].
_ROOM, _SPREAD = 0.008, 0.018
# The hand's palm hangs this far above the tool centre; an item must not reach it [m].
_PALM = 0.036
# Height above an item's top from which a cup is pressed on [m].
_GAP = 0.004


@dataclass(frozen=True, slots=True)
class Grasp:
    """A grip from above.

    Attributes:
        position: Tool centre point in W [m].
        yaw: Angle of the tool's y axis, along which jaws open, in W [rad].
        grip: How far the end effector is closed on the way there.
    """

    position: Vec3
    yaw: float
    grip: float


def pinches(item: ItemState, jaws: Jaws) -> list[Grasp]:
    """Return the grips from the sides that the jaws are wide enough for, the narrowest first."""
    _, _, z = item.pose.position
    # At mid-height, where odd shapes are widest, or as low on a tall item as the palm allows.
    position = (*item.pose.position[:2], max(z, z + extent(item) / 2 - _PALM))
    sides = sorted(side for side in _sides(item) if side[0] <= jaws.opening - _ROOM)
    return [
        Grasp(position, yaw, max(0.0, 1.0 - (width + _SPREAD) / jaws.opening))
        for width, yaw in sides
    ]


def touches(item: ItemState, cup: Cup) -> list[Grasp]:
    """Return the places on top of the item that the cup is narrow enough for.

    The cup is round; turned with the item's sides it puts the item down straight.
    """
    sides = list(_sides(item))
    if min(width for width, _ in sides) < 2 * cup.radius:
        return []
    x, y, z = item.pose.position
    return [Grasp((x, y, z + extent(item) / 2 + _GAP), yaw, 0.0) for _, yaw in sides]


def _sides(item: ItemState) -> Iterator[tuple[float, float]]:
    """Yield width [m] and direction in W [rad] of the item's two level axes."""
    axes = Rotation.from_quat(item.pose.orientation).as_matrix()
    upright = int(np.argmax(np.abs(axes[2])))
    for k in range(3):
        if k != upright:
            yield item.size[k], math.atan2(axes[1, k], axes[0, k])


def extent(item: ItemState) -> float:
    """Return the item's height as it lies now [m]."""
    axes = Rotation.from_quat(item.pose.orientation).as_matrix()
    return float(np.abs(axes[2]) @ np.array(item.size))
