"""Open a flap with closed fingers: they go in through the gap and sweep it up and over."""

from __future__ import annotations

import math

import numpy as np

from warewheel.agents.perceive import Belief
from warewheel.sim.motion import down
from warewheel.sim.values import CartonState, Pose, Quat

from .moves import Move, Mover, NoMotionError

# Depth of the tool centre below a closed flap, and its distance from the hinge while it sweeps [m].
_DEPTH = 0.022
_HOOK = 0.002
# The hand leans, so that the fingertips reach under the flap and not only against its edge [rad].
_LEAN = 0.61
# The sweep ends well past the vertical [rad].
_SWEEP = 2.1
_HOVER = 0.08


def sweep(mover: Mover, belief: Belief, flap: int, further: float) -> Move:
    """Sweep a flap up and over, ``further`` [rad] than usual."""
    carton = belief.carton
    assert carton is not None
    mover.believe(belief)
    layout = carton.layout
    x, y, z = carton.pose.position
    rim = z + carton.inner[2] + layout.wall
    yaw = heading(carton)
    side = 1.0 if flap == 0 else -1.0

    def spot(across: float, height: float) -> tuple[float, float, float]:
        return (x - math.sin(yaw) * across, y + math.cos(yaw) * across, rim + height)

    hinge = carton.inner[1] / 2 + layout.wall
    lever = carton.levers[flap] - _HOOK
    start = side * (hinge - lever)
    back = _HOVER * math.tan(_LEAN)
    hover = spot(start - side * back, _HOVER - _DEPTH)
    # A wrist in mid-range can lean both ways.
    unwound = np.array([*mover.joints[:-1], 0.0])
    belief = yield from mover.travel(hover, yaw, belief, near=unwound)
    belief = yield from mover.grip(1.0, 14, belief)
    lean = leaning(mover_yaw(mover), yaw, side * _LEAN)
    belief = yield from mover.straight(Pose(hover, lean), belief, check=False)
    inside = Pose(spot(start, -_DEPTH), lean)
    belief = yield from mover.straight(inside, belief, check=False)
    arc = [mover.joints]
    for angle in np.linspace(0.0, _SWEEP + further, 16):
        across = hinge - lever * math.cos(angle) - _DEPTH * math.sin(angle)
        height = lever * math.sin(angle) - _DEPTH * math.cos(angle)
        goal = Pose(spot(side * across, height), inside.orientation)
        joints = mover.motion.twin.solve(goal, arc[-1])
        if joints is None:
            raise NoMotionError("IK")
        arc.append(joints)
    belief = yield from mover.follow(np.array(arc), belief, slow=0.5)
    here = mover.motion.twin.pose(mover.joints)
    up = Pose((*here.position[:2], here.position[2] + 0.05), here.orientation)
    return (yield from mover.straight(up, belief, check=False))


def leaning(tool: float, carton: float, lean: float) -> Quat:
    """Return the tool's orientation, leaning about the carton's x axis."""
    x, y, z, w = down(tool)
    s, c = math.sin(lean / 2), math.cos(lean / 2)
    ax, ay = s * math.cos(carton), s * math.sin(carton)
    # Quaternion product (ax, ay, 0, c) * (x, y, z, w).
    return (
        c * x + ax * w + ay * z,
        c * y + ay * w - ax * z,
        c * z + ax * y - ay * x,
        c * w - ax * x - ay * y,
    )


def heading(carton: CartonState) -> float:
    """Return the angle of the carton's x axis in W [rad]."""
    x, y, z, w = carton.pose.orientation
    return math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))


def mover_yaw(mover: Mover) -> float:
    """Return the yaw at which the tool points down now (see `down`)."""
    x, y, _, _ = mover.motion.twin.pose(mover.joints).orientation
    return 2 * math.atan2(y, x) + math.pi / 2
