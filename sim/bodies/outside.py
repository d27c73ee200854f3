"""Torques from outside: what an arm's own motion and gravity do not explain.

They are worked out when somebody asks, which few do, and then from what was felt alone: in a client
of its own, so that they can still be asked for when the world has long been another.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import pybullet as p

from warewheel.configs.schema import Body
from warewheel.sim.values import Array

from .arms import Model, load

# Bodies whose dynamics are kept at hand.
_KEPT = 4


@dataclass(frozen=True, slots=True, eq=False)
class Outside:
    """What the torques from outside follow from, at one moment; call it for them.

    What the motors did in the last physics step is held against inverse dynamics at the
    acceleration that came of it (direct estimation: Haddadin, De Luca and Albu-Schaeffer, T-RO
    2017).

    Attributes:
        body: The body.
        joints: Arm angles, shape (dof,) [rad].
        velocities: Arm velocities, shape (dof,) [rad/s].
        before: The same a physics step earlier; empty if none was made.
        torques: Applied motor torques, shape (dof,) [N m].
        rate: Physics steps in a second [1/s].
    """

    body: Body
    joints: Array
    velocities: Array
    before: tuple[float, ...]
    torques: Array
    rate: float

    def __call__(self) -> Array:
        """Return the torques from outside, shape (dof,) [N m]."""
        if not self.before:
            return np.zeros_like(self.joints)
        dynamics = _dynamics(self.body)
        acceleration = (self.velocities - np.array(self.before)) * self.rate
        fingers = [0.0] * len(dynamics.model.fingers)
        needed = p.calculateInverseDynamics(
            dynamics.model.id, [*self.joints, *fingers], [*self.velocities, *fingers],
            [*acceleration, *fingers], physicsClientId=dynamics.client,
        )  # fmt: skip
        # The model's joint damping is no motor's work.
        drag = dynamics.model.damping * self.velocities
        outside: Array = np.array(needed[: len(self.joints)]) + drag - self.torques
        return outside


class _Dynamics:
    """A body alone in a client; nothing moves there."""

    def __init__(self, body: Body) -> None:
        self.client = p.connect(p.DIRECT)
        p.setGravity(0, 0, -9.81, physicsClientId=self.client)
        self.model: Model = load(self.client, body)

    def __del__(self) -> None:
        # At the interpreter's end modules may be gone, and so is the client.
        if p is not None and p.isConnected(self.client):
            p.disconnect(self.client)


@functools.lru_cache(maxsize=_KEPT)
def _dynamics(body: Body) -> _Dynamics:
    return _Dynamics(body)
