"""Inbound: cartons ride in one after another, are emptied, and ride out again."""

from __future__ import annotations

from collections.abc import Sequence

import pybullet as p

from .carton import CartonBody
from .conveyor import ConveyorBody
from .facts import inside
from .rest import Rest
from .spec import Parcel
from .values import CartonState, Observation, Vec3

# An open carton leaves once it has been empty, and the space over it clear, for this long
# [control steps].
_CLEAR_FOR = 20
# The light curtain over the dock reaches this far above the rim and beside the walls [m].
_CURTAIN = (0.06, 0.12)
# Past the dock by this much a carton has left the cell [m].
_EXIT = 0.95
# A flap past this angle stays open by its own weight [rad].
_OPEN = 1.5


class Inbound:
    """The dock's controller: a weighing cell, a light curtain, and the belt.

    Cartons come into being at the belt's far end and cease to be there; in between only friction
    moves them.

    Args:
        client: PyBullet client id.
        conveyor: The belt.
        rest: Who sleeps.
        parcels: What will arrive, in order.
        dock: Where in W a carton comes to rest [m].
    """

    def __init__(
        self, client: int, conveyor: ConveyorBody, rest: Rest, parcels: Sequence[Parcel],
        dock: Vec3,
    ) -> None:  # fmt: skip
        self._client = client
        self._rest = rest
        self._conveyor = conveyor
        self._parcels = tuple(parcels)
        self._exit = dock[0] + _EXIT
        self.carton: CartonBody | None = None
        self.docked = False
        self.arrived = 0
        self._leaving = False
        self._clear = 0

    def admit(self) -> Parcel | None:
        """Let the next carton onto the belt if there is one and none is in the way."""
        if self.carton is not None or self.arrived == len(self._parcels):
            return None
        parcel = self._parcels[self.arrived]
        self.arrived += 1
        self.carton = CartonBody(
            self._client, parcel.name, parcel.layout, parcel.pose, parcel.opened
        )
        self.docked = self._leaving = False
        self._clear = 0
        self._rest.add(self.carton.id)
        return parcel

    def plan(self, last: Observation, period: float) -> None:
        """Choose what the belt does for one control period; take out a carton that has left."""
        if self.carton is None:
            self._conveyor.hold()
            return
        if not self.docked:
            # The belt's surface moves, but to the solver it is a body at rest.
            self._rest.wake(self.carton.id)
        if self._leaving:
            self._conveyor.send(period)
            if self.carton.pose().position[0] > self._exit:
                self._rest.drop(self.carton.id)
                p.removeBody(self.carton.id, physicsClientId=self._client)
                self.carton = None
                # The next one must not come down on a belt that runs the other way.
                self._conveyor.hold()
        elif self.docked:
            self._conveyor.hold()
            waits = self.arrived < len(self._parcels)
            self._clear = self._clear + 1 if waits and _done(last) else 0
            if self._clear > _CLEAR_FOR:
                self._leaving, self.docked = True, False
        else:
            self.docked = self._conveyor.bring(self.carton.pose().position[0], period)

    def state(self, fresh: bool = False) -> CartonState | None:
        """Return the carton's part of the scene, as the last step saw it or afresh."""
        if self.carton is None:
            return None
        return self.carton.state(self.docked, None if fresh else self._rest.pose(self.carton.id))

    def memory(self) -> tuple[bool, bool, int, tuple[bool, ...]]:
        """Return the controller's state, which PyBullet's own snapshots leave out."""
        seals = () if self.carton is None else self.carton.memory()
        return self.docked, self._leaving, self._clear, seals

    def recall(self, memory: tuple[bool, bool, int, tuple[bool, ...]]) -> None:
        """Take back what `memory` returned; the same carton (`cast`) must be in the cell."""
        self.docked, self._leaving, self._clear, seals = memory
        if self.carton is not None:
            self.carton.recall(seals)

    @property
    def cast(self) -> tuple[int, bool]:
        """How many cartons have arrived, and whether the last is still here."""
        return self.arrived, self.carton is not None


def _done(last: Observation) -> bool:
    """Tell whether the carton at the dock is open and empty, with nothing over or in it."""
    carton = last.scene.carton
    if carton is None or min(carton.flaps) < _OPEN:
        return False
    if any(inside(carton, item) for item in last.scene.items):
        return False
    x, y, z = carton.pose.position
    beside, above = _CURTAIN
    half = (carton.inner[0] / 2 + beside, carton.inner[1] / 2 + beside)
    top = z + carton.inner[2] + above
    points = [last.body.tool.position, *(item.pose.position for item in last.scene.items)]
    return not any(
        abs(px - x) < half[0] and abs(py - y) < half[1] and z < pz < top for px, py, pz in points
    )
