"""Open a flap by suction: lift it by its free edge until it stands, then push it over."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial.transform import Rotation

from warewheel.agents.perceive import Belief
from warewheel.sim.values import Array, CartonState, Pose, Vec3

from .moves import Move, Mover, NoMotionError
from .sweeping import heading

if TYPE_CHECKING:
    from .hands import Hand

# Distance of the cup from the flap's free edge, and of its rim from the board before it is
# pressed on; thickness of the board [m].
_EDGE, _GAP, _BOARD = 0.03, 0.004, 0.004
# Where along the flap the cup is set, as shares of its length from the middle, and the tool's
# turns there, in the carton's frame [rad]: the first that can follow the flap far enough is taken.
_ALONG = (-0.25, -0.35, -0.15, 0.0)
_TURNS = tuple(k * math.pi / 4 for k in (4, 3, 5, 0, 2, 6))
# The flap is lifted until it stands; there its hinge holds it, and suction ends [rad].
_STAND, _LEAST = 1.62, 1.45
_ARC_STEP = 0.05
_HOVER = 0.06
# How far the cup backs off from the standing flap, the farthest that the arm can is taken [m].
_AWAY = (0.06, 0.04, 0.02)
# It is pushed over from within: height above the rim, and from where to where over the hinge [m].
_PUSH_HEIGHT, _PUSH_FROM, _PUSH_TO = 0.06, -0.06, 0.09
# A flap that leans out this far needs no push [rad].
_FALLS = 1.9


def peel(mover: Mover, hand: Hand, belief: Belief, flap: int, attempt: int) -> Move:
    """Lift a flap by its free edge until it stands, let go, and push it over from within."""
    carton = belief.carton
    assert carton is not None
    if carton.flaps[flap] < _LEAST:
        belief = yield from _lift(mover, hand, belief, flap, attempt)
    carton = belief.carton
    assert carton is not None
    if carton.flaps[flap] < _FALLS:
        belief = yield from _push(mover, belief, flap, attempt)
    return belief


def _lift(mover: Mover, hand: Hand, belief: Belief, flap: int, attempt: int) -> Move:
    carton = belief.carton
    assert carton is not None
    mover.grips = (0.0,)
    mover.believe(belief)
    along, turn = _site(mover, carton, flap, attempt)
    over = _edge(carton, flap, along, _HOVER)
    belief = yield from mover.travel(over, heading(carton) + turn, belief)
    here = mover.motion.twin.pose(mover.joints)
    touch = Pose(_edge(carton, flap, along, _GAP), here.orientation)
    belief = yield from mover.straight(touch, belief, check=False)
    belief = yield from hand.seize(mover, belief)
    arc = _arc(mover, carton, flap, mover.joints)
    belief = yield from mover.follow(arc, belief, slow=0.5)
    belief = yield from hand.release(mover, belief)
    here = mover.motion.twin.pose(mover.joints)
    axis = Rotation.from_quat(here.orientation).as_matrix()[:, 2]
    for away in _AWAY:
        back = tuple((here.position - away * axis).tolist())
        with contextlib.suppress(NoMotionError):
            return (yield from mover.straight(Pose(back, here.orientation), belief, check=False))
    return belief


def _site(mover: Mover, carton: CartonState, flap: int, attempt: int) -> tuple[float, float]:
    """Return where along the flap to set the cup [m], and the tool's turn there [rad]."""
    best, found = _LEAST, None
    for share in (*_ALONG[attempt:], *_ALONG[:attempt]):
        along = share * carton.inner[0]
        start = _edge(carton, flap, along, 0.0)
        for turn in _TURNS:
            for joints in mover.motion.postures(start, heading(carton) + turn, mover.joints):
                arc = _arc(mover, carton, flap, joints)
                lifted = (len(arc) - 1) * _ARC_STEP
                if lifted >= _STAND - _ARC_STEP:
                    return along, turn
                if lifted >= best:
                    best, found = lifted, (along, turn)
    if found is None:
        raise NoMotionError("IK")
    return found


def _arc(mover: Mover, carton: CartonState, flap: int, start: Array) -> Array:
    """Return waypoints from ``start`` that turn with the flap, as far as the arm can follow.

    They turn exactly about the hinge: where the cup is off the path, seal and hinge are at odds.
    """
    twin = mover.motion.twin
    at, flat = twin.pose(start)
    yaw, hinge = heading(carton), np.array(_at(carton, flap, 0.0, 0.0, 0.0))
    axis = np.array([math.cos(yaw), math.sin(yaw), 0.0]) * (-1.0 if flap == 0 else 1.0)
    points = [np.array(start)]
    for angle in np.arange(_ARC_STEP, _STAND, _ARC_STEP):
        turn = Rotation.from_rotvec(angle * axis)
        place = hinge + turn.apply(np.array(at) - hinge)
        facing = (turn * Rotation.from_quat(flat)).as_quat()
        joints = twin.solve(Pose(tuple(place.tolist()), tuple(facing.tolist())), points[-1])
        if joints is None or np.abs(joints - points[-1]).max() > 0.4:
            break
        points.append(joints)
    return np.array(points)


def _edge(carton: CartonState, flap: int, along: float, above: float) -> Vec3:
    """Return the point in W ``above`` where the cup is set on the closed flap."""
    return _at(carton, flap, along, _EDGE - carton.levers[flap], _BOARD + above)


def _at(carton: CartonState, flap: int, along: float, out: float, height: float) -> Vec3:
    """Return the point in W that lies ``out`` of the flap's hinge and ``height`` above it [m]."""
    x, y, z = carton.pose.position
    layout, yaw = carton.layout, heading(carton)
    across = (1.0 if flap == 0 else -1.0) * (carton.inner[1] / 2 + layout.wall + out)
    return (
        x + math.cos(yaw) * along - math.sin(yaw) * across,
        y + math.sin(yaw) * along + math.cos(yaw) * across,
        z + carton.inner[2] + layout.wall + height,
    )


def _push(mover: Mover, belief: Belief, flap: int, attempt: int) -> Move:
    carton = belief.carton
    assert carton is not None
    mover.believe(belief)
    start = _at(carton, flap, 0.0, _PUSH_FROM, _PUSH_HEIGHT)
    belief = yield from mover.travel(start, heading(carton), belief)
    here = mover.motion.twin.pose(mover.joints)
    end = _at(carton, flap, 0.0, _PUSH_TO + 0.02 * attempt, _PUSH_HEIGHT)
    belief = yield from mover.straight(Pose(end, here.orientation), belief, check=False)
    return (yield from mover.straight(Pose(start, here.orientation), belief, check=False))
