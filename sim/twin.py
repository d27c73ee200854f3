"""A kinematic twin of the cell: where the body would be, and what it would touch.

The twin holds what is believed, not what is true: items are boxes put where the perceiver saw
them. Nothing moves in it by physics.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pybullet as p

from warewheel.configs.schema import Body, Carton, Facility

from .assets import carton_urdf, station_urdf
from .bodies.arms import load, spread
from .stations import belt, stations
from .values import Array, CartonState, ItemState, Pose

# Overlaps up to this depth are touch, not collision [m].
TOUCH = -0.001
_IK_ROUNDS = 12
_IK_ERROR = 5e-4


@dataclass(frozen=True, slots=True)
class Held:
    """An item in the hand: its name and its pose in the tool's frame, X_TI."""

    name: str
    pose: Pose


class Twin:
    """A second physics client used only for geometry."""

    def __init__(self, facility: Facility, body: Body) -> None:
        self._client = c = p.connect(p.DIRECT)
        self._fixed = [
            p.loadURDF(station_urdf(name, blocks), useFixedBase=True, physicsClientId=c)
            for name, blocks in stations(facility, body).items()
        ]
        top = belt(facility)
        shape = p.createCollisionShape(
            p.GEOM_BOX, halfExtents=[s / 2 for s in top.size], physicsClientId=c
        )
        self._fixed.append(p.createMultiBody(0.0, shape, -1, top.centre, physicsClientId=c))
        self.body = body
        self._model = model = load(c, body)
        self.robot = model.id
        self.lower, self.upper = model.lower + model.soft, model.upper - model.soft
        self.speed = model.speed * body.speed
        self.acceleration = body.acceleration
        self._carton: int | None = None
        self._layout: Carton | None = None
        self._items: dict[str, int] = {}
        self._held: Held | None = None

    def close(self) -> None:
        """Let go of the client."""
        if self._client >= 0:
            p.disconnect(self._client)
            self._client = -1

    def believe(
        self, carton: CartonState | None, items: Iterable[ItemState], held: Held | None,
        grips: tuple[float, ...],
    ) -> None:  # fmt: skip
        """Arrange the twin as the agent believes the cell to be; ``grips`` as in an action."""
        c = self._client
        self._put_carton(carton)
        seen = {item.name: item for item in items}
        kept = set() if held is None else {held.name}
        for name in sorted(self._items.keys() - seen.keys() - kept):
            p.removeBody(self._items.pop(name), physicsClientId=c)
        for name, item in seen.items():
            if name not in self._items:
                half = [s / 2 for s in item.size]
                shape = p.createCollisionShape(p.GEOM_BOX, halfExtents=half, physicsClientId=c)
                self._items[name] = p.createMultiBody(0.1, shape, -1, physicsClientId=c)
            p.resetBasePositionAndOrientation(self._items[name], *item.pose, physicsClientId=c)
        self._held = held if held is not None and held.name in self._items else None
        spread(c, self._model, self.body, grips[0])

    def _put_carton(self, carton: CartonState | None) -> None:
        """Put the carton where it is believed; one of other measures takes the old one's place."""
        c = self._client
        layout = None if carton is None else carton.layout
        if self._carton is not None and layout != self._layout:
            p.removeBody(self._carton, physicsClientId=c)
            self._carton = None
        self._layout = layout
        if carton is None:
            return
        if self._carton is None:
            self._carton = p.loadURDF(
                carton_urdf(carton.layout), useFixedBase=True, physicsClientId=c
            )
            self._carton_offset = p.getDynamicsInfo(self._carton, -1, physicsClientId=c)[3]
        where = p.multiplyTransforms(*carton.pose, self._carton_offset, [0, 0, 0, 1])
        p.resetBasePositionAndOrientation(self._carton, *where, physicsClientId=c)
        for hinge, angle in enumerate(carton.flaps):
            p.resetJointState(self._carton, hinge, angle, physicsClientId=c)

    def pose(self, joints: Array) -> Pose:
        """Return X_WT of the tool at ``joints``."""
        p.resetJointStatesMultiDof(
            self.robot, self._model.arm, [(q,) for q in joints.tolist()],
            physicsClientId=self._client,
        )  # fmt: skip
        link = p.getLinkState(
            self.robot, self._model.tool, computeForwardKinematics=1, physicsClientId=self._client
        )
        return Pose(link[4], link[5])

    def spine(self, joints: Array) -> Array:
        """Return where in W the arm's joints and the tool are at ``joints``, shape (dof + 1, 3)."""
        self.pose(joints)
        links = [*self._model.arm, self._model.tool]
        states = p.getLinkStates(self.robot, links, physicsClientId=self._client)
        return np.array([state[4] for state in states])

    def solve(self, target: Pose, seed: Array) -> Array | None:
        """Return joint angles within limits that put the tool at ``target``, or None."""
        joints = np.array(seed, dtype=float)
        dof = len(self._model.arm)
        for _ in range(_IK_ROUNDS):
            at = self.pose(joints)
            shift = float(np.linalg.norm(np.subtract(at.position, target.position)))
            turn = 1.0 - abs(float(np.dot(at.orientation, target.orientation)))
            if shift < _IK_ERROR and turn < 1e-6:
                inside = (joints >= self.lower).all() and (joints <= self.upper).all()
                return joints if inside else None
            answer = p.calculateInverseKinematics(
                self.robot, self._model.tool, target.position, target.orientation,
                maxNumIterations=30, residualThreshold=1e-5, physicsClientId=self._client,
            )  # fmt: skip
            joints = np.array(answer[:dof])
        return None

    def touches(
        self, joints: Array, ignore: frozenset[str] = frozenset(), margin: float = TOUCH
    ) -> bool:
        """Tell whether the body or what it holds would run into something at ``joints``.

        Items named in ``ignore`` may be touched; ``margin`` is the distance to keep from all else.
        """
        return any(distance < margin for _, distance in self.gaps(joints, ignore, margin))

    def gaps(
        self, joints: Array, ignore: frozenset[str], most: float
    ) -> Iterator[tuple[int, float]]:
        """Yield distances of up to ``most`` [m], each after the number of joints that move it."""
        c = self._client
        tool = self.pose(joints)
        free = {self.robot} | {self._items[name] for name in ignore if name in self._items}
        moving = [self.robot]
        if self._held is not None:
            held = self._items[self._held.name]
            where = p.multiplyTransforms(*tool, *self._held.pose)
            p.resetBasePositionAndOrientation(held, *where, physicsClientId=c)
            free.add(held)
            moving.append(held)
        if most <= 0.0:
            p.performCollisionDetection(physicsClientId=c)
        for body in moving:
            yield from self._near(body, free, most)

    def _near(self, body: int, free: set[int], most: float) -> Iterator[tuple[int, float]]:
        """Yield the distances of ``body`` to anything that is not ``free``."""
        c = self._client
        if most <= 0.0:
            points = p.getContactPoints(body, physicsClientId=c)
        else:
            # Contact points end a millimetre away; asking for pairs finds the farther ones.
            points = (
                point
                for other in self._others
                if other not in free
                for point in p.getClosestPoints(body, other, most, physicsClientId=c)
            )
        for point in points:
            mine, link, other = point[1], point[3], point[2]
            if mine != body:
                mine, link, other = point[2], point[4], point[1]
            # The base stands on its pedestal.
            if body == self.robot and link <= 0:
                continue
            if other not in free:
                arm = self._model.arm
                yield len(arm) if body != self.robot else bisect_right(arm, link), point[8]

    @property
    def _others(self) -> list[int]:
        carton = [] if self._carton is None else [self._carton]
        return [*self._fixed, *carton, *self._items.values()]
