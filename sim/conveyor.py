"""The inbound conveyor: a belt that carries by friction and stops at the dock."""

from __future__ import annotations

import math

import pybullet as p

from warewheel.configs.schema import Facility

from .stations import belt
from .values import Vec3

# Below this distance the carton counts as docked [m].
_DOCKED = 0.004
# The belt creeps the last stretch, so that the beam at the dock stops it in place [m/s].
_CREEP = 0.02


class ConveyorBody:
    """A static belt whose surface velocity is set before each step.

    Contacts see the velocity of a static body's surface though the body itself stays in place.
    """

    def __init__(self, client: int, facility: Facility) -> None:
        self._client = client
        self._config = facility.conveyor
        block = belt(facility)
        half = [s / 2 for s in block.size]
        shape = p.createCollisionShape(p.GEOM_BOX, halfExtents=half, physicsClientId=client)
        look = p.createVisualShape(
            p.GEOM_BOX, halfExtents=half, rgbaColor=block.rgba, physicsClientId=client
        )
        self.id = int(p.createMultiBody(0.0, shape, look, block.centre, physicsClientId=client))
        friction = facility.surroundings.friction.belt
        p.changeDynamics(self.id, -1, lateralFriction=friction, physicsClientId=client)
        self.speed = 0.0
        self.docked = False

    def plan(self, carton: Vec3 | None, period: float) -> None:
        """Choose the belt's speed for one control period from where the carton is."""
        if carton is None or self.docked:
            self._set(0.0)
            return
        ahead = carton[0] - self._config.dock[0]
        if ahead <= _DOCKED:
            self.docked = True
            self._set(0.0)
            return
        limit = math.sqrt(2.0 * self._config.acceleration * ahead) / 1.4
        target = min(self._config.speed, limit + _CREEP)
        self._set(min(target, self.speed + self._config.acceleration * period))

    def _set(self, speed: float) -> None:
        if speed == 0.0 and self.speed != 0.0:
            p.resetBaseVelocity(self.id, [0, 0, 0], [0, 0, 0], physicsClientId=self._client)
        self.speed = speed

    def drive(self) -> None:
        """Renew the surface velocity; needed before every physics step while it moves."""
        p.resetBaseVelocity(self.id, [-self.speed, 0, 0], physicsClientId=self._client)

    def memory(self) -> tuple[float, bool]:
        """Return the belt's state, which PyBullet's own snapshots leave out."""
        return self.speed, self.docked

    def recall(self, memory: tuple[float, bool]) -> None:
        """Take back what `memory` returned."""
        self.speed, self.docked = memory
        self.drive()
