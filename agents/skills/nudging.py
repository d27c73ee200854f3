"""Push an item that lies too near to the carton's walls for the hand, towards the middle.

Closed fingers go down between wall and item and push; where there is no room for them they press
on the item from above and drag it. In a corner, where the wide hand has no room either, the outer
finger of open jaws presses alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from warewheel.agents.perceive import Belief
from warewheel.sim.facts import inside
from warewheel.sim.values import CartonState, ItemState, Pose, Vec3

from .grasp import extent
from .moves import Move, Mover, NoMotionError
from .sweeping import heading

# Half the thickness of closed fingertips with some room [m].
_FINGER = 0.016
# Distance of a finger's pad from the tool centre when the jaws are open [m].
_APART = 0.05
# How far off an item's middle, towards its near side, a finger may press.
_SHARE = 0.6
# Fingertips reach this far below the tool centre, and stay this far over the carton's floor [m].
_TIP, _FLOOR = 0.008, 0.008
# Farthest push, and distance from the middle of the carton where it ends [m].
_FAR, _CENTRE = 0.09, 0.02
# Room to what else is in the carton [m].
_ROOM = 0.01
# Height above the rim from which the hand goes down, and to which it rises [m].
_ABOVE = 0.05
# Height over the item from which the fingers feel for it, step by step, and how many steps [m].
_OVER, _PRESS, _PRESSES = 0.004, 0.002, 16
# What it takes on top of that to drag the item along [m].
_FIRM = 0.005
# A torque from outside that contact brings about [N m].
_FELT = 2.5
# Share of full speed while it pushes: goods should slide, not fly.
SLOW = 0.15


@dataclass(frozen=True, slots=True)
class _Stroke:
    """A straight push.

    Attributes:
        start: Where the tool comes down, in W [m].
        end: Where it ends.
        yaw: How the hand is turned [rad].
        pressed: On the item from above, not beside it.
        grip: How far the jaws are closed.
    """

    start: Vec3
    end: Vec3
    yaw: float
    pressed: bool
    grip: float


def nudge(mover: Mover, belief: Belief, name: str, attempt: int) -> Move:
    """Push ``name`` towards the middle of its carton, another way with each ``attempt``.

    Raises:
        NoMotionError: It is in no carton, or neither fingers nor item would have a way.
    """
    item, carton = mover.last_seen(belief, name), belief.carton
    if carton is None or not inside(carton, item):
        raise NoMotionError("IK")
    rim = mover.rim(belief, item)
    for stroke in _strokes(belief, carton, item):
        mover.grips = (stroke.grip,)
        mover.believe(belief)
        x, y, z = stroke.start
        # Fingers that go down beside the item must not meet it; those that press on it will.
        ignore = frozenset({name}) if stroke.pressed else frozenset()
        stops = [(stroke.start, (0.0, 0.0, 0.0))]
        if not _clear(mover, stroke, name):
            continue
        if attempt > 0:
            # Pushed that way, it had stayed out of reach.
            attempt -= 1
            continue
        try:
            belief = yield from mover.descend(
                (x, y, max(z, rim) + _ABOVE), stroke.yaw, stops, belief, ignore
            )
        except NoMotionError:
            continue
        if stroke.pressed:
            belief = yield from _press(mover, belief)
        here = mover.motion.twin.pose(mover.joints)
        end = Pose((*stroke.end[:2], here.position[2]), here.orientation)
        belief = yield from mover.straight(end, belief, SLOW, check=False)
        return (yield from rise(mover, belief, end, rim))
    raise NoMotionError("IK")


def rise(mover: Mover, belief: Belief, start: Pose, rim: float) -> Move:
    """Leave the carton straight up, and wait until what was moved lies still.

    Args:
        mover: The body.
        belief: As it is now.
        start: Where the tool is.
        rim: Height of the carton's rim [m].
    """
    x, y, _ = start.position
    up = Pose((x, y, rim + _ABOVE), start.orientation)
    belief = yield from mover.straight(up, belief, check=False)
    return (yield from mover.rest(6, belief))


def ways_inward(belief: Belief, carton: CartonState, item: ItemState) -> Iterator[np.ndarray]:
    """Yield ways that an item has towards the middle of its carton, in W [m], shape (2,).

    Straight to the middle, or away from one wall at a time, the farther off the middle first.
    """
    x, y, _ = item.pose.position
    cx, cy, _ = carton.pose.position
    yaw = heading(carton)
    along = np.array([math.cos(yaw), math.sin(yaw)])
    across = np.array([-math.sin(yaw), math.cos(yaw)])
    away = np.array([cx - x, cy - y])
    others = [i for i in belief.items if i.name != item.name and inside(carton, i)]
    for way in (
        away, *sorted((along * (along @ away), across * (across @ away)), key=_length)[::-1]
    ):  # fmt: skip
        reach = min(_FAR, _length(way) - _CENTRE)
        if reach >= _CENTRE:
            found = way / np.linalg.norm(way) * reach
            if _free(item, found, others):
                yield found


def _strokes(belief: Belief, carton: CartonState, item: ItemState) -> Iterator[_Stroke]:
    """Yield pushes to try, the best first: from behind, then from above."""
    x, y, z = item.pose.position
    cx, cy, floor = carton.pose.position
    floor += carton.layout.wall
    yaw = heading(carton)
    away = np.array([cx - x, cy - y])
    axes = Rotation.from_quat(item.pose.orientation).as_matrix()
    top = z + extent(item) / 2
    ways = list(ways_inward(belief, carton, item))
    for pressed in (False, True):
        for way in ways:
            reach = _length(way)
            to = way / reach
            half = float(np.abs(axes[:2].T @ to) @ np.array(item.size)) / 2
            if pressed:
                start, height = np.array([x, y]), top + _TIP + _OVER
            else:
                start = np.array([x, y]) - to * (half + _FINGER)
                height = max(floor + _TIP + _FLOOR, z)
                reach += _FINGER
            for turn in (0.0, math.pi / 2, math.pi / 4, -math.pi / 4):
                yield _stroke(start, to * reach, height, yaw + turn, pressed)
            if pressed:
                # Where the middle is out of reach, the near side of the item may not be.
                nearer = to * half * _SHARE
                for turn in (0.0, math.pi / 2):
                    opening = np.array([math.cos(yaw + turn), math.sin(yaw + turn)])
                    inward = opening * math.copysign(_APART, opening @ away)
                    for spot in (start, start + nearer):
                        yield _stroke(spot + inward, to * reach, height, yaw + turn, True, 0.0)


def _stroke(
    start: np.ndarray, way: np.ndarray, height: float, yaw: float, pressed: bool, grip: float = 1.0
) -> _Stroke:
    (x, y), (to_x, to_y) = start.tolist(), (start + way).tolist()
    return _Stroke((x, y, height), (to_x, to_y, height), yaw, pressed, grip)


def _clear(mover: Mover, stroke: _Stroke, name: str) -> bool:
    """Tell whether the hand can go the stroke's way, as far as walls and other goods go."""
    ends = stroke.start, stroke.end
    for joints in mover.motion.postures(stroke.start, stroke.yaw, mover.joints):
        here = mover.motion.twin.pose(joints)
        goal = Pose(ends[1], here.orientation)
        if mover.motion.line(joints, goal, frozenset({name})) is not None:
            return True
    return False


