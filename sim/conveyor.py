"""The inbound conveyor: a belt that carries by friction, to the dock and away from it."""

from __future__ import annotations

import math

import pybullet as p

from warewheel.configs.schema import Facility

from .stations import belt

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
        self._home = block.centre
        half = [s / 2 for s in block.size]
        shape = p.createCollisionShape(p.GEOM_BOX, halfExtents=half, physicsClientId=client)
        look = p.createVisualShape(
            p.GEOM_BOX, halfExtents=half, rgbaColor=block.rgba, physicsClientId=client
        )
        self.id = int(p.createMultiBody(0.0, shape, look, block.centre, physicsClientId=client))
        friction = facility.surroundings.friction.belt
        p.changeDynamics(self.id, -1, lateralFriction=friction, physicsClientId=client)
        # Towards the dock [m/s].
        self.speed = 0.0
        # A stopped drive moves nothing; faults set it.
        self.stalled = False

    def bring(self, x: float, period: float) -> bool:
        """Choose the speed that brings a carton in; tell whether it is at the dock.

        Args:
            x: Where the carton's centre is in W [m].
            period: For how long the speed will hold [s].
        """
        ahead = x - self._config.dock[0]
        if ahead <= _DOCKED:
            self.hold()
            return True
        limit = math.sqrt(2.0 * self._config.acceleration * ahead) / 1.4
        self._approach(min(self._config.speed, limit + _CREEP), period)
        return False

    def send(self, period: float) -> None:
        """Choose the speed that takes a carton away."""
        self._approach(-self._config.speed, period)

    def hold(self) -> None:
        """Stand still."""
        if self.speed != 0.0:
            self.speed = 0.0
            self.drive()

    def _approach(self, target: float, period: float) -> None:
        if self.stalled:
            self.hold()
            return
        step = self._config.acceleration * period
        # Braking is at once, as it always was near the dock; only speeding up takes time.
        faster = min(abs(target), abs(self.speed) + step) if target * self.speed >= 0 else step
        self.speed = math.copysign(faster, target)

    def drive(self) -> None:
        """Renew the surface velocity; needed before every physics step while it moves.

        The engine shifts even a static body by its velocity, so the belt is also put back.
        """
        p.resetBasePositionAndOrientation(
            self.id, self._home, (0, 0, 0, 1), physicsClientId=self._client
        )
        p.resetBaseVelocity(self.id, [-self.speed, 0, 0], physicsClientId=self._client)

    def memory(self) -> tuple[float, bool]:
        """Return the belt's state, which PyBullet's own snapshots leave out."""
        return self.speed, self.stalled

    def recall(self, memory: tuple[float, bool]) -> None:
        """Take back what `memory` returned."""
        self.speed, self.stalled = memory
        self.drive()
