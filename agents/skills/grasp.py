"""Where to grip an item: candidates from its bounding box, as it lies now."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from warewheel.configs.schema import Jaws
from warewheel.sim.values import ItemState, Vec3

# Room for each finger beside the item before the jaws close [m].
_ROOM = 0.008
# The hand's palm hangs this far above the tool centre; an item must not reach it [m].
_PALM = 0.036


@dataclass(frozen=True, slots=True)
class Grasp:
    """A grip from above.

    Attributes:
        position: Tool centre point in W [m].
        yaw: Angle of the jaws' opening axis in W [rad].
        width: Extent of the item between the jaws [m].
        rise: Height of the tool centre above the item's lowest point [m].
    """

    position: Vec3
    yaw: float
    width: float
    rise: float


def grasps(item: ItemState, jaws: Jaws) -> list[Grasp]:
    """Return the grips that the jaws are wide enough for, the narrowest width first."""
    axes = Rotation.from_quat(item.pose.orientation).as_matrix()
    size = np.array(item.size)
    height = extent(item)
    x, y, z = item.pose.position
    bottom, top = z - height / 2, z + height / 2
    # At mid-height, where odd shapes are widest, or as low on a tall item as the palm allows.
    grip = max(z, top - _PALM)
    upright = int(np.argmax(np.abs(axes[2])))
    found = []
    for k in range(3):
        if k == upright or size[k] > jaws.opening - _ROOM:
            continue
        yaw = math.atan2(axes[1, k], axes[0, k])
        found.append(Grasp((x, y, grip), yaw, float(size[k]), grip - bottom))
    return sorted(found, key=lambda g: g.width)


def extent(item: ItemState) -> float:
    """Return the item's height as it lies now [m]."""
    axes = Rotation.from_quat(item.pose.orientation).as_matrix()
    return float(np.abs(axes[2]) @ np.array(item.size))