def _press(mover: Mover, belief: Belief) -> Move:
    """Lower the fingers until they feel something, and lean on it a little."""
    belief = yield from mover.rest(4, belief)
    before = belief.body.external
    for _ in range(_PRESSES):
        belief = yield from mover.straight(_lower(mover, _PRESS), belief, check=False)
        belief = yield from mover.rest(2, belief)
        if np.abs(belief.body.external - before).max() > _FELT:
            return (yield from mover.straight(_lower(mover, _FIRM), belief, check=False))
    return belief


def _lower(mover: Mover, depth: float) -> Pose:
    here = mover.motion.twin.pose(mover.joints)
    x, y, z = here.position
    return Pose((x, y, z - depth), here.orientation)


def _free(item: ItemState, way: np.ndarray, others: list[ItemState]) -> bool:
    """Tell whether an item may move by ``way`` without coming near another."""
    start = np.array(item.pose.position[:2])
    for other in others:
        gap = np.array(other.pose.position[:2]) - start
        share = float(np.clip(gap @ way / max(1e-9, float(way @ way)), 0.0, 1.0))
        # Footprints as discs of their mean radius.
        room = (sum(item.size) - min(item.size) + sum(other.size) - min(other.size)) / 4
        if np.linalg.norm(gap - share * way) < room + _ROOM:
            return False
    return True


def _length(way: np.ndarray) -> float:
    return float(np.linalg.norm(way))
