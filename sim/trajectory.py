"""Smooth trajectories along joint paths, within velocity and acceleration limits."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator

from .values import Array

# Points at which the path's shape is looked at.
_GRID = 300
# Share of the acceleration that bends in the path may use up.
_BEND = 0.6
# Time over which the pace is averaged, which keeps jerk finite [s], at most half of a motion's; and
# steps of that average in a control period.
_SOFT, _FINE = 0.2, 10


def trajectory(waypoints: Array, speed: Array, acceleration: float, period: float) -> Array:
    """Return joint targets, one a control period, from rest to rest through ``waypoints``.

    The path is a monotone cubic: it never overshoots between waypoints. The pace along it is as
    fast as the limits allow at each point, slow at bends, and then averaged over a short time.

    Args:
        waypoints: Shape (n, dof) [rad].
        speed: Joint velocity limits, shape (dof,) [rad/s].
        acceleration: Joint acceleration limit [rad/s^2].
        period: Control period [s].

    Returns:
        Shape (m, dof) with m >= 1 [rad]; the last row is the last waypoint.
    """
    points = np.asarray(waypoints, dtype=float)
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    keep = np.concatenate([[True], lengths > 1e-6])
    points = points[keep]
    if len(points) < 2:
        return np.array(points[-1:])
    knots = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    path = PchipInterpolator(knots / knots[-1], points)
    times, places = _pace(path, speed, acceleration)
    # The pace, averaged: it starts and ends half of that time outside the path.
    tick = period / _FINE
    count = max(1, round(min(_SOFT, times[-1] / 2) / tick))
    fine = np.arange(-count, times[-1] / tick + count + 1) * tick
    soft = np.convolve(np.interp(fine, times, places), np.full(count, 1 / count), "valid")
    soft = (soft - soft[0]) / (soft[-1] - soft[0])
    clock = np.arange(len(soft)) * tick

    def sample(stretch: float) -> Array:
        steps = int(np.ceil(clock[-1] * stretch / period))
        at = np.minimum(np.arange(1, steps + 1) * period / stretch, clock[-1])
        targets: Array = path(np.interp(at, clock, soft))
        return targets

    # Averaging shifts the pace a little against the bends; time makes up for it.
    return sample(max(1.0, _excess(points[0], sample(1.0), speed, acceleration, period)))


def _pace(path: PchipInterpolator, speed: Array, acceleration: float) -> tuple[Array, Array]:
    """Return times [s] and the parameters of the path, 0 to 1, at which to be then.

    The square of the pace is limited by speeds and bends, and grows and shrinks no faster than
    the acceleration that bends leave allows: once looking ahead, once looking back.
    """
    s = np.linspace(0.0, 1.0, _GRID)
    first, second = np.abs(path(s, 1)), np.abs(path(s, 2)).max(axis=1)
    cap = 1.0 / np.maximum((first / speed).max(axis=1), 1e-9) ** 2
    cap = np.minimum(cap, _BEND * acceleration / np.maximum(second, 1e-9))
    push = (acceleration - second * cap) / np.maximum(first.max(axis=1), 1e-9)
    gain = (2 * s[1] * push).tolist()
    square = cap.tolist()
    square[0] = square[-1] = 0.0
    for k in range(1, _GRID):
        square[k] = min(square[k], square[k - 1] + gain[k - 1])
    for k in range(_GRID - 2, -1, -1):
        square[k] = min(square[k], square[k + 1] + gain[k + 1])
    pace = np.sqrt(square)
    times = np.concatenate([[0.0], np.cumsum(2 * s[1] / (pace[:-1] + pace[1:]))])
    return times, s


def _excess(
    start: Array, targets: Array, speed: Array, acceleration: float, period: float
) -> float:
    """Return by how much to stretch time so that targets keep their limits."""
    motion = np.vstack([start, start, targets, targets[-1:]])
    velocity = np.diff(motion, axis=0) / period
    over = float((np.abs(velocity) / speed).max())
    bend = float(np.abs(np.diff(velocity, axis=0)).max()) / period / acceleration
    return max(over, float(np.sqrt(bend)))
