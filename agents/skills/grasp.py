"""Where to grip an item: candidates from its bounding box, as it lies now."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from warewheel.configs.schema import Cup, Jaws
from warewheel.sim.values import Array, ItemState, Vec3

# Room for each finger beside the item before the jaws close, and extra opening on the way down [m].
_ROOM, SPREAD = 0.008, 0.018
# The hand's palm hangs this far above the tool centre; an item must not reach it [m].
PALM = 0.036
# Height above an item's top from which a cup is pressed on [m].
_GAP = 0.004
# Grips beside the middle are tried so far along the item, as a share of its length.
_ASIDE = (0.2, -0.2)
# Jaws that close askew turn the item until it lies flat between them [rad].
_ASKEW = (0.3, -0.3, 0.5, -0.5)
# Jaws that lean reach what stands at a wall: about the line along which they close, or, where the
# palm is too wide for a corner, across it, so that one finger comes lower than the other [rad].
_LEANING = (0.25, -0.25, 0.45, -0.45)
# A box that leans by less is level to a cup; one that leans by more offers it nothing flat [rad].
_LEVEL, _STEEP = 0.12, 0.6


@dataclass(frozen=True, slots=True)
class Grasp:
    """A grip from above.

    Attributes:
        position: Tool centre point in W [m].
        yaw: Angle of the tool's y axis, along which jaws open, in W [rad].
        grip: How far the end effector is closed on the way there.
        lean: Rotation vector in W from straight down to how the tool comes in [rad].
        sure: Nothing speaks against carrying the item as fast as usual.
        chance: That it holds, as far as anybody knows.
    """

    position: Vec3
    yaw: float
    grip: float
    lean: Vec3 = (0.0, 0.0, 0.0)
    sure: bool = True
    chance: float = 1.0


def pinches(item: ItemState, jaws: Jaws, attempt: int = 0) -> list[Grasp]:
    """Return the grips from the sides that the jaws are wide enough for, the best first.

    Those at the middle come first, by the narrow side before the wide one and in turn with each
    ``attempt``; then those beside it, those askew and those that lean, for where walls are in the
    hand's way.
    """
    _, _, z = item.pose.position
    # At mid-height, where odd shapes are widest, or as low on a tall item as the palm allows.
    height = max(z, z + extent(item) / 2 - PALM)
    sides = sorted(level_sides(item))

    def grasp(width: float, yaw: float, along: float = 0.0) -> Grasp:
        x, y, _ = item.pose.position
        # A side's own direction is where the jaws open; its length runs across.
        position = (x - math.sin(yaw) * along, y + math.cos(yaw) * along, height)
        return Grasp(position, yaw, max(0.0, 1.0 - (width + SPREAD) / jaws.opening))

    wide = jaws.opening - _ROOM
    fitting = [(width, length, yaw) for width, length, yaw in sides if width <= wide]
    middle = [grasp(width, yaw) for width, _, yaw in fitting]
    shift = attempt % max(1, len(middle))
    found = middle[shift:] + middle[:shift]
    found += [
        grasp(width, yaw, share * length) for width, length, yaw in fitting for share in _ASIDE
    ]
    askew = []
    for (width, length, yaw), (_, _, other) in zip(sides, reversed(sides), strict=True):
        for turn in _ASKEW if width <= wide else ():
            # From above, the sides of what is tilted need not be square to one another.
            across = width * math.cos(turn) + length * abs(math.cos(yaw + turn - other))
            if across <= wide:
                askew.append(grasp(across, yaw + turn))
    found += askew
    found += [_leaning(one, one.yaw, turn) for turn in _LEANING for one in middle]
    found += [
        replace(_leaning(one, one.yaw + math.pi / 2, turn), sure=False)
        for turn in _LEANING
        for one in middle + askew
    ]
    return found


def _leaning(one: Grasp, about: float, turn: float) -> Grasp:
    """Return a grip that leans by a turn about a level direction [rad]."""
    return replace(one, lean=(math.cos(about) * turn, math.sin(about) * turn, 0.0))


def touches(item: ItemState, cup: Cup, attempt: int = 0) -> list[Grasp]:
    """Return the places on top of the item that the cup is narrow enough for, the best first.

    The cup is round; turned with the item's sides it puts the item down straight. With each
    ``attempt`` another place comes first: what did not seal once will not seal again.
    """
    sides = list(level_sides(item))
    if min(width for width, _, _ in sides) < 2 * cup.radius:
        return []
    yaws = [yaw for _, _, yaw in sides]
    x, y, z = item.pose.position
    top = z + extent(item) / 2 + _GAP
    spots = [((x, y, top), (0.0, 0.0, 0.0))]
    normal, height = _upright(item)
    angle = math.acos(min(1.0, float(normal[2])))
    if _LEVEL < angle < _STEEP:
        # Square on the face that points up most.
        px, py, pz = (np.array(item.pose.position) + normal * (height / 2 + _GAP)).tolist()
        axis = np.cross((0.0, 0.0, 1.0), normal)
        lx, ly, lz = (axis / np.linalg.norm(axis) * angle).tolist()
        spots.insert(0, ((px, py, pz), (lx, ly, lz)))
    for width, length, yaw in sides:
        if length > 4 * cup.radius and length >= width:
            spots += [
                (
                    (x - math.sin(yaw) * share * length, y + math.cos(yaw) * share * length, top),
                    (0.0, 0.0, 0.0),
                )
                for share in _ASIDE
            ]
    shift = attempt % len(spots)
    spots = spots[shift:] + spots[:shift]
    return [Grasp(position, yaw, 0.0, lean) for position, lean in spots for yaw in yaws]


def level_sides(item: ItemState) -> Iterator[tuple[float, float, float]]:
    """Yield width, length across it [m] and direction in W [rad] of the two level axes."""
    axes = Rotation.from_quat(item.pose.orientation).as_matrix()
    upright = int(np.argmax(np.abs(axes[2])))
    level = [k for k in range(3) if k != upright]
    for k, other in zip(level, reversed(level), strict=True):
        yield item.size[k], item.size[other], math.atan2(axes[1, k], axes[0, k])


def _upright(item: ItemState) -> tuple[Array, float]:
    """Return the axis of the item that points up most, in W, and its size along it [m]."""
    axes = Rotation.from_quat(item.pose.orientation).as_matrix()
    k = int(np.argmax(np.abs(axes[2])))
    return axes[:, k] * math.copysign(1.0, axes[2, k]), item.size[k]


def extent(item: ItemState) -> float:
    """Return the item's height as it lies now [m]."""
    axes = Rotation.from_quat(item.pose.orientation).as_matrix()
    return float(np.abs(axes[2]) @ np.array(item.size))
