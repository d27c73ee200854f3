"""Smooth, velocity-limited trajectories along joint paths."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator

from .values import Array

# Samples on which the limits are checked.
_GRID = 200


def trajectory(waypoints: Array, speed: Array, acceleration: float, period: float) -> Array:
    """Return joint targets, one a control period, from rest to rest through ``waypoints``.

    The path is a monotone cubic (it never overshoots between waypoints), run through with the
    quintic time law ``10 u^3 - 15 u^4 + 6 u^5`` that is at rest, without acceleration, at both
    ends; the duration is the shortest that keeps every joint within its limits.

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
    u = np.linspace(0.0, 1.0, _GRID)
    s = u**3 * (10 - 15 * u + 6 * u**2)
    ds = 30 * u**2 * (1 - u) ** 2
    dds = 60 * u * (1 - u) * (1 - 2 * u)
    first, second = path(s, 1), path(s, 2)
    velocity = np.abs(first * ds[:, None]).max(axis=0)
    bend = np.abs(second * (ds**2)[:, None] + first * dds[:, None]).max()
    duration = max(float((velocity / speed).max()), float(np.sqrt(bend / acceleration)), period)
    count = int(np.ceil(duration / period))
    t = np.arange(1, count + 1) / count
    targets: Array = path(t**3 * (10 - 15 * t + 6 * t**2))
    return targets
